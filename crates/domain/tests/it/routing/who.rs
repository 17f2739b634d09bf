//! Whom a plan means, and who of a pool is free.

use std::sync::LazyLock;

use handoff_domain::predicate::Predicate;
use handoff_domain::profile::{Attribute, Profile};
use handoff_domain::qualification::record::{Channel, LeadKind, ProductLine, User};
use handoff_domain::routing::{
    Absence, Action, Availability, Condition, Keep, LeftOut, Method, Outcome, Plan, Pool, Roster, Route,
    explain,
};
use handoff_domain::value::Value;

use super::desk::{Office, at, calendars, id, pool, rule, team, tenant, user, weighing};

fn people() -> Vec<User> {
    ["ada", "ben", "cleo"].map(|slug| weighing(slug, 10)).to_vec()
}

fn to(slug: &str) -> Action {
    Action::Pool(pool(&[slug], Method::WeightedRoundRobin))
}

#[track_caller]
fn waits(outcome: Outcome) -> Route {
    match outcome {
        Outcome::Waiting(route) => route,
        routed => panic!("{routed:?}"),
    }
}

/// The owner, and the rule by which.
#[track_caller]
fn goes_to(outcome: &Outcome) -> (handoff_domain::id::UserId, &str) {
    match outcome {
        Outcome::Routed { owner, route, .. } => (*owner, route.rule.as_str()),
        waiting => panic!("{waiting:?}"),
    }
}

#[test]
fn the_first_rule_of_which_everything_holds_decides() {
    let country = "country".parse().expect("a key");
    let asks = Predicate::In(vec![Value::Text("IT".to_owned()), Value::Text("FR".to_owned())]);
    let south = Condition { attributes: vec![(country, asks)], ..Condition::default() };
    static HATS: LazyLock<ProductLine> = LazyLock::new(|| "hats".parse().expect("a slug"));
    let hats = || &*HATS;
    let of_hats =
        Condition { lines: vec![hats().clone()], kinds: vec![LeadKind::B2c], ..Condition::default() };
    let partners = Condition { channels: vec![Channel::Partner], ..Condition::default() };
    let rules = vec![
        rule("hats", of_hats, to("ben")),
        rule("south", south, to("cleo")),
        rule("partners", partners, to("ben")),
    ];
    let otherwise = pool(&["ada"], Method::WeightedRoundRobin);
    let office = Office::with(people(), Plan { rules, otherwise });
    let mut italian = Profile::default();
    let value = Value::Text("it".to_owned());
    italian.insert("country".parse().expect("a key"), Attribute { value, verified_at: None });

    assert_eq!(goes_to(&office.ask_of(|_| ())), (id("ada"), "default"));
    assert_eq!(goes_to(&office.ask_of(|ask| ask.line = hats())), (id("ada"), "default"), "both must hold");
    let b2c = office.ask_of(|ask| (ask.line, ask.kind) = (hats(), LeadKind::B2c));
    assert_eq!(goes_to(&b2c), (id("ben"), "hats"));
    assert_eq!(goes_to(&office.ask_of(|ask| ask.channel = Channel::Partner)), (id("ben"), "partners"));
    let mut ask = office.ask();
    (ask.profile, ask.channel) = (&italian, Channel::Partner);
    let explained = explain(&office.roster, &office.desk, &ask).expect("a plan");
    assert_eq!(goes_to(&explained.outcome), (id("cleo"), "south"));
    assert_eq!(explained.rules, [("hats".to_owned(), false), ("south".to_owned(), true)]);
}

#[test]
fn an_owner_is_kept_whatever_the_hour_and_the_room_as_long_as_it_is_there() {
    let keep = rule("keep", Condition::default(), Action::Keep(Keep::LastAccepted));
    let plan = Plan { rules: vec![keep], otherwise: pool(&["ben"], Method::WeightedRoundRobin) };
    let busy = Availability {
        calendar: Some("york".to_owned()),
        capacity: Some(0),
        absences: vec![Absence { from: at("2026-04-01T00:00:00Z"), until: at("2026-04-08T00:00:00Z") }],
        ..Availability::default()
    };
    let mut office = Office::with(vec![user("ada", busy), weighing("ben", 10)], plan);
    let owned = |office: &Office| goes_to(&office.ask_of(|ask| ask.accepted_by = Some(id("ada")))).0;
    assert_eq!(owned(&office), id("ada"), "New York sleeps, and its desk is full");
    assert_eq!(goes_to(&office.ask_of(|_| ())).0, id("ben"), "nobody owns a stranger");
    office.now = at("2026-04-02T10:00:00Z");
    assert_eq!(owned(&office), id("ben"), "away");
    office.now = at("2026-03-30T10:00:00Z");
    let gone = User { active: false, ..weighing("ada", 10) };
    office.roster.put_user(gone);
    assert_eq!(owned(&office), id("ben"), "gone");
}

#[test]
fn an_attribute_may_name_the_owner() {
    let key = "account_owner".parse().expect("a key");
    let keep = rule("keep", Condition::default(), Action::Keep(Keep::Attribute(key)));
    let plan = Plan { rules: vec![keep], otherwise: pool(&["ben"], Method::WeightedRoundRobin) };
    let office = Office::with(people(), plan);
    for (text, owner) in [("users/ada", "ada"), ("cleo", "cleo"), ("nobody", "ben")] {
        let mut profile = Profile::default();
        let value = Value::Text(text.to_owned());
        profile.insert("account_owner".parse().expect("a key"), Attribute { value, verified_at: None });
        let mut ask = office.ask();
        ask.profile = &profile;
        let outcome = handoff_domain::routing::route(&office.roster, &office.desk, &ask).expect("a plan");
        assert_eq!(goes_to(&outcome).0, id(owner), "{text}");
    }
}

