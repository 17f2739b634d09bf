//! Laws that hold for whatever facts there are.

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::calendar::Elapsed;
use handoff_domain::id::{ClockId, HandoffId, LeadId};
use handoff_domain::metric::acceptance::{AcceptanceOptions, AcceptanceRate, acceptance_rate};
use handoff_domain::metric::attainment::{Attainment, attainment};
use handoff_domain::metric::clock::{ClockFact, ClockKind, Stop, StopKind};
use handoff_domain::metric::count::{Counting, mql_count, sql_count};
use handoff_domain::metric::dimension::{Dimension, Dimensions, group_by};
use handoff_domain::metric::efficiency::{Maturity, efficiency_of_cohort};
use handoff_domain::metric::exact::Exact;
use handoff_domain::metric::fact::{Acceptance, Decision, End, HandoffFact, WithdrawnReason};
use handoff_domain::metric::milestone::Stamp;
use handoff_domain::metric::ratio::Ratio;
use handoff_domain::metric::ruler::{Logged, Ruler};
use handoff_domain::metric::velocity::{Velocity, VelocityQuery, velocity};
use handoff_domain::metric::verdict::judge;
use handoff_domain::metric::{CountUnit, SkipPolicy, Span};
use handoff_domain::qualification::rejection::Attribution;
use proptest::prelude::*;
use uuid::Uuid;

use super::given::{at, target};

/// Facts lie within a thousand hours; so few instants that ties and negative durations are common.
const HOURS: i64 = 1_000;

fn hour(n: i64) -> DateTime<Utc> {
    at("2026-01-01 00:00") + TimeDelta::hours(n)
}

fn any_hour() -> impl Strategy<Value = DateTime<Utc>> {
    (0..HOURS).prop_map(hour)
}

fn any_decision() -> impl Strategy<Value = Decision> {
    prop_oneof![
        3 => Just(Decision::Accepted(Acceptance::Sales)),
        1 => Just(Decision::Accepted(Acceptance::Auto)),
        1 => Just(Decision::Accepted(Acceptance::Implied)),
        1 => Just(Decision::Rejected { reason: "OTHER".into(), attribution: Attribution::Criteria }),
        1 => Just(Decision::Rejected { reason: "WRONG_OWNER".into(), attribution: Attribution::Routing }),
        1 => Just(Decision::Expired),
        1 => Just(Decision::Withdrawn(WithdrawnReason::Test)),
        1 => Just(Decision::Withdrawn(WithdrawnReason::Other)),
    ]
}

fn any_fact() -> impl Strategy<Value = HandoffFact> {
    let end = proptest::option::weighted(0.7, (any_hour(), any_decision()));
    (0..20_u128, 1..4_u32, any_hour(), any::<bool>(), end, "[ab]?").prop_map(
        |(lead, cycle, mql_at, implied, end, source)| HandoffFact {
            mql: Some(Stamp { at: mql_at, implied }),
            end: end.map(|(at, decision)| End { at, decision }),
            dimensions: Dimensions::default().with(Dimension::Source, source),
            ..HandoffFact::new(LeadId(Uuid::from_u128(lead)), "default", cycle)
        },
    )
}

fn any_clock() -> impl Strategy<Value = ClockFact> {
    let kind = prop_oneof![Just(StopKind::Met), Just(StopKind::MetLate), Just(StopKind::Cancelled)];
    let stop = proptest::option::of((any_hour(), kind));
    (any_hour(), any_hour(), stop, any::<bool>()).prop_map(|(started_at, due_at, stop, is_breached)| {
        ClockFact {
            clock: ClockId(Uuid::nil()),
            kind: ClockKind::Decide,
            handoff: HandoffId(Uuid::nil()),
            target: target("2bd"),
            started_at,
            due_at,
            stop: stop.map(|(at, kind)| Stop { at, kind, elapsed: Elapsed::default() }),
            breached_at: is_breached.then_some(due_at),
        }
    })
}

fn any_counting() -> impl Strategy<Value = Counting> {
    let unit = prop_oneof![Just(CountUnit::Handoff), Just(CountUnit::Lead)];
    let skips = prop_oneof![Just(SkipPolicy::ImplyPassed), Just(SkipPolicy::Strict)];
    (unit, any::<bool>(), skips).prop_map(|(unit, first_time, skip_policy)| Counting {
        unit,
        first_time,
        skip_policy,
    })
}

/// Two spans that touch, and the one that they make up.
fn partition() -> impl Strategy<Value = (Span, Span, Span)> {
    proptest::array::uniform3(any_hour()).prop_map(|mut ends| {
        ends.sort();
        let [a, b, c] = ends;
        (a..b, b..c, a..c)
    })
}

const YOUNG: Maturity = Maturity { window: TimeDelta::hours(100), matured_only: true };

