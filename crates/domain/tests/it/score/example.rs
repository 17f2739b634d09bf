//! Worked examples: decays, caps, explanations, and edge cases by their numbers.

use std::collections::BTreeMap;

use handoff_domain::points::Points;
use handoff_domain::score::{Adjustment, Bounds, Decay, Engagement, Scorer, Thresholds};

use super::random::at_least;
use super::{day, engage, engagement, group, model, points, rule, scorer};

/// Every line as `RULE visit 7.5`.
fn told(scorer: &Scorer, engagement: &Engagement, on: i64) -> Vec<String> {
    use handoff_domain::score::Subject;
    let lines = scorer.explain(engagement, day(on));
    let told = lines.iter().map(|line| {
        let name = match &line.subject {
            Subject::Rule { rule, counted, repeated, not_yet, undecayed } => {
                format!("{} {counted}+{repeated}+{not_yet} of {undecayed}", rule.key)
            }
            Subject::RuleCap(rule) | Subject::RuleFloor(rule) => rule.key.clone(),
            Subject::GroupCap(group) | Subject::GroupFloor(group) => group.key.clone(),
            Subject::Adjustment { index, undecayed, not_yet } => {
                format!("{index} of {undecayed}{}", if *not_yet { " NOT_YET" } else { "" })
            }
            Subject::TotalCap | Subject::TotalFloor => "total".to_owned(),
        };
        format!("{} {name}: {}", line.subject.as_str(), line.points)
    });
    told.collect()
}

#[test]
fn each_decay_leaves_what_its_formula_says() {
    let linear = |rate_permille, period_days| Decay::Linear { rate_permille, period_days };
    let half_life = |days| Decay::HalfLife { days };
    for (decay, of, age, left) in [
        (Decay::None, "30", 10_000, "30"),
        (Decay::Window { days: 30 }, "30", 29, "30"),
        (Decay::Window { days: 30 }, "30", 30, "0"),
        (linear(250, 30), "30", 0, "30"),
        (linear(250, 30), "30", 30, "22.5"),
        (linear(250, 30), "30", 119, "0.25"),
        (linear(250, 30), "30", 120, "0"),
        (linear(1_000, 3), "1", 1, "0.667"),
        (linear(1_000, 2), "0.001", 1, "0.001"),
        (linear(1_000, 2), "-0.001", 1, "-0.001"),
        (half_life(7), "10", 7, "5"),
        (half_life(7), "10", 14, "2.5"),
        (half_life(2), "10", 1, "7.071"),
        (half_life(30), "-10", 10, "-7.937"),
        (half_life(1), "0.003", 1, "0.002"),
        (half_life(1), "0.001", 1, "0"),
        (half_life(1), "-0.001", 1, "0"),
        (half_life(3_650), "10000", 1, "9998.101"),
        // The e-book of docs/CRITERIA.md.
        (half_life(30), "20", 10, "15.874"),
        (half_life(30), "20", 30, "10"),
        (half_life(30), "20", 60, "5"),
        (linear(250, 30), "20", 10, "18.333"),
        (linear(250, 30), "20", 30, "15"),
        (linear(250, 30), "20", 60, "10"),
        (Decay::Window { days: 14 }, "20", 10, "20"),
        (Decay::Window { days: 14 }, "20", 30, "0"),
    ] {
        assert_eq!(decay.left(points(of), age).to_string(), left, "{of} with {decay} at {age} days");
    }
}

