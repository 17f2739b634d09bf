//! Calendars between the wire and the domain. Reading notes every fault under its field's path.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use handoff_domain::calendar::{Definition, Exception, LocalInterval, LocalTime, WEEKDAYS, local};
use handoff_domain::error::Error;
use handoff_domain::sla::CalendarVersion;
use handoff_proto::sla::v1 as pb;
use handoff_runtime::clock;
use handoff_runtime::violations::Violations;

use super::{calendar_name, count};

/// A calendar in a version.
pub(crate) fn calendar(
    slug: &str,
    display_name: &str,
    version: u32,
    definition: &Definition,
) -> pb::Calendar {
    let weekly_hours = WEEKDAYS.iter().zip(&definition.weekly_hours).flat_map(|(day, hours)| {
        let weekday = day.number_from_monday();
        hours
            .iter()
            .map(move |hours| pb::WeeklyHours { weekday: count(weekday), hours: Some(interval(*hours)) })
    });
    let exceptions = definition.exceptions.iter().map(|(date, exception)| pb::CalendarException {
        date: date.to_string(),
        hours: exception.hours.iter().map(|hours| interval(*hours)).collect(),
        display_name: exception.display_name.clone(),
    });
    pb::Calendar {
        name: calendar_name(slug),
        display_name: display_name.to_owned(),
        time_zone: definition.time_zone.name().to_owned(),
        weekly_hours: weekly_hours.collect(),
        exceptions: exceptions.collect(),
        version: count(version),
    }
}

/// The version of a calendar that is in force.
pub(crate) fn version(version: &CalendarVersion) -> pb::Calendar {
    calendar(&version.slug, &version.display_name, version.version, version.calendar.definition())
}

fn interval(hours: LocalInterval) -> pb::LocalInterval {
    pb::LocalInterval { open: hours.open.to_string(), close: hours.close.to_string() }
}

/// The definition that somebody wrote, as the field `calendar`.
pub(crate) fn definition(check: &mut Violations, given: &pb::Calendar) -> Definition {
    let time_zone = check.zone("calendar.time_zone", &given.time_zone);
    let mut weekly_hours: [Vec<LocalInterval>; 7] = Default::default();
    for (at, hours) in given.weekly_hours.iter().enumerate() {
        let field = format!("calendar.weekly_hours[{at}]");
        let day: Option<pb::Weekday> = check.choice(&format!("{field}.weekday"), hours.weekday);
        let hours = read_interval(check, &format!("{field}.hours"), hours.hours.as_ref());
        // The proto counts from Monday, 1.
        let index = day.and_then(|day| usize::try_from(i32::from(day) - 1).ok());
        if let (Some(of_day), Some(hours)) = (index.and_then(|index| weekly_hours.get_mut(index)), hours) {
            of_day.push(hours);
        }
    }
    let exceptions = read_exceptions(check, &given.exceptions);
    let definition = Definition { time_zone, weekly_hours, exceptions };
    if check.is_empty() {
        let today = local::date(time_zone, clock::now());
        if let Err(Error::Invalid(found)) = definition.validate(today) {
            for fault in found {
                check.add(format!("calendar.{}", fault.field), fault.description);
            }
        }
    }
    definition
}

fn read_exceptions(
    check: &mut Violations,
    given: &[pb::CalendarException],
) -> BTreeMap<NaiveDate, Exception> {
    let mut exceptions = BTreeMap::new();
    for (at, exception) in given.iter().enumerate() {
        let field = format!("calendar.exceptions[{at}]");
        let display_name =
            check.text(&format!("{field}.display_name"), &exception.display_name, Definition::MAX_NAME_CHARS);
        let hours = exception.hours.iter().enumerate().filter_map(|(index, hours)| {
            read_interval(check, &format!("{field}.hours[{index}]"), Some(hours))
        });
        let hours = hours.collect();
        // Four digits and no sign, so that a date has one name.
        let date = NaiveDate::parse_from_str(&exception.date, "%Y-%m-%d").ok();
        let Some(date) = date.filter(|date| date.to_string() == exception.date) else {
            check.add(format!("{field}.date"), "is not a date such as 2026-12-25");
            continue;
        };
        let exception = Exception { hours, display_name: display_name.unwrap_or_default() };
        if exceptions.insert(date, exception).is_some() {
            check.add(format!("{field}.date"), "comes twice");
        }
    }
    exceptions
}

fn read_interval(
    check: &mut Violations,
    field: &str,
    given: Option<&pb::LocalInterval>,
) -> Option<LocalInterval> {
    let Some(given) = given else {
        check.add(field, "is required");
        return None;
    };
    let mut time = |name: &str, text: &str| -> Option<LocalTime> {
        let time = text.parse().ok();
        let description = "is not a time of day, HH:MM or HH:MM:SS, from 00:00 to 24:00";
        check.check(time.is_some(), &format!("{field}.{name}"), description);
        time
    };
    let (open, close) = (time("open", &given.open), time("close", &given.close));
    Some(LocalInterval { open: open?, close: close? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire() -> pb::Calendar {
        calendar("rome", "Rome", 3, &Definition::office_hours(chrono_tz::Europe::Rome))
    }

    fn refusals(given: &pb::Calendar) -> Vec<String> {
        let mut check = Violations::new();
        definition(&mut check, given);
        match check.finish() {
            Err(Error::Invalid(found)) => found.into_iter().map(|fault| fault.field).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_calendar_comes_back_from_the_wire() {
        let mut odd = Definition::office_hours(chrono_tz::Europe::Rome);
        let night = LocalInterval {
            open: "22:00".parse().expect("a time"),
            close: "06:00:30".parse().expect("a time"),
        };
        odd.weekly_hours[6].push(night);
        let closed = Exception { hours: vec![], display_name: "Natale".to_owned() };
        odd.exceptions.insert(NaiveDate::from_ymd_opt(2026, 12, 25).expect("a date"), closed);
        let mut check = Violations::new();
        assert_eq!(definition(&mut check, &calendar("rome", "Rome", 1, &odd)), odd);
        assert_eq!(check.finish(), Ok(()));
        assert_eq!(wire().weekly_hours[0].weekday(), pb::Weekday::Monday);
    }

    #[test]
    fn every_fault_is_named_by_its_path() {
        let mut given = wire();
        given.time_zone = "Atlantis".to_owned();
        given.weekly_hours[1].weekday = 9;
        given.weekly_hours[2].hours = Some(pb::LocalInterval { open: "9".into(), close: "24:30".into() });
        given.weekly_hours[3].hours = None;
        for date in ["2026-12-25", "2026-12-25", "25.12.2026", "2026-1-5"] {
            given.exceptions.push(pb::CalendarException { date: date.into(), ..Default::default() });
        }
        assert_eq!(
            refusals(&given),
            [
                "calendar.time_zone",
                "calendar.weekly_hours[1].weekday",
                "calendar.weekly_hours[2].hours.open",
                "calendar.weekly_hours[2].hours.close",
                "calendar.weekly_hours[3].hours",
                "calendar.exceptions[1].date",
                "calendar.exceptions[2].date",
                "calendar.exceptions[3].date",
            ]
        );
    }

    #[test]
    fn a_calendar_that_never_opens_is_refused() {
        let mut given = wire();
        given.weekly_hours.clear();
        assert_eq!(refusals(&given), ["calendar.weekly_hours"]);
    }
}
