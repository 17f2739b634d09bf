//! Scores beside the log: what people did to them row by row, and what was counted beside a count of the activities.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use chrono::{DateTime, NaiveDate, Utc};
use handoff_store::error::StoreError;
use handoff_store::verify::Snapshot;
use handoff_store::verify::score::{self, DeedRow, ScoreRow};
use uuid::Uuid;

use super::appended::judge;
use crate::docket::Docket;
use crate::law::Law;
use crate::state::State;
use crate::state::routing;
use crate::state::scoring::Model;
use crate::state::version::Version;
use crate::word::Tally;

const COUNTED: Law = Law::ScoresEngagement;

/// Adjustments and baselines.
pub(super) async fn by_hand_rows(
    snapshot: &mut Snapshot,
    state: &State,
    docket: &mut Docket,
) -> Result<(), StoreError> {
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let mut tallies: HashMap<Uuid, Tally> = HashMap::new();
    score::each_adjustment(snapshot.tx(), tenant, |row| tallies.entry(row.lead_id).or_default().add(&row))
        .await?;
    judge(Law::StateScores, "adjustments", state, &tallies, |lead| lead.by_hand.adjustments, docket);
    tallies.clear();
    score::each_baseline(snapshot.tx(), tenant, |row| tallies.entry(row.lead_id).or_default().add(&row))
        .await?;
    judge(Law::StateScores, "baselines", state, &tallies, |lead| lead.by_hand.baselines, docket);
    docket.took(Law::StateScores, start);
    Ok(())
}

/// Scores with what was counted for them, and when something is to be done next.
pub(super) async fn score_rows(
    snapshot: &mut Snapshot,
    state: &State,
    reevaluates: bool,
    docket: &mut Docket,
) -> Result<(), StoreError> {
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let mut counting = Counting::new(state);
    score::each_score(snapshot.tx(), tenant, |row| counting.remember(row)).await?;
    let leads_due = counting.scores.values().filter_map(|score| score.due_at);
    let first = leads_due.chain(state.versions.values().filter_map(Version::scheduled)).min();
    score::each_deed(snapshot.tx(), tenant, |row| counting.next(&row, docket)).await?;
    counting.end(docket);
    docket.took(COUNTED, start);

    let start = Instant::now();
    let first = first.into_iter().chain(routing::first_due(snapshot, state).await?).min();
    let (next_at, is_under_way) = score::due_time(snapshot.tx(), tenant).await?.unwrap_or_default();
    docket.checked(Law::ScoresDue, 1);
    docket.equal(Law::ScoresDue, "due_time, next_at", &first, &next_at);
    docket.equal(Law::ScoresDue, "due_time, reevaluates", &reevaluates, &is_under_way);
    docket.took(Law::ScoresDue, start);
    Ok(())
}

/// What a rule counts of a lead's local date: at least, at most, and as the table has it.
#[derive(Debug, Default)]
struct Count {
    least: i32,
    most: i32,
    found: i32,
}

/// What is known of the lead that is passing.
#[derive(Debug, Default)]
struct Passing {
    counts: BTreeMap<(i16, NaiveDate), Count>,
    /// When the latest on the fast track occurred: of those that its model has seen, and of those that it may have.
    fast_track_at: [Option<DateTime<Utc>>; 2],
}

/// The leads on their way past.
struct Counting<'a> {
    state: &'a State,
    scores: HashMap<Uuid, ScoreRow>,
    /// By number; none where there is no such model.
    models: HashMap<i32, Option<Model>>,
    passing: Option<(Uuid, Passing)>,
    /// People of several leads, by the one that goes on: what any of them did is counted for it.
    people: BTreeMap<Uuid, Passing>,
}

impl<'a> Counting<'a> {
    fn new(state: &'a State) -> Self {
        Self { state, scores: HashMap::new(), models: HashMap::new(), passing: None, people: BTreeMap::new() }
    }

    fn remember(&mut self, score: ScoreRow) {
        if let Some(number) = score.model_version {
            self.models.entry(number).or_insert_with(|| self.state.model(number));
        }
        self.scores.insert(score.lead_id, score);
    }

    /// The model that a lead is counted by, and from when on.
    fn counted_by(&self, score: Option<&ScoreRow>) -> Option<(&Model, Option<DateTime<Utc>>)> {
        let score = score.filter(|score| score.is_counted)?;
        let model = self.models.get(&score.model_version?)?.as_ref()?;
        self.state.leads.get(&score.lead_id)?;
        let members = self.state.members(score.lead_id);
        let baselines = members.iter().filter_map(|it| self.state.leads.get(it)?.by_hand.since(model.until));
        Some((model, baselines.max()))
    }

