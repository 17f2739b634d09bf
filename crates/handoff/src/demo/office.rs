//! Office hours of the sample's company: Monday to Friday, 09 to 18, as in every starter contract.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

const OPEN: NaiveTime = NaiveTime::from_hms_opt(9, 0, 0).expect("it is a time");
const CLOSE: NaiveTime = NaiveTime::from_hms_opt(18, 0, 0).expect("it is a time");

/// The earliest instant at which the office was open for so long since `from`.
pub(crate) fn after(from: DateTime<Utc>, mut seconds: i64, zone: Tz) -> DateTime<Utc> {
    let mut date = from.with_timezone(&zone).date_naive();
    loop {
        if !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) {
            let start = instant(date, OPEN, zone).max(from);
            let open = (instant(date, CLOSE, zone) - start).num_seconds();
            if open > 0 && seconds <= open {
                return start + TimeDelta::seconds(seconds);
            }
            seconds -= open.max(0);
        }
        // A calendar that ends would end the story too.
        let Some(next) = date.succ_opt() else { return from };
        date = next;
    }
}

/// The instant of a local time; no office in a zone of ours opens within a gap of summer time.
pub(crate) fn instant(date: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let local = date.and_time(time);
    zone.from_local_datetime(&local).earliest().map_or_else(|| local.and_utc(), |at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &str, hours: i64, expected: &str) {
        let zone = Tz::Europe__Rome;
        let at = |text: &str| {
            let local = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
            zone.from_local_datetime(&local).unwrap().to_utc()
        };
        assert_eq!(after(at(from), hours * 3_600, zone), at(expected), "{from} + {hours} h");
    }

    #[test]
    fn only_office_hours_count() {
        check("2026-03-30 10:00", 2, "2026-03-30 12:00");
        check("2026-03-27 17:00", 2, "2026-03-30 10:00");
        check("2026-03-28 15:00", 2, "2026-03-30 11:00");
        check("2026-03-27 16:00", 16, "2026-03-31 14:00");
        check("2026-03-30 07:00", 9, "2026-03-30 18:00");
    }
}
