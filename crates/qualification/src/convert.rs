//! The domain's values on the wire. Total functions: every value of the domain has its message, and what a message
//! cannot say in the domain's terms is `None`, for the caller to name the field.

pub(crate) mod catalogue;
pub(crate) mod criteria_set;
pub(crate) mod directory;
pub(crate) mod event;
pub(crate) mod explanation;
pub(crate) mod handoff;
pub(crate) mod lead;
pub(crate) mod predicate;
pub(crate) mod reevaluation;
pub(crate) mod routing;
pub(crate) mod scoring_model;
pub(crate) mod tenant;
pub(crate) mod version;
pub(crate) mod version_content;
pub(crate) mod word;

use handoff_domain::qualification::record::Origin;
use handoff_proto::qualification::v1 as pb;

/// A version for callers: it changes with every change and says nothing else.
pub(crate) fn etag(version: i64) -> String {
    version.to_string()
}

/// A text that may be absent; on the wire that is the empty one.
pub(crate) fn text(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}

/// A first touch.
pub(crate) fn origin(origin: &Origin) -> pb::Origin {
    pb::Origin {
        channel: word::channel(origin.channel).into(),
        source: text(origin.source.as_deref()),
        medium: text(origin.medium.as_deref()),
        campaign: text(origin.campaign.as_deref()),
    }
}

/// The cycle of a track. A lead would have to be qualified two thousand million times to leave the range.
pub(crate) fn cycle(cycle: u32) -> i32 {
    i32::try_from(cycle).unwrap_or(i32::MAX)
}
