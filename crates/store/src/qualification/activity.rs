//! What leads did; rows are only ever added. Their properties are personal and lie with their events.

use handoff_domain::id::TenantId;
use handoff_domain::qualification::record::Activity;

use crate::error::StoreError;
use crate::tx::Tx;

/// Adds activities.
pub async fn append(tx: &mut Tx, tenant: TenantId, activities: &[Activity]) -> Result<(), StoreError> {
    let leads: Vec<_> = activities.iter().map(|activity| activity.lead.0).collect();
    let ids: Vec<_> = activities.iter().map(|activity| activity.id.0).collect();
    let kinds: Vec<_> = activities.iter().map(|activity| activity.kind.as_str()).collect();
    let occurred_at: Vec<_> = activities.iter().map(|activity| activity.occurred_at).collect();
    let local_dates: Vec<_> = activities.iter().map(|activity| activity.local_date).collect();
    let recorded_at: Vec<_> = activities.iter().map(|activity| activity.recorded_at).collect();
    let imported: Vec<_> = activities.iter().map(|activity| activity.imported).collect();
    let versions: Vec<_> = activities.iter().map(|activity| activity.version).collect();
    sqlx::query!(
        r#"-- activity::append
        insert into qualification.activity (tenant_id, lead_id, activity_id, type, occurred_at, local_date,
            recorded_at, imported, version)
        select $1, n.lead_id, n.activity_id, n.type, n.occurred_at, n.local_date, n.recorded_at, n.imported, n.version
        from unnest($2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::date[], $7::timestamptz[],
            $8::boolean[], $9::bigint[])
            as n(lead_id, activity_id, type, occurred_at, local_date, recorded_at, imported, version)"#,
        tenant.0,
        &leads,
        &ids,
        &kinds as &[&str],
        &occurred_at,
        &local_dates,
        &recorded_at,
        &imported,
        &versions,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}
