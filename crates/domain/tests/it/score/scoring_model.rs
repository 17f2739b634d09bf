//! A scoring model as a document: what is refused, and its lines.

use handoff_domain::error::Error;
use handoff_domain::points::Points;
use handoff_domain::predicate::Predicate;
use handoff_domain::score::{Bounds, Decay, Filter, Publish, Rule, Scorer, ScoringModel};
use handoff_domain::value::ValueType;
use proptest::prelude::*;

use super::random::{at_least, model as random_model};
use super::{group, model, points, rule};

/// `field: description` of every violation.
fn violations(model: ScoringModel) -> Vec<String> {
    match Scorer::new(model) {
        Ok(_) => Vec::new(),
        Err(Error::Invalid(violations)) => {
            violations.iter().map(|it| format!("{}: {}", it.field, it.description)).collect()
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn rules_groups_types_and_filters_have_their_numbers_and_not_one_more() {
    let large = |rules: usize, groups: usize, types: usize, filters: usize| {
        let mut all: Vec<Rule> =
            (0..rules).map(|number| rule(&format!("r{number}"), "1", Decay::None)).collect();
        all[0].types = (0..types).map(|number| format!("T{number}")).collect();
        all[0].filters = (0..filters).map(|number| at_least(&format!("p{number}"), 1)).collect();
        let groups = (0..groups).map(|number| group(&format!("g{number}"), "100")).collect();
        let fast_track = (0..types).map(|number| format!("T{number}")).collect();
        violations(ScoringModel { groups, fast_track, ..model(all) })
    };
    assert_eq!(large(100, 50, 50, 20), [""; 0]);
    let fields = |found: Vec<String>| {
        found.iter().filter_map(|it| Some(it.split_once(':')?.0.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(fields(large(101, 50, 50, 20)), ["rules"]);
    assert_eq!(fields(large(100, 51, 50, 20)), ["groups"]);
    assert_eq!(fields(large(100, 50, 51, 20)), ["rules[0].types", "fast_track"]);
    assert_eq!(fields(large(100, 50, 50, 21)), ["rules[0].filters"]);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let mut bad = rule("Demo", "10000.001", Decay::HalfLife { days: 0 });
    bad.label = " ".to_owned();
    bad.types.clear();
    bad.repeat_cap = Some(0);
    bad.bounds = Bounds { cap: Some(points("1")), floor: Some(points("2")) };
    bad.group = Some("web".to_owned());
    bad.filters = vec![at_least("pages", 1), at_least("pages", 2)];
    let predicate = Predicate::Contains(vec!["x".to_owned()]);
    bad.filters.push(Filter { property: "path".to_owned(), of: ValueType::Number, predicate });
    let mut model = model(vec![
        rule("visit", "1", Decay::Linear { rate_permille: 1_001, period_days: 3_651 }),
        bad,
        rule("visit", "-10000", Decay::Window { days: 3_650 }),
    ]);
    model.groups = vec![group("content", "1"), group("content", "1000000.001")];
    model.total.cap = Some(points("49.999"));
    model.thresholds.down = model.thresholds.up;
    model.fast_track.insert("TWO\nLINES".to_owned());
    model.publish = Publish::Capped { per_business_day: 0 };
    assert_eq!(
        violations(model),
        [
            "rules[0].decay.linear.rate_permille: 1 to 1000 thousandths are lost in a period; shorten the period to lose more",
            "rules[0].decay.linear.period_days: 1 to 3650 days",
            "rules[1].key: is 2 to 63 of a-z, 0-9 and -, a letter first",
            "rules[1].label: has 1 to 200 characters, on one line and without blanks around them",
            "rules[1].types: name the types of activities that the rule counts",
            "rules[1].filters[1].property: a rule has one filter for a property",
            "rules[1].filters[2].predicate: CONTAINS does not fit NUMBER; what does: EQUALS, IN, NOT_IN, RANGE, EXISTS",
            "rules[1].points: lies between -10000 and 10000 points",
            "rules[1].decay.half_life_days: 1 to 3650 days",
            "rules[1].repeat_cap: is 1 to 1000000",
            "rules[1].bounds.floor: a floor is no more than its cap, 1",
            "rules[1].group: is the key of no group of the model",
            "groups[1].bounds.cap: lies between -1000000 and 1000000 points",
            "rules[2].key: rules[0] has this key already",
            "groups[1].key: groups[0] has this key already",
            "thresholds.down: is less than thresholds.up, 50",
            "total.cap: is at least thresholds.up, 50, or nobody ever reaches it",
            "fast_track[1]: has 1 to 200 characters, on one line and without blanks around them",
            "publish.capped_per_business_day: is 1 to 1000000",
        ]
    );
}

#[test]
fn a_model_by_which_nobody_could_qualify_is_refused() {
    let mut empty = model(Vec::new());
    empty.fast_track.clear();
    assert_eq!(
        violations(empty),
        ["rules: give the model a rule or a fast track: without, nobody ever qualifies"]
    );
    let mut for_nothing = model(vec![rule("demo", "1", Decay::None)]);
    for_nothing.thresholds.up = Points::ZERO;
    for_nothing.thresholds.down = points("-1");
    assert_eq!(
        violations(for_nothing),
        ["thresholds.up: is more than 0: a lead that did nothing has 0 points"]
    );
}

#[test]
fn the_largest_model_is_accepted_and_one_rule_more_is_not() {
    let rules = |count: usize| {
        let rules = (0..count).map(|index| rule(&format!("rule-{index}"), "10000", Decay::None));
        model(rules.map(|rule| Rule { filters: vec![at_least("pages", 1)], ..rule }).collect())
    };
    assert_eq!(violations(rules(ScoringModel::MAX_RULES)), [""; 0]);
    assert_eq!(violations(rules(ScoringModel::MAX_RULES + 1)), ["rules: has at most 100 of them"]);
}

#[test]
fn the_lines_of_a_model_say_all_that_it_says() {
    let mut demo = rule("demo", "30", Decay::HalfLife { days: 14 });
    demo.filters = vec![at_least("pages", 3)];
    demo.repeat_cap = Some(1);
    demo.bounds.cap = Some(points("60"));
    demo.group = Some("web".to_owned());
    let mut model = model(vec![demo]);
    model.groups = vec![group("web", "80.5")];
    model.total.floor = Some(points("-10"));
    let lines: Vec<_> = model.lines().into_iter().map(|(path, value)| format!("{path}: {value}")).collect();
    assert_eq!(
        lines,
        [
            "fast_track.CONTACT_REQUEST: needs the gates only",
            "groups.web.cap: 80.5",
            "groups.web.label: Group web",
            "publish: NEW_EVENTS_ONLY",
            "rules.demo.cap: 60",
            "rules.demo.decay: HALF_LIFE 14 days",
            "rules.demo.filters.pages: NUMBER is at least 3",
            "rules.demo.group: web",
            "rules.demo.label: Rule demo",
            "rules.demo.points: 30",
            "rules.demo.repeat_cap: 1",
            "rules.demo.types.DEMO: counts",
            "thresholds.down: 40",
            "thresholds.fit: 0",
            "thresholds.up: 50",
            "total_floor: -10",
        ]
    );
}

#[test]
fn the_order_of_filters_means_nothing() {
    let with = |filters: Vec<Filter>| model(vec![Rule { filters, ..rule("demo", "30", Decay::None) }]);
    let one = with(vec![at_least("pages", 3), at_least("minutes", 2)]);
    let other = with(vec![at_least("minutes", 2), at_least("pages", 3)]);
    assert_eq!(one.lines(), other.lines());
    assert_eq!(one.canonical(), other.canonical());
}

/// Takes one thing of `model` from `other`, or does what changes nothing.
fn change(model: &mut ScoringModel, other: &ScoringModel, what: usize, pick: prop::sample::Index) {
    if what < 9 && !model.rules.is_empty() && !other.rules.is_empty() {
        let at = pick.index(model.rules.len());
        let rule = &mut model.rules[at];
        let from = &other.rules[pick.index(other.rules.len())];
        match what {
            0 => rule.types.clone_from(&from.types),
            1 => rule.filters.clone_from(&from.filters),
            2 => rule.points = from.points,
            3 => rule.decay = from.decay,
            4 => rule.repeat_cap = from.repeat_cap,
            5 => rule.bounds = from.bounds,
            6 => rule.group.clone_from(&from.group),
            7 => rule.label.push('!'),
            _ => drop(model.rules.remove(at)),
        }
        return;
    }
    match what {
        9 => model.rules.reverse(),
        10 => model.groups.reverse(),
        11 => model.groups[0].bounds = other.groups[0].bounds,
        12 => model.groups[1].label.push('!'),
        13 => model.total = other.total,
        14 => model.thresholds = other.thresholds,
        15 => model.fast_track.clone_from(&other.fast_track),
        _ => model.publish = other.publish,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn two_models_are_the_same_exactly_if_their_lines_are(
        (model, _) in random_model(),
        (other, _) in random_model(),
        what in 0_usize..17,
        pick in any::<prop::sample::Index>(),
    ) {
        let mut changed = model.clone();
        change(&mut changed, &other, what, pick);
        let is_same = changed.clone().canonical() == model.clone().canonical();
        prop_assert_eq!(changed.lines() == model.lines(), is_same);
        if what == 9 || what == 10 {
            prop_assert!(is_same, "order means nothing");
        }
        prop_assert_eq!(other.lines() == model.lines(), other.canonical() == model.canonical());
    }

    #[test]
    fn the_order_of_a_models_lists_changes_no_score(case in super::random::case(), on in super::random::some_day()) {
        let mut other = case.clone();
        other.model.rules.reverse();
        other.model.groups.reverse();
        let (one, two) = (case.scorer(), other.scorer());
        let table = case.engagement(&one);
        prop_assert_eq!(&other.engagement(&two), &table, "rows mean the same rules");
        prop_assert_eq!(one.explain(&table, super::day(on)), two.explain(&table, super::day(on)));
    }
}
