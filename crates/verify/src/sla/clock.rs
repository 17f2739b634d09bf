//! Clocks: started, moved, stopped, given up, breached. Each event is judged while it is folded.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use handoff_domain::calendar::{Calendar, END_OF_TIME};
use handoff_domain::target::Target;
use handoff_proto::event::v1::{
    ClockBreachRetracted, ClockBreached, ClockCancelled, ClockDeadlineMoved, ClockMet, ClockStarted,
};
use handoff_store::verify::sla::ClockRow;
use uuid::Uuid;

use super::Sla;
use crate::docket::Docket;
use crate::event::Event;
use crate::law::Law;
use crate::word::{id, instant, micros, target};

/// How far in the future something imported may have occurred (edge case 14).
const FUTURE_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// What a clock has behind it since its calendar last changed.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Carried {
    until: DateTime<Utc>,
    business_us: i64,
    business_days: i32,
    counted_to: NaiveDate,
}

/// A clock.
#[derive(Debug)]
pub(crate) struct Clock {
    pub(crate) handoff: Uuid,
    pub(crate) lead: Uuid,
    pub(crate) round: i32,
    contract: (Uuid, i32),
    calendar: (Uuid, i32),
    unit: &'static str,
    amount: i64,
    pub(crate) started: DateTime<Utc>,
    /// When qualification recorded that the handoff began.
    pub(crate) recorded: DateTime<Utc>,
    pub(super) due: DateTime<Utc>,
    pub(crate) imported: bool,
    carried: Option<Carried>,
    pub(crate) state: &'static str,
    pub(super) breached: Option<DateTime<Utc>>,
    pub(crate) ended: Option<DateTime<Utc>>,
    elapsed: Option<(i64, i64, i32)>,
}

impl Clock {
    pub(super) fn is_running(&self) -> bool {
        self.state == "RUNNING"
    }

    pub(super) fn row(&self, clock_id: Uuid) -> ClockRow {
        ClockRow {
            clock_id,
            kind: "DECIDE".to_owned(),
            handoff_id: self.handoff,
            lead_id: self.lead,
            round: self.round,
            contract_id: self.contract.0,
            contract_version: self.contract.1,
            calendar_id: self.calendar.0,
            calendar_version: self.calendar.1,
            target_unit: self.unit.to_owned(),
            target_amount: self.amount,
            started_at: self.started,
            recorded_at: self.recorded,
            due_at: self.due,
            imported: self.imported,
            carried_until: self.carried.map(|it| it.until),
            carried_business_us: self.carried.map(|it| it.business_us),
            carried_business_days: self.carried.map(|it| it.business_days),
            carried_counted_to: self.carried.map(|it| it.counted_to),
            state: self.state.to_owned(),
            breached_at: self.breached,
            ended_at: self.ended,
            elapsed_business_us: self.elapsed.map(|it| it.0),
            elapsed_calendar_us: self.elapsed.map(|it| it.1),
            elapsed_business_days: self.elapsed.map(|it| it.2),
        }
    }

    fn target(&self) -> Option<Target> {
        Some(match self.unit {
            "BUSINESS" => Target::Business(TimeDelta::microseconds(self.amount)),
            "CALENDAR" => Target::Calendar(TimeDelta::microseconds(self.amount)),
            _ => Target::BusinessDays(u32::try_from(self.amount).ok()?),
        })
    }

    /// Open time from its start to `at`, by the versions that applied.
    fn business_us(&self, calendar: &Calendar, at: DateTime<Utc>) -> i64 {
        let (since, before) = match self.carried.filter(|carried| at >= carried.until) {
            Some(carried) => (carried.until, carried.business_us),
            None => (self.started, 0),
        };
        before + calendar.elapsed(since, at).num_microseconds().unwrap_or(i64::MAX)
    }
}

impl Sla {
    pub(super) fn clock_started(&mut self, fact: &ClockStarted, docket: &mut Docket) -> Option<()> {
        let (clock_id, calendar) = (id(&fact.clock_id)?, (id(&fact.calendar_id)?, fact.calendar_version));
        let contract = (id(&fact.contract_id)?, fact.contract_version);
        let (unit, amount) = target(fact.target.as_ref())?;
        self.contracts.get(&contract)?;
        let clock = Clock {
            handoff: id(&fact.handoff_id)?,
            lead: id(&fact.lead_id)?,
            // From before there were several.
            round: fact.round.max(1),
            contract,
            calendar,
            unit,
            amount,
            started: instant(fact.start_time.as_ref())?,
            recorded: instant(fact.handoff_record_time.as_ref())?,
            due: instant(fact.due_time.as_ref())?,
            imported: fact.imported,
            carried: None,
            state: "RUNNING",
            breached: None,
            ended: None,
            elapsed: None,
        };
        let due = self.versions.get(&calendar)?.due(clock.started, clock.target()?).unwrap_or(END_OF_TIME);
        docket.checked(Law::ClocksDeadlines, 1);
        docket.equal(Law::ClocksDeadlines, format_args!("clock {clock_id}, due_at"), &due, &clock.due);
        (fact.kind == "DECIDE" && self.clocks.insert(clock_id, clock).is_none()).then_some(())
    }

