//! Scoring models on the wire.

use std::collections::BTreeSet;

use handoff_domain::points::Points;
use handoff_domain::score::{Bounds, Decay, Filter, Group, Publish, Rule, ScoringModel, Thresholds};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::violations::Violations;

use super::criteria_set::points;
use super::predicate::{self, line};
use super::word;

/// A scoring model in the order in which it was sent: the domain names places in it before it puts it in its own. None if
/// it cannot be read. What is wrong is noted.
pub(crate) fn from_proto(
    field: &str,
    model: &pb::ScoringModel,
    violations: &mut Violations,
) -> Option<ScoringModel> {
    let within = |name: &str| format!("{field}.{name}");
    // Of too many only as many as the domain needs to refuse them.
    let rules: Vec<Option<Rule>> = some(&model.rules, ScoringModel::MAX_RULES)
        .map(|(index, given)| rule(&within(&format!("rules[{index}]")), given, violations))
        .collect();
    let groups: Vec<Option<Group>> = some(&model.groups, ScoringModel::MAX_GROUPS)
        .map(|(index, given)| group(&within(&format!("groups[{index}]")), given, violations))
        .collect();
    let total = bounds(&within("total"), model.total.as_ref(), violations);
    let thresholds = thresholds(&within("thresholds"), model.thresholds.as_ref(), violations);
    let fast_track = types(&within("fast_track"), &model.fast_track, violations);
    let publish = publish(&within("publish"), model.publish.as_ref(), violations);
    Some(ScoringModel {
        rules: rules.into_iter().collect::<Option<_>>()?,
        groups: groups.into_iter().collect::<Option<_>>()?,
        total: total?,
        thresholds: thresholds?,
        fast_track,
        publish: publish?,
    })
}

/// The model for the wire.
pub(crate) fn to_proto(model: &ScoringModel) -> pb::ScoringModel {
    let Thresholds { fit, up, down } = model.thresholds;
    let mode = match model.publish {
        Publish::NewEventsOnly => pb::publish::Mode::NewEventsOnly(pb::NewEventsOnly {}),
        Publish::Shadow => pb::publish::Mode::Shadow(pb::Shadow {}),
        Publish::Capped { per_business_day } => {
            pb::publish::Mode::CappedPerBusinessDay(to_count(per_business_day))
        }
    };
    pb::ScoringModel {
        rules: model.rules.iter().map(to_rule).collect(),
        groups: model.groups.iter().map(to_group).collect(),
        total: to_bounds(model.total),
        thresholds: Some(pb::Thresholds { fit: fit.to_string(), up: up.to_string(), down: down.to_string() }),
        fast_track: model.fast_track.iter().cloned().collect(),
        publish: Some(pb::Publish { mode: Some(mode) }),
    }
}

/// At most one item more than is allowed, with their places.
fn some<T>(items: &[T], most: usize) -> impl Iterator<Item = (usize, &T)> {
    items.iter().enumerate().take(most + 1)
}

fn rule(field: &str, given: &pb::ScoringRule, violations: &mut Violations) -> Option<Rule> {
    let within = |name: &str| format!("{field}.{name}");
    let key = line(&within("key"), &given.key, violations);
    let label = line(&within("label"), &given.label, violations);
    let types = types(&within("types"), &given.types, violations);
    let filters: Vec<Option<Filter>> = some(&given.filters, ScoringModel::MAX_FILTERS)
        .map(|(index, given)| filter(&within(&format!("filters[{index}]")), given, violations))
        .collect();
    let points = points(&within("points"), &given.points, violations);
    let decay = decay(&within("decay"), given.decay, violations);
    let repeat_cap = count(&within("repeat_cap"), given.repeat_cap, violations);
    let bounds = bounds(&within("bounds"), given.bounds.as_ref(), violations);
    let group = line(&within("group"), &given.group, violations);
    Some(Rule {
        key,
        label,
        types,
        filters: filters.into_iter().collect::<Option<_>>()?,
        points: points?,
        decay: decay?,
        repeat_cap: Some(repeat_cap?).filter(|cap| *cap > 0),
        bounds: bounds?,
        group: Some(group).filter(|group| !group.is_empty()),
    })
}

fn filter(field: &str, given: &pb::PropertyFilter, violations: &mut Violations) -> Option<Filter> {
    let property = line(&format!("{field}.property"), &given.property, violations);
    let of =
        violations.choice(&format!("{field}.value_type"), given.value_type).and_then(word::from_value_type);
    let predicate =
        predicate::from_proto(&format!("{field}.predicate"), given.predicate.clone(), of, violations);
    Some(Filter { property, of: of?, predicate: predicate? })
}

fn group(field: &str, given: &pb::ScoringGroup, violations: &mut Violations) -> Option<Group> {
    let key = line(&format!("{field}.key"), &given.key, violations);
    let label = line(&format!("{field}.label"), &given.label, violations);
    let bounds = bounds(&format!("{field}.bounds"), given.bounds.as_ref(), violations);
    Some(Group { key, label, bounds: bounds? })
}

/// Types of activities. A set has each once, and what comes twice must not vanish unnoticed.
fn types(field: &str, given: &[String], violations: &mut Violations) -> BTreeSet<String> {
    let mut types = BTreeSet::new();
    for (index, name) in some(given, ScoringModel::MAX_TYPES) {
        let field = format!("{field}[{index}]");
        let name = line(&field, name, violations);
        let is_plain = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        let wrong = "is not in upper snake case, such as EBOOK_DOWNLOADED: no activity is of such a type";
        violations.check(is_plain, &field, wrong);
        violations.check(types.insert(name), &field, "is there twice: leave one out");
    }
    types
}

