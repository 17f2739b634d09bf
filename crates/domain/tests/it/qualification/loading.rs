//! Loading in rounds: what `needs` and `missing` ask for is all that a decision looks at. The loader here stands for
//! the store and reads from a full state.

use std::sync::Arc;

use chrono::TimeDelta;
use handoff_domain::actor::Actor;
use handoff_domain::id::LeadId;
use handoff_domain::profile::Catalogue;
use handoff_domain::qualification::command::{Command, JudgeCause, JudgeLead, LeadRef, RecordActivity};
use handoff_domain::qualification::record::{Content, LeadScore};
use handoff_domain::qualification::rulebook::Rulebook;
use handoff_domain::qualification::state::State;
use handoff_domain::qualification::{Keys, needs};
use handoff_domain::rates::Rates;
use handoff_domain::version::{Subject, VersionState};
use uuid::Uuid;

use super::world::{World, accept, ada, at, capture};
use crate::score::model;

/// A state with what `command` needs and nothing else, and the number of rounds it took.
pub(super) fn load(full: &State, command: &Command, actor: &Actor) -> (State, usize) {
    let mut part = State::new(full.tenant_id(), full.position());
    full.tenant().cloned().into_iter().for_each(|tenant| part.put_tenant(tenant));
    if full.has_plan() {
        put_roster(full, &mut part);
    }
    let wanted = needs(command, actor);
    let mut rounds = 0;
    loop {
        let missing = part.missing(&wanted);
        if missing.is_empty() {
            return (part, rounds);
        }
        rounds += 1;
        round(full, &mut part, &missing);
        part.loaded(missing);
    }
}

fn put_roster(full: &State, part: &mut State) {
    let roster = full.roster().expect("a full state has one");
    part.put_roster(Arc::clone(roster), Arc::clone(full.desk()));
}

fn round(full: &State, part: &mut State, missing: &Keys) {
    if missing.roster_anyway {
        put_roster(full, part);
    }
    if missing.cursor {
        part.put_cursor(full.cursor());
    }
    for page in &missing.pages {
        part.put_page(page.clone(), super::routing::page(full, page));
    }
    for dossier in missing.leads.iter().filter_map(|lead| full.dossier(*lead)) {
        part.put_dossier(dossier.clone());
    }
    for lead in missing.present.iter().filter(|lead| full.is_there(**lead)) {
        if full.survivor(*lead) == *lead {
            part.put_present(*lead);
        } else {
            part.put_absorbed(*lead);
        }
    }
    for id in &missing.external_ids {
        full.lead_with_external_id(id).into_iter().for_each(|lead| part.point_external_id(id.clone(), lead));
    }
    for (system, id) in &missing.record_ids {
        let lead = full.lead_with_record_id(system, id);
        lead.into_iter().for_each(|lead| part.point_record_id(system.clone(), id.clone(), lead));
    }
    for email in &missing.emails {
        full.lead_with_email(email).into_iter().for_each(|lead| part.point_email(email.clone(), lead));
    }
    for number in &missing.phones {
        full.leads_with_number(number).for_each(|lead| part.point_phone(number.clone(), lead));
    }
    for handoff in missing.handoffs.iter().filter_map(|handoff| full.handoff(*handoff)) {
        part.point_handoff(handoff.id, handoff.lead);
    }
    for team in missing.teams.iter().filter_map(|slug| full.team(slug)) {
        part.put_team(team.clone());
    }
    let owners = missing.owners.iter().filter_map(|id| full.user_by_id(*id));
    for user in missing.users.iter().filter_map(|slug| full.user(slug)).chain(owners) {
        part.put_user(user.clone());
    }
    let records = full.records();
    if let Some(catalogue) = records.catalogue.as_ref().filter(|_| missing.catalogue) {
        catalogue.iter().for_each(|attribute| part.put_attribute(attribute.clone()));
    }
    if let Some(types) = records.activity_types.as_ref().filter(|_| missing.activity_types) {
        types.iter().for_each(|declared| part.put_activity_type(declared.clone()));
    }
    if let Some(rates) = records.rates.as_ref().filter(|_| missing.rates) {
        rates.iter().for_each(|rate| part.put_rate(rate));
    }
    if missing.in_review {
        let in_review =
            full.records().agreements.values().map(|agreement| &agreement.versions).filter(|versions| {
                versions.open().is_some_and(|version| version.state == VersionState::InReview)
            });
        in_review.for_each(|versions| part.point_in_review(versions.subject()));
    }
    for agreement in missing.agreements.iter().filter_map(|subject| full.agreement(*subject)) {
        part.put_agreement(agreement.clone());
    }
    for key in &missing.sources {
        full.source(key).into_iter().for_each(|entry| part.put_source(*key, *entry));
    }
}

