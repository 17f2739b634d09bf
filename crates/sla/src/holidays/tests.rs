//! What is read out of files of holidays, and which are refused.

use super::*;

const YEARS: RangeInclusive<i32> = 2026..=2028;

fn file(events: &str) -> String {
    let events = events.replace('\n', "\r\n");
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a test//EN\r\n{events}END:VCALENDAR\r\n")
}

fn event(properties: &str) -> String {
    format!("BEGIN:VEVENT\n{properties}\nEND:VEVENT\n")
}

fn days(found: &Holidays) -> Vec<String> {
    found.days.keys().map(NaiveDate::to_string).collect()
}

#[track_caller]
fn check(properties: &str, dates: &[&str]) {
    let found = read(&file(&event(properties)), YEARS).expect("it can be read");
    assert_eq!(days(&found), dates, "{properties}");
}

#[track_caller]
fn check_fault(text: &str, fault: &str) {
    assert_eq!(read(text, YEARS), Err(fault.to_owned()));
}

#[test]
fn a_holiday_is_a_day_or_a_stretch_of_days_with_a_name() {
    let one = event(
        "UID:1\nSUMMARY:Fête du Travail\\, lundi\nDTSTART;VALUE=DATE:20260501\nDTEND;VALUE=DATE:20260502",
    );
    let found = read(&file(&one), YEARS).expect("it can be read");
    assert_eq!(found.days.into_values().collect::<Vec<_>>(), ["Fête du Travail, lundi"]);
    check("DTSTART;VALUE=DATE:20260501", &["2026-05-01"]);
    check("DTSTART;VALUE=DATE:20260501\nDTEND;VALUE=DATE:20260501", &["2026-05-01"]);
    check("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227", &["2026-12-25", "2026-12-26"]);
    check("DTSTART;VALUE=DATE:20261225\nDURATION:P2D", &["2026-12-25", "2026-12-26"]);
    check(
        "DTSTART;VALUE=DATE:20260219\nDURATION:P1W\nEXDATE;VALUE=DATE:20260219\nRDATE;VALUE=DATE:20281231",
        &["2028-12-31"],
    );
}

#[test]
fn only_the_years_that_are_wanted_are_taken() {
    check("DTSTART;VALUE=DATE:20251231\nDTEND;VALUE=DATE:20260103", &["2026-01-01", "2026-01-02"]);
    check("DTSTART;VALUE=DATE:20291231", &[]);
    check(
        "DTSTART;VALUE=DATE:20201231\nDURATION:P2D\nRRULE:FREQ=YEARLY;UNTIL=20270101",
        &["2026-01-01", "2026-12-31", "2027-01-01"],
    );
}

#[test]
fn a_holiday_recurs_as_its_rule_says() {
    check("DTSTART;VALUE=DATE:19700101\nRRULE:FREQ=YEARLY", &["2026-01-01", "2027-01-01", "2028-01-01"]);
    // The last Monday of May.
    check(
        "DTSTART;VALUE=DATE:20200525\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO",
        &["2026-05-25", "2027-05-31", "2028-05-29"],
    );
    check("DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY", &["2028-02-29"]);
    check(
        "DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY;COUNT=2\nEXDATE;VALUE=DATE:20260101",
        &["2027-01-01"],
    );
    check(
        "DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY;UNTIL=20270101T000000Z",
        &["2026-01-01", "2027-01-01"],
    );
    check(
        "DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY;UNTIL=20270101T120000",
        &["2026-01-01", "2027-01-01"],
    );
}

#[test]
fn a_date_of_a_series_that_has_its_own_event_is_told_by_that_one() {
    let series = event("UID:king\nDTSTART;VALUE=DATE:20260427\nRRULE:FREQ=YEARLY");
    let moved = event("UID:king\nRECURRENCE-ID;VALUE=DATE:20270427\nDTSTART;VALUE=DATE:20270426");
    let off =
        event("UID:king\nRECURRENCE-ID;VALUE=DATE:20280427\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20280427");
    let found = read(&file(&format!("{series}{moved}{off}")), YEARS).expect("it can be read");
    assert_eq!(days(&found), ["2026-04-27", "2027-04-26"]);
}

