//! Disputes. A rejection holds until it is overturned; from then on, until sales has decided anew, nothing was decided.

use handoff_proto::event::v1 as pb;
use handoff_proto::qualification::v1::DisputeRuling;

use super::When;
use super::handoff::{change, own};
use crate::facts::Facts;

/// Upheld, it changes no figure.
pub(super) fn resolved(facts: &mut Facts, when: When, event: &pb::DisputeResolved) -> Option<()> {
    match event.ruling() {
        DisputeRuling::Unspecified => None,
        DisputeRuling::Upheld => Some(()),
        DisputeRuling::Overturned => change(facts, when, &event.lead_id, &event.handoff_id, |fact| {
            fact.end = None;
            fact.overturned_at.get_or_insert(when.occurred);
            own(fact, &event.owner, &event.team);
        }),
    }
}
