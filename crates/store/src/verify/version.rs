//! Versions of criteria sets and the scoring model.

use chrono::{DateTime, Utc};

use handoff_domain::id::TenantId;

use super::each;
use crate::error::StoreError;
use crate::tx::Tx;

/// A row of qualification.version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct VersionRow {
    pub subject: String,
    pub number: i32,
    pub state: String,
    pub content: Vec<u8>,
    pub content_hash: Vec<u8>,
    pub drafted_by: String,
    pub drafted_at: DateTime<Utc>,
    pub marketing_signed_by: Option<String>,
    pub marketing_signed_at: Option<DateTime<Utc>>,
    pub sales_signed_by: Option<String>,
    pub sales_signed_at: Option<DateTime<Utc>>,
    pub effective_from: Option<DateTime<Utc>>,
    pub effective_until: Option<DateTime<Utc>>,
    pub position: i64,
}

/// Every version.
pub async fn each_version(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(VersionRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        VersionRow,
        r#"-- verify::version::each_version
        select subject, number, state, content, content_hash, drafted_by, drafted_at, marketing_signed_by,
            marketing_signed_at, sales_signed_by, sales_signed_at, effective_from, effective_until, position
        from qualification.version
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}
