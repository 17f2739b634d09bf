//! Scores of leads while a batch is decided: what an activity is counted for, which leads have to be judged, and what was
//! counted. They follow the facts by the model in effect and are no part of [`super::Records`]: the log knows nothing of
//! them.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::id::LeadId;
use crate::points::Points;
use crate::qualification::event::{ActivityRecorded, Event};
use crate::qualification::record::LeadScore;
use crate::qualification::rulebook::{Rulebook, Term};
use crate::qualification::stage::Stage;
use crate::qualification::state::State;
use crate::score::{Engagement, Recount, Scorer};

/// What leads are judged by at the instant of a batch.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    book: Arc<Rulebook>,
    now: DateTime<Utc>,
}

impl Rules {
    /// The scoring model in effect.
    fn model(&self) -> Option<&Term<Scorer>> {
        self.book.model(self.now).now()
    }
}

/// How a lead stands after it was judged: until when nothing has to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// Which.
    pub lead: LeadId,
    /// The most that its behaviour comes to, where that matters.
    pub ceiling: Option<Points>,
    /// Whether it is a candidate.
    pub is_candidate: bool,
    /// When it is judged next by time alone.
    pub due_at: Option<DateTime<Utc>>,
}

impl State {
    /// Puts in what leads are judged by, and settles what of it is in effect at `now`.
    pub fn put_rules(&mut self, book: Arc<Rulebook>, now: DateTime<Utc>) {
        self.rules = Rules { book, now };
    }

    /// What leads are judged by.
    pub fn rulebook(&self) -> &Arc<Rulebook> {
        &self.rules.book
    }

    /// The scoring model in effect.
    pub fn model(&self) -> Option<&Term<Scorer>> {
        self.rules.model()
    }

    /// Puts in the score of a lead.
    pub fn put_score(&mut self, score: LeadScore) {
        self.scores.insert(score.lead, score);
    }

    /// The score of a lead, if it was ever judged or has to be.
    pub fn score(&self, lead: LeadId) -> Option<&LeadScore> {
        self.scores.get(&lead)
    }

    /// Whether the time has come to judge a lead.
    pub fn is_due(&self, lead: LeadId) -> bool {
        self.score(lead).and_then(|score| score.due_at).is_some_and(|at| at <= self.rules.now)
    }

    /// Whether the engagement table holds what the lead did, as the model in effect counts it.
    pub fn is_counted(&self, lead: LeadId) -> bool {
        let model = self.model().map(|model| model.number);
        self.score(lead).is_some_and(|score| score.is_counted && score.model == model && model.is_some())
    }

    /// Puts in what the engagement table holds of a lead.
    pub fn put_engagement(&mut self, lead: LeadId, engagement: Engagement) {
        self.engagements.insert(lead, engagement);
    }

    /// Puts in what a lead did, counted by the model in effect from all its activities, in place of what its engagement
    /// table holds; what occurred before `since` counts nothing. Without a model there is nothing to count.
    pub fn put_recount(&mut self, lead: LeadId, recount: Recount<'_>, since: Option<DateTime<Utc>>) {
        let Some(model) = self.rules.model().map(|model| model.number) else { return };
        let (engagement, fast_track_at) = recount.end();
        let score = self.scores.entry(lead).or_insert_with(|| LeadScore::new(lead));
        (score.model, score.is_counted) = (Some(model), true);
        (score.since, score.fast_track_at) = (since, fast_track_at);
        // From where on more of it matters is known only once it is judged, whoever wanted to know what it did.
        self.changes.due |= score.due(self.rules.now);
        self.engagements.insert(lead, engagement);
        self.changes.recounted.insert(lead);
        self.changes.scores.insert(lead);
    }

    /// What a lead did, as far as it was counted and loaded.
    pub fn engagement(&self, lead: LeadId) -> Option<&Engagement> {
        self.engagements.get(&lead)
    }

    /// Notes how a lead stands that was judged.
    pub fn watch(&mut self, watch: &Watch) {
        let Some(score) = self.scores.get_mut(&watch.lead) else { return };
        let Watch { ceiling, is_candidate, due_at, .. } = *watch;
        self.changes.due |= score.due_at != due_at;
        (score.ceiling, score.is_candidate, score.due_at) = (ceiling, is_candidate, due_at);
        self.changes.scores.insert(watch.lead);
    }

