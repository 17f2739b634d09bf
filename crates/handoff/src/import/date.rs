//! Times as exports write them. A time without an offset is local to the mapping's zone; a date alone is the local
//! midnight that begins it. Nothing is guessed: a text that fits no format is refused, and so is one that two formats
//! read as two instants.

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{DateTime, Datelike, LocalResult, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::row::shown;

/// Nothing that anybody imports lies elsewhere: such a year is a short one under `%Y`, or milliseconds as seconds.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=9999;

/// What exports usually write, to name a way out.
const USUAL: [&str; 8] =
    ["RFC3339", "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%m/%d/%y"];
const USUAL_TIMES: [&str; 5] = ["", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p"];

/// One way of writing a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DateFormat {
    /// `2026-03-30T10:00:00+02:00`.
    Rfc3339,
    /// Seconds since 1970.
    UnixSeconds,
    /// Milliseconds since 1970.
    UnixMillis,
    /// `%d/%m/%Y %H:%M`, as strftime has it.
    Pattern(String),
}

impl DateFormat {
    /// Reads the format's name or pattern in a mapping.
    pub(crate) fn from_mapping(text: &str) -> Result<Self, String> {
        match text {
            "RFC3339" => Ok(Self::Rfc3339),
            "UNIX_SECONDS" => Ok(Self::UnixSeconds),
            "UNIX_MILLIS" => Ok(Self::UnixMillis),
            pattern
                if !pattern.contains('%') || StrftimeItems::new(pattern).any(|item| item == Item::Error) =>
            {
                Err(format!(
                    "{text:?} is no format: give RFC3339, UNIX_SECONDS, UNIX_MILLIS or a pattern such as \
                     \"%Y-%m-%d %H:%M:%S\""
                ))
            }
            pattern => Ok(Self::Pattern(pattern.to_owned())),
        }
    }

    fn parse(&self, text: &str, zone: Tz) -> Option<DateTime<Utc>> {
        let at = match self {
            Self::Rfc3339 => DateTime::parse_from_rfc3339(text).ok()?.to_utc(),
            Self::UnixSeconds => DateTime::from_timestamp_secs(text.parse().ok()?)?,
            Self::UnixMillis => DateTime::from_timestamp_millis(text.parse().ok()?)?,
            Self::Pattern(pattern) => parse_pattern(text, pattern, zone)?,
        };
        YEARS.contains(&at.year()).then_some(at)
    }
}

impl std::fmt::Display for DateFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Rfc3339 => "RFC3339",
            Self::UnixSeconds => "UNIX_SECONDS",
            Self::UnixMillis => "UNIX_MILLIS",
            Self::Pattern(pattern) => pattern,
        })
    }
}

/// The instant that `text` writes in those of `formats` that fit; they must agree.
pub(crate) fn parse_time(text: &str, formats: &[DateFormat], zone: Tz) -> Result<DateTime<Utc>, String> {
    let mut fits = formats.iter().filter_map(|format| Some((format, format.parse(text, zone)?)));
    let Some((format, at)) = fits.next() else { return Err(no_time(text, formats, zone)) };
    match fits.find(|(_, other)| *other != at) {
        None => Ok(at),
        Some((second, other)) => {
            let day = |at: DateTime<Utc>| at.with_timezone(&zone).format("%-d %B %Y %H:%M");
            Err(format!(
                "{} is {} in the format \"{format}\" and {} in \"{second}\": give the column one of them",
                shown(text),
                day(at),
                day(other)
            ))
        }
    }
}

fn no_time(text: &str, formats: &[DateFormat], zone: Tz) -> String {
    let tried = formats.iter().map(|format| format!("\"{format}\"")).collect::<Vec<_>>().join(" or ");
    let usual = USUAL.iter().flat_map(|date| USUAL_TIMES.map(|time| format!("{date}{time}")));
    let usual = usual.filter_map(|format| DateFormat::from_mapping(&format).ok());
    let fitting: Vec<_> = usual.filter(|usual| usual.parse(text, zone).is_some()).collect();
    let way_out = match fitting.as_slice() {
        [] => String::new(),
        [one] => format!("; it fits \"{one}\""),
        [one, two, ..] => format!("; it fits \"{one}\" and \"{two}\", and only you know which is meant"),
    };
    format!("{} is no time in the format {tried}{way_out}", shown(text))
}

fn parse_pattern(text: &str, pattern: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let mut parsed = Parsed::new();
    parse(&mut parsed, text, StrftimeItems::new(pattern)).ok()?;
    if parsed.offset().is_some() {
        return parsed.to_datetime().ok().map(|at| at.to_utc());
    }
    let time = if parsed.hour_mod_12().is_some() { parsed.to_naive_time().ok()? } else { NaiveTime::MIN };
    from_local(parsed.to_naive_date().ok()?.and_time(time), zone)
}

