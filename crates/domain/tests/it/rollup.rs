//! Rollups equal the facts that they are made of: whatever the records, however they came to be what they are, and
//! whichever days are asked for. The figures from the cells are compared with those of the metrics, which know no cell.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use handoff_domain::calendar::{Elapsed, local};
use handoff_domain::id::{ClockId, HandoffId, LeadId};
use handoff_domain::metric::acceptance::{AcceptanceOptions, acceptance_rate};
use handoff_domain::metric::attainment::attainment;
use handoff_domain::metric::clock::{ClockFact, ClockKind, Stop, StopKind};
use handoff_domain::metric::conversion::lead_to_customer;
use handoff_domain::metric::count::{Counting, mql_count, sql_count};
use handoff_domain::metric::dimension::{Dimension, Dimensions};
use handoff_domain::metric::efficiency::efficiency_of_period;
use handoff_domain::metric::fact::{Acceptance, Decision, End, HandoffFact, LeadFact, WithdrawnReason};
use handoff_domain::metric::milestone::Stamp;
use handoff_domain::metric::ruler::{Logged, Ruler};
use handoff_domain::metric::velocity::{Lengths, Velocity, VelocityQuery, Waiting, velocity};
use handoff_domain::metric::{Basis, SkipPolicy, Span};
use handoff_domain::money::Money;
use handoff_domain::qualification::rejection::Attribution;
use handoff_domain::rollup::cell::{CellKey, Cells, Contribution, Counters, Grain, Part};
use handoff_domain::rollup::contribution::{of_handoff, of_lead};
use handoff_domain::rollup::count::{self, Promise};
use handoff_domain::rollup::histogram::Scale;
use handoff_domain::rollup::length::scale;
use handoff_domain::rollup::pair::Pair;
use handoff_domain::rollup::tally::{LengthTally, Tally};
use handoff_domain::target::{Target, Unit};
use proptest::prelude::*;
use uuid::Uuid;

/// All that happens lies in five weeks around a change of the clocks, over the end of a month.
fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 10).expect("a date")
}

const DAYS: u64 = 36;

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    // Few enough that instants meet, and midnights of zones are among them.
    let start = local::midnight(Tz::UTC, first());
    (0..36_i64 * 24 * 4).prop_map(move |quarter| start + TimeDelta::minutes(15 * quarter))
}

fn zone() -> impl Strategy<Value = Tz> {
    prop_oneof![Just(Tz::UTC), Just(Tz::Europe__Rome), Just(Tz::America__New_York), Just(Tz::Asia__Kolkata)]
}

fn decision() -> impl Strategy<Value = Decision> {
    let rejected = |attribution| Decision::Rejected { reason: "OTHER".to_owned(), attribution };
    prop_oneof![
        4 => Just(Decision::Accepted(Acceptance::Sales)),
        1 => Just(Decision::Accepted(Acceptance::Auto)),
        1 => Just(Decision::Accepted(Acceptance::Implied)),
        1 => Just(rejected(Attribution::Criteria)),
        1 => Just(rejected(Attribution::Routing)),
        1 => Just(Decision::Expired),
        1 => Just(Decision::Withdrawn(WithdrawnReason::Test)),
        1 => Just(Decision::Withdrawn(WithdrawnReason::Merged)),
        1 => Just(Decision::Withdrawn(WithdrawnReason::Other)),
    ]
}

/// A hand-over in any state, times in any order, and the DECIDE clocks that it may have.
#[derive(Debug, Clone)]
struct Passage {
    fact: HandoffFact,
    clocks: Vec<ClockFact>,
}

