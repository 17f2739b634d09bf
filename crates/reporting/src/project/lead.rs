//! Leads: captured, better known, found to be a test, and interested anew.

use handoff_domain::metric::dimension::Dimension;
use handoff_domain::metric::fact::{HandoffFact, LeadFact};
use handoff_proto::event::v1 as pb;
use handoff_proto::qualification::v1::{LeadKind, Suppression};
use handoff_store::reporting::handoff_fact::Passage;
use handoff_store::reporting::lead_fact::Lead;

use super::When;
use super::field::{self, Track};
use crate::facts::Facts;

/// A lead, and its first cycle, which waits for an MQL from now on.
pub(super) fn captured(facts: &mut Facts, when: When, event: &pb::LeadCaptured) -> Option<()> {
    let Track { lead, line, cycle } = field::track(event.r#move.as_ref())?;
    let dimensions = field::dimensions(event.origin.as_ref(), event.kind(), &event.persona);
    let is_test = event.suppression() == Suppression::Test;
    let (captured_at, imported) = (when.occurred, event.imported);
    let fact = LeadFact { lead, captured_at, customer_at: None, imported, dimensions: dimensions.clone() };
    facts.add_lead(when.recorded, Lead { is_test, merged_into: None, fact });
    let fact = HandoffFact {
        captured_at: Some(captured_at),
        imported,
        dimensions,
        ..HandoffFact::new(lead, line, cycle)
    };
    facts.add_passage(when.recorded, Passage { number: 1, is_test, merged_into: None, fact });
    Some(())
}

/// What is better known of a lead is better known of the cycles that are not handed over yet; a hand-over keeps what it
/// was handed over with.
pub(super) fn attributes_changed(
    facts: &mut Facts,
    when: When,
    event: &pb::LeadAttributesChanged,
) -> Option<()> {
    let lead = field::id(&event.lead_id)?;
    let mut news = Vec::new();
    if event.kind() != LeadKind::Unspecified {
        news.push((Dimension::Kind, field::kind_word(event.kind())));
    }
    if !event.persona.is_empty() {
        news.push((Dimension::Persona, event.persona.as_str()));
    }
    facts.lead(lead)?;
    facts.change_lead(when.recorded, lead, |lead| {
        for (dimension, value) in &news {
            lead.fact.dimensions = std::mem::take(&mut lead.fact.dimensions).with(*dimension, *value);
        }
    });
    let waits = |passage: &Passage| passage.fact.mql.is_none();
    facts.change_passages(when.recorded, lead, waits, |passage| {
        for (dimension, value) in &news {
            passage.fact.dimensions = std::mem::take(&mut passage.fact.dimensions).with(*dimension, *value);
        }
    });
    Some(())
}

/// A test is in no report, and neither is what became of it before somebody said so (edge case 41). What was known
/// until then stays known.
pub(super) fn suppression_changed(
    facts: &mut Facts,
    when: When,
    event: &pb::SuppressionChanged,
) -> Option<()> {
    let lead = field::id(&event.lead_id)?;
    let is_test = event.to() == Suppression::Test;
    facts.lead(lead)?;
    facts.change_lead(when.recorded, lead, |lead| lead.is_test = is_test);
    facts.change_passages(when.recorded, lead, |_| true, |passage| passage.is_test = is_test);
    Some(())
}

/// A customer comes again: a cycle of its own, captured by this interest and not years ago.
pub(super) fn new_interest(facts: &mut Facts, when: When, event: &pb::NewInterest) -> Option<()> {
    let Track { lead, line, cycle } = field::track(event.r#move.as_ref())?;
    let of = facts.lead(lead)?;
    let fact = HandoffFact {
        captured_at: Some(when.occurred),
        imported: event.imported,
        dimensions: of.fact.dimensions.clone(),
        ..HandoffFact::new(lead, line, cycle)
    };
    let passage = Passage { number: 1, is_test: of.is_test, merged_into: of.merged_into, fact };
    facts.add_passage(when.recorded, passage);
    Some(())
}