    /// A row of a lead that is one person with others.
    fn next_of_person(&mut self, person: Uuid, row: &DeedRow) {
        let mut passing = self.people.remove(&person).unwrap_or_default();
        match (row.rule, row.count) {
            // What was counted of a lead before it was merged is of no account any more.
            (Some(_), Some(_)) if row.lead_id != person => {}
            (Some(rule), Some(count)) => {
                passing.counts.entry((rule, row.local_date)).or_default().found += count;
            }
            _ => {
                if let Some((model, since)) = self.counted_by(self.scores.get(&person)) {
                    passing.did(row, model, since);
                }
            }
        }
        self.people.insert(person, passing);
    }

    fn next(&mut self, row: &DeedRow, docket: &mut Docket) {
        let person = self.state.survivor(row.lead_id);
        if self.state.members(person).len() > 1 {
            return self.next_of_person(person, row);
        }
        if self.passing.as_ref().is_none_or(|(lead, _)| *lead != row.lead_id) {
            self.settle(docket);
        }
        let (_, mut passing) = self.passing.take().unwrap_or_else(|| (row.lead_id, Passing::default()));
        if let (Some(rule), Some(count)) = (row.rule, row.count) {
            passing.counts.entry((rule, row.local_date)).or_default().found += count;
        } else if let Some((model, since)) = self.counted_by(self.scores.get(&row.lead_id)) {
            passing.did(row, model, since);
        }
        self.passing = Some((row.lead_id, passing));
    }

    /// Judges the lead that has passed.
    fn settle(&mut self, docket: &mut Docket) {
        if let Some((lead, passing)) = self.passing.take() {
            let score = self.scores.remove(&lead);
            self.judge(lead, score.as_ref(), &passing, docket);
        }
    }

    /// Judges the last lead, and those that did nothing and of whom nothing was counted.
    fn end(&mut self, docket: &mut Docket) {
        self.settle(docket);
        for (person, passing) in std::mem::take(&mut self.people) {
            let score = self.scores.remove(&person);
            self.judge(person, score.as_ref(), &passing, docket);
        }
        let scores = std::mem::take(&mut self.scores);
        for (lead, score) in scores.into_iter().filter(|(lead, _)| self.state.survivor(*lead) == *lead) {
            self.judge(lead, Some(&score), &Passing::default(), docket);
        }
    }

    fn judge(&self, lead: Uuid, score: Option<&ScoreRow>, passing: &Passing, docket: &mut Docket) {
        let place = format!("lead {lead}");
        docket.checked(COUNTED, 1);
        let Some(score) = score else {
            // Nobody has judged it.
            let rows = passing.counts.values().filter(|count| count.found > 0).count();
            return docket.equal(COUNTED, format_args!("{place}, rows of a lead without a score"), &0, &rows);
        };
        if !score.is_counted {
            // It is counted anew when it is judged; what is left of an earlier count is of no account.
            return;
        }
        let Some((_, since)) = self.counted_by(Some(score)) else {
            let (demanded, found) = ("a lead, and a model that is or was in effect", score.model_version);
            return docket.violated(COUNTED, place, demanded, format_args!("{found:?}"));
        };
        docket.equal(COUNTED, format_args!("{place}, since"), &since, &score.since);
        if !passing.fast_track_at.contains(&score.fast_track_at) {
            let [expected, _] = passing.fast_track_at;
            docket.equal(COUNTED, format_args!("{place}, fast_track_at"), &expected, &score.fast_track_at);
        }
        for ((rule, date), Count { least, most, found }) in &passing.counts {
            if !(least..=most).contains(&found) {
                let place = format_args!("{place}, rule {rule} on {date}");
                docket.violated(COUNTED, place, format_args!("{least} to {most}"), found);
            }
        }
    }
}

impl Passing {
    /// Counts what the lead did.
    fn did(&mut self, row: &DeedRow, model: &Model, since: Option<DateTime<Utc>>) {
        let (Some(kind), Some(occurred), Some(recorded)) = (&row.kind, row.occurred_at, row.recorded_at)
        else {
            return;
        };
        if recorded > model.until {
            // A later version will count it.
            return;
        }
        // What was recorded as the next version took effect came before or after that.
        let is_seen = recorded < model.until;
        if model.is_fast_track(kind) {
            let [seen, maybe] = &mut self.fast_track_at;
            *maybe = (*maybe).max(Some(occurred));
            if is_seen {
                *seen = (*seen).max(Some(occurred));
            }
        }
        if since.is_some_and(|since| occurred < since) {
            return;
        }
        for (rule, is_certain) in model.counting(kind) {
            let count = self.counts.entry((rule, row.local_date)).or_default();
            count.most += 1;
            count.least += i32::from(is_certain && is_seen);
        }
    }
}
