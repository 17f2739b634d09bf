//! M5.

use handoff_domain::metric::acceptance::{AcceptanceOptions, acceptance_rate};
use handoff_domain::metric::fact::{Acceptance, Decision, HandoffFact, WithdrawnReason};
use handoff_domain::metric::ratio::Ratio;
use handoff_domain::qualification::rejection::Attribution;

use super::given::{Then, mql, skipped_mql, span};

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
    let (expired_as_not_accepted, without_routing) = (true, true);
    check(AcceptanceOptions::default(), 6, 9);
    check(AcceptanceOptions { expired_as_not_accepted, without_routing: false }, 6, 10);
    check(AcceptanceOptions { expired_as_not_accepted: false, without_routing }, 6, 8);
    check(AcceptanceOptions { expired_as_not_accepted, without_routing }, 6, 9);
}

#[test]
fn edge_case_1_a_month_without_decisions_has_no_rate() {
    let result = acceptance_rate(&january(), &span("2026-03-01", "2026-04-01"), AcceptanceOptions::default());
    assert!(result.rate.value().is_err());
}
