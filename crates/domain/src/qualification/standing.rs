//! Where a lead stands on a day: what the criteria, the model and the contract in effect say of its facts. Judged once for
//! the lead, as fit and behaviour know no product line, and asked for each of its tracks.
//!
//! A [`Case`] and an [`Explanation`] are both made here and of the same facts, so that what is decided and what is
//! explained cannot differ. Decides nothing, and loads nothing.

mod wait;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::calendar::Calendar;
use crate::criteria::{self, CriteriaSet};
use crate::explanation::{Explanation, Subject};
use crate::points::Points;
use crate::profile::{Catalogue, Profile};
use crate::promotion::{self, Behaviour, Case, Fitness, Ground, InEffect, Lack, Quota, Verdict};
use crate::qualification::record::{Lead, ProductLine, Track};
use crate::qualification::stage::Stage;
use crate::qualification::state::StageChange;
use crate::rates::Rates;
use crate::score::{Engagement, Scorer};

pub use wait::Wait;

/// What both sides have agreed on, as of the instant of the judgement.
#[derive(Debug, Clone, Copy)]
pub struct Agreed<'a> {
    /// The criteria for the lead's kind; of no account while that is unknown.
    pub criteria: InEffect<&'a CriteriaSet>,
    /// The scoring model.
    pub model: InEffect<&'a Scorer>,
    /// The contract.
    pub contract: InEffect<()>,
}

/// The facts about a lead that are judged.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The lead.
    pub lead: &'a Lead,
    /// Whether the person is known (R7).
    pub is_known: bool,
    /// What is known of it.
    pub profile: &'a Profile,
    /// What it did, as the model in effect counts it; of no account without one.
    pub engagement: &'a Engagement,
    /// When its latest activity on the model's fast track occurred.
    pub fast_track_at: Option<DateTime<Utc>>,
    /// What amounts are converted at.
    pub rates: &'a Rates,
}

/// Where one of the lead's tracks stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its stage.
    pub stage: Stage,
    /// Whether a handoff of it waits for sales.
    pub handoff_open: bool,
    /// The ground on which the lead is a candidate on it already.
    pub candidate: Option<Ground>,
    /// When it was last settled: [`Case::settled_at`].
    pub settled_at: Option<DateTime<Utc>>,
}

impl Place {
    /// That of a track; a line that the lead never entered is at LEAD.
    pub fn of(track: Option<&Track>) -> Self {
        Self {
            stage: track.map_or(Stage::Lead, |track| track.stage),
            handoff_open: track.is_some_and(|track| track.open_handoff.is_some()),
            candidate: track.and_then(|track| track.candidate),
            settled_at: None,
        }
    }

    /// Where a line stood at an instant of the past, by the history of the lead's stages in the order in which it was
    /// written. Its handoff waited as long as it was an MQL. Whether it was a candidate nobody kept: it is judged as one
    /// that has yet to become one.
    pub fn at(history: &[StageChange], line: &ProductLine, at: DateTime<Utc>) -> Self {
        let last = history.iter().rfind(|it| it.line == *line && it.occurred_at <= at);
        let stage = last.map_or(Stage::Lead, |last| last.to);
        Self { stage, handoff_open: stage == Stage::Mql, candidate: None, settled_at: None }
    }
}

/// A lead, judged by what is in effect.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    now: DateTime<Utc>,
    day: NaiveDate,
    agreed: Agreed<'a>,
    facts: Facts<'a>,
    fitness: InEffect<Fitness>,
    behaviour: InEffect<Behaviour>,
}

impl<'a> Standing<'a> {
    /// Judges the lead as of `now`, which lies on the local `day`. Copies nothing.
    pub fn of(now: DateTime<Utc>, day: NaiveDate, agreed: Agreed<'a>, facts: Facts<'a>) -> Self {
        let fitness = agreed.criteria.map(|set| {
            let (points, gates_hold) = criteria::decide(set, facts.profile, facts.rates, day);
            Fitness { points, gates_hold }
        });
        let behaviour = agreed.model.map(|scorer| Behaviour {
            points: scorer.behaviour(facts.engagement, day),
            thresholds: scorer.model().thresholds,
        });
        Self { now, day, agreed, facts, fitness, behaviour }
    }

    /// Its fit, if criteria for its kind are in effect.
    pub fn fitness(&self) -> InEffect<Fitness> {
        self.fitness
    }