/// A time that the clocks skip is moved forward by the gap; of one that comes twice the first is meant (RFC 5545).
fn from_local(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
        // No gap is longer than a day: the offset of the day before is the one from before the gap.
        LocalResult::None => {
            let day_before = zone.from_local_datetime(&(local - TimeDelta::days(1))).earliest()?;
            Some(day_before.to_utc() + TimeDelta::days(1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, format: &str, zone: Tz, expected: &str) {
        let format = DateFormat::from_mapping(format).unwrap();
        let read = parse_time(text, &[format], zone);
        let shown =
            read.map_or_else(|error| error, |at| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn each_format_reads_its_times() {
        check("2026-03-30T10:00:00+02:00", "RFC3339", Tz::UTC, "2026-03-30T08:00:00Z");
        check("2011-10-01T00:38:44.546+02:00", "RFC3339", Tz::UTC, "2011-09-30T22:38:44.546Z");
        check("1774857600", "UNIX_SECONDS", Tz::UTC, "2026-03-30T08:00:00Z");
        check("1774857600123", "UNIX_MILLIS", Tz::UTC, "2026-03-30T08:00:00.123Z");
        check("30/03/2026 10:00", "%d/%m/%Y %H:%M", Tz::Europe__Rome, "2026-03-30T08:00:00Z");
        check("3/30/26 1:05 PM", "%m/%d/%y %I:%M %p", Tz::UTC, "2026-03-30T13:05:00Z");
        check("2026-03-30 10:00 +0200", "%Y-%m-%d %H:%M %z", Tz::UTC, "2026-03-30T08:00:00Z");
    }

    #[test]
    fn a_date_alone_is_its_local_midnight() {
        check("2018-02-01", "%Y-%m-%d", Tz::UTC, "2018-02-01T00:00:00Z");
        check("2018-02-01", "%Y-%m-%d", Tz::America__Sao_Paulo, "2018-02-01T02:00:00Z");
    }

    #[test]
    fn a_skipped_time_moves_forward_by_the_gap_and_a_double_one_is_the_first() {
        check("2026-03-29 02:30", "%Y-%m-%d %H:%M", Tz::Europe__Rome, "2026-03-29T01:30:00Z");
        check("2026-10-25 02:30", "%Y-%m-%d %H:%M", Tz::Europe__Rome, "2026-10-25T00:30:00Z");
        // Brazil began summer time at midnight: that day has no midnight.
        check("2017-10-15", "%Y-%m-%d", Tz::America__Sao_Paulo, "2017-10-15T03:00:00Z");
    }

    #[test]
    fn what_fits_no_format_is_refused_with_the_formats() {
        check("2018-13-01", "%Y-%m-%d", Tz::UTC, "\"2018-13-01\" is no time in the format \"%Y-%m-%d\"");
        check("31/02/2026", "%d/%m/%Y", Tz::UTC, "\"31/02/2026\" is no time in the format \"%d/%m/%Y\"");
        check(
            "2018-02-01 later",
            "%Y-%m-%d",
            Tz::UTC,
            "\"2018-02-01 later\" is no time in the format \"%Y-%m-%d\"",
        );
    }

    #[test]
    fn the_other_order_of_day_and_month_is_named_and_never_taken() {
        check(
            "3/30/2026",
            "%d/%m/%Y",
            Tz::UTC,
            "\"3/30/2026\" is no time in the format \"%d/%m/%Y\"; it fits \"%m/%d/%Y\"",
        );
        check(
            "03/04/2026 10:15",
            "%Y-%m-%d",
            Tz::UTC,
            "\"03/04/2026 10:15\" is no time in the format \"%Y-%m-%d\"; it fits \"%d/%m/%Y %H:%M\" and \"%m/%d/%Y \
             %H:%M\", and only you know which is meant",
        );
    }

    #[test]
    fn two_formats_that_read_two_days_are_refused() {
        let formats = ["%d/%m/%Y", "%m/%d/%Y"].map(|format| DateFormat::from_mapping(format).unwrap());
        let read = |text: &str| parse_time(text, &formats, Tz::UTC).map(|at| at.date_naive().to_string());
        assert_eq!(read("30/03/2026").unwrap(), "2026-03-30");
        assert_eq!(read("03/03/2026").unwrap(), "2026-03-03");
        insta::assert_snapshot!(read("03/04/2026").unwrap_err(), @r#""03/04/2026" is 3 April 2026 00:00 in the format "%d/%m/%Y" and 4 March 2026 00:00 in "%m/%d/%Y": give the column one of them"#);
    }

    #[test]
    fn a_year_that_nobody_can_mean_is_refused() {
        check(
            "30/03/26",
            "%d/%m/%Y",
            Tz::UTC,
            "\"30/03/26\" is no time in the format \"%d/%m/%Y\"; it fits \"%d/%m/%y\"",
        );
        check(
            "1774857600123",
            "UNIX_SECONDS",
            Tz::UTC,
            "\"1774857600123\" is no time in the format \"UNIX_SECONDS\"",
        );
    }

    proptest::proptest! {
        /// Also through gaps and folds of summer time: what is read is the local time that was written, or the one
        /// after the gap.
        #[test]
        fn a_local_time_is_read_as_it_was_written(seconds in 0_i64..4_000_000_000, zone in 0..chrono_tz::TZ_VARIANTS.len()) {
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let local = DateTime::from_timestamp_secs(seconds).unwrap().naive_utc();
            let format = DateFormat::from_mapping("%Y-%m-%d %H:%M:%S").unwrap();
            let read = parse_time(&local.to_string(), &[format], zone).unwrap();
            let shown = read.with_timezone(&zone).naive_local();
            match zone.from_local_datetime(&local) {
                LocalResult::None => proptest::prop_assert!(shown > local, "{shown} is not after {local} in {zone}"),
                _ => proptest::prop_assert_eq!(shown, local),
            }
        }

        #[test]
        fn no_text_breaks_the_parser(text: String, pattern: String) {
            for pattern in [pattern.as_str(), "RFC3339", "UNIX_SECONDS", "UNIX_MILLIS", "%d/%m/%y %I:%M %p"] {
                if let Ok(format) = DateFormat::from_mapping(pattern) {
                    let _ = parse_time(&text, &[format], Tz::Europe__Rome);
                }
            }
        }
    }

    #[test]
    fn a_pattern_must_be_one() {
        for bad in ["", "yyyy-mm-dd", "%Q"] {
            assert!(DateFormat::from_mapping(bad).is_err(), "{bad}");
        }
    }
}
