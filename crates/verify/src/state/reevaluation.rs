//! Re-evaluations: which must follow from the versions that took effect, how far each may have come, and the places of a day
//! that leads of a published model take. What becomes of the leads is judged where their events are.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use handoff_proto::qualification::v1::version_content::Content;
use handoff_proto::qualification::v1::{VersionContent, publish};
use handoff_store::error::StoreError;
use handoff_store::verify::Snapshot;
use handoff_store::verify::reevaluation::{ReevaluationRow, each_finding, each_reevaluation};
use prost::Message;
use uuid::Uuid;

use super::State;
use super::scoring::SUBJECT;
use crate::docket::Docket;
use crate::event::Event;
use crate::law::Law;

const LAW: Law = Law::Reevaluations;

/// That a version took effect, and what has to follow for the leads of then.
#[derive(Debug)]
pub(super) struct Effect {
    position: i64,
    recorded: DateTime<Utc>,
    demand: Demand,
}

#[derive(Debug, Clone, Copy)]
enum Demand {
    /// A re-evaluation of this mode.
    Mode(&'static str),
    /// None.
    Nothing,
    /// The log does not tell: something was said of the model in the very transaction that judged it.
    Either,
}

/// How a version of the scoring model says that it is published; none if it is no model.
fn published(content: &[u8]) -> Option<publish::Mode> {
    match VersionContent::decode(content).ok()?.content? {
        Content::ScoringModel(model) => model.publish?.mode,
        Content::CriteriaSet(_) => None,
    }
}

fn demand(mode: Option<publish::Mode>) -> Demand {
    match mode {
        Some(publish::Mode::Shadow(_)) => Demand::Mode("SHADOW"),
        Some(publish::Mode::CappedPerBusinessDay(_)) => Demand::Mode("CAPPED"),
        Some(publish::Mode::NewEventsOnly(_)) | None => Demand::Nothing,
    }
}

impl State {
    /// What follows from a version that an event puts in effect: a model says so itself, for criteria the one in effect does.
    pub(super) fn follows(&self, event: &Event, subject: &str, content: &[u8]) -> Effect {
        let demand = match subject {
            SUBJECT => demand(published(content)),
            _ if content.is_empty() => Demand::Nothing,
            _ if self.model_said == Some(event.recorded) => Demand::Either,
            _ => demand(self.model_at(event.recorded).and_then(|model| published(&model.content))),
        };
        Effect { position: event.position, recorded: event.recorded, demand }
    }

    /// A lead became an MQL because a model was published: it takes a place of its date.
    pub(super) fn place_taken(&mut self, event: &Event, docket: &mut Docket) -> Option<()> {
        let most = self.places(event.occurred);
        let tenant = self.tenant.as_mut()?;
        let zone: Tz = tenant.time_zone.parse().ok()?;
        let date = Some(event.occurred.with_timezone(&zone).date_naive());
        let before = tenant.published.filter(|_| tenant.published_on == date).unwrap_or_default();
        (tenant.published_on, tenant.published) = (date, Some(before + 1));
        docket.checked(LAW, 1);
        if before >= most {
            let place = format_args!("qualification position {}", event.position);
            docket.violated(LAW, place, format_args!("at most {most} hand-overs on the date"), before + 1);
        }
        Some(())
    }

