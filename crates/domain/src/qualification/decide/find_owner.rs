//! Finding the owner of a handoff that has none, by the tenant's routing plan: at once where somebody is free, else it waits. A
//! tenant without a plan has people who assign.

use chrono::{DateTime, Utc};

use crate::calendar::local;
use crate::error::Error;
use crate::id::{HandoffId, UserId};
use crate::profile::Profile;
use crate::qualification::command::{ReleaseOwner, RouteWaiting, Waiting};
use crate::qualification::decide::Answer;
use crate::qualification::decide::draft::Draft;
use crate::qualification::event::{
    Event, HandoffReturned, HandoffRouted, HandoffUnroutable, OwnerLost, Returned,
};
use crate::qualification::record::{Handoff, HandoffState, Person};
use crate::qualification::state::{Dossier, Note, Page, State};
use crate::routing::{Ask, Explained, Outcome, Roster, Route, explain, route};

/// Finds the owner of a handoff without one; none without a plan.
pub(super) fn find_owner(draft: &mut Draft<'_, '_>, id: HandoffId) -> Result<Option<Outcome>, Error> {
    let Some(outcome) = outcome(draft, id)? else { return Ok(None) };
    let handoff = draft.handoff(id)?;
    let (occurred_at, lead, line, cycle) = (draft.now(), handoff.lead, handoff.line.clone(), handoff.cycle);
    match &outcome {
        Outcome::Routed { owner, team, turn, route } => draft.emit(Event::HandoffRouted(HandoffRouted {
            occurred_at,
            handoff: id,
            lead,
            line,
            cycle,
            owner: *owner,
            team: *team,
            routing: Some((route.clone(), *turn)),
            imported: false,
            source: None,
        })),
        Outcome::Waiting(route) => {
            let known = draft.dossier(lead).routes.get(&id).filter(|known| known.is_waiting);
            // What has been said already is not said again each time that somebody looks.
            if known.and_then(|known| known.route.as_ref()) != Some(route) {
                let route = route.clone();
                let event = HandoffUnroutable { occurred_at, handoff: id, lead, line, cycle, route };
                draft.emit(Event::HandoffUnroutable(event));
            }
        }
    }
    Ok(Some(outcome))
}

/// What the plan says of a handoff.
fn outcome(draft: &Draft<'_, '_>, id: HandoffId) -> Result<Option<Outcome>, Error> {
    draft.handoff(id)?;
    let ask = |roster: &Roster, ask: &Ask<'_>| route(roster, draft.state().desk(), ask);
    Ok(with_ask(draft.state(), id, draft.now(), ask).flatten())
}

/// What the plan says of a handoff at an instant, and why; none without a plan, its handoff and the lead's rulebook.
pub fn explain_routing(state: &State, id: HandoffId, now: DateTime<Utc>) -> Option<Explained> {
    with_ask(state, id, now, |roster, ask| explain(roster, state.desk(), ask)).flatten()
}

