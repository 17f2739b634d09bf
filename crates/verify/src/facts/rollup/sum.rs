//! What each record adds to the cells, from the table in the domain's module `rollup`: it is the meaning of the cells, and
//! this is another reading of it than the service's.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use handoff_domain::calendar::local;
use handoff_domain::target::Target;
use handoff_store::verify::rollup::UnmeasuredRow;
use uuid::Uuid;

use super::later;
use crate::facts::clock::{ClockFact, Stop};
use crate::facts::lead::{Dimensions, LeadFact};
use crate::facts::passage::Passage;

/// The names of the dimensions of a lead, in the order of its columns.
const OF_LEADS: [&str; 6] = ["ORIGIN", "SOURCE", "MEDIUM", "CAMPAIGN", "KIND", "PERSONA"];

/// The name of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) dimension: String,
    pub(super) part: String,
    pub(super) grain: String,
    pub(super) start_day: NaiveDate,
    pub(super) value: String,
    pub(super) detail: String,
}

/// The sum so far.
#[derive(Debug)]
pub(super) struct Sum {
    zone: Tz,
    pub(super) cells: HashMap<Name, HashMap<i32, i64>>,
    pub(super) unmeasured: Vec<UnmeasuredRow>,
    /// The last instant at which anything happened.
    pub(super) latest: Option<DateTime<Utc>>,
}

/// A length from one milestone to another, and whether it came there or stopped waiting.
struct Length {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    is_sample: bool,
}

impl Sum {
    pub(super) fn new(zone: Tz) -> Self {
        Self { zone, cells: HashMap::new(), unmeasured: Vec::new(), latest: None }
    }

    /// A lead: captured, and perhaps a customer.
    pub(super) fn lead(&mut self, lead: &LeadFact) {
        let values = of_lead(&lead.dimensions);
        self.month(&values, "COUNTS", "", lead.captured_at, 47, 1);
        if let Some(customer_at) = lead.customer_at {
            self.month(&values, "COUNTS", "", lead.captured_at, 48, 1);
            self.month(&values, "COUNTS", "", customer_at, 49, 1);
        }
        self.latest = later(self.latest, later(Some(lead.captured_at), lead.customer_at));
    }

    /// A passage with the clocks of its hand-over.
    pub(super) fn passage(&mut self, lead: Uuid, passage: &Passage, clocks: &[(Uuid, &ClockFact)]) {
        let mut values = of_lead(&passage.dimensions);
        let text = |word: &Option<crate::word::Word>| word.as_deref().unwrap_or_default().to_owned();
        values.extend([("OWNER", text(&passage.owner)), ("TEAM", text(&passage.team))]);
        let decide: Vec<(Uuid, &ClockFact)> =
            clocks.iter().filter(|(_, clock)| clock.kind.as_ref() == "DECIDE").copied().collect();

        self.counted(&values, passage);
        if passage.mql_at.is_some() && !passage.mql_implied {
            decide.iter().for_each(|(_, clock)| self.clock(&values, clock));
        }
        let target = decide.iter().max_by_key(|(id, clock)| (clock.started, *id));
        let target = target.and_then(|(_, clock)| words(clock)).unwrap_or_default();
        self.lengths(&values, passage, &decide, &target);
        self.unmeasured(lead, passage, &decide, &target);
        self.latest = later(self.latest, passage.instants().into_iter().flatten().max());
    }

    fn counted(&mut self, values: &[(&str, String)], passage: &Passage) {
        let outcome = outcome(passage);
        let first = if passage.cycle == 1 { 9 } else { 0 };
        let implied = i32::from(passage.mql_implied);
        if let Some(mql_at) = passage.mql_at {
            self.month(values, "COUNTS", "", mql_at, 18 * implied + first + outcome, 1);
        }
        // By the day of an MQL that is not void: 1, or 2 where it is implied.
        let by_mql = passage.mql_at.filter(|_| outcome != 8).map(|at| (at, 1 + implied));
        if let Some(overturned_at) = passage.overturned_at.filter(|_| passage.end.is_none()) {
            self.month(values, "COUNTS", "", overturned_at, 53, 1);
            if let Some((at, _)) = by_mql {
                self.month(values, "COUNTS", "", at, 54, 1);
            }
        }
        if let Some(end) = &passage.end {
            self.month(values, "COUNTS", "", end.at, 35 + outcome, 1);
            if let Some((reason, attribution)) = &end.rejection {
                let detail = format!("{attribution} {reason}");
                for (at, by) in [(end.at, 0)].into_iter().chain(by_mql) {
                    self.month(values, "REJECTIONS", &detail, at, by, 1);
                }
            }
        }
        let Some(won_at) = passage.won_at else { return };
        self.month(values, "COUNTS", "", won_at, 44, 1);
        if let Some((at, by)) = by_mql {
            self.month(values, "COUNTS", "", at, 44 + by, 1);
        }
        if let Some((amount, currency)) = &passage.won {
            let units = i64::try_from(amount.trunc().mantissa() / 10_i128.pow(amount.trunc().scale()))
                .unwrap_or(i64::MAX);
            let mut rest = amount.fract();
            rest.rescale(9);
            let nanos = i64::try_from(rest.mantissa()).unwrap_or(i64::MAX);
            for (at, by) in [(won_at, 0)].into_iter().chain(by_mql) {
                for (what, count) in [(0, 1), (1, units), (2, nanos)] {
                    self.month(values, "AMOUNTS", currency, at, 3 * by + what, count);
                }
            }
        }
    }

