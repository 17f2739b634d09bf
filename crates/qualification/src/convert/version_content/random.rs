//! Random contents, with every kind of everything; what the domain would refuse among them is no matter here.

use handoff_domain::criteria::{CriteriaSet, Criterion, OnUnknown, Role};
use handoff_domain::points::Points;
use handoff_domain::predicate::{Bound, Predicate, Range};
use handoff_domain::profile::{AttributeDefinition, Catalogue};
use handoff_domain::qualification::record::{Content, LeadKind};
use handoff_domain::score::{Bounds, Decay, Filter, Group, Publish, Rule, ScoringModel, Thresholds};
use handoff_domain::value::{Value, ValueType};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

pub(super) fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        1 => Just(Content::Nothing),
        8 => set().prop_map(Content::Criteria),
        8 => model().prop_map(Content::Model),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![select(vec!["true", "7", "a; b", "-"]).prop_map(String::from), "\\PC{1,10}"]
        .prop_filter("trimmed", |text| !text.is_empty() && text.trim() == text)
}

fn value(of: ValueType) -> BoxedStrategy<Value> {
    let texts = match of {
        ValueType::Text => text().boxed(),
        ValueType::Number => "-?[0-9]{1,18}(\\.[0-9]{1,9})?".boxed(),
        ValueType::Money => "-?[0-9]{1,18}(\\.[0-9]{1,9})? (EUR|USD)".boxed(),
        ValueType::Date => "[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])".boxed(),
        ValueType::Boolean => "true|false".boxed(),
        ValueType::List => "[a-c]{1,3}; [d-f]{1,3}".boxed(),
    };
    texts.prop_map(move |text| Value::parse(of, &text).expect("a value")).boxed()
}

fn predicate(of: ValueType) -> BoxedStrategy<Predicate> {
    let bound = move || {
        option::of((value(of), any::<bool>()).prop_map(|(value, inclusive)| Bound { value, inclusive }))
    };
    let any = prop_oneof![
        value(of).prop_map(Predicate::Equals),
        vec(value(of), 0..3).prop_map(Predicate::In),
        vec(value(of), 0..3).prop_map(Predicate::NotIn),
        (bound(), bound()).prop_map(|(min, max)| Predicate::Range(Range { min, max })),
        vec(text(), 0..3).prop_map(Predicate::Contains),
        vec(text(), 0..3).prop_map(Predicate::MatchesDomain),
        Just(Predicate::Exists),
    ];
    any.prop_filter("an operator of the type", move |predicate| predicate.check_type(of).is_ok()).boxed()
}

fn milli() -> impl Strategy<Value = i64> {
    prop_oneof![-20_000_i64..20_000, any::<i32>().prop_map(i64::from)]
}

fn points() -> impl Strategy<Value = Points> {
    milli().prop_map(Points::from_milli)
}

fn set() -> impl Strategy<Value = CriteriaSet> {
    (select(LeadKind::ALL), vec(criterion(), 0..6))
        .prop_map(|(kind, criteria)| CriteriaSet { kind, criteria })
}

fn criterion() -> impl Strategy<Value = Criterion> {
    let attributes: Vec<AttributeDefinition> = Catalogue::default().iter().cloned().collect();
    let asked = select(attributes).prop_flat_map(|it| (Just(it.key), predicate(it.value_type)));
    let role =
        option::of(points()).prop_map(|points| points.map_or(Role::Gate, |points| Role::Weighted { points }));
    let on_unknown = prop_oneof![
        Just(OnUnknown::Neutral),
        Just(OnUnknown::Block),
        points().prop_map(|points| OnUnknown::Penalise { points }),
    ];
    (asked, "[a-z_]{0,9}", text(), role, on_unknown, option::of(1..500_u16), any::<bool>()).prop_map(
        |((attribute, predicate), key, label, role, on_unknown, max_age_months, sensitive)| Criterion {
            key,
            label,
            attribute,
            predicate,
            role,
            on_unknown,
            max_age_months,
            sensitive,
        },
    )
}

fn model() -> impl Strategy<Value = ScoringModel> {
    let group =
        ("[a-z-]{0,9}", text(), bounds()).prop_map(|(key, label, bounds)| Group { key, label, bounds });
    let thresholds = (points(), points(), points()).prop_map(|(fit, up, down)| Thresholds { fit, up, down });
    let publish = prop_oneof![
        Just(Publish::NewEventsOnly),
        Just(Publish::Shadow),
        count().prop_map(|per_business_day| Publish::Capped { per_business_day }),
    ];
    (vec(rule(), 0..5), vec(group, 0..3), bounds(), thresholds, types(), publish).prop_map(
        |(rules, groups, total, thresholds, fast_track, publish)| ScoringModel {
            rules,
            groups,
            total,
            thresholds,
            fast_track,
            publish,
        },
    )
}

fn rule() -> impl Strategy<Value = Rule> {
    let filter = (text(), select(ValueType::ALL))
        .prop_flat_map(|(property, of)| (Just(property), Just(of), predicate(of)))
        .prop_map(|(property, of, predicate)| Filter { property, of, predicate });
    let decay = prop_oneof![
        Just(Decay::None),
        count().prop_map(|days| Decay::Window { days }),
        count().prop_map(|days| Decay::HalfLife { days }),
        (count(), count())
            .prop_map(|(rate_permille, period_days)| Decay::Linear { rate_permille, period_days }),
    ];
    let key = ("[a-z-]{0,9}", text(), option::of("[a-z-]{1,9}"));
    (key, types(), vec(filter, 0..3), points(), decay, option::of(count()), bounds()).prop_map(
        |((key, label, group), types, filters, points, decay, repeat_cap, bounds)| Rule {
            key,
            label,
            types,
            filters,
            points,
            decay,
            repeat_cap,
            bounds,
            group,
        },
    )
}

fn types() -> impl Strategy<Value = std::collections::BTreeSet<String>> {
    btree_set("[A-Z_]{1,6}", 0..3)
}

fn count() -> impl Strategy<Value = u32> {
    1..=ScoringModel::MAX_COUNT
}

fn bounds() -> impl Strategy<Value = Bounds> {
    (option::of(points()), option::of(points())).prop_map(|(cap, floor)| Bounds { cap, floor })
}
