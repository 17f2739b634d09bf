//! The leads of a tenant, one stretch of ids after the other, with what of each a model counts: for whoever has to look at
//! all of them. Nothing here takes longer than its stretch is long.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;

use handoff_domain::id::{LeadId, TenantId};

use super::activity::Deed;
use crate::error::StoreError;
use crate::tx::Tx;

/// A lead, and which it was merged into.
pub type Lead = (LeadId, Option<LeadId>);

/// At most `limit` leads after `after`, by key.
pub async fn leads(
    tx: &mut Tx,
    tenant: TenantId,
    after: Option<LeadId>,
    limit: i64,
) -> Result<Vec<Lead>, StoreError> {
    let rows = sqlx::query!(
        r#"-- page::leads
        select lead_id, merged_into
        from qualification.lead
        where tenant_id = $1 and lead_id > $2
        order by lead_id
        limit $3"#,
        tenant.0,
        after.map_or(uuid::Uuid::nil(), |lead| lead.0),
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (LeadId(row.lead_id), row.merged_into.map(LeadId))).collect())
}

/// How many there are.
pub async fn count(tx: &mut Tx, tenant: TenantId) -> Result<u64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"-- page::count
        select count(*) as "count!"
        from qualification.lead
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_one(tx.connection())
    .await?;
    Ok(count.unsigned_abs())
}

/// Those from `first` to `last` that are candidates on one of their tracks.
pub async fn candidates(
    tx: &mut Tx,
    tenant: TenantId,
    first: LeadId,
    last: LeadId,
) -> Result<BTreeSet<LeadId>, StoreError> {
    let leads = sqlx::query_scalar!(
        r#"-- page::candidates
        select lead_id
        from qualification.score
        where tenant_id = $1 and is_candidate and lead_id between $2 and $3
        order by lead_id"#,
        tenant.0,
        first.0,
        last.0,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(leads.into_iter().map(LeadId).collect())
}

/// What the leads from `first` to `last` did of these types, lead by lead; the values of those of the types `with_values`.
pub async fn each_deed(
    tx: &mut Tx,
    tenant: TenantId,
    (first, last): (LeadId, LeadId),
    kinds: &[String],
    with_values: &[String],
    mut take: impl FnMut(LeadId, Deed),
) -> Result<(), StoreError> {
    let mut rows = sqlx::query!(
        r#"-- page::each_deed
        select a.lead_id, a.type as kind, a.occurred_at, a.local_date, a.recorded_at,
            case when a.type = any($5) then (
                select jsonb_object_agg(field, value)
                from qualification.person_value
                where tenant_id = $1 and lead_id = a.lead_id and position = a.version
            ) end as "values"
        from qualification.activity as a
        where a.tenant_id = $1 and a.lead_id between $2 and $3 and a.type = any($4)
        order by a.lead_id"#,
        tenant.0,
        first.0,
        last.0,
        kinds,
        with_values,
    )
    .fetch(tx.connection());
    while let Some(row) = rows.try_next().await? {
        let values = row.values.map(serde_json::from_value).transpose();
        let values: Option<_> = values.map_err(|_| StoreError::defect("person_value.value is no text"))?;
        let deed = Deed {
            kind: row.kind,
            occurred_at: row.occurred_at,
            local_date: row.local_date,
            recorded_at: row.recorded_at,
            values: values.unwrap_or_default(),
        };
        take(LeadId(row.lead_id), deed);
    }
    Ok(())
}
