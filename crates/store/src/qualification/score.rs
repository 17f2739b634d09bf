//! How far leads are from being judged, and when they are judged next. Rows follow the facts and may be counted again:
//! nothing but them would be lost.

use chrono::{DateTime, Utc};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::points::Points;
use handoff_domain::qualification::record::LeadScore;

use super::{count, stored_count, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// The columns of a row, for the one question that is put as text.
pub(super) const COLUMNS: &str =
    "model_version, is_counted, ceiling_milli, is_candidate, since, fast_track_at, due_at";

/// The score in a row of that question; none where the lead has none.
pub(super) fn read(lead: LeadId, row: &PgRow) -> Result<Option<LeadScore>, StoreError> {
    let Some(is_counted) = row.try_get("is_counted")? else { return Ok(None) };
    let model: Option<i32> = row.try_get("model_version")?;
    let ceiling: Option<i64> = row.try_get("ceiling_milli")?;
    Ok(Some(LeadScore {
        lead,
        model: model.map(|number| count("score.model_version", number)).transpose()?,
        is_counted,
        ceiling: ceiling.map(Points::from_milli),
        is_candidate: row.try_get("is_candidate")?,
        since: row.try_get("since")?,
        fast_track_at: row.try_get("fast_track_at")?,
        due_at: row.try_get("due_at")?,
    }))
}

/// The scores of those of the leads that have one.
pub async fn load(tx: &mut Tx, tenant: TenantId, leads: &[LeadId]) -> Result<Vec<LeadScore>, StoreError> {
    let leads: Vec<_> = leads.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"-- score::load
        select s.lead_id as "lead_id!", s.model_version, s.is_counted as "is_counted!", s.ceiling_milli,
            s.is_candidate as "is_candidate!", s.since, s.fast_track_at, s.due_at
        from unnest($2::uuid[]) as wanted(lead_id)
        cross join lateral (
            select lead_id, model_version, is_counted, ceiling_milli, is_candidate, since, fast_track_at, due_at
            from qualification.score
            where tenant_id = $1 and lead_id between wanted.lead_id and wanted.lead_id
            order by lead_id
            limit 1
        ) as s"#,
        tenant.0,
        &leads,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            let model = row.model_version.map(|number| count("score.model_version", number));
            Ok(LeadScore {
                lead: LeadId(row.lead_id),
                model: model.transpose()?,
                is_counted: row.is_counted,
                ceiling: row.ceiling_milli.map(Points::from_milli),
                is_candidate: row.is_candidate,
                since: row.since,
                fast_track_at: row.fast_track_at,
                due_at: row.due_at,
            })
        })
        .collect()
}

/// Writes scores.
pub async fn save(tx: &mut Tx, tenant: TenantId, scores: &[&LeadScore]) -> Result<(), StoreError> {
    let leads: Vec<Uuid> = scores.iter().map(|score| score.lead.0).collect();
    let stored = |score: &&LeadScore| {
        score.model.map(|number| stored_count("score.model_version", number)).transpose()
    };
    let models = scores.iter().map(stored).collect::<Result<Vec<_>, _>>()?;
    let counted: Vec<_> = scores.iter().map(|score| score.is_counted).collect();
    let ceilings: Vec<_> = scores.iter().map(|score| score.ceiling.map(Points::milli)).collect();
    let candidates: Vec<_> = scores.iter().map(|score| score.is_candidate).collect();
    let since: Vec<_> = scores.iter().map(|score| score.since).collect();
    let fast_track_at: Vec<_> = scores.iter().map(|score| score.fast_track_at).collect();
    let due_at: Vec<_> = scores.iter().map(|score| score.due_at).collect();
    let done = sqlx::query!(
        r#"-- score::save
        insert into qualification.score (tenant_id, lead_id, model_version, is_counted, ceiling_milli, is_candidate,
            since, fast_track_at, due_at)
        select $1, n.lead_id, n.model_version, n.is_counted, n.ceiling_milli, n.is_candidate, n.since,
            n.fast_track_at, n.due_at
        from unnest($2::uuid[], $3::integer[], $4::boolean[], $5::bigint[], $6::boolean[], $7::timestamptz[],
            $8::timestamptz[], $9::timestamptz[])
            as n(lead_id, model_version, is_counted, ceiling_milli, is_candidate, since, fast_track_at, due_at)
        on conflict (tenant_id, lead_id) do update
        set model_version = excluded.model_version, is_counted = excluded.is_counted,
            ceiling_milli = excluded.ceiling_milli, is_candidate = excluded.is_candidate, since = excluded.since,
            fast_track_at = excluded.fast_track_at, due_at = excluded.due_at"#,
        tenant.0,
        &leads,
        &models as &[Option<i32>],
        &counted,
        &ceilings as &[Option<i64>],
        &candidates,
        &since as &[Option<DateTime<Utc>>],
        &fast_track_at as &[Option<DateTime<Utc>>],
        &due_at as &[Option<DateTime<Utc>>],
    )
    .execute(tx.connection())
    .await?;
    wrote("score", done.rows_affected(), scores.len())
}

/// At most `limit` leads that are to be judged at `until` or before, the longest due first; of those that have waited for
/// the same instant, as for a place of the day, the one that may come to the most.
pub async fn load_due(
    tx: &mut Tx,
    tenant: TenantId,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<LeadId>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"-- score::load_due
        select lead_id
        from qualification.score
        where tenant_id = $1 and due_at <= $2
        order by due_at, ceiling_milli desc nulls last, lead_id
        limit $3"#,
        tenant.0,
        until,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(ids.into_iter().map(LeadId).collect())
}

/// Has all candidates judged at `now`, if not earlier: whatever held them back may have ended.
pub async fn free_candidates(tx: &mut Tx, tenant: TenantId, now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!(
        r#"-- score::free_candidates
        update qualification.score
        set due_at = $2
        where tenant_id = $1 and is_candidate and (due_at is null or due_at > $2)"#,
        tenant.0,
        now,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}
