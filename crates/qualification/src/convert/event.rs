//! Events as the log keeps them: every fact but the personal values, which `person_values` gives apart.

mod catalogue;
mod dispute;
mod handoff;
mod lead;
mod merge;
mod opportunity;
mod version;

use std::collections::BTreeMap;

use handoff_domain::error::Error;
use handoff_domain::id::{HandoffId, LeadId};
use handoff_domain::qualification::Event;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::event::Step;
use handoff_domain::qualification::record::{Person, ProductLine, Snapshot, Source};
use handoff_proto::event::v1 as pb;
use handoff_proto::event::v1::payload::Fact;
use handoff_runtime::convert;
use handoff_store::batch::PersonValue;
use handoff_store::log::time_text;
use uuid::Uuid;

use crate::convert::directory::{Directory, user_name};
use crate::convert::{cycle, origin, routing, tenant, text, word};

/// What stands before the name of an attribute, or of an activity's property, in the field of its personal value.
const ATTRIBUTES: &str = "attributes.";

/// What the log stores of an event.
///
/// # Errors
/// `Internal` for a user or team that `directory` does not know: whoever loaded the records forgot it.
pub(crate) fn payload(event: &Event, directory: &Directory) -> Result<pb::Payload, Error> {
    Ok(pb::Payload { fact: Some(fact(event, directory)?), source: event.source().as_ref().map(source) })
}

/// The handoffs whose records an event changed.
pub(crate) fn handoffs_of(payload: &pb::Payload) -> Vec<HandoffId> {
    let ids = match &payload.fact {
        Some(Fact::LeadQualified(fact)) => std::slice::from_ref(&fact.handoff_id),
        Some(Fact::HandoffRouted(fact)) => std::slice::from_ref(&fact.handoff_id),
        Some(Fact::HandoffReassigned(fact)) => std::slice::from_ref(&fact.handoff_id),
        Some(Fact::HandoffReturned(fact)) => std::slice::from_ref(&fact.handoff_id),
        Some(Fact::HandoffAccepted(fact)) => std::slice::from_ref(&fact.handoff_id),
        Some(Fact::HandoffRejected(fact)) => std::slice::from_ref(&fact.handoff_id),
        Some(Fact::HandoffWithdrawn(fact)) => std::slice::from_ref(&fact.handoff_id),
        Some(Fact::HandoffDisputed(fact)) => std::slice::from_ref(&fact.handoff_id),
        Some(Fact::DisputeResolved(fact)) => std::slice::from_ref(&fact.handoff_id),
        Some(Fact::HandoffUnroutable(fact)) => std::slice::from_ref(&fact.handoff_id),
        Some(Fact::ContactAttempted(fact)) => contacted(fact.contact.as_ref()),
        Some(Fact::ContactConnected(fact)) => contacted(fact.contact.as_ref()),
        Some(Fact::MeetingHeld(fact)) => contacted(fact.contact.as_ref()),
        _ => &[],
    };
    ids.iter().filter_map(|id| Uuid::try_parse(id).ok()).map(HandoffId).collect()
}

fn contacted(contact: Option<&pb::Contact>) -> &[String] {
    contact.map(|contact| contact.handoff_ids.as_slice()).unwrap_or_default()
}

