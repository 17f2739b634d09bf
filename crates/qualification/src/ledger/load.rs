//! Loading in rounds: the keys that the commands name, then whatever those records point to, until nothing is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use handoff_domain::id::{LeadId, TeamId, TenantId, UserId};
use handoff_domain::promotion::InEffect;
use handoff_domain::qualification::state::Page;
use handoff_domain::qualification::{Keys, State, needs};
use handoff_domain::score::{ByHand, Engagement, Recount};
use handoff_store::batch::Round;
use handoff_store::error::StoreError;
use handoff_store::log::cursor;
use handoff_store::qualification::tenant::{Opened, Present};
use handoff_store::qualification::{
    activity, activity_type, attribute, by_hand, currency_rate, dossier, engagement, handoff_route, score,
    source_key, team, tenant, user_account, version,
};
use handoff_store::tx::{Opening, Tx};
use uuid::Uuid;

use super::rosters::{self, Rosters};
use super::rules::Rulebooks;
use super::{Loaded, Wish, note_owners};
use crate::convert;
use crate::follower::SOURCE;

/// Whose batch it is, when it is, and what is known of its tenant already.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) tenant: TenantId,
    pub(super) now: DateTime<Utc>,
    pub(super) rulebooks: &'a Rulebooks,
    pub(super) rosters: &'a Rosters,
}

/// One round.
pub(super) async fn round(
    tx: &mut Tx,
    moment: Moment<'_>,
    wishes: &[&Wish],
    loaded: &mut Loaded,
) -> Result<Round, StoreError> {
    let tenant = moment.tenant;
    let wanted = wanted(wishes);
    if loaded.state.is_none() {
        loaded.state = Some(begin(tx, moment, &wanted).await?);
    }
    let Loaded { state: Some(state), directory, cards, .. } = loaded else {
        return Err(StoreError::defect("a state that was just made is not there"));
    };
    let mut missing = state.missing(&wanted);
    if missing.is_empty() {
        return Ok(Round::Closed);
    }

    if !missing.teams.is_empty() {
        let ids: Vec<_> = missing.teams.iter().map(|slug| TeamId::from_slug(tenant, slug)).collect();
        for team in team::load(tx, tenant, &ids).await? {
            directory.put_team(team.id, &team.slug);
            state.put_team(team);
        }
    }
    if !missing.users.is_empty() || !missing.owners.is_empty() {
        let named = missing.users.iter().map(|slug| UserId::from_slug(tenant, slug));
        let ids: Vec<_> = named.chain(missing.owners.iter().copied()).collect();
        for card in user_account::load(tx, tenant, &ids).await? {
            let user = &card.row.user;
            directory.put_user(user.id, &user.slug);
            if let (Some(id), Some(slug)) = (user.team, &card.row.team) {
                directory.put_team(id, slug);
            }
            state.put_user(user.clone());
            cards.insert(user.id, card);
        }
    }
    if !missing.sources.is_empty() {
        let keys: Vec<_> = missing.sources.iter().copied().collect();
        for (key, entry) in source_key::load(tx, tenant, &keys).await? {
            state.put_source(key, entry);
        }
    }
    if missing.in_review {
        let subjects = version::load_in_review(tx, tenant).await?;
        subjects.into_iter().for_each(|subject| state.point_in_review(subject));
    }
    vocabulary(tx, tenant, &missing, state).await?;
    routing(tx, tenant, &missing, state).await?;
    if !missing.agreements.is_empty() {
        let subjects: Vec<_> = missing.agreements.iter().copied().collect();
        let rows = version::load(tx, tenant, &subjects).await?;
        let agreements = convert::version::agreements(rows, state.catalogue())?;
        agreements.into_iter().for_each(|agreement| state.put_agreement(agreement));
    }
    let names = dossier::Names {
        leads: missing.leads.iter().copied().collect(),
        external_ids: missing.external_ids.iter().cloned().collect(),
        record_ids: missing.record_ids.iter().cloned().collect(),
        emails: missing.emails.iter().cloned().collect(),
        phones: missing.phones.iter().cloned().collect(),
        handoffs: missing.handoffs.iter().copied().collect(),
    };
    if !names.is_empty() {
        let found = dossier::load(tx, tenant, &names).await?;
        let leads: Vec<_> = found.dossiers.keys().copied().collect();
        for (lead, dossier) in found.dossiers {
            missing.leads.insert(lead);
            state.put_dossier(dossier);
        }
        if state.has_plan() {
            let handoffs: Vec<_> = found.names.keys().copied().collect();
            if !handoffs.is_empty() {
                let kept = handoff_route::load(tx, tenant, &handoffs).await?;
                kept.into_iter().for_each(|kept| state.put_route(kept));
            }
        }
        note_owners(state, found.names, directory);
        if !leads.is_empty() && state.model().is_some() {
            score::load(tx, tenant, &leads).await?.into_iter().for_each(|score| state.put_score(score));
        }
    }
    if !missing.engagements.is_empty() {
        engagements(tx, moment, &missing.engagements, state).await?;
    }
    state.loaded(missing);
    Ok(Round::Again)
}

