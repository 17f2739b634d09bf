//! What criteria say of a profile, in plain cases.

use handoff_domain::criteria::{Criterion, Fit, Line, OnUnknown, Role, decide, evaluate, next_change};
use handoff_domain::points::Points;
use handoff_domain::predicate::{Answer, Predicate};
use handoff_domain::profile::Profile;
use handoff_domain::rates::{Rate, Rates};
use handoff_domain::value::ValueType;
use rust_decimal::Decimal;

use super::world::{at_least, b2b, day, gate, profile, value, verified, weighted};

const TODAY: &str = "2026-03-27";

fn fit(criteria: impl Into<Vec<Criterion>>, profile: &Profile) -> Fit {
    evaluate(&b2b(criteria), profile, &Rates::default(), day(TODAY))
}

fn only(criterion: Criterion, profile: &Profile) -> Line {
    fit([criterion], profile).lines.remove(0)
}

fn employees() -> Predicate {
    at_least(ValueType::Number, "50")
}

#[test]
fn a_gate_must_hold_and_gives_no_points() {
    let (large, small) = (profile(&[("employees", "50")]), profile(&[("employees", "49")]));
    let holds = fit([gate("employees", employees())], &large);
    assert_eq!((holds.points, holds.gates_hold, holds.blocked_by.len()), (Points::ZERO, true, 0));
    let fails = fit([gate("employees", employees())], &small);
    assert_eq!((fails.points, fails.gates_hold), (Points::ZERO, false));
    assert_eq!(fails.blocked_by, ["employees_fits"]);
    assert_eq!(fails.missing, []);
}

#[test]
fn a_weighted_criterion_gives_its_points_or_none_and_never_stands_in_the_way() {
    let industry = Predicate::Equals(value("industry", "Retail"));
    let criteria = [weighted("employees", employees(), 12_500), weighted("industry", industry, -5_000)];
    let all = fit(criteria.clone(), &profile(&[("employees", "50"), ("industry", "retail")]));
    assert_eq!((all.points, all.gates_hold), (Points::from_milli(7_500), true));
    let none = fit(criteria, &profile(&[("employees", "1"), ("industry", "Energy")]));
    assert_eq!((none.points, none.gates_hold), (Points::ZERO, true));
}

#[test]
fn an_unknown_answer_does_what_its_criterion_says_whatever_the_role() {
    let nothing = Profile::default();
    let penalty = OnUnknown::Penalise { points: Points::whole(-3) };
    for role in [Role::Gate, Role::Weighted { points: Points::whole(10) }] {
        for (on_unknown, points, holds) in
            [(OnUnknown::Neutral, 0, true), (OnUnknown::Block, 0, false), (penalty, -3, true)]
        {
            let criterion = Criterion { role, on_unknown, ..gate("employees", employees()) };
            let fit = fit([criterion], &nothing);
            assert_eq!((fit.points, fit.gates_hold), (Points::whole(points), holds), "{role} {on_unknown}");
            assert_eq!(fit.blocked_by.is_empty(), holds);
            assert_eq!(fit.lines[0].answer, Answer::Unknown);
            assert_eq!(fit.missing.iter().map(|key| key.as_str()).collect::<Vec<_>>(), ["employees"]);
        }
    }
}

#[test]
fn an_attribute_that_several_criteria_miss_is_missing_once() {
    let other = Criterion { key: "large".to_owned(), ..gate("employees", employees()) };
    let fit = fit([gate("employees", employees()), other], &Profile::default());
    assert_eq!((fit.lines.len(), fit.missing.len()), (2, 1));
}

#[test]
fn exists_asks_of_what_is_absent_and_the_gate_does_not_hold() {
    let fit = fit([gate("email", Predicate::Exists)], &Profile::default());
    assert_eq!((fit.lines[0].answer, fit.gates_hold), (Answer::NoMatch, false));
}

#[test]
fn lines_say_why() {
    let large = profile(&[("employees", "50")]);
    let small = profile(&[("employees", "49")]);
    let nothing = Profile::default();
    let gate_of = |on_unknown| Criterion { on_unknown, ..gate("employees", employees()) };
    let points_of = |on_unknown| Criterion { on_unknown, ..weighted("employees", employees(), 12_500) };
    let penalty = OnUnknown::Penalise { points: Points::from_milli(-2_500) };
    for (criterion, profile, why) in [
        (gate_of(OnUnknown::Neutral), &large, "50, which is at least 50: the gate holds"),
        (
            gate_of(OnUnknown::Neutral),
            &small,
            "49, and only what is at least 50 matches: the gate does not hold",
        ),
        (gate_of(OnUnknown::Neutral), &nothing, "not known: the gate lets it pass"),
        (gate_of(OnUnknown::Block), &nothing, "not known: blocks until it is known"),
        (gate_of(penalty), &nothing, "not known: the gate lets it pass at -2.5 points"),
        (points_of(OnUnknown::Neutral), &large, "50, which is at least 50: 12.5 points"),
        (points_of(OnUnknown::Neutral), &small, "49, and only what is at least 50 matches: 0 points"),
        (points_of(OnUnknown::Neutral), &nothing, "not known: neutral, 0 points"),
        (points_of(OnUnknown::Block), &nothing, "not known: blocks until it is known"),
        (points_of(penalty), &nothing, "not known: -2.5 points"),
    ] {
        assert_eq!(only(criterion, profile).why, why);
    }
}

