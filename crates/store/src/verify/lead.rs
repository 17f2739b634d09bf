//! Leads, their tracks, hand-overs and opportunities.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use handoff_domain::id::TenantId;

use super::each;
use crate::error::StoreError;
use crate::tx::Tx;

/// A row of qualification.lead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct LeadRow {
    pub lead_id: Uuid,
    pub kind: String,
    pub origin_channel: String,
    pub origin_source: Option<String>,
    pub origin_medium: Option<String>,
    pub origin_campaign: Option<String>,
    pub persona: Option<String>,
    pub stage: String,
    pub stage_since: DateTime<Utc>,
    pub captured_at: DateTime<Utc>,
    pub customer_since: Option<DateTime<Utc>>,
    pub cooldown_until: Option<DateTime<Utc>>,
    pub suppression: String,
    pub merged_into: Option<Uuid>,
    pub imported: bool,
    pub version: i64,
}

/// A row of qualification.track.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct TrackRow {
    pub lead_id: Uuid,
    pub product_line: String,
    pub stage: String,
    pub stage_since: DateTime<Utc>,
    pub cycle: i32,
    pub cycle_has_handoff: bool,
    pub open_handoff_id: Option<Uuid>,
    pub open_opportunity_id: Option<Uuid>,
    pub candidate: Option<String>,
    pub segment: Option<String>,
    pub version: i64,
}

/// A row of qualification.handoff.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct HandoffRow {
    pub handoff_id: Uuid,
    pub lead_id: Uuid,
    pub product_line: String,
    pub cycle: i32,
    pub state: String,
    pub trigger: String,
    pub kind: String,
    pub origin_channel: String,
    pub origin_source: Option<String>,
    pub origin_medium: Option<String>,
    pub origin_campaign: Option<String>,
    pub persona: Option<String>,
    pub criteria_version: Option<i32>,
    pub fit_milli: Option<i64>,
    pub model_version: Option<i32>,
    pub behaviour_milli: Option<i64>,
    pub merit_digest: Option<Vec<u8>>,
    pub mql_at: DateTime<Utc>,
    pub owner_id: Option<Uuid>,
    pub team_id: Option<Uuid>,
    pub assigned_at: Option<DateTime<Utc>>,
    pub decided_at: Option<DateTime<Utc>>,
    pub decided_by: Option<String>,
    pub reason: Option<String>,
    pub disposition: Option<String>,
    pub attribution: Option<String>,
    pub round: i32,
    pub disputed_at: Option<DateTime<Utc>>,
    pub disputed_by: Option<String>,
    pub ruling: Option<String>,
    pub resolved_at: Option<DateTime<Utc>>,
    pub resolved_by: Option<String>,
    pub withdrawal: Option<String>,
    pub superseded_by: Option<Uuid>,
    pub implied: bool,
    pub implied_assignment: bool,
    pub auto: bool,
    pub first_attempt_at: Option<DateTime<Utc>>,
    pub first_connect_at: Option<DateTime<Utc>>,
    pub first_meeting_at: Option<DateTime<Utc>>,
    pub imported: bool,
    pub version: i64,
}

/// A row of qualification.opportunity.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct OpportunityRow {
    pub lead_id: Uuid,
    pub opportunity_id: Uuid,
    pub product_line: String,
    pub cycle: i32,
    pub handoff_id: Option<Uuid>,
    pub state: String,
    pub opened_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub amount: Option<Decimal>,
    pub currency_code: Option<String>,
    pub lost_reason: Option<String>,
    pub new_customer: bool,
    pub imported: bool,
    pub version: i64,
}

/// Every lead.
pub async fn each_lead(tx: &mut Tx, tenant: TenantId, take: impl FnMut(LeadRow)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        LeadRow,
        r#"-- verify::lead::each_lead
        select lead_id, kind, origin_channel, origin_source, origin_medium, origin_campaign, persona, stage, stage_since,
            captured_at, customer_since, cooldown_until, suppression, merged_into, imported, version
        from qualification.lead
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every track.
pub async fn each_track(tx: &mut Tx, tenant: TenantId, take: impl FnMut(TrackRow)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        TrackRow,
        r#"-- verify::lead::each_track
        select lead_id, product_line, stage, stage_since, cycle, cycle_has_handoff, open_handoff_id, open_opportunity_id,
            candidate, segment, version
        from qualification.track
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every hand-over.
pub async fn each_handoff(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(HandoffRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        HandoffRow,
        r#"-- verify::lead::each_handoff
        select handoff_id, lead_id, product_line, cycle, state, trigger, kind, origin_channel, origin_source,
            origin_medium, origin_campaign, persona, criteria_version, fit_milli, model_version, behaviour_milli, merit_digest, mql_at,
            owner_id, team_id, assigned_at, decided_at, decided_by, reason, disposition, attribution, round,
            disputed_at, disputed_by, ruling, resolved_at, resolved_by, withdrawal, superseded_by, implied,
            implied_assignment, auto, first_attempt_at,
            first_connect_at, first_meeting_at, imported, version
        from qualification.handoff
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every opportunity.
pub async fn each_opportunity(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(OpportunityRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        OpportunityRow,
        r#"-- verify::lead::each_opportunity
        select lead_id, opportunity_id, product_line, cycle, handoff_id, state, opened_at, closed_at, amount,
            currency_code, lost_reason, new_customer, imported, version
        from qualification.opportunity
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}
