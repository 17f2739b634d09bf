//! Amounts as people read them. Decimals come as text and stay exact until they are rounded for the eye.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use handoff_proto::common::v1::{Money, Ratio, Target, TimeUnit, target::Amount};
use handoff_proto::reporting::v1::Change;
use prost_types::{Duration, Timestamp};
use rust_decimal::Decimal;

use super::Cell;

/// What stands where there is no value.
pub(crate) const NONE: &str = "–";

/// A whole number with marks between thousands.
pub(crate) fn show_count(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    if count < 0 { format!("-{shown}") } else { shown }
}

/// A count.
pub(crate) fn count(count: i64) -> Cell {
    Cell::new(show_count(count), count.to_string())
}

/// A ratio as a percentage with its counts: value, numerator, denominator.
pub(crate) fn percentage(ratio: Option<&Ratio>) -> Cell {
    quotient(ratio, |value| format!("{} %", rounded(value * Decimal::ONE_HUNDRED, 1)))
}

/// A ratio as a number with its counts.
pub(crate) fn per_unit(ratio: Option<&Ratio>) -> Cell {
    let shown = |value: Option<Decimal>| value.map_or(NONE.to_owned(), |value| rounded(value, 2));
    let Some(ratio) = ratio else { return Cell::new(NONE, "") };
    let value = ratio.value.clone().unwrap_or_default();
    Cell::new(shown(value.parse().ok()), value)
}

fn quotient(ratio: Option<&Ratio>, show: impl Fn(Decimal) -> String) -> Cell {
    let Some(ratio) = ratio else { return Cell::new(NONE, "") };
    let value = ratio.value.clone().unwrap_or_default();
    let shown = value.parse().map_or(NONE.to_owned(), show);
    let (numerator, denominator) = (ratio.numerator, ratio.denominator);
    let raw = vec![value, numerator.to_string(), denominator.to_string()];
    Cell::split(format!("{shown} ({}/{})", show_count(numerator), show_count(denominator)), raw)
}

/// A figure with its change against the period before, where the row says it: in a line beneath for people.
pub(crate) fn against(mut cell: Cell, changes: &[Change], figure: &str) -> Cell {
    if let Some(found) = changes.iter().find(|change| change.figure == figure) {
        let change = self::change(found.change.as_deref());
        cell.shown = format!("{}\n{}", cell.shown, change.shown);
        cell.compared = vec![found.previous.clone().unwrap_or_default(), change.raw.concat()];
    }
    cell
}

/// A decimal such as `0.15` as a change: `+15.0 %`.
pub(crate) fn change(value: Option<&str>) -> Cell {
    let Some(value) = value else { return Cell::new(NONE, "") };
    Cell::new(value.parse().map_or(value.to_owned(), show_change), value)
}

/// `+15.0 %`.
pub(crate) fn show_change(value: Decimal) -> String {
    let sign = if value.is_sign_negative() { "" } else { "+" };
    format!("{sign}{} %", rounded(value * Decimal::ONE_HUNDRED, 1))
}

/// A decimal with exactly so many places.
pub(crate) fn rounded(value: Decimal, places: u32) -> String {
    format!("{:.*}", places as usize, value.round_dp(places))
}

/// A measured time in a report's unit.
pub(crate) fn measured(value: Option<&str>, unit: TimeUnit) -> Cell {
    let Some(value) = value else { return Cell::new(NONE, "") };
    Cell::new(value.parse().map_or(value.to_owned(), |number| show_measured(number, unit)), value)
}

/// A measured time for the eye: business time in hours, for its days have no fixed length.
pub(crate) fn show_measured(value: Decimal, unit: TimeUnit) -> String {
    let whole = i64::try_from(value.round()).unwrap_or(i64::MAX);
    match unit {
        TimeUnit::Business => show_parts(whole, &PARTS[1..]),
        TimeUnit::Calendar => show_parts(whole, &PARTS),
        TimeUnit::BusinessDays | TimeUnit::CalendarDays | TimeUnit::Unspecified => rounded(value, 1),
    }
}

