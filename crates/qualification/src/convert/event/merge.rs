//! Merges: who counts for whom, and how they stand.

use handoff_domain::id::LeadId;
use handoff_domain::qualification::event::{LeadMerged, LeadUnmerged};
use handoff_domain::qualification::record::Standing;
use handoff_proto::event::v1 as pb;
use handoff_runtime::convert;

use crate::convert::origin;

pub(super) fn merged(event: &LeadMerged) -> pb::LeadMerged {
    pb::LeadMerged {
        lead_id: event.lead.to_string(),
        survivor_lead_id: event.into.to_string(),
        counting_lead_ids: ids(&event.leads),
        standing: Some(standing(&event.standing)),
    }
}

pub(super) fn unmerged(event: &LeadUnmerged) -> pb::LeadUnmerged {
    pb::LeadUnmerged {
        lead_id: event.lead.to_string(),
        from_lead_id: event.from.to_string(),
        survivor_lead_id: event.survivor.to_string(),
        counting_lead_ids: ids(&event.leads),
        standing: Some(standing(&event.standing)),
        survivor_standing: Some(standing(&event.survivor_standing)),
    }
}

fn ids(leads: &[LeadId]) -> Vec<String> {
    leads.iter().map(LeadId::to_string).collect()
}

fn standing(standing: &Standing) -> pb::LeadStanding {
    pb::LeadStanding {
        capture_time: Some(convert::to_timestamp(standing.captured_at)),
        origin: Some(origin(&standing.origin)),
        customer_time: standing.customer_since.map(convert::to_timestamp),
    }
}
