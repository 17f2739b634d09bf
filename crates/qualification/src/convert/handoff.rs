//! A hand-over on the wire.

use handoff_domain::qualification::record::{Dispute, HandoffRoute, Judged, Merit};
use handoff_domain::version::ContentHash;
use handoff_proto::name::Collection;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::convert;
use handoff_store::qualification::handoff::HandoffRow;

use crate::convert::directory::{team_name, user_name};
use crate::convert::{cycle, etag, origin, routing, text, word};

/// A handoff with the names of its owner and team.
pub(crate) fn handoff(row: &HandoffRow) -> pb::Handoff {
    let handoff = &row.handoff;
    pb::Handoff {
        name: Collection::Handoffs.name(handoff.id.0),
        lead: Collection::Leads.name(handoff.lead.0),
        product_line: handoff.line.to_string(),
        cycle: cycle(handoff.cycle),
        state: word::state(handoff.state).into(),
        owner: user_name(row.owner.as_deref()),
        team: team_name(row.team.as_deref()),
        origin: Some(origin(&handoff.snapshot.origin)),
        persona: text(handoff.snapshot.persona.as_deref()),
        mql_time: Some(convert::to_timestamp(handoff.mql_at)),
        assign_time: handoff.assigned_at.map(convert::to_timestamp),
        decide_time: handoff.decided_at.map(convert::to_timestamp),
        decided_by: text(handoff.decided_by.as_deref()),
        rejection_reason: text(handoff.reason.map(|reason| reason.as_str())),
        rejection_attribution: handoff.attribution.map(word::attribution).unwrap_or_default().into(),
        rejection_disposition: handoff.disposition.map(word::disposition).unwrap_or_default().into(),
        withdrawal_reason: text(handoff.withdrawal.map(|reason| reason.as_str())),
        implied: handoff.implied,
        implied_assignment: handoff.implied_assignment,
        auto: handoff.auto,
        first_attempt_time: handoff.firsts.attempt_at.map(convert::to_timestamp),
        first_connect_time: handoff.firsts.connect_at.map(convert::to_timestamp),
        first_meeting_time: handoff.firsts.meeting_at.map(convert::to_timestamp),
        imported: handoff.imported,
        kind: word::kind(handoff.snapshot.kind).into(),
        trigger: word::trigger(handoff.trigger).into(),
        etag: etag(handoff.version),
        superseded_by: handoff.superseded_by.map(|id| Collection::Handoffs.name(id.0)).unwrap_or_default(),
        merit: handoff.merit.as_ref().map(merit),
        dispute: handoff.dispute.as_ref().map(dispute),
        round: cycle(handoff.round),
        routing: None,
    }
}

fn dispute(dispute: &Dispute) -> pb::Dispute {
    let resolution = dispute.resolution.as_ref();
    pb::Dispute {
        dispute_time: Some(convert::to_timestamp(dispute.disputed_at)),
        disputed_by: dispute.disputed_by.clone(),
        ruling: dispute.ruling().map(word::ruling).unwrap_or_default().into(),
        resolve_time: resolution.map(|resolution| convert::to_timestamp(resolution.resolved_at)),
        resolved_by: text(resolution.map(|resolution| resolution.resolved_by.as_str())),
    }
}

/// The same with what routing keeps of it.
pub(crate) fn with_route(row: &HandoffRow, kept: Option<&HandoffRoute>) -> pb::Handoff {
    let route = kept.and_then(|kept| kept.route.as_ref());
    pb::Handoff { routing: route.map(routing::routing), ..handoff(row) }
}

/// How a lead was judged.
pub(crate) fn merit(merit: &Merit) -> pb::Merit {
    let points = |judged: Option<Judged>| text(judged.map(|judged| judged.points.to_string()).as_deref());
    let version = |judged: Option<Judged>| judged.map_or(0, |judged| cycle(judged.version));
    pb::Merit {
        fit_points: points(merit.fit),
        criteria_version: version(merit.fit),
        behaviour_points: points(merit.behaviour),
        model_version: version(merit.behaviour),
        contributions_hash: ContentHash::from(merit.digest.0).to_string(),
    }
}
