//! The fields of events in the domain's terms; none for what cannot be read.

use chrono::{DateTime, Utc};
use handoff_domain::id::LeadId;
use handoff_domain::metric::dimension::{Dimension, Dimensions};
use handoff_proto::event::v1 as pb;
use handoff_proto::qualification::v1::{LeadKind, Origin, OriginChannel};
use handoff_runtime::convert;
use prost_types::Timestamp;
use uuid::Uuid;

pub(super) fn instant(timestamp: Option<&Timestamp>) -> Option<DateTime<Utc>> {
    convert::from_timestamp(timestamp?)
}

pub(super) fn id<I: From<Uuid>>(text: &str) -> Option<I> {
    Uuid::try_parse(text).ok().map(I::from)
}

/// Where a track stands after an event.
pub(super) struct Track {
    pub(super) lead: LeadId,
    pub(super) line: String,
    pub(super) cycle: u32,
}

pub(super) fn track(step: Option<&pb::TrackMove>) -> Option<Track> {
    let step = step?;
    let cycle = u32::try_from(step.cycle).ok().filter(|cycle| *cycle > 0)?;
    Some(Track { lead: id(&step.lead_id)?, line: step.product_line.clone(), cycle })
}

/// The dimensions of a lead at an event. A first touch that names no channel has none; UNKNOWN is a value.
pub(super) fn dimensions(origin: Option<&Origin>, kind: LeadKind, persona: &str) -> Dimensions {
    let unknown = Origin::default();
    let origin = origin.unwrap_or(&unknown);
    Dimensions::default()
        .with(Dimension::Origin, channel_word(origin.channel()))
        .with(Dimension::Source, origin.source.as_str())
        .with(Dimension::Medium, origin.medium.as_str())
        .with(Dimension::Campaign, origin.campaign.as_str())
        .with(Dimension::Kind, kind_word(kind))
        .with(Dimension::Persona, persona)
}

/// `MARKETING`; nothing for a channel that was not given.
fn channel_word(channel: OriginChannel) -> &'static str {
    match channel {
        OriginChannel::Unspecified => "",
        given => given.as_str_name().trim_start_matches("ORIGIN_CHANNEL_"),
    }
}

/// `B2B`; nothing for a kind that was not given.
pub(super) fn kind_word(kind: LeadKind) -> &'static str {
    match kind {
        LeadKind::Unspecified => "",
        given => given.as_str_name().trim_start_matches("LEAD_KIND_"),
    }
}