/// A decay; an absent one does not fade.
pub(crate) fn decay(field: &str, given: Option<pb::Decay>, violations: &mut Violations) -> Option<Decay> {
    let mut count = |name: &str, value: i32| count(&format!("{field}.{name}"), value, violations);
    match given.and_then(|given| given.decay) {
        None => Some(Decay::None),
        Some(pb::decay::Decay::Linear(linear)) => {
            let rate_permille = count("linear.rate_permille", linear.rate_permille);
            let period_days = count("linear.period_days", linear.period_days);
            Some(Decay::Linear { rate_permille: rate_permille?, period_days: period_days? })
        }
        Some(pb::decay::Decay::HalfLifeDays(days)) => {
            Some(Decay::HalfLife { days: count("half_life_days", days)? })
        }
        Some(pb::decay::Decay::WindowDays(days)) => Some(Decay::Window { days: count("window_days", days)? }),
    }
}

fn bounds(field: &str, given: Option<&pb::Bounds>, violations: &mut Violations) -> Option<Bounds> {
    let Some(given) = given else { return Some(Bounds::default()) };
    let mut bound = |name: &str, text: &str| {
        if text.is_empty() {
            Some(None)
        } else {
            points(&format!("{field}.{name}"), text, violations).map(Some)
        }
    };
    let (cap, floor) = (bound("cap", &given.cap), bound("floor", &given.floor));
    Some(Bounds { cap: cap?, floor: floor? })
}

fn thresholds(
    field: &str,
    given: Option<&pb::Thresholds>,
    violations: &mut Violations,
) -> Option<Thresholds> {
    let Some(given) = given else {
        violations.add(field, "is required: fit and up");
        return None;
    };
    let mut threshold = |name: &str, text: &str| points(&format!("{field}.{name}"), text, violations);
    let (fit, up) = (threshold("fit", &given.fit), threshold("up", &given.up));
    if given.down.is_empty() {
        return Some(Thresholds::new(fit?, up?));
    }
    let down = threshold("down", &given.down);
    Some(Thresholds { fit: fit?, up: up?, down: down? })
}

fn publish(field: &str, given: Option<&pb::Publish>, violations: &mut Violations) -> Option<Publish> {
    match given.and_then(|given| given.mode.as_ref()) {
        Some(pb::publish::Mode::NewEventsOnly(_)) => Some(Publish::NewEventsOnly),
        Some(pb::publish::Mode::Shadow(_)) => Some(Publish::Shadow),
        Some(pb::publish::Mode::CappedPerBusinessDay(count)) => {
            let field = format!("{field}.capped_per_business_day");
            Some(Publish::Capped { per_business_day: self::count(&field, *count, violations)? })
        }
        None => {
            violations.add(field, "is required: new_events_only, shadow or capped_per_business_day");
            None
        }
    }
}

fn count(field: &str, value: i32, violations: &mut Violations) -> Option<u32> {
    let count = u32::try_from(value).ok();
    violations.check(count.is_some(), field, "is negative");
    count
}

fn to_rule(rule: &Rule) -> pb::ScoringRule {
    let filter = |filter: &Filter| pb::PropertyFilter {
        property: filter.property.clone(),
        value_type: word::value_type(filter.of).into(),
        predicate: Some(predicate::to_proto(&filter.predicate)),
    };
    pb::ScoringRule {
        key: rule.key.clone(),
        label: rule.label.clone(),
        types: rule.types.iter().cloned().collect(),
        filters: rule.filters.iter().map(filter).collect(),
        points: rule.points.to_string(),
        decay: decay_of(rule.decay),
        repeat_cap: rule.repeat_cap.map(to_count).unwrap_or_default(),
        bounds: to_bounds(rule.bounds),
        group: rule.group.clone().unwrap_or_default(),
    }
}

fn to_group(group: &Group) -> pb::ScoringGroup {
    let (key, label) = (group.key.clone(), group.label.clone());
    pb::ScoringGroup { key, label, bounds: to_bounds(group.bounds) }
}

/// Absent where nothing is limited, so that nobody reads a limit that there is not.
fn to_bounds(Bounds { cap, floor }: Bounds) -> Option<pb::Bounds> {
    let text = |points: Option<Points>| points.map(|points| points.to_string()).unwrap_or_default();
    (cap.is_some() || floor.is_some()).then(|| pb::Bounds { cap: text(cap), floor: text(floor) })
}

/// A model without a violation has no count of more than a million.
fn to_count(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
/// A decay on the wire; none is absent.
pub(crate) fn decay_of(decay: Decay) -> Option<pb::Decay> {
    let decay = match decay {
        Decay::None => None,
        Decay::Linear { rate_permille, period_days } => Some(pb::decay::Decay::Linear(pb::LinearDecay {
            rate_permille: to_count(rate_permille),
            period_days: to_count(period_days),
        })),
        Decay::HalfLife { days } => Some(pb::decay::Decay::HalfLifeDays(to_count(days))),
        Decay::Window { days } => Some(pb::decay::Decay::WindowDays(to_count(days))),
    };
    decay.map(|decay| pb::Decay { decay: Some(decay) })
}
