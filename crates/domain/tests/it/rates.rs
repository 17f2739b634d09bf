//! Dated exchange rates.

use std::str::FromStr;

use chrono::NaiveDate;
use handoff_domain::error::Error;
use handoff_domain::money::Currency;
use handoff_domain::rates::{Rate, Rates};
use rust_decimal::Decimal;

fn currency(code: &str) -> Currency {
    code.parse().expect("a currency")
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, day).expect("a date")
}

fn rate(from: &str, to: &str, on: u32, rate: &str) -> Rate {
    let rate = Decimal::from_str(rate).expect("a number");
    Rate { from: currency(from), to: currency(to), day: day(on), rate }
}

fn rates(all: &[Rate]) -> Rates {
    let mut rates = Rates::default();
    all.iter().for_each(|rate| rates.set(*rate).expect("a rate"));
    rates
}

fn on(rates: &Rates, from: &str, to: &str, on: u32) -> Option<String> {
    rates.on(currency(from), currency(to), day(on)).map(|rate| rate.to_string())
}

#[test]
fn the_latest_rate_of_a_day_or_before_it_counts() {
    let rates = rates(&[rate("EUR", "USD", 10, "1.1"), rate("EUR", "USD", 20, "1.2")]);
    assert_eq!(on(&rates, "EUR", "USD", 9), None);
    assert_eq!(on(&rates, "EUR", "USD", 10).as_deref(), Some("1.1"));
    assert_eq!(on(&rates, "EUR", "USD", 19).as_deref(), Some("1.1"));
    assert_eq!(on(&rates, "EUR", "USD", 31).as_deref(), Some("1.2"));
}

#[test]
fn the_inverse_counts_only_where_there_is_no_rate() {
    let rates = rates(&[rate("EUR", "USD", 10, "1.25"), rate("USD", "EUR", 20, "0.9")]);
    assert_eq!(on(&rates, "USD", "EUR", 9), None);
    assert_eq!(on(&rates, "USD", "EUR", 15).as_deref(), Some("0.8"));
    assert_eq!(on(&rates, "USD", "EUR", 20).as_deref(), Some("0.9"));
    assert_eq!(on(&rates, "EUR", "USD", 20).as_deref(), Some("1.25"), "an older rate, but one of the pair");
}

#[test]
fn an_inverse_has_28_digits() {
    let rates = rates(&[rate("EUR", "USD", 1, "3")]);
    assert_eq!(on(&rates, "USD", "EUR", 1), Some(format!("0.{}", "3".repeat(28))));
}

#[test]
fn no_rate_is_made_from_two_others() {
    let rates = rates(&[rate("CHF", "EUR", 1, "1.05"), rate("EUR", "USD", 1, "1.1")]);
    assert_eq!(on(&rates, "CHF", "USD", 2), None);
    assert_eq!(on(&rates, "USD", "USD", 2).as_deref(), Some("1"));
}

#[test]
fn the_last_word_on_a_day_counts() {
    let rates = rates(&[rate("EUR", "USD", 1, "1.1"), rate("EUR", "USD", 1, "1.2")]);
    assert_eq!(on(&rates, "EUR", "USD", 1).as_deref(), Some("1.2"));
}

#[test]
fn the_next_day_of_a_rate_is_after_the_day() {
    let rates = rates(&[rate("EUR", "USD", 10, "1.1"), rate("CHF", "USD", 5, "1.2")]);
    let next = |on| rates.next_day(day(on));
    assert_eq!([next(1), next(4), next(5), next(10)], [Some(day(5)), Some(day(5)), Some(day(10)), None]);
}

#[test]
fn rates_that_are_none_are_refused_with_every_fault() {
    let fields = |rate: Rate| match Rates::default().set(rate) {
        Ok(()) => Vec::new(),
        Err(Error::Invalid(violations)) => violations.into_iter().map(|violation| violation.field).collect(),
        Err(other) => panic!("{other}"),
    };
    assert_eq!(fields(rate("EUR", "EUR", 1, "0")), ["currency_rate.to_currency_code", "currency_rate.rate"]);
    for bad in ["-1", "1000000000000", "0.1234567890123"] {
        assert_eq!(fields(rate("EUR", "USD", 1, bad)), ["currency_rate.rate"], "{bad}");
    }
    for good in ["999999999999.999999999999", "0.000000000001", "1.0000000000000"] {
        assert_eq!(fields(rate("EUR", "USD", 1, good)), [""; 0], "{good}");
    }
}

#[test]
fn a_tenant_has_10000_rates_and_not_one_more() {
    let mut rates = Rates::default();
    let first = day(1);
    let on = |offset| Rate {
        day: first.checked_add_days(chrono::Days::new(offset)).expect("a date"),
        ..rate("EUR", "USD", 1, "1.1")
    };
    for offset in 0..10_000 {
        rates.insert(on(offset));
    }
    assert_eq!(rates.set(on(0)), Ok(()), "one that is there is set again");
    assert!(rates.set(on(10_000)).is_err());
}

#[test]
fn a_rate_is_read_to_its_last_digit_or_not_at_all() {
    assert_eq!(Rate::parse(" 1.0842 ").map(|rate| rate.to_string()), Ok("1.0842".to_owned()));
    for wrong in ["", "1,08", "1e3", "+1", ".5", "one"] {
        assert!(Rate::parse(wrong).is_err(), "{wrong}");
    }
}
