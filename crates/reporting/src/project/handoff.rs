//! Hand-overs: from the MQL to its decision and the contacts that follow, and the ways past them.

use chrono::{DateTime, Utc};
use handoff_domain::id::{HandoffId, LeadId};
use handoff_domain::metric::dimension::{Dimension, Dimensions};
use handoff_domain::metric::fact::{Acceptance, Decision, End, HandoffFact, WithdrawnReason};
use handoff_domain::metric::milestone::Stamp;
use handoff_domain::qualification::rejection::Attribution;
use handoff_proto::event::v1 as pb;
use handoff_proto::qualification::v1::{RejectionAttribution, Stage};
use handoff_store::reporting::handoff_fact::Passage;

use super::When;
use super::field::{self, Track};
use crate::facts::Facts;

/// The lead became an MQL: its waiting cycle is handed over, or another one begins.
pub(super) fn qualified(facts: &mut Facts, when: When, event: &pb::LeadQualified) -> Option<()> {
    let handoff: HandoffId = field::id(&event.handoff_id)?;
    let dimensions = field::dimensions(event.origin.as_ref(), event.kind(), &event.persona);
    pass(facts, when, &field::track(event.r#move.as_ref())?, |fact| {
        fact.handoff = Some(handoff);
        fact.mql = Some(Stamp::recorded(when.occurred));
        fact.imported = event.imported;
        fact.dimensions = dimensions.clone();
    })
}

