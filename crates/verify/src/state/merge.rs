//! Merges: who is one person with whom. What hangs on a lead is its own, merged or not.

use chrono::{DateTime, Utc};
use handoff_proto::event::v1::{LeadMerged, LeadStanding, LeadUnmerged};
use uuid::Uuid;

use super::State;
use super::lead::Touch;
use crate::docket::Docket;
use crate::event::Event;
use crate::law::Law;
use crate::word::{id, instant};

const LAW: Law = Law::Merges;

impl State {
    pub(super) fn lead_merged(
        &mut self,
        event: &Event,
        fact: &LeadMerged,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let (lead_id, survivor) = (id(&fact.lead_id)?, id(&fact.survivor_lead_id)?);
        let place = format!("lead {lead_id}, qualification position {}", event.position);
        let is_alone = |lead: Uuid| Some(self.leads.get(&lead)?.merged_into.is_none());
        docket.checked(LAW, 1);
        if !is_alone(lead_id)? || !is_alone(survivor)? || lead_id == survivor {
            docket.violated(LAW, &place, "two leads that were not merged before", "others");
        }
        self.counting(&place, lead_id, &fact.counting_lead_ids, docket);
        self.leads.get_mut(&lead_id)?.merged_into = Some(survivor);
        self.merged.entry(survivor).or_default().push(lead_id);
        self.touched(event, &[lead_id, survivor]);
        self.stands(&place, survivor, fact.standing.as_ref()?, docket)?;
        self.waits_once(survivor, event, docket);
        Some(lead_id)
    }

    pub(super) fn lead_unmerged(
        &mut self,
        event: &Event,
        fact: &LeadUnmerged,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let (lead_id, from) = (id(&fact.lead_id)?, id(&fact.from_lead_id)?);
        let place = format!("lead {lead_id}, qualification position {}", event.position);
        let survivor = self.survivor(lead_id);
        docket.equal(LAW, format_args!("{place}, survivor"), &survivor, &id(&fact.survivor_lead_id)?);
        let into = self.leads.get_mut(&lead_id)?.merged_into.take();
        docket.equal(LAW, format_args!("{place}, merged into"), &into, &Some(from));
        let into = into?;
        self.merged.get_mut(&into)?.retain(|merged| *merged != lead_id);
        self.touched(event, &[lead_id, into]);
        self.counting(&place, lead_id, &fact.counting_lead_ids, docket);
        self.stands(&place, lead_id, fact.standing.as_ref()?, docket)?;
        self.stands(&place, survivor, fact.survivor_standing.as_ref()?, docket)?;
        Some(lead_id)
    }

    /// Whoever is one person waits for sales at most once on a line.
    pub(super) fn waits_once(&self, lead_id: Uuid, event: &Event, docket: &mut Docket) {
        let members = self.members(self.survivor(lead_id));
        if members.len() == 1 {
            return;
        }
        docket.checked(LAW, 1);
        let tracks = members.iter().filter_map(|member| self.leads.get(member)).flat_map(|lead| &lead.tracks);
        let mut lines: Vec<&str> =
            tracks.filter(|track| track.open_handoff.is_some()).map(|track| track.line.as_ref()).collect();
        lines.sort_unstable();
        if lines.windows(2).any(|pair| pair[0] == pair[1]) {
            let place = format!("lead {lead_id}, qualification position {}", event.position);
            docket.violated(LAW, place, "one open handoff of a person on a line", "two");
        }
    }

    pub(super) fn survivor(&self, lead_id: Uuid) -> Uuid {
        let mut survivor = lead_id;
        while let Some(into) = self.leads.get(&survivor).and_then(|lead| lead.merged_into) {
            survivor = into;
        }
        survivor
    }

    pub(super) fn members(&self, lead_id: Uuid) -> Vec<Uuid> {
        let mut members = vec![lead_id];
        let mut next = 0;
        while let Some(member) = members.get(next) {
            members.extend(self.merged.get(member).into_iter().flatten());
            next += 1;
        }
        members
    }

    fn touched(&mut self, event: &Event, leads: &[Uuid]) {
        for lead in leads {
            if let Some(lead) = self.leads.get_mut(lead) {
                lead.version = event.position;
            }
        }
    }

    /// The event names the leads that count for `lead_id`, and no others.
    fn counting(&self, place: &str, lead_id: Uuid, told: &[String], docket: &mut Docket) {
        let mut told: Vec<Option<Uuid>> = told.iter().map(|lead| id(lead)).collect();
        let mut members: Vec<Option<Uuid>> = self.members(lead_id).into_iter().map(Some).collect();
        told.sort_unstable();
        members.sort_unstable();
        docket.equal(LAW, format_args!("{place}, who counts"), &members, &told);
    }

    /// A lead stands as the first of those that count for it was captured, and is a customer since the first of them is.
    fn stands(&mut self, place: &str, lead_id: Uuid, told: &LeadStanding, docket: &mut Docket) -> Option<()> {
        let touch = Touch::new(told.origin.as_ref(), &mut self.words);
        let (captured_at, customer_since) =
            (instant(told.capture_time.as_ref())?, instant(told.customer_time.as_ref()));
        let members = self.members(lead_id);
        let leads = || members.iter().filter_map(|member| self.leads.get(member));
        let first: Option<DateTime<Utc>> = leads().map(|lead| lead.captured_at).min();
        docket.equal(LAW, format_args!("{place}, captured"), &first, &Some(captured_at));
        let customer = leads().filter_map(|lead| lead.customer_since).min();
        docket.equal(LAW, format_args!("{place}, customer"), &customer, &customer_since);
        if !leads().any(|lead| Some(lead.captured_at) == first && lead.touch == touch) {
            docket.violated(LAW, format_args!("{place}, origin"), "that of the first capture", "another");
        }
        Some(())
    }
}
