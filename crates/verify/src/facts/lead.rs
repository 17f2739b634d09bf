//! Facts of leads: what their capture became.

use chrono::{DateTime, Utc};
use handoff_proto::event::v1::{LeadAttributesChanged, LeadCaptured, NewInterest, SuppressionChanged};
use handoff_proto::qualification::v1::{LeadKind, Origin, OriginChannel, Suppression};
use handoff_store::verify::reporting::LeadFactRow;
use uuid::Uuid;

use super::passage::Passage;
use super::{Facts, Known};
use crate::event::Event;
use crate::word::{Tally, Word, Words, channel, id, kind, owned};

/// What reports break down by; nothing where nothing was ever said.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Dimensions {
    origin: Option<&'static str>,
    source: Option<Word>,
    medium: Option<Word>,
    campaign: Option<Word>,
    kind: Option<&'static str>,
    persona: Option<Word>,
}

/// Dimensions as columns: origin, source, medium, campaign, kind, persona.
type Columns = [Option<String>; 6];

impl Dimensions {
    pub(super) fn new(origin: Option<&Origin>, of_kind: LeadKind, persona: &str, words: &mut Words) -> Self {
        let unknown = Origin::default();
        let origin = origin.unwrap_or(&unknown);
        let given = Some(origin.channel()).filter(|it| *it != OriginChannel::Unspecified);
        Self {
            origin: given.map(channel),
            source: words.some(&origin.source),
            medium: words.some(&origin.medium),
            campaign: words.some(&origin.campaign),
            kind: Some(of_kind).filter(|it| *it != LeadKind::Unspecified).map(kind),
            persona: words.some(persona),
        }
    }

    pub(super) fn columns(&self) -> Columns {
        [
            self.origin.map(str::to_owned),
            owned(self.source.as_ref()),
            owned(self.medium.as_ref()),
            owned(self.campaign.as_ref()),
            self.kind.map(str::to_owned),
            owned(self.persona.as_ref()),
        ]
    }

    /// Another first touch; the rest stays.
    pub(super) fn touched(&mut self, touch: &Self) {
        let Self { origin, source, medium, campaign, .. } = touch.clone();
        (self.origin, self.source, self.medium, self.campaign) = (origin, source, medium, campaign);
    }

    /// What is better known now; the rest stays.
    fn learn(&mut self, of_kind: Option<&'static str>, persona: Option<&Word>) {
        self.kind = of_kind.or(self.kind);
        self.persona = persona.cloned().or_else(|| self.persona.take());
    }
}

/// What is known of a lead.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LeadFact {
    pub(super) is_test: bool,
    /// Who it counts for since it was merged.
    pub(super) merged_into: Option<Uuid>,
    imported: bool,
    pub(super) captured_at: DateTime<Utc>,
    pub(super) customer_at: Option<DateTime<Utc>>,
    pub(super) dimensions: Dimensions,
}

/// A lead with its passages, and a number for the versions before those that hold.
#[derive(Debug)]
pub(super) struct Leadership {
    pub(super) lead: Known<LeadFact>,
    pub(super) passages: Vec<Known<Passage>>,
    pub(super) past: Tally,
    pub(super) past_passages: Tally,
}

impl LeadFact {
    pub(super) fn row(&self, lead_id: Uuid, from: DateTime<Utc>, to: Option<DateTime<Utc>>) -> LeadFactRow {
        let [origin, source, medium, campaign, kind, persona] = self.dimensions.columns();
        LeadFactRow {
            lead_id,
            known_from: from,
            known_to: to,
            is_test: self.is_test,
            merged_into: self.merged_into,
            imported: self.imported,
            captured_at: self.captured_at,
            customer_at: self.customer_at,
            origin,
            source,
            medium,
            campaign,
            kind,
            persona,
        }
    }
}

impl Leadership {
    pub(super) fn change(&mut self, lead_id: Uuid, event: &Event, change: impl FnOnce(&mut LeadFact)) {
        let past = &mut self.past;
        self.lead.change(event, change, |old, from| past.add(&old.row(lead_id, from, Some(event.recorded))));
    }

