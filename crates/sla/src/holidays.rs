//! Public holidays out of an iCalendar file (RFC 5545): its events that are whole days, those that recur included.
//!
//! The file comes from anywhere: what reading it may take is bounded, and no complaint repeats what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Days, NaiveDate};
use handoff_domain::calendar::Definition;
use icalendar::parser::{Component, Property, read_components, unfold};
use rrule::{Frequency, RRule, Tz};

/// Components lie in each other at most so deep; events lie in a calendar, alarms in events.
const DEPTH_MAX: usize = 8;
/// An event is at most so many days long.
const LENGTH_MAX: u64 = 366;
/// A file has at most so many events, and of these so many that recur.
const EVENTS_MAX: usize = 2_000;
const SERIES_MAX: usize = 200;
/// An event recurs at most so often from its start to the end of the years that are wanted: every day of a century.
const TIMES_MAX: usize = 36_600;

/// What a file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Holidays {
    /// The names of holidays by their dates.
    pub(crate) days: BTreeMap<NaiveDate, String>,
    /// How many events are no whole days.
    pub(crate) timed_events: u32,
}

/// The holidays of these years; or what is wrong with the file.
pub(crate) fn read(file: &str, years: RangeInclusive<i32>) -> Result<Holidays, String> {
    let unreadable = || "is no iCalendar object (RFC 5545), from BEGIN:VCALENDAR to END:VCALENDAR".to_owned();
    let file = unfold(file.trim_start_matches('\u{feff}').trim());
    let file = well_nested(&file).ok_or_else(unreadable)?;
    let components = read_components(&file).map_err(|_| unreadable())?;
    let [calendar] = components.as_slice() else { return Err(unreadable()) };
    if calendar.name.as_str() != "VCALENDAR" {
        return Err(unreadable());
    }
    let mut found = Holidays::default();
    let events = || calendar.components.iter().filter(|component| component.name.as_str() == "VEVENT");
    if events().count() > EVENTS_MAX {
        return Err(format!("has more than {EVENTS_MAX} events"));
    }
    if events().filter(|event| event.find_prop("RRULE").is_some()).count() > SERIES_MAX {
        return Err(format!("has more than {SERIES_MAX} events that recur"));
    }
    // A date of a series that has an event of its own is told by that one.
    let replaced: BTreeSet<_> =
        events().filter_map(|event| Some((text(event, "UID")?, replaces(event)?))).collect();
    for (number, event) in (1..).zip(events()) {
        if text(event, "STATUS").is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED")) {
            continue;
        }
        let fault = |what: &str| format!("event {number}: {what}");
        let start = event.find_prop("DTSTART").ok_or_else(|| fault("has no DTSTART"))?;
        let Some(start) = date(start) else {
            found.timed_events += 1;
            continue;
        };
        let length = length(event, start).map_err(|what| fault(&what))?;
        let name = name(event);
        let mut starts = starts(event, start, length, &years).map_err(|what| fault(&what))?;
        if let (Some(uid), None) = (text(event, "UID"), replaces(event)) {
            starts.retain(|date| !replaced.contains(&(uid, *date)));
        }
        for first in starts {
            let days = first.iter_days().take(usize::try_from(length).unwrap_or_default());
            for day in days.filter(|day| years.contains(&day.year())) {
                found.days.entry(day).or_insert_with(|| name.clone());
            }
        }
    }
    Ok(found)
}

/// The same lines with one kind of ending, if components end in the order in which they begin, each by a line of its own, and
/// do not lie too deep in each other. The parser recurses: what it would take for another nesting than this must not get there.
fn well_nested(file: &str) -> Option<String> {
    let mut lines = String::with_capacity(file.len());
    let mut open = Vec::new();
    for line in file.lines().map(str::trim_end) {
        let lower = line.to_lowercase();
        if lower.starts_with("begin:") {
            let name = line.get("begin:".len()..)?;
            let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            open.push(name);
            if !is_name || open.len() > DEPTH_MAX {
                return None;
            }
        } else if lower.starts_with("end:") && line.get("end:".len()..) != open.pop() {
            return None;
        }
        lines.push_str(line);
        lines.push_str("\r\n");
    }
    open.is_empty().then_some(lines)
}

/// What the event is called, as far as a calendar keeps it.
fn name(event: &Component<'_>) -> String {
    let summary = event.find_prop("SUMMARY").map(|summary| summary.val.clone().unescape_text());
    let summary = summary.as_ref().map_or("", |summary| summary.as_str().trim());
    summary.chars().take(Definition::MAX_NAME_CHARS).collect()
}

