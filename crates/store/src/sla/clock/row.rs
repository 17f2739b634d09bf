//! A clock's columns, and what they mean.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use handoff_domain::calendar::Elapsed;
use handoff_domain::id::{CalendarId, ClockId, ContractId, HandoffId, LeadId};
use handoff_domain::sla::{Carried, Clock};

use crate::column::{count, target, word};
use crate::error::StoreError;

/// What the statements select.
pub(super) struct Columns {
    pub(super) clock_id: Uuid,
    pub(super) handoff_id: Uuid,
    pub(super) lead_id: Uuid,
    pub(super) round: i32,
    pub(super) contract_id: Uuid,
    pub(super) contract_version: i32,
    pub(super) calendar_id: Uuid,
    pub(super) calendar_version: i32,
    pub(super) target_unit: String,
    pub(super) target_amount: i64,
    pub(super) started_at: DateTime<Utc>,
    pub(super) recorded_at: DateTime<Utc>,
    pub(super) due_at: DateTime<Utc>,
    pub(super) imported: bool,
    pub(super) carried_until: Option<DateTime<Utc>>,
    pub(super) carried_business_us: Option<i64>,
    pub(super) carried_business_days: Option<i32>,
    pub(super) carried_counted_to: Option<NaiveDate>,
    pub(super) state: String,
    pub(super) breached_at: Option<DateTime<Utc>>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) elapsed_business_us: Option<i64>,
    pub(super) elapsed_calendar_us: Option<i64>,
    pub(super) elapsed_business_days: Option<i32>,
}

impl TryFrom<Columns> for Clock {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        let (carried, elapsed) = (row.carried()?, row.elapsed()?);
        Ok(Self {
            id: ClockId(row.clock_id),
            handoff: HandoffId(row.handoff_id),
            lead: LeadId(row.lead_id),
            round: count("clock.round", row.round)?,
            contract: ContractId(row.contract_id),
            contract_version: count("clock.contract_version", row.contract_version)?,
            calendar: CalendarId(row.calendar_id),
            calendar_version: count("clock.calendar_version", row.calendar_version)?,
            target: target("clock.target", &row.target_unit, row.target_amount)?,
            started_at: row.started_at,
            recorded_at: row.recorded_at,
            due_at: row.due_at,
            imported: row.imported,
            carried,
            state: word("clock.state", &row.state, |text| text.parse().ok())?,
            breached_at: row.breached_at,
            ended_at: row.ended_at,
            elapsed,
        })
    }
}

impl Columns {
    /// All four or none: the table says so.
    fn carried(&self) -> Result<Option<Carried>, StoreError> {
        let (Some(until), Some(business_us), Some(days), Some(counted_to)) = (
            self.carried_until,
            self.carried_business_us,
            self.carried_business_days,
            self.carried_counted_to,
        ) else {
            return Ok(None);
        };
        let business_days = count("clock.carried_business_days", days)?;
        Ok(Some(Carried { until, business_us, business_days, counted_to }))
    }

    /// All three or none: the table says so.
    fn elapsed(&self) -> Result<Option<Elapsed>, StoreError> {
        let (Some(business_us), Some(calendar_us), Some(days)) =
            (self.elapsed_business_us, self.elapsed_calendar_us, self.elapsed_business_days)
        else {
            return Ok(None);
        };
        let business_days = count("clock.elapsed_business_days", days)?;
        Ok(Some(Elapsed { business_us, calendar_us, business_days }))
    }
}
