//! Who is promoted, who is a candidate and who is neither.

use chrono::TimeDelta;
use handoff_domain::criteria::{Criterion, OnUnknown, decide as fit_of};
use handoff_domain::points::Points;
use handoff_domain::promotion::{
    Case, Decision, Emission, Fitness, Ground, Guard, InEffect, Lack, Verdict, judge,
};
use handoff_domain::qualification::record::{LeadKind, Suppression};
use handoff_domain::qualification::stage::Stage;
use handoff_domain::rates::{Rate, Rates};
use handoff_domain::value::ValueType;
use rust_decimal::Decimal;

use super::{decided, guards, lead, now};
use crate::calendar::utc;
use crate::criteria::world::{at_least, b2b, day, gate, profile};

const THRESHOLDS: Ground = Ground::Thresholds;
const FAST: Ground = Ground::FastTrack;

fn lacks(case: &Case) -> Vec<Lack> {
    match judge(case) {
        Verdict::NotACandidate { lacks } => lacks,
        other => panic!("{other:?}"),
    }
}

fn fitness(points: i32, gates_hold: bool) -> InEffect<Fitness> {
    InEffect::Yes(Fitness { points: Points::whole(points), gates_hold })
}

#[test]
fn a_lead_that_reaches_everything_is_promoted_at_once() {
    let promoted = Decision {
        verdict: Verdict::Promote { ground: THRESHOLDS },
        emission: Some(Emission::LeadQualified { ground: THRESHOLDS }),
    };
    assert_eq!(decided(&lead(50)), promoted);
    for stage in Stage::ALL {
        let moved = decided(&Case { stage: *stage, ..lead(50) });
        let is_before = matches!(stage, Stage::Lead | Stage::Nurture);
        assert_eq!(moved == promoted, is_before, "{stage}");
        assert_eq!(moved.emission.is_some(), is_before, "{stage}");
    }
}

#[test]
fn all_that_a_lead_lacks_is_said_at_once() {
    let thousandth = Points::from_milli(1);
    assert_eq!(lacks(&lead(38)), [Lack::Behaviour(Points::whole(12))]);
    let poor = Case { criteria: fitness(4, false), ..lead(49) };
    assert_eq!(lacks(&poor), [Lack::Gates, Lack::Fit(Points::whole(6)), Lack::Behaviour(Points::whole(1))]);
    let mut short = lead(50);
    if let InEffect::Yes(behaviour) = &mut short.model {
        behaviour.points = behaviour.points - thousandth;
    }
    assert_eq!(lacks(&short), [Lack::Behaviour(thousandth)]);
    assert_eq!(lacks(&Case { stage: Stage::Sql, ..poor }), [Lack::Stage(Stage::Sql)]);
}

#[test]
fn edge_case_1_without_a_model_there_is_a_reason_and_no_score_of_nothing() {
    let case = Case { model: InEffect::No, ..lead(50) };
    assert_eq!(lacks(&case), [Lack::Model]);
    let closed = Case { criteria: fitness(10, false), ..case };
    assert_eq!(lacks(&closed), [Lack::Gates, Lack::Model]);
}

#[test]
fn every_guard_holds_a_lead_back_and_says_when_it_ends_in_one_order() {
    let soon = now() + TimeDelta::days(3);
    let later = now() + TimeDelta::days(5);
    let case = Case {
        is_known: false,
        suppression: Suppression::Consent,
        criteria: InEffect::From(soon),
        contract: InEffect::From(later),
        cooldown_until: Some(soon),
        ..lead(50)
    };
    let Verdict::Candidate { ground, held_by } = judge(&case) else { panic!("a candidate") };
    let held_by: Vec<_> = held_by.iter().map(|hold| (hold.guard, hold.until)).collect();
    assert_eq!(
        (ground, held_by.as_slice()),
        (
            THRESHOLDS,
            [
                (Guard::LeadUnknown, None),
                (Guard::LeadSuppressed(Suppression::Consent), None),
                (Guard::NoCriteriaInEffect, Some(soon)),
                (Guard::NoContractInEffect, Some(later)),
                (Guard::CooldownActive, Some(soon)),
            ]
            .as_slice()
        )
    );
    assert_eq!(judge(&case).free_at(), None, "somebody has to do something");
    let waits = Case { is_known: true, suppression: Suppression::None, ..case };
    assert_eq!(judge(&waits).free_at(), Some(later), "the last of them");
}

