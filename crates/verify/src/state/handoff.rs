//! Hand-overs: from the MQL to its decision.

use chrono::{DateTime, Utc};
use handoff_proto::event::v1::{
    HandoffAccepted, HandoffRejected, HandoffReturned, HandoffWithdrawn, LeadQualified, TrackMove,
};
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::{QualificationTrigger, RejectionDisposition};
use handoff_store::verify::lead::HandoffRow;
use uuid::Uuid;

use super::State;
use super::dispute::Dispute;
use super::lead::Touch;
use super::machine::Way;
use super::track::Cause;
use crate::docket::Docket;
use crate::event::Event;
use crate::word::{
    Word, attribution, bytes, disposition, id, instant, kind, maybe_id, owned, points, trigger,
};

/// A hand-over.
#[derive(Debug)]
pub(super) struct Handoff {
    pub(super) lead: Uuid,
    line: Word,
    cycle: i32,
    pub(super) state: &'static str,
    trigger: &'static str,
    kind: &'static str,
    touch: Touch,
    persona: Option<Word>,
    merit: Option<Merit>,
    pub(super) mql_at: DateTime<Utc>,
    pub(super) owner: Option<Uuid>,
    pub(super) team: Option<Uuid>,
    pub(super) assigned_at: Option<DateTime<Utc>>,
    pub(super) decided_at: Option<DateTime<Utc>>,
    pub(super) decided_by: Option<Word>,
    pub(super) reason: Option<Word>,
    pub(super) disposition: Option<&'static str>,
    pub(super) attribution: Option<&'static str>,
    pub(super) round: i32,
    pub(super) dispute: Option<Dispute>,
    withdrawal: Option<Word>,
    superseded_by: Option<Uuid>,
    implied: bool,
    implied_assignment: bool,
    auto: bool,
    pub(super) firsts: [Option<DateTime<Utc>>; 3],
    imported: bool,
    pub(super) version: i64,
}

/// How a lead was judged: by which version, and to how many thousandths of a point.
#[derive(Debug)]
struct Merit {
    fit: Option<(i32, i64)>,
    behaviour: Option<(i32, i64)>,
    digest: Vec<u8>,
}

impl Merit {
    /// None if it lacks what it must say.
    fn read(told: &pb::Merit) -> Option<Self> {
        let judged = |version: i32, text: &str| match (version, text) {
            (0, "") => Some(None),
            (0, _) => None,
            _ => Some(Some((version, points(text)?))),
        };
        Some(Self {
            fit: judged(told.criteria_version, &told.fit_points)?,
            behaviour: judged(told.model_version, &told.behaviour_points)?,
            digest: bytes(&told.contributions_hash).filter(|hash| hash.len() == 32)?,
        })
    }
}

impl Handoff {
    pub(super) fn row(&self, handoff_id: Uuid) -> HandoffRow {
        let (origin_channel, origin_source, origin_medium, origin_campaign) = self.touch.columns();
        let [first_attempt_at, first_connect_at, first_meeting_at] = self.firsts;
        let (fit, behaviour) = self.merit.as_ref().map_or((None, None), |merit| (merit.fit, merit.behaviour));
        let dispute = self.dispute.as_ref();
        let resolution = dispute.and_then(|dispute| dispute.resolution.as_ref());
        HandoffRow {
            handoff_id,
            lead_id: self.lead,
            product_line: self.line.as_ref().to_owned(),
            cycle: self.cycle,
            state: self.state.to_owned(),
            trigger: self.trigger.to_owned(),
            kind: self.kind.to_owned(),
            origin_channel,
            origin_source,
            origin_medium,
            origin_campaign,
            persona: owned(self.persona.as_ref()),
            criteria_version: fit.map(|(version, _)| version),
            fit_milli: fit.map(|(_, points)| points),
            model_version: behaviour.map(|(version, _)| version),
            behaviour_milli: behaviour.map(|(_, points)| points),
            merit_digest: self.merit.as_ref().map(|it| it.digest.clone()),
            mql_at: self.mql_at,
            owner_id: self.owner,
            team_id: self.team,
            assigned_at: self.assigned_at,
            decided_at: self.decided_at,
            decided_by: owned(self.decided_by.as_ref()),
            reason: owned(self.reason.as_ref()),
            disposition: self.disposition.map(str::to_owned),
            attribution: self.attribution.map(str::to_owned),
            round: self.round,
            disputed_at: dispute.map(|dispute| dispute.at),
            disputed_by: owned(dispute.map(|dispute| &dispute.by)),
            ruling: resolution.map(|(ruling, ..)| (*ruling).to_owned()),
            resolved_at: resolution.map(|(_, at, _)| *at),
            resolved_by: owned(resolution.map(|(.., by)| by)),
            withdrawal: owned(self.withdrawal.as_ref()),
            superseded_by: self.superseded_by,
            implied: self.implied,
            implied_assignment: self.implied_assignment,
            auto: self.auto,
            first_attempt_at,
            first_connect_at,
            first_meeting_at,
            imported: self.imported,
            version: self.version,
        }
    }
}

