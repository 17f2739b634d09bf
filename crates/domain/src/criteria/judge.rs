//! The answer of one criterion and what follows from it. The decision and its explanation are both made of these, so
//! they cannot differ. Allocates nothing.

use chrono::{Days, Months, NaiveDate};

use super::{CriteriaSet, Criterion, OnUnknown, Role};
use crate::points::Points;
use crate::predicate::Answer;
use crate::profile::{Attribute, Profile};
use crate::rates::Rates;

/// What a criterion says of a profile.
pub(super) struct Judgement<'a> {
    pub(super) answer: Answer,
    /// What it was asked of.
    pub(super) attribute: Option<&'a Attribute>,
    /// Whether there is a value that is not fresh enough to be asked.
    pub(super) is_stale: bool,
    /// What it gives or takes.
    pub(super) points: Points,
    /// Whether it stands in the way of becoming an MQL.
    pub(super) blocks: bool,
}

pub(super) fn judge<'a>(
    criterion: &Criterion,
    profile: &'a Profile,
    rates: &Rates,
    day: NaiveDate,
) -> Judgement<'a> {
    let attribute = profile.get(&criterion.attribute);
    let is_stale = attribute.is_some_and(|attribute| criterion.is_stale(attribute, day));
    let answer = if is_stale {
        Answer::Unknown
    } else {
        let value = attribute.map(|attribute| &attribute.value);
        criterion.predicate.test(value, &|from, to| rates.on(from, to, day))
    };
    let (points, blocks) = match (answer, criterion.role, criterion.on_unknown) {
        (Answer::Match, Role::Gate, _) => (Points::ZERO, false),
        (Answer::Match, Role::Weighted { points }, _) => (points, false),
        (Answer::NoMatch, role, _) => (Points::ZERO, role == Role::Gate),
        (Answer::Unknown, _, OnUnknown::Neutral) => (Points::ZERO, false),
        (Answer::Unknown, _, OnUnknown::Block) => (Points::ZERO, true),
        (Answer::Unknown, _, OnUnknown::Penalise { points }) => (points, false),
    };
    Judgement { answer, attribute, is_stale, points, blocks }
}

impl Criterion {
    fn is_stale(&self, attribute: &Attribute, day: NaiveDate) -> bool {
        self.max_age_months.is_some() && self.fresh_until(attribute).is_none_or(|last| last < day)
    }

    /// The last day on which a value is fresh enough, if freshness is demanded and somebody verified it. Of a month that
    /// is too short for the date it is the last day (edge case 26).
    fn fresh_until(&self, attribute: &Attribute) -> Option<NaiveDate> {
        let verified = attribute.verified_at?.date_naive();
        let months = Months::new(u32::from(self.max_age_months?));
        Some(verified.checked_add_months(months).unwrap_or(NaiveDate::MAX))
    }
}

/// The points, and whether nothing stands in the way of becoming an MQL: every GATE holds or lets the lead pass, and no
/// UNKNOWN answer blocks it. The same as [`super::evaluate`] says, without the words.
pub fn decide(set: &CriteriaSet, profile: &Profile, rates: &Rates, day: NaiveDate) -> (Points, bool) {
    set.criteria.iter().fold((Points::ZERO, true), |(points, holds), criterion| {
        let judgement = judge(criterion, profile, rates, day);
        (points + judgement.points, holds && !judgement.blocks)
    })
}

/// The first day after `day` on which the same profile may give another result by time alone: a value is no longer
/// fresh, or a rate begins to count.
pub fn next_change(set: &CriteriaSet, profile: &Profile, rates: &Rates, day: NaiveDate) -> Option<NaiveDate> {
    let stale_from = set.criteria.iter().filter_map(|criterion| {
        let last = criterion.fresh_until(profile.get(&criterion.attribute)?)?;
        last.checked_add_days(Days::new(1))
    });
    stale_from.chain(rates.next_day(day)).filter(|from| *from > day).min()
}
