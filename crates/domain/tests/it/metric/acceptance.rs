//! M5.

use handoff_domain::metric::acceptance::{AcceptanceOptions, acceptance_rate};
use handoff_domain::metric::fact::{Acceptance, Decision, HandoffFact, WithdrawnReason};
use handoff_domain::metric::ratio::Ratio;
use handoff_domain::qualification::rejection::Attribution;

use super::given::{Then, at, mql, skipped_mql, span};

/// Six accepted, three rejected (one for routing), one expired, two accepted by silence, and what is no decision.
fn january() -> Vec<HandoffFact> {
    let decided = |number| mql(number, "2026-01-05 09:00");
    let mut facts: Vec<_> = (0..6).map(|number| decided(number).accepted("2026-01-06 09:00")).collect();
    facts.extend([
        decided(10).rejected("2026-01-06 09:00", Attribution::Criteria),
        decided(11).rejected("2026-01-06 09:00", Attribution::Timing),
        decided(12).rejected("2026-01-06 09:00", Attribution::Routing),
        decided(20).ended("2026-01-07 18:00", Decision::Expired),
        decided(30).ended("2026-01-07 18:00", Decision::Accepted(Acceptance::Auto)),
        decided(31).ended("2026-01-07 18:00", Decision::Accepted(Acceptance::Auto)),
        decided(40).withdrawn("2026-01-06 09:00", WithdrawnReason::Other),
        decided(41).ended("2026-01-06 09:00", Decision::Accepted(Acceptance::Implied)),
        skipped_mql(42, "2026-01-06 09:00"),
        decided(50),
        decided(51).accepted("2026-02-01 00:00"),
    ]);
    facts
}

fn check(options: AcceptanceOptions, numerator: u64, denominator: u64) {
    let result = acceptance_rate(&january(), &span("2026-01-01", "2026-02-01"), options);
    assert_eq!(result.rate, Ratio::new(numerator, denominator), "{options:?}");
    assert_eq!((result.accepted, result.rejected, result.rejected_for_routing), (6, 3, 1));
    assert_eq!((result.expired, result.auto_accepted), (1, 2), "shown whatever the rate counts");
}

#[test]
fn the_rate_is_accepted_of_decided_in_each_of_its_variants() {
    check(AcceptanceOptions::default(), 6, 9);
    let variant = |expired_as_not_accepted, without_routing| AcceptanceOptions {
        expired_as_not_accepted,
        without_routing,
        ..AcceptanceOptions::default()
    };
    check(variant(true, false), 6, 10);
    check(variant(false, true), 6, 8);
    check(variant(true, true), 6, 9);
}

#[test]
fn edge_case_1_a_month_without_decisions_has_no_rate() {
    let result = acceptance_rate(&january(), &span("2026-03-01", "2026-04-01"), AcceptanceOptions::default());
    assert!(result.rate.value().is_err());
}

#[test]
fn an_overturned_rejection_is_none_and_one_variant_counts_it_as_accepted_until_sales_decides_anew() {
    let january = span("2026-01-01", "2026-02-01");
    let overturned = |number| HandoffFact {
        overturned_at: Some(at("2026-01-20 09:00")),
        ..mql(number, "2026-01-05 09:00")
    };
    let facts = [
        mql(1, "2026-01-05 09:00").accepted("2026-01-06 09:00"),
        mql(2, "2026-01-05 09:00").rejected("2026-01-06 09:00", Attribution::Criteria),
        overturned(3),
        overturned(4).rejected("2026-01-25 09:00", Attribution::Criteria),
        overturned(5).accepted("2026-02-03 09:00"),
    ];
    let rate = |facts: &[HandoffFact], overturned_as_accepted| {
        let options = AcceptanceOptions { overturned_as_accepted, ..AcceptanceOptions::default() };
        acceptance_rate(facts, &january, options).rate
    };
    assert_eq!(rate(&facts, false), Ratio::new(1, 3));
    assert_eq!(rate(&facts, true), Ratio::new(2, 4), "the third; the fourth and the fifth were decided anew");
    let as_of = |facts: &[HandoffFact], instant: &str| -> Vec<HandoffFact> {
        facts.iter().map(|fact| fact.clone().as_of(at(instant))).collect()
    };
    assert_eq!(
        rate(&as_of(&facts, "2026-01-21 00:00"), true),
        Ratio::new(4, 5),
        "nobody had decided anew yet"
    );
    assert_eq!(rate(&as_of(&facts, "2026-01-19 00:00"), true), Ratio::new(1, 2));
}
