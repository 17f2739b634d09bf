//! What a record adds to the cells, as it holds now. Pure, and it never depends on now.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;

use super::cell::{Contribution, Entry, Grain, Part};
use super::count::{self, Amount, DayOf, Outcome, Promise};
use super::histogram::Scale;
use super::length::{Counter, scale};
use super::pair::Pair;
use crate::calendar::local;
use crate::metric::clock::{ClockFact, ClockKind};
use crate::metric::fact::{Decision, HandoffFact, LeadFact};
use crate::metric::ruler::{Logged, Ruler};
use crate::target::{Target, Unit};

/// What a lead that is no test adds.
pub fn of_lead(fact: &LeadFact, zone: Tz) -> Contribution {
    let mut into = Collector::new(zone);
    into.daily(Part::Counts, "", fact.captured_at, count::CAPTURED, 1);
    if let Some(customer_at) = fact.customer_at {
        into.daily(Part::Counts, "", fact.captured_at, count::CONVERTED, 1);
        into.daily(Part::Counts, "", customer_at, count::CUSTOMERS, 1);
    }
    Contribution { dimensions: fact.dimensions.clone(), is_lead: true, entries: into.entries }
}

/// What a hand-over that is no test adds, with its clocks.
pub fn of_handoff(fact: &HandoffFact, clocks: &[ClockFact], zone: Tz) -> Contribution {
    let mut into = Collector::new(zone);
    counts(&mut into, fact);
    if fact.mql.is_some_and(|stamp| !stamp.implied) {
        clocks.iter().filter(|clock| clock.kind == ClockKind::Decide).for_each(|it| promise(&mut into, it));
    }
    let logged: Logged = clocks.iter().collect();
    for (pair, ..) in Pair::ALL {
        let detail = if pair.is_clocked() { target_in_force(clocks) } else { None };
        let detail = detail.map(|target| target.to_string()).unwrap_or_default();
        lengths(&mut into, fact, &logged, pair, &detail);
    }
    Contribution { dimensions: fact.dimensions.clone(), is_lead: false, entries: into.entries }
}

/// The target of the DECIDE clock that was set last.
pub fn target_in_force<'a>(clocks: impl IntoIterator<Item = &'a ClockFact>) -> Option<Target> {
    let decide = clocks.into_iter().filter(|clock| clock.kind == ClockKind::Decide);
    decide.max_by_key(|clock| (clock.started_at, clock.clock)).map(|clock| clock.target)
}

/// A pair that is over and whose business time is not in the cells, because it has to be measured by the calendar that a
/// report names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmeasured {
    /// When it started.
    pub start: DateTime<Utc>,
    /// When it was over; not before it started.
    pub end: DateTime<Utc>,
    /// It stopped waiting and is no sample.
    pub gave_up: bool,
}

/// The MQL stage of a hand-over, if it is over and no clock logged how long it took.
pub fn unmeasured(fact: &HandoffFact, clocks: &[ClockFact]) -> Option<Unmeasured> {
    let (from, to) = (Pair::MqlToDecided.from(), Pair::MqlToDecided.to());
    let start = fact.reached(from).filter(|stamp| !stamp.implied)?.at;
    let sample = fact.reached(to).filter(|stamp| !stamp.implied).map(|stamp| stamp.at);
    let (end, gave_up) = match sample {
        Some(end) => (end, false),
        None => (fact.gave_up_on(to)?, true),
    };
    let logged: Logged = clocks.iter().collect();
    let is_logged = !gave_up && logged.elapsed(fact, to, start, end).is_some();
    (end >= start && !is_logged).then_some(Unmeasured { start, end, gave_up })
}

/// The last instant that a report must have come to, to see all of a hand-over.
pub fn latest_of_handoff(fact: &HandoffFact) -> Option<DateTime<Utc>> {
    let instants = [
        fact.captured_at,
        fact.mql.map(|stamp| stamp.at),
        fact.assigned_at,
        fact.overturned_at,
        fact.end.as_ref().map(|end| end.at),
        fact.first_attempt_at,
        fact.first_connect_at,
        fact.first_meeting_at,
        fact.opportunity_at,
        fact.won_at,
        fact.lost_at,
    ];
    instants.into_iter().flatten().max()
}

/// The last instant that a report must have come to, to see all of a lead.
pub fn latest_of_lead(fact: &LeadFact) -> DateTime<Utc> {
    fact.customer_at.map_or(fact.captured_at, |at| at.max(fact.captured_at))
}

/// The last instant that a report must have come to, to see all of a clock. Its deadline may lie ahead.
pub fn latest_of_clock(clock: &ClockFact) -> DateTime<Utc> {
    let ends = [clock.stop.map(|stop| stop.at), clock.breached_at];
    ends.into_iter().flatten().fold(clock.started_at, DateTime::max)
}

