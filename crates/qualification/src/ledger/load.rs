//! Loading in rounds: the keys that the commands name, then whatever those records point to, until nothing is missing.

use handoff_domain::id::{TeamId, TenantId, UserId};
use handoff_domain::qualification::{Keys, State, needs};
use handoff_store::batch::Round;
use handoff_store::error::StoreError;
use handoff_store::qualification::{dossier, source_key, team, tenant, user_account, version};
use handoff_store::tx::{Opening, Tx};

use super::{Loaded, Wish, note_owners};
use crate::convert;

/// One round.
pub(super) async fn round(
    tx: &mut Tx,
    tenant: TenantId,
    wishes: &[&Wish],
    loaded: &mut Loaded,
) -> Result<Round, StoreError> {
    let wanted = wanted(wishes);
    if loaded.state.is_none() {
        loaded.state = Some(begin(tx, tenant, &wanted).await?);
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
    if !missing.users.is_empty() {
        let ids: Vec<_> = missing.users.iter().map(|slug| UserId::from_slug(tenant, slug)).collect();
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
    if !missing.agreements.is_empty() {
        let subjects: Vec<_> = missing.agreements.iter().copied().collect();
        let rows = version::load(tx, tenant, &subjects).await?;
        convert::version::agreements(rows)?.into_iter().for_each(|agreement| state.put_agreement(agreement));
    }
    let names = dossier::Names {
        leads: missing.leads.iter().copied().collect(),
        external_ids: missing.external_ids.iter().cloned().collect(),
        emails: missing.emails.iter().cloned().collect(),
        handoffs: missing.handoffs.iter().copied().collect(),
    };
    if !names.is_empty() {
        let found = dossier::load(tx, tenant, &names).await?;
        for (lead, dossier) in found.dossiers {
            missing.leads.insert(lead);
            state.put_dossier(dossier);
        }
        note_owners(state, found.names, directory);
    }
    state.loaded(missing);
    Ok(Round::Again)
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
async fn begin(tx: &mut Tx, tenant: TenantId, wanted: &Keys) -> Result<State, StoreError> {
    let mut state = State::new(tenant, 0);
    let present = state.missing(wanted).present;
    let leads: Vec<_> = present.iter().copied().collect();
    if let Some((tenant, leads)) = tenant::load_with_leads(tx, tenant, &leads).await? {
        state.put_tenant(tenant);
        leads.into_iter().for_each(|lead| state.put_present(lead));
    }
    state.loaded(Keys { present, ..Keys::default() });
    Ok(state)
}
