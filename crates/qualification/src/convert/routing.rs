//! Routing on the wire: plans, when and how much users take, and why a handoff went where it did.

use std::collections::BTreeMap;
use std::sync::Arc;

use handoff_domain::calendar::{Calendar, Definition};
use handoff_domain::profile::{AttributeKey, Catalogue, InvalidKey};
use handoff_domain::routing::{
    Absence, Action, Availability, Candidate, Condition, Explained, Keep, LeftOut, Outcome, Plan, Pool,
    Reason, Route, Rule,
};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::convert;
use handoff_runtime::violations::Violations;

use super::predicate::{self, line};
use super::{cycle, text, word};

/// `calendars/{slug}`, or empty.
pub(crate) fn calendar_name(slug: Option<&str>) -> String {
    slug.map(|slug| format!("calendars/{slug}")).unwrap_or_default()
}

/// Calendars ready to be asked.
pub(crate) fn calendars(definitions: BTreeMap<String, Definition>) -> BTreeMap<String, Arc<Calendar>> {
    definitions.into_iter().map(|(slug, definition)| (slug, Arc::new(Calendar::new(definition)))).collect()
}

/// When and how much a user takes. What its bounds are is for the domain to say.
pub(crate) fn availability(
    check: &mut Violations,
    field: &str,
    given: Option<&pb::Availability>,
) -> Availability {
    let Some(given) = given else {
        check.add(field, "is required: an empty one says that there are no bounds");
        return Availability::default();
    };
    let mut number = |name: &str, value: i32| {
        let number = u32::try_from(value).ok();
        check.check(number.is_some(), &format!("{field}.{name}"), "is not negative");
        number.filter(|number| *number != 0)
    };
    let (capacity, weight) = (number("capacity", given.capacity), number("weight", given.weight));
    let absences = given.absences.iter().enumerate().take(Availability::MAX_ABSENCES + 1);
    let absences = absences.map(|(index, absence)| {
        let field = format!("{field}.absences[{index}]");
        let from = check.required_time(&format!("{field}.start_time"), absence.start_time.as_ref());
        Absence { from, until: check.required_time(&format!("{field}.end_time"), absence.end_time.as_ref()) }
    });
    let absences = absences.collect();
    Availability {
        calendar: check.optional_slug_name(&format!("{field}.calendar"), &given.calendar, "calendars"),
        capacity,
        weight: weight.unwrap_or(Availability::WEIGHT),
        absences,
    }
}

/// The same for the wire.
pub(crate) fn to_availability(availability: &Availability) -> pb::Availability {
    let absence = |absence: &Absence| pb::Absence {
        start_time: Some(convert::to_timestamp(absence.from)),
        end_time: Some(convert::to_timestamp(absence.until)),
    };
    pb::Availability {
        calendar: calendar_name(availability.calendar.as_deref()),
        capacity: cycle(availability.capacity.unwrap_or(0)),
        weight: cycle(availability.weight),
        absences: availability.absences.iter().map(absence).collect(),
    }
}

/// A plan about the attributes of `catalogue`; none if it cannot be read. What is wrong is noted.
pub(crate) fn plan(check: &mut Violations, given: &pb::RoutingPlan, catalogue: &Catalogue) -> Option<Plan> {
    let rules = given.rules.iter().enumerate().take(Plan::MAX_RULES + 1);
    let rules: Vec<Option<Rule>> =
        rules.map(|(index, given)| rule(check, &format!("plan.rules[{index}]"), given, catalogue)).collect();
    let otherwise = given.otherwise.as_ref();
    check.check(otherwise.is_some(), "plan.otherwise", "is required: who gets what no rule is about");
    let otherwise = otherwise.and_then(|given| pool(check, "plan.otherwise", given));
    Some(Plan { rules: rules.into_iter().collect::<Option<_>>()?, otherwise: otherwise? })
}

fn rule(check: &mut Violations, field: &str, given: &pb::RoutingRule, catalogue: &Catalogue) -> Option<Rule> {
    use pb::routing_rule::To;
    let key = line(&format!("{field}.key"), &given.key, check);
    let label = line(&format!("{field}.label"), &given.label, check);
    let when = match &given.when {
        None => Some(Condition::default()),
        Some(given) => condition(check, &format!("{field}.when"), given, catalogue),
    };
    let then = match &given.to {
        Some(To::Pool(given)) => pool(check, &format!("{field}.pool"), given).map(Action::Pool),
        Some(To::KeepOwner(keep)) if keep.attribute.is_empty() => Some(Action::Keep(Keep::LastAccepted)),
        Some(To::KeepOwner(keep)) => {
            let key = attribute(check, &format!("{field}.keep_owner.attribute"), &keep.attribute);
            key.map(|key| Action::Keep(Keep::Attribute(key)))
        }
        None => {
            check.add(field, "says to whom: keep_owner or pool");
            None
        }
    };
    Some(Rule { key, label, when: when?, then: then? })
}

