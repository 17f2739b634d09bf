//! Criteria on the wire.

use handoff_domain::criteria::{CriteriaSet, Criterion, OnUnknown, Role};
use handoff_domain::points::{ParsePointsError, Points};
use handoff_domain::profile::{AttributeDefinition, Catalogue, InvalidKey};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::violations::Violations;

use super::predicate::{self, line};
use super::word;

/// A set of criteria about the attributes of `catalogue`; none if it cannot be read. What is wrong is noted.
pub(crate) fn from_proto(
    field: &str,
    set: &pb::CriteriaSet,
    catalogue: &Catalogue,
    violations: &mut Violations,
) -> Option<CriteriaSet> {
    let kind = violations.choice(&format!("{field}.kind"), set.kind).and_then(word::from_kind);
    // Of too many only as many as the domain needs to refuse them.
    let given = set.criteria.iter().enumerate().take(CriteriaSet::MAX_CRITERIA + 1);
    let read: Vec<Option<Criterion>> = given
        .map(|(index, given)| criterion(&format!("{field}.criteria[{index}]"), given, catalogue, violations))
        .collect();
    Some(CriteriaSet { kind: kind?, criteria: read.into_iter().collect::<Option<_>>()? })
}

/// The criteria for the wire.
pub(crate) fn to_proto(set: &CriteriaSet) -> pb::CriteriaSet {
    pb::CriteriaSet {
        kind: word::kind(set.kind).into(),
        criteria: set.criteria.iter().map(to_criterion).collect(),
    }
}

fn criterion(
    field: &str,
    given: &pb::Criterion,
    catalogue: &Catalogue,
    violations: &mut Violations,
) -> Option<Criterion> {
    let within = |name: &str| format!("{field}.{name}");
    let key = line(&within("key"), &given.key, violations);
    let label = line(&within("label"), &given.label, violations);
    let attribute = attribute(&within("attribute"), &given.attribute, catalogue, violations);
    let of = attribute.map(|attribute| attribute.value_type);
    let predicate = predicate::from_proto(&within("predicate"), given.predicate.clone(), of, violations);
    let role = role(field, given.role.as_ref(), violations);
    let on_unknown = on_unknown(field, given, violations);
    let max_age_months = match given.max_age_months {
        0 => Some(None),
        months => match u16::try_from(months) {
            Ok(months) => Some(Some(months)),
            Err(_) => {
                violations.add(within("max_age_months"), "is 1 to 120 months, or 0 where any age will do");
                None
            }
        },
    };
    Some(Criterion {
        key,
        label,
        attribute: attribute?.key.clone(),
        predicate: predicate?,
        role: role?,
        on_unknown: on_unknown?,
        max_age_months: max_age_months?,
        sensitive: given.sensitive,
    })
}

fn attribute<'a>(
    field: &str,
    key: &str,
    catalogue: &'a Catalogue,
    violations: &mut Violations,
) -> Option<&'a AttributeDefinition> {
    let found = key.trim().parse().map(|key| catalogue.get(&key));
    match found {
        Ok(None) => violations.add(field, "is no attribute of this tenant: define it first"),
        Err(invalid @ InvalidKey) => violations.add(field, invalid.to_string()),
        Ok(Some(_)) => {}
    }
    found.ok().flatten()
}

fn role(field: &str, role: Option<&pb::criterion::Role>, violations: &mut Violations) -> Option<Role> {
    match role {
        Some(pb::criterion::Role::Gate(pb::Gate {})) => Some(Role::Gate),
        Some(pb::criterion::Role::Points(text)) => {
            let points = points(&format!("{field}.points"), text, violations)?;
            Some(Role::Weighted { points })
        }
        None => {
            violations.add(format!("{field}.role"), "is required: gate or points");
            None
        }
    }
}

fn on_unknown(field: &str, given: &pb::Criterion, violations: &mut Violations) -> Option<OnUnknown> {
    let policy = violations.choice(&format!("{field}.on_unknown"), given.on_unknown);
    let penalty = format!("{field}.penalty");
    if policy == Some(pb::UnknownPolicy::Penalise) {
        let points = points(&penalty, &given.penalty, violations)?;
        return Some(OnUnknown::Penalise { points });
    }
    violations.check(given.penalty.is_empty(), &penalty, "is only for PENALISE: leave it out");
    match policy? {
        pb::UnknownPolicy::Neutral => Some(OnUnknown::Neutral),
        pb::UnknownPolicy::Block => Some(OnUnknown::Block),
        // The one was returned above, and what is not given is no choice.
        pb::UnknownPolicy::Penalise | pb::UnknownPolicy::Unspecified => None,
    }
}

/// A number of points; required.
pub(crate) fn points(field: &str, text: &str, violations: &mut Violations) -> Option<Points> {
    let read = text.trim().parse();
    read.map_err(|error: ParsePointsError| violations.add(field, error.to_string())).ok()
}

fn to_criterion(criterion: &Criterion) -> pb::Criterion {
    let (on_unknown, penalty) = match criterion.on_unknown {
        OnUnknown::Neutral => (pb::UnknownPolicy::Neutral, String::new()),
        OnUnknown::Block => (pb::UnknownPolicy::Block, String::new()),
        OnUnknown::Penalise { points } => (pb::UnknownPolicy::Penalise, points.to_string()),
    };
    pb::Criterion {
        key: criterion.key.clone(),
        label: criterion.label.clone(),
        attribute: criterion.attribute.to_string(),
        predicate: Some(predicate::to_proto(&criterion.predicate)),
        role: Some(match criterion.role {
            Role::Gate => pb::criterion::Role::Gate(pb::Gate {}),
            Role::Weighted { points } => pb::criterion::Role::Points(points.to_string()),
        }),
        on_unknown: on_unknown.into(),
        penalty,
        max_age_months: criterion.max_age_months.map(i32::from).unwrap_or_default(),
        sensitive: criterion.sensitive,
    }
}
