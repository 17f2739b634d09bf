//! Merges in reporting's facts: whose leads and passages are, and what the survivor takes over.

use handoff_proto::event::v1::{LeadMerged, LeadStanding, LeadUnmerged};
use handoff_proto::qualification::v1::LeadKind;
use uuid::Uuid;

use super::Facts;
use super::lead::Dimensions;
use crate::event::Event;
use crate::word::{id, instant};

impl Facts {
    pub(super) fn merged(&mut self, event: &Event, fact: &LeadMerged) -> Option<()> {
        let survivor = id(&fact.survivor_lead_id)?;
        self.belong(event, &fact.counting_lead_ids, survivor)?;
        self.stand(event, survivor, fact.standing.as_ref()?)
    }

    pub(super) fn unmerged(&mut self, event: &Event, fact: &LeadUnmerged) -> Option<()> {
        let lead_id = id(&fact.lead_id)?;
        self.belong(event, &fact.counting_lead_ids, lead_id)?;
        self.stand(event, lead_id, fact.standing.as_ref()?)?;
        self.stand(event, id(&fact.survivor_lead_id)?, fact.survivor_standing.as_ref()?)
    }

    fn belong(&mut self, event: &Event, leads: &[String], survivor: Uuid) -> Option<()> {
        for lead in leads {
            let lead_id = id(lead)?;
            let into = (lead_id != survivor).then_some(survivor);
            let known = self.leads.get_mut(&lead_id)?;
            known.change(lead_id, event, |lead| lead.merged_into = into);
            known.change_passages(lead_id, event, |_| true, |passage| passage.merged_into = into);
        }
        Some(())
    }

    /// What waits for its MQL stands with the lead; what was handed over is as it was handed over.
    fn stand(&mut self, event: &Event, lead_id: Uuid, told: &LeadStanding) -> Option<()> {
        let (captured_at, customer_at) =
            (instant(told.capture_time.as_ref())?, instant(told.customer_time.as_ref()));
        let touch = Dimensions::new(told.origin.as_ref(), LeadKind::Unspecified, "", &mut self.words);
        let known = self.leads.get_mut(&lead_id)?;
        known.change(lead_id, event, |lead| {
            (lead.captured_at, lead.customer_at) = (captured_at, customer_at);
            lead.dimensions.touched(&touch);
        });
        known.change_passages(
            lead_id,
            event,
            |passage| passage.mql_at.is_none(),
            |passage| {
                passage.dimensions.touched(&touch);
                if passage.cycle == 1 {
                    passage.captured_at = Some(captured_at);
                }
            },
        );
        Some(())
    }
}
