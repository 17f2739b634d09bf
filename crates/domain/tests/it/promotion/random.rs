//! Random cases, near their thresholds and with every guard now and then.

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::points::Points;
use handoff_domain::promotion::{Behaviour, Case, Fitness, Ground, InEffect};
use handoff_domain::qualification::record::{LeadKind, Suppression};
use handoff_domain::qualification::stage::Stage;
use handoff_domain::score::{Publish, Thresholds};
use proptest::prelude::*;

use super::now;

/// An instant around now; often now itself.
fn near() -> impl Strategy<Value = DateTime<Utc>> {
    prop_oneof![Just(0), -5_i64..=5].prop_map(|hours| now() + TimeDelta::hours(hours))
}

fn in_effect<T: Clone + std::fmt::Debug>(it: impl Strategy<Value = T>) -> impl Strategy<Value = InEffect<T>> {
    let ahead = (1_i64..5).prop_map(|hours| InEffect::From(now() + TimeDelta::hours(hours)));
    prop_oneof![6 => it.prop_map(InEffect::Yes), 1 => ahead, 1 => Just(InEffect::No)]
}

pub(super) fn ground() -> impl Strategy<Value = Ground> {
    proptest::sample::select(Ground::ALL)
}

/// Criteria and a model whose thresholds the lead often meets exactly.
fn judged() -> impl Strategy<Value = (InEffect<Fitness>, InEffect<Behaviour>)> {
    let fitness = (8_i32..13, prop::bool::weighted(0.8))
        .prop_map(|(points, gates_hold)| Fitness { points: Points::whole(points), gates_hold });
    let behaviour = (30_i32..60).prop_map(|points| Behaviour {
        points: Points::whole(points),
        thresholds: Thresholds::new(Points::whole(10), Points::whole(50)),
    });
    (in_effect(fitness), in_effect(behaviour))
}

pub(super) fn some_case() -> impl Strategy<Value = Case> {
    let publish = prop_oneof![
        4 => Just(None),
        1 => Just(Some(Publish::NewEventsOnly)),
        1 => Just(Some(Publish::Shadow)),
        2 => (1_u32..4).prop_map(|per_business_day| Some(Publish::Capped { per_business_day })),
    ];
    let suppression = prop_oneof![
        4 => Just(Suppression::None),
        1 => proptest::sample::select(Suppression::ALL),
    ];
    let stage = prop_oneof![3 => Just(Stage::Nurture), 1 => proptest::sample::select(Stage::ALL)];
    let kind = proptest::sample::select(LeadKind::ALL);
    let track = (stage, proptest::option::of(ground()), prop::bool::weighted(0.9));
    let times = (
        proptest::option::weighted(0.2, near()),
        proptest::option::of(near()),
        proptest::option::weighted(0.3, near()),
    );
    let contract = in_effect(Just(()));
    (track, times, publish, suppression, kind, judged(), contract).prop_map(
        |(track, times, published, suppression, kind, (criteria, model), contract)| {
            let (stage, candidate, is_known) = track;
            let (fast_track_at, settled_at, cooldown_until) = times;
            Case {
                now: now(),
                stage,
                handoff_open: stage == Stage::Mql,
                candidate,
                fast_track_at,
                settled_at,
                published,
                is_known,
                kind,
                suppression,
                cooldown_until,
                criteria,
                model,
                contract,
            }
        },
    )
}