/// Asks of a handoff as it stands; none without a plan.
fn with_ask<T>(
    state: &State,
    id: HandoffId,
    now: DateTime<Utc>,
    ask: impl FnOnce(&Roster, &Ask<'_>) -> T,
) -> Option<T> {
    let roster = state.roster().filter(|roster| roster.plan().is_some())?;
    let handoff = state.handoff(id)?;
    let dossier = state.whole(state.survivor(handoff.lead))?;
    let rules = state.rulebook();
    let profile = Profile::of(&dossier.person, &rules.catalogue);
    let question = Ask {
        now,
        day: local::date(state.tenant()?.zone, now),
        line: &handoff.line,
        kind: handoff.snapshot.kind,
        channel: handoff.snapshot.origin.channel,
        profile: &profile,
        rates: &rules.rates,
        accepted_by: accepted_by(&dossier, id),
        returned_by: dossier.routes.get(&id).and_then(|known| known.returned_by),
    };
    Some(ask(roster, &question))
}

/// Who owned the person's handoff that sales accepted last.
fn accepted_by(dossier: &Dossier, but: HandoffId) -> Option<UserId> {
    let accepted = |handoff: &&Handoff| handoff.state == HandoffState::Accepted && handoff.id != but;
    let owned = dossier.handoffs.values().filter(accepted).filter(|handoff| handoff.owner.is_some());
    owned.max_by_key(|handoff| (handoff.decided_at, handoff.version))?.owner
}

pub(super) fn route_waiting(draft: &mut Draft<'_, '_>, command: &RouteWaiting) -> Result<Answer, Error> {
    let RouteWaiting { rule, after, mut free_at, due_at } = command.clone();
    let page = draft.state().page(&Page::Waiting(rule.clone(), after)).to_vec();
    // As it stands before anything of the page is changed.
    let last = page.last().map(|last| place(draft, &rule, *last)).transpose()?;
    for id in &page {
        if draft.handoff(*id)?.state != HandoffState::PendingRoute {
            continue;
        }
        let Some(Outcome::Waiting(waits)) = find_owner(draft, *id)? else { continue };
        if waits.rule != rule {
            continue;
        }
        if is_for_all(&waits) {
            // Nobody of the pool is free for any of them.
            draft.note(Note::Queue { rule, seen: None, due_at: waits.free_at });
            return Ok(Answer::Waiting(None));
        }
        free_at = [free_at, waits.free_at].into_iter().flatten().min();
    }
    if let (true, Some(last)) = (page.len() == Page::SIZE, last) {
        return Ok(Answer::Waiting(Some((last, free_at))));
    }
    draft.note(Note::Queue { rule, seen: Some(due_at), due_at: free_at });
    Ok(Answer::Waiting(None))
}

/// Where a handoff stands in the queue of a rule.
fn place(draft: &Draft<'_, '_>, rule: &str, id: HandoffId) -> Result<Waiting, Error> {
    let handoff = draft.handoff(id)?;
    let kept = draft.dossier(handoff.lead).routes.get(&id).filter(|_| !rule.is_empty());
    Ok((handoff.mql_at, kept.map_or(handoff.version, |kept| kept.begun)))
}

/// Whether what keeps one of a queue waiting keeps all of it waiting.
fn is_for_all(route: &Route) -> bool {
    route.left_out.returned == 0
}

pub(super) fn release_owner(draft: &mut Draft<'_, '_>, command: &ReleaseOwner) -> Result<Answer, Error> {
    let ReleaseOwner { user } = *command;
    let now = draft.now();
    let state = draft.state();
    let Some(roster) = state.roster().filter(|roster| roster.plan().is_some()) else {
        return Ok(Answer::TookEffect);
    };
    let known = roster.user(user).ok_or_else(|| Error::not_found(format!("users/{user}")))?;
    let next = known.availability.next_absence(now);
    let lost = match known {
        user if !user.active => OwnerLost::Inactive,
        user if user.availability.is_absent(now) => OwnerLost::Absent,
        // Back before anybody looked.
        _ => {
            draft.note(Note::Away { user, at: next });
            return Ok(Answer::TookEffect);
        }
    };
    let page = state.page(&Page::Owned(user)).to_vec();
    for id in &page {
        let handoff = draft.handoff(*id)?;
        if handoff.state != HandoffState::Assigned || handoff.owner != Some(user) {
            continue;
        }
        let (lead, line, cycle) = (handoff.lead, handoff.line.clone(), handoff.cycle);
        draft.emit(Event::HandoffReturned(HandoffReturned {
            occurred_at: now,
            handoff: *id,
            lead,
            line,
            cycle,
            previous_owner: Some(user),
            returned_by: draft.principal(),
            why: Returned::Lost(lost),
            imported: false,
            source: None,
            person: Person::default(),
        }));
        find_owner(draft, *id)?;
    }
    if page.len() < Page::SIZE {
        draft.note(Note::Away { user, at: next });
    }
    Ok(Answer::TookEffect)
}