fn text<'e>(event: &'e Component<'_>, name: &str) -> Option<&'e str> {
    event.find_prop(name).map(|property| property.val.as_str().trim())
}

/// The date that a property is; none if it is an instant.
fn date(property: &Property<'_>) -> Option<NaiveDate> {
    parse_date(property.val.as_str().trim())
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y%m%d").ok().filter(|_| text.len() == 8)
}

/// The date of its series that an event stands for.
fn replaces(event: &Component<'_>) -> Option<NaiveDate> {
    event.find_prop("RECURRENCE-ID").and_then(date)
}

/// How many days an event takes that starts on a date: to the day before DTEND, or as DURATION says, or one.
fn length(event: &Component<'_>, start: NaiveDate) -> Result<u64, String> {
    let days = match (event.find_prop("DTEND"), text(event, "DURATION")) {
        (Some(end), _) => date(end).map(|end| (end - start).num_days().max(1)),
        (None, Some(duration)) => whole_days(duration),
        (None, None) => Some(1),
    };
    let days = days.and_then(|days| u64::try_from(days).ok()).filter(|days| (1..=LENGTH_MAX).contains(days));
    days.ok_or_else(|| format!("does not end 1 to {LENGTH_MAX} days after it starts"))
}

/// `P3D` or `P1W` in days.
fn whole_days(duration: &str) -> Option<i64> {
    let amount = duration.strip_prefix('P')?;
    let (amount, days) =
        amount.strip_suffix('D').map(|n| (n, 1)).or_else(|| Some((amount.strip_suffix('W')?, 7)))?;
    amount.parse::<i64>().ok()?.checked_mul(days)
}

/// The dates on which an event starts, as far as it touches these years.
fn starts(
    event: &Component<'_>,
    start: NaiveDate,
    length: u64,
    years: &RangeInclusive<i32>,
) -> Result<BTreeSet<NaiveDate>, String> {
    let mut starts = BTreeSet::from([start]);
    if let Some(rule) = text(event, "RRULE") {
        starts.extend(recurrences(rule, start, length, years)?);
    }
    starts.extend(dates(event, "RDATE"));
    for without in dates(event, "EXDATE") {
        starts.remove(&without);
    }
    Ok(starts)
}

/// All dates that properties of this name list.
fn dates<'e>(event: &'e Component<'_>, name: &'e str) -> impl Iterator<Item = NaiveDate> + 'e {
    let properties = event.properties.iter().filter(move |property| property.name.as_str() == name);
    properties
        .flat_map(|property| property.val.as_str().split(','))
        .filter_map(|text| parse_date(text.trim()))
}

/// The dates on which a rule has an event start anew.
fn recurrences(
    rule: &str,
    start: NaiveDate,
    length: u64,
    years: &RangeInclusive<i32>,
) -> Result<Vec<NaiveDate>, String> {
    let unreadable = || "has an RRULE that cannot be read".to_owned();
    let rule: RRule<rrule::Unvalidated> = in_utc(rule).parse().map_err(|_| unreadable())?;
    let by_days = [Frequency::Yearly, Frequency::Monthly, Frequency::Weekly, Frequency::Daily];
    if !by_days.contains(&rule.get_freq()) {
        return Err("recurs more often than once a day".to_owned());
    }
    let first = NaiveDate::from_ymd_opt(*years.start(), 1, 1)
        .and_then(|day| day.checked_sub_days(Days::new(length)))
        .unwrap_or(NaiveDate::MIN);
    let set = rule.build(midnight(start)).map_err(|_| unreadable())?.limit();
    let mut found = Vec::new();
    for (times, at) in set.into_iter().enumerate() {
        let date = at.date_naive();
        if date.year() > *years.end() {
            break;
        }
        if times >= TIMES_MAX {
            return Err(format!("recurs more than {TIMES_MAX} times since its start"));
        }
        if date >= first {
            found.push(date);
        }
    }
    Ok(found)
}

/// A rule whose UNTIL is an instant, as it must be where days begin at midnight UTC.
fn in_utc(rule: &str) -> String {
    let parts = rule.split(';').map(|part| match part.strip_prefix("UNTIL=") {
        Some(until) if until.len() == 8 => format!("UNTIL={until}T000000Z"),
        Some(until) if !until.ends_with('Z') => format!("UNTIL={until}Z"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(";")
}

fn midnight(day: NaiveDate) -> DateTime<Tz> {
    day.and_time(chrono::NaiveTime::MIN).and_utc().with_timezone(&Tz::UTC)
}

#[cfg(test)]
mod tests;
