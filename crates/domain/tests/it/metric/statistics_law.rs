//! Percentiles and the median that counts those still waiting, against oracles that are written another way.

use handoff_domain::metric::exact::Exact;
use handoff_domain::metric::quantile::Samples;
use handoff_domain::metric::survival::median_with_waiting;
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::collection::vec;
use proptest::prelude::*;

/// Type 7 drawn out: a hundred equal steps from each sample to the next; the p-th percentile is the step p·(n − 1).
fn drawn_out(samples: &[i64], percent: u8) -> Option<Exact> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let (first, rest) = sorted.split_first()?;
    let mut steps = vec![i128::from(*first) * 100];
    for (low, high) in sorted.iter().zip(rest) {
        let (low, high) = (i128::from(*low), i128::from(*high));
        steps.extend((1..=100).map(|step| low * 100 + (high - low) * step));
    }
    Exact::new(steps[usize::from(percent) * rest.len()], 100)
}

/// The definition by the book: the product of (at risk − ended) ÷ at risk over the lengths at which somebody ended.
fn by_the_book(ended: &[i64], waiting: &[i64]) -> Option<Exact> {
    let mut lengths = ended.to_vec();
    lengths.sort_unstable();
    lengths.dedup();
    let half = BigRational::new(BigInt::from(1), BigInt::from(2));
    let mut share = BigRational::from_integer(BigInt::from(1));
    let mut is_half = None;
    for length in lengths {
        let at_risk = ended.iter().chain(waiting).filter(|other| **other >= length).count();
        let here = ended.iter().filter(|other| **other == length).count();
        share *= BigRational::new(BigInt::from(at_risk - here), BigInt::from(at_risk));
        if share < half {
            let since = is_half.unwrap_or(length);
            return Exact::new(i128::from(since) + i128::from(length), 2);
        }
        if share == half {
            is_half = Some(length);
        }
    }
    is_half.map(Exact::whole)
}

fn lengths() -> impl Strategy<Value = Vec<i64>> {
    vec(0..30_i64, 0..40)
}

proptest! {
    #[test]
    fn percentiles_are_those_of_the_samples_drawn_out(
        samples in vec(-1_000..1_000_i64, 0..40),
        percent in 0..=100_u8,
    ) {
        let actual = Samples::from_iter(samples.iter().copied()).percentile(percent);
        prop_assert_eq!(actual, drawn_out(&samples, percent));
    }

    #[test]
    fn percentiles_never_fall_and_stay_within_the_samples(
        samples in vec(any::<i64>(), 1..40),
        low in 0..=100_u8,
        high in 0..=100_u8,
    ) {
        let sorted = Samples::from_iter(samples);
        let (low, high) = (low.min(high), low.max(high));
        prop_assert!(sorted.percentile(low) <= sorted.percentile(high));
        prop_assert!(sorted.percentile(high) <= sorted.max().map(Exact::whole));
        prop_assert!(sorted.percentile(0) <= sorted.mean() && sorted.mean() <= sorted.percentile(100));
    }

    #[test]
    fn within_counts_the_samples_that_are_no_longer(samples in vec(0..50_i64, 0..40), limit in -1..51_i64) {
        let expected = samples.iter().filter(|sample| **sample <= limit).count() as u64;
        prop_assert_eq!(Samples::from_iter(samples).within(limit), expected);
    }

    #[test]
    fn without_anybody_waiting_it_is_the_plain_median(ended in lengths()) {
        let plain = Samples::from_iter(ended.iter().copied()).percentile(50);
        prop_assert_eq!(median_with_waiting(ended, []), plain);
    }

    #[test]
    fn with_somebody_waiting_it_is_the_one_of_the_book(ended in lengths(), waiting in lengths()) {
        let actual = median_with_waiting(ended.iter().copied(), waiting.iter().copied());
        prop_assert_eq!(actual, by_the_book(&ended, &waiting));
    }

    #[test]
    fn one_more_who_waits_never_brings_the_median_down(ended in lengths(), waiting in lengths(), more in 0..30_i64) {
        let before = median_with_waiting(ended.iter().copied(), waiting.iter().copied());
        let after = median_with_waiting(ended, waiting.into_iter().chain([more]));
        // None is "longer than anybody was seen".
        prop_assert!(after.is_none() || before.is_some_and(|before| Some(before) <= after));
    }
}