    fn clock(&mut self, values: &[(&str, String)], clock: &ClockFact) {
        // 0 late, open, or cancelled after a breach; 1 met; 2 cancelled without one.
        let came_to = match clock.stop.as_ref().map(|stop| stop.how) {
            Some("MET") => 1,
            Some("CANCELLED") if clock.breached.is_none() => 2,
            _ => 0,
        };
        self.month(values, "COUNTS", "", clock.due, [51, 50, 52][came_to as usize], 1);
        let (started, due) = (self.date(clock.started), self.date(clock.due));
        let later_by = i32::try_from((due - started).num_days().clamp(-10_000, 10_000)).unwrap_or_default();
        self.add(
            values,
            "STARTED",
            "MONTH",
            started,
            "",
            &[(day(started) * 100_000 + 3 * (10_000 + later_by) + came_to, 1)],
        );
        let given = clock.due.timestamp_micros() - clock.started.timestamp_micros();
        let key = day(due) * 1_000_000 + time_bucket(given).min(999_999);
        self.add(&[], "GIVEN", "MONTH", due, "", &[(key, 1)]);
        let ends = [clock.stop.as_ref().map(|stop| stop.at), clock.breached, Some(clock.started)];
        self.latest = later(self.latest, ends.into_iter().flatten().max());
    }

    fn lengths(
        &mut self,
        values: &[(&str, String)],
        passage: &Passage,
        decide: &[(Uuid, &ClockFact)],
        target: &str,
    ) {
        for (pair, from, to) in PAIRS {
            let detail = if pair == "MQL>DECIDED" { target } else { "" };
            let Some(start) = reached(passage, from) else { continue };
            let Some(length) = length(passage, start, to) else {
                let date = self.date(start);
                let hours = (start - local::midnight(self.zone, date)).num_hours();
                let key = day(date) * 100 + i32::try_from(hours).unwrap_or_default();
                self.add(values, &format!("{pair} WAITING"), "MONTH", date, detail, &[(key, 1)]);
                continue;
            };
            let counters = self.of_length(pair, &length, decide);
            for (part, at) in [("BY END", length.end), ("BY START", length.start)] {
                let (part, date) = (format!("{pair} {part}"), self.date(at));
                self.add(values, &part, "MONTH", date, detail, &counters);
                self.add(&[], &part, "DAY", date, detail, &counters);
            }
        }
    }

    fn of_length(&self, pair: &str, length: &Length, decide: &[(Uuid, &ClockFact)]) -> Vec<(i32, i64)> {
        const HISTOGRAM: i32 = 100_000_000;
        let micros = length.end.timestamp_micros() - length.start.timestamp_micros();
        let days = (self.date(length.end) - self.date(length.start)).num_days();
        if micros < 0 {
            return vec![(if length.is_sample { 0 } else { 4 }, 1)];
        }
        if !length.is_sample {
            let (in_time, in_days) = (5 * HISTOGRAM + time_bucket(micros), 6 * HISTOGRAM + day_bucket(days));
            return vec![(3, 1), (in_time, 1), (in_days, 1)];
        }
        let mut counters = vec![
            (1, 1),
            (10, micros / 1_000_000),
            (20, micros % 1_000_000),
            (HISTOGRAM + time_bucket(micros), 1),
            (11, days),
            (2 * HISTOGRAM + day_bucket(days), 1),
        ];
        if let Some((business_us, business_days)) = logged(length, decide).filter(|_| pair == "MQL>DECIDED") {
            counters.extend([
                (2, 1),
                (12, business_us / 1_000_000),
                (22, business_us % 1_000_000),
                (3 * HISTOGRAM + time_bucket(business_us), 1),
                (13, business_days),
                (4 * HISTOGRAM + day_bucket(business_days), 1),
            ]);
        }
        counters
    }