/// Everything that is computed from hand-overs, of one span.
fn everything(
    facts: &[HandoffFact],
    span: &Span,
    counting: Counting,
) -> (u64, u64, Ratio, AcceptanceRate, Velocity) {
    let query = VelocityQuery::mql_stage(span, Ruler::Calendar, hour(HOURS));
    (
        mql_count(facts, span, counting),
        sql_count(facts, span, counting),
        efficiency_of_cohort(facts, span, counting, YOUNG, hour(HOURS)),
        acceptance_rate(facts, span, AcceptanceOptions::default()),
        velocity(facts, &Logged::default(), &query),
    )
}

fn sum(a: Ratio, b: Ratio) -> Ratio {
    Ratio {
        numerator: a.numerator + b.numerator,
        denominator: a.denominator + b.denominator,
        n_immature: a.n_immature + b.n_immature,
    }
}

proptest! {
    #[test]
    fn the_order_of_the_facts_does_not_matter(
        (facts, shuffled) in proptest::collection::vec(any_fact(), 0..40)
            .prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle())),
        counting in any_counting(),
        (_, _, span) in partition(),
    ) {
        prop_assert_eq!(everything(&facts, &span, counting), everything(&shuffled, &span, counting));
    }

    #[test]
    fn counts_of_hand_overs_add_up_over_a_partition_of_the_period(
        facts in proptest::collection::vec(any_fact(), 0..40),
        counting in any_counting(),
        (first, second, whole) in partition(),
    ) {
        let counting = Counting { unit: CountUnit::Handoff, ..counting };
        let (mqls_1, sqls_1, cohort_1, decided_1, velocity_1) = everything(&facts, &first, counting);
        let (mqls_2, sqls_2, cohort_2, decided_2, velocity_2) = everything(&facts, &second, counting);
        let (mqls, sqls, cohort, decided, velocity) = everything(&facts, &whole, counting);
        prop_assert_eq!(mqls, mqls_1 + mqls_2);
        prop_assert_eq!(sqls, sqls_1 + sqls_2);
        prop_assert_eq!(cohort, sum(cohort_1, cohort_2));
        prop_assert_eq!(decided.rate, sum(decided_1.rate, decided_2.rate));
        prop_assert_eq!(decided.expired, decided_1.expired + decided_2.expired);
        prop_assert_eq!(velocity.n, velocity_1.n + velocity_2.n);
        prop_assert_eq!(velocity.invalid_n, velocity_1.invalid_n + velocity_2.invalid_n);
        prop_assert_eq!(velocity.max, velocity_1.max.max(velocity_2.max));
    }

    #[test]
    fn counts_of_hand_overs_add_up_over_the_rows_of_a_breakdown(
        facts in proptest::collection::vec(any_fact(), 0..40),
        (_, _, span) in partition(),
    ) {
        let rows = group_by(&facts, |fact| fact.dimensions.get(Dimension::Source).map(str::to_owned));
        let count = |row: Vec<&HandoffFact>| mql_count(row, &span, Counting::default());
        let of_rows: u64 = rows.into_values().map(count).sum();
        prop_assert_eq!(of_rows, mql_count(&facts, &span, Counting::default()));
    }

    #[test]
    fn there_are_never_more_leads_than_hand_overs_nor_more_recorded_than_implied(
        facts in proptest::collection::vec(any_fact(), 0..40),
        counting in any_counting(),
        (_, _, span) in partition(),
    ) {
        let count = |counting| mql_count(&facts, &span, counting);
        let by_hand_over = Counting { unit: CountUnit::Handoff, ..counting };
        let implied = Counting { skip_policy: SkipPolicy::ImplyPassed, ..counting };
        prop_assert!(count(counting) <= count(by_hand_over));
        prop_assert!(count(counting) <= count(implied));
    }

    #[test]
    fn what_is_known_at_one_instant_and_seen_from_another_is_what_both_know(
        fact in any_fact(),
        clock in any_clock(),
        a in any_hour(),
        b in any_hour(),
    ) {
        prop_assert_eq!(fact.clone().as_of(a).as_of(b), fact.as_of(a.min(b)));
        prop_assert_eq!(clock.clone().as_of(a).and_then(|it| it.as_of(b)), clock.as_of(a.min(b)));
    }

    #[test]
    fn clocks_add_up_over_a_partition_and_no_clock_counts_twice(
        clocks in proptest::collection::vec(any_clock(), 0..40),
        (first, second, whole) in partition(),
        as_of in any_hour(),
    ) {
        let known: Vec<_> = clocks.into_iter().filter_map(|clock| clock.as_of(as_of)).collect();
        let of = |span| attainment(&known, ClockKind::Decide, span, as_of);
        let (a, b, all) = (of(&first), of(&second), of(&whole));
        prop_assert_eq!(all, Attainment {
            met: a.met + b.met,
            breached: a.breached + b.breached,
            overdue: a.overdue + b.overdue,
        });
        prop_assert!(all.met + all.breached <= known.len() as u64);
        prop_assert!(all.overdue <= all.breached);
    }

    #[test]
    fn adhering_means_no_overshoot(figure in 0..1_000_i64, target in 1..1_000_i64) {
        let judgement = judge(Exact::whole(figure), Exact::whole(target));
        prop_assert_eq!(judgement.is_adhering, judgement.overshoot.is_some_and(|it| it.numerator() <= 0));
    }
}