#[test]
fn a_cool_down_is_over_at_its_end() {
    let at = |until| judge(&Case { cooldown_until: Some(until), ..lead(50) });
    assert_eq!(at(now()), Verdict::Promote { ground: THRESHOLDS });
    assert_eq!(guards(&at(now() + TimeDelta::microseconds(1))), [Guard::CooldownActive]);
}

#[test]
fn a_lead_of_unknown_kind_is_held_back_whatever_the_criteria_say() {
    for criteria in [fitness(0, false), fitness(10, true), InEffect::No] {
        let case = Case { kind: LeadKind::Unknown, criteria, ..lead(50) };
        assert_eq!(guards(&judge(&case)), [Guard::KindUnknown]);
        let known = Case { kind: LeadKind::B2c, criteria: fitness(9, true), ..case };
        assert_eq!(lacks(&known), [Lack::Fit(Points::whole(1))], "once it is known, its criteria count");
    }
}

#[test]
fn a_fast_track_activity_needs_the_gates_only() {
    let demo = Case { fast_track_at: Some(now()), criteria: fitness(-5, true), ..lead(0) };
    assert_eq!(decided(&demo).emission, Some(Emission::LeadQualified { ground: FAST }));
    let closed = Case { criteria: fitness(-5, false), ..demo.clone() };
    assert_eq!(lacks(&closed), [Lack::Gates], "and nothing but them");
    let held = Case { cooldown_until: Some(now() + TimeDelta::days(9)), ..demo };
    assert_eq!(decided(&held).emission, Some(Emission::CandidateEntered { ground: FAST }));
}

#[test]
fn a_demo_request_is_not_forgotten_while_a_guard_or_a_gate_is_in_its_way() {
    let asked_at = Some(now() - TimeDelta::days(20));
    let requested = Case { fast_track_at: asked_at, candidate: Some(FAST), ..lead(0) };
    let waits = Case { cooldown_until: Some(now() + TimeDelta::days(9)), ..requested.clone() };
    assert_eq!(decided(&waits).emission, None);
    let qualified = Some(Emission::LeadQualified { ground: FAST });
    assert_eq!(decided(&requested).emission, qualified);
    let closed = Case { criteria: fitness(10, false), ..requested.clone() };
    assert_eq!(decided(&closed).emission, Some(Emission::CandidateLeft));
    let opens = Case { candidate: None, ..requested };
    assert_eq!(decided(&opens).emission, qualified, "as soon as what was missing is known");
}

#[test]
fn a_candidate_that_requests_a_demo_is_one_by_the_fast_track_from_then_on() {
    let held = Case { cooldown_until: Some(now() + TimeDelta::days(9)), ..lead(45) };
    let demo = Case { candidate: Some(THRESHOLDS), fast_track_at: Some(now()), ..held };
    let noted = decided(&demo).emission;
    assert_eq!(noted, Some(Emission::CandidateEntered { ground: FAST }));
    let later = Case { candidate: noted.and_then(Emission::candidate), ..demo };
    assert_eq!(decided(&later).emission, None);
    let reset = Case { settled_at: Some(now() + TimeDelta::hours(1)), ..later };
    let thresholds = Some(Emission::CandidateEntered { ground: THRESHOLDS });
    assert_eq!(decided(&reset).emission, thresholds, "45 points are enough to stay one");
}

#[test]
fn edge_case_12_judging_the_same_again_notes_nothing() {
    let held = Case { contract: InEffect::No, ..lead(50) };
    let first = decided(&held);
    assert_eq!(first.emission, Some(Emission::CandidateEntered { ground: THRESHOLDS }));
    let again = decided(&Case { candidate: Some(THRESHOLDS), ..held });
    assert_eq!(again, Decision { emission: None, ..first });
}

#[test]
fn edge_case_28_no_contract_the_lead_stays_a_candidate_and_nothing_is_lost() {
    let none = Case { contract: InEffect::No, candidate: Some(THRESHOLDS), ..lead(45) };
    assert_eq!(guards(&decided(&none).verdict), [Guard::NoContractInEffect]);
    assert_eq!(decided(&none).emission, None, "45 points are under B_up, and still a candidate's");
    let from = utc("2026-04-01T00:00:00Z");
    let scheduled = Case { contract: InEffect::From(from), ..none.clone() };
    assert_eq!(judge(&scheduled).free_at(), Some(from));
    let signed = Case { contract: InEffect::Yes(()), ..none };
    assert_eq!(decided(&signed).emission, Some(Emission::LeadQualified { ground: THRESHOLDS }));
}

