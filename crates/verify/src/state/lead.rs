//! Leads, and what they do before they are handed over.

use chrono::{DateTime, NaiveDate, Utc};
use handoff_proto::event::v1::{
    ActivityRecorded, LeadAttributesChanged, LeadCaptured, LeadDisqualified, LeadNurtured, NewInterest,
    SqlReturned, StageSkipped, SuppressionChanged,
};
use handoff_proto::qualification::v1::{LeadKind, Origin, Stage, Suppression};
use handoff_store::verify::history::ActivityRow;
use handoff_store::verify::lead::LeadRow;
use uuid::Uuid;

use super::State;
use super::machine::Way;
use super::score::ByHand;
use super::track::{Cause, Track};
use crate::docket::Docket;
use crate::event::Event;
use crate::word::{Tally, Word, Words, channel, id, kind, maybe_id, owned, stage, suppression, text};

/// A first touch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Touch {
    channel: &'static str,
    source: Option<Word>,
    medium: Option<Word>,
    campaign: Option<Word>,
}

/// A lead with its tracks.
#[derive(Debug)]
pub(crate) struct Lead {
    kind: &'static str,
    pub(super) touch: Touch,
    persona: Option<Word>,
    pub(super) stage: Stage,
    pub(super) stage_since: DateTime<Utc>,
    pub(super) captured_at: DateTime<Utc>,
    pub(super) customer_since: Option<DateTime<Utc>>,
    cooldown_until: Option<DateTime<Utc>>,
    suppression: Suppression,
    pub(super) merged_into: Option<Uuid>,
    imported: bool,
    pub(super) version: i64,
    pub(super) tracks: Vec<Track>,
    /// Each move by its position, with a number for its row.
    pub(super) moves: Vec<(i64, u64)>,
    pub(super) activities: Tally,
    pub(super) contacts: Tally,
    pub(super) sources: Tally,
    pub(super) by_hand: ByHand,
}

impl Touch {
    pub(super) fn new(origin: Option<&Origin>, words: &mut Words) -> Self {
        let unknown = Origin::default();
        let origin = origin.unwrap_or(&unknown);
        Self {
            channel: channel(origin.channel()),
            source: words.some(&origin.source),
            medium: words.some(&origin.medium),
            campaign: words.some(&origin.campaign),
        }
    }

    /// Channel, source, medium and campaign as columns.
    pub(super) fn columns(&self) -> (String, Option<String>, Option<String>, Option<String>) {
        let Self { channel, source, medium, campaign } = self;
        ((*channel).to_owned(), owned(source.as_ref()), owned(medium.as_ref()), owned(campaign.as_ref()))
    }
}

impl Lead {
    pub(super) fn row(&self, lead_id: Uuid) -> LeadRow {
        let (origin_channel, origin_source, origin_medium, origin_campaign) = self.touch.columns();
        LeadRow {
            lead_id,
            kind: self.kind.to_owned(),
            origin_channel,
            origin_source,
            origin_medium,
            origin_campaign,
            persona: owned(self.persona.as_ref()),
            stage: stage(self.stage).to_owned(),
            stage_since: self.stage_since,
            captured_at: self.captured_at,
            customer_since: self.customer_since,
            cooldown_until: self.cooldown_until,
            suppression: suppression(self.suppression).to_owned(),
            merged_into: self.merged_into,
            imported: self.imported,
            version: self.version,
        }
    }

    /// It must not be handed over again before.
    pub(super) fn cool_down(&mut self, until: DateTime<Utc>, position: i64) {
        self.cooldown_until = Some(until);
        self.version = position;
    }

    /// Nothing holds it back any more.
    pub(super) fn warm_up(&mut self, position: i64) {
        self.cooldown_until = None;
        self.version = position;
    }

    /// It bought for the first time.
    pub(super) fn became_customer(&mut self, at: DateTime<Utc>, position: i64) {
        self.customer_since = Some(at);
        self.version = position;
    }
}