#[test]
fn the_least_open_work_is_counted_by_weight() {
    let mut office = Office::new(vec![weighing("ada", 20), weighing("ben", 10)], Method::LeastOpenWork);
    let mut set = |ada: u32, ben: u32| {
        office.roster.set_open(&mut office.desk, id("ada"), ada);
        office.roster.set_open(&mut office.desk, id("ben"), ben);
        goes_to(&office.ask_of(|_| ())).0
    };
    assert_eq!(set(3, 2), id("ada"), "three of twenty are less than two of ten");
    assert_eq!(set(5, 2), id("ben"));
    // Of those that have as little it is taken in turn.
    office.roster.set_open(&mut office.desk, id("ada"), 0);
    office.roster.set_open(&mut office.desk, id("ben"), 0);
    let first = office.route();
    office.roster.set_open(&mut office.desk, first.expect("free"), 0);
    assert_ne!(office.route(), first);
}

#[test]
fn everybody_is_left_out_for_the_first_reason_that_holds() {
    let calendar = |slug: &str| Some(slug.to_owned());
    let away = vec![Absence { from: at("2026-03-30T00:00:00Z"), until: at("2026-03-31T12:00:00Z") }];
    let gone = User { active: false, ..weighing("gone", 10) };
    let back = weighing("back", 10);
    let absent = user(
        "absent",
        Availability { absences: away, calendar: calendar("rome"), ..Availability::default() },
    );
    let asleep = user("asleep", Availability { calendar: calendar("york"), ..Availability::default() });
    let full = user("full", Availability { capacity: Some(1), ..Availability::default() });
    let mut office = Office::new(vec![gone, back, absent, asleep, full], Method::WeightedRoundRobin);
    office.roster.set_open(&mut office.desk, id("full"), 1);
    let route = waits(office.ask_of(|ask| ask.returned_by = Some(id("back"))));
    assert_eq!(route.left_out, LeftOut { inactive: 1, returned: 1, absent: 1, off_hours: 1, full: 1 });
    // New York opens at nine of its own time, before anybody comes back.
    assert_eq!(route.free_at, Some(at("2026-03-30T13:00:00Z")));
    let mut ask = office.ask();
    ask.returned_by = Some(id("back"));
    let candidates = explain(&office.roster, &office.desk, &ask).expect("a plan").candidates;
    let free_at =
        |slug: &str| candidates.iter().find(|it| it.user == id(slug)).expect("all are told").free_at;
    assert_eq!(free_at("absent"), Some(at("2026-03-31T12:00:00Z")), "the absence ends within hours");
    assert_eq!(
        [free_at("gone"), free_at("back"), free_at("full")],
        [None; 3],
        "time alone frees none of them"
    );
}

#[test]
fn hours_are_ones_own_else_the_teams_else_the_tenants_else_all() {
    let of = |own: Option<&str>, team: Option<&str>, has_default: bool| {
        let availability = Availability { calendar: own.map(str::to_owned), ..Availability::default() };
        let mut ada = user("ada", availability);
        ada.team = Some(super::desk::team("north", None).id);
        let mut calendars = calendars();
        if has_default {
            calendars.insert("default".to_owned(), calendars["york"].clone());
        }
        let teams = [super::desk::team("north", team)];
        let otherwise =
            Pool { teams: vec!["north".to_owned()], users: vec![], method: Method::WeightedRoundRobin };
        let plan = Plan { rules: Vec::new(), otherwise };
        let mut office = Office::new(Vec::new(), Method::WeightedRoundRobin);
        office.roster = Roster::new(tenant(), [ada], teams, calendars, Some((1, plan)));
        office.route().is_some()
    };
    // Rome works at this hour, New York sleeps.
    assert!(of(Some("rome"), Some("york"), true));
    assert!(!of(Some("york"), Some("rome"), false));
    assert!(of(None, Some("rome"), true));
    assert!(!of(None, None, true));
    assert!(of(None, None, false));
    assert_eq!(team("north", None).slug, "north");
}

#[test]
fn edge_case_21_a_calendar_that_never_opens_again_leaves_nobody_waiting_for_a_time() {
    let mut calendars = calendars();
    let mut over = calendars["rome"].definition().clone();
    over.weekly_hours = Default::default();
    calendars.insert("over".to_owned(), std::sync::Arc::new(handoff_domain::calendar::Calendar::new(over)));
    let ada = user("ada", Availability { calendar: Some("over".to_owned()), ..Availability::default() });
    let plan = Plan { rules: Vec::new(), otherwise: pool(&["ada"], Method::WeightedRoundRobin) };
    let mut office = Office::new(Vec::new(), Method::WeightedRoundRobin);
    office.roster = Roster::new(tenant(), [ada], [], calendars, Some((1, plan)));
    let route = waits(office.ask_of(|_| ()));
    assert_eq!((route.left_out.off_hours, route.free_at), (1, None));
}
