//! The personal values that a log refers to. They lie apart, so that erasing a lead deletes rows and leaves the log
//! whole.

use chrono::{DateTime, SecondsFormat, Utc};

use handoff_domain::id::{LeadId, TenantId};

use crate::batch::PersonValue;
use crate::error::StoreError;
use crate::tx::Tx;

/// The personal values of a lead with the positions of their events, in the order of the log; none once it is erased.
pub async fn load_of_lead(
    tx: &mut Tx,
    tenant: TenantId,
    lead_id: LeadId,
) -> Result<Vec<(i64, PersonValue)>, StoreError> {
    let rows = sqlx::query!(
        r#"-- log::person::load_of_lead
        select position, field, value
        from person_value
        where tenant_id = $1 and lead_id = $2
        order by position, field"#,
        tenant.0,
        lead_id.0,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.position, PersonValue { lead_id, field: row.field, value: row.value }))
        .collect())
}

/// A time as a text among personal values, to the microsecond as in every column.
pub fn time_text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The time that such a text is.
pub(crate) fn time(text: &str) -> Option<DateTime<Utc>> {
    text.parse().ok()
}
