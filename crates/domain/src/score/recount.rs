//! An engagement made anew from what a lead did: what the table that is kept as activities come in must be equal to, and
//! what an explanation is made of, so that it can never be that of a table that went wrong.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::baseline::Baseline;
use super::engagement::{Adjustment, Engagement};
use super::scorer::Scorer;
use crate::rates::Rates;

/// What people did to a lead's score.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ByHand {
    /// Points that were given or taken, each with its instant, in the order in which they were.
    pub adjustments: Vec<(DateTime<Utc>, Adjustment)>,
    /// From when on its behaviour is counted anew, in order of time.
    pub baselines: Vec<Baseline>,
}

impl ByHand {
    /// What was done to any of these, as if they were one.
    pub fn of_all<'a>(each: impl Iterator<Item = &'a Self>) -> Self {
        let mut all = Self::default();
        for one in each {
            all.adjustments.extend(&one.adjustments);
            all.baselines.extend(&one.baselines);
        }
        all.adjustments.sort_by_key(|(at, _)| *at);
        all.baselines.sort_by_key(|baseline| baseline.at);
        all
    }

    /// From when on what occurs counts: the latest baseline.
    pub fn since(&self) -> Option<DateTime<Utc>> {
        self.baselines.last().map(|baseline| baseline.at)
    }

    /// The latest baseline as the end of a local day found it: what makes the score of the day occurred then or later.
    pub fn since_on(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        let before = usize::try_from(Baseline::number_on(&self.baselines, day)).ok()?.checked_sub(1)?;
        self.baselines.get(before).map(|baseline| baseline.at)
    }

    /// The adjustments since the latest baseline.
    pub fn counting(&self) -> Vec<Adjustment> {
        let since = self.since();
        let counts = self.adjustments.iter().filter(|(at, _)| since.is_none_or(|since| *at >= since));
        counts.map(|(_, adjustment)| *adjustment).collect()
    }
}

/// A count that is under way.
#[derive(Debug, Clone)]
pub struct Recount<'a> {
    scorer: &'a Scorer,
    rates: &'a Rates,
    baselines: &'a [Baseline],
    /// The stretch between two baselines that makes the score.
    stretch: u32,
    engagement: Engagement,
    fast_track_at: Option<DateTime<Utc>>,
}

impl<'a> Recount<'a> {
    /// Nothing yet of what makes the score of a local day.
    pub fn new(scorer: &'a Scorer, rates: &'a Rates, by_hand: &'a ByHand, day: NaiveDate) -> Self {
        let ByHand { adjustments, baselines } = by_hand;
        let stretch = Baseline::number_on(baselines, day);
        let counts = adjustments.iter().filter(|(at, _)| Baseline::number_at(baselines, *at) == stretch);
        let engagement = Engagement::new(Vec::new(), counts.map(|(_, adjustment)| *adjustment).collect());
        Self { scorer, rates, baselines, stretch, engagement, fast_track_at: None }
    }

    /// The types of activities that count for anything: others need not be added.
    pub fn kinds(&self) -> BTreeSet<&'a str> {
        self.scorer.kinds()
    }

    /// Counts an activity, in any order. Amounts among its properties are converted at the rates of its date.
    pub fn add(
        &mut self,
        kind: &str,
        properties: &BTreeMap<String, String>,
        occurred_at: DateTime<Utc>,
        local_date: NaiveDate,
    ) {
        // A baseline takes a score back to nothing; whether the fast track is still open is for the track to say.
        if self.scorer.is_fast_track(kind) {
            self.fast_track_at = self.fast_track_at.max(Some(occurred_at));
        }
        if Baseline::number_at(self.baselines, occurred_at) == self.stretch {
            let (scorer, rates) = (self.scorer, self.rates);
            for rule in scorer.counting(kind, properties, &|from, to| rates.on(from, to, local_date)) {
                self.engagement.add(rule, local_date);
            }
        }
    }

    /// What counts, and when the latest activity on the fast track occurred.
    pub fn end(self) -> (Engagement, Option<DateTime<Utc>>) {
        (self.engagement, self.fast_track_at)
    }
}
