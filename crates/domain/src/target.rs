//! How long something may take, always with its unit: "two days" alone would be ambiguous (slip 4 of the sources).
//!
//! A target knows no calendar; [`crate::calendar::Calendar`] turns it into a deadline.

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;

use crate::error::Violation;

/// What a duration is counted in; every report names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Time while a calendar is open.
    Business,
    /// Time on the clock, nights and holidays included.
    Calendar,
    /// Whole business dates of a calendar.
    BusinessDays,
    /// Difference of two local dates; for reports only, a target never has it.
    CalendarDays,
}

impl Unit {
    const NAMES: [(Self, &'static str); 4] = [
        (Self::Business, "BUSINESS"),
        (Self::Calendar, "CALENDAR"),
        (Self::BusinessDays, "BUSINESS_DAYS"),
        (Self::CalendarDays, "CALENDAR_DAYS"),
    ];

    /// The word used on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Business => "BUSINESS",
            Self::Calendar => "CALENDAR",
            Self::BusinessDays => "BUSINESS_DAYS",
            Self::CalendarDays => "CALENDAR_DAYS",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Unit {
    type Err = UnknownUnit;

    fn from_str(text: &str) -> Result<Self, UnknownUnit> {
        Self::NAMES.iter().find(|(_, name)| *name == text).map(|(unit, _)| *unit).ok_or(UnknownUnit)
    }
}

/// The text names no unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownUnit;

impl fmt::Display for UnknownUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a unit is BUSINESS, CALENDAR, BUSINESS_DAYS or CALENDAR_DAYS")
    }
}

impl std::error::Error for UnknownUnit {}

/// How long a clock may run (R29): an amount and its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// Time while the calendar is open.
    Business(TimeDelta),
    /// Time on the clock.
    Calendar(TimeDelta),
    /// Until the close of the n-th business date after the start's local date.
    BusinessDays(u32),
}

impl Target {
    /// The longest target that is accepted, in days of 24 hours or in business days: a leap year.
    pub const MAX_DAYS: u32 = 366;

    /// The unit that the target is counted in.
    pub fn unit(&self) -> Unit {
        match self {
            Self::Business(_) => Unit::Business,
            Self::Calendar(_) => Unit::Calendar,
            Self::BusinessDays(_) => Unit::BusinessDays,
        }
    }

    /// What is wrong with the target as the value of `field`: it is positive and at most [`Self::MAX_DAYS`].
    pub fn violation(&self, field: &str) -> Option<Violation> {
        let ok = match self {
            Self::Business(time) | Self::Calendar(time) => {
                *time >= TimeDelta::microseconds(1) && *time <= TimeDelta::days(i64::from(Self::MAX_DAYS))
            }
            Self::BusinessDays(days) => (1..=Self::MAX_DAYS).contains(days),
        };
        let description = format!("a target is positive and at most {} days", Self::MAX_DAYS);
        (!ok).then(|| Violation { field: field.to_owned(), description })
    }
}

/// The units of time that people write, longest first. Days exist for calendar time only: a business day is a date.
const TIME_UNITS: [(&str, i64); 6] = [
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("min", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("us", 1),
];

/// `2 business days`, `4 h 30 min business time`, `5 s calendar time`; [`Target::from_str`] reads it back.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BusinessDays(1) => f.write_str("1 business day"),
            Self::BusinessDays(days) => write!(f, "{days} business days"),
            Self::Business(time) => write_time(f, *time, 1).and_then(|()| f.write_str(" business time")),
            Self::Calendar(time) => write_time(f, *time, 0).and_then(|()| f.write_str(" calendar time")),
        }
    }
}

/// Writes a length of time from its largest unit down, leaving out the first `skip` units.
fn write_time(f: &mut fmt::Formatter<'_>, time: TimeDelta, skip: usize) -> fmt::Result {
    // chrono's longest TimeDelta does not fit into microseconds; no valid target comes near.
    let mut rest = time.num_microseconds().unwrap_or(i64::MAX);
    if rest == 0 {
        return f.write_str("0 s");
    }
    let mut space = "";
    for (unit, size) in &TIME_UNITS[skip..] {
        let count = rest / size;
        rest %= size;
        if count != 0 {
            write!(f, "{space}{count} {unit}")?;
            space = " ";
        }
    }
    Ok(())
}

/// Reads what people type and what [`Target`]'s `Display` writes:
///
/// - business days: `2bd`, `2 business days`
/// - business time, the default: `4h`, `1h30min`, `90 m`, `4 h business time`
/// - calendar time: `5s calendar`, `2d calendar`, `36 h calendar time`
///
/// Units of time are `d` (calendar time only), `h`, `m` or `min`, `s`, `ms`, `us`. `2d` alone is refused, because
/// nobody can know which days are meant.
impl FromStr for Target {
    type Err = ParseTargetError;

