//! What leads did; rows are only ever added, by the statement that appends a batch's events. Their properties are
//! personal and lie with their events.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::TryStreamExt;
use uuid::Uuid;

use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::qualification::record::Activity;

use crate::error::StoreError;
use crate::tx::Tx;

/// What of an activity counts for a score.
#[derive(Clone, PartialEq, Eq)]
pub struct Deed {
    /// What it was: `EBOOK_DOWNLOADED`.
    pub kind: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// The date in the tenant's zone, as it was when it was recorded.
    pub local_date: NaiveDate,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The personal values of its event by field; none once they are erased.
    pub values: BTreeMap<String, String>,
}

/// Every activity of these leads that is of one of these types and of no later local date than `until`, in no order. They
/// may be very many: none is kept.
pub async fn each_of_leads(
    tx: &mut Tx,
    tenant: TenantId,
    leads: &[LeadId],
    kinds: &[String],
    until: Option<NaiveDate>,
    mut take: impl FnMut(LeadId, Deed),
) -> Result<(), StoreError> {
    let leads: Vec<_> = leads.iter().map(|lead| lead.0).collect();
    let mut rows = sqlx::query!(
        r#"-- activity::each_of_leads
        select wanted.lead_id as "lead_id!", a.type as "kind!", a.occurred_at as "occurred_at!",
            a.local_date as "local_date!", a.recorded_at as "recorded_at!", a.values
        from unnest($2::uuid[]) as wanted(lead_id)
        cross join lateral (
            select type, occurred_at, local_date, recorded_at,
                (
                    select jsonb_object_agg(field, value)
                    from qualification.person_value
                    where tenant_id = $1 and lead_id = wanted.lead_id and position = activity.version
                ) as values
            from qualification.activity
            where tenant_id = $1 and lead_id = wanted.lead_id and type = any($3)
                and ($4::date is null or local_date <= $4)
            offset 0
        ) as a"#,
        tenant.0,
        &leads,
        kinds,
        until,
    )
    .fetch(tx.connection());
    while let Some(row) = rows.try_next().await? {
        let values = row.values.map(serde_json::from_value).transpose();
        let deed = Deed {
            kind: row.kind,
            occurred_at: row.occurred_at,
            local_date: row.local_date,
            recorded_at: row.recorded_at,
            values: values
                .map_err(|_| StoreError::defect("person_value.value is no text"))?
                .unwrap_or_default(),
        };
        take(LeadId(row.lead_id), deed);
    }
    Ok(())
}

/// Activities as columns.
#[derive(Default)]
pub(crate) struct Columns {
    pub(crate) leads: Vec<Uuid>,
    pub(crate) ids: Vec<Uuid>,
    pub(crate) kinds: Vec<String>,
    pub(crate) occurred_at: Vec<DateTime<Utc>>,
    pub(crate) local_dates: Vec<NaiveDate>,
    pub(crate) recorded_at: Vec<DateTime<Utc>>,
    pub(crate) imported: Vec<bool>,
    pub(crate) versions: Vec<i64>,
}

impl Columns {
    /// Those of the activities, in their order.
    pub(crate) fn of(activities: Vec<Activity>) -> Self {
        let mut columns = Self::default();
        for activity in activities {
            columns.leads.push(activity.lead.0);
            columns.ids.push(activity.id.0);
            columns.kinds.push(activity.kind);
            columns.occurred_at.push(activity.occurred_at);
            columns.local_dates.push(activity.local_date);
            columns.recorded_at.push(activity.recorded_at);
            columns.imported.push(activity.imported);
            columns.versions.push(activity.version);
        }
        columns
    }
}
