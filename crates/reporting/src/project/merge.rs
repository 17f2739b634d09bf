//! Merges: a lead that was merged is none of its own, and its hand-overs are the survivor's, each as it was handed over.
//! The survivor takes over the earliest capture and its first touch; what it waits with for its next MQL does too.

use handoff_domain::id::LeadId;
use handoff_domain::metric::dimension::{Dimension, Dimensions};
use handoff_proto::event::v1 as pb;
use handoff_proto::qualification::v1::LeadKind;
use handoff_store::reporting::handoff_fact::Passage;

use super::When;
use super::field;
use crate::facts::Facts;

/// The first touch.
const TOUCH: [Dimension; 4] = [Dimension::Origin, Dimension::Source, Dimension::Medium, Dimension::Campaign];

/// Two leads are one.
pub(super) fn merged(facts: &mut Facts, when: When, event: &pb::LeadMerged) -> Option<()> {
    let survivor = field::id(&event.survivor_lead_id)?;
    count_for(facts, when, &event.counting_lead_ids, survivor)?;
    stand(facts, when, survivor, event.standing.as_ref()?)
}

/// They are two again.
pub(super) fn unmerged(facts: &mut Facts, when: When, event: &pb::LeadUnmerged) -> Option<()> {
    let lead = field::id(&event.lead_id)?;
    count_for(facts, when, &event.counting_lead_ids, lead)?;
    stand(facts, when, lead, event.standing.as_ref()?)?;
    stand(facts, when, field::id(&event.survivor_lead_id)?, event.survivor_standing.as_ref()?)
}

/// Leads count for another from now on, or for themselves.
fn count_for(facts: &mut Facts, when: When, leads: &[String], survivor: LeadId) -> Option<()> {
    for lead in leads {
        let lead: LeadId = field::id(lead)?;
        let into = Some(survivor).filter(|survivor| *survivor != lead);
        facts.lead(lead)?;
        facts.change_lead(when.recorded, lead, |lead| lead.merged_into = into);
        facts.change_passages(when.recorded, lead, |_| true, |passage| passage.merged_into = into);
    }
    Some(())
}

/// What a lead has of all that count for it. A cycle that was captured by an interest of its own keeps that instant, and
/// what was handed over keeps what it was handed over with.
fn stand(facts: &mut Facts, when: When, lead: LeadId, standing: &pb::LeadStanding) -> Option<()> {
    let captured_at = field::instant(standing.capture_time.as_ref())?;
    let customer_at = match &standing.customer_time {
        Some(at) => Some(field::instant(Some(at))?),
        None => None,
    };
    let touch = field::dimensions(standing.origin.as_ref(), LeadKind::Unspecified, "");
    facts.lead(lead)?;
    facts.change_lead(when.recorded, lead, |lead| {
        (lead.fact.captured_at, lead.fact.customer_at) = (captured_at, customer_at);
        touched(&mut lead.fact.dimensions, &touch);
    });
    let waits = |passage: &Passage| passage.fact.mql.is_none();
    facts.change_passages(when.recorded, lead, waits, |passage| {
        if passage.fact.cycle == 1 {
            passage.fact.captured_at = Some(captured_at);
        }
        touched(&mut passage.fact.dimensions, &touch);
    });
    Some(())
}

fn touched(dimensions: &mut Dimensions, touch: &Dimensions) {
    for dimension in TOUCH {
        *dimensions = std::mem::take(dimensions).with(dimension, touch.get(dimension).unwrap_or_default());
    }
}
