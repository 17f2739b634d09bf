//! Saving what the fold changed: a statement per table that has changes, parents before children.

use chrono::{DateTime, Utc};
use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::qualification::State;
use handoff_domain::qualification::decide::DISPLAY_NAME;
use handoff_domain::qualification::record::{Activity, ProductLine, SourceKey};
use handoff_domain::qualification::reevaluation::Mode;
use handoff_domain::qualification::state::{Changes, Looks, Publication};
use handoff_domain::rates::Rate;
use handoff_domain::version::Subject;
use handoff_store::error::StoreError;
use handoff_store::log::cursor;
use handoff_store::qualification::routing::PlanRow;
use handoff_store::qualification::user_account::UserChange;
use handoff_store::qualification::{
    activity_type, attribute, by_hand, calendar_copy, contact, currency_rate, engagement, handoff,
    handoff_route, judge_time, lead, opportunity, person, reevaluation, routing, score, source_key,
    stage_change, team, tenant, track, user_account, version,
};
use handoff_store::tx::Tx;
use prost::Message;

use crate::convert;
use crate::follower::SOURCE;

/// Writes the changes and forgets them. Gives the activities among them, which go with the events.
pub(super) async fn changes(
    tx: &mut Tx,
    tenant: TenantId,
    now: DateTime<Utc>,
    state: &mut State,
) -> Result<Vec<Activity>, StoreError> {
    let changes = state.take_changes();
    let records = state.records();
    if let (true, Some(record)) = (changes.tenant, &records.tenant) {
        tenant::save(tx, record).await?;
    }
    if !changes.teams.is_empty() {
        let teams: Vec<_> = changes.teams.iter().filter_map(|id| records.teams.get(id)).collect();
        team::save(tx, tenant, &teams).await?;
    }
    if !changes.users.is_empty() {
        let change = |id| {
            let person = records.people.get(id);
            Some(UserChange {
                user: records.users.get(id)?,
                display_name: person
                    .and_then(|person| person.attributes.get(DISPLAY_NAME))
                    .map(String::as_str),
                email: person.and_then(|person| person.email.as_deref()),
            })
        };
        let users: Vec<_> = changes.users.iter().filter_map(change).collect();
        user_account::save(tx, tenant, &users).await?;
    }

    vocabulary(tx, tenant, state, &changes).await?;
    if !changes.versions.is_empty() {
        let row = |(subject, number): &(Subject, u32)| {
            let agreement = records.agreements.get(subject)?;
            let (version, wording) = (agreement.versions.version(*number)?, agreement.wordings.get(number)?);
            Some(convert::version::row(version, wording))
        };
        let versions: Vec<_> = changes.versions.iter().filter_map(row).collect();
        version::save(tx, tenant, &versions).await?;
    }

    if let (true, Some(record)) = (changes.places, &records.tenant) {
        tenant::save_places(tx, record).await?;
    }
    if let (true, Some(record)) = (changes.rules, &records.tenant) {
        tenant::save_rules_position(tx, tenant, record.rules_position).await?;
    }

    routing(tx, tenant, state, &changes).await?;

    let dossier = |lead| records.dossiers.get(lead);
    if !changes.leads.is_empty() {
        let leads: Vec<_> = changes.leads.iter().filter_map(|id| Some(&dossier(id)?.lead)).collect();
        lead::save(tx, tenant, &leads).await?;
    }
    if !changes.people.is_empty() {
        let people: Vec<_> =
            changes.people.iter().filter_map(|id| Some((*id, &dossier(id)?.person))).collect();
        person::save(tx, tenant, &people).await?;
    }
    let track = |(lead, line): &(LeadId, ProductLine)| records.dossiers.get(lead)?.tracks.get(line);
    if !changes.tracks_begun.is_empty() {
        let tracks: Vec<_> = changes.tracks_begun.iter().filter_map(track).collect();
        track::insert(tx, tenant, &tracks).await?;
    }
    if !changes.tracks.is_empty() {
        let tracks: Vec<_> = changes.tracks.iter().filter_map(track).collect();
        track::save(tx, tenant, &tracks).await?;
    }
    if !changes.handoffs.is_empty() {
        let handoffs: Vec<_> =
            changes.handoffs.iter().filter_map(|(lead, id)| dossier(lead)?.handoffs.get(id)).collect();
        handoff::save(tx, tenant, &handoffs).await?;
    }
    if !changes.routes.is_empty() {
        let kept: Vec<_> =
            changes.routes.iter().filter_map(|(lead, id)| dossier(lead)?.routes.get(id)).collect();
        handoff_route::save(tx, tenant, &kept).await?;
    }
    if !changes.opportunities.is_empty() {
        let opportunities: Vec<_> = changes
            .opportunities
            .iter()
            .filter_map(|(lead, id)| dossier(lead)?.opportunities.get(id))
            .collect();
        opportunity::save(tx, tenant, &opportunities).await?;
    }

    if !changes.history.is_empty() {
        stage_change::append(tx, tenant, &changes.history).await?;
    }
    if !changes.contacts.is_empty() {
        contact::append(tx, tenant, &changes.contacts).await?;
    }
    scores(tx, tenant, now, state, &changes).await?;
    let source = |key: &SourceKey| Some((*key, *state.source(key)?));
    if !changes.sources_new.is_empty() {
        let sources: Vec<_> = changes.sources_new.iter().filter_map(source).collect();
        source_key::insert(tx, tenant, &sources).await?;
    }
    if !changes.sources.is_empty() {
        let sources: Vec<_> = changes.sources.iter().filter_map(source).collect();
        source_key::save(tx, tenant, &sources).await?;
    }
    Ok(changes.activities)
}