impl State {
    pub(super) fn qualified(
        &mut self,
        event: &Event,
        fact: &LeadQualified,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let (handoff_id, step) = (id(&fact.handoff_id)?, fact.r#move.as_ref()?);
        let trigger = match (fact.trigger(), fact.imported, fact.sales_ready) {
            // From before there were scores.
            (QualificationTrigger::Unspecified, true, _) => "IMPORTED",
            (QualificationTrigger::Unspecified, false, true) => "SALES_READY",
            (QualificationTrigger::Unspecified, false, false) => "MANUAL",
            (told, ..) => {
                self.recycling.is_known = true;
                trigger(told)
            }
        };
        let merit = fact.merit.as_ref().map(Merit::read);
        if merit.as_ref().is_some_and(Option::is_none) {
            return None;
        }
        let cause = Cause {
            handoff: Some(handoff_id),
            reason: Some(trigger),
            imported: fact.imported,
            ..Cause::default()
        };
        let lead_id = self.moved(event, Some(step), Way::Qualified, &cause, docket)?;
        let line = self.words.keep(&step.product_line);
        let track = self.leads.get_mut(&lead_id)?.track(&line, event);
        track.open_handoff = Some(handoff_id);
        track.cycle_has_handoff = true;
        track.candidate = None;
        let handoff = Handoff {
            lead: lead_id,
            line,
            cycle: step.cycle,
            state: "PENDING_ROUTE",
            trigger,
            kind: kind(fact.kind()),
            touch: Touch::new(fact.origin.as_ref(), &mut self.words),
            persona: self.words.some(&fact.persona),
            merit: merit.flatten(),
            mql_at: event.occurred,
            owner: None,
            team: None,
            assigned_at: None,
            decided_at: None,
            decided_by: None,
            reason: None,
            disposition: None,
            attribution: None,
            round: 1,
            dispute: None,
            withdrawal: None,
            superseded_by: None,
            implied: false,
            implied_assignment: false,
            auto: false,
            firsts: [None; 3],
            imported: fact.imported,
            version: event.position,
        };
        if trigger == "PUBLISHED" {
            self.place_taken(event, docket)?;
        }
        let is_new = self.handoffs.insert(handoff_id, handoff).is_none();
        self.waits_once(lead_id, event, docket);
        is_new.then_some(lead_id)
    }

    /// An owner, the first or another.
    pub(super) fn routed(
        &mut self,
        event: &Event,
        lead: &str,
        handoff: &str,
        owner: &str,
        team: &str,
    ) -> Option<Uuid> {
        let (owner, team) = (Some(self.user_id(owner)??), self.team_id(team)?);
        let handoff = self.handoff(event, lead, handoff)?;
        handoff.state = "ASSIGNED";
        (handoff.owner, handoff.team, handoff.assigned_at) = (owner, team, Some(event.occurred));
        Some(handoff.lead)
    }

    pub(super) fn returned(&mut self, event: &Event, fact: &HandoffReturned) -> Option<Uuid> {
        let handoff = self.handoff(event, &fact.lead_id, &fact.handoff_id)?;
        handoff.state = "PENDING_ROUTE";
        (handoff.owner, handoff.team, handoff.assigned_at) = (None, None, None);
        Some(handoff.lead)
    }

    pub(super) fn accepted(
        &mut self,
        event: &Event,
        fact: &HandoffAccepted,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let (owner, team) = (self.user_id(&fact.owner)?, self.team_id(&fact.team)?);
        let decided_by = Some(self.words.keep(&fact.decided_by));
        let handoff = self.decided(event, fact.r#move.as_ref()?, &fact.handoff_id, "ACCEPTED")?;
        handoff.decided_by = decided_by;
        (handoff.owner, handoff.team) = (owner, team);
        (handoff.implied, handoff.auto) = (fact.implied, fact.auto);
        handoff.implied_assignment = fact.implied_assignment;
        if fact.implied_assignment && owner.is_some() {
            handoff.assigned_at = Some(event.occurred);
        }
        let cause = Cause { handoff: id(&fact.handoff_id), imported: fact.imported, ..Cause::default() };
        self.moved(event, fact.r#move.as_ref(), Way::Accepted, &cause, docket)
    }

    pub(super) fn rejected(
        &mut self,
        event: &Event,
        fact: &HandoffRejected,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let decided_by = Some(self.words.keep(&fact.decided_by));
        let reason = Some(self.words.keep(&fact.reason));
        let handoff = self.decided(event, fact.r#move.as_ref()?, &fact.handoff_id, "REJECTED")?;
        (handoff.decided_by, handoff.reason) = (decided_by, reason);
        handoff.disposition = Some(disposition(fact.disposition()));
        handoff.attribution = Some(attribution(fact.attribution()));
        let lead = handoff.lead;
        if fact.disposition() == RejectionDisposition::Recycle {
            self.recycling.rejection = Some((event.position, lead));
        }
        if let Some(until) = instant(fact.cooldown_until_time.as_ref()) {
            self.leads.get_mut(&lead)?.cool_down(until, event.position);
        }
        let cause = Cause {
            handoff: id(&fact.handoff_id),
            reason: Some(&fact.reason),
            imported: fact.imported,
            ..Cause::default()
        };
        self.moved(event, fact.r#move.as_ref(), Way::Rejected, &cause, docket)
    }

    pub(super) fn withdrawn(
        &mut self,
        event: &Event,
        fact: &HandoffWithdrawn,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let reason = Some(self.words.keep(&fact.reason));
        let superseded_by = maybe_id(&fact.superseded_by_handoff_id)?;
        let handoff = self.decided(event, fact.r#move.as_ref()?, &fact.handoff_id, "WITHDRAWN")?;
        (handoff.withdrawal, handoff.superseded_by) = (reason, superseded_by);
        let lead = handoff.lead;
        if let Some(until) = instant(fact.cooldown_until_time.as_ref()) {
            self.leads.get_mut(&lead)?.cool_down(until, event.position);
        }
        let cause = Cause {
            handoff: id(&fact.handoff_id),
            reason: Some(&fact.reason),
            imported: fact.imported,
            ..Cause::default()
        };
        self.moved(event, fact.r#move.as_ref(), Way::Withdrawn, &cause, docket)
    }

    /// Ends a handoff that is open, and frees its track.
    fn decided(
        &mut self,
        event: &Event,
        step: &TrackMove,
        handoff: &str,
        state: &'static str,
    ) -> Option<&mut Handoff> {
        let (lead_id, handoff_id) = (id(&step.lead_id)?, id(handoff)?);
        let line = self.words.keep(&step.product_line);
        let track = self.leads.get_mut(&lead_id)?.track(&line, event);
        if track.open_handoff.take() != Some(handoff_id) {
            return None;
        }
        self.waits_no_more(event, handoff_id);
        let handoff = self.handoff(event, &step.lead_id, handoff)?;
        (handoff.state, handoff.decided_at) = (state, Some(event.occurred));
        Some(handoff)
    }

    /// A handoff that the event changes, which must be that lead's.
    pub(super) fn handoff(&mut self, event: &Event, lead: &str, handoff: &str) -> Option<&mut Handoff> {
        let lead_id = id(lead)?;
        let handoff = self.handoffs.get_mut(&id(handoff)?).filter(|handoff| handoff.lead == lead_id)?;
        handoff.version = event.position;
        Some(handoff)
    }
}