    /// Counts an activity: O(1), whatever the lead did before. A lead that was not judged by the model in effect is
    /// counted from the beginning when it is judged.
    pub(super) fn count_activity(&mut self, event: &ActivityRecorded, now: DateTime<Utc>) {
        let Some(model) = self.rules.model() else { return };
        let lead = self.survivor(event.lead);
        if event.imported && !self.scores.contains_key(&lead) {
            // History makes no MQLs: the lead is counted and judged when something of its own happens.
            return;
        }
        let scorer = &model.says;
        let score = self.scores.entry(lead).or_insert_with(|| LeadScore::new(lead));
        self.changes.scores.insert(lead);
        if score.model != Some(model.number) {
            if !event.imported {
                self.changes.due |= score.due(now);
            }
            return;
        }
        let is_fast = scorer.is_fast_track(&event.kind);
        if is_fast {
            score.fast_track_at = score.fast_track_at.max(Some(event.occurred_at));
        }
        let counts = score.since.is_none_or(|since| event.occurred_at >= since);
        let mut is_any = false;
        if counts {
            let rate = |from, to| self.rules.book.rates.on(from, to, event.local_date);
            for rule in scorer.counting(&event.kind, &event.person.attributes, &rate) {
                is_any = true;
                let points = scorer.rule(rule).map_or(Points::ZERO, |rule| rule.points);
                score.ceiling = score.ceiling.map(|ceiling| ceiling + points.max(Points::ZERO));
                if !score.is_counted {
                    continue;
                }
                if let Some(engagement) = self.engagements.get_mut(&lead) {
                    engagement.add(rule, event.local_date);
                }
                if !self.changes.recounted.contains(&lead) {
                    *self.changes.counts.entry((lead, rule, event.local_date)).or_default() += 1;
                }
            }
        }
        let reaches = score.ceiling.is_some_and(|ceiling| ceiling >= scorer.model().thresholds.up);
        if !event.imported && (is_fast || is_any && (reaches || score.is_candidate)) {
            self.changes.due |= score.due(now);
        }
    }

    /// Has leads judged that something happened to by which they may become an MQL, or cease to be a candidate.
    pub(super) fn mark_due(&mut self, event: &Event, now: DateTime<Utc>) {
        let (Some(model), Some(lead)) = (self.rules.model(), event.lead()) else { return };
        if let Event::LeadCaptured(event) = event
            && !event.imported
        {
            let day = now.with_timezone(&self.rules.book.calendar.definition().time_zone).date_naive();
            let ceiling = model.says.ceiling(&Engagement::default(), day);
            // One that did nothing is judged only where nothing has to be done.
            let due_at = (ceiling >= model.says.model().thresholds.up).then_some(now);
            self.changes.due |= due_at.is_some();
            self.scores.insert(lead, LeadScore { due_at, ..LeadScore::unmoved(lead, model.number, ceiling) });
            self.changes.scores.insert(lead);
        }
        let lead = self.survivor(lead);
        if concerns_standing(event) {
            let score = self.scores.entry(lead).or_insert_with(|| LeadScore::new(lead));
            self.changes.due |= score.due(now);
            self.changes.scores.insert(lead);
        }
    }

    /// The lead's behaviour is counted anew when it is judged, and it is judged soon.
    pub(super) fn count_anew(&mut self, lead: LeadId, now: DateTime<Utc>) {
        let lead = self.survivor(lead);
        if let Some(score) = self.scores.get_mut(&lead) {
            score.is_counted = false;
            score.model = None;
            self.changes.due |= score.due(now);
            self.engagements.remove(&lead);
            self.changes.scores.insert(lead);
        }
    }
}

/// Whether an event may change what becomes of its lead. Activities say so by what they count.
fn concerns_standing(event: &Event) -> bool {
    match event {
        Event::LeadAttributesChanged(event) => !event.imported,
        Event::SuppressionChanged(event) => !event.imported,
        Event::ManualScoreAdjusted(_) => true,
        Event::LeadNurtured(event) => !event.imported,
        Event::SqlReturned(event) => !event.imported && event.step.to == Stage::Nurture,
        Event::NewInterest(event) => !event.imported,
        Event::HandoffRejected(event) => !event.imported && event.step.to == Stage::Nurture,
        Event::HandoffWithdrawn(event) => !event.imported && event.step.to == Stage::Nurture,
        Event::OpportunityLost(event) => {
            !event.imported && event.step.as_ref().is_some_and(|step| step.to == Stage::Nurture)
        }
        _ => false,
    }
}