/// The source left out stages. If MQL was among them the lead counts as having passed it at this instant, accepted at
/// the same one, and no handoff ever was (edge case 5). A skip out of MQL is told by the HandoffAccepted before it.
pub(super) fn skipped(facts: &mut Facts, when: When, event: &pb::StageSkipped) -> Option<()> {
    let track = field::track(event.r#move.as_ref())?;
    if !event.skipped_stages().any(|stage| stage == Stage::Mql) {
        return Some(());
    }
    let snapshot = event.snapshot.as_ref()?;
    let dimensions = field::dimensions(snapshot.origin.as_ref(), snapshot.kind(), &snapshot.persona);
    pass(facts, when, &track, |fact| {
        fact.mql = Some(Stamp::implied(when.occurred));
        fact.end = Some(End { at: when.occurred, decision: Decision::Accepted(Acceptance::Implied) });
        fact.imported = event.imported;
        fact.dimensions = dimensions.clone();
    })
}

/// Leads a track through its MQL stage: in the passage that waits for it, or in a further one of the cycle, as when a
/// rejected lead turns up with a deal.
fn pass(facts: &mut Facts, when: When, track: &Track, change: impl Fn(&mut HandoffFact)) -> Option<()> {
    let Track { lead, line, cycle } = track;
    let of = facts.lead(*lead)?;
    let (is_test, merged_into) = (of.is_test, of.merged_into);
    let latest = facts.passages(*lead).rfind(|it| it.fact.line == *line && it.fact.cycle <= *cycle);
    let (captured_at, number) = match latest {
        Some(it) if it.fact.cycle == *cycle && it.fact.mql.is_none() => {
            let number = it.number;
            let is_meant =
                |it: &Passage| it.fact.line == *line && it.fact.cycle == *cycle && it.number == number;
            facts.change_passages(when.recorded, *lead, is_meant, |passage| change(&mut passage.fact));
            return Some(());
        }
        Some(it) if it.fact.cycle == *cycle => (it.fact.captured_at, it.number + 1),
        Some(it) => (it.fact.captured_at, 1),
        None => (Some(facts.lead(*lead)?.fact.captured_at), 1),
    };
    let mut fact = HandoffFact { captured_at, ..HandoffFact::new(*lead, line.as_str(), *cycle) };
    change(&mut fact);
    facts.add_passage(when.recorded, Passage { number, is_test, merged_into, fact });
    Some(())
}

/// An owner.
pub(super) fn routed(facts: &mut Facts, when: When, event: &pb::HandoffRouted) -> Option<()> {
    change(facts, when, &event.lead_id, &event.handoff_id, |fact| {
        fact.assigned_at = Some(when.occurred);
        own(fact, &event.owner, &event.team);
    })
}

/// Another owner. The lead has had one since it was first assigned, and the lead's time never starts anew.
pub(super) fn reassigned(facts: &mut Facts, when: When, event: &pb::HandoffReassigned) -> Option<()> {
    change(facts, when, &event.lead_id, &event.handoff_id, |fact| {
        fact.assigned_at.get_or_insert(when.occurred);
        own(fact, &event.owner, &event.team);
    })
}

/// No owner any more.
pub(super) fn returned(facts: &mut Facts, when: When, event: &pb::HandoffReturned) -> Option<()> {
    change(facts, when, &event.lead_id, &event.handoff_id, |fact| {
        fact.assigned_at = None;
        own(fact, "", "");
    })
}

/// Accepted. An assignment that is only implied by it is no milestone (edge case 13).
pub(super) fn accepted(facts: &mut Facts, when: When, event: &pb::HandoffAccepted) -> Option<()> {
    let acceptance = match (event.implied, event.auto) {
        (true, _) => Acceptance::Implied,
        (false, true) => Acceptance::Auto,
        (false, false) => Acceptance::Sales,
    };
    let lead = &event.r#move.as_ref()?.lead_id;
    change(facts, when, lead, &event.handoff_id, |fact| {
        fact.end = Some(End { at: when.occurred, decision: Decision::Accepted(acceptance) });
        own(fact, &event.owner, &event.team);
    })
}

/// Rejected.
pub(super) fn rejected(facts: &mut Facts, when: When, event: &pb::HandoffRejected) -> Option<()> {
    let attribution = match event.attribution() {
        RejectionAttribution::Criteria => Attribution::Criteria,
        RejectionAttribution::Data => Attribution::Data,
        RejectionAttribution::Timing => Attribution::Timing,
        RejectionAttribution::Routing => Attribution::Routing,
        RejectionAttribution::Unspecified => return None,
    };
    let lead = &event.r#move.as_ref()?.lead_id;
    change(facts, when, lead, &event.handoff_id, |fact| {
        let decision = Decision::Rejected { reason: event.reason.clone(), attribution };
        fact.end = Some(End { at: when.occurred, decision });
        own(fact, &event.owner, &event.team);
    })
}

/// Taken back.
pub(super) fn withdrawn(facts: &mut Facts, when: When, event: &pb::HandoffWithdrawn) -> Option<()> {
    let reason = match event.reason.as_str() {
        "TEST" => WithdrawnReason::Test,
        "MERGED" => WithdrawnReason::Merged,
        _ => WithdrawnReason::Other,
    };
    let lead = &event.r#move.as_ref()?.lead_id;
    change(facts, when, lead, &event.handoff_id, |fact| {
        fact.end = Some(End { at: when.occurred, decision: Decision::Withdrawn(reason) });
    })
}

/// The first contacts of the handoffs that this one counts for, as qualification keeps them; before any hand-over those
/// of the cycle that waits for it, which keeps them when it is handed over.
pub(super) fn contacted(facts: &mut Facts, when: When, contact: &pb::Contact) -> Option<()> {
    let attempt = field::instant(contact.first_attempt_time.as_ref());
    let connect = field::instant(contact.first_connect_time.as_ref());
    let meeting = field::instant(contact.first_meeting_time.as_ref());
    let note = |fact: &mut HandoffFact| {
        fact.first_attempt_at = earliest(fact.first_attempt_at, attempt);
        fact.first_connect_at = earliest(fact.first_connect_at, connect);
        fact.first_meeting_at = earliest(fact.first_meeting_at, meeting);
    };
    for handoff in &contact.handoff_ids {
        change(facts, when, &contact.lead_id, handoff, note)?;
    }
    if contact.handoff_ids.is_empty() {
        let lead = field::id(&contact.lead_id)?;
        facts.lead(lead)?;
        let waits = |passage: &Passage| passage.fact.mql.is_none();
        facts.change_passages(when.recorded, lead, waits, |passage| note(&mut passage.fact));
    }
    Some(())
}

fn earliest(known: Option<DateTime<Utc>>, told: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    known.into_iter().chain(told).min()
}

pub(super) fn change(
    facts: &mut Facts,
    when: When,
    lead: &str,
    handoff: &str,
    change: impl Fn(&mut HandoffFact),
) -> Option<()> {
    let (lead, handoff): (LeadId, HandoffId) = (field::id(lead)?, field::id(handoff)?);
    facts.change_handoff(when.recorded, lead, handoff, change).then_some(())
}

pub(super) fn own(fact: &mut HandoffFact, owner: &str, team: &str) {
    let dimensions: Dimensions = std::mem::take(&mut fact.dimensions);
    fact.dimensions = dimensions.with(Dimension::Owner, owner).with(Dimension::Team, team);
}