#[test]
fn edge_case_29_what_loses_its_signatures_before_it_takes_effect_takes_no_candidate_with_it() {
    let waits = Case { candidate: Some(THRESHOLDS), ..lead(50) };
    let without = |criteria, model| Case { criteria, model, ..waits.clone() };
    for (case, guard) in [
        (without(InEffect::No, waits.model), Guard::NoCriteriaInEffect),
        (without(waits.criteria, InEffect::No), Guard::NoModelInEffect),
    ] {
        let Decision { verdict, emission } = decided(&case);
        assert_eq!((guards(&verdict), emission), (vec![guard], None));
        assert_eq!(verdict.free_at(), None);
    }
}

#[test]
fn edge_case_30_between_the_thresholds_a_lead_stays_what_it_was() {
    let held = |points, candidate| Case { contract: InEffect::No, candidate, ..lead(points) };
    let entered = Some(Emission::CandidateEntered { ground: THRESHOLDS });
    for (points, before, noted) in [
        (49, None, None),
        (50, None, entered),
        (49, Some(THRESHOLDS), None),
        (40, Some(THRESHOLDS), None),
        (39, Some(THRESHOLDS), Some(Emission::CandidateLeft)),
        (40, None, None),
    ] {
        assert_eq!(decided(&held(points, before)).emission, noted, "{points} points, {before:?} before");
    }
}

#[test]
fn a_gate_or_a_fit_that_fails_ends_a_candidacy_whatever_the_behaviour() {
    for criteria in [fitness(10, false), fitness(9, true)] {
        let case = Case { candidate: Some(THRESHOLDS), criteria, ..lead(45) };
        let Decision { verdict, emission } = decided(&case);
        assert_eq!(emission, Some(Emission::CandidateLeft));
        let Verdict::NotACandidate { lacks } = verdict else { panic!("no candidate") };
        assert_eq!(lacks.last(), Some(&Lack::Behaviour(Points::whole(5))), "it starts again from B_up");
    }
}

#[test]
fn a_lead_whose_handoff_is_open_is_neither_demoted_nor_promoted_again() {
    for (points, candidate) in [(0, None), (0, Some(THRESHOLDS)), (90, None), (90, Some(FAST))] {
        let mql = Case { stage: Stage::Mql, handoff_open: true, candidate, ..lead(points) };
        assert_eq!(decided(&mql).emission, None, "{points} points");
        let demo = Case { fast_track_at: Some(now()), ..mql };
        assert_eq!(decided(&demo).emission, None, "{points} points");
        assert_eq!(guards(&judge(&demo)), [Guard::HandoffOpen]);
    }
}

#[test]
fn a_candidate_that_goes_on_without_us_is_none_any_more() {
    for stage in [Stage::Disqualified, Stage::Sql, Stage::Opportunity, Stage::Customer] {
        let gone = Case { stage, candidate: Some(FAST), ..lead(50) };
        assert_eq!(decided(&gone).emission, Some(Emission::CandidateLeft), "{stage}");
    }
}

#[test]
fn edge_case_32_without_a_rate_a_gate_is_unknown_and_does_what_it_says() {
    let revenue = at_least(ValueType::Money, "1000000 EUR");
    let american = profile(&[("annual_revenue", "2000000 USD")]);
    let today = day("2026-03-27");
    let judged = |on_unknown, rates: &Rates| {
        let set = b2b([Criterion { on_unknown, ..gate("annual_revenue", revenue.clone()) }]);
        let (points, gates_hold) = fit_of(&set, &american, rates, today);
        let criteria = InEffect::Yes(Fitness { points: points + Points::whole(10), gates_hold });
        judge(&Case { criteria, ..lead(50) })
    };
    let promoted = Verdict::Promote { ground: THRESHOLDS };
    let none = Rates::default();
    let blocked = Verdict::NotACandidate { lacks: vec![Lack::Gates] };
    assert_eq!(judged(OnUnknown::Block, &none), blocked);
    assert_eq!(judged(OnUnknown::Neutral, &none), promoted);
    let penalty = OnUnknown::Penalise { points: Points::whole(-3) };
    let poorer = Verdict::NotACandidate { lacks: vec![Lack::Fit(Points::whole(3))] };
    assert_eq!(judged(penalty, &none), poorer);
    let mut rates = Rates::default();
    let (from, to) = ("USD".parse().expect("a currency"), "EUR".parse().expect("a currency"));
    rates.set(Rate { from, to, day: today, rate: Decimal::new(9, 1) }).expect("a rate");
    assert_eq!(judged(OnUnknown::Block, &rates), promoted);
}