/// Attributes, types of activity and rates.
async fn vocabulary(
    tx: &mut Tx,
    tenant: TenantId,
    missing: &Keys,
    state: &mut State,
) -> Result<(), StoreError> {
    if missing.catalogue {
        attribute::load(tx, tenant).await?.into_iter().for_each(|attribute| state.put_attribute(attribute));
    }
    if missing.activity_types {
        let declared = activity_type::load(tx, tenant).await?;
        declared.into_iter().for_each(|declared| state.put_activity_type(declared));
    }
    if missing.rates {
        currency_rate::load(tx, tenant).await?.into_iter().for_each(|rate| state.put_rate(rate));
    }
    Ok(())
}

/// What routing asks for: the roster of a tenant without a plan, how far sla's log was read, and who waits.
async fn routing(tx: &mut Tx, tenant: TenantId, missing: &Keys, state: &mut State) -> Result<(), StoreError> {
    if missing.roster_anyway && state.roster().is_none() {
        let (roster, desk) = rosters::load(tx, tenant, &Arc::clone(state.rulebook()).catalogue).await?;
        state.put_roster(roster, desk);
    }
    if missing.cursor {
        state.put_cursor(cursor::load(tx, tenant, SOURCE).await?);
    }
    let size = Page::SIZE as i64;
    for page in &missing.pages {
        let handoffs = match page {
            Page::Owned(user) => handoff_route::owned(tx, tenant, *user, size).await?,
            Page::Waiting(rule, after) if rule.is_empty() => {
                handoff_route::unseen(tx, tenant, *after, size).await?
            }
            Page::Waiting(rule, after) => handoff_route::waiting(tx, tenant, rule, *after, size).await?,
        };
        state.put_page(page.clone(), handoffs);
    }
    Ok(())
}

/// What the state is asked for that every batch begins with.
pub(super) fn opening(tenant: TenantId, wishes: &[&Wish]) -> Opening {
    let present = State::new(tenant, 0).missing(&wanted(wishes)).present;
    tenant::opening(tenant, &present.into_iter().collect::<Vec<_>>())
}

fn wanted(wishes: &[&Wish]) -> Keys {
    let mut wanted = Keys::default();
    for wish in wishes {
        wanted.extend(needs(&wish.command, &wish.actor));
    }
    wanted
}

/// The state that every batch begins with: the tenant, and which leads are there of those that are only pointed at.
async fn begin(tx: &mut Tx, moment: Moment<'_>, wanted: &Keys) -> Result<State, StoreError> {
    let Moment { tenant, now, rulebooks, .. } = moment;
    let mut state = State::new(tenant, 0);
    let present = state.missing(wanted).present;
    let leads: Vec<_> = present.iter().copied().collect();
    if let Some(Opened { tenant, routing_mark, leads }) = tenant::load_with_leads(tx, tenant, &leads).await? {
        state.put_rules(rulebooks.of(tx, &tenant).await?, now);
        if let Some(mark) = routing_mark {
            state.put_has_plan();
            roster(tx, moment, wanted, mark, &mut state).await?;
        }
        state.put_tenant(tenant);
        for Present { lead, is_merged, score } in leads {
            // Who it counts for is loaded in another round; hardly a batch has one.
            if is_merged {
                state.put_absorbed(lead)
            } else {
                state.put_present(lead)
            }
            score.into_iter().for_each(|score| state.put_score(score));
        }
    }
    state.loaded(Keys { present, ..Keys::default() });
    Ok(state)
}