    /// Changes those of its passages that are meant; says how many.
    pub(super) fn change_passages(
        &mut self,
        lead_id: Uuid,
        event: &Event,
        is_meant: impl Fn(&Passage) -> bool,
        change: impl Fn(&mut Passage),
    ) -> usize {
        let past = &mut self.past_passages;
        let mut count = 0;
        for known in self.passages.iter_mut().filter(|known| is_meant(&known.holds)) {
            count += 1;
            known.change(event, &change, |old, from| past.add(&old.row(lead_id, from, Some(event.recorded))));
        }
        count
    }
}

impl Facts {
    /// A lead, and its first cycle, which waits.
    pub(super) fn captured(&mut self, event: &Event, fact: &LeadCaptured) -> Option<()> {
        let step = fact.r#move.as_ref()?;
        let lead_id = id(&fact.lead_id)?;
        let dimensions = Dimensions::new(fact.origin.as_ref(), fact.kind(), &fact.persona, &mut self.words);
        let is_test = fact.suppression() == Suppression::Test;
        let lead = LeadFact {
            is_test,
            merged_into: None,
            imported: fact.imported,
            captured_at: event.occurred,
            customer_at: None,
            dimensions: dimensions.clone(),
        };
        let passage = Passage {
            is_test,
            imported: fact.imported,
            captured_at: Some(event.occurred),
            dimensions,
            ..Passage::new(self.words.keep(&step.product_line), step.cycle, 1)
        };
        let known = Leadership {
            lead: Known::new(lead, event),
            passages: vec![Known::new(passage, event)],
            past: Tally::default(),
            past_passages: Tally::default(),
        };
        self.leads.insert(lead_id, known);
        Some(())
    }

    /// A hand-over keeps what it was handed over with; what still waits learns.
    pub(super) fn attributes_changed(&mut self, event: &Event, fact: &LeadAttributesChanged) -> Option<()> {
        let lead_id = id(&fact.lead_id)?;
        let of_kind = Some(fact.kind()).filter(|it| *it != LeadKind::Unspecified).map(kind);
        let persona = self.words.some(&fact.persona);
        let known = self.leads.get_mut(&lead_id)?;
        known.change(lead_id, event, |lead| lead.dimensions.learn(of_kind, persona.as_ref()));
        known.change_passages(
            lead_id,
            event,
            |passage| passage.mql_at.is_none(),
            |passage| passage.dimensions.learn(of_kind, persona.as_ref()),
        );
        Some(())
    }

    /// A test is in no report, with all that became of it (edge case 41).
    pub(super) fn suppression_changed(&mut self, event: &Event, fact: &SuppressionChanged) -> Option<()> {
        let (lead_id, is_test) = (id(&fact.lead_id)?, fact.to() == Suppression::Test);
        let known = self.leads.get_mut(&lead_id)?;
        known.change(lead_id, event, |lead| lead.is_test = is_test);
        known.change_passages(lead_id, event, |_| true, |passage| passage.is_test = is_test);
        Some(())
    }

    /// A customer comes again: another cycle, which begins with this interest.
    pub(super) fn new_interest(&mut self, event: &Event, fact: &NewInterest) -> Option<()> {
        let step = fact.r#move.as_ref()?;
        let line = self.words.keep(&step.product_line);
        let known = self.leads.get_mut(&id(&step.lead_id)?)?;
        let passage = Passage {
            is_test: known.lead.holds.is_test,
            merged_into: known.lead.holds.merged_into,
            imported: fact.imported,
            captured_at: Some(event.occurred),
            dimensions: known.lead.holds.dimensions.clone(),
            ..Passage::new(line, step.cycle, 1)
        };
        known.passages.push(Known::new(passage, event));
        Some(())
    }

    /// The lead became a customer for the first time.
    pub(super) fn became_customer(&mut self, event: &Event, lead_id: Uuid) -> Option<()> {
        let survivor = self.leads.get(&lead_id)?.lead.holds.merged_into;
        for lead_id in [lead_id].into_iter().chain(survivor) {
            let known = self.leads.get_mut(&lead_id)?;
            known.change(lead_id, event, |lead| lead.customer_at = Some(event.occurred));
        }
        Some(())
    }
}
