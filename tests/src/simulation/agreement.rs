//! Scoring models that both sides sign, published in every way: as the domain has them, and as they are drafted. Nobody
//! has enough points by any of them, so that what follows is looked at by `handoff verify` and changes no lead.

use std::collections::BTreeSet;

use handoff_domain::points::Points;
use handoff_domain::score::{Bounds, Decay, Publish, Rule, ScoringModel, Thresholds};
use handoff_proto::qualification::v1 as pb;

use super::operation::Publishing;

const UP: i32 = 1_000;

/// No two versions say the same.
fn label(number: u32) -> String {
    format!("A visit, by version {number}")
}

/// A version of the model.
pub fn model(number: u32, publishing: Publishing) -> ScoringModel {
    let rule = Rule {
        key: "visit".to_owned(),
        label: label(number),
        types: BTreeSet::from(["VISIT".to_owned()]),
        filters: Vec::new(),
        points: Points::whole(1),
        decay: Decay::None,
        repeat_cap: None,
        bounds: Bounds::default(),
        group: None,
    };
    ScoringModel {
        rules: vec![rule],
        groups: Vec::new(),
        total: Bounds::default(),
        thresholds: Thresholds::new(Points::whole(1), Points::whole(UP)),
        fast_track: BTreeSet::new(),
        publish: match publishing {
            Publishing::NewEventsOnly => Publish::NewEventsOnly,
            Publishing::Shadow => Publish::Shadow,
            Publishing::Capped => Publish::Capped { per_business_day: 1 },
        },
    }
}

/// The same, to be drafted.
pub fn content(number: u32, publishing: Publishing) -> pb::VersionContent {
    let rule = pb::ScoringRule {
        key: "visit".into(),
        label: label(number),
        types: vec!["VISIT".into()],
        points: "1".into(),
        ..pb::ScoringRule::default()
    };
    let mode = match publishing {
        Publishing::NewEventsOnly => pb::publish::Mode::NewEventsOnly(pb::NewEventsOnly {}),
        Publishing::Shadow => pb::publish::Mode::Shadow(pb::Shadow {}),
        Publishing::Capped => pb::publish::Mode::CappedPerBusinessDay(1),
    };
    let thresholds = pb::Thresholds { fit: "1".into(), up: UP.to_string(), down: String::new() };
    let model = pb::ScoringModel {
        rules: vec![rule],
        thresholds: Some(thresholds),
        publish: Some(pb::Publish { mode: Some(mode) }),
        ..pb::ScoringModel::default()
    };
    pb::VersionContent { content: Some(pb::version_content::Content::ScoringModel(model)) }
}