#[test]
fn a_handoff_leads_to_its_lead_in_two_rounds() {
    let mut world = World::new();
    let (lead, handoff) = world.assigned();
    world.lead(capture("bob@example.org"));
    let (part, rounds) = load(&world.state, &accept(handoff), &ada());
    assert_eq!(rounds, 2);
    assert!(part.handoff(handoff).is_some());
    assert_eq!(part.records().dossiers.keys().collect::<Vec<_>>(), [&lead], "and nobody else's");
}

#[test]
fn an_activity_asks_only_whether_its_lead_is_there() {
    let mut world = World::new();
    let lead = world.lead(capture("bob@example.org"));
    let activity = |lead| {
        Command::RecordActivity(RecordActivity {
            lead: LeadRef::Id(lead),
            kind: "EBOOK_DOWNLOADED".to_owned(),
            properties: [].into(),
            occurred_at: None,
        })
    };
    let (part, rounds) = load(&world.state, &activity(lead), &ada());
    assert_eq!(rounds, 1);
    assert!(part.is_there(lead) && part.records().dossiers.is_empty());
    let (part, _) = load(&world.state, &activity(LeadId(Uuid::nil())), &ada());
    assert!(!part.is_there(LeadId(Uuid::nil())));
    let contact = Keys { leads: [lead].into(), ..Keys::default() };
    assert!(!part.missing(&contact).is_empty(), "whoever needs its dossier still has to load it");
}

#[test]
fn what_is_not_there_is_asked_for_once() {
    let world = World::new();
    let command = Command::CaptureLead(Box::new(capture("lea@example.org")));
    let (part, rounds) = load(&world.state, &command, &ada());
    assert_eq!(rounds, 1);
    assert!(part.missing(&needs(&command, &ada())).is_empty());
}

#[test]
fn loading_is_no_change() {
    let mut world = World::new();
    let (_, handoff) = world.assigned();
    world.now = at("2026-03-03T09:00:00Z");
    let (part, _) = load(&world.state, &accept(handoff), &ada());
    assert!(part.changes().is_empty());
}

#[test]
fn what_the_batch_made_is_not_asked_for_again() {
    let mut world = World::new();
    let capture = Command::CaptureLead(Box::new(capture("lea@example.org")));
    let (part, _) = load(&world.state, &capture, &ada());
    world.state = part;
    world.ok(&ada(), capture.clone());
    assert!(world.state.missing(&needs(&capture, &ada())).is_empty());
}

/// Whoever asks may have another clock, or have asked before somebody else was quicker: a model that took effect since
/// must not be the reason for which the lead is judged.
#[test]
fn what_a_lead_did_matters_only_once_its_time_to_be_judged_has_come() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    let judge = needs(&Command::JudgeLead(JudgeLead { lead, cause: JudgeCause::Due }), &ada());
    world.agree(Subject::ScoringModel, 1, &Content::Model(model(Vec::new())), "2026-03-02T09:00:00Z");
    let agreement = world.state.agreement(Subject::ScoringModel).expect("an agreement").clone();
    let book = Rulebook::new(&[agreement], Catalogue::default(), Rates::default(), chrono_tz::UTC);
    world.state.put_rules(Arc::new(book), world.now);
    for (wait, asks) in [(TimeDelta::seconds(1), false), (TimeDelta::zero(), true)] {
        let due_at = Some(world.now + wait);
        world.state.put_score(LeadScore { due_at, ..LeadScore::new(lead) });
        let missing = world.state.missing(&judge);
        assert_eq!(missing.engagements.contains(&lead), asks, "{wait}");
    }
}
