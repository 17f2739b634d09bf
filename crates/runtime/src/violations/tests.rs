//! The parsers at and beyond their limits.

use handoff_proto::common::v1::Side as WireSide;

use super::*;

fn check_fields(violations: Violations, fields: &[&str]) {
    match violations.finish() {
        Ok(()) => assert_eq!(fields, [""; 0]),
        Err(Error::Invalid(found)) => {
            assert_eq!(found.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), fields);
        }
        Err(other) => panic!("not a violation: {other:?}"),
    }
}

#[test]
fn every_fault_is_found_at_once() {
    let mut check = Violations::new();
    check.request_id("");
    check.required_text("name", "  ", 10);
    check.name("lead", "leads/x", Collection::Leads);
    check.side("side", 0);
    check_fields(check, &["request_id", "name", "lead", "side"]);
}

#[test]
fn what_is_right_comes_through() {
    let mut check = Violations::new();
    let id = Uuid::from_u128(7);
    assert_eq!(check.request_id(&id.to_string()), id);
    assert_eq!(check.name("lead", &Collection::Leads.name(id), Collection::Leads), id);
    assert_eq!(check.required_text("name", " Ada ", 3), "Ada");
    assert_eq!(check.text("note", "", 3), None);
    assert_eq!(check.slug_name("owner", "users/ada", "users"), "ada");
    assert_eq!(check.optional_slug_name("team", "", "teams"), None);
    assert_eq!(check.side("side", WireSide::Sales.into()), Some(Side::Sales));
    assert_eq!(check.choice::<WireSide>("side", 2), Some(WireSide::Sales));
    assert_eq!(check.optional_choice::<WireSide>("side", 0), None);
    assert_eq!(check.zone("zone", "Europe/Rome"), Tz::Europe__Rome);
    check_fields(check, &[]);
}

#[test]
fn a_text_is_measured_in_characters() {
    let mut check = Violations::new();
    check.text("five", "äöüéè", 5);
    check.text("six", "äöüéèà", 5);
    check.text("nul", "a\0b", 5);
    check.text("lines", "a\n\tb", 5);
    check_fields(check, &["six", "nul"]);
}

#[test]
fn something_may_have_happened_five_minutes_from_now_and_no_later() {
    let now = DateTime::from_timestamp(1_763_812_800, 0).expect("in range");
    let at = |micros| convert::to_timestamp(now + TimeDelta::minutes(5) + TimeDelta::microseconds(micros));
    let mut check = Violations::new();
    assert_eq!(check.occur_time("absent", None, now), now);
    check.occur_time("limit", Some(&at(0)), now);
    check.occur_time("beyond", Some(&at(1)), now);
    check.required_time("missing", None);
    check.time("broken", Some(&Timestamp { seconds: 0, nanos: -1 }));
    check_fields(check, &["beyond", "missing", "broken"]);
}

#[test]
fn a_page_has_the_usual_size_and_never_more_than_the_most() {
    let mut check = Violations::new();
    assert_eq!(check.page_size(0, 50, 1000), 50);
    assert_eq!(check.page_size(7, 50, 1000), 7);
    for most in [1000, 1001, i32::MAX] {
        assert_eq!(check.page_size(most, 50, 1000), 1000);
    }
    check.page_size(-1, 50, 1000);
    check_fields(check, &["page_size"]);
}

#[test]
fn amounts_targets_and_zones_are_judged() {
    let mut check = Violations::new();
    assert_eq!(check.money("none", None), None);
    check.money("amount", Some(&common::Money { currency_code: "EU".into(), units: 1, nanos: 0 }));
    check.target("absent", None);
    let never = common::Target { amount: Some(common::target::Amount::BusinessDays(0)) };
    check.target("zero", Some(&never));
    check.zone("zone", "Mars/Olympus");
    check.currency("currency", "eur");
    check_fields(check, &["amount", "absent", "zero", "zone", "currency"]);
}
