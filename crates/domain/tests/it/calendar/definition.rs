//! What a definition refuses, and how times of day are written.

use handoff_domain::calendar::{Definition, Exception, LocalInterval, LocalTime};
use handoff_domain::error::Error;

use super::{calendar, date, interval};

fn violations(definition: &Definition) -> Vec<String> {
    match definition.validate(date("2026-11-22")) {
        Ok(()) => Vec::new(),
        Err(Error::Invalid(violations)) => violations.into_iter().map(|v| v.field).collect(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn edge_21_a_calendar_that_never_opens_is_refused() {
    let never = calendar("Europe/Rome", 0, &[], &[]).definition().clone();
    assert_eq!(violations(&never), ["weekly_hours"]);
    let on = |day: &str| {
        let exception = Exception { hours: vec![LocalInterval::OFFICE], display_name: String::new() };
        Definition { exceptions: [(date(day), exception)].into(), ..never.clone() }
    };
    assert!(violations(&on("2036-11-21")).is_empty(), "within ten years");
    assert_eq!(violations(&on("2036-11-22")), ["weekly_hours"], "after ten years");
    assert_eq!(violations(&on("2026-11-21")), ["weekly_hours"], "in the past");
}

#[test]
fn holidays_close_the_dates_that_nothing_was_said_of() {
    let mut definition = Definition::office_hours(chrono_tz::Europe::Rome);
    let market = Exception { hours: vec![LocalInterval::OFFICE], display_name: "Market".to_owned() };
    definition.exceptions.insert(date("2026-12-06"), market.clone());
    let holidays = [("2026-12-06", "Saint Nicholas"), ("2026-12-25", "Natale")];
    let holidays = holidays.map(|(day, name)| (date(day), name.to_owned())).into();
    let closed = definition.with_holidays(&holidays);
    let natale = Exception { hours: vec![], display_name: "Natale".to_owned() };
    assert_eq!(closed.exceptions, [(date("2026-12-06"), market), (date("2026-12-25"), natale)].into());
    assert_eq!(closed.with_holidays(&holidays), closed, "twice is once");
    assert_eq!((closed.weekly_hours, closed.time_zone), (definition.weekly_hours, definition.time_zone));
}

#[test]
fn every_violation_is_named_at_once() {
    let mut definition = Definition::office_hours(chrono_tz::Europe::Rome);
    let never = LocalInterval { open: LocalTime::END_OF_DAY, close: LocalTime::END_OF_DAY };
    definition.weekly_hours[1].push(never);
    let exception = Exception { hours: vec![never], display_name: "x".repeat(201) };
    definition.exceptions.insert(date("2026-12-25"), exception);
    assert_eq!(
        violations(&definition),
        [
            "weekly_hours[TUE][1].open",
            "exceptions[2026-12-25].display_name",
            "exceptions[2026-12-25].hours[0].open"
        ]
    );
}

#[test]
fn a_calendar_has_70_intervals_and_2000_exceptions_and_not_one_more() {
    let office = Definition::office_hours(chrono_tz::Europe::Rome);
    let weekly = |intervals| Definition {
        // Over all days together.
        weekly_hours: std::array::from_fn(|day| {
            vec![LocalInterval::OFFICE; if day == 6 { intervals } else { 10 }]
        }),
        ..office.clone()
    };
    assert_eq!(violations(&weekly(10)), [""; 0]);
    assert_eq!(violations(&weekly(11)), ["weekly_hours"]);

    let exceptions = |number: u64, exception: Exception| {
        let days = date("2026-12-25").iter_days().take(usize::try_from(number).expect("few"));
        Definition { exceptions: days.map(|day| (day, exception.clone())).collect(), ..office.clone() }
    };
    assert_eq!(violations(&exceptions(2_000, Exception::default())), [""; 0]);
    assert_eq!(violations(&exceptions(2_001, Exception::default())), ["exceptions"]);

    let open =
        |intervals| Exception { hours: vec![LocalInterval::OFFICE; intervals], ..Exception::default() };
    assert_eq!(violations(&exceptions(1, open(70))), [""; 0]);
    assert_eq!(violations(&exceptions(1, open(71))), ["exceptions[2026-12-25].hours"]);

    let named = |characters| Exception { display_name: "ä".repeat(characters), ..Exception::default() };
    assert_eq!(violations(&exceptions(1, named(200))), [""; 0]);
    assert_eq!(violations(&exceptions(1, named(201))), ["exceptions[2026-12-25].display_name"]);
}

#[test]
fn ordinary_calendars_are_accepted() {
    for definition in [
        Definition::office_hours(chrono_tz::Europe::Rome),
        Definition::always_open(chrono_tz::Asia::Kolkata),
        calendar("America/New_York", 7, &["22:00-06:00"], &["2026-12-25"]).definition().clone(),
        calendar("America/New_York", 1, &["09:00-09:00"], &[]).definition().clone(),
    ] {
        assert!(violations(&definition).is_empty(), "{definition:?}");
    }
}

#[test]
fn times_of_day_are_written_as_people_write_them() {
    for text in ["00:00", "09:05", "23:59:59", "24:00"] {
        assert_eq!(text.parse::<LocalTime>().expect(text).to_string(), text);
    }
    assert_eq!("09:00:00".parse::<LocalTime>(), "09:00".parse());
    for text in
        ["", "9:00", "09", "24:01", "24:00:01", "09:60", "09:00:60", "09:00:00:00", "ab:cd", "+9:00", "09:0"]
    {
        assert!(text.parse::<LocalTime>().is_err(), "{text}");
    }
    assert_eq!(LocalTime::from_seconds(86_401), None);
}

#[test]
fn equal_times_are_a_whole_day() {
    let calendar = calendar("Etc/UTC", 1, &["09:00-09:00"], &[]);
    let elapsed = calendar.elapsed(super::utc("2026-11-23T00:00:00Z"), super::utc("2026-11-30T00:00:00Z"));
    assert_eq!(elapsed, chrono::TimeDelta::hours(24));
    assert_eq!(interval("22:00-06:00").close, "06:00".parse().expect("a time"));
}