fn fact(event: &Event, directory: &Directory) -> Result<Fact, Error> {
    Ok(match event {
        Event::TenantChanged(event) => Fact::TenantChanged(pb::TenantChanged {
            tenant: Some(tenant::tenant(&event.tenant)),
            contract_effective_time: event.tenant.contract_effective_from.map(convert::to_timestamp),
        }),
        Event::TeamChanged(event) => {
            Fact::TeamChanged(pb::TeamChanged { team: Some(tenant::team(&event.team)) })
        }
        Event::UserChanged(event) => Fact::UserChanged(pb::UserChanged {
            user: user_name(Some(&event.user.slug)),
            side: convert::to_side(event.user.side).into(),
            team: directory.team(event.user.team)?,
            active: event.user.active,
            availability: Some(routing::to_availability(&event.user.availability)),
        }),
        Event::AttributeChanged(event) => Fact::AttributeChanged(catalogue::attribute_changed(event)),
        Event::ActivityTypeChanged(event) => {
            Fact::ActivityTypeChanged(catalogue::activity_type_changed(event))
        }
        Event::RateSet(event) => Fact::RateSet(catalogue::rate_set(event)),
        Event::VersionDrafted(event) => Fact::VersionDrafted(version::drafted(event)),
        Event::VersionSubmitted(event) => Fact::VersionSubmitted(version::submitted(event)),
        Event::VersionSigned(event) => Fact::VersionSigned(version::signed(event)),
        Event::SignatureWithdrawn(event) => Fact::SignatureWithdrawn(version::signature_withdrawn(event)),
        Event::VersionApproved(event) => Fact::VersionApproved(version::approved(event)),
        Event::VersionScheduled(event) => Fact::VersionScheduled(version::scheduled(event)),
        Event::VersionEffective(event) => Fact::VersionEffective(version::effective(event)),
        Event::VersionRetired(event) => Fact::VersionRetired(version::retired(event)),
        Event::LeadCaptured(event) => Fact::LeadCaptured(lead::captured(event)),
        Event::LeadAttributesChanged(event) => Fact::LeadAttributesChanged(lead::attributes_changed(event)),
        Event::SuppressionChanged(event) => Fact::SuppressionChanged(lead::suppression_changed(event)),
        Event::LeadMerged(event) => Fact::LeadMerged(merge::merged(event)),
        Event::LeadUnmerged(event) => Fact::LeadUnmerged(merge::unmerged(event)),
        Event::ActivityRecorded(event) => Fact::ActivityRecorded(lead::activity_recorded(event)),
        Event::CandidateEntered(event) => Fact::CandidateEntered(lead::candidate_entered(event)),
        Event::CandidateLeft(event) => Fact::CandidateLeft(lead::candidate_left(event)),
        Event::ManualScoreAdjusted(event) => Fact::ManualScoreAdjusted(lead::score_adjusted(event)),
        Event::ScoreBaselineReset(event) => Fact::ScoreBaselineReset(lead::score_baseline_reset(event)),
        Event::LeadNurtured(event) => Fact::LeadNurtured(lead::nurtured(event)),
        Event::LeadDisqualified(event) => Fact::LeadDisqualified(lead::disqualified(event)),
        Event::LeadQualified(event) => Fact::LeadQualified(lead::qualified(event)),
        Event::SqlReturned(event) => Fact::SqlReturned(lead::sql_returned(event)),
        Event::StageSkipped(event) => Fact::StageSkipped(lead::stage_skipped(event)),
        Event::NewInterest(event) => Fact::NewInterest(pb::NewInterest {
            r#move: Some(step(event.lead, &event.step)),
            imported: event.imported,
        }),
        Event::HandoffRouted(event) => Fact::HandoffRouted(handoff::routed(event, directory)?),
        Event::HandoffUnroutable(event) => Fact::HandoffUnroutable(handoff::unroutable(event)),
        Event::RoutingPlanChanged(event) => Fact::RoutingPlanChanged(pb::RoutingPlanChanged {
            number: cycle(event.number),
            plan: Some(routing::to_plan(&event.plan)),
        }),
        Event::HandoffReassigned(event) => Fact::HandoffReassigned(handoff::reassigned(event, directory)?),
        Event::HandoffReturned(event) => Fact::HandoffReturned(handoff::returned(event, directory)?),
        Event::HandoffAccepted(event) => Fact::HandoffAccepted(handoff::accepted(event, directory)?),
        Event::HandoffRejected(event) => Fact::HandoffRejected(handoff::rejected(event, directory)?),
        Event::HandoffWithdrawn(event) => Fact::HandoffWithdrawn(handoff::withdrawn(event)),
        Event::HandoffDisputed(event) => Fact::HandoffDisputed(dispute::disputed(event)),
        Event::DisputeResolved(event) => Fact::DisputeResolved(dispute::resolved(event, directory)?),
        Event::ContactAttempted(event) => {
            Fact::ContactAttempted(pb::ContactAttempted { contact: Some(handoff::contact(event)) })
        }
        Event::ContactConnected(event) => {
            Fact::ContactConnected(pb::ContactConnected { contact: Some(handoff::contact(event)) })
        }
        Event::MeetingHeld(event) => {
            Fact::MeetingHeld(pb::MeetingHeld { contact: Some(handoff::contact(event)) })
        }
        Event::OpportunityOpened(event) => Fact::OpportunityOpened(opportunity::opened(event)),
        Event::OpportunityWon(event) => Fact::OpportunityWon(opportunity::won(event)),
        Event::OpportunityLost(event) => Fact::OpportunityLost(opportunity::lost(event)),
    })
}