/// Calendars, the plan, turns, and who is looked at when.
async fn routing(tx: &mut Tx, tenant: TenantId, state: &State, changes: &Changes) -> Result<(), StoreError> {
    if let Some((from, to)) = changes.cursor.filter(|(from, to)| from < to) {
        cursor::advance(tx, tenant, SOURCE, from, to).await?;
    }
    if !changes.calendars.is_empty() {
        let copies: Vec<_> = changes.calendars.values().collect();
        calendar_copy::save(tx, tenant, &copies).await?;
    }
    let plan = state.roster().and_then(|roster| roster.plan());
    if let (Some(position), Some((number, plan))) = (changes.plan, plan) {
        let content = convert::routing::to_plan(plan).encode_to_vec();
        routing::save_plan(tx, tenant, &PlanRow { number, content, position }).await?;
    }
    if !changes.rules_dropped.is_empty() {
        routing::drop_turns(tx, tenant, &changes.rules_dropped).await?;
    }
    if !changes.turns.is_empty() {
        routing::save_turns(tx, tenant, &changes.turns).await?;
    }
    if let Some(now) = changes.looks.all_queues {
        routing::wake_all(tx, tenant, now).await?;
    }
    if !changes.looks.queues.is_empty() {
        routing::save_queues(tx, tenant, &changes.looks.queues).await?;
    }
    if !changes.looks.away.is_empty() {
        user_account::save_away(tx, tenant, &changes.looks.away).await?;
    }
    Ok(())
}

/// What leads are judged by, after their tracks and before the activities are written.
async fn scores(
    tx: &mut Tx,
    tenant: TenantId,
    now: DateTime<Utc>,
    state: &State,
    changes: &Changes,
) -> Result<(), StoreError> {
    if !changes.adjustments.is_empty() {
        by_hand::append_adjustments(tx, tenant, &changes.adjustments).await?;
    }
    if !changes.baselines.is_empty() {
        by_hand::append_baselines(tx, tenant, &changes.baselines).await?;
    }
    if !changes.recounted.is_empty() {
        let of = |lead: &LeadId| Some((*lead, state.engagement(*lead)?));
        let engagements = changes.recounted.iter().filter_map(of).collect();
        engagement::replace(tx, tenant, &engagements).await?;
    }
    if !changes.counts.is_empty() {
        engagement::add(tx, tenant, &changes.counts).await?;
    }
    if !changes.scores.is_empty() {
        let scores: Vec<_> = changes.scores.iter().filter_map(|lead| state.score(*lead)).collect();
        score::save(tx, tenant, &scores).await?;
    }
    for publication in &changes.publications {
        publish(tx, tenant, publication, now).await?;
    }
    if changes.due || changes.looks != Looks::default() || !changes.versions.is_empty() {
        judge_time::refresh(tx, tenant).await?;
    }
    Ok(())
}

/// What follows for the leads of today when a version takes effect.
async fn publish(
    tx: &mut Tx,
    tenant: TenantId,
    publication: &Publication,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Publication { subject, number, effective_from, publish, is_first } = *publication;
    if is_first {
        // Who was held back because nothing was in effect is free, however this is published (edge case 28).
        score::free_candidates(tx, tenant, now).await?;
    }
    match publish.and_then(Mode::of) {
        Some(mode) => reevaluation::begin(tx, tenant, (subject, number), mode, effective_from, now).await,
        // By this model leads wait for something of their own: nothing more comes of the one before.
        None if subject == Subject::ScoringModel => reevaluation::supersede(tx, tenant, now).await,
        None => Ok(()),
    }
}

/// Attributes, types of activity and rates.
async fn vocabulary(
    tx: &mut Tx,
    tenant: TenantId,
    state: &State,
    changes: &Changes,
) -> Result<(), StoreError> {
    if !changes.attributes.is_empty() {
        let catalogue = state.catalogue();
        let row = |(key, position): (&_, &i64)| Some((catalogue.get(key)?, *position));
        let attributes: Vec<_> = changes.attributes.iter().filter_map(row).collect();
        attribute::save(tx, tenant, &attributes).await?;
    }
    if !changes.activity_types.is_empty() {
        let types = state.activity_types();
        let row = |(kind, position): (&_, &i64)| Some((types.get(kind)?, *position));
        let declared: Vec<_> = changes.activity_types.iter().filter_map(row).collect();
        activity_type::save(tx, tenant, &declared).await?;
    }
    if !changes.rates.is_empty() {
        let rates: Vec<_> = changes
            .rates
            .iter()
            .map(|((from, to, day), (rate, position))| {
                (Rate { from: *from, to: *to, day: *day, rate: *rate }, *position)
            })
            .collect();
        currency_rate::save(tx, tenant, &rates).await?;
    }
    Ok(())
}