    /// How many places a date has at an instant: what the last model said that was published with some.
    fn places(&self, at: DateTime<Utc>) -> i32 {
        let versions = self.versions.iter().filter(|((of, _), _)| of == SUBJECT);
        let begun = versions.filter(|(_, version)| version.from.is_some_and(|from| from <= at));
        let capped = begun.filter_map(|((_, number), version)| match published(&version.content)? {
            publish::Mode::CappedPerBusinessDay(most) => Some((*number, most)),
            _ => None,
        });
        capped.max().map_or(0, |(_, most)| most)
    }
}

/// What a re-evaluation found.
#[derive(Debug, Default)]
struct Found {
    open: usize,
    applied: usize,
}

/// Compares them; says whether one is under way.
pub(super) async fn rows(
    snapshot: &mut Snapshot,
    state: &State,
    docket: &mut Docket,
) -> Result<bool, StoreError> {
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let mut found: HashMap<(String, i32), Found> = HashMap::new();
    each_finding(snapshot.tx(), tenant, |row| {
        docket.checked(LAW, 1);
        if !state.leads.contains_key(&row.lead_id) {
            let place = format_args!("{}/versions/{}, lead {}", row.subject, row.number, row.lead_id);
            docket.violated(LAW, place, "a lead that the log knows", "none");
        }
        let found = found.entry((row.subject, row.number)).or_default();
        if row.is_applied { found.applied += 1 } else { found.open += 1 }
    })
    .await?;
    let mut rows = BTreeMap::new();
    each_reevaluation(snapshot.tx(), tenant, |row| {
        rows.insert((row.subject.clone(), row.number), row);
    })
    .await?;

    let mut leads: Vec<Uuid> = state.leads.keys().copied().collect();
    leads.sort_unstable();
    for (key, row) in &rows {
        docket.checked(LAW, 1);
        let place = format!("{}/versions/{}/reevaluation", row.subject, row.number);
        of_its_version(state, row, &place, docket);
        counts(&leads, row, &place, docket);
        judgements(row, found.get(key).unwrap_or(&Found::default()), &place, docket);
    }
    let under_way = rows.values().filter(|row| is_under_way(row)).count();
    if under_way > 1 {
        docket.violated(LAW, "re-evaluations under way", "one at most", under_way);
    }
    none_is_missing(state, &rows, docket);
    docket.took(LAW, start);
    Ok(under_way > 0)
}

fn is_under_way(row: &ReevaluationRow) -> bool {
    matches!(row.state.as_str(), "EVALUATING" | "APPLYING")
}

/// It began when its version took effect, and does what was published.
fn of_its_version(state: &State, row: &ReevaluationRow, place: &str, docket: &mut Docket) {
    let version = state.versions.get(&(row.subject.clone(), row.number));
    let Some((version, effect)) = version.and_then(|it| Some((it, it.effect.as_ref()?))) else {
        return docket.violated(LAW, place, "of a version that took effect", "of none");
    };
    docket.equal(LAW, format_args!("{place}, effective_from"), &version.from, &Some(row.effective_from));
    docket.equal(LAW, format_args!("{place}, begun_at"), &effect.recorded, &row.begun_at);
    match effect.demand {
        Demand::Mode(mode) => docket.equal(LAW, format_args!("{place}, mode"), &mode, &row.mode.as_str()),
        Demand::Nothing => {
            docket.violated(LAW, place, "none, leads wait for something of their own", "one");
        }
        Demand::Either => {}
    }
}

/// It looks at one lead after the other, and ends when it has seen all that there were; more may have come meanwhile.
fn counts(leads: &[Uuid], row: &ReevaluationRow, place: &str, docket: &mut Docket) {
    let evaluated = row.leads_evaluated;
    let passed = match row.last_lead_id {
        None => 0,
        Some(last) => match leads.binary_search(&last) {
            Ok(index) => index + 1,
            Err(_) => return docket.violated(LAW, place, "a lead that the log knows as the last", last),
        },
    };
    if usize::try_from(evaluated).is_ok_and(|evaluated| evaluated > passed) {
        docket.violated(LAW, place, format_args!("at most {passed} leads up to the last"), evaluated);
    }
    docket.equal(LAW, format_args!("{place}, any lead"), &(evaluated > 0), &row.last_lead_id.is_some());
    docket.equal(LAW, format_args!("{place}, counted"), &(evaluated > 0), &row.leads_total.is_some());
    let total = row.leads_total.unwrap_or_default();
    let is_complete = matches!(row.state.as_str(), "APPLYING" | "DONE");
    if is_complete && evaluated < total {
        docket.violated(LAW, place, format_args!("all {total} leads"), evaluated);
    }
    if usize::try_from(total).is_ok_and(|total| total > leads.len()) {
        docket.violated(LAW, place, format_args!("at most {} leads", leads.len()), total);
    }
    if row.ended_at.is_some_and(|ended| ended < row.begun_at) {
        docket.violated(LAW, place, "an end after the beginning", "one before it");
    }
}

/// Only what is published with places has leads judged, after all were looked at and before it is done.
fn judgements(row: &ReevaluationRow, found: &Found, place: &str, docket: &mut Docket) {
    if found.applied > 0 && (row.mode == "SHADOW" || row.state == "EVALUATING") {
        docket.violated(LAW, place, "no lead judged for it", found.applied);
    }
    if found.open > 0 && row.mode == "CAPPED" && row.state == "DONE" {
        docket.violated(LAW, place, "all judged that change", format_args!("{} are not", found.open));
    }
}

/// Since the first one, whatever takes effect has its own. Versions from before were put in effect by a build that knew of
/// none.
fn none_is_missing(state: &State, rows: &BTreeMap<(String, i32), ReevaluationRow>, docket: &mut Docket) {
    let effect = |key| state.versions.get(key).and_then(|version| version.effect.as_ref());
    let Some(first) = rows.keys().filter_map(effect).map(|effect| effect.position).min() else { return };
    for ((subject, number), version) in &state.versions {
        let Some(effect) = version.effect.as_ref().filter(|effect| effect.position > first) else { continue };
        let is_there = rows.contains_key(&(subject.clone(), *number));
        if matches!(effect.demand, Demand::Mode(_)) && !is_there {
            let place = format_args!("{subject}/versions/{number}/reevaluation");
            docket.violated(LAW, place, "a row", "none");
        }
    }
}
