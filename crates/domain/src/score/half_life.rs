//! 2^(−age/h) by whole numbers alone, correctly rounded: the same on every machine and in every build.
//!
//! A factor 2^(−r/h) is a fraction of 2^64 with a known bound of error. Where that error could change the rounding,
//! which takes a value within about 2^−32 of a boundary, two powers of whole numbers decide instead.

use num_bigint::BigUint;
use num_traits::pow::Pow;

/// `ROOTS[i]` is 2^(−2^−(i+1)) in units of 2^−64, rounded down: the square roots of one half, one after another. Each
/// is under the true value by less than two units, because a root halves the error of what it is taken of.
const ROOTS: [u64; 64] = {
    let mut roots = [0; 64];
    let mut square = 1_u128 << 127;
    let mut i = 0;
    while i < 64 {
        let root = square.isqrt();
        roots[i] = root as u64;
        square = root << 64;
        i += 1;
    }
    roots
};

/// A factor is off by less than 2^8 units of 2^−64: each of at most 64 roots and of their products adds less than
/// three, and cutting off the exponent takes away less than one.
const ERROR_BITS: u32 = 8;

/// 2^(−rest/days) in units of 2^−64, for 0 < rest < days.
pub(super) fn factor(rest: u32, days: u32) -> u64 {
    let exponent = ((u128::from(rest) << 64) / u128::from(days)) as u64;
    let mut product = u64::MAX;
    for (bit, root) in ROOTS.iter().enumerate() {
        if exponent >> (63 - bit) & 1 == 1 {
            product = ((u128::from(product) * u128::from(*root)) >> 64) as u64;
        }
    }
    product
}

/// `magnitude` · 2^(−age/days), rounded half up; 0 if that is under 1 before it is rounded, or if `days` is 0. `factor`
/// gives what [`factor`] gives for the rest.
pub(super) fn decayed(magnitude: u64, age: u32, days: u32, factor: impl FnOnce(u32) -> u64) -> u64 {
    decayed_within(magnitude, age, days, factor, ERROR_BITS)
}

fn decayed_within(
    magnitude: u64,
    age: u32,
    days: u32,
    factor: impl FnOnce(u32) -> u64,
    error_bits: u32,
) -> u64 {
    let Some(halvings) = age.checked_div(days).filter(|halvings| *halvings < 64) else { return 0 };
    let rest = age % days;
    let magnitude = u128::from(magnitude);
    if rest == 0 {
        return round(magnitude << 63, halvings);
    }
    // One bit less than the factor has, so that the largest magnitude with its error fits.
    let product = (magnitude * u128::from(factor(rest))) >> 1;
    let error = (magnitude << error_bits >> 1) + 1;
    let (low, high) = (round(product.saturating_sub(error), halvings), round(product + error, halvings));
    (low..high).find(|value| !is_above(magnitude, age, days, *value)).unwrap_or(high)
}

/// `fixed` · 2^(−63 − halvings), rounded half up; 0 if that is under 1.
fn round(fixed: u128, halvings: u32) -> u64 {
    let halves = fixed >> (62 + halvings);
    if halves < 2 { 0 } else { ((halves + 1) >> 1) as u64 }
}

/// Whether `magnitude` · 2^(−age/days) is rounded to more than `value`, exactly: the boundary above 0 is 1, the others
/// lie half way, and both sides are raised to the power of `days`.
fn is_above(magnitude: u128, age: u32, days: u32, value: u64) -> bool {
    let boundary_halves = if value == 0 { 2 } else { 2 * u128::from(value) + 1 };
    BigUint::from(2 * magnitude).pow(days) >= BigUint::from(boundary_halves).pow(days) << age
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the definition: the largest value that is not over what it is rounded from.
    fn exactly(magnitude: u64, age: u32, days: u32) -> u64 {
        let (mut low, mut high) = (0, magnitude);
        while low < high {
            let middle = low + (high - low) / 2;
            if is_above(u128::from(magnitude), age, days, middle) { low = middle + 1 } else { high = middle }
        }
        low
    }

    #[test]
    fn half_of_it_is_left_after_a_half_life() {
        for days in [1, 2, 7, 30, 3_650] {
            assert_eq!(decayed(10_000, 0, days, |rest| factor(rest, days)), 10_000);
            assert_eq!(decayed(10_000, days, days, |rest| factor(rest, days)), 5_000);
            assert_eq!(decayed(10_001, days, days, |rest| factor(rest, days)), 5_001, "half goes up");
            assert_eq!(
                decayed(1, days, days, |rest| factor(rest, days)),
                0,
                "under one milli-point is nothing"
            );
            assert_eq!(decayed(u64::MAX, 63 * days, days, |rest| factor(rest, days)), 2);
            assert_eq!(decayed(u64::MAX, 64 * days, days, |rest| factor(rest, days)), 0);
        }
        assert_eq!(decayed(10_000, 1, 0, |rest| factor(rest, 1)), 0);
    }

    #[test]
    fn every_value_is_the_correctly_rounded_one() {
        for days in [2, 3, 5, 7, 11, 14, 30, 64, 90, 365] {
            let ages = (0..8 * days).step_by(1 + days as usize / 10).chain([24 * days - 1]);
            for age in ages {
                for magnitude in [1, 2, 3, 999, 1_000, 1_500, 30_000, 123_457, 10_000_000] {
                    let value = decayed(magnitude, age, days, |rest| factor(rest, days));
                    assert_eq!(value, exactly(magnitude, age, days), "{magnitude} · 2^(−{age}/{days})");
                }
            }
        }
    }

    #[test]
    fn a_coarse_factor_gives_the_same_because_powers_decide() {
        let days = 30;
        for age in 0..300 {
            for magnitude in [1, 2, 1_000, 30_000, 123_457] {
                let coarse = |rest| factor(rest, days) >> 50 << 50;
                let value = decayed_within(magnitude, age, days, coarse, 50);
                assert_eq!(value, exactly(magnitude, age, days), "{magnitude} · 2^(−{age}/{days})");
            }
        }
    }

    #[test]
    fn a_factor_is_within_its_bound_of_error() {
        for days in [2, 3, 7, 30, 97, 365] {
            for rest in 1..days {
                let factor = BigUint::from(factor(rest, days));
                let error = BigUint::from(1_u32 << ERROR_BITS);
                // f − e ≤ 2^(64 − rest/days) ≤ f + e, with both sides raised to the power of `days`.
                let exact = BigUint::from(1_u32) << (64 * days - rest);
                assert!((&factor - &error).pow(days) <= exact, "2^(−{rest}/{days})");
                assert!((&factor + &error).pow(days) >= exact, "2^(−{rest}/{days})");
            }
        }
    }
}
