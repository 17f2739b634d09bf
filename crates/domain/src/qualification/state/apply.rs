//! The fold: what each event does to the records. It refuses nothing; an event about a lead that is neither loaded
//! nor made by an earlier event is a broken log or a broken load, and panics with that.

mod dispute;
mod handoff;
mod lead;
mod merge;
mod outcome;
mod score;
mod version;

use chrono::{DateTime, Utc};

use crate::id::{HandoffId, LeadId, OpportunityId};
use crate::qualification::event::{ActivityRecorded, Event, Step, TeamChanged, TenantChanged, UserChanged};
use crate::qualification::record::{Activity, Handoff, Lead, Opportunity, ProductLine, Track};
use crate::qualification::stage::Stage;
use crate::qualification::state::{Changes, Dossier, SourceEntry, StageChange, Stamp, State};

/// What a fold says of an event without its lead.
const MISSING_LEAD: &str = "an event follows its lead's LeadCaptured, and the lead was loaded";

impl State {
    /// Folds `event`, which stands in the log as `stamp` says, and notes what must be saved.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp<'_>) {
        self.position = stamp.position;
        let at_work = self.at_work(event);
        match event {
            Event::TenantChanged(event) => self.tenant_changed(event, stamp),
            Event::TeamChanged(event) => self.team_changed(event, stamp),
            Event::UserChanged(event) => self.user_changed(event, stamp),
            Event::AttributeChanged(event) => self.attribute_changed(event, stamp),
            Event::ActivityTypeChanged(event) => self.activity_type_changed(event, stamp),
            Event::RateSet(event) => self.rate_set(event, stamp),
            Event::VersionDrafted(event) => self.version_drafted(event, stamp),
            Event::VersionSubmitted(event) => self.version_changed(&event.clone().into(), stamp),
            Event::VersionSigned(event) => self.version_changed(&event.clone().into(), stamp),
            Event::SignatureWithdrawn(event) => self.version_changed(&event.clone().into(), stamp),
            Event::VersionApproved(event) => self.version_changed(&event.clone().into(), stamp),
            Event::VersionScheduled(event) => self.version_changed(&event.clone().into(), stamp),
            Event::VersionEffective(event) => self.version_changed(&event.clone().into(), stamp),
            Event::VersionRetired(event) => self.version_changed(&event.clone().into(), stamp),
            Event::LeadCaptured(event) => self.lead_captured(event, stamp),
            Event::LeadAttributesChanged(event) => self.lead_attributes_changed(event, stamp),
            Event::SuppressionChanged(event) => self.fold(event.lead, stamp).suppression_changed(event),
            Event::LeadMerged(event) => self.lead_merged(event, stamp),
            Event::LeadUnmerged(event) => self.lead_unmerged(event, stamp),
            Event::ActivityRecorded(event) => self.activity_recorded(event, stamp),
            Event::ManualScoreAdjusted(event) => self.score_adjusted(event, stamp),
            Event::ScoreBaselineReset(event) => self.score_baseline_reset(event, stamp),
            Event::CandidateEntered(event) => self.fold(event.lead, stamp).candidate_entered(event),
            Event::CandidateLeft(event) => self.fold(event.lead, stamp).candidate_left(event),
            Event::LeadNurtured(event) => self.fold(event.lead, stamp).lead_nurtured(event),
            Event::LeadDisqualified(event) => self.fold(event.lead, stamp).lead_disqualified(event),
            Event::SqlReturned(event) => self.fold(event.lead, stamp).sql_returned(event),
            Event::LeadQualified(event) => {
                self.handoffs.insert(event.handoff, event.lead);
                self.place_taken(event);
                self.fold(event.lead, stamp).lead_qualified(event);
            }
            Event::StageSkipped(event) => self.fold(event.lead, stamp).stage_skipped(event),
            Event::NewInterest(event) => self.fold(event.lead, stamp).new_interest(event),
            Event::HandoffRouted(event) => self.fold(event.lead, stamp).handoff_routed(event),
            Event::HandoffUnroutable(event) => self.fold(event.lead, stamp).handoff_unroutable(event),
            // A tenant's plan is a part of its roster.
            Event::RoutingPlanChanged(_) => {}
            Event::HandoffReassigned(event) => self.fold(event.lead, stamp).handoff_reassigned(event),
            Event::HandoffReturned(event) => self.fold(event.lead, stamp).handoff_returned(event),
            Event::HandoffAccepted(event) => self.fold(event.lead, stamp).handoff_accepted(event),
            Event::HandoffRejected(event) => self.fold(event.lead, stamp).handoff_rejected(event),
            Event::HandoffWithdrawn(event) => self.fold(event.lead, stamp).handoff_withdrawn(event),
            Event::HandoffDisputed(event) => self.fold(event.lead, stamp).handoff_disputed(event),
            Event::DisputeResolved(event) => self.fold(event.lead, stamp).dispute_resolved(event),
            Event::ContactAttempted(contact)
            | Event::ContactConnected(contact)
            | Event::MeetingHeld(contact) => {
                self.fold(contact.lead, stamp).contacted(event, contact);
            }
            Event::OpportunityOpened(event) => self.fold(event.lead, stamp).opportunity_opened(event),
            Event::OpportunityWon(event) => self.fold(event.lead, stamp).opportunity_won(event),
            Event::OpportunityLost(event) => self.fold(event.lead, stamp).opportunity_lost(event),
        }
        self.routed(event, at_work, stamp);
        self.mark_due(event, stamp.recorded_at);
        if let (Some(source), Some(lead)) = (event.source(), event.lead()) {
            let entry = SourceEntry { content: source.content, lead };
            if self.records.sources.insert(source.key, entry).is_none() {
                self.changes.sources_new.insert(source.key);
            } else if !self.changes.sources_new.contains(&source.key) {
                self.changes.sources.insert(source.key);
            }
        }
    }

    fn tenant_changed(&mut self, event: &TenantChanged, stamp: &Stamp<'_>) {
        let mut tenant = event.tenant.clone();
        tenant.version = stamp.position;
        if let Some(before) = &self.records.tenant {
            tenant.rules_position = before.rules_position;
            (tenant.published_on, tenant.published) = (before.published_on, before.published);
        }
        self.records.tenant = Some(tenant);
        self.changes.tenant = true;
    }

    fn team_changed(&mut self, event: &TeamChanged, stamp: &Stamp<'_>) {
        let mut team = event.team.clone();
        team.version = stamp.position;
        self.changes.teams.insert(team.id);
        self.records.teams.insert(team.id, team);
    }

    fn user_changed(&mut self, event: &UserChanged, stamp: &Stamp<'_>) {
        let mut user = event.user.clone();
        user.version = stamp.position;
        self.changes.users.insert(user.id);
        self.records.people.entry(user.id).or_default().merge(&event.person);
        self.records.users.insert(user.id, user);
    }

    /// Nothing of the lead changes, so it need not have been loaded.
    fn activity_recorded(&mut self, event: &ActivityRecorded, stamp: &Stamp<'_>) {
        assert!(self.is_there(event.lead), "{MISSING_LEAD}");
        self.changes.activities.push(Activity {
            id: event.activity,
            lead: event.lead,
            kind: event.kind.clone(),
            occurred_at: event.occurred_at,
            local_date: event.local_date,
            recorded_at: stamp.recorded_at,
            imported: event.imported,
            version: stamp.position,
        });
        self.count_activity(event, stamp.recorded_at);
    }

    pub(in crate::qualification::state) fn fold<'a>(
        &'a mut self,
        lead: LeadId,
        stamp: &'a Stamp<'a>,
    ) -> Fold<'a> {
        let dossier = self.records.dossiers.get_mut(&lead);
        Fold { dossier: dossier.expect(MISSING_LEAD), changes: &mut self.changes, stamp }
    }
}

