//! Where a lead stands: what is decided and what is explained are of the same facts and the same agreements.

use chrono::{DateTime, NaiveDate, Utc};
use handoff_domain::criteria::{CriteriaSet, evaluate};
use handoff_domain::points::Points;
use handoff_domain::predicate::Predicate;
use handoff_domain::profile::{Catalogue, Profile};
use handoff_domain::promotion::{Behaviour, Fitness, Ground, Guard, InEffect, Lack, Quota, Verdict, judge};
use handoff_domain::qualification::record::{Content, ProductLine};
use handoff_domain::qualification::rejection::RejectionReason;
use handoff_domain::qualification::rulebook::Rulebook;
use handoff_domain::qualification::stage::Stage;
use handoff_domain::qualification::standing::{Agreed, Facts, Place, Standing, Wait};
use handoff_domain::qualification::state::Dossier;
use handoff_domain::rates::Rates;
use handoff_domain::score::{Decay, Engagement, Scorer};
use handoff_domain::version::{CriteriaKind, Subject};
use proptest::prelude::*;

use super::world::{World, accept, ada, assign, at, capture, mia, reject};
use crate::criteria::random::{profile as some_profile, rates, set};
use crate::criteria::world::{b2b, profile, value, weighted};
use crate::score::random::{case, some_day};
use crate::score::{day, engagement, model, rule, scorer};

const B2B: Subject = Subject::CriteriaSet(CriteriaKind::B2b);
const NOTHING: Agreed<'_> = Agreed { criteria: InEffect::No, model: InEffect::No, contract: InEffect::No };

/// Everything is in effect.
fn agreed<'a>(set: &'a CriteriaSet, scorer: &'a Scorer) -> Agreed<'a> {
    Agreed { criteria: InEffect::Yes(set), model: InEffect::Yes(scorer), contract: InEffect::Yes(()) }
}

fn facts<'a>(
    dossier: &'a Dossier,
    profile: &'a Profile,
    engagement: &'a Engagement,
    rates: &'a Rates,
) -> Facts<'a> {
    let is_known = dossier.person.is_known();
    Facts { lead: &dossier.lead, is_known, profile, engagement, fast_track_at: None, rates }
}

/// At noon of a day.
fn standing<'a>(day: NaiveDate, agreed: Agreed<'a>, facts: Facts<'a>) -> Standing<'a> {
    Standing::of(at(&format!("{day}T12:00:00Z")), day, agreed, facts)
}

/// A lead of kind B2B that was just captured.
fn dossier() -> Dossier {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    world.state.dossier(lead).expect("a lead").clone()
}

/// The standard lead, of whom nothing is known and who did nothing.
fn nobody() -> (Dossier, Profile, Engagement, Rates) {
    (dossier(), Profile::default(), Engagement::default(), Rates::default())
}

#[test]
fn a_lead_of_a_tenant_without_agreements_lacks_a_model() {
    let (dossier, profile, engagement, rates) = nobody();
    let standing = standing(day(10), NOTHING, facts(&dossier, &profile, &engagement, &rates));
    let place = Place::of(dossier.tracks.get(&ProductLine::default()));
    assert_eq!(place, Place::of(None), "it stands where a line that it never entered would");
    let explanation =
        standing.explain(place, &Catalogue::default(), (Quota::default(), &Rulebook::default().calendar));
    assert_eq!(explanation.verdict, Verdict::NotACandidate { lacks: vec![Lack::Model] });
    assert_eq!((explanation.fit, explanation.behaviour), (None, None), "there is nothing to tell of");
}

