//! The fold of what happens to a handoff.

use crate::id::{HandoffId, TeamId, UserId};
use crate::qualification::event::{
    Contacted, Event, HandoffAccepted, HandoffReassigned, HandoffRejected, HandoffReturned, HandoffRouted,
    HandoffUnroutable, HandoffWithdrawn, Returned,
};
use crate::qualification::record::{Contact, ContactKind, Handoff, HandoffRoute, HandoffState, ProductLine};
use crate::qualification::state::apply::{Cause, Fold};

use chrono::{DateTime, Utc};

impl Fold<'_> {
    pub(super) fn handoff_routed(&mut self, event: &HandoffRouted) {
        self.assigned(event.handoff, event.owner, event.team, event.occurred_at);
        match &event.routing {
            Some((route, _)) => {
                let kept = self.route(event.handoff);
                (kept.route, kept.is_waiting, kept.returned_by) = (Some(route.clone()), false, None);
            }
            None => self.assigned_by_hand(event.handoff),
        }
    }

    pub(super) fn handoff_unroutable(&mut self, event: &HandoffUnroutable) {
        self.handoff(event.handoff);
        let kept = self.route(event.handoff);
        (kept.route, kept.is_waiting) = (Some(event.route.clone()), true);
    }

    pub(super) fn handoff_reassigned(&mut self, event: &HandoffReassigned) {
        self.assigned(event.handoff, event.owner, event.team, event.occurred_at);
        self.assigned_by_hand(event.handoff);
    }

    /// What routing said of it is of no account any more.
    fn assigned_by_hand(&mut self, id: HandoffId) {
        if self.dossier.routes.contains_key(&id) {
            let kept = self.route(id);
            (kept.route, kept.is_waiting, kept.returned_by) = (None, false, None);
        }
    }

    /// How a handoff stands with routing, to be changed or begun.
    fn route(&mut self, id: HandoffId) -> &mut HandoffRoute {
        let handoff = &self.dossier.handoffs[&id];
        let (lead, mql_at) = (handoff.lead, handoff.mql_at);
        self.changes.routes.insert((lead, id));
        let kept = self.dossier.routes.entry(id).or_insert_with(|| HandoffRoute {
            handoff: id,
            lead,
            mql_at,
            begun: self.stamp.position,
            route: None,
            is_waiting: false,
            returned_by: None,
            version: 0,
        });
        kept.version = self.stamp.position;
        kept
    }

    fn assigned(&mut self, id: HandoffId, owner: UserId, team: Option<TeamId>, at: DateTime<Utc>) {
        let handoff = self.handoff(id);
        handoff.state = HandoffState::Assigned;
        handoff.owner = Some(owner);
        handoff.team = team;
        handoff.assigned_at = Some(at);
    }

    pub(super) fn handoff_returned(&mut self, event: &HandoffReturned) {
        let handoff = self.handoff(event.handoff);
        handoff.state = HandoffState::PendingRoute;
        handoff.owner = None;
        handoff.team = None;
        handoff.assigned_at = None;
    }

    /// Who is away may have it again; who gave it back may not. Kept for tenants with a plan.
    pub(in crate::qualification::state) fn given_back(&mut self, event: &HandoffReturned) {
        if let (Returned::By(_), Some(owner)) = (event.why, event.previous_owner) {
            self.route(event.handoff).returned_by = Some(owner);
        }
    }

    pub(super) fn handoff_accepted(&mut self, event: &HandoffAccepted) {
        let handoff = self.decided(event.handoff, HandoffState::Accepted, event.occurred_at, &event.line);
        handoff.decided_by = Some(event.decided_by.clone());
        handoff.owner = event.owner;
        handoff.team = event.team;
        handoff.implied = event.implied;
        handoff.implied_assignment = event.implied_assignment;
        handoff.auto = event.auto;
        if event.implied_assignment && event.owner.is_some() {
            handoff.assigned_at = Some(event.occurred_at);
        }
        if let Some(step) = &event.step {
            let handoff = Some(event.handoff);
            self.step(step, &Cause { handoff, ..Cause::at(event.occurred_at, event.imported) });
        }
    }

    pub(super) fn handoff_rejected(&mut self, event: &HandoffRejected) {
        let line = &event.step.line;
        let handoff = self.decided(event.handoff, HandoffState::Rejected, event.occurred_at, line);
        handoff.decided_by = Some(event.decided_by.clone());
        handoff.reason = Some(event.reason);
        handoff.disposition = Some(event.disposition);
        handoff.attribution = Some(event.attribution);
        handoff.note.clone_from(&event.person.note);
        if event.cooldown_until.is_some() {
            self.lead().cooldown_until = event.cooldown_until;
        }
        let cause = Cause {
            handoff: Some(event.handoff),
            reason: Some(event.reason.as_str()),
            segment: event.segment.as_deref(),
            ..Cause::at(event.occurred_at, event.imported)
        };
        self.step(&event.step, &cause);
    }

    pub(super) fn handoff_withdrawn(&mut self, event: &HandoffWithdrawn) {
        let line = &event.step.line;
        let handoff = self.decided(event.handoff, HandoffState::Withdrawn, event.occurred_at, line);
        handoff.withdrawal = Some(event.reason);
        handoff.superseded_by = event.superseded_by;
        handoff.note.clone_from(&event.person.note);
        if event.cooldown_until.is_some() {
            self.lead().cooldown_until = event.cooldown_until;
        }
        let cause = Cause {
            handoff: Some(event.handoff),
            reason: Some(event.reason.as_str()),
            ..Cause::at(event.occurred_at, event.imported)
        };
        self.step(&event.step, &cause);
    }

    /// Closes a handoff, and frees its track for the next.
    fn decided(
        &mut self,
        id: HandoffId,
        state: HandoffState,
        at: DateTime<Utc>,
        line: &ProductLine,
    ) -> &mut Handoff {
        self.track(line, at).open_handoff = None;
        if self.dossier.routes.get(&id).is_some_and(|kept| kept.is_waiting) {
            self.route(id).is_waiting = false;
        }
        let handoff = self.handoff(id);
        handoff.state = state;
        handoff.decided_at = Some(at);
        handoff
    }

    pub(super) fn contacted(&mut self, event: &Event, contact: &Contacted) {
        let kind = match event {
            Event::ContactConnected(_) => ContactKind::Connect,
            Event::MeetingHeld(_) => ContactKind::Meeting,
            _ => ContactKind::Attempt,
        };
        self.changes.contacts.push(Contact {
            id: contact.contact,
            lead: contact.lead,
            handoff: contact.handoff,
            kind,
            direction: contact.direction,
            human: contact.human,
            channel: contact.channel.clone(),
            by: contact.by.clone(),
            occurred_at: contact.occurred_at,
            recorded_at: self.stamp.recorded_at,
            imported: contact.imported,
            version: self.stamp.position,
        });
        let Some(id) = contact.handoff else { return };
        if self.dossier.handoffs.get(&id).is_some_and(|handoff| handoff.firsts != contact.firsts) {
            self.handoff(id).firsts = contact.firsts;
        }
    }
}
