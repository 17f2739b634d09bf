//! What is wrong with plans and with what users take: everything at once, by path.

use handoff_domain::actor::Side;
use handoff_domain::error::Error;
use handoff_domain::predicate::Predicate;
use handoff_domain::profile::Catalogue;
use handoff_domain::qualification::record::User;
use handoff_domain::routing::{Absence, Action, Availability, Condition, Keep, Method, Plan, Pool, Roster};
use handoff_domain::value::Value;
use std::collections::BTreeMap;

use super::desk::{at, pool, rule, team, tenant, weighing};

fn roster() -> Roster {
    let mia = User { side: Side::Marketing, ..weighing("mia", 10) };
    let users = [weighing("ada", 10), mia];
    Roster::new(tenant(), users, [team("north", None)], BTreeMap::new(), None)
}

fn fields(plan: &Plan) -> Vec<String> {
    match plan.check(&roster(), Catalogue::standard()) {
        Ok(()) => Vec::new(),
        Err(Error::Invalid(found)) => found.into_iter().map(|violation| violation.field).collect(),
        Err(other) => panic!("{other:?}"),
    }
}

fn good() -> Plan {
    let keep = rule("keep", Condition::default(), Action::Keep(Keep::LastAccepted));
    let north = Pool { teams: vec!["north".to_owned()], users: Vec::new(), method: Method::LeastOpenWork };
    Plan { rules: vec![keep], otherwise: north }
}

#[test]
fn a_good_plan_has_no_violations() {
    assert_eq!(fields(&good()), Vec::<String>::new());
}

#[test]
fn every_fault_of_a_plan_is_told_at_once() {
    let key = |text: &str| text.parse().expect("a key");
    let asks = vec![
        (key("no_such_attribute"), Predicate::Exists),
        (key("country"), Predicate::Equals(Value::Number(1.into()))),
    ];
    let asks = Condition { attributes: asks, ..Condition::default() };
    let mut bad = rule("Bad Key", asks, Action::Pool(pool(&["mia", "zoe"], Method::KeepOwner)));
    bad.label = String::new();
    let number = Action::Keep(Keep::Attribute(key("number_of_employees")));
    let rules = vec![
        rule("keep", Condition::default(), Action::Keep(Keep::LastAccepted)),
        rule("keep", Condition::default(), number),
        rule("default", Condition::default(), Action::Keep(Keep::LastAccepted)),
        bad,
    ];
    let otherwise =
        Pool { teams: vec!["south".to_owned()], users: Vec::new(), method: Method::LeastOpenWork };
    assert_eq!(
        fields(&Plan { rules, otherwise }),
        [
            "plan.rules[1].key",
            "plan.rules[1].keep_owner.attribute",
            "plan.rules[2].key",
            "plan.rules[3].key",
            "plan.rules[3].label",
            "plan.rules[3].when.attributes[0].attribute",
            "plan.rules[3].when.attributes[1].predicate.equals",
            "plan.rules[3].pool.method",
            "plan.rules[3].pool.users[0]",
            "plan.rules[3].pool.users[1]",
            "plan.otherwise.teams[0]",
        ]
    );
}

#[test]
fn a_pool_names_somebody() {
    let otherwise = pool(&[], Method::WeightedRoundRobin);
    assert_eq!(fields(&Plan { rules: Vec::new(), otherwise }), ["plan.otherwise"]);
}

#[test]
fn a_plan_has_at_most_so_many_rules_and_a_pool_so_many_names() {
    let keep =
        |index: usize| rule(&format!("k{index}"), Condition::default(), Action::Keep(Keep::LastAccepted));
    let of = |count: usize| Plan { rules: (0..count).map(keep).collect(), ..good() };
    assert_eq!(fields(&of(Plan::MAX_RULES)), Vec::<String>::new());
    assert_eq!(fields(&of(Plan::MAX_RULES + 1)), ["plan.rules"]);
    let of = |teams: usize, users: usize| Plan {
        rules: Vec::new(),
        otherwise: Pool {
            teams: vec!["north".to_owned(); teams],
            users: vec!["ada".to_owned(); users],
            method: Method::LeastOpenWork,
        },
    };
    assert_eq!(fields(&of(Pool::MAX_TEAMS, Pool::MAX_USERS)), Vec::<String>::new());
    let too_many = ["plan.otherwise.teams", "plan.otherwise.users"];
    assert_eq!(fields(&of(Pool::MAX_TEAMS + 1, Pool::MAX_USERS + 1)), too_many);
}

#[test]
fn a_condition_asks_at_most_so_much() {
    let of = |lines: usize, attributes: usize| {
        let when = Condition {
            lines: vec!["hats".parse().expect("a slug"); lines],
            attributes: vec![("country".parse().expect("a key"), Predicate::Exists); attributes],
            ..Condition::default()
        };
        fields(&Plan { rules: vec![rule("r", when, Action::Keep(Keep::LastAccepted))], ..good() })
    };
    assert_eq!(of(Condition::MAX_LINES, Condition::MAX_ATTRIBUTES), Vec::<String>::new());
    let too_many = ["plan.rules[0].when.product_lines", "plan.rules[0].when.attributes"];
    assert_eq!(of(Condition::MAX_LINES + 1, Condition::MAX_ATTRIBUTES + 1), too_many);
}

#[test]
fn what_a_user_takes_has_bounds() {
    let absence = Absence { from: at("2026-08-10T00:00:00Z"), until: at("2026-08-17T00:00:00Z") };
    let most = Availability {
        calendar: None,
        capacity: Some(Availability::MAX_CAPACITY),
        weight: Availability::MAX_WEIGHT,
        absences: vec![absence; Availability::MAX_ABSENCES],
    };
    assert_eq!(most.violations("availability"), Vec::new());
    let backwards = Absence { from: absence.until, until: absence.from };
    let mut more = Availability { capacity: Some(Availability::MAX_CAPACITY + 1), weight: 21, ..most };
    more.absences.insert(0, backwards);
    let fields: Vec<String> =
        more.violations("availability").into_iter().map(|violation| violation.field).collect();
    assert_eq!(
        fields,
        [
            "availability.weight",
            "availability.capacity",
            "availability.absences",
            "availability.absences[0].end_time",
        ]
    );
    assert_eq!(Availability { weight: 0, ..Availability::default() }.violations("a")[0].field, "a.weight");
}