fn counts(into: &mut Collector, fact: &HandoffFact) {
    let outcome = Outcome::of(fact);
    if let Some(mql) = fact.mql {
        into.daily(Part::Counts, "", mql.at, count::by_mql(mql.implied, fact.cycle == 1, outcome), 1);
    }
    if let Some(end) = &fact.end {
        into.daily(Part::Counts, "", end.at, count::by_end(outcome), 1);
    }
    let of_mql = fact.mql.zip(DayOf::mql(fact)).map(|(mql, by)| (mql.at, by));
    if let Some(overturned_at) = fact.overturned() {
        into.daily(Part::Counts, "", overturned_at, count::OVERTURNED, 1);
        if let Some((at, _)) = of_mql {
            into.daily(Part::Counts, "", at, count::OVERTURNED_BY_MQL, 1);
        }
    }
    if let Some(end) = &fact.end
        && let Decision::Rejected { reason, attribution } = &end.decision
    {
        let detail = format!("{attribution} {reason}");
        for (at, by) in std::iter::once((end.at, DayOf::Itself)).chain(of_mql) {
            into.daily(Part::Rejections, &detail, at, count::rejection(by), 1);
        }
    }
    let Some(won_at) = fact.won_at else { return };
    into.daily(Part::Counts, "", won_at, count::WON, 1);
    if let Some((at, by)) = of_mql {
        into.daily(Part::Counts, "", at, count::won_by_mql(by == DayOf::ImpliedMql), 1);
    }
    if let Some(money) = fact.won_amount {
        let (units, nanos) = money.to_units_nanos();
        for (at, by) in std::iter::once((won_at, DayOf::Itself)).chain(of_mql) {
            let parts = [(Amount::Count, 1), (Amount::Units, units), (Amount::Nanos, i64::from(nanos))];
            for (what, n) in parts {
                into.daily(Part::Amounts, money.currency().as_str(), at, count::amount(by, what), n);
            }
        }
    }
}

/// M8, and what a clock was given.
fn promise(into: &mut Collector, clock: &ClockFact) {
    let (started, due) = (into.date(clock.started_at), into.date(clock.due_at));
    let given = clock.due_at.timestamp_micros() - clock.started_at.timestamp_micros();
    let key = count::given(due.day(), Scale::Time.bucket(given));
    into.push(Entry { total_only: true, ..into.entry(Part::Given, Grain::Month, "", due, key, 1) });
    let promise = Promise::of(clock);
    into.daily(Part::Counts, "", clock.due_at, promise.by_due(), 1);
    let key = count::started(started.day(), (due - started).num_days(), promise);
    into.push(into.entry(Part::Started, Grain::Month, "", started, key, 1));
}

fn lengths(into: &mut Collector, fact: &HandoffFact, logged: &Logged, pair: Pair, detail: &str) {
    let Some(start) = fact.reached(pair.from()).filter(|stamp| !stamp.implied).map(|stamp| stamp.at) else {
        return;
    };
    let (end, is_sample) = match fact.reached(pair.to()).filter(|stamp| !stamp.implied) {
        Some(end) => (end.at, true),
        None => match fact.gave_up_on(pair.to()) {
            Some(end) => (end, false),
            None => {
                let day = into.date(start);
                let hour = (start - local::midnight(into.zone, day)).num_hours();
                let key = count::waiting(day.day(), hour);
                into.push(into.entry(Part::Waiting(pair), Grain::Month, detail, day, key, 1));
                return;
            }
        },
    };
    let mut counters: Vec<(Counter, i64)> = Vec::new();
    let zone = into.zone;
    let calendar = [(Unit::Calendar, Ruler::Calendar), (Unit::CalendarDays, Ruler::CalendarDays(zone))];
    if end < start {
        counters.push((if is_sample { Counter::Invalid } else { Counter::Early }, 1));
    } else if is_sample {
        counters.push((Counter::Samples, 1));
        for (unit, ruler) in calendar {
            sample(&mut counters, unit, ruler.measure(start, end));
        }
        if let Some(elapsed) = logged.elapsed(fact, pair.to(), start, end).filter(|_| pair.is_clocked()) {
            counters.push((Counter::Logged, 1));
            sample(&mut counters, Unit::Business, elapsed.business_us);
            sample(&mut counters, Unit::BusinessDays, i64::from(elapsed.business_days));
        }
    } else {
        counters.push((Counter::GaveUp, 1));
        for (unit, ruler) in calendar {
            let bucket = scale(unit).bucket(ruler.measure(start, end));
            counters.push((Counter::GivenUp(unit, bucket), 1));
        }
    }
    for (part, at) in [(Part::ByEnd(pair), end), (Part::ByStart(pair), start)] {
        let day = into.date(at);
        for (counter, n) in &counters {
            into.push(into.entry(part, Grain::Month, detail, day, counter.key(), *n));
            let daily = into.entry(part, Grain::Day, detail, day, counter.key(), *n);
            into.push(Entry { total_only: true, ..daily });
        }
    }
}

const MICROS: i64 = 1_000_000;

fn sample(counters: &mut Vec<(Counter, i64)>, unit: Unit, length: i64) {
    match scale(unit) {
        Scale::Time => {
            counters.push((Counter::Sum(unit), length.div_euclid(MICROS)));
            counters.push((Counter::Rest(unit), length.rem_euclid(MICROS)));
        }
        Scale::Days => counters.push((Counter::Sum(unit), length)),
    }
    counters.push((Counter::Sample(unit, scale(unit).bucket(length)), 1));
}

struct Collector {
    zone: Tz,
    entries: Vec<Entry>,
}

impl Collector {
    fn new(zone: Tz) -> Self {
        Self { zone, entries: Vec::new() }
    }

    fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        local::date(self.zone, at)
    }

    fn entry(&self, part: Part, grain: Grain, detail: &str, day: NaiveDate, key: i32, n: i64) -> Entry {
        Entry {
            part,
            grain,
            start: grain.start_of(day),
            detail: detail.to_owned(),
            key,
            n,
            total_only: false,
        }
    }

    fn daily(&mut self, part: Part, detail: &str, at: DateTime<Utc>, counter: usize, n: i64) {
        let day = self.date(at);
        let entry = self.entry(part, Grain::Month, detail, day, count::daily(day.day(), counter), n);
        self.push(entry);
    }

    fn push(&mut self, entry: Entry) {
        if entry.n != 0 {
            self.entries.push(entry);
        }
    }
}