    /// A new version of the calendar: what has elapsed stays, the rest is counted anew. A deadline that has passed stays.
    pub(super) fn deadline_moved(
        &mut self,
        event: &Event,
        fact: &ClockDeadlineMoved,
        docket: &mut Docket,
    ) -> Option<()> {
        let clock_id = id(&fact.clock_id)?;
        let clock = self.clocks.get_mut(&clock_id).filter(|clock| clock.is_running())?;
        let old = self.versions.get(&clock.calendar)?;
        let new = self.versions.get(&(clock.calendar.0, fact.calendar_version))?;
        let carried = Carried {
            until: event.occurred,
            business_us: micros(fact.elapsed_business_time.as_ref())?,
            business_days: fact.elapsed_business_days,
            counted_to: fact.counted_to_date.parse().ok()?,
        };
        let due = instant(fact.due_time.as_ref())?;
        let place = format!("clock {clock_id}, moved by calendar version {}", fact.calendar_version);
        docket.checked(Law::ClocksDeadlines, 1);
        let elapsed = clock.business_us(old, carried.until);
        docket.equal(Law::ClocksDeadlines, format_args!("{place}, elapsed"), &elapsed, &carried.business_us);
        let rest = TimeDelta::microseconds(clock.amount - elapsed);
        let expected = match clock.unit {
            _ if clock.due <= carried.until => clock.due,
            "CALENDAR" => clock.due,
            "BUSINESS" => new.deadline(carried.until, rest).unwrap_or(END_OF_TIME),
            // The days that have closed and those that are left are the calendar's to count; here only that it closes then.
            _ => due,
        };
        docket.equal(Law::ClocksDeadlines, format_args!("{place}, due_at"), &expected, &due);
        clock.calendar.1 = fact.calendar_version;
        (clock.due, clock.carried) = (due, Some(carried));
        Some(())
    }

    pub(super) fn clock_met(&mut self, event: &Event, fact: &ClockMet, docket: &mut Docket) -> Option<()> {
        let clock_id = id(&fact.clock_id)?;
        let clock = self.clocks.get_mut(&clock_id).filter(|clock| clock.is_running())?;
        let calendar = self.versions.get(&clock.calendar)?;
        let at = event.occurred;
        let elapsed = (
            micros(fact.elapsed_business_time.as_ref())?,
            micros(fact.elapsed_calendar_time.as_ref())?,
            fact.elapsed_business_days,
        );
        docket.checked(Law::ClocksBreaches, 1);
        let late = format!("clock {clock_id}, stopped at {at:?}, due at {:?}, late", clock.due);
        docket.equal(Law::ClocksBreaches, late, &(at > clock.due), &fact.late);
        let breached = format!("clock {clock_id}, stopped at {at:?}, breached");
        docket.equal(Law::ClocksBreaches, breached, &fact.late, &clock.breached.is_some());

        docket.checked(Law::ClocksDeadlines, 1);
        let measured =
            (clock.business_us(calendar, at), at.timestamp_micros() - clock.started.timestamp_micros());
        let place = format!("clock {clock_id}, business and calendar microseconds to its stop");
        docket.equal(Law::ClocksDeadlines, place, &measured, &(elapsed.0, elapsed.1));
        if clock.carried.is_none() {
            let days = calendar.measure(clock.started, at).business_days;
            let place = format!("clock {clock_id}, business days to its stop");
            docket.equal(Law::ClocksDeadlines, place, &i64::from(days), &i64::from(elapsed.2));
        }
        clock.state = if fact.late { "MET_LATE" } else { "MET" };
        (clock.ended, clock.elapsed) = (Some(at), Some(elapsed));
        Some(())
    }

    pub(super) fn clock_cancelled(&mut self, event: &Event, fact: &ClockCancelled) -> Option<()> {
        let clock = self.clocks.get_mut(&id(&fact.clock_id)?).filter(|clock| clock.is_running())?;
        (clock.state, clock.ended) = ("CANCELLED", Some(event.occurred));
        Some(())
    }

    pub(super) fn clock_breached(
        &mut self,
        event: &Event,
        fact: &ClockBreached,
        docket: &mut Docket,
    ) -> Option<()> {
        const LAW: Law = Law::ClocksBreaches;
        let clock_id = id(&fact.clock_id)?;
        let clock = self.clocks.get_mut(&clock_id)?;
        if !clock.is_running() || clock.breached.is_some() {
            return None;
        }
        docket.checked(LAW, 1);
        docket.equal(LAW, format_args!("clock {clock_id}, breached_at"), &clock.due, &event.occurred);
        // An import may tell of a stop that lies a little ahead, and then the deadline before it has passed too.
        let latest = if clock.imported { event.recorded + FUTURE_TOLERANCE } else { event.recorded };
        if clock.due >= latest {
            let expected = format!("a breach after the deadline, {:?}", clock.due);
            docket.violated(
                LAW,
                format_args!("clock {clock_id}, recorded"),
                expected,
                format_args!("{latest:?}"),
            );
        }
        let notify = !(clock.imported && clock.due < clock.recorded);
        docket.equal(LAW, format_args!("clock {clock_id}, notify"), &notify, &fact.notify);
        clock.breached = Some(event.occurred);
        Some(())
    }

    pub(super) fn breach_retracted(&mut self, fact: &ClockBreachRetracted) -> Option<()> {
        let clock = self.clocks.get_mut(&id(&fact.clock_id)?)?;
        clock.breached.take().map(drop)
    }
}
