//! Re-evaluations, and what each of them found.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::id::TenantId;

use super::each;
use crate::error::StoreError;
use crate::tx::Tx;

/// A row of qualification.reevaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct ReevaluationRow {
    pub subject: String,
    pub number: i32,
    pub mode: String,
    pub state: String,
    pub effective_from: DateTime<Utc>,
    pub begun_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub last_lead_id: Option<Uuid>,
    pub leads_total: Option<i64>,
    pub leads_evaluated: i64,
}

/// What of a row of qualification.reevaluation_finding can be known without the service's judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct FindingRow {
    pub subject: String,
    pub number: i32,
    pub lead_id: Uuid,
    pub is_applied: bool,
}

/// Every re-evaluation.
pub async fn each_reevaluation(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(ReevaluationRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        ReevaluationRow,
        r#"-- verify::reevaluation::each_reevaluation
        select subject, number, mode, state, effective_from, begun_at, ended_at, last_lead_id, leads_total,
            leads_evaluated
        from qualification.reevaluation
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Everything that they found.
pub async fn each_finding(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(FindingRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        FindingRow,
        r#"-- verify::reevaluation::each_finding
        select subject, number, lead_id, is_applied
        from qualification.reevaluation_finding
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}