    fn from_str(text: &str) -> Result<Self, ParseTargetError> {
        let text = text.trim().to_ascii_lowercase();
        let days =
            ["business days", "business day", "bd"].iter().find_map(|suffix| text.strip_suffix(suffix));
        let target = if let Some(days) = days {
            Self::BusinessDays(days.trim().parse().map_err(|_| ParseTargetError::Malformed)?)
        } else {
            let text = text.strip_suffix("time").unwrap_or(&text).trim_end();
            match text.strip_suffix("calendar") {
                Some(time) => Self::Calendar(parse_time(time, true)?),
                None => Self::Business(parse_time(text.strip_suffix("business").unwrap_or(text), false)?),
            }
        };
        target.violation("").map_or(Ok(target), |_| Err(ParseTargetError::OutOfRange))
    }
}

fn parse_time(text: &str, with_days: bool) -> Result<TimeDelta, ParseTargetError> {
    let mut rest = text.trim();
    let mut total = 0_i64;
    if rest.is_empty() {
        return Err(ParseTargetError::Malformed);
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or(ParseTargetError::Malformed)?;
        let (count, after) = rest.split_at(digits);
        let count: i64 = count.parse().map_err(|_| ParseTargetError::Malformed)?;
        let after = after.trim_start();
        let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let unit = if unit == "m" { "min" } else { unit };
        if unit == "d" && !with_days {
            return Err(ParseTargetError::WhichDays);
        }
        let size = TIME_UNITS.iter().find(|(name, _)| *name == unit).ok_or(ParseTargetError::Malformed)?.1;
        total = count
            .checked_mul(size)
            .and_then(|part| total.checked_add(part))
            .ok_or(ParseTargetError::OutOfRange)?;
        rest = after.trim_start();
    }
    Ok(TimeDelta::microseconds(total))
}

/// Why a text is no target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseTargetError {
    /// It does not read as an amount with a unit.
    Malformed,
    /// Days of which kind?
    WhichDays,
    /// It is zero or longer than [`Target::MAX_DAYS`].
    OutOfRange,
}

impl fmt::Display for ParseTargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str(
                "a target is business days (`2bd`), business time (`4h`, `1h30m`) or calendar time (`5s calendar`)",
            ),
            Self::WhichDays => {
                f.write_str("write `2bd` for two business days, or `2d calendar` for 48 hours on the clock")
            }
            Self::OutOfRange => write!(f, "a target is positive and at most {} days", Target::MAX_DAYS),
        }
    }
}

impl std::error::Error for ParseTargetError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, target: Target, shown: &str) {
        assert_eq!(text.parse(), Ok(target), "{text}");
        assert_eq!(target.to_string(), shown);
        assert_eq!(shown.parse(), Ok(target), "{shown}");
    }

    #[test]
    fn what_is_typed_and_what_is_shown_mean_the_same() {
        check("2bd", Target::BusinessDays(2), "2 business days");
        check(" 1 BD ", Target::BusinessDays(1), "1 business day");
        check("4h", Target::Business(TimeDelta::hours(4)), "4 h business time");
        check("26 h", Target::Business(TimeDelta::hours(26)), "26 h business time");
        check("1h30m", Target::Business(TimeDelta::minutes(90)), "1 h 30 min business time");
        check("90 min business", Target::Business(TimeDelta::minutes(90)), "1 h 30 min business time");
        check("5s calendar", Target::Calendar(TimeDelta::seconds(5)), "5 s calendar time");
        check("2d calendar", Target::Calendar(TimeDelta::days(2)), "2 d calendar time");
        check(
            "1s1ms1us",
            Target::Business(TimeDelta::microseconds(1_001_001)),
            "1 s 1 ms 1 us business time",
        );
    }

    #[test]
    fn what_is_ambiguous_or_out_of_range_is_refused() {
        let refused = |text: &str, error| assert_eq!(text.parse::<Target>(), Err(error), "{text}");
        refused("2d", ParseTargetError::WhichDays);
        refused("0bd", ParseTargetError::OutOfRange);
        refused("0s", ParseTargetError::OutOfRange);
        refused("367bd", ParseTargetError::OutOfRange);
        refused("9999999999h", ParseTargetError::OutOfRange);
        for text in ["", "bd", "h", "4", "four hours", "-4h", "calendar", "4h days", "4w"] {
            refused(text, ParseTargetError::Malformed);
        }
    }

    #[test]
    fn a_target_is_of_366_days_and_not_one_more() {
        let most = TimeDelta::days(366);
        let more = most + TimeDelta::microseconds(1);
        for (taken, refused) in [
            (Target::Business(most), Target::Business(more)),
            (Target::Calendar(most), Target::Calendar(more)),
            (Target::BusinessDays(366), Target::BusinessDays(367)),
        ] {
            assert_eq!(taken.violation("target"), None);
            assert_eq!(refused.violation("target").expect("one more").field, "target");
        }
    }

    #[test]
    fn units_have_one_name() {
        for (unit, name) in Unit::NAMES {
            assert_eq!(unit.as_str(), name);
            assert_eq!(name.parse(), Ok(unit));
        }
        assert_eq!("DAYS".parse::<Unit>(), Err(UnknownUnit));
    }
}
