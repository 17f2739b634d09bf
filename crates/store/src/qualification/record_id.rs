//! What leads are called in systems of record beside the tenant's own. Loaded with their leads, by `dossier`, and written
//! with their persons.

use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::qualification::record::Person;

use super::wrote;
use crate::error::StoreError;
use crate::tx::Tx;

/// Writes the ids of those that have some; a batch without has no statement. No id is ever taken away from a lead, only
/// replaced.
pub(super) async fn save(
    tx: &mut Tx,
    tenant: TenantId,
    people: &[(LeadId, &Person)],
) -> Result<(), StoreError> {
    let (mut leads, mut systems, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for (lead, person) in people {
        for (system, id) in &person.record_ids {
            leads.push(lead.0);
            systems.push(system.as_str());
            ids.push(id.as_str());
        }
    }
    if leads.is_empty() {
        return Ok(());
    }
    let done = sqlx::query!(
        r#"-- record_id::save
        insert into qualification.record_id (tenant_id, lead_id, system, id)
        select $1, n.lead_id, n.system, n.id
        from unnest($2::uuid[], $3::text[], $4::text[]) as n(lead_id, system, id)
        on conflict (tenant_id, lead_id, system) do update set id = excluded.id"#,
        tenant.0,
        &leads,
        &systems as &[&str],
        &ids as &[&str],
    )
    .execute(tx.connection())
    .await?;
    wrote("record_id", done.rows_affected(), leads.len())
}