#[test]
fn edge_31_whoever_waits_for_a_place_is_told_until_when() {
    let dossier = dossier();
    let scorer = scorer(model(vec![rule("demo", "60", Decay::None)]));
    let (set, profile, rates) = (b2b([]), Profile::default(), Rates::default());
    let engagement = engagement(&scorer, &[("DEMO", 60)]);
    // A Monday.
    let standing = standing(day(60), agreed(&set, &scorer), facts(&dossier, &profile, &engagement, &rates));
    let place = Place { candidate: Some(Ground::Published), ..Place::of(None) };
    let explain = |taken| {
        let quota = Quota { per_business_day: Some(2), date: Some(day(60)), taken };
        standing.explain(place, &Catalogue::default(), (quota, &Rulebook::default().calendar)).verdict
    };
    assert!(matches!(explain(1), Verdict::Promote { ground: Ground::Published }));
    let Verdict::Candidate { held_by, .. } = explain(2) else { panic!("there is no place left") };
    let hold = held_by[0];
    assert_eq!((hold.guard, hold.until), (Guard::DayIsFull, Some(at("2026-03-03T09:00:00Z"))));
}

/// Edge case 8: fit and behaviour are the lead's, the verdict is the track's.
#[test]
fn two_lines_of_a_lead_are_judged_apart() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    world.qualify(lead);
    let dossier = world.state.dossier(lead).expect("a lead");
    let set = b2b([weighted("industry", Predicate::Equals(value("industry", "Retail")), 12_500)]);
    let scorer = scorer(model(vec![rule("demo", "60", Decay::None)]));
    let (profile, rates) = (profile(&[("industry", "retail")]), Rates::default());
    let engagement = engagement(&scorer, &[("DEMO", 9)]);
    let standing = standing(day(10), agreed(&set, &scorer), facts(dossier, &profile, &engagement, &rates));
    let verdict = |line: &str| {
        let line: ProductLine = line.parse().expect("a slug");
        judge(&standing.case(Place::of(dossier.tracks.get(&line))))
    };
    match verdict("default") {
        Verdict::Candidate { held_by, .. } => assert_eq!(held_by[0].guard, Guard::HandoffOpen),
        other => panic!("{other:?}"),
    }
    assert!(matches!(verdict("other"), Verdict::Promote { .. }));
}

#[test]
fn where_a_line_stood_is_told_by_its_history() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    world.now = at("2026-03-10T08:00:00Z");
    let handoff = world.qualify(lead);
    world.ok(&mia(), assign(handoff, "ada"));
    world.now = at("2026-03-12T08:00:00Z");
    world.ok(&ada(), accept(handoff));
    let history = &world.state.changes().history;
    let (line, other) = (ProductLine::default(), "other".parse().expect("a slug"));
    for (instant, stage) in [
        ("2026-03-01T08:00:00Z", Stage::Lead),
        ("2026-03-10T07:59:59Z", Stage::Lead),
        ("2026-03-10T08:00:00Z", Stage::Mql),
        ("2026-03-12T07:59:59Z", Stage::Mql),
        ("2026-03-12T08:00:00Z", Stage::Sql),
    ] {
        let place = Place::at(history, &line, at(instant));
        assert_eq!((place.stage, place.handoff_open), (stage, stage == Stage::Mql), "{instant}");
        assert_eq!(Place::at(history, &other, at(instant)), Place::of(None));
    }
    let track = &world.state.dossier(lead).expect("a lead").tracks[&line];
    assert_eq!(Place::at(history, &line, world.now), Place::of(Some(track)));
}

#[test]
fn a_line_waits_from_where_it_came_back_until_it_is_an_mql() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    let begun = world.now;
    let handed_over = |world: &mut World, instant: &str| {
        world.now = at(instant);
        let handoff = world.qualify(lead);
        world.ok(&mia(), assign(handoff, "ada"));
        handoff
    };
    let first = handed_over(&mut world, "2026-03-10T08:00:00Z");
    world.now = at("2026-03-12T08:00:00Z");
    world.ok(&ada(), reject(first, RejectionReason::NoNeedNow));
    handed_over(&mut world, "2026-05-10T08:00:00Z");
    let history = &world.state.changes().history;
    let wait = |line: &str, instant: DateTime<Utc>| {
        let Wait { since, until } = Wait::at(history, &line.parse().expect("a slug"), instant);
        (since, until)
    };
    let (mql, back) = (Some(at("2026-03-10T08:00:00Z")), Some(at("2026-03-12T08:00:00Z")));
    assert_eq!(wait("default", begun), (None, None));
    assert_eq!(wait("default", at("2026-03-11T08:00:00Z")), (None, mql));
    assert_eq!(wait("default", at("2026-05-10T07:59:59Z")), (back, None));
    assert_eq!(wait("default", world.now), (back, Some(world.now)));
    assert_eq!(wait("other", world.now), (None, None));
}