fn passage(id: u128) -> impl Strategy<Value = Passage> {
    let instants = proptest::array::uniform6(proptest::option::of(instant()));
    let mql = proptest::option::weighted(0.9, (instant(), proptest::bool::weighted(0.2)));
    let end = proptest::option::weighted(0.7, (instant(), decision()));
    let values = ("[ab]?", "[xy]?");
    (instants, mql, end, 1..3_u32, values, clocks(id)).prop_map(
        move |(instants, mql, end, cycle, values, clocks)| {
            let [captured_at, first_attempt_at, opportunity_at, won_at, lost_at, overturned_at] = instants;
            let mql = mql.map(|(at, implied)| Stamp { at, implied });
            let end: Option<End> = end.map(|(at, decision)| End { at, decision });
            let clocks: Vec<_> = clocks
                .into_iter()
                .map(|(mut clock, is_exact)| {
                    // Mostly a clock runs for exactly the stage.
                    if let (true, Some(mql)) = (is_exact, mql) {
                        clock.started_at = mql.at;
                        if let (Some(stop), Some(end)) = (&mut clock.stop, &end) {
                            stop.at = end.at;
                        }
                    }
                    clock
                })
                .collect();
            let fact = HandoffFact {
                handoff: Some(HandoffId(Uuid::from_u128(id))),
                captured_at,
                mql,
                end,
                // What was never rejected by anybody is overturned by nobody.
                overturned_at: overturned_at.filter(|_| mql.is_some_and(|stamp| !stamp.implied)),
                first_attempt_at,
                opportunity_at,
                won_at,
                won_amount: won_at.map(|at| {
                    let currency = if at.timestamp() % 2 == 0 { "EUR" } else { "USD" };
                    Money::from_units_nanos(7, 250_000_000, currency.parse().expect("a currency"))
                        .expect("small")
                }),
                lost_at,
                dimensions: Dimensions::default()
                    .with(Dimension::Source, values.0)
                    .with(Dimension::Owner, values.1),
                ..HandoffFact::new(LeadId(Uuid::from_u128(id)), "main", cycle)
            };
            Passage { fact, clocks }
        },
    )
}

fn clocks(id: u128) -> impl Strategy<Value = Vec<(ClockFact, bool)>> {
    let kind = prop_oneof![Just(StopKind::Met), Just(StopKind::MetLate), Just(StopKind::Cancelled)];
    let target = prop_oneof![
        Just(Target::BusinessDays(2)),
        Just(Target::Business(TimeDelta::hours(9))),
        Just(Target::Calendar(TimeDelta::hours(30)))
    ];
    let clock =
        (instant(), instant(), proptest::option::of((instant(), kind)), target, any::<bool>(), any::<bool>());
    proptest::collection::vec(clock, 0..3).prop_map(move |clocks| {
        let numbered = (0_u128..).zip(clocks);
        let clock = numbered.map(|(number, (started_at, due_at, stop, target, is_breached, is_exact))| {
            let elapsed =
                Elapsed { business_us: 3_723_000_001, calendar_us: 7_200_000_000, business_days: 1 };
            let clock = ClockFact {
                clock: ClockId(Uuid::from_u128(id * 10 + number)),
                kind: ClockKind::Decide,
                handoff: HandoffId(Uuid::from_u128(id)),
                target,
                started_at,
                due_at,
                stop: stop.map(|(at, kind)| Stop { at, kind, elapsed }),
                breached_at: is_breached.then_some(due_at),
            };
            (clock, is_exact)
        });
        clock.collect()
    })
}

fn passages() -> impl Strategy<Value = Vec<Passage>> {
    proptest::collection::vec(any::<u8>(), 0..25).prop_flat_map(|ids| {
        let numbered = (1_u128..).zip(ids).map(|(id, _)| passage(id));
        numbered.collect::<Vec<_>>()
    })
}

fn cells(passages: &[Passage], zone: Tz) -> Cells {
    let mut cells = Cells::default();
    passages.iter().for_each(|it| cells.add(&of_handoff(&it.fact, &it.clocks, zone)));
    cells
}

fn days() -> impl Strategy<Value = (NaiveDate, NaiveDate)> {
    (0..DAYS, 1..20_u64).prop_map(|(from, length)| {
        let start = first().checked_add_days(Days::new(from)).expect("a date");
        (start, start.checked_add_days(Days::new(length)).expect("a date"))
    })
}

fn span((from, to): (NaiveDate, NaiveDate), zone: Tz) -> Span {
    local::midnight(zone, from)..local::midnight(zone, to)
}

