//! What happened to a handoff, and the contacts that count for it.

use handoff_domain::error::Error;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::event::{
    Contacted, HandoffAccepted, HandoffReassigned, HandoffRejected, HandoffReturned, HandoffRouted,
    HandoffUnroutable, HandoffWithdrawn, OwnerLost, Returned,
};
use handoff_proto::event::v1 as pb;
use handoff_runtime::convert;

use super::{step, step_or_stay};
use crate::convert::directory::Directory;
use crate::convert::{cycle, routing, text, word};

pub(super) fn routed(event: &HandoffRouted, directory: &Directory) -> Result<pb::HandoffRouted, Error> {
    Ok(pb::HandoffRouted {
        handoff_id: event.handoff.to_string(),
        lead_id: event.lead.to_string(),
        owner: directory.user(Some(event.owner))?,
        team: directory.team(event.team)?,
        imported: event.imported,
        product_line: event.line.to_string(),
        cycle: cycle(event.cycle),
        routing: event.routing.as_ref().map(|(route, _)| routing::routing(route)),
        turn: (event.routing.as_ref().and_then(|(_, turn)| *turn))
            .map(|turn| pb::Turn { start: turn.start, pass: turn.pass }),
    })
}

pub(super) fn unroutable(event: &HandoffUnroutable) -> pb::HandoffUnroutable {
    pb::HandoffUnroutable {
        handoff_id: event.handoff.to_string(),
        lead_id: event.lead.to_string(),
        product_line: event.line.to_string(),
        cycle: cycle(event.cycle),
        routing: Some(routing::routing(&event.route)),
    }
}

pub(super) fn reassigned(
    event: &HandoffReassigned,
    directory: &Directory,
) -> Result<pb::HandoffReassigned, Error> {
    Ok(pb::HandoffReassigned {
        handoff_id: event.handoff.to_string(),
        lead_id: event.lead.to_string(),
        previous_owner: directory.user(event.previous_owner)?,
        owner: directory.user(Some(event.owner))?,
        team: directory.team(event.team)?,
        imported: event.imported,
        product_line: event.line.to_string(),
        cycle: cycle(event.cycle),
    })
}

pub(super) fn returned(event: &HandoffReturned, directory: &Directory) -> Result<pb::HandoffReturned, Error> {
    let (reason, lost) = match event.why {
        Returned::By(reason) => (Some(reason.as_str()), pb::OwnerLost::Unspecified),
        Returned::Lost(OwnerLost::Inactive) => (None, pb::OwnerLost::Inactive),
        Returned::Lost(OwnerLost::Absent) => (None, pb::OwnerLost::Absent),
    };
    Ok(pb::HandoffReturned {
        handoff_id: event.handoff.to_string(),
        lead_id: event.lead.to_string(),
        reason: text(reason),
        previous_owner: directory.user(event.previous_owner)?,
        returned_by: event.returned_by.clone(),
        imported: event.imported,
        product_line: event.line.to_string(),
        cycle: cycle(event.cycle),
        owner_lost: lost.into(),
    })
}

pub(super) fn accepted(event: &HandoffAccepted, directory: &Directory) -> Result<pb::HandoffAccepted, Error> {
    Ok(pb::HandoffAccepted {
        r#move: Some(step_or_stay(event.lead, event.step.as_ref(), &event.line, event.cycle, Stage::Mql)),
        handoff_id: event.handoff.to_string(),
        decided_by: event.decided_by.clone(),
        implied: event.implied,
        auto: event.auto,
        imported: event.imported,
        mql_time: Some(convert::to_timestamp(event.mql_at)),
        owner: directory.user(event.owner)?,
        team: directory.team(event.team)?,
        implied_assignment: event.implied_assignment,
    })
}

pub(super) fn rejected(event: &HandoffRejected, directory: &Directory) -> Result<pb::HandoffRejected, Error> {
    Ok(pb::HandoffRejected {
        r#move: Some(step(event.lead, &event.step)),
        handoff_id: event.handoff.to_string(),
        decided_by: event.decided_by.clone(),
        reason: event.reason.as_str().to_owned(),
        attribution: word::attribution(event.attribution).into(),
        segment: text(event.segment.as_deref()),
        cooldown_until_time: event.cooldown_until.map(convert::to_timestamp),
        imported: event.imported,
        mql_time: Some(convert::to_timestamp(event.mql_at)),
        owner: directory.user(event.owner)?,
        team: directory.team(event.team)?,
        disposition: word::disposition(event.disposition).into(),
    })
}

pub(super) fn withdrawn(event: &HandoffWithdrawn) -> pb::HandoffWithdrawn {
    pb::HandoffWithdrawn {
        r#move: Some(step(event.lead, &event.step)),
        handoff_id: event.handoff.to_string(),
        reason: event.reason.as_str().to_owned(),
        imported: event.imported,
        mql_time: Some(convert::to_timestamp(event.mql_at)),
        superseded_by_handoff_id: event.superseded_by.map(|id| id.to_string()).unwrap_or_default(),
        cooldown_until_time: event.cooldown_until.map(convert::to_timestamp),
    }
}

pub(super) fn contact(event: &Contacted) -> pb::Contact {
    pb::Contact {
        contact_id: event.contact.to_string(),
        lead_id: event.lead.to_string(),
        handoff_ids: event.handoff.iter().map(ToString::to_string).collect(),
        direction: word::direction(event.direction).into(),
        human: event.human,
        medium: event.channel.clone(),
        imported: event.imported,
        made_by: event.by.clone(),
        first_attempt_time: event.firsts.attempt_at.map(convert::to_timestamp),
        first_connect_time: event.firsts.connect_at.map(convert::to_timestamp),
        first_meeting_time: event.firsts.meeting_at.map(convert::to_timestamp),
    }
}