    fn unmeasured(&mut self, lead: Uuid, passage: &Passage, decide: &[(Uuid, &ClockFact)], target: &str) {
        let Some(start) = reached(passage, Milestone::Mql) else { return };
        let Some(length) = length(passage, start, Milestone::Decided) else { return };
        let is_logged = length.is_sample && logged(&length, decide).is_some();
        if length.end >= length.start && !is_logged {
            self.unmeasured.push(UnmeasuredRow {
                lead_id: lead,
                product_line: passage.line.as_ref().to_owned(),
                cycle: passage.cycle,
                passage: passage.number,
                started_at: length.start,
                ended_at: length.end,
                gave_up: !length.is_sample,
                target: target.to_owned(),
            });
        }
    }

    /// Adds to a counter of the day `at` in its month.
    fn month(
        &mut self,
        values: &[(&str, String)],
        part: &str,
        detail: &str,
        at: DateTime<Utc>,
        counter: i32,
        n: i64,
    ) {
        let date = self.date(at);
        self.add(values, part, "MONTH", date, detail, &[(day(date) * 64 + counter, n)]);
    }

    /// Adds to counters of a cell, in the total and by each value.
    fn add(
        &mut self,
        values: &[(&str, String)],
        part: &str,
        grain: &str,
        date: NaiveDate,
        detail: &str,
        counters: &[(i32, i64)],
    ) {
        let start_day = if grain == "MONTH" { date.with_day(1).unwrap_or(date) } else { date };
        let total = [("TOTAL", String::new())];
        for (dimension, value) in total.iter().chain(values) {
            let name = Name {
                dimension: (*dimension).to_owned(),
                part: part.to_owned(),
                grain: grain.to_owned(),
                start_day,
                value: value.clone(),
                detail: detail.to_owned(),
            };
            let cell = self.cells.entry(name).or_default();
            for (key, n) in counters {
                *cell.entry(*key).or_default() += n;
            }
        }
    }

    fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        local::date(self.zone, at)
    }
}

/// Where lengths start and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Milestone {
    Captured,
    Mql,
    Decided,
    Accepted,
    FirstAttempt,
    Won,
}

const PAIRS: [(&str, Milestone, Milestone); 6] = [
    ("MQL>DECIDED", Milestone::Mql, Milestone::Decided),
    ("MQL>ACCEPTED", Milestone::Mql, Milestone::Accepted),
    ("CAPTURED>MQL", Milestone::Captured, Milestone::Mql),
    ("CAPTURED>WON", Milestone::Captured, Milestone::Won),
    ("MQL>FIRST_ATTEMPT", Milestone::Mql, Milestone::FirstAttempt),
    ("ACCEPTED>WON", Milestone::Accepted, Milestone::Won),
];

/// When a milestone was reached and recorded; what is only implied never gives a length.
fn reached(passage: &Passage, milestone: Milestone) -> Option<DateTime<Utc>> {
    let end = passage.end.as_ref();
    let accepted = end.filter(|end| matches!(end.decision, "ACCEPTED" | "ACCEPTED_AUTO"));
    match milestone {
        Milestone::Captured => passage.captured_at,
        Milestone::Mql => passage.mql_at.filter(|_| !passage.mql_implied),
        Milestone::Decided => end.filter(|end| end.decision == "REJECTED").or(accepted).map(|end| end.at),
        Milestone::Accepted => accepted.map(|end| end.at),
        Milestone::FirstAttempt => passage.firsts[0],
        Milestone::Won => passage.won_at,
    }
}

/// From `start` to a milestone, or to where it is over without it; none while it waits.
fn length(passage: &Passage, start: DateTime<Utc>, to: Milestone) -> Option<Length> {
    if let Some(end) = reached(passage, to) {
        return Some(Length { start, end, is_sample: true });
    }
    let any_end = matches!(to, Milestone::Mql | Milestone::Decided | Milestone::Accepted);
    let over = passage.end.as_ref().filter(|end| any_end || !end.decision.starts_with("ACCEPTED"));
    let ends = [over.map(|end| end.at), passage.won_at, passage.lost_at];
    let end = ends.into_iter().flatten().min()?;
    Some(Length { start, end, is_sample: false })
}

