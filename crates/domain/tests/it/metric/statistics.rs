//! Percentiles, mean and the median that counts those still waiting, by hand.

use handoff_domain::metric::exact::Exact;
use handoff_domain::metric::quantile::Samples;
use handoff_domain::metric::survival::median_with_waiting;

#[test]
fn percentiles_are_linear_between_the_nearest_samples() {
    let samples = Samples::from_iter([40, 10, 30, 20]);
    let check = |percent, numerator, denominator| {
        assert_eq!(samples.percentile(percent), Exact::new(numerator, denominator), "p{percent}");
    };
    check(0, 10, 1);
    check(50, 25, 1);
    check(75, 65, 2);
    check(90, 37, 1);
    check(100, 40, 1);
    check(101, 40, 1);
    assert_eq!(samples.mean(), Some(Exact::whole(25)));
    assert_eq!(Samples::default().percentile(50), None);
    assert_eq!(Samples::default().mean(), None);
}

#[test]
fn the_longest_samples_do_not_overflow() {
    let samples = Samples::from_iter([i64::MAX, i64::MAX, i64::MIN, i64::MAX]);
    assert_eq!(samples.percentile(90), Some(Exact::whole(i64::MAX)));
    assert_eq!(samples.mean(), Exact::new(3 * i128::from(i64::MAX) + i128::from(i64::MIN), 4));
}

fn check(ended: &[i64], waiting: &[i64], median: Option<(i128, i128)>) {
    let expected = median.and_then(|(numerator, denominator)| Exact::new(numerator, denominator));
    let actual = median_with_waiting(ended.iter().copied(), waiting.iter().copied());
    assert_eq!(actual, expected, "{ended:?}, waiting {waiting:?}");
}

#[test]
fn the_waiting_push_the_median_up_and_can_make_it_unknown() {
    check(&[], &[], None);
    check(&[1, 2, 3], &[], Some((2, 1)));
    check(&[1, 2, 3, 4], &[], Some((5, 2)));
    check(&[1, 2, 3], &[5, 5], Some((3, 1)));
    check(&[1, 2], &[5, 5, 5], None);
    check(&[], &[5], None);
}

#[test]
fn a_wait_seen_up_to_an_end_was_still_at_risk_at_that_end() {
    // Two of four end at 3 while both others are seen: one half; the next end tells the middle.
    check(&[3, 3, 9], &[3], Some((6, 1)));
    // Nobody ends after the half: it is the last that did.
    check(&[3, 3], &[4, 4], Some((3, 1)));
}

#[test]
fn the_estimate_agrees_with_one_worked_by_hand() {
    // At risk 10, 8, 7, 5, 3, 1 at the ends 2, 5, 6, 8, 11, 14: shares 9/10, 63/80, 27/40, 27/50, 9/25.
    check(&[2, 5, 6, 8, 11, 14], &[3, 7, 9, 12], Some((11, 1)));
}