/// The counters of the total's cells of a part, with the date of each.
fn daily(cells: &Cells, part: Part, dates: (NaiveDate, NaiveDate)) -> Vec<(String, usize, i64)> {
    let of_part = cells.iter().filter(|(key, _)| key.part == part && key.dimension.is_none());
    let mut found = Vec::new();
    for (key, counters) in of_part {
        for (counter, n) in counters {
            let (day, counter) = count::read_daily(*counter);
            let date = key.start.with_day(day).expect("a day of the month");
            if dates.0 <= date && date < dates.1 {
                found.push((key.detail.clone(), counter, *n));
            }
        }
    }
    found
}

fn tally(cells: &Cells, dates: (NaiveDate, NaiveDate)) -> Tally {
    let mut tally = Tally::default();
    daily(cells, Part::Counts, dates).iter().for_each(|(_, counter, n)| tally.add(*counter, *n));
    tally
}

/// What a report in a unit reads of the days of a pair.
fn lengths(
    cells: &Cells,
    pair: Pair,
    unit: Unit,
    basis: Basis,
    dates: (NaiveDate, NaiveDate),
) -> LengthTally {
    let part = if basis == Basis::Period { Part::ByEnd(pair) } else { Part::ByStart(pair) };
    let mut tally = LengthTally::default();
    for (key, counters) in cells.iter().filter(|(key, _)| key.part == part && key.grain == Grain::Day) {
        if dates.0 <= key.start && key.start < dates.1 {
            add(&mut tally, unit, counters);
        }
    }
    tally
}

fn add(tally: &mut LengthTally, unit: Unit, counters: &Counters) {
    let (keys, counts): (Vec<_>, Vec<_>) = counters.iter().map(|(key, n)| (*key, *n)).unzip();
    tally.add(unit, &keys, &counts);
}

fn waiting(cells: &Cells, pair: Pair, zone: Tz, ruler: Ruler<'_>, as_of: DateTime<Utc>) -> Waiting {
    let mut starts = BTreeMap::<DateTime<Utc>, u64>::new();
    for (key, counters) in
        cells.iter().filter(|(key, _)| key.part == Part::Waiting(pair) && key.dimension.is_none())
    {
        for (counter, n) in counters {
            let (day, hour) = count::read_waiting(*counter);
            let date = key.start.with_day(day).expect("a day of the month");
            *starts.entry(local::midnight(zone, date) + TimeDelta::hours(hour)).or_default() +=
                u64::try_from(*n).expect("positive");
        }
    }
    Waiting::new(starts, ruler, as_of)
}

