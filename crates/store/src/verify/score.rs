//! Scores: what people did to them, what was counted for them, and what it was counted from.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use handoff_domain::id::TenantId;

use super::each;
use crate::error::StoreError;
use crate::tx::Tx;

/// A row of qualification.score_adjustment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct AdjustmentRow {
    pub lead_id: Uuid,
    pub position: i64,
    pub occurred_at: DateTime<Utc>,
    pub local_date: NaiveDate,
    pub points_milli: i64,
    pub decay: String,
    pub decay_days: Option<i32>,
    pub decay_rate_permille: Option<i32>,
}

/// A row of qualification.score_baseline.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct BaselineRow {
    pub lead_id: Uuid,
    pub position: i64,
    pub occurred_at: DateTime<Utc>,
    pub local_date: NaiveDate,
}

/// What of a row of qualification.score can be known without the service's judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct ScoreRow {
    pub lead_id: Uuid,
    pub model_version: Option<i32>,
    pub is_counted: bool,
    pub since: Option<DateTime<Utc>>,
    pub fast_track_at: Option<DateTime<Utc>>,
    pub due_at: Option<DateTime<Utc>>,
}

/// A row of qualification.activity, or one of qualification.engagement, which has a rule and a count.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct DeedRow {
    pub lead_id: Uuid,
    pub local_date: NaiveDate,
    pub kind: Option<String>,
    pub occurred_at: Option<DateTime<Utc>>,
    pub recorded_at: Option<DateTime<Utc>>,
    pub rule: Option<i16>,
    pub count: Option<i32>,
}

/// Every adjustment.
pub async fn each_adjustment(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(AdjustmentRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        AdjustmentRow,
        r#"-- verify::score::each_adjustment
        select lead_id, position, occurred_at, local_date, points_milli, decay, decay_days, decay_rate_permille
        from qualification.score_adjustment
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every baseline.
pub async fn each_baseline(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(BaselineRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        BaselineRow,
        r#"-- verify::score::each_baseline
        select lead_id, position, occurred_at, local_date
        from qualification.score_baseline
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every score.
pub async fn each_score(tx: &mut Tx, tenant: TenantId, take: impl FnMut(ScoreRow)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        ScoreRow,
        r#"-- verify::score::each_score
        select lead_id, model_version, is_counted, since, fast_track_at, due_at
        from qualification.score
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// All that leads did and all that was counted, lead by lead, so that no more than one has to be kept.
pub async fn each_deed(tx: &mut Tx, tenant: TenantId, take: impl FnMut(DeedRow)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        DeedRow,
        r#"-- verify::score::each_deed
        select lead_id as "lead_id!", local_date as "local_date!", type as kind, occurred_at, recorded_at,
            null::smallint as rule, null::integer as count
        from qualification.activity
        where tenant_id = $1
        union all
        select lead_id, local_date, null, null, null, rule, count
        from qualification.engagement
        where tenant_id = $1
        order by 1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// The tenant's row of due_time: when something of it is to be done next, and whether a re-evaluation is under way.
pub async fn due_time(
    tx: &mut Tx,
    tenant: TenantId,
) -> Result<Option<(Option<DateTime<Utc>>, bool)>, StoreError> {
    let row = sqlx::query!(
        r#"-- verify::score::due_time
        select next_at, coalesce(reevaluates, false) as "reevaluates!"
        from qualification.due_time
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_optional(tx.connection())
    .await?;
    Ok(row.map(|row| (row.next_at, row.reevaluates)))
}