/// One event on its way into one lead's dossier.
pub(in crate::qualification::state) struct Fold<'a> {
    dossier: &'a mut Dossier,
    changes: &'a mut Changes,
    stamp: &'a Stamp<'a>,
}

/// What a history row says besides the step.
struct Cause<'a> {
    occurred_at: DateTime<Utc>,
    handoff: Option<HandoffId>,
    skipped: &'a [Stage],
    reason: Option<&'a str>,
    segment: Option<&'a str>,
    imported: bool,
}

impl Cause<'_> {
    /// A cause without a handoff, a skip, a reason or a segment.
    fn at(occurred_at: DateTime<Utc>, imported: bool) -> Self {
        Self { occurred_at, handoff: None, skipped: &[], reason: None, segment: None, imported }
    }
}

impl Fold<'_> {
    /// The lead, to be changed.
    fn lead(&mut self) -> &mut Lead {
        let lead = &mut self.dossier.lead;
        lead.version = self.stamp.position;
        self.changes.leads.insert(lead.id);
        lead
    }

    /// A track, to be changed; one that is not there yet begins at LEAD.
    fn track(&mut self, line: &ProductLine, since: DateTime<Utc>) -> &mut Track {
        let lead = self.dossier.lead.id;
        let key = (lead, line.clone());
        if !self.dossier.tracks.contains_key(line) {
            self.changes.tracks_begun.insert(key);
        } else if !self.changes.tracks_begun.contains(&key) {
            self.changes.tracks.insert(key);
        }
        let track = self.dossier.tracks.entry(line.clone()).or_insert_with(|| Track {
            lead,
            line: line.clone(),
            stage: Stage::Lead,
            stage_since: since,
            segment: None,
            cycle: 1,
            cycle_has_handoff: false,
            open_handoff: None,
            open_opportunity: None,
            candidate: None,
            version: 0,
        });
        track.version = self.stamp.position;
        track
    }

    /// A handoff, to be changed.
    fn handoff(&mut self, id: HandoffId) -> &mut Handoff {
        let handoff = self.dossier.handoffs.get_mut(&id).expect("a handoff begins with its LeadQualified");
        handoff.version = self.stamp.position;
        self.changes.handoffs.insert((handoff.lead, id));
        handoff
    }

    /// An opportunity, to be changed or begun; its version is this event's, whatever stands in it.
    fn put_opportunity(&mut self, mut opportunity: Opportunity) {
        opportunity.version = self.stamp.position;
        self.changes.opportunities.insert((opportunity.lead, opportunity.id));
        self.dossier.opportunities.insert(opportunity.id, opportunity);
    }

    /// What is known of an opportunity.
    fn opportunity(&self, id: OpportunityId) -> Option<Opportunity> {
        self.dossier.opportunities.get(&id).cloned()
    }

    /// Moves a track, and with it the lead, and writes the history row. A step that stays where it is moves nothing, but
    /// for the segment of nurture that it may say.
    fn step(&mut self, step: &Step, cause: &Cause<'_>) {
        let track = self.track(&step.line, cause.occurred_at);
        if track.cycle != step.cycle {
            track.cycle = step.cycle;
            track.cycle_has_handoff = false;
        }
        let from_segment = track.segment.clone();
        let to_segment = cause.segment.map(str::to_owned);
        if step.from == Some(step.to) && cause.skipped.is_empty() {
            if to_segment.is_none() || to_segment == from_segment {
                return;
            }
            track.segment.clone_from(&to_segment);
        } else {
            track.stage = step.to;
            track.stage_since = cause.occurred_at;
            track.segment.clone_from(&to_segment);
            self.settle_lead();
        }
        self.changes.history.push(StageChange {
            position: self.stamp.position,
            lead: self.dossier.lead.id,
            line: step.line.clone(),
            cycle: step.cycle,
            from: step.from,
            to: step.to,
            skipped: cause.skipped.to_vec(),
            handoff: cause.handoff,
            occurred_at: cause.occurred_at,
            recorded_at: self.stamp.recorded_at,
            actor: self.stamp.actor.principal.clone(),
            side: self.stamp.actor.side,
            reason: cause.reason.map(str::to_owned),
            from_segment,
            to_segment,
            imported: cause.imported,
        });
    }

    fn settle_lead(&mut self) {
        let Some((stage, since)) = Dossier::most_advanced(&self.dossier.tracks) else { return };
        let lead = self.lead();
        (lead.stage, lead.stage_since) = (stage, since);
    }
}
