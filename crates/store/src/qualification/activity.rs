//! What leads did; rows are only ever added, by the statement that appends a batch's events. Their properties are
//! personal and lie with their events.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use handoff_domain::qualification::record::Activity;

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