impl State {
    pub(super) fn lead_captured(
        &mut self,
        event: &Event,
        fact: &LeadCaptured,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let lead_id = id(&fact.lead_id)?;
        if self.leads.contains_key(&lead_id) {
            return None;
        }
        let lead = Lead {
            kind: kind(fact.kind()),
            touch: Touch::new(fact.origin.as_ref(), &mut self.words),
            persona: self.words.some(&fact.persona),
            stage: fact.r#move.as_ref()?.to_stage(),
            stage_since: event.occurred,
            captured_at: event.occurred,
            customer_since: None,
            cooldown_until: None,
            suppression: fact.suppression(),
            merged_into: None,
            imported: fact.imported,
            version: event.position,
            tracks: Vec::with_capacity(1),
            moves: Vec::with_capacity(2),
            activities: Tally::default(),
            contacts: Tally::default(),
            sources: Tally::default(),
            by_hand: ByHand::default(),
        };
        self.leads.insert(lead_id, lead);
        let cause = Cause { imported: fact.imported, ..Cause::default() };
        self.moved(event, fact.r#move.as_ref(), Way::Captured, &cause, docket)
    }

    pub(super) fn attributes_changed(&mut self, event: &Event, fact: &LeadAttributesChanged) -> Option<Uuid> {
        let lead_id = id(&fact.lead_id)?;
        let persona = self.words.some(&fact.persona);
        let lead = self.leads.get_mut(&lead_id)?;
        if fact.kind() != LeadKind::Unspecified {
            lead.kind = kind(fact.kind());
        }
        if persona.is_some() {
            lead.persona = persona;
        }
        lead.version = event.position;
        Some(lead_id)
    }

    pub(super) fn suppression_changed(&mut self, event: &Event, fact: &SuppressionChanged) -> Option<Uuid> {
        let lead_id = id(&fact.lead_id)?;
        let lead = self.leads.get_mut(&lead_id)?;
        lead.suppression = fact.to();
        lead.version = event.position;
        Some(lead_id)
    }

    pub(super) fn activity_recorded(&mut self, event: &Event, fact: &ActivityRecorded) -> Option<Uuid> {
        let lead_id = id(&fact.lead_id)?;
        let row = ActivityRow {
            lead_id,
            activity_id: id(&fact.activity_id)?,
            kind: fact.r#type.clone(),
            occurred_at: event.occurred,
            local_date: fact.local_date.parse::<NaiveDate>().ok()?,
            recorded_at: event.recorded,
            imported: fact.imported,
            version: event.position,
        };
        self.leads.get_mut(&lead_id)?.activities.add(&row);
        Some(lead_id)
    }

    pub(super) fn nurtured(
        &mut self,
        event: &Event,
        fact: &LeadNurtured,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let segment = text(&fact.segment);
        let cause = Cause { reason: segment, segment, imported: fact.imported, ..Cause::default() };
        self.moved(event, fact.r#move.as_ref(), Way::Nurtured, &cause, docket)
    }

    pub(super) fn disqualified(
        &mut self,
        event: &Event,
        fact: &LeadDisqualified,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let cause = Cause { reason: Some(&fact.reason), imported: fact.imported, ..Cause::default() };
        self.moved(event, fact.r#move.as_ref(), Way::Disqualified, &cause, docket)
    }

    pub(super) fn sql_returned(
        &mut self,
        event: &Event,
        fact: &SqlReturned,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let handoff = maybe_id(&fact.handoff_id)?;
        let reason = Some(fact.reason.as_str());
        let cause = Cause { handoff, reason, imported: fact.imported, ..Cause::default() };
        self.moved(event, fact.r#move.as_ref(), Way::Returned, &cause, docket)
    }

    pub(super) fn stage_skipped(
        &mut self,
        event: &Event,
        fact: &StageSkipped,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let skipped: Vec<Stage> = fact.skipped_stages().collect();
        let handoff = maybe_id(&fact.handoff_id)?;
        let cause = Cause { handoff, skipped: &skipped, imported: fact.imported, ..Cause::default() };
        self.moved(event, fact.r#move.as_ref(), Way::Skipped, &cause, docket)
    }

    /// A customer comes again, and its being one no longer stands in the way.
    pub(super) fn new_interest(
        &mut self,
        event: &Event,
        fact: &NewInterest,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let cause = Cause { imported: fact.imported, ..Cause::default() };
        let lead_id = self.moved(event, fact.r#move.as_ref(), Way::NewInterest, &cause, docket)?;
        let lead = self.leads.get_mut(&lead_id)?;
        if lead.suppression == Suppression::Customer {
            lead.suppression = Suppression::None;
            lead.version = event.position;
        }
        Some(lead_id)
    }
}
