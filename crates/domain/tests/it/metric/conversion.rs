//! M25.

use handoff_domain::metric::Basis;
use handoff_domain::metric::conversion::lead_to_customer;
use handoff_domain::metric::fact::LeadFact;
use handoff_domain::metric::ratio::Ratio;

use super::given::{at, lead, span};

#[test]
fn edge_case_2_a_cohort_follows_its_leads_and_a_period_counts_what_happens_in_it() {
    let won = |number, captured, when| LeadFact { customer_at: Some(at(when)), ..lead(number, captured) };
    let leads = [
        won(1, "2026-01-05 09:00", "2026-02-10 09:00"),
        won(2, "2025-12-05 09:00", "2026-01-10 09:00"),
        won(3, "2025-12-06 09:00", "2026-01-11 09:00"),
        lead(4, "2026-01-06 09:00"),
    ];
    let january = span("2026-01-01", "2026-02-01");
    assert_eq!(lead_to_customer(&leads, &january, Basis::Cohort), Ratio::new(1, 2));
    assert_eq!(lead_to_customer(&leads, &january, Basis::Period), Ratio::new(2, 2));
    // As of the end of January the first is no customer yet; the week from the 12th (ISO week 3) has no leads.
    let known: Vec<_> = leads.into_iter().filter_map(|it| it.as_of(at("2026-01-31 23:59"))).collect();
    assert_eq!(lead_to_customer(&known, &january, Basis::Cohort), Ratio::new(0, 2));
    assert!(lead_to_customer(&known, &span("2026-01-12", "2026-01-19"), Basis::Cohort).value().is_err());
}

#[test]
fn a_lead_that_was_not_captured_yet_is_no_fact() {
    assert_eq!(lead(1, "2026-01-05 09:00").as_of(at("2026-01-05 08:59")), None);
}
