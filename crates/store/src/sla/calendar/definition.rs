//! A calendar's definition as JSON. Every leaf is a text in the form in which people write it, so that nothing is
//! rounded and a row can be read by eye:
//!
//! ```json
//! {"time_zone": "Europe/Rome",
//!  "weekly_hours": [[["09:00", "13:00"], ["14:00", "18:00"]], …, []],
//!  "exceptions": {"2026-04-06": {"display_name": "Easter Monday", "hours": []}}}
//! ```

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Value, json};

use handoff_domain::calendar::{Definition, Exception, LocalInterval};

/// The definition as it is stored.
pub(crate) fn write(definition: &Definition) -> Value {
    let exceptions: serde_json::Map<String, Value> = definition
        .exceptions
        .iter()
        .map(|(date, exception)| {
            let hours = write_hours(&exception.hours);
            (date.to_string(), json!({ "display_name": exception.display_name, "hours": hours }))
        })
        .collect();
    json!({
        "time_zone": definition.time_zone.name(),
        "weekly_hours": definition.weekly_hours.iter().map(|hours| write_hours(hours)).collect::<Vec<_>>(),
        "exceptions": exceptions,
    })
}

/// The definition that was stored.
pub(crate) fn read(value: &Value) -> Option<Definition> {
    let weekly_hours: Vec<Vec<LocalInterval>> =
        value.get("weekly_hours")?.as_array()?.iter().map(read_hours).collect::<Option<_>>()?;
    let exceptions = value.get("exceptions")?.as_object()?.iter().map(|(date, exception)| {
        let date: NaiveDate = date.parse().ok()?;
        let display_name = exception.get("display_name")?.as_str()?.to_owned();
        Some((date, Exception { hours: read_hours(exception.get("hours")?)?, display_name }))
    });
    Some(Definition {
        time_zone: value.get("time_zone")?.as_str()?.parse().ok()?,
        weekly_hours: weekly_hours.try_into().ok()?,
        exceptions: exceptions.collect::<Option<BTreeMap<_, _>>>()?,
    })
}

fn write_hours(hours: &[LocalInterval]) -> Value {
    hours.iter().map(|interval| json!([interval.open.to_string(), interval.close.to_string()])).collect()
}

fn read_hours(value: &Value) -> Option<Vec<LocalInterval>> {
    let interval = |value: &Value| {
        let [open, close] = value.as_array()?.as_slice() else { return None };
        Some(LocalInterval { open: open.as_str()?.parse().ok()?, close: close.as_str()?.parse().ok()? })
    };
    value.as_array()?.iter().map(interval).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(open: &str, close: &str) -> LocalInterval {
        LocalInterval { open: open.parse().expect("a time"), close: close.parse().expect("a time") }
    }

    fn check(definition: Definition) {
        assert_eq!(read(&write(&definition)), Some(definition));
    }

    #[test]
    fn a_definition_comes_back_exactly() {
        check(Definition::office_hours(chrono_tz::Europe::Rome));
        check(Definition::always_open(chrono_tz::UTC));
        let mut odd = Definition::office_hours(chrono_tz::America::New_York);
        odd.weekly_hours[5] = vec![interval("22:00:30", "06:00"), interval("09:00", "24:00")];
        let date = |text: &str| text.parse::<NaiveDate>().expect("a date");
        odd.exceptions.insert(date("2026-12-25"), Exception { hours: vec![], display_name: "Noël".into() });
        odd.exceptions.insert(
            date("9999-12-31"),
            Exception { hours: vec![interval("00:00", "24:00")], ..Exception::default() },
        );
        check(odd);
    }

    #[test]
    fn what_was_never_written_is_not_read() {
        let mut value = write(&Definition::office_hours(chrono_tz::Europe::Rome));
        value["weekly_hours"].as_array_mut().expect("seven days").pop();
        assert_eq!(read(&value), None);
        assert_eq!(read(&json!({ "time_zone": "Europe/Rome" })), None);
    }
}
