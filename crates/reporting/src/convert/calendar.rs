//! Calendars as sla's log tells them.

use handoff_domain::calendar::{Definition, Exception, LocalInterval};
use handoff_proto::sla::v1 as pb;

/// The definition of a calendar; none if it cannot be read.
pub(crate) fn definition(calendar: &pb::Calendar) -> Option<Definition> {
    let mut weekly_hours: [Vec<LocalInterval>; 7] = Default::default();
    for hours in &calendar.weekly_hours {
        // The proto counts from Monday, 1.
        let day = usize::try_from(hours.weekday - 1).ok()?;
        weekly_hours.get_mut(day)?.push(interval(hours.hours.as_ref()?)?);
    }
    let exceptions = calendar.exceptions.iter().map(|exception| {
        let hours = exception.hours.iter().map(interval).collect::<Option<Vec<_>>>()?;
        let display_name = exception.display_name.clone();
        Some((exception.date.parse().ok()?, Exception { hours, display_name }))
    });
    Some(Definition {
        time_zone: calendar.time_zone.parse().ok()?,
        weekly_hours,
        exceptions: exceptions.collect::<Option<_>>()?,
    })
}

fn interval(hours: &pb::LocalInterval) -> Option<LocalInterval> {
    Some(LocalInterval { open: hours.open.parse().ok()?, close: hours.close.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Rome;

    use super::*;

    fn hours(open: &str, close: &str) -> pb::LocalInterval {
        pb::LocalInterval { open: open.to_owned(), close: close.to_owned() }
    }

    fn office() -> pb::Calendar {
        let day = |weekday| pb::WeeklyHours { weekday, hours: Some(hours("09:00", "18:00")) };
        pb::Calendar {
            time_zone: "Europe/Rome".to_owned(),
            weekly_hours: (1..=5).map(day).collect(),
            ..pb::Calendar::default()
        }
    }

    #[test]
    fn office_hours_are_read_as_such() {
        assert_eq!(definition(&office()), Some(Definition::office_hours(Rome)));
    }

    #[test]
    fn a_holiday_is_read_and_what_is_no_calendar_is_not() {
        let mut calendar = office();
        let holiday = pb::CalendarException { date: "2026-12-25".to_owned(), ..Default::default() };
        calendar.exceptions.push(holiday);
        let read = definition(&calendar).expect("a calendar");
        assert_eq!(read.exceptions.len(), 1);
        calendar.weekly_hours[0].weekday = 8;
        assert_eq!(definition(&calendar), None);
        calendar.weekly_hours[0] = pb::WeeklyHours { weekday: 1, hours: Some(hours("9", "18:00")) };
        assert_eq!(definition(&calendar), None);
    }
}
