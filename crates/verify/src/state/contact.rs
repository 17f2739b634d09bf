//! Contacts, and what was first among them.

use handoff_proto::event::v1::Contact;
use handoff_store::verify::history::ContactRow;
use uuid::Uuid;

use super::State;
use crate::event::Event;
use crate::word::{direction, id, instant};

impl State {
    pub(super) fn contacted(&mut self, event: &Event, fact: &Contact, kind: &str) -> Option<Uuid> {
        let lead_id = id(&fact.lead_id)?;
        let handoff_id = match fact.handoff_ids.as_slice() {
            [] => None,
            [one] => Some(id(one)?),
            _ => return None,
        };
        let row = ContactRow {
            lead_id,
            contact_id: id(&fact.contact_id)?,
            handoff_id,
            kind: kind.to_owned(),
            direction: direction(fact.direction()).to_owned(),
            human: fact.human,
            channel: fact.medium.clone(),
            made_by: fact.made_by.clone(),
            occurred_at: event.occurred,
            recorded_at: event.recorded,
            imported: fact.imported,
            version: event.position,
        };
        self.leads.get_mut(&lead_id)?.contacts.add(&row);
        if let Some(handoff_id) = handoff_id {
            let handoff = self.handoffs.get_mut(&handoff_id).filter(|handoff| handoff.lead == lead_id)?;
            let firsts = [&fact.first_attempt_time, &fact.first_connect_time, &fact.first_meeting_time]
                .map(|time| instant(time.as_ref()));
            if handoff.firsts != firsts {
                handoff.firsts = firsts;
                handoff.version = event.position;
            }
        }
        Some(lead_id)
    }
}
