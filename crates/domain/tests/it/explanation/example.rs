//! What a salesperson reads of some leads.

use chrono::TimeDelta;
use handoff_domain::criteria::{Criterion, Fit, OnUnknown, evaluate};
use handoff_domain::explanation::{Explanation, Subject};
use handoff_domain::points::Points;
use handoff_domain::predicate::Predicate;
use handoff_domain::profile::Catalogue;
use handoff_domain::promotion::{Behaviour, Case, Fitness, InEffect, Verdict, judge};
use handoff_domain::qualification::stage::Stage;
use handoff_domain::rates::Rates;
use handoff_domain::score::{Adjustment, Bounds, Decay, Engagement, Scorer};
use handoff_domain::value::ValueType;

use crate::criteria::world::{at_least, b2b, gate, profile, value, weighted};
use crate::promotion::{lead, now};
use crate::score::{day, engagement, group, model, points, rule, scorer};

fn text(explanation: &Explanation) -> Vec<String> {
    let Explanation { headline, missing, outlook, fit, behaviour, .. } = explanation;
    let mut text = vec![headline.clone()];
    text.extend(missing.iter().map(|missing| format!("missing: {missing}")));
    text.extend(outlook.iter().map(ToString::to_string));
    if let Some(fit) = fit {
        text.push(format!("fit {}", fit.points));
        text.extend(fit.lines.iter().map(|line| format!("  {} {}: {}", line.points, line.label, line.why)));
    }
    if let Some(behaviour) = behaviour {
        text.push(format!("behaviour {}, {} up, {} down", behaviour.points, behaviour.up, behaviour.down));
        for line in &behaviour.lines {
            text.push(format!("  {} {} {}: {}", line.points, line.kind, line.label, line.why));
            text.extend(line.days.iter().map(|day| {
                let age = day.age.map_or("NOT_YET".to_owned(), |age| format!("{age} days"));
                format!("    {} {age}, {} + {}: {}", day.date, day.counted, day.repeated, day.points)
            }));
        }
    }
    text
}

/// A shop that downloads much, complained once, and of which nobody knows how large it is.
fn shop() -> (Fit, Scorer, Engagement) {
    let set = b2b([
        Criterion { on_unknown: OnUnknown::Block, ..gate("employees", at_least(ValueType::Number, "50")) },
        weighted("industry", Predicate::Equals(value("industry", "Retail")), 12_500),
    ]);
    let fit = evaluate(&set, &profile(&[("industry", "retail")]), &Rates::default(), day(10));
    let mut download = rule("download", "10", Decay::Linear { rate_permille: 1_000, period_days: 40 });
    download.repeat_cap = Some(2);
    download.group = Some("content".to_owned());
    let mut visit = rule("visit", "1", Decay::Window { days: 30 });
    visit.bounds = Bounds { cap: Some(points("2")), floor: None };
    visit.group = Some("content".to_owned());
    let complaint = rule("complaint", "-20", Decay::HalfLife { days: 10 });
    let mut model = model(vec![download, visit, complaint, rule("webinar", "15", Decay::None)]);
    model.groups = vec![group("content", "25")];
    let scorer = scorer(model);
    let done = [
        ("DOWNLOAD", 10),
        ("DOWNLOAD", 10),
        ("DOWNLOAD", 10),
        ("DOWNLOAD", 6),
        ("VISIT", 9),
        ("VISIT", 9),
        ("VISIT", 9),
        ("COMPLAINT", 0),
        ("WEBINAR", 11),
    ];
    let rows = engagement(&scorer, &done).rows().to_vec();
    let by_hand = Adjustment::new(day(10), points("5"), Decay::None);
    (fit, scorer, Engagement::new(rows, vec![by_hand]))
}

/// What becomes of a lead with this fit and behaviour on day 10, at an instant that has nothing to do with it.
fn verdict(fit: &Fit, scorer: &Scorer, engagement: &Engagement, case: Case) -> Verdict {
    let thresholds = scorer.model().thresholds;
    let behaviour = Behaviour { points: scorer.behaviour(engagement, day(10)), thresholds };
    let criteria = InEffect::Yes(Fitness::from(fit));
    judge(&Case { criteria, model: InEffect::Yes(behaviour), ..case })
}

#[test]
fn a_lead_is_told_from_what_matters_to_what_it_is_made_of() {
    let (fit, scorer, engagement) = shop();
    let verdict = verdict(&fit, &scorer, &engagement, lead(0));
    let explanation = Explanation::of(&Subject {
        day: day(10),
        verdict: &verdict,
        handoff_open: false,
        fit: Some(&fit),
        fit_changes_on: Some(day(15)),
        catalogue: &Catalogue::default(),
        behaviour: Some((&scorer, &engagement)),
    });
    assert_eq!(
        text(&explanation),
        [
            "No candidate: a criterion stands in the way; 30 points more of behaviour are needed.",
            "missing: the criterion “The employees fits”",
            "missing: 30 points more of behaviour",
            "missing: Employees",
            "2026-01-16: the fit may change, as a value is no longer fresh or a rate begins",
            "fit 12.5",
            "  0 The employees fits: not known: blocks until it is known",
            "  12.5 The industry fits: retail, which is Retail: 12.5 points",
            "behaviour 20, 50 up, 40 down",
            "  29 RULE Rule download: 3 counted, the latest today: 29 of 30 points are left; \
             1 over the repeat cap of their day",
            "    2026-01-11 0 days, 2 + 1: 20",
            "    2026-01-07 4 days, 1 + 0: 9",
            "  -10 RULE Rule complaint: 1 counted, the latest 10 days ago: -10 of -20 points are left",
            "    2026-01-01 10 days, 1 + 0: -10",
            "  3 RULE Rule visit: 3 counted, the latest yesterday: 3 points",
            "    2026-01-10 1 days, 3 + 0: 3",
            "  -1 RULE_CAP Rule visit: the rule gives no more than 2 points",
            "  0 RULE Rule webinar: 1 not yet",
            "    2026-01-12 NOT_YET, 1 + 0: 0",
            "  5 ADJUSTMENT Adjustment by hand: 5 points",
            "  -6 GROUP_CAP Group content: the group gives no more than 25 points",
        ]
    );
}