#[test]
fn slip_6_a_sensitive_attribute_is_marked_whatever_the_answer() {
    let age = Criterion { sensitive: true, ..weighted("age", at_least(ValueType::Number, "18"), 1_000) };
    for profile in [profile(&[("age", "40")]), profile(&[("age", "4")]), Profile::default()] {
        let line = only(age.clone(), &profile);
        assert!(line.sensitive);
        assert!(line.why.ends_with(" (a sensitive attribute)"), "{}", line.why);
    }
}

#[test]
fn a_value_that_is_too_old_is_unknown_and_says_since_when() {
    let fresh = Criterion { max_age_months: Some(12), ..gate("employees", employees()) };
    let of = |at| -> Profile { [verified("employees", "60", at)].into_iter().collect() };
    let line = only(fresh.clone(), &of(Some("2025-01-02T10:00:00Z")));
    assert_eq!(line.answer, Answer::Unknown);
    assert_eq!(line.why, "60, last verified 2025-01-02, older than 12 months: the gate lets it pass");
    assert_eq!(line.value.as_deref(), Some("60"));

    let line = only(fresh.clone(), &of(None));
    assert_eq!(line.answer, Answer::Unknown);
    assert_eq!(line.why, "60, never verified, and asked for not older than 12 months: the gate lets it pass");

    assert_eq!(only(fresh.clone(), &of(Some("2025-03-27T00:00:00Z"))).answer, Answer::Match, "the last day");
    assert_eq!(only(fresh.clone(), &of(Some("2025-03-26T23:59:59Z"))).answer, Answer::Unknown, "a day later");
    assert_eq!(only(fresh, &of(Some("2027-01-01T00:00:00Z"))).answer, Answer::Match, "the clocks differ");
}

#[test]
fn edge_case_26_a_leap_day_is_twelve_months_old_at_the_end_of_february() {
    let fresh = b2b([Criterion { max_age_months: Some(12), ..gate("employees", employees()) }]);
    let leap: Profile = [verified("employees", "60", Some("2024-02-29T12:00:00Z"))].into_iter().collect();
    let answer = |on: &str| evaluate(&fresh, &leap, &Rates::default(), day(on)).lines[0].answer;
    assert_eq!([answer("2025-02-28"), answer("2025-03-01")], [Answer::Match, Answer::Unknown]);
    let next = next_change(&fresh, &leap, &Rates::default(), day("2024-03-01"));
    assert_eq!(next, Some(day("2025-03-01")));
    assert_eq!(next_change(&fresh, &leap, &Rates::default(), day("2025-03-01")), None);
}

#[test]
fn freshness_is_asked_of_exists_too() {
    let exists = Criterion { max_age_months: Some(1), ..gate("employees", Predicate::Exists) };
    let old: Profile = [verified("employees", "60", Some("2020-01-01T00:00:00Z"))].into_iter().collect();
    let line = only(exists, &old);
    assert_eq!(line.answer, Answer::Unknown);
    assert_eq!(line.why, "60, last verified 2020-01-01, older than 1 month: the gate lets it pass");
}

#[test]
fn edge_case_32_an_amount_without_a_rate_is_unknown_and_the_pair_is_named() {
    let revenue = gate("annual_revenue", at_least(ValueType::Money, "1000000 USD"));
    let of = |amount: &str| profile(&[("annual_revenue", amount)]);
    let line = only(revenue.clone(), &of("900000 EUR"));
    assert_eq!(line.answer, Answer::Unknown);
    assert_eq!(
        line.why,
        "900000 EUR, without a rate from EUR to USD of 2026-03-27 or before: the gate lets it pass"
    );

    let currency = |code: &str| code.parse().expect("a currency");
    let mut rates = Rates::default();
    let rate = Decimal::new(12, 1);
    let rate = Rate { from: currency("EUR"), to: currency("USD"), day: day("2026-03-28"), rate };
    rates.set(rate).expect("a rate");
    let set = b2b([revenue]);
    let holds = |amount: &str, on: &str| evaluate(&set, &of(amount), &rates, day(on)).lines[0].answer;
    assert_eq!(holds("900000 EUR", "2026-03-27"), Answer::Unknown, "the rate is of tomorrow");
    assert_eq!(holds("900000 EUR", "2026-03-28"), Answer::Match);
    assert_eq!(holds("800000 EUR", "2026-03-28"), Answer::NoMatch);
    assert_eq!(next_change(&set, &of("900000 EUR"), &rates, day(TODAY)), Some(day("2026-03-28")));
}

#[test]
fn a_value_that_cannot_be_judged_says_so() {
    let acme = gate("email", Predicate::MatchesDomain(vec!["acme.com".to_owned()]));
    let line = only(acme, &profile(&[("email", "nobody")]));
    assert_eq!(
        line.why,
        "nobody, of which nobody can say whether it has a domain in acme.com: the gate lets it pass"
    );
}

#[test]
fn a_decision_is_the_fit_without_words() {
    let set = b2b([weighted("employees", employees(), 12_500), gate("email", Predicate::Exists)]);
    let known = profile(&[("employees", "60"), ("email", "ada@acme.com")]);
    assert_eq!(decide(&set, &known, &Rates::default(), day(TODAY)), (Points::from_milli(12_500), true));
    assert_eq!(decide(&set, &Profile::default(), &Rates::default(), day(TODAY)), (Points::ZERO, false));
}
