//! What happened to a tenant's vocabulary.

use handoff_domain::qualification::event::{ActivityTypeChanged, AttributeChanged, RateSet};
use handoff_proto::event::v1 as pb;

use crate::convert::catalogue;

pub(super) fn attribute_changed(event: &AttributeChanged) -> pb::AttributeChanged {
    pb::AttributeChanged { attribute: Some(catalogue::attribute(&event.attribute)) }
}

pub(super) fn activity_type_changed(event: &ActivityTypeChanged) -> pb::ActivityTypeChanged {
    pb::ActivityTypeChanged { activity_type: Some(catalogue::activity_type(&event.activity_type)) }
}

pub(super) fn rate_set(event: &RateSet) -> pb::RateSet {
    pb::RateSet { currency_rate: Some(catalogue::rate(&event.rate)) }
}
