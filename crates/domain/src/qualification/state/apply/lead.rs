//! The fold of what happens to a lead.

use crate::id::LeadId;
use crate::qualification::event::{
    LeadAttributesChanged, LeadCaptured, LeadDisqualified, LeadNurtured, LeadQualified, NewInterest,
    SqlReturned, StageSkipped, SuppressionChanged,
};
use crate::qualification::record::{Firsts, Handoff, HandoffState, Lead, Person, Suppression};
use crate::qualification::state::apply::{Cause, Fold};
use crate::qualification::state::{Dossier, Stamp, State};

impl State {
    pub(super) fn lead_captured(&mut self, event: &LeadCaptured, stamp: &Stamp<'_>) {
        let lead = Lead {
            id: event.lead,
            kind: event.kind,
            origin: event.origin.clone(),
            persona: event.persona.clone(),
            stage: event.step.to,
            stage_since: event.occurred_at,
            captured_at: event.occurred_at,
            customer_since: None,
            cooldown_until: None,
            suppression: event.suppression,
            merged_into: None,
            imported: event.imported,
            version: stamp.position,
        };
        self.put_dossier(Dossier {
            lead,
            person: Person::default(),
            tracks: Default::default(),
            routes: Default::default(),
            handoffs: Default::default(),
            opportunities: Default::default(),
            merged: Default::default(),
        });
        self.merge_person(event.lead, &event.person);
        self.fold(event.lead, stamp).step(&event.step, &Cause::at(event.occurred_at, event.imported));
    }

    pub(super) fn lead_attributes_changed(&mut self, event: &LeadAttributesChanged, stamp: &Stamp<'_>) {
        let mut fold = self.fold(event.lead, stamp);
        let lead = fold.lead();
        lead.kind = event.kind.unwrap_or(lead.kind);
        lead.persona = event.persona.clone().or_else(|| lead.persona.take());
        self.merge_person(event.lead, &event.person);
    }

    /// Takes over personal values, and finds the lead by them from now on: by its old address no longer.
    fn merge_person(&mut self, lead: LeadId, person: &Person) {
        let Some(dossier) = self.records.dossiers.get_mut(&lead) else { return };
        if person.is_empty() {
            return;
        }
        let before = dossier.person.clone();
        let number = before.number();
        dossier.person.merge(person);
        self.changes.people.insert(lead);
        if let Some(old) = before.external_id.filter(|old| dossier.person.external_id.as_ref() != Some(old)) {
            self.external_ids.remove(&old);
        }
        for old in before.record_ids {
            if dossier.person.record_ids.get(&old.0) != Some(&old.1) {
                self.record_ids.remove(&old);
            }
        }
        if let Some(old) = before.email.filter(|old| dossier.person.email.as_ref() != Some(old)) {
            self.emails.remove(&old);
        }
        if let Some(old) = number.filter(|old| dossier.person.number().as_ref() != Some(old)) {
            self.phones.entry(old).or_default().remove(&lead);
        }
        self.external_ids.extend(dossier.person.external_id.clone().map(|id| (id, lead)));
        self.record_ids.extend(dossier.person.record_ids.clone().into_iter().map(|id| (id, lead)));
        self.emails.extend(dossier.person.email.clone().map(|email| (email, lead)));
        if let Some(number) = dossier.person.number() {
            self.phones.entry(number).or_default().insert(lead);
        }
    }
}

impl Fold<'_> {
    pub(super) fn suppression_changed(&mut self, event: &SuppressionChanged) {
        self.lead().suppression = event.to;
    }

    pub(super) fn lead_nurtured(&mut self, event: &LeadNurtured) {
        let segment = event.segment.as_deref();
        let cause = Cause { reason: segment, segment, ..Cause::at(event.occurred_at, event.imported) };
        self.step(&event.step, &cause);
    }

    pub(super) fn lead_disqualified(&mut self, event: &LeadDisqualified) {
        let reason = Some(event.reason.as_str());
        self.step(&event.step, &Cause { reason, ..Cause::at(event.occurred_at, event.imported) });
    }

    pub(super) fn sql_returned(&mut self, event: &SqlReturned) {
        let cause = Cause {
            handoff: event.handoff,
            reason: Some(event.reason.as_str()),
            ..Cause::at(event.occurred_at, event.imported)
        };
        self.step(&event.step, &cause);
    }

    pub(super) fn lead_qualified(&mut self, event: &LeadQualified) {
        let handoff = Some(event.handoff);
        let reason = Some(event.trigger.as_str());
        self.step(&event.step, &Cause { handoff, reason, ..Cause::at(event.occurred_at, event.imported) });
        let track = self.track(&event.step.line, event.occurred_at);
        track.open_handoff = handoff;
        track.cycle_has_handoff = true;
        track.candidate = None;
        let handoff = Handoff {
            id: event.handoff,
            lead: event.lead,
            line: event.step.line.clone(),
            cycle: event.step.cycle,
            state: HandoffState::PendingRoute,
            trigger: event.trigger,
            snapshot: event.snapshot.clone(),
            merit: event.merit,
            mql_at: event.occurred_at,
            owner: None,
            team: None,
            assigned_at: None,
            round: 1,
            decided_at: None,
            decided_by: None,
            reason: None,
            disposition: None,
            attribution: None,
            dispute: None,
            withdrawal: None,
            superseded_by: None,
            note: None,
            implied: false,
            implied_assignment: false,
            auto: false,
            firsts: Firsts::default(),
            imported: event.imported,
            version: self.stamp.position,
        };
        self.changes.handoffs.insert((event.lead, event.handoff));
        self.dossier.handoffs.insert(event.handoff, handoff);
    }

    pub(super) fn stage_skipped(&mut self, event: &StageSkipped) {
        let cause = Cause {
            handoff: event.handoff,
            skipped: &event.skipped,
            ..Cause::at(event.occurred_at, event.imported)
        };
        self.step(&event.step, &cause);
    }

    pub(super) fn new_interest(&mut self, event: &NewInterest) {
        self.step(&event.step, &Cause::at(event.occurred_at, event.imported));
        if self.dossier.lead.suppression == Suppression::Customer {
            self.lead().suppression = Suppression::None;
        }
    }
}
