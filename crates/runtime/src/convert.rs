//! The words that all services share, between the wire and the domain. Total functions: what cannot be read is `None`,
//! and the caller says for which field. Instants and durations are whole microseconds, as the store keeps them; what
//! is finer is cut off.

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::actor::Side;
use handoff_domain::money::Money;
use handoff_domain::target::{Target, Unit};
use handoff_proto::common::v1 as common;
use prost_types::{Duration, Timestamp};

const NANOS_PER_SECOND: i32 = 1_000_000_000;
const NANOS_PER_MICRO: i32 = 1_000;
/// What google.protobuf.Duration may hold: about ten thousand years.
const DURATION_SECONDS_MAX: i64 = 315_576_000_000;

/// An instant for the wire.
pub fn to_timestamp(instant: DateTime<Utc>) -> Timestamp {
    let micros = i32::try_from(instant.timestamp_subsec_micros()).unwrap_or(0);
    // chrono counts a leap second as micros over a million; the wire has no such second.
    Timestamp { seconds: instant.timestamp(), nanos: micros.min(999_999) * NANOS_PER_MICRO }
}

/// The instant on the wire, if it lies in the years 1 to 9999.
pub fn from_timestamp(timestamp: &Timestamp) -> Option<DateTime<Utc>> {
    let first = DateTime::from_timestamp(-62_135_596_800, 0)?;
    let last = DateTime::from_timestamp(253_402_300_799, 999_999_999)?;
    if !(0..NANOS_PER_SECOND).contains(&timestamp.nanos) {
        return None;
    }
    let nanos = u32::try_from(timestamp.nanos / NANOS_PER_MICRO * NANOS_PER_MICRO).ok()?;
    DateTime::from_timestamp(timestamp.seconds, nanos).filter(|instant| (first..=last).contains(instant))
}

/// A length of time for the wire; what is longer than the wire can hold becomes the longest that it can.
pub fn to_duration(time: TimeDelta) -> Duration {
    let seconds = time.num_seconds();
    if seconds.abs() > DURATION_SECONDS_MAX {
        return Duration { seconds: DURATION_SECONDS_MAX * seconds.signum(), nanos: 0 };
    }
    Duration { seconds, nanos: time.subsec_nanos() / NANOS_PER_MICRO * NANOS_PER_MICRO }
}

/// The length of time on the wire, if its parts agree in sign and in range.
pub fn from_duration(duration: &Duration) -> Option<TimeDelta> {
    let Duration { seconds, nanos } = *duration;
    let apart = (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0);
    if apart
        || nanos.abs() >= NANOS_PER_SECOND
        || !(-DURATION_SECONDS_MAX..=DURATION_SECONDS_MAX).contains(&seconds)
    {
        return None;
    }
    Some(TimeDelta::try_seconds(seconds)? + TimeDelta::microseconds(i64::from(nanos / NANOS_PER_MICRO)))
}

/// A side for the wire.
pub fn to_side(side: Side) -> common::Side {
    match side {
        Side::Marketing => common::Side::Marketing,
        Side::Sales => common::Side::Sales,
        Side::System => common::Side::System,
    }
}

/// The side on the wire; `None` for a number without a meaning and for unspecified.
pub fn from_side(number: i32) -> Option<Side> {
    match common::Side::try_from(number).ok()? {
        common::Side::Unspecified => None,
        common::Side::Marketing => Some(Side::Marketing),
        common::Side::Sales => Some(Side::Sales),
        common::Side::System => Some(Side::System),
    }
}

/// A unit of time for the wire.
pub fn to_unit(unit: Unit) -> common::TimeUnit {
    match unit {
        Unit::Business => common::TimeUnit::Business,
        Unit::Calendar => common::TimeUnit::Calendar,
        Unit::BusinessDays => common::TimeUnit::BusinessDays,
        Unit::CalendarDays => common::TimeUnit::CalendarDays,
    }
}

/// The unit on the wire; `None` for a number without a meaning and for unspecified.
pub fn from_unit(number: i32) -> Option<Unit> {
    match common::TimeUnit::try_from(number).ok()? {
        common::TimeUnit::Unspecified => None,
        common::TimeUnit::Business => Some(Unit::Business),
        common::TimeUnit::Calendar => Some(Unit::Calendar),
        common::TimeUnit::BusinessDays => Some(Unit::BusinessDays),
        common::TimeUnit::CalendarDays => Some(Unit::CalendarDays),
    }
}