#[test]
fn what_is_no_whole_day_is_left_out_and_counted() {
    let timed = event("DTSTART:20260501T100000Z\nDTEND:20260501T110000Z");
    let zoned = event("DTSTART;TZID=Europe/Rome:20260501T100000");
    let cancelled = event("STATUS:cancelled\nDTSTART;VALUE=DATE:20260502");
    let found = read(&file(&format!("{timed}{zoned}{cancelled}")), YEARS).expect("it can be read");
    assert_eq!(found, Holidays { days: BTreeMap::new(), timed_events: 2 });
}

#[test]
fn lines_are_unfolded_and_a_byte_order_mark_is_skipped() {
    let folded = file(&event("SUMMARY:Easter\n  Monday\nDTSTART;VALUE=DATE:2026\n 0406"));
    let found = read(&format!("\u{feff}{folded}"), YEARS).expect("it can be read");
    assert_eq!(
        found.days.into_iter().map(|(day, name)| format!("{day} {name}")).collect::<Vec<_>>(),
        ["2026-04-06 Easter Monday"]
    );
}

#[test]
fn what_cannot_be_read_is_refused_without_repeating_it() {
    let no_calendar = "is no iCalendar object (RFC 5545), from BEGIN:VCALENDAR to END:VCALENDAR";
    check_fault("secret", no_calendar);
    check_fault("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n", no_calendar);
    check_fault("BEGIN:VJOURNAL\r\nEND:VJOURNAL\r\n", no_calendar);
    check_fault(&file(&event("SUMMARY:secret")), "event 1: has no DTSTART");
    let good = event("DTSTART;VALUE=DATE:20260101");
    let late = event("DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20270103");
    check_fault(&file(&format!("{good}{late}")), "event 2: does not end 1 to 366 days after it starts");
    let timed = event("DTSTART;VALUE=DATE:20260101\nDURATION:PT1H");
    check_fault(&file(&timed), "event 1: does not end 1 to 366 days after it starts");
    let rule = |rule: &str| file(&event(&format!("DTSTART;VALUE=DATE:20260101\nRRULE:{rule}")));
    check_fault(&rule("FREQ=SECRET"), "event 1: has an RRULE that cannot be read");
    check_fault(&rule("FREQ=SECONDLY"), "event 1: recurs more often than once a day");
}

#[test]
fn a_file_made_to_harm_is_refused_or_read_in_no_time() {
    // The parser takes each of these for a component in a component in a component.
    for deep in [
        "BEGIN:A\r\n",
        "begin:A\n",
        "BEGIN:A\nEND:ABEGIN:A\n",
        "BEGIN:A\nX:1\nEND:A\r\n",
        "BEGIN:A\n\nEND:B\n",
    ] {
        assert!(read(&deep.repeat(60_000), YEARS).is_err(), "{deep:?}");
    }
    let never = file(&event("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31"));
    assert_eq!(read(&never, YEARS).map(|found| days(&found)), Ok(vec!["2026-01-01".to_owned()]));
    let daily = file(&event("DTSTART;VALUE=DATE:19000101\nRRULE:FREQ=DAILY"));
    check_fault(&daily, "event 1: recurs more than 36600 times since its start");
    let series = event("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY");
    assert!(read(&file(&series.repeat(SERIES_MAX)), YEARS).is_ok());
    check_fault(&file(&series.repeat(SERIES_MAX + 1)), "has more than 200 events that recur");
    let single = event("DTSTART;VALUE=DATE:20260101");
    assert!(read(&file(&single.repeat(EVENTS_MAX)), YEARS).is_ok());
    check_fault(&file(&single.repeat(EVENTS_MAX + 1)), "has more than 2000 events");
    let many =
        file(&event("X-A:1\n".repeat(150_000).trim_end()).replace("END", "DTSTART;VALUE=DATE:20260101\nEND"));
    assert!(read(&many.replace("\r\n", "\n"), YEARS).is_ok(), "however lines end");
    let long = file(&event(&format!("DTSTART;VALUE=DATE:20260101\nSUMMARY:{}", "x".repeat(900_000))));
    let found = read(&long, YEARS).expect("it can be read");
    assert_eq!(
        found.days.into_values().map(|name| name.len()).collect::<Vec<_>>(),
        [Definition::MAX_NAME_CHARS]
    );
}