#[test]
fn a_candidate_reads_what_holds_it_back_and_until_when_it_has_time() {
    let scorer = scorer(model(vec![rule("demo", "80", Decay::HalfLife { days: 10 })]));
    let engagement = engagement(&scorer, &[("DEMO", 10)]);
    let fit = evaluate(&b2b([]), &profile(&[]), &Rates::default(), day(10));
    let held = Case { is_known: false, cooldown_until: Some(now() + TimeDelta::days(2)), ..lead(0) };
    let verdict = verdict(&fit, &scorer, &engagement, held);
    let explanation = Explanation::of(&Subject {
        day: day(10),
        verdict: &verdict,
        handoff_open: false,
        fit: None,
        fit_changes_on: None,
        catalogue: &Catalogue::default(),
        behaviour: Some((&scorer, &engagement)),
    });
    assert_eq!(
        text(&explanation)[..2],
        [
            "A candidate, as it reached the thresholds. Held back: the person is not known: give an e-mail \
             address, a telephone number, an external id or a record id; it is in its cool-down (until 2026-03-29T10:00:00Z).",
            "2026-01-22: the behaviour falls under 40 points",
        ]
    );
}

#[test]
fn the_crossing_that_is_told_is_the_one_that_would_change_something() {
    let scorer = scorer(model(vec![
        rule("demo", "60", Decay::HalfLife { days: 10 }),
        rule("webinar", "90", Decay::None),
        rule("complaint", "-60", Decay::Window { days: 5 }),
    ]));
    let (open, (blocked, ..)) = (evaluate(&b2b([]), &profile(&[]), &Rates::default(), day(10)), shop());
    let told = |activities: &[(&str, i64)], fit: &Fit, case: Case| {
        let engagement = engagement(&scorer, activities);
        let verdict = verdict(fit, &scorer, &engagement, case);
        let explanation = Explanation::of(&Subject {
            day: day(10),
            verdict: &verdict,
            handoff_open: false,
            fit: None,
            fit_changes_on: None,
            catalogue: &Catalogue::default(),
            behaviour: Some((&scorer, &engagement)),
        });
        explanation.outlook.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let rises = [("WEBINAR", 10), ("COMPLAINT", 10)];
    assert_eq!(told(&rises, &open, lead(0)), ["2026-01-16: the behaviour reaches 50 points"]);
    // 60 · 2^(−d/10) is under 50 from day 3 on, and under 40 from day 6 on.
    let asked = [("DEMO", 10)];
    let gone = Case { stage: Stage::Sql, ..lead(0) };
    assert_eq!(told(&asked, &open, lead(0)), ["2026-01-17: the behaviour falls under 40 points"]);
    let blocked = told(&asked, &blocked, lead(0));
    assert_eq!(blocked, ["2026-01-14: the behaviour falls under 50 points"], "then it lacks that too");
    assert_eq!(told(&asked, &open, gone), [""; 0], "it is beyond the hand-over");
    let fast = Case { fast_track_at: Some(now()), ..lead(0) };
    assert_eq!(told(&asked, &open, fast), [""; 0], "the fast track does not fade");
    assert_eq!(told(&[], &open, lead(0)), [""; 0]);
}

#[test]
fn a_lead_that_sales_has_is_never_said_to_be_none() {
    let verdict = judge(&Case { stage: Stage::Mql, handoff_open: true, ..lead(38) });
    let explanation = Explanation::of(&Subject {
        day: day(0),
        verdict: &verdict,
        handoff_open: true,
        fit: None,
        fit_changes_on: None,
        catalogue: &Catalogue::default(),
        behaviour: None,
    });
    assert_eq!(
        text(&explanation)[0],
        "With sales already, whose decision is open. As of today: 12 points more of behaviour are needed."
    );
}

#[test]
fn a_tenant_without_criteria_and_a_model_reads_why_there_is_nothing_to_read() {
    let none = Case { criteria: InEffect::No, model: InEffect::No, ..lead(0) };
    let explanation = Explanation::of(&Subject {
        day: day(0),
        verdict: &judge(&none),
        handoff_open: false,
        fit: None,
        fit_changes_on: None,
        catalogue: &Catalogue::default(),
        behaviour: None,
    });
    assert_eq!(text(&explanation), ["No candidate: no scoring model is in effect."]);
    assert_eq!(explanation.fit.map(|fit| fit.points), None::<Points>, "no fit is not a fit of nothing");
}
