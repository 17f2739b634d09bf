//! What qualification's events mean here. Most mean nothing, those of a newer qualification too: what they add is
//! nothing that this build could act upon.

use chrono::{DateTime, Utc};
use handoff_domain::id::{HandoffId, LeadId};
use handoff_domain::sla::Command;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{DisputeResolved, Event, LeadQualified, TenantChanged};
use handoff_proto::qualification::v1::DisputeRuling;
use handoff_runtime::convert;
use prost_types::Timestamp;
use uuid::Uuid;

/// The field of an event that does not hold what it must.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable(pub(crate) &'static str);

/// The command that the event comes to.
pub(crate) fn command(event: &Event) -> Result<Option<Command>, Unreadable> {
    let Some(fact) = event.payload.as_ref().and_then(|payload| payload.fact.as_ref()) else {
        return Ok(None);
    };
    Ok(Some(match fact {
        Fact::TenantChanged(fact) => return tenant_changed(fact),
        Fact::LeadQualified(fact) => lead_qualified(fact, event)?,
        Fact::HandoffAccepted(fact) => Command::HandoffAccepted {
            handoff: handoff(&fact.handoff_id)?,
            at: occurred_at(event)?,
            implied: fact.implied,
        },
        Fact::HandoffRejected(fact) => {
            Command::HandoffRejected { handoff: handoff(&fact.handoff_id)?, at: occurred_at(event)? }
        }
        Fact::HandoffWithdrawn(fact) => {
            Command::HandoffWithdrawn { handoff: handoff(&fact.handoff_id)?, at: occurred_at(event)? }
        }
        Fact::DisputeResolved(fact) => return dispute_resolved(fact, event),
        _ => return Ok(None),
    }))
}

/// A tenant without a contract in effect gets none here: qualification says when that changes.
fn tenant_changed(fact: &TenantChanged) -> Result<Option<Command>, Unreadable> {
    let Some(since) = &fact.contract_effective_time else { return Ok(None) };
    let tenant = fact.tenant.as_ref().ok_or(Unreadable("tenant"))?;
    Ok(Some(Command::TenantChanged {
        time_zone: tenant.time_zone.parse().map_err(|_| Unreadable("tenant.time_zone"))?,
        effective_from: instant("contract_effective_time", Some(since))?,
        decide: tenant.starter_target.as_ref().and_then(convert::from_target),
    }))
}

fn lead_qualified(fact: &LeadQualified, event: &Event) -> Result<Command, Unreadable> {
    let lead = fact.r#move.as_ref().and_then(|step| Uuid::try_parse(&step.lead_id).ok());
    Ok(Command::HandoffQualified {
        handoff: handoff(&fact.handoff_id)?,
        lead: lead.map(LeadId).ok_or(Unreadable("move.lead_id"))?,
        mql_at: occurred_at(event)?,
        recorded_at: instant("record_time", event.record_time.as_ref())?,
        imported: fact.imported,
    })
}

/// One that was upheld leaves the clocks as they are.
fn dispute_resolved(fact: &DisputeResolved, event: &Event) -> Result<Option<Command>, Unreadable> {
    if fact.ruling() != DisputeRuling::Overturned {
        return Ok(None);
    }
    Ok(Some(Command::HandoffReopened {
        handoff: handoff(&fact.handoff_id)?,
        lead: Uuid::try_parse(&fact.lead_id).map(LeadId).map_err(|_| Unreadable("lead_id"))?,
        at: occurred_at(event)?,
        recorded_at: instant("record_time", event.record_time.as_ref())?,
        round: u32::try_from(fact.round).map_err(|_| Unreadable("round"))?,
    }))
}

fn handoff(id: &str) -> Result<HandoffId, Unreadable> {
    Uuid::try_parse(id).map(HandoffId).map_err(|_| Unreadable("handoff_id"))
}

fn occurred_at(event: &Event) -> Result<DateTime<Utc>, Unreadable> {
    instant("occur_time", event.occur_time.as_ref())
}

fn instant(field: &'static str, time: Option<&Timestamp>) -> Result<DateTime<Utc>, Unreadable> {
    time.and_then(convert::from_timestamp).ok_or(Unreadable(field))
}

#[cfg(test)]
mod tests {
    use handoff_proto::event::v1::{HandoffAccepted, LeadCaptured, Payload};
    use handoff_proto::qualification::v1::Tenant;

    use super::*;

    fn event(fact: Option<Fact>) -> Event {
        let payload = Some(Payload { fact, source: None });
        let time = Some(Timestamp { seconds: 7, nanos: 0 });
        Event { position: 1, occur_time: time, record_time: time, payload, ..Event::default() }
    }

    #[test]
    fn what_does_not_concern_clocks_means_nothing() {
        assert_eq!(command(&event(None)), Ok(None));
        assert_eq!(command(&event(Some(Fact::LeadCaptured(LeadCaptured::default())))), Ok(None));
        let unfounded = TenantChanged { tenant: Some(Tenant::default()), contract_effective_time: None };
        assert_eq!(command(&event(Some(Fact::TenantChanged(unfounded)))), Ok(None));
    }

    #[test]
    fn an_implied_acceptance_stays_implied() {
        let id = Uuid::from_u128(3);
        let fact =
            HandoffAccepted { handoff_id: id.to_string(), implied: true, ..HandoffAccepted::default() };
        let at = DateTime::from_timestamp(7, 0).expect("in range");
        let meant = Command::HandoffAccepted { handoff: HandoffId(id), at, implied: true };
        assert_eq!(command(&event(Some(Fact::HandoffAccepted(fact)))), Ok(Some(meant)));
    }

    #[test]
    fn a_rejection_that_is_overturned_begins_a_round_and_one_that_is_upheld_does_not() {
        let id = Uuid::from_u128(3).to_string();
        let resolved = |ruling: DisputeRuling| DisputeResolved {
            handoff_id: id.clone(),
            lead_id: id.clone(),
            ruling: ruling.into(),
            round: 2,
            ..DisputeResolved::default()
        };
        let at = DateTime::from_timestamp(7, 0).expect("in range");
        let (handoff, lead) = (HandoffId(Uuid::from_u128(3)), LeadId(Uuid::from_u128(3)));
        let meant = Command::HandoffReopened { handoff, lead, at, recorded_at: at, round: 2 };
        let overturned = Fact::DisputeResolved(resolved(DisputeRuling::Overturned));
        assert_eq!(command(&event(Some(overturned))), Ok(Some(meant)));
        let upheld = Fact::DisputeResolved(resolved(DisputeRuling::Upheld));
        assert_eq!(command(&event(Some(upheld))), Ok(None));
    }

    #[test]
    fn an_event_that_is_broken_is_not_passed_over() {
        let nameless = Fact::HandoffAccepted(HandoffAccepted::default());
        assert_eq!(command(&event(Some(nameless))), Err(Unreadable("handoff_id")));
        let zone = TenantChanged {
            tenant: Some(Tenant { time_zone: "Atlantis".into(), ..Tenant::default() }),
            contract_effective_time: Some(Timestamp::default()),
        };
        assert_eq!(command(&event(Some(Fact::TenantChanged(zone)))), Err(Unreadable("tenant.time_zone")));
    }
}
