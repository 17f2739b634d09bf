//! How points fade with the age of what earned them, in whole days.

use std::fmt;

use super::half_life;
use crate::error::Violation;
use crate::points::Points;

/// How much of its points an activity still gives at an age. What is left is rounded half away from zero to a
/// thousandth of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decay {
    /// All of them, for ever.
    None,
    /// 1 − rate · age / period, until nothing is left.
    Linear {
        /// The share that is lost in a period, in thousandths: 250 is a quarter.
        rate_permille: u32,
        /// The length of a period.
        period_days: u32,
    },
    /// 2^(−age / days); nothing once that is under a thousandth of a point.
    HalfLife {
        /// After how many days half is left.
        days: u32,
    },
    /// All of them while the age is under so many days, then none.
    Window {
        /// For how many days, the day of the activity included.
        days: u32,
    },
}

impl Decay {
    /// The longest period, half-life or window, in days: ten years.
    pub const MAX_DAYS: u32 = 3_650;

    /// What is left of `points` at an age of whole days.
    pub fn left(self, points: Points, age: u32) -> Points {
        self.left_by(points, age, half_life::factor)
    }

    /// As [`Self::left`], with the factors of half-lives from `factor(rest, days)`.
    fn left_by(self, points: Points, age: u32, factor: impl FnOnce(u32, u32) -> u64) -> Points {
        match self {
            Self::None => points,
            Self::Window { days } if age < days => points,
            Self::Window { .. } => Points::ZERO,
            Self::Linear { rate_permille, period_days } => {
                let all = u64::from(period_days) * 1_000;
                match all.saturating_sub(u64::from(rate_permille) * u64::from(age)) {
                    0 => Points::ZERO,
                    left => points.with_magnitude(share(points.milli().unsigned_abs(), left, all)),
                }
            }
            Self::HalfLife { days } => {
                let magnitude = points.milli().unsigned_abs();
                points.with_magnitude(half_life::decayed(magnitude, age, days, |rest| factor(rest, days)))
            }
        }
    }

    /// What is wrong with the decay as the value of `field`.
    pub(crate) fn violations(self, field: &str) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut check = |name: &str, value: u32, most: u32, description: String| {
            if !(1..=most).contains(&value) {
                violations.push(Violation { field: format!("{field}.{name}"), description });
            }
        };
        let days = || format!("1 to {} days", Self::MAX_DAYS);
        match self {
            Self::None => {}
            Self::Linear { rate_permille, period_days } => {
                let rate = "1 to 1000 thousandths are lost in a period; shorten the period to lose more";
                check("linear.rate_permille", rate_permille, 1_000, rate.to_owned());
                check("linear.period_days", period_days, Self::MAX_DAYS, days());
            }
            Self::HalfLife { days: half_life } => check("half_life_days", half_life, Self::MAX_DAYS, days()),
            Self::Window { days: window } => check("window_days", window, Self::MAX_DAYS, days()),
        }
        violations
    }
}

/// `whole` · `part` / `all`, rounded half up; neither is 0, and `part` is no more than `all`.
fn share(whole: u64, part: u64, all: u64) -> u64 {
    match whole.checked_mul(part).and_then(|product| product.checked_add(all / 2)) {
        Some(product) => product / all,
        // Only beyond the limits of a model.
        None => ((u128::from(whole) * u128::from(part) + u128::from(all / 2)) / u128::from(all)) as u64,
    }
}

/// `NONE`, `LINEAR 250 ‰ in 30 days`, `HALF_LIFE 14 days`, `WINDOW 90 days`.
impl fmt::Display for Decay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("NONE"),
            Self::Linear { rate_permille, period_days } => {
                write!(f, "LINEAR {rate_permille} ‰ in {period_days} days")
            }
            Self::HalfLife { days } => write!(f, "HALF_LIFE {days} days"),
            Self::Window { days } => write!(f, "WINDOW {days} days"),
        }
    }
}

/// A decay with the factors of its half-life looked up rather than worked out: a rule is asked far more often than it
/// is written.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    decay: Decay,
    /// 2^(−r / days) for every r under `days`, the first of which is never asked for.
    factors: Box<[u64]>,
}

impl Curve {
    pub(super) fn new(decay: Decay) -> Self {
        let factors = match decay {
            Decay::HalfLife { days } => {
                (0..days).map(|rest| if rest == 0 { 0 } else { half_life::factor(rest, days) }).collect()
            }
            _ => Box::default(),
        };
        Self { decay, factors }
    }

    /// As [`Decay::left`].
    #[inline]
    pub(super) fn left(&self, points: Points, age: u32) -> Points {
        self.decay.left_by(points, age, |rest, _| self.factors[rest as usize])
    }
}
