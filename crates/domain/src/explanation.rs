//! All that there is to say of a lead on a day, as a salesperson reads it: what becomes of it and why, what is missing,
//! what will change by time alone, then the fit criterion by criterion and the behaviour rule by rule.
//!
//! Nothing is decided or counted here: it puts into words and in order what criteria, score and promotion say, and its
//! lines add up exactly to theirs. It holds personal values, as the lines of a fit do: it is shown to whoever may see the
//! lead, and is neither logged nor kept.

mod headline;
mod score;

use chrono::NaiveDate;

use crate::criteria::Fit;
use crate::points::Points;
use crate::profile::{AttributeKey, Catalogue};
use crate::promotion::Verdict;
use crate::score::{Crossing, Engagement, Scorer};

pub use score::{DayLine, ScoreLine};

/// What is to be explained.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The local day.
    pub day: NaiveDate,
    /// What becomes of the lead.
    pub verdict: &'a Verdict,
    /// Whether its handoff waits for sales, so that nothing becomes of it until that is decided.
    pub handoff_open: bool,
    /// Its fit on the day, if criteria of its kind are in effect.
    pub fit: Option<&'a Fit>,
    /// On which day the fit may change by time alone: [`crate::criteria::next_change`].
    pub fit_changes_on: Option<NaiveDate>,
    /// What attributes are called.
    pub catalogue: &'a Catalogue,
    /// The model in effect and what the lead did, if one is.
    pub behaviour: Option<(&'a Scorer, &'a Engagement)>,
}

/// What there is to say, in the order in which it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The day of it.
    pub day: NaiveDate,
    /// What becomes of the lead.
    pub verdict: Verdict,
    /// The same in a sentence.
    pub headline: String,
    /// What is missing to become a candidate, and what nobody knows of the lead.
    pub missing: Vec<Missing>,
    /// What will change by time alone, the earliest first.
    pub outlook: Vec<Outlook>,
    /// The fit, if there is one to tell of: its lines are those of the criteria, in their order.
    pub fit: Option<Fit>,
    /// The behaviour, if there is one to tell of.
    pub behaviour: Option<Score>,
}

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// A criterion that stands in the way.
    Gate {
        /// Its key.
        criterion: String,
        /// What people call it.
        label: String,
    },
    /// So many points of fit.
    Fit(Points),
    /// So many points of behaviour.
    Behaviour(Points),
    /// An attribute that nobody knows, or not well enough for its criteria.
    Attribute {
        /// The attribute.
        key: AttributeKey,
        /// What people call it.
        label: String,
    },
}

/// What will change by time alone, if nothing else happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlook {
    /// On which local day.
    pub day: NaiveDate,
    /// What.
    pub change: Change,
}

/// What changes by time alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The behaviour crosses a threshold.
    Behaviour(Crossing),
    /// The fit may be another one: a value is no longer fresh, or a rate begins to count.
    Fit,
}

/// The behaviour score and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// The sum of the lines.
    pub points: Points,
    /// From how many points on a lead is a candidate.
    pub up: Points,
    /// Under how many it is none any more.
    pub down: Points,
    /// What gives and takes points. Rules by how much they do, each followed by its own limit, then adjustments, then
    /// the limits of groups and of the whole.
    pub lines: Vec<ScoreLine>,
}

impl Explanation {
    /// Explains.
    pub fn of(subject: &Subject<'_>) -> Self {
        let Subject { day, verdict, fit, behaviour, .. } = *subject;
        Self {
            day,
            verdict: verdict.clone(),
            headline: headline::headline(subject),
            missing: headline::missing(subject),
            outlook: outlook(subject),
            fit: fit.cloned(),
            behaviour: behaviour.map(|(scorer, engagement)| Score::of(scorer, engagement, day)),
        }
    }
}

fn outlook(subject: &Subject<'_>) -> Vec<Outlook> {
    let of_score = subject.behaviour.and_then(|(scorer, engagement)| {
        let crossing =
            subject.verdict.crossing(scorer.model().thresholds, scorer.behaviour(engagement, subject.day))?;
        let day = scorer.next_crossing(engagement, subject.day, crossing)?;
        Some(Outlook { day, change: Change::Behaviour(crossing) })
    });
    let of_fit = subject.fit_changes_on.map(|day| Outlook { day, change: Change::Fit });
    let mut outlook: Vec<Outlook> = of_score.into_iter().chain(of_fit).collect();
    outlook.sort_by_key(|change| change.day);
    outlook
}
