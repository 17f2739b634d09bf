//! How the values of limits are written, and their ranges. It says what is wrong with a value and what would be right;
//! clap puts the flag's name before that.

use std::time::Duration;

use clap::builder::RangedU64ValueParser;

/// A number of things, within its range.
pub(super) fn number(least: u64, most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(least..=most)
}

/// A number of bytes, within its range.
pub(super) fn bytes(least: u64, most: u64) -> RangedU64ValueParser<usize> {
    number(least, most)
}

/// A time within its range, both ends of which are written like the value.
pub(super) fn duration(
    least: &'static str,
    most: &'static str,
) -> impl Fn(&str) -> Result<Duration, String> + Clone + Send + Sync + 'static {
    move |text| {
        let form = || format!("a time is a whole number and a unit out of ms, s, m and h, {least} to {most}");
        let value = parse(text).ok_or_else(form)?;
        let is_within =
            parse(least).is_none_or(|least| least <= value) && parse(most).is_none_or(|most| value <= most);
        if is_within { Ok(value) } else { Err(form()) }
    }
}

fn parse(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        for (text, millis) in [("250ms", 250), ("20s", 20_000), ("5m", 300_000), ("1h", 3_600_000), ("0s", 0)]
        {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "",
            "5",
            "s",
            "-5s",
            "+5s",
            "1.5s",
            "5 s",
            "5S",
            "5d",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn both_ends_of_a_range_are_in_it() {
        let parser = duration("1s", "1h");
        for text in ["1s", "1000ms", "60m", "1h"] {
            assert!(parser(text).is_ok(), "{text}");
        }
        for text in ["999ms", "0s", "3601s", "2h"] {
            let refusal = parser(text).expect_err(text);
            assert!(refusal.contains("1s to 1h"), "{refusal}");
        }
    }
}
