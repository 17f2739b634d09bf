//! What happened to a rejection afterwards.

use handoff_domain::error::Error;
use handoff_domain::qualification::event::{DisputeResolved, HandoffDisputed};
use handoff_proto::event::v1 as pb;
use handoff_runtime::convert;

use super::step;
use crate::convert::directory::Directory;
use crate::convert::{cycle, word};

pub(super) fn disputed(event: &HandoffDisputed) -> pb::HandoffDisputed {
    pb::HandoffDisputed {
        handoff_id: event.handoff.to_string(),
        lead_id: event.lead.to_string(),
        product_line: event.line.to_string(),
        cycle: cycle(event.cycle),
        disputed_by: event.disputed_by.clone(),
    }
}

pub(super) fn resolved(event: &DisputeResolved, directory: &Directory) -> Result<pb::DisputeResolved, Error> {
    let reopening = event.reopening.as_ref();
    Ok(pb::DisputeResolved {
        r#move: reopening.map(|reopening| step(event.lead, &reopening.step)),
        handoff_id: event.handoff.to_string(),
        lead_id: event.lead.to_string(),
        product_line: event.line.to_string(),
        cycle: cycle(event.cycle),
        ruling: word::ruling(event.ruling()).into(),
        resolved_by: event.resolved_by.clone(),
        mql_time: Some(convert::to_timestamp(event.mql_at)),
        owner: directory.user(reopening.map(|reopening| reopening.owner))?,
        team: directory.team(reopening.and_then(|reopening| reopening.team))?,
        round: reopening.map_or(0, |reopening| cycle(reopening.round)),
        ends_cooldown: reopening.is_some_and(|reopening| reopening.ends_cooldown),
    })
}
