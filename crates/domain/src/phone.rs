//! Telephone numbers as they are compared: `+` and digits, as E.164 writes them. Knows how numbers are written, not
//! which of them exist; refuses what it would have to guess.

use std::fmt;
use std::str::FromStr;

/// The calling code of a country, such as `39`: one to three digits, the first not 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallingCode(String);

impl CallingCode {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is dialled before a number within the country and is no part of it.
    fn trunk(&self) -> &'static str {
        match self.as_str() {
            // There a leading zero belongs to the number: Ivory Coast, Congo, San Marino, Italy.
            "225" | "242" | "378" | "39" => "",
            "1" => "1",
            "36" => "06",
            "7" => "8",
            _ => "0",
        }
    }
}

impl FromStr for CallingCode {
    type Err = InvalidPhone;

    fn from_str(text: &str) -> Result<Self, InvalidPhone> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let fits = digits && (1..=3).contains(&text.len()) && !text.starts_with('0');
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidPhone) }
    }
}

/// The text is no telephone number that can be compared with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidPhone;

impl fmt::Display for InvalidPhone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a telephone number is + and 7 to 15 digits with the country's calling code first, without an extension",
        )
    }
}

impl std::error::Error for InvalidPhone {}

/// The number as `+` and 7 to 15 digits. Blanks, dashes, dots, slashes and brackets do not count, nor does `tel:` before
/// it; `00` is a plus sign; `(0)` after a plus sign is what is left out when dialling from abroad. A number without a
/// calling code gets `home`, and loses what is dialled before it within that country.
///
/// # Errors
/// [`InvalidPhone`] for letters, extensions, several numbers, too few or too many digits, a calling code that begins
/// with 0, and a number without a calling code if there is no `home`.
pub fn normalise(text: &str, home: Option<&CallingCode>) -> Result<String, InvalidPhone> {
    let text = text.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text).trim_start();
    let abroad = text.strip_prefix('+').or_else(|| text.strip_prefix("00"));
    let number = match (abroad, home) {
        (Some(number), _) => digits(&number.replacen("(0)", "", 1))?,
        (None, Some(home)) => {
            let national = digits(text)?;
            let national = national.strip_prefix(home.trunk()).unwrap_or(&national);
            // Where ten digits are the rule, anything else is no number of this country, or dialled abroad.
            if home.as_str() == "1" && (national.len() != 10 || national.starts_with(['0', '1'])) {
                return Err(InvalidPhone);
            }
            format!("{}{national}", home.as_str())
        }
        (None, None) => return Err(InvalidPhone),
    };
    let fits = (7..=15).contains(&number.len()) && !number.starts_with('0');
    if fits { Ok(format!("+{number}")) } else { Err(InvalidPhone) }
}

fn digits(text: &str) -> Result<String, InvalidPhone> {
    let written = |c: &char| !(c.is_whitespace() || "-./()\u{2010}\u{2011}\u{2013}".contains(*c));
    text.chars().filter(written).map(|c| if c.is_ascii_digit() { Ok(c) } else { Err(InvalidPhone) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(code: &str) -> Option<CallingCode> {
        Some(code.parse().expect("a calling code"))
    }

    #[test]
    fn one_number_in_many_notations_is_one_number() {
        for text in ["+44 20 7946 0958", "0044-20-7946-0958", "tel:+442079460958", " +44 (0)20 7946.0958 "] {
            assert_eq!(normalise(text, None).as_deref(), Ok("+442079460958"), "{text}");
        }
    }

    #[test]
    fn a_number_without_a_calling_code_is_one_of_the_country_at_home() {
        for (text, code, number) in [
            ("020 7946 0958", "44", "+442079460958"),
            ("06 698 12345", "39", "+390669812345"),
            ("(415) 555-0100", "1", "+14155550100"),
            ("1 415 555 0100", "1", "+14155550100"),
            ("8 495 123-45-67", "7", "+74951234567"),
            ("06 1 234 5678", "36", "+3612345678"),
            ("+39 06 698 12345", "44", "+390669812345"),
        ] {
            assert_eq!(normalise(text, home(code).as_ref()).as_deref(), Ok(number), "{text}");
        }
        assert_eq!(normalise("020 7946 0958", None), Err(InvalidPhone));
    }

    #[test]
    fn what_would_have_to_be_guessed_is_refused() {
        for text in [
            "",
            "+",
            "call me",
            "+1 800 FLOWERS",
            "+44 20 7946 0958 ext. 3",
            "+44 20 7946 0958, +44 20 7946 0959",
            "+0 20 7946 0958",
            "+44 20 +7946",
            "+٤٤ 20 7946 0958",
        ] {
            assert_eq!(normalise(text, None), Err(InvalidPhone), "{text}");
        }
        for text in ["011 44 20 7946 0958", "555 0100", "1 15 555 01000"] {
            assert_eq!(normalise(text, home("1").as_ref()), Err(InvalidPhone), "{text}");
        }
    }

    #[test]
    fn a_number_has_7_to_15_digits_and_not_one_more_or_less() {
        let of_length = |length| normalise(&format!("+{}", "2".repeat(length)), None);
        assert!(of_length(7).is_ok() && of_length(15).is_ok());
        assert!(of_length(6).is_err() && of_length(16).is_err());
    }

    #[test]
    fn a_calling_code_has_one_to_three_digits() {
        for bad in ["", "0", "04", "1234", "+39", "a"] {
            assert_eq!(bad.parse::<CallingCode>(), Err(InvalidPhone), "{bad}");
        }
    }

    #[test]
    fn a_normalised_number_stays_as_it_is() {
        let number = normalise("0044 20 7946 0958", None).expect("a number");
        assert_eq!(normalise(&number, home("1").as_ref()), Ok(number));
    }
}
