//! The laws of a calendar, over random calendars, zones and nights on which clocks are moved.

use chrono::TimeDelta;
use handoff_domain::calendar::Calendar;
use proptest::prelude::*;

use super::oracle::Oracle;
use super::random::{calendar_and_instant, micros};

const MICROSECOND: TimeDelta = TimeDelta::microseconds(1);

fn amount() -> impl Strategy<Value = TimeDelta> {
    micros(2).prop_map(|length| length.abs() + MICROSECOND)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(384))]

    #[test]
    fn elapsed_and_open_are_what_the_oracle_says(
        (definition, a) in calendar_and_instant(),
        length in micros(25),
    ) {
        let (calendar, oracle) = (Calendar::new(definition.clone()), Oracle(&definition));
        let b = a + length;
        prop_assert_eq!(calendar.elapsed(a, b), oracle.elapsed(a, b));
        prop_assert_eq!(calendar.open(a), oracle.open(a));
        prop_assert_eq!(calendar.open(b), oracle.open(b));
        prop_assert_eq!(calendar.local_date(a), oracle.date(a));
    }

    #[test]
    fn a_deadline_is_the_first_instant_by_which_enough_has_elapsed(
        (definition, a) in calendar_and_instant(),
        amount in amount(),
    ) {
        let (calendar, oracle) = (Calendar::new(definition.clone()), Oracle(&definition));
        let due = calendar.deadline(a, amount).expect("a calendar that opens every week");
        prop_assert!(due >= a);
        prop_assert_eq!(calendar.elapsed(a, due), amount);
        prop_assert_eq!(oracle.elapsed(a, due), amount);
        prop_assert!(oracle.elapsed(a, due - MICROSECOND) < amount);
    }

    #[test]
    fn elapsed_adds_up_over_neighbouring_spans(
        (definition, a) in calendar_and_instant(),
        first in micros(400),
        second in micros(400),
    ) {
        let calendar = Calendar::new(definition);
        let (b, c) = (a + first.abs(), a + first.abs() + second.abs());
        prop_assert_eq!(calendar.elapsed(a, b) + calendar.elapsed(b, c), calendar.elapsed(a, c));
        prop_assert!(calendar.elapsed(a, c) <= c - a);
        prop_assert_eq!(calendar.elapsed(c, a), TimeDelta::zero());
    }

    #[test]
    fn the_next_opening_is_open_and_nothing_before_it_is(
        (definition, a) in calendar_and_instant(),
    ) {
        let calendar = Calendar::new(definition);
        let opening = calendar.next_opening(a).expect("a calendar that opens every week");
        prop_assert!(opening >= a && calendar.open(opening));
        prop_assert_eq!(calendar.elapsed(a, opening), TimeDelta::zero());
        prop_assert_eq!(opening == a, calendar.open(a));
    }

    #[test]
    fn a_later_start_or_a_longer_target_never_gives_an_earlier_deadline(
        (definition, a) in calendar_and_instant(),
        later in micros(10),
        amount in amount(),
        more in amount(),
    ) {
        let calendar = Calendar::new(definition);
        let due = calendar.deadline(a, amount);
        prop_assert!(calendar.deadline(a + later.abs(), amount) >= due);
        prop_assert!(calendar.deadline(a, amount + more) > due);
    }

    #[test]
    fn business_days_are_what_the_oracle_says(
        (definition, a) in calendar_and_instant(),
        length in micros(25),
        days in 0..12_u32,
    ) {
        let (calendar, oracle) = (Calendar::new(definition.clone()), Oracle(&definition));
        let b = a + length;
        let (from, to) = (oracle.date(a), oracle.date(b));
        let dates = from.iter_days().take_while(|date| *date < to);
        let count = dates.filter(|date| oracle.close(*date).is_some()).count();
        prop_assume!((0..400).any(|ahead| oracle.close(to + TimeDelta::days(ahead)).is_some()));
        prop_assert_eq!(calendar.deadline_days(a, days), Some(oracle.deadline_days(a, days)));
        prop_assert_eq!(calendar.days(a, b), oracle.days(a, b));
        prop_assert_eq!(calendar.business_days(from, to) as usize, count);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn decades_and_years_that_are_not_kept_are_exact_too(
        (definition, a) in calendar_and_instant(),
        shift in -120_i64..220,
        years in 1_i64..30,
    ) {
        let (calendar, oracle) = (Calendar::new(definition.clone()), Oracle(&definition));
        let a = a + TimeDelta::days(365 * shift);
        let b = a + TimeDelta::days(365 * years);
        let elapsed = calendar.elapsed(a, b);
        prop_assert_eq!(elapsed, oracle.elapsed(a, b));
        let due = calendar.deadline(a, elapsed).expect("it has just elapsed");
        prop_assert!(due <= b);
        prop_assert_eq!(oracle.elapsed(a, due), elapsed);
    }
}