    /// Its behaviour, if a model is in effect.
    pub fn behaviour(&self) -> InEffect<Behaviour> {
        self.behaviour
    }

    /// The case of one of its tracks, judged for something of the lead's own; whoever judges it because a model was
    /// published says so in [`Case::published`].
    pub fn case(&self, place: Place) -> Case {
        let Facts { lead, is_known, fast_track_at, .. } = self.facts;
        let Place { stage, handoff_open, candidate, settled_at } = place;
        Case {
            now: self.now,
            stage,
            handoff_open,
            candidate,
            fast_track_at,
            settled_at,
            published: None,
            is_known,
            kind: lead.kind,
            suppression: lead.suppression,
            cooldown_until: lead.cooldown_until,
            criteria: self.fitness,
            model: self.behaviour,
            contract: self.agreed.contract,
        }
    }

    /// The most that its behaviour comes to from now on, if nothing more happens; none without a model.
    pub fn ceiling(&self) -> Option<Points> {
        self.agreed.model.now().map(|scorer| scorer.ceiling(self.facts.engagement, self.day))
    }

    /// The first day on which time alone may make another verdict: the score crosses, or the fit changes.
    pub fn changes_on(&self, verdict: &Verdict) -> Option<NaiveDate> {
        let Facts { profile, rates, engagement, .. } = self.facts;
        let of_score = self.agreed.model.now().and_then(|scorer| {
            let points = scorer.behaviour(engagement, self.day);
            let crossing = verdict.crossing(scorer.model().thresholds, points)?;
            scorer.next_crossing(engagement, self.day, crossing)
        });
        // No fit helps whoever lacks behaviour: the day on which the score crosses is the one to look at both again.
        let lacks_behaviour = matches!(verdict, Verdict::NotACandidate { lacks } if lacks.iter().any(|lack| matches!(lack, Lack::Behaviour(_))));
        let set = self.agreed.criteria.now().filter(|_| !lacks_behaviour);
        let of_fit = set.and_then(|set| criteria::next_change(set, profile, rates, self.day));
        [of_score, of_fit].into_iter().flatten().min()
    }

    /// The criteria that stand in the way of becoming an MQL, by key.
    pub fn in_the_way(&self) -> Vec<String> {
        let Facts { profile, rates, .. } = self.facts;
        let Some(set) = self.agreed.criteria.now() else { return Vec::new() };
        let lines = criteria::evaluate(set, profile, rates, self.day).lines;
        lines.into_iter().filter(|line| line.blocks).map(|line| line.criterion).collect()
    }

    /// All that gives or takes points, without a personal value: what a digest is made of.
    pub fn contributions(&self) -> BTreeMap<String, String> {
        let Facts { profile, rates, engagement, .. } = self.facts;
        let mut lines = BTreeMap::new();
        if let Some(set) = self.agreed.criteria.now() {
            for line in criteria::evaluate(set, profile, rates, self.day).lines {
                lines.insert(
                    format!("criteria.{}", line.criterion),
                    format!("{} {}", line.answer, line.points),
                );
            }
        }
        if let Some(scorer) = self.agreed.model.now() {
            for (index, line) in scorer.explain(engagement, self.day).into_iter().enumerate() {
                lines.insert(format!("score.{index:04}.{}", line.subject.as_str()), line.points.to_string());
            }
        }
        lines
    }

    /// Why one of its tracks stands as it does, with these places for leads of a published model. It holds personal values.
    pub fn explain(
        &self,
        place: Place,
        catalogue: &Catalogue,
        (mut quota, calendar): (Quota, &Calendar),
    ) -> Explanation {
        let Self { day, facts: Facts { profile, rates, engagement, .. }, .. } = *self;
        let set = self.agreed.criteria.now();
        let fit = set.map(|set| criteria::evaluate(set, profile, rates, day));
        Explanation::of(&Subject {
            day,
            verdict: &promotion::decide(&self.case(place), &mut quota, calendar).verdict,
            handoff_open: place.handoff_open,
            fit: fit.as_ref(),
            fit_changes_on: set.and_then(|set| criteria::next_change(set, profile, rates, day)),
            catalogue,
            behaviour: self.agreed.model.now().map(|scorer| (scorer, engagement)),
        })
    }
}
