//! A clock's row, and the words in it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::calendar::Elapsed;
use handoff_domain::id::{ClockId, HandoffId};
use handoff_domain::metric::clock::{ClockFact, ClockKind, Stop, StopKind};

use crate::column::{count, target, word};
use crate::error::StoreError;

/// As the statements select it.
pub(super) struct Columns {
    pub(super) known_from: DateTime<Utc>,
    pub(super) clock_id: Uuid,
    pub(super) handoff_id: Uuid,
    pub(super) kind: String,
    pub(super) target_unit: String,
    pub(super) target_amount: i64,
    pub(super) started_at: DateTime<Utc>,
    pub(super) due_at: DateTime<Utc>,
    pub(super) stopped_at: Option<DateTime<Utc>>,
    pub(super) stop: Option<String>,
    pub(super) elapsed_business_us: Option<i64>,
    pub(super) elapsed_calendar_us: Option<i64>,
    pub(super) elapsed_business_days: Option<i32>,
    pub(super) breached_at: Option<DateTime<Utc>>,
}

impl TryFrom<Columns> for ClockFact {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        Ok(Self {
            clock: ClockId(row.clock_id),
            kind: word("clock_fact.kind", &row.kind, |text| named(&KINDS, text))?,
            handoff: HandoffId(row.handoff_id),
            target: target("clock_fact.target_amount", &row.target_unit, row.target_amount)?,
            started_at: row.started_at,
            due_at: row.due_at,
            stop: stop(&row)?,
            breached_at: row.breached_at,
        })
    }
}

fn stop(row: &Columns) -> Result<Option<Stop>, StoreError> {
    let Some(text) = &row.stop else { return Ok(None) };
    let (Some(at), Some(business_us), Some(calendar_us), Some(business_days)) =
        (row.stopped_at, row.elapsed_business_us, row.elapsed_calendar_us, row.elapsed_business_days)
    else {
        return Err(StoreError::defect("a clock that has stopped lacks its figures"));
    };
    let business_days = count("clock_fact.elapsed_business_days", business_days)?;
    Ok(Some(Stop {
        at,
        kind: word("clock_fact.stop", text, |text| named(&STOPS, text))?,
        elapsed: Elapsed { business_us, calendar_us, business_days },
    }))
}

const KINDS: [(ClockKind, &str); 5] = [
    (ClockKind::Route, "ROUTE"),
    (ClockKind::Decide, "DECIDE"),
    (ClockKind::Contact, "CONTACT"),
    (ClockKind::Connect, "CONNECT"),
    (ClockKind::Meeting, "MEETING"),
];

const STOPS: [(StopKind, &str); 3] =
    [(StopKind::Met, "MET"), (StopKind::MetLate, "MET_LATE"), (StopKind::Cancelled, "CANCELLED")];

fn named<T: Copy>(names: &[(T, &str)], text: &str) -> Option<T> {
    names.iter().find(|(_, name)| *name == text).map(|(value, _)| *value)
}

pub(super) fn kind_word(kind: ClockKind) -> &'static str {
    KINDS[kind as usize].1
}

pub(super) fn stop_word(kind: StopKind) -> &'static str {
    STOPS[kind as usize].1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_in_the_order_of_their_values() {
        for (kind, name) in KINDS {
            assert_eq!((kind_word(kind), named(&KINDS, name)), (name, Some(kind)));
        }
        for (kind, name) in STOPS {
            assert_eq!((stop_word(kind), named(&STOPS, name)), (name, Some(kind)));
        }
    }
}
