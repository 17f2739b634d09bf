//! The score straight from the formulas of the domain model: activity by activity, with exact rationals.

use std::collections::BTreeMap;

use handoff_domain::points::Points;
use handoff_domain::score::{Adjustment, Bounds, Decay, Rule, ScoringModel};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};

use super::day;

/// Something that a lead did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Activity {
    pub(super) kind: &'static str,
    /// The local day.
    pub(super) on: i64,
    /// The text of the property `pages`.
    pub(super) pages: Option<String>,
}

impl Activity {
    pub(super) fn properties(&self) -> BTreeMap<String, String> {
        self.pages.iter().map(|pages| ("pages".to_owned(), pages.clone())).collect()
    }

    /// Whether a rule counts it; `pages` are the least pages that its filter asks for.
    fn is_counted_by(&self, rule: &Rule, pages: Option<i64>) -> bool {
        let read = self.pages.as_ref().and_then(|pages| pages.parse::<i64>().ok());
        rule.types.contains(self.kind) && pages.is_none_or(|least| read.is_some_and(|read| read >= least))
    }
}

/// The score in thousandths. `pages` gives the least pages that the filter of a rule asks for, by the rule's key.
pub(super) fn behaviour(
    model: &ScoringModel,
    pages: &BTreeMap<String, i64>,
    activities: &[Activity],
    adjustments: &[(i64, Points, Decay)],
    on: i64,
) -> i64 {
    let of_rule = |rule: &Rule| {
        let mut on_its_day: BTreeMap<i64, u32> = BTreeMap::new();
        let mut sum = 0;
        let least = pages.get(&rule.key).copied();
        for activity in activities.iter().filter(|activity| activity.is_counted_by(rule, least)) {
            let nth = on_its_day.entry(activity.on).or_default();
            *nth += 1;
            if rule.repeat_cap.is_none_or(|cap| *nth <= cap) {
                sum += contribution(rule.points, rule.decay, on - activity.on);
            }
        }
        clamp(rule.bounds, sum)
    };
    let of_group = |key: Option<&String>| -> i64 {
        model.rules.iter().filter(|rule| rule.group.as_ref() == key).map(of_rule).sum()
    };
    let groups: i64 = model.groups.iter().map(|group| clamp(group.bounds, of_group(Some(&group.key)))).sum();
    let by_hand: i64 =
        adjustments.iter().map(|(day, points, decay)| contribution(*points, *decay, on - day)).sum();
    clamp(model.total, of_group(None) + groups + by_hand)
}

pub(super) fn by_hand(adjustments: &[(i64, Points, Decay)]) -> Vec<Adjustment> {
    adjustments.iter().map(|(on, points, decay)| Adjustment::new(day(*on), *points, *decay)).collect()
}

fn clamp(bounds: Bounds, sum: i64) -> i64 {
    let low = bounds.floor.map_or(i64::MIN, Points::milli);
    sum.clamp(low, bounds.cap.map_or(i64::MAX, Points::milli))
}

/// points · decay(age), rounded half away from zero to a thousandth.
pub(super) fn contribution(points: Points, decay: Decay, age: i64) -> i64 {
    if age < 0 {
        return 0;
    }
    let whole = |number: i64| BigRational::from_integer(number.into());
    let share = match decay {
        Decay::None => BigRational::one(),
        Decay::Window { days } if age < i64::from(days) => BigRational::one(),
        Decay::Window { .. } => BigRational::zero(),
        Decay::Linear { rate_permille, period_days } => {
            let rate = BigRational::new(rate_permille.into(), 1_000.into());
            (whole(1) - rate * whole(age) / whole(period_days.into())).max(BigRational::zero())
        }
        Decay::HalfLife { days } => return halved(points.milli(), age, days),
    };
    (whole(points.milli()) * share).round().to_integer().to_i64().expect("no more than there was")
}

/// milli · 2^(−age/days): the n whose neighbourhood [n − ½, n + ½) holds it, found by bisection; both sides of each
/// comparison are raised to the power of `days`.
fn halved(milli: i64, age: i64, days: u32) -> i64 {
    let power = |number: u64| BigInt::from(number).pow(days);
    let twice = power(2 * milli.unsigned_abs());
    let is_at_least = |halves: u64| twice >= power(halves) << age;
    if !is_at_least(2) {
        return 0;
    }
    let (mut low, mut high) = (1, milli.unsigned_abs());
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if is_at_least(2 * middle - 1) { low = middle } else { high = middle - 1 }
    }
    milli.signum() * low as i64
}
