//! The office hours of a simulated tenant.

use std::collections::BTreeMap;

use handoff_domain::calendar::{Definition, Exception, LocalInterval, LocalTime};

use super::generate::{ZONE, holidays};
use super::operation::Hours;

/// What the calendar is called.
pub const NAME: &str = "Office hours";

/// The hours as the domain has them.
pub fn definition(hours: Hours) -> Definition {
    match hours {
        Hours::Office => Definition::office_hours(ZONE),
        Hours::Lunch => {
            let day = vec![interval(9, 13), interval(14, 18)];
            let (off, closed) = (Vec::new, |date| (date, Exception::default()));
            Definition {
                time_zone: ZONE,
                weekly_hours: [day.clone(), day.clone(), day.clone(), day.clone(), day, off(), off()],
                exceptions: holidays().map(closed).collect(),
            }
        }
        Hours::Night => {
            let weekly_hours = std::array::from_fn(|_| vec![interval(22, 6)]);
            Definition { time_zone: ZONE, weekly_hours, exceptions: BTreeMap::new() }
        }
    }
}

fn interval(open: u32, close: u32) -> LocalInterval {
    let at = |hour: u32| LocalTime::from_seconds(hour * 3_600).expect("an hour of a day");
    LocalInterval { open: at(open), close: at(close) }
}