/// A target for the wire.
pub fn to_target(target: Target) -> common::Target {
    use common::target::Amount;
    let amount = match target {
        Target::Business(time) => Amount::BusinessTime(to_duration(time)),
        Target::Calendar(time) => Amount::CalendarTime(to_duration(time)),
        // A target has at most a few thousand days.
        Target::BusinessDays(days) => Amount::BusinessDays(i32::try_from(days).unwrap_or(i32::MAX)),
    };
    common::Target { amount: Some(amount) }
}

/// The target on the wire, its bounds unchecked; `None` where no amount is given or it cannot be read.
pub fn from_target(target: &common::Target) -> Option<Target> {
    use common::target::Amount;
    Some(match target.amount.as_ref()? {
        Amount::BusinessTime(time) => Target::Business(from_duration(time)?),
        Amount::CalendarTime(time) => Target::Calendar(from_duration(time)?),
        Amount::BusinessDays(days) => Target::BusinessDays(u32::try_from(*days).ok()?),
    })
}

/// An amount for the wire.
pub fn to_money(money: &Money) -> common::Money {
    let (units, nanos) = money.to_units_nanos();
    common::Money { currency_code: money.currency().as_str().to_owned(), units, nanos }
}

/// The amount on the wire; `None` for a currency that is none and for parts that differ in sign or range.
pub fn from_money(money: &common::Money) -> Option<Money> {
    Money::from_units_nanos(money.units, money.nanos, money.currency_code.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_come_back_to_the_microsecond() {
        for micros in [0, 1, -1, 1_763_812_800_123_456, -62_135_596_800_000_000] {
            let instant = DateTime::from_timestamp_micros(micros).expect("in range");
            assert_eq!(from_timestamp(&to_timestamp(instant)), Some(instant));
        }
        let fine = Timestamp { seconds: 5, nanos: 1_999 };
        assert_eq!(from_timestamp(&fine), DateTime::from_timestamp_micros(5_000_001));
    }

    #[test]
    fn instants_that_protobuf_does_not_allow_are_not_read() {
        for (seconds, nanos) in
            [(0, -1), (0, NANOS_PER_SECOND), (253_402_300_800, 0), (-62_135_596_801, 0), (i64::MAX, 0)]
        {
            assert_eq!(from_timestamp(&Timestamp { seconds, nanos }), None, "{seconds} {nanos}");
        }
    }

    #[test]
    fn lengths_of_time_come_back_of_either_sign() {
        for micros in [0, 1, -1, 1_500_000, -1_500_000, 86_400_000_000] {
            let time = TimeDelta::microseconds(micros);
            assert_eq!(from_duration(&to_duration(time)), Some(time));
        }
        for (seconds, nanos) in [(1, -1), (-1, 1), (0, NANOS_PER_SECOND), (i64::MAX, 0), (i64::MIN, 0)] {
            assert_eq!(from_duration(&Duration { seconds, nanos }), None, "{seconds} {nanos}");
        }
        assert_eq!(to_duration(TimeDelta::MAX).seconds, DURATION_SECONDS_MAX);
    }

    #[test]
    fn sides_units_targets_and_money_come_back() {
        for side in [Side::Marketing, Side::Sales, Side::System] {
            assert_eq!(from_side(to_side(side).into()), Some(side));
        }
        for unit in [Unit::Business, Unit::Calendar, Unit::BusinessDays, Unit::CalendarDays] {
            assert_eq!(from_unit(to_unit(unit).into()), Some(unit));
        }
        let hour = TimeDelta::hours(1);
        for target in [Target::Business(hour), Target::Calendar(hour), Target::BusinessDays(2)] {
            assert_eq!(from_target(&to_target(target)), Some(target));
        }
        let wire = common::Money { currency_code: "EUR".into(), units: -3, nanos: -500_000_000 };
        assert_eq!(from_money(&wire).map(|money| to_money(&money)), Some(wire));
    }

    #[test]
    fn what_means_nothing_is_not_read() {
        assert_eq!((from_side(0), from_side(99), from_unit(0)), (None, None, None));
        assert_eq!(from_target(&common::Target { amount: None }), None);
        assert_eq!(
            from_target(&common::Target { amount: Some(common::target::Amount::BusinessDays(-1)) }),
            None
        );
        assert_eq!(from_money(&common::Money { currency_code: "eur".into(), units: 1, nanos: 0 }), None);
    }
}
