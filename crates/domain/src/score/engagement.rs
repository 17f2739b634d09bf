//! What a lead's score is made of: how many activities each rule counted on which local date, and adjustments by hand.
//!
//! One engagement belongs to one version of a model and one baseline number. It knows no times and no properties.

use chrono::{Datelike, NaiveDate};

use super::decay::Decay;
use crate::points::Points;

/// The place of a rule in [`super::ScoringModel::canonical`]: the same for the same content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(pub u16);

/// So many activities that a rule counts on a local date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub(super) rule: RuleIndex,
    pub(super) day: Day,
    pub(super) count: u32,
}

impl Row {
    /// A row of the table.
    pub fn new(rule: RuleIndex, date: NaiveDate, count: u32) -> Self {
        Self { rule, day: Day::of(date), count }
    }

    /// The rule that counts.
    pub fn rule(&self) -> RuleIndex {
        self.rule
    }

    /// The local date of the activities, as it was when they were recorded.
    pub fn date(&self) -> NaiveDate {
        self.day.date().expect("made from a date")
    }

    /// How many there are, those over the repeat cap included.
    pub fn count(&self) -> u32 {
        self.count
    }
}

/// Points given or taken by hand. Who did it and why is told by the event, the reason is a personal note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adjustment {
    pub(super) day: Day,
    pub(super) points: Points,
    pub(super) decay: Decay,
}

impl Adjustment {
    /// An adjustment of a local date, with a decay of its own.
    pub fn new(date: NaiveDate, points: Points, decay: Decay) -> Self {
        Self { day: Day::of(date), points, decay }
    }
}

/// All that counts for a lead under one version of a model since one baseline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Engagement {
    /// By rule and date, one row for each.
    rows: Vec<Row>,
    adjustments: Vec<Adjustment>,
}

impl Engagement {
    /// From rows in any order; counts of the same rule and date add up. Adjustments keep their order, by which an
    /// explanation names them.
    pub fn new(mut rows: Vec<Row>, adjustments: Vec<Adjustment>) -> Self {
        rows.sort_unstable();
        rows.dedup_by(|next, kept| {
            let same = (next.rule, next.day) == (kept.rule, kept.day);
            if same {
                kept.count = kept.count.saturating_add(next.count);
            }
            same
        });
        Self { rows, adjustments }
    }

    /// One activity more of a rule on a local date. An activity that was acknowledged without effect is none (edge case
    /// 12): the table keeps no keys to know it by.
    pub fn add(&mut self, rule: RuleIndex, date: NaiveDate) {
        let day = Day::of(date);
        match self.rows.binary_search_by_key(&(rule, day), |row| (row.rule, row.day)) {
            Ok(at) => self.rows[at].count = self.rows[at].count.saturating_add(1),
            Err(at) => self.rows.insert(at, Row { rule, day, count: 1 }),
        }
    }

    /// One adjustment more.
    pub fn adjust(&mut self, adjustment: Adjustment) {
        self.adjustments.push(adjustment);
    }

    /// The table, by rule and date.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The first local date on which something counts.
    pub fn first_date(&self) -> Option<NaiveDate> {
        let rows = self.rows.iter().map(|row| row.day);
        rows.chain(self.adjustments.iter().map(|adjustment| adjustment.day)).min()?.date()
    }

    /// The adjustments, in the order in which they were given.
    pub fn adjustments(&self) -> &[Adjustment] {
        &self.adjustments
    }
}

/// A local date as a number of days, so that an age is a subtraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub(super) i32);

impl Day {
    pub(super) fn of(date: NaiveDate) -> Self {
        Self(date.num_days_from_ce())
    }

    /// None beyond the dates that chrono knows.
    pub(super) fn date(self) -> Option<NaiveDate> {
        NaiveDate::from_num_days_from_ce_opt(self.0)
    }

    /// The age on `self` of what happened on `earlier`; none if that is still to come.
    #[inline]
    pub(super) fn since(self, earlier: Self) -> Option<u32> {
        u32::try_from(self.0 - earlier.0).ok()
    }
}