/// At noon, what is in effect of the B2B criteria.
fn in_effect(world: &World, date: &str) -> InEffect<(u32, Content)> {
    let agreement = world.state.agreement(B2B).expect("an agreement");
    let noon = at(&format!("{date}T12:00:00Z"));
    agreement.in_effect(noon).map(|(version, content)| (version.number, content.clone()))
}

#[test]
fn what_is_in_effect_at_an_instant_is_known_of_the_past_and_the_future() {
    let criteria = |milli| {
        let retail = Predicate::Equals(value("industry", "Retail"));
        Content::Criteria(b2b([weighted("industry", retail, milli)]))
    };
    let mut world = World::new();
    world.agree(B2B, 1, &criteria(1_000), "2026-03-09T08:00:00Z");
    world.now = at("2026-03-10T08:00:00Z");
    world.agree(B2B, 2, &criteria(2_000), "2026-03-11T08:00:00Z");
    world.now = at("2026-03-12T08:00:00Z");
    world.agree(B2B, 3, &Content::Nothing, "2026-03-13T08:00:00Z");

    assert_eq!(in_effect(&world, "2026-03-08"), InEffect::From(at("2026-03-09T08:00:00Z")));
    assert_eq!(in_effect(&world, "2026-03-10"), InEffect::Yes((1, criteria(1_000))));
    assert_eq!(in_effect(&world, "2026-03-12"), InEffect::Yes((2, criteria(2_000))));
    assert_eq!(in_effect(&world, "2026-03-14"), InEffect::No, "both sides agreed on nothing");
}

/// Edge case 28.
#[test]
fn a_contract_is_in_effect_from_its_instant_on() {
    let mut tenant = World::new().state.tenant().expect("a tenant").clone();
    let from = at("2026-03-09T08:00:00Z");
    tenant.contract_effective_from = Some(from);
    assert_eq!(tenant.contract_in_effect(from), InEffect::Yes(()));
    assert_eq!(tenant.contract_in_effect(at("2026-03-09T07:59:59Z")), InEffect::From(from));
    tenant.contract_effective_from = None;
    assert_eq!(tenant.contract_in_effect(from), InEffect::No);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_decided_and_what_is_explained_are_the_same(
        (set, profile, rates) in (set(), some_profile(), rates()),
        (case, on) in (case(), some_day()),
    ) {
        let (day, scorer, dossier) = (day(on), case.scorer(), dossier());
        let engagement = case.engagement(&scorer);
        let facts = facts(&dossier, &profile, &engagement, &rates);
        let standing = standing(day, agreed(&set, &scorer), facts);
        let place = Place::of(None);
        let explanation = standing.explain(place, &Catalogue::default(), (Quota::default(), &Rulebook::default().calendar));

        prop_assert_eq!(explanation.verdict, judge(&standing.case(place)));
        let fit = evaluate(&set, &profile, &rates, day);
        prop_assert_eq!(standing.fitness(), InEffect::Yes(Fitness::from(&fit)));
        prop_assert_eq!(explanation.fit, Some(fit));
        let told = explanation.behaviour.expect("a model is in effect");
        let sum: Points = told.lines.iter().map(|line| line.points).sum();
        let (points, thresholds) = (scorer.behaviour(&engagement, day), scorer.model().thresholds);
        prop_assert_eq!((sum, told.points), (points, points));
        prop_assert_eq!(standing.behaviour(), InEffect::Yes(Behaviour { points, thresholds }));
    }
}