/// The figures with every length, and every start of those who wait, as the cells keep it.
fn rounded(facts: &[HandoffFact], zone: Tz, unit: Unit, query: &VelocityQuery<'_>) -> Velocity {
    let recorded = |fact: &HandoffFact, milestone| fact.reached(milestone).filter(|stamp| !stamp.implied);
    let (mut samples, mut given_up, mut starts, mut invalid_n, mut sum) = (vec![], vec![], vec![], 0, 0_i128);
    for fact in facts {
        let Some(start) = recorded(fact, query.from).map(|stamp| stamp.at) else { continue };
        let (end, is_sample) = match (recorded(fact, query.to), fact.gave_up_on(query.to)) {
            (Some(end), _) => (end.at, true),
            (None, Some(end)) => (end, false),
            (None, None) => {
                let midnight = local::midnight(zone, local::date(zone, start));
                starts.push((midnight + TimeDelta::hours((start - midnight).num_hours()), 1));
                continue;
            }
        };
        if !query.span.contains(if query.basis == Basis::Period { &end } else { &start }) {
        } else if end < start {
            invalid_n += u64::from(is_sample);
        } else if is_sample {
            samples.push(scale(unit).round_up(query.ruler.measure(start, end)));
            sum += i128::from(query.ruler.measure(start, end));
        } else {
            given_up.push(scale(unit).round_up(query.ruler.measure(start, end)));
        }
    }
    let exact_mean = handoff_domain::metric::exact::Exact::new(sum, samples.len() as i128);
    let lengths = Lengths {
        invalid_n,
        samples: samples.into_iter().collect(),
        given_up: given_up.into_iter().collect(),
    };
    Velocity { mean: exact_mean, ..lengths.measure(&Waiting::new(starts, query.ruler, query.as_of), query) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn cells_are_the_sum_of_what_holds_however_it_came_about(
        (before, after) in proptest::collection::vec(any::<u8>(), 0..8).prop_flat_map(|ids| {
            let of = |id: u128| (passage(id), passage(id));
            (1_u128..).zip(ids).map(|(id, _)| of(id)).collect::<Vec<_>>()
        }).prop_map(|pairs| pairs.into_iter().unzip::<_, _, Vec<_>, Vec<_>>()),
        zone in zone(),
    ) {
        let mut changed = cells(&before, zone);
        for (was, is) in before.iter().zip(&after) {
            changed.change(&of_handoff(&was.fact, &was.clocks, zone), &of_handoff(&is.fact, &is.clocks, zone));
        }
        prop_assert_eq!(changed.clone().compact(), cells(&after, zone).compact());
        for it in &after {
            changed.change(&of_handoff(&it.fact, &it.clocks, zone), &Contribution::default());
        }
        prop_assert!(changed.is_empty(), "what is taken away leaves nothing");
    }

    #[test]
    fn the_values_of_a_dimension_add_up_to_the_total_and_its_days_to_its_months(
        passages in passages(),
        zone in zone(),
    ) {
        let cells = cells(&passages, zone);
        let mut sums = BTreeMap::<(Option<Dimension>, Part, NaiveDate, String, i32), i64>::new();
        let mut months = sums.clone();
        for (key, counters) in cells.iter() {
            let CellKey { dimension, part, start, detail, .. } = key.clone();
            for (counter, n) in counters {
                if key.grain == Grain::Month {
                    *sums.entry((dimension, part, start, detail.clone(), *counter)).or_default() += n;
                } else {
                    let month = Grain::Month.start_of(start);
                    *months.entry((dimension, part, month, detail.clone(), *counter)).or_default() += n;
                }
            }
        }
        for ((dimension, part, start, detail, counter), n) in &sums {
            let total = sums.get(&(None, *part, *start, detail.clone(), *counter));
            prop_assert_eq!(total, Some(n), "{:?} of {:?}", part, dimension);
        }
        for (key, n) in &months {
            prop_assert_eq!(sums.get(key), Some(n));
        }
    }

    #[test]
    fn counts_of_cells_are_those_of_the_facts(
        passages in passages(),
        zone in zone(),
        dates in days(),
        implied in any::<bool>(),
    ) {
        let facts: Vec<_> = passages.iter().map(|it| it.fact.clone()).collect();
        let (all, span) = (cells(&passages, zone), span(dates, zone));
        let tally = tally(&all, dates);
        let skip_policy = if implied { SkipPolicy::ImplyPassed } else { SkipPolicy::Strict };
        let counting = Counting { skip_policy, ..Counting::default() };
        prop_assert_eq!(tally.mqls(skip_policy, false), mql_count(&facts, &span, counting));
        let first_time = Counting { first_time: true, ..counting };
        prop_assert_eq!(tally.mqls(skip_policy, true), mql_count(&facts, &span, first_time));
        prop_assert_eq!(tally.sqls(skip_policy), sql_count(&facts, &span, counting));
        let of_period = efficiency_of_period(&facts, &span, counting);
        prop_assert_eq!((tally.sqls(skip_policy), tally.mqls(skip_policy, false)), (of_period.numerator, of_period.denominator));
        let members: Vec<_> =
            facts.iter().filter(|fact| counting.mql_at(fact).is_some_and(|at| span.contains(&at))).collect();
        let accepted = members.iter().filter(|fact| counting.accepted_at(fact).is_some()).count();
        prop_assert_eq!(tally.accepted_mqls(skip_policy), accepted as u64);
        let ever = DateTime::<Utc>::MIN_UTC..DateTime::<Utc>::MAX_UTC;
        for without_routing in [true, false] {
            let options = AcceptanceOptions {
                without_routing,
                expired_as_not_accepted: !without_routing,
                overturned_as_accepted: without_routing,
            };
            let decided = acceptance_rate(&facts, &span, options);
            prop_assert_eq!(tally.decided().rate_by(options), decided.rate);
            let of_members = acceptance_rate(members.iter().copied(), &ever, options);
            prop_assert_eq!(tally.decided_of_mqls(skip_policy).rate_by(options), of_members.rate);
        }
        let won = |fact: &&HandoffFact| fact.won_at.is_some_and(|at| span.contains(&at));
        prop_assert_eq!(tally.get(count::WON), facts.iter().filter(won).count() as u64);
        let won_mqls = members.iter().filter(|fact| fact.won_at.is_some()).count();
        prop_assert_eq!(tally.won_mqls(skip_policy), won_mqls as u64);
        let euros: i64 = daily(&all, Part::Amounts, dates)
            .iter()
            .filter(|(currency, counter, _)| currency == "EUR" && *counter == 2)
            .map(|(.., nanos)| nanos)
            .sum();
        let expected = facts.iter().filter(won).filter_map(|fact| fact.won_amount);
        let expected: i64 = expected.filter(|it| it.currency().as_str() == "EUR").map(|_| 250_000_000).sum();
        prop_assert_eq!(euros, expected);
    }

    #[test]
    fn lengths_of_cells_are_those_of_the_facts_rounded_up(
        passages in passages(),
        zone in zone(),
        dates in days(),
        pair in proptest::sample::select(Pair::ALL.map(|(pair, ..)| pair).to_vec()),
        in_days in any::<bool>(),
        cohort in any::<bool>(),
    ) {
        let facts: Vec<_> = passages.iter().map(|it| it.fact.clone()).collect();
        let (cells, span) = (cells(&passages, zone), span(dates, zone));
        let (unit, ruler) = if in_days {
            (Unit::CalendarDays, Ruler::CalendarDays(zone))
        } else {
            (Unit::Calendar, Ruler::Calendar)
        };
        let basis = if cohort { Basis::Cohort } else { Basis::Period };
        let as_of = local::midnight(Tz::UTC, first()) + TimeDelta::days(60);
        let limits = if in_days { [1, 5] } else { [3_600_000_000, 172_800_000_000] };
        let query = VelocityQuery { from: pair.from(), to: pair.to(), span: &span, basis, ruler, limits: &limits, as_of };
        let tally = lengths(&cells, pair, unit, basis, dates);
        let found = tally.lengths(unit).measure(&waiting(&cells, pair, zone, ruler, as_of), &query);
        prop_assert_eq!(&found, &rounded(&facts, zone, unit, &query));
        // And against the facts as they are.
        let exact = velocity(&facts, &Logged::default(), &query);
        prop_assert_eq!((found.n, found.invalid_n, found.mean), (exact.n, exact.invalid_n, exact.mean));
        prop_assert_eq!((found.open.n, &found.within), (exact.open.n, &exact.within));
        for (found, exact) in [(found.median, exact.median), (found.p75, exact.p75), (found.p90, exact.p90)] {
            let (Some(found), Some(exact)) = (found, exact) else {
                prop_assert_eq!(found, exact);
                continue;
            };
            prop_assert!(exact <= found);
            let over = found.excess_over(exact).is_none_or(|over| over.numerator() * 60 <= over.denominator());
            let second = handoff_domain::metric::exact::Exact::whole(120_000_000);
            prop_assert!(over || found <= second, "{:?} for {:?}", found, exact);
        }
    }

    #[test]
    fn business_time_in_cells_is_what_clocks_logged(passages in passages(), zone in zone(), dates in days()) {
        let cells = cells(&passages, zone);
        let tally = lengths(&cells, Pair::MqlToDecided, Unit::Business, Basis::Period, dates);
        let span = span(dates, zone);
        let (mut expected, mut rounds, mut most) = (0, 0, 0);
        for Passage { fact, clocks } in &passages {
            let (from, to) = (Pair::MqlToDecided.from(), Pair::MqlToDecided.to());
            let recorded = |milestone| fact.reached(milestone).filter(|stamp| !stamp.implied).map(|stamp| stamp.at);
            let (Some(start), Some(end)) = (recorded(from), recorded(to)) else { continue };
            // Of those that began at once the last made counts; all that began in between belong to it.
            let stopped = clocks.iter().filter_map(|clock| Some((clock.started_at, clock.stop?.at)));
            let between: BTreeMap<_, _> = stopped.filter(|(began, _)| (start..=end).contains(began)).collect();
            let is_whole = between.contains_key(&start) && between.values().last() == Some(&end);
            if span.contains(&end) && is_whole {
                let count = i64::try_from(between.len()).expect("a few clocks");
                (expected, rounds, most) = (expected + 1, rounds + count, most.max(count));
            }
        }
        prop_assert_eq!(tally.logged_n, expected);
        let lengths = tally.lengths(Unit::Business);
        prop_assert_eq!(lengths.samples.n(), expected);
        if expected > 0 {
            prop_assert_eq!(lengths.samples.max(), Some(Scale::Time.round_up(most * 3_723_000_001)));
            let total = i128::from(rounds) * 3_723_000_001;
            let mean = handoff_domain::metric::exact::Exact::new(total, i128::from(expected));
            prop_assert_eq!(lengths.samples.mean(), mean);
        }
    }

    #[test]
    fn promises_of_cells_are_those_of_the_clocks(
        passages in passages(),
        zone in zone(),
        dates in days(),
        today in 0..DAYS,
    ) {
        let cells = cells(&passages, zone);
        // At a midnight no day is half over.
        let today = first().checked_add_days(Days::new(today)).expect("a date");
        let as_of = local::midnight(zone, today) - TimeDelta::microseconds(1);
        let counted = passages.iter().filter(|it| it.fact.mql.is_some_and(|stamp| !stamp.implied));
        let clocks: Vec<_> = counted.flat_map(|it| it.clocks.iter().cloned()).collect();
        // Stops and breaches of the clocks may lie after as_of here: the question is only which clocks are due.
        let by_due = attainment(&clocks, ClockKind::Decide, &span(dates, zone), as_of);
        let tally = tally(&cells, (dates.0, dates.1.min(today).max(dates.0)));
        prop_assert_eq!((tally.get(count::MET), tally.get(count::BREACHED)), (by_due.met, by_due.breached));

        let ever = DateTime::<Utc>::MIN_UTC..DateTime::<Utc>::MAX_UTC;
        let started = clocks.iter().filter(|clock| span(dates, zone).contains(&clock.started_at));
        let by_start = attainment(started, ClockKind::Decide, &ever, as_of);
        let (mut met, mut breached) = (0, 0);
        for (key, counters) in cells.iter().filter(|(key, _)| key.part == Part::Started && key.dimension.is_none()) {
            for (counter, n) in counters {
                let (day, later, promise) = count::read_started(*counter);
                let date = key.start.with_day(day).expect("a day of the month");
                if dates.0 <= date && date < dates.1 && date + TimeDelta::days(later) < today {
                    met += if promise == Promise::Met { *n } else { 0 };
                    breached += if promise == Promise::Breached { *n } else { 0 };
                }
            }
        }
        prop_assert_eq!((met, breached), (by_start.met as i64, by_start.breached as i64));
    }

    #[test]
    fn conversion_of_cells_is_that_of_the_leads(
        leads in proptest::collection::vec((instant(), proptest::option::of(instant())), 0..30),
        zone in zone(),
        dates in days(),
    ) {
        let numbered = (0_u128..).zip(leads);
        let leads: Vec<_> = numbered
            .map(|(id, (captured_at, customer_at))| {
                let (lead, dimensions) = (LeadId(Uuid::from_u128(id)), Dimensions::default());
                LeadFact { lead, captured_at, customer_at, imported: false, dimensions }
            })
            .collect();
        let mut cells = Cells::default();
        leads.iter().for_each(|lead| cells.add(&of_lead(lead, zone)));
        let tally = tally(&cells, dates);
        for (basis, counter) in [(Basis::Cohort, count::CONVERTED), (Basis::Period, count::CUSTOMERS)] {
            let expected = lead_to_customer(&leads, &span(dates, zone), basis);
            prop_assert_eq!(tally.get(counter), expected.numerator);
            prop_assert_eq!(tally.get(count::CAPTURED), expected.denominator);
        }
        let has_owner = |key: &CellKey| matches!(key.dimension, Some(Dimension::Owner | Dimension::Team));
        prop_assert!(!cells.iter().any(|(key, _)| has_owner(key)));
        prop_assert!(cells.iter().all(|(key, _)| key.start.day() == 1));
    }
}