/// What a report's times are measured in, for a column's title.
pub(crate) fn show_unit(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Business => "business time",
        TimeUnit::Calendar => "calendar time",
        TimeUnit::BusinessDays => "business days",
        TimeUnit::CalendarDays => "calendar days",
        TimeUnit::Unspecified => "",
    }
}

const PARTS: [(&str, i64); 4] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];

/// The two largest parts of a time: `1 d 4 h`, `3 h 20 min`; only the largest where that says enough: `3,461 h`.
fn show_parts(seconds: i64, parts: &[(&str, i64)]) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let seconds = i64::try_from(seconds.unsigned_abs()).unwrap_or(i64::MAX);
    let first = parts.iter().position(|(_, length)| seconds >= *length).unwrap_or(parts.len() - 1);
    let (name, length) = parts[first];
    let mut shown = format!("{sign}{} {name}", show_count(seconds / length));
    if let Some((name, next)) = parts.get(first + 1).filter(|_| seconds / length < 100) {
        let rest = seconds % length / next;
        if rest > 0 {
            shown.push_str(&format!(" {rest} {name}"));
        }
    }
    shown
}

/// Time while a calendar is open.
pub(crate) fn show_business_time(time: &Duration) -> String {
    show_parts(time.seconds, &PARTS[1..])
}

/// Time on the wall.
pub(crate) fn show_calendar_time(time: &Duration) -> String {
    show_parts(time.seconds, &PARTS)
}

/// How long something may take, with its unit.
pub(crate) fn show_target(target: Option<&Target>) -> String {
    match target.and_then(|target| target.amount.as_ref()) {
        None => NONE.to_owned(),
        Some(Amount::BusinessDays(1)) => "1 business day".to_owned(),
        Some(Amount::BusinessDays(days)) => format!("{days} business days"),
        Some(Amount::BusinessTime(time)) => format!("{} of business time", show_business_time(time)),
        Some(Amount::CalendarTime(time)) => format!("{} of calendar time", show_calendar_time(time)),
    }
}

/// The instant of a timestamp; none for one that no clock could show.
fn instant(time: &Timestamp) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?)
}