/// What sla logged of the clocks of which the first ran from the start and the last to the end, if some did: microseconds
/// and days of all of them. Of several that began at once the last made counts.
fn logged(length: &Length, decide: &[(Uuid, &ClockFact)]) -> Option<(i64, i64)> {
    let mut rounds: BTreeMap<DateTime<Utc>, (Uuid, &Stop)> = BTreeMap::new();
    for (id, clock) in decide {
        let Some(stop) = clock.stop.as_ref() else { continue };
        let within = length.start <= clock.started && clock.started <= length.end.max(length.start);
        let before = rounds.get(&clock.started).map(|(id, _)| *id);
        if within && before.is_none_or(|before| before < *id) {
            rounds.insert(clock.started, (*id, stop));
        }
    }
    let (_, last) = rounds.values().last()?;
    if !rounds.contains_key(&length.start) || last.at != length.end {
        return None;
    }
    let sum =
        |(us, days), (_, stop): &(Uuid, &Stop)| (us + stop.business_us, days + i64::from(stop.business_days));
    Some(rounds.values().fold((0, 0), sum))
}

/// 0 open, 1 accepted, 2 by silence, 3 by implication, 4 rejected for ROUTING, 5 otherwise, 6 expired, 7 withdrawn, 8 void.
fn outcome(passage: &Passage) -> i32 {
    let Some(end) = &passage.end else { return 0 };
    match (end.decision, end.rejection.as_ref().map(|(_, attribution)| *attribution)) {
        ("ACCEPTED", _) => 1,
        ("ACCEPTED_AUTO", _) => 2,
        ("ACCEPTED_IMPLIED", _) => 3,
        ("REJECTED", Some("ROUTING")) => 4,
        ("REJECTED", _) => 5,
        ("EXPIRED", _) => 6,
        ("WITHDRAWN", _) => 7,
        _ => 8,
    }
}

fn of_lead(dimensions: &Dimensions) -> Vec<(&'static str, String)> {
    OF_LEADS.into_iter().zip(dimensions.columns().map(Option::unwrap_or_default)).collect()
}

fn words(clock: &ClockFact) -> Option<String> {
    let target = match clock.unit {
        "BUSINESS" => Target::Business(TimeDelta::microseconds(clock.amount)),
        "CALENDAR" => Target::Calendar(TimeDelta::microseconds(clock.amount)),
        _ => Target::BusinessDays(u32::try_from(clock.amount).ok()?),
    };
    Some(target.to_string())
}

fn day(date: NaiveDate) -> i32 {
    i32::try_from(date.day()).unwrap_or_default()
}

/// The widths of the buckets of time, in seconds: each is used from sixty times itself on, the first from the beginning.
const TIME_WIDTHS: [i64; 22] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400,
    172_800, 432_000, 864_000, 2_592_000,
];
/// The same for days.
const DAY_WIDTHS: [i64; 5] = [1, 2, 5, 10, 30];

fn time_bucket(micros: i64) -> i32 {
    bucket(micros, &TIME_WIDTHS.map(|seconds| seconds * 1_000_000))
}

fn day_bucket(days: i64) -> i32 {
    bucket(days, &DAY_WIDTHS)
}

/// How many edges lie below a length: a bucket holds what is above one edge, up to and including the next.
fn bucket(length: i64, widths: &[i64]) -> i32 {
    let (mut edges, mut from) = (0, 0);
    for (index, width) in widths.iter().enumerate() {
        let to = widths.get(index + 1).map_or(i64::MAX, |next| next * 60).min(length.max(0));
        let within = (to - from).max(0);
        edges += within / width + i64::from(within % width != 0);
        if to == length.max(0) {
            break;
        }
        from = to;
    }
    i32::try_from(edges).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_ends_with_its_edge() {
        let check = |seconds: i64, expected: i32| {
            assert_eq!(time_bucket(seconds * 1_000_000), expected, "{seconds} s");
            assert_eq!(time_bucket(seconds * 1_000_000 + 1), expected + 1, "just above {seconds} s");
        };
        check(0, 0);
        check(1, 1);
        check(120, 120);
        check(122, 121);
        check(300, 210);
        assert_eq!(day_bucket(120), 120);
        assert_eq!((day_bucket(121), day_bucket(122), day_bucket(123)), (121, 121, 122));
    }
}
