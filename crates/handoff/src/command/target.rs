//! Lengths of time as people type them: `2 business days`, `8h business`, `1h30m calendar`. The unit is never guessed:
//! "two days" alone would be ambiguous (R29).

use handoff_proto::common::v1::{Target, target::Amount};
use prost_types::{Duration, Timestamp};

/// A target with its unit.
pub(crate) fn parse_target(text: &str) -> Result<Target, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let amount = match words[..] {
        [days, "business", "day" | "days"] => days.parse().ok().map(Amount::BusinessDays),
        [time, "business"] => parse_time_given(time).map(Amount::BusinessTime),
        [time, "calendar"] => parse_time_given(time).map(Amount::CalendarTime),
        _ => None,
    };
    let amount = amount.ok_or("give `2 business days`, `8h business` or `48h calendar`")?;
    Ok(Target { amount: Some(amount) })
}

/// Some time is given by every target.
fn parse_time_given(text: &str) -> Option<Duration> {
    parse_length(text).filter(|seconds| *seconds > 0).map(|seconds| Duration { seconds, nanos: 0 })
}

/// `1h30m`, `5s`, `2d`, as seconds; `0h` is no time at all, which what happens after hours takes in business time.
pub(crate) fn parse_seconds(text: &str) -> Result<i64, String> {
    parse_length(text).ok_or_else(|| "give a length such as 90s, 30m, 1h30m or 2d".to_owned())
}

/// The same as a message.
pub(crate) fn parse_time_span(text: &str) -> Result<Duration, String> {
    parse_seconds(text).map(|seconds| Duration { seconds, nanos: 0 })
}

fn parse_length(text: &str) -> Option<i64> {
    let mut seconds: i64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let length = match rest.get(digits..=digits)? {
            "d" => 86_400,
            "h" => 3_600,
            "m" => 60,
            "s" => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(rest.get(..digits)?.parse::<i64>().ok()?.checked_mul(length)?)?;
        rest = rest.get(digits + 1..)?;
    }
    (!text.is_empty()).then_some(seconds)
}

/// A time in RFC 3339.
pub(crate) fn parse_time(text: &str) -> Result<Timestamp, String> {
    let at = chrono::DateTime::parse_from_rfc3339(text)
        .map_err(|_| "give a time such as 2026-03-30T10:00:00+02:00".to_owned())?
        .to_utc();
    Ok(handoff_runtime::convert::to_timestamp(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_needs_its_unit() {
        let seconds = |seconds| Duration { seconds, nanos: 0 };
        let amount = |text| parse_target(text).map(|target| target.amount);
        assert_eq!(amount("2 business days"), Ok(Some(Amount::BusinessDays(2))));
        assert_eq!(amount("1 business day"), Ok(Some(Amount::BusinessDays(1))));
        assert_eq!(amount("16h business"), Ok(Some(Amount::BusinessTime(seconds(57_600)))));
        assert_eq!(amount("1h30m calendar"), Ok(Some(Amount::CalendarTime(seconds(5_400)))));
        for bad in ["", "2 days", "2d", "x business days", "5 calendar", "0s calendar", "1h1 business"] {
            assert!(amount(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_length_is_in_seconds() {
        assert_eq!(parse_seconds("2d1h"), Ok(176_400));
        assert_eq!(parse_seconds("0h"), Ok(0));
        assert!(parse_seconds("").is_err());
        assert!(parse_seconds("90").is_err());
        assert!(parse_seconds("99999999999999999999d").is_err());
    }
}