/// The personal values of an event, by name. A user's lie under the user's key in the column of the leads: they are
/// erased in the same way.
pub(crate) fn person_values(event: &Event) -> Vec<PersonValue> {
    let Some(person) = event.person() else { return Vec::new() };
    let subject = match event {
        Event::UserChanged(event) => Some(LeadId(event.user.id.0)),
        _ => event.lead(),
    };
    let Some(lead_id) = subject else { return Vec::new() };
    let value = |(field, value): (String, String)| PersonValue { lead_id, field, value };
    values(person).into_iter().map(value).collect()
}

fn values(person: &Person) -> Vec<(String, String)> {
    let single = [
        ("external_id", &person.external_id),
        ("email", &person.email),
        ("phone", &person.phone),
        ("given_name", &person.given_name),
        ("family_name", &person.family_name),
        ("organisation", &person.organisation),
        ("note", &person.note),
    ];
    let single = single.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
    let record_ids =
        person.record_ids.iter().map(|(system, id)| (format!("record_ids.{system}"), id.clone()));
    let free = person.attributes.iter().map(|(name, value)| (format!("{ATTRIBUTES}{name}"), value.clone()));
    let verified = person.verified.iter().map(|(name, at)| (format!("verified.{name}"), time_text(*at)));
    single.chain(record_ids).chain(free).chain(verified).collect()
}

/// What of the values of an activity's event are its properties.
pub(crate) fn properties(values: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let properties = values.into_iter().filter_map(|(field, value)| {
        let name = field.strip_prefix(ATTRIBUTES)?.to_owned();
        Some((name, value))
    });
    properties.collect()
}

fn source(source: &Source) -> pb::Source {
    pb::Source {
        kind: source.key.kind.as_str().to_owned(),
        key: source.key.key.0.to_vec(),
        content: source.content.0.to_vec(),
    }
}

fn snapshot(snapshot: &Snapshot) -> pb::Snapshot {
    pb::Snapshot {
        kind: word::kind(snapshot.kind).into(),
        origin: Some(origin(&snapshot.origin)),
        persona: text(snapshot.persona.as_deref()),
    }
}

/// A move.
fn step(lead: LeadId, step: &Step) -> pb::TrackMove {
    pb::TrackMove {
        lead_id: lead.to_string(),
        product_line: step.line.to_string(),
        cycle: cycle(step.cycle),
        from_stage: step.from.map(word::stage).unwrap_or_default().into(),
        to_stage: word::stage(step.to).into(),
    }
}

/// The move of an event that may be none, because a StageSkipped beside it is: then it stays at `at`.
fn step_or_stay(
    lead: LeadId,
    moved: Option<&Step>,
    line: &ProductLine,
    in_cycle: u32,
    at: Stage,
) -> pb::TrackMove {
    moved.map_or_else(
        || step(lead, &Step { line: line.clone(), cycle: in_cycle, from: Some(at), to: at }),
        |moved| step(lead, moved),
    )
}