fn condition(
    check: &mut Violations,
    field: &str,
    given: &pb::RoutingCondition,
    catalogue: &Catalogue,
) -> Option<Condition> {
    let lines: Vec<_> = (given.product_lines.iter().enumerate().take(Condition::MAX_LINES + 1))
        .map(|(index, line)| {
            let parsed = line.parse().ok();
            let rule = "is not 2 to 63 of a-z, 0-9 and -, starting with a letter";
            check.check(parsed.is_some(), &format!("{field}.product_lines[{index}]"), rule);
            parsed
        })
        .collect();
    let kinds: Vec<_> = (given.kinds.iter().enumerate())
        .map(|(index, kind)| {
            let field = format!("{field}.kinds[{index}]");
            check.choice::<pb::LeadKind>(&field, *kind).and_then(word::from_kind)
        })
        .collect();
    let channels: Vec<_> = (given.channels.iter().enumerate())
        .map(|(index, channel)| {
            let field = format!("{field}.channels[{index}]");
            check.choice::<pb::OriginChannel>(&field, *channel).and_then(word::from_channel)
        })
        .collect();
    let attributes: Vec<_> = (given.attributes.iter().enumerate().take(Condition::MAX_ATTRIBUTES + 1))
        .map(|(index, given)| {
            let field = format!("{field}.attributes[{index}]");
            let key = attribute(check, &format!("{field}.attribute"), &given.attribute)?;
            let Some(definition) = catalogue.get(&key) else {
                check.add(format!("{field}.attribute"), "is no attribute of this tenant: define it first");
                return None;
            };
            let of = Some(definition.value_type);
            let predicate = given.predicate.clone();
            Some((key, predicate::from_proto(&format!("{field}.predicate"), predicate, of, check)?))
        })
        .collect();
    Some(Condition {
        lines: lines.into_iter().collect::<Option<_>>()?,
        kinds: kinds.into_iter().collect::<Option<_>>()?,
        channels: channels.into_iter().collect::<Option<_>>()?,
        attributes: attributes.into_iter().collect::<Option<_>>()?,
    })
}

fn attribute(check: &mut Violations, field: &str, key: &str) -> Option<AttributeKey> {
    let key = key.trim().parse();
    check.check(key.is_ok(), field, &InvalidKey.to_string());
    key.ok()
}

fn pool(check: &mut Violations, field: &str, given: &pb::RoutingPool) -> Option<Pool> {
    let mut names = |of: &str, given: &[String], most: usize| -> Vec<String> {
        let given = given.iter().enumerate().take(most + 1);
        given.map(|(index, name)| check.slug_name(&format!("{field}.{of}[{index}]"), name, of)).collect()
    };
    let teams = names("teams", &given.teams, Pool::MAX_TEAMS);
    let users = names("users", &given.users, Pool::MAX_USERS);
    let method = check.choice::<pb::RoutingMethod>(&format!("{field}.method"), given.method);
    Some(Pool { teams, users, method: method.and_then(word::from_method)? })
}

/// A plan for the wire.
pub(crate) fn to_plan(plan: &Plan) -> pb::RoutingPlan {
    pb::RoutingPlan {
        rules: plan.rules.iter().map(to_rule).collect(),
        otherwise: Some(to_pool(&plan.otherwise)),
    }
}

fn to_rule(rule: &Rule) -> pb::RoutingRule {
    use pb::routing_rule::To;
    let to = match &rule.then {
        Action::Pool(pool) => To::Pool(to_pool(pool)),
        Action::Keep(Keep::LastAccepted) => To::KeepOwner(pb::KeepOwner::default()),
        Action::Keep(Keep::Attribute(key)) => To::KeepOwner(pb::KeepOwner { attribute: key.to_string() }),
    };
    let when = (rule.when != Condition::default()).then(|| pb::RoutingCondition {
        product_lines: rule.when.lines.iter().map(ToString::to_string).collect(),
        kinds: rule.when.kinds.iter().map(|kind| word::kind(*kind).into()).collect(),
        channels: rule.when.channels.iter().map(|channel| word::channel(*channel).into()).collect(),
        attributes: (rule.when.attributes.iter())
            .map(|(key, predicate)| pb::AttributeCondition {
                attribute: key.to_string(),
                predicate: Some(predicate::to_proto(predicate)),
            })
            .collect(),
    });
    pb::RoutingRule { key: rule.key.clone(), label: rule.label.clone(), when, to: Some(to) }
}

fn to_pool(pool: &Pool) -> pb::RoutingPool {
    let names = |of: &str, slugs: &[String]| slugs.iter().map(|slug| format!("{of}/{slug}")).collect();
    pb::RoutingPool {
        teams: names("teams", &pool.teams),
        users: names("users", &pool.users),
        method: word::method(pool.method).into(),
    }
}

