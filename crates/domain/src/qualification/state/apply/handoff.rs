//! The fold of what happens to a handoff.

use crate::id::{HandoffId, TeamId, UserId};
use crate::qualification::event::{
    Contacted, Event, HandoffAccepted, HandoffReassigned, HandoffRejected, HandoffReturned, HandoffRouted,
    HandoffWithdrawn,
};
use crate::qualification::record::{Contact, ContactKind, Handoff, HandoffState, ProductLine};
use crate::qualification::state::apply::{Cause, Fold};

use chrono::{DateTime, Utc};

impl Fold<'_> {
    pub(super) fn handoff_routed(&mut self, event: &HandoffRouted) {
        self.assigned(event.handoff, event.owner, event.team, event.occurred_at);
    }

    pub(super) fn handoff_reassigned(&mut self, event: &HandoffReassigned) {
        self.assigned(event.handoff, event.owner, event.team, event.occurred_at);
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