#[test]
fn every_limit_is_a_line_of_its_own() {
    let mut visit = rule("visit", "5", Decay::Linear { rate_permille: 500, period_days: 10 });
    visit.repeat_cap = Some(2);
    visit.group = Some("web".to_owned());
    let mut download = rule("download", "30", Decay::None);
    download.bounds.cap = Some(points("50"));
    download.group = Some("web".to_owned());
    let mut complaint = rule("complaint", "-70", Decay::None);
    complaint.bounds.floor = Some(points("-100"));
    let mut model = model(vec![visit, download, complaint, rule("demo", "200", Decay::None)]);
    model.groups = vec![group("web", "55")];
    model.total = Bounds { cap: Some(points("100")), floor: Some(points("0")) };
    let scorer = scorer(model);
    let activities = [
        ("VISIT", 0),
        ("VISIT", 0),
        ("VISIT", 0),
        ("VISIT", 10),
        ("DOWNLOAD", 1),
        ("DOWNLOAD", 2),
        ("DEMO", 5),
        ("COMPLAINT", 3),
        ("COMPLAINT", 4),
        ("VISIT", 30),
    ];
    let by_hand = vec![
        Adjustment::new(day(2), points("20"), Decay::HalfLife { days: 8 }),
        Adjustment::new(day(11), points("-5"), Decay::None),
    ];
    let rows = engagement(&scorer, &activities).rows().to_vec();
    let lead = Engagement::new(rows, by_hand);
    assert_eq!(
        told(&scorer, &lead, 10),
        [
            "RULE complaint 2+0+0 of -140: -140",
            "RULE_FLOOR complaint: 40",
            "RULE demo 1+0+0 of 200: 200",
            "RULE download 2+0+0 of 60: 60",
            "RULE_CAP download: -10",
            "RULE visit 3+1+1 of 15: 10",
            "GROUP_CAP web: -5",
            "ADJUSTMENT 0 of 20: 10",
            "ADJUSTMENT 1 of 0 NOT_YET: 0",
            "TOTAL_CAP total: -65",
        ]
    );
    assert_eq!(scorer.behaviour(&lead, day(10)), points("100"));
    // 55 of the web, −100 of complaints, and 20 · 2^(−2/8) by hand.
    assert_eq!(told(&scorer, &lead, 4).last().map(String::as_str), Some("TOTAL_FLOOR total: 28.182"));
    assert_eq!(scorer.behaviour(&lead, day(4)), Points::ZERO);
}

#[test]
fn a_rule_counts_activities_whose_properties_match() {
    let mut reader = rule("visit", "10", Decay::None);
    reader.filters = vec![at_least("pages", 3), at_least("minutes", 2)];
    let scorer = scorer(model(vec![reader]));
    let score = |properties: &[(&str, &str)]| {
        let properties: BTreeMap<String, String> =
            properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        scorer.behaviour(&engage(&scorer, &[("VISIT", &properties, 0)], Vec::new()), day(0)).to_string()
    };
    assert_eq!(score(&[("pages", "3"), ("minutes", " 2.50 ")]), "10");
    assert_eq!(score(&[("pages", "2"), ("minutes", "2")]), "0");
    assert_eq!(score(&[("pages", "3")]), "0", "an absent property is not guessed");
    assert_eq!(score(&[("pages", "three"), ("minutes", "2")]), "0", "nor is one that is no number");
    assert!(scorer.counting("CLICK", &BTreeMap::new(), &|_, _| None).next().is_none());
}

#[test]
fn a_fast_track_is_a_matter_of_the_type_alone() {
    let scorer = scorer(model(Vec::new()));
    assert!(scorer.is_fast_track("CONTACT_REQUEST"));
    assert!(!scorer.is_fast_track("contact_request"));
}

/// Edge case 11: a late activity changes the score as of then, and of every day since.
#[test]
fn a_late_activity_changes_the_score_of_the_days_since_it_occurred() {
    let scorer = scorer(model(vec![rule("demo", "30", Decay::Window { days: 10 })]));
    let mut lead = engagement(&scorer, &[("DEMO", 8)]);
    let scores =
        |lead: &Engagement| [4, 5, 8, 14, 15, 18].map(|on| scorer.behaviour(lead, day(on)).to_string());
    assert_eq!(scores(&lead), ["0", "0", "30", "30", "30", "0"]);
    lead.add(scorer.index_of("demo").expect("the model has it"), day(5));
    assert_eq!(scores(&lead), ["0", "30", "60", "60", "30", "0"]);
}

/// Promoted at B_up, and back only under B_down.
#[test]
fn edge_case_30_a_score_that_moves_about_the_threshold_makes_one_candidate() {
    let thresholds = Thresholds::new(Points::ZERO, points("50"));
    let mut was_candidate = false;
    let became = ["49.999", "50", "49", "50", "40", "39.999", "49", "50"].map(|score| {
        was_candidate = thresholds.holds(was_candidate, points(score));
        was_candidate
    });
    assert_eq!(became, [false, true, true, true, true, false, false, true]);
    assert_eq!(thresholds.missing(points("38")), points("12"), "12 points more");
    assert_eq!(thresholds.missing(points("51")), Points::ZERO);
}

#[test]
fn rows_of_rules_that_the_model_does_not_have_count_nothing() {
    use handoff_domain::score::{Row, RuleIndex};
    let scorer = scorer(model(vec![rule("demo", "30", Decay::None)]));
    let rows = vec![Row::new(RuleIndex(7), day(0), 3), Row::new(RuleIndex(0), day(0), 1)];
    let lead = Engagement::new(rows, Vec::new());
    assert_eq!(scorer.behaviour(&lead, day(0)), points("30"));
    assert_eq!(told(&scorer, &lead, 0), ["RULE demo 1+0+0 of 30: 30"]);
}