/// What the plan said of a handoff.
pub(crate) fn routing(route: &Route) -> pb::Routing {
    let LeftOut { inactive, returned, absent, off_hours, full } = route.left_out;
    pb::Routing {
        plan: cycle(route.plan),
        rule: route.rule.clone(),
        method: word::method(route.method).into(),
        left_out: Some(pb::LeftOut {
            inactive: cycle(inactive),
            returned: cycle(returned),
            absent: cycle(absent),
            off_hours: cycle(off_hours),
            full: cycle(full),
        }),
        free_time: route.free_at.map(convert::to_timestamp),
    }
}

/// The most candidates that are told.
const CANDIDATES_MAX: usize = 1_000;

/// What the plan says of a handoff now, and what it said last.
pub(crate) fn explained(
    explained: &Explained,
    last: Option<&Route>,
    slug: impl Fn(handoff_domain::id::UserId) -> Option<String>,
) -> pb::ExplainRoutingResponse {
    let name = |user| slug(user).map(|slug| format!("users/{slug}"));
    let owner = match &explained.outcome {
        Outcome::Routed { owner, .. } => name(*owner),
        Outcome::Waiting(_) => None,
    };
    let rules = explained.rules.iter();
    let candidate = |candidate: &Candidate| pb::Candidate {
        user: text(name(candidate.user).as_deref()),
        left_out: candidate.left_out.map(left_out).unwrap_or_default().into(),
        open_handoffs: cycle(candidate.open),
        free_time: candidate.free_at.map(convert::to_timestamp),
    };
    pb::ExplainRoutingResponse {
        last: last.map(routing),
        now: Some(routing(explained.outcome.route())),
        owner: text(owner.as_deref()),
        rules: rules
            .map(|(rule, applies)| pb::RuleAnswer { rule: rule.clone(), applies: *applies })
            .collect(),
        candidates: explained.candidates.iter().take(CANDIDATES_MAX).map(candidate).collect(),
    }
}

fn left_out(reason: Reason) -> pb::LeftOutReason {
    match reason {
        Reason::Inactive => pb::LeftOutReason::Inactive,
        Reason::Returned => pb::LeftOutReason::Returned,
        Reason::Absent => pb::LeftOutReason::Absent,
        Reason::OffHours => pb::LeftOutReason::OffHours,
        Reason::Full => pb::LeftOutReason::Full,
    }
}

/// The plan that the store keeps.
pub(crate) fn stored_plan(content: &[u8], catalogue: &Catalogue) -> Option<Plan> {
    use prost::Message;
    let given = pb::RoutingPlan::decode(content).ok()?;
    let mut check = Violations::new();
    let plan = plan(&mut check, &given, catalogue)?;
    check.finish().ok().map(|()| plan)
}

#[cfg(test)]
mod tests {
    use handoff_domain::id::{TenantId, UserId};
    use handoff_domain::routing::Method;

    use super::*;

    #[test]
    fn at_most_so_many_candidates_are_told() {
        let tenant = TenantId::from_slug("acme");
        let candidate = |number: usize| Candidate {
            user: UserId::from_slug(tenant, &format!("u{number}")),
            left_out: Some(Reason::Full),
            open: 1,
            free_at: None,
        };
        let (left_out, method) = (LeftOut { full: 1_001, ..LeftOut::default() }, Method::LeastOpenWork);
        let route = Route { plan: 1, rule: "default".to_owned(), method, left_out, free_at: None };
        let candidates = (0..=CANDIDATES_MAX).map(candidate).collect();
        let all = Explained { rules: Vec::new(), outcome: Outcome::Waiting(route), candidates };
        let told = explained(&all, None, |_| Some("ada".to_owned()));
        assert_eq!(told.candidates.len(), CANDIDATES_MAX);
        assert_eq!(told.now.and_then(|now| now.left_out).map(|out| out.full), Some(1_001), "all are counted");
    }

    #[test]
    fn a_plan_comes_back_from_the_wire() {
        let catalogue = Catalogue::standard();
        let country: AttributeKey = "country".parse().expect("a key");
        let when = Condition {
            lines: vec!["hats".parse().expect("a slug")],
            kinds: vec![handoff_domain::qualification::record::LeadKind::B2b],
            channels: vec![handoff_domain::qualification::record::Channel::Partner],
            attributes: vec![(country.clone(), handoff_domain::predicate::Predicate::Exists)],
        };
        let pool = Pool {
            teams: vec!["north".to_owned()],
            users: vec!["ada".to_owned()],
            method: Method::LeastOpenWork,
        };
        let rule = |key: &str, when, then| Rule { key: key.to_owned(), label: key.to_owned(), when, then };
        let rules = vec![
            rule("a", when, Action::Pool(pool.clone())),
            rule("b", Condition::default(), Action::Keep(Keep::LastAccepted)),
            rule("c", Condition::default(), Action::Keep(Keep::Attribute(country))),
        ];
        let given = Plan { rules, otherwise: pool };
        let mut check = Violations::new();
        assert_eq!(plan(&mut check, &to_plan(&given), catalogue), Some(given));
        assert_eq!(check.finish(), Ok(()));
    }
}
