//! Reading what events say: enums as the words that tables hold, times, ids, money, and texts that are there once
//! however often they are said.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use handoff_proto::common::v1::{Money, Side, Target, target::Amount};
use handoff_proto::qualification::v1::{
    ContactDirection, DisputeRuling, LeadKind, OriginChannel, QualificationTrigger, RejectionAttribution,
    RejectionDisposition, Stage, Suppression,
};
use prost_types::{Duration, Timestamp};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use uuid::Uuid;

/// A text that others may hold too.
pub(crate) type Word = Arc<str>;

/// The texts so far.
#[derive(Debug, Default)]
pub(crate) struct Words(HashSet<Word>);

impl Words {
    /// The text.
    pub(crate) fn keep(&mut self, text: &str) -> Word {
        if let Some(word) = self.0.get(text) {
            return Arc::clone(word);
        }
        let word: Word = text.into();
        self.0.insert(Arc::clone(&word));
        word
    }

    /// The text, unless it is empty: then nothing was said.
    pub(crate) fn some(&mut self, text: &str) -> Option<Word> {
        if text.is_empty() { None } else { Some(self.keep(text)) }
    }
}

/// As a column has it.
pub(crate) fn owned(word: Option<&Word>) -> Option<String> {
    word.map(|word| word.as_ref().to_owned())
}

macro_rules! words {
    ($($function:ident($kind:ty), $prefix:literal;)+) => {$(
        #[doc = concat!("The word for a `", stringify!($kind), "`.")]
        pub(crate) fn $function(value: $kind) -> &'static str {
            let name = value.as_str_name();
            name.strip_prefix($prefix).unwrap_or(name)
        }
    )+};
}

words! {
    kind(LeadKind), "LEAD_KIND_";
    channel(OriginChannel), "ORIGIN_CHANNEL_";
    stage(Stage), "STAGE_";
    suppression(Suppression), "SUPPRESSION_";
    trigger(QualificationTrigger), "QUALIFICATION_TRIGGER_";
    disposition(RejectionDisposition), "REJECTION_DISPOSITION_";
    attribution(RejectionAttribution), "REJECTION_ATTRIBUTION_";
    ruling(DisputeRuling), "DISPUTE_RULING_";
    direction(ContactDirection), "CONTACT_DIRECTION_";
    side(Side), "SIDE_";
}

/// A text that may be left out.
pub(crate) fn text(text: &str) -> Option<&str> {
    if text.is_empty() { None } else { Some(text) }
}

pub(crate) fn id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}

/// An id that may be left out; one that is there must be readable.
pub(crate) fn maybe_id(text: &str) -> Option<Option<Uuid>> {
    if text.is_empty() { Some(None) } else { id(text).map(Some) }
}

pub(crate) fn instant(time: Option<&Timestamp>) -> Option<DateTime<Utc>> {
    let time = time?;
    DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?)
}

pub(crate) fn micros(duration: Option<&Duration>) -> Option<i64> {
    let duration = duration?;
    duration.seconds.checked_mul(1_000_000)?.checked_add(i64::from(duration.nanos) / 1_000)
}

/// A target as its unit and its amount: days, or microseconds.
pub(crate) fn target(target: Option<&Target>) -> Option<(&'static str, i64)> {
    Some(match target?.amount.as_ref()? {
        Amount::BusinessTime(time) => ("BUSINESS", micros(Some(time))?),
        Amount::CalendarTime(time) => ("CALENDAR", micros(Some(time))?),
        Amount::BusinessDays(days) => ("BUSINESS_DAYS", i64::from(*days)),
    })
}

/// An amount of money, exactly.
pub(crate) fn money(money: &Money) -> Option<Decimal> {
    let billionths = i128::from(money.units) * 1_000_000_000 + i128::from(money.nanos);
    Decimal::try_from_i128_with_scale(billionths, 9).ok()
}

/// Points as thousandths, exactly.
pub(crate) fn points(text: &str) -> Option<i64> {
    let milli = Decimal::from_str_exact(text).ok()?.checked_mul(Decimal::ONE_THOUSAND)?.normalize();
    if milli.is_integer() { milli.to_i64() } else { None }
}

/// The bytes that hexadecimal digits stand for.
pub(crate) fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pairs =
        hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok().filter(|it| it.len() == 2));
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

/// The slug of a name such as `users/ada`.
pub(crate) fn slug<'a>(folder: &str, name: &'a str) -> Option<&'a str> {
    name.strip_prefix(folder)?.strip_prefix('/')
}

/// A number for a row, the same for equal rows.
pub(crate) fn print(row: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.hash(&mut hasher);
    hasher.finish()
}

/// How many rows there are, and what they are: equal for equal rows in any order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) count: u32,
    sum: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, row: &impl Hash) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(print(row));
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, points};

    #[test]
    fn points_are_read_to_the_thousandth_and_no_further() {
        for (text, milli) in
            [("12.5", Some(12_500)), ("-0.125", Some(-125)), ("30", Some(30_000)), ("0", Some(0))]
        {
            assert_eq!(points(text), milli, "{text}");
        }
        for text in ["0.0005", "", "many", "1e3"] {
            assert_eq!(points(text), None, "{text}");
        }
    }

    #[test]
    fn bytes_are_pairs_of_hexadecimal_digits() {
        assert_eq!(bytes("00fF10"), Some(vec![0, 255, 16]));
        for text in ["0", "0g", "é0", "00f"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
