//! What an event says of a calendar: to be asked, and as the table keeps it.

use handoff_domain::calendar::{Definition, Exception, LocalInterval};
use handoff_proto::sla::v1::{Calendar, LocalInterval as Hours};
use serde_json::{Map, Value, json};

/// Ready for arithmetic; none if it cannot be read.
pub(super) fn definition(calendar: &Calendar) -> Option<Definition> {
    let mut weekly_hours: [Vec<LocalInterval>; 7] = Default::default();
    for hours in &calendar.weekly_hours {
        weekly_hours.get_mut(weekday(hours.weekday)?)?.push(interval(hours.hours.as_ref()?)?);
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

/// As the table keeps it: texts, a list per weekday, exceptions by date.
pub(crate) fn json(calendar: &Calendar) -> Option<Value> {
    let mut week: [Vec<Value>; 7] = Default::default();
    for hours in &calendar.weekly_hours {
        week.get_mut(weekday(hours.weekday)?)?.push(pair(hours.hours.as_ref()?));
    }
    let exceptions = calendar.exceptions.iter().map(|exception| {
        let hours: Vec<Value> = exception.hours.iter().map(pair).collect();
        (exception.date.clone(), json!({ "display_name": exception.display_name, "hours": hours }))
    });
    Some(json!({
        "time_zone": calendar.time_zone,
        "weekly_hours": week,
        "exceptions": exceptions.collect::<Map<String, Value>>(),
    }))
}

/// From Monday, 1, to a place in a week.
fn weekday(weekday: i32) -> Option<usize> {
    usize::try_from(weekday - 1).ok()
}

fn interval(hours: &Hours) -> Option<LocalInterval> {
    Some(LocalInterval { open: hours.open.parse().ok()?, close: hours.close.parse().ok()? })
}

fn pair(hours: &Hours) -> Value {
    json!([hours.open, hours.close])
}