/// Whom there is to route to, if it is at hand, so that it is kept up with what the batch does; read only for whoever asks.
async fn roster(
    tx: &mut Tx,
    moment: Moment<'_>,
    wanted: &Keys,
    mark: Uuid,
    state: &mut State,
) -> Result<(), StoreError> {
    let Moment { tenant, rosters, .. } = moment;
    let staff = match rosters.kept(tenant, mark) {
        Some(staff) => staff,
        None if wanted.roster || wanted.roster_anyway => {
            let catalogue = &state.rulebook().catalogue;
            let staff = rosters::load(tx, tenant, catalogue).await?;
            rosters.put(tenant, mark, staff.clone());
            staff
        }
        None => return Ok(()),
    };
    let (roster, desk) = staff;
    state.put_roster(roster, desk);
    Ok(())
}

/// What the leads did: as it was counted, if by the model in effect, or else counted now from all their activities.
async fn engagements(
    tx: &mut Tx,
    moment: Moment<'_>,
    leads: &BTreeSet<LeadId>,
    state: &mut State,
) -> Result<(), StoreError> {
    let Moment { tenant, now, .. } = moment;
    let book = Arc::clone(state.rulebook());
    let InEffect::Yes(model) = book.model(now) else { return Ok(()) };
    // What a person did, whichever of its leads did it.
    let members: BTreeMap<LeadId, Vec<LeadId>> =
        leads.iter().map(|lead| (*lead, state.members(*lead))).collect();
    let all: Vec<_> = members.values().flatten().copied().collect();
    let by_hand = by_hand::load(tx, tenant, &all).await?;
    let by_hand =
        |lead: &LeadId| ByHand::of_all(members[lead].iter().filter_map(|member| by_hand.get(member)));
    let (counted, uncounted): (Vec<LeadId>, Vec<LeadId>) =
        leads.iter().copied().partition(|lead| state.is_counted(*lead));
    if !counted.is_empty() {
        let mut rows = engagement::load(tx, tenant, &counted).await?;
        for lead in counted {
            let rows = rows.remove(&lead).unwrap_or_default();
            state.put_engagement(lead, Engagement::new(rows, by_hand(&lead).counting()));
        }
    }
    let kinds: Vec<String> = model.says.kinds().into_iter().map(str::to_owned).collect();
    if uncounted.is_empty() {
        return Ok(());
    }
    let today = book.calendar.local_date(now);
    let by_hand: BTreeMap<LeadId, ByHand> = uncounted.iter().map(|lead| (*lead, by_hand(lead))).collect();
    let mut recounts: BTreeMap<LeadId, Recount<'_>> = by_hand
        .iter()
        .map(|(lead, by_hand)| (*lead, Recount::new(&model.says, &book.rates, by_hand, today)))
        .collect();
    let of_whom: BTreeMap<LeadId, LeadId> =
        uncounted.iter().flat_map(|lead| members[lead].iter().map(|member| (*member, *lead))).collect();
    let everybody: Vec<_> = of_whom.keys().copied().collect();
    activity::each_of_leads(tx, tenant, &everybody, &kinds, None, |member, deed| {
        if let Some(recount) = recounts.get_mut(&of_whom[&member]) {
            let properties = convert::event::properties(deed.values);
            recount.add(&deed.kind, &properties, deed.occurred_at, deed.local_date);
        }
    })
    .await?;
    for (lead, recount) in recounts {
        state.put_recount(lead, recount, by_hand[&lead].since());
    }
    Ok(())
}
