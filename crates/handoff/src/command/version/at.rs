//! When something takes effect, as people say it: an instant, or a day.

use anyhow::Context;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use prost_types::Timestamp;

use crate::command::target::parse_time;
use crate::session::Session;

/// An instant, or the beginning of a day that the tenant's time zone knows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum At {
    Instant(Timestamp),
    Day(NaiveDate),
}

/// `2026-03-30T10:00:00+02:00` or `2026-03-30`.
pub(crate) fn parse(text: &str) -> Result<At, String> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Ok(At::Day(day));
    }
    let instant = parse_time(text).map_err(|usage| format!("{usage}, or a date such as 2026-03-30"))?;
    Ok(At::Instant(instant))
}

impl At {
    /// The instant, of a day in the tenant's zone.
    pub(crate) async fn instant(self, session: &Session<'_>) -> anyhow::Result<Timestamp> {
        match self {
            Self::Instant(instant) => Ok(instant),
            Self::Day(day) => {
                let begins = beginning(day, session.zone().await?);
                let begins = begins.with_context(|| format!("the tenant's zone knows no {day}"))?;
                Ok(handoff_runtime::convert::to_timestamp(begins))
            }
        }
    }
}

/// The first instant of a day. Where clocks go forward at midnight that is later by as much; where they go back to before
/// it, it is the first of two.
fn beginning(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let midnight = day.and_time(NaiveTime::MIN);
    // Gaps end at a whole minute, and none is longer than the day that Samoa left out.
    let mut times = (0..=24 * 60).map(|minutes| midnight + TimeDelta::minutes(minutes));
    times.find_map(|time| zone.from_local_datetime(&time).earliest()).map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(day: &str, zone: Tz) -> String {
        let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").unwrap();
        beginning(day, zone).unwrap().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    #[test]
    fn a_day_begins_at_its_midnight_in_the_zone() {
        assert_eq!(begins("2026-03-30", Tz::Europe__Rome), "2026-03-29T22:00:00Z");
        assert_eq!(begins("2026-01-05", Tz::Asia__Kolkata), "2026-01-04T18:30:00Z");
    }

    #[test]
    fn a_day_without_a_midnight_begins_when_its_clocks_have_gone_forward() {
        // Cairo went from 00:00 to 01:00; Havana went back from 01:00 to 00:00.
        assert_eq!(begins("2024-04-26", Tz::Africa__Cairo), "2024-04-25T22:00:00Z");
        assert_eq!(begins("2024-11-03", Tz::America__Havana), "2024-11-03T04:00:00Z");
    }

    #[test]
    fn a_time_is_an_instant_and_a_date_is_a_day() {
        assert_eq!(parse("2026-03-30"), Ok(At::Day(NaiveDate::from_ymd_opt(2026, 3, 30).unwrap())));
        let instant = Timestamp { seconds: 1_774_857_600, nanos: 0 };
        assert_eq!(parse("2026-03-30T10:00:00+02:00"), Ok(At::Instant(instant)));
        for bad in ["monday", "2026-02-30", "30.3.2026", "2026-03-30T10:00:00"] {
            assert!(parse(bad).unwrap_err().ends_with("or a date such as 2026-03-30"), "{bad}");
        }
    }
}