/// `2026-03-30 10:00` in `zone`, with seconds only where they matter.
pub(crate) fn show_time(time: Option<&Timestamp>, zone: Tz) -> String {
    let Some(time) = time.and_then(instant) else { return NONE.to_owned() };
    let local = time.with_timezone(&zone);
    let has_seconds = time.timestamp() % 60 != 0;
    local.format(if has_seconds { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M" }).to_string()
}

/// A time: local to people, RFC 3339 in UTC to spreadsheets.
pub(crate) fn time(time: Option<&Timestamp>, zone: Tz) -> Cell {
    let raw = time.and_then(instant).map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
    Cell::new(show_time(time, zone), raw.unwrap_or_default())
}

/// A span, in seconds to spreadsheets.
pub(crate) fn span(time: Option<&Duration>, show: fn(&Duration) -> String) -> Cell {
    let Some(time) = time else { return Cell::new(NONE, "") };
    let exact = TimeDelta::new(time.seconds, u32::try_from(time.nanos).unwrap_or_default());
    let micros = exact.and_then(|exact| exact.num_microseconds()).unwrap_or_default();
    Cell::new(show(time), Decimal::new(micros, 6).normalize().to_string())
}

/// `EUR 1,234.50`.
pub(crate) fn show_money(money: &Money) -> String {
    let amount = Decimal::from(money.units) + Decimal::new(i64::from(money.nanos), 9).normalize();
    let sign = if amount.is_sign_negative() { "-" } else { "" };
    let parts = match amount.fract().normalize() {
        none if none.is_zero() => String::new(),
        some => rounded(some.abs(), some.scale().max(2)),
    };
    let units = show_count(amount.abs().trunc().try_into().unwrap_or(i64::MAX));
    format!("{} {sign}{units}{}", money.currency_code, parts.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_marks_between_thousands() {
        for (count, shown) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(show_count(count), shown);
        }
    }

    #[test]
    fn ratios_keep_their_counts() {
        let forty = Ratio { numerator: 40, denominator: 100, value: Some("0.4".into()), ..Ratio::default() };
        assert_eq!(percentage(Some(&forty)).shown, "40.0 % (40/100)");
        assert_eq!(percentage(Some(&forty)).raw, ["0.4", "40", "100"]);
        let empty = Ratio { reason: "ZERO_DENOMINATOR".into(), ..Ratio::default() };
        assert_eq!(percentage(Some(&empty)).shown, "– (0/0)");
        assert_eq!(percentage(None).shown, "–");
    }

    #[test]
    fn changes_have_a_sign() {
        assert_eq!(change(Some("0.15")).shown, "+15.0 %");
        assert_eq!(change(Some("-0.0435")).shown, "-4.4 %");
        assert_eq!(change(None).shown, "–");
    }

    #[test]
    fn a_change_stands_beneath_its_figure() {
        let changes = [Change {
            figure: "mql_count".into(),
            previous: Some("20".into()),
            current: Some("23".into()),
            change: Some("0.15".into()),
        }];
        let cell = against(count(23), &changes, "mql_count");
        assert_eq!((cell.shown.as_str(), cell.compared), ("23\n+15.0 %", vec!["20".into(), "0.15".into()]));
        assert_eq!(against(count(23), &changes, "sql_count"), count(23));
    }

    #[test]
    fn times_show_their_two_largest_parts() {
        let check = |seconds: &str, unit, shown: &str| assert_eq!(measured(Some(seconds), unit).shown, shown);
        check("100800", TimeUnit::Calendar, "1 d 4 h");
        check("100800", TimeUnit::Business, "28 h");
        check("12000.4", TimeUnit::Business, "3 h 20 min");
        check("59.6", TimeUnit::Calendar, "1 min");
        check("12460000", TimeUnit::Business, "3,461 h");
        check("0", TimeUnit::Calendar, "0 s");
        check("-90", TimeUnit::Calendar, "-1 min 30 s");
        check("48.500595", TimeUnit::CalendarDays, "48.5");
        check("2", TimeUnit::BusinessDays, "2.0");
    }

    #[test]
    fn times_are_local_to_people_and_utc_to_spreadsheets() {
        let cell = time(Some(&Timestamp { seconds: 1_774_857_600, nanos: 0 }), Tz::Europe__Rome);
        assert_eq!(cell, Cell::new("2026-03-30 10:00", "2026-03-30T08:00:00Z"));
        let cell = time(Some(&Timestamp { seconds: 1_774_857_605, nanos: 250_000_000 }), Tz::UTC);
        assert_eq!(cell, Cell::new("2026-03-30 08:00:05", "2026-03-30T08:00:05.250Z"));
    }

    #[test]
    fn money_keeps_its_cents() {
        let check = |units, nanos, shown: &str| {
            assert_eq!(show_money(&Money { currency_code: "EUR".into(), units, nanos }), shown);
        };
        check(1_234, 500_000_000, "EUR 1,234.50");
        check(12, 0, "EUR 12");
        check(0, 1_000_000, "EUR 0.001");
        check(-3, -250_000_000, "EUR -3.25");
        check(0, -500_000_000, "EUR -0.50");
    }

    #[test]
    fn a_target_names_its_unit() {
        let shown = |amount| show_target(Some(&Target { amount: Some(amount) }));
        assert_eq!(shown(Amount::BusinessDays(2)), "2 business days");
        assert_eq!(shown(Amount::CalendarTime(Duration { seconds: 5, nanos: 0 })), "5 s of calendar time");
        assert_eq!(
            shown(Amount::BusinessTime(Duration { seconds: 57_600, nanos: 0 })),
            "16 h of business time"
        );
    }
}
