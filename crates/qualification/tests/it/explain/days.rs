//! Days that are over: what is told of them is what is known now.

use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::version_content::Content;

use super::world::{NOW, agree, agree_on_both, asking, at, does, explain, lead, model, rule};
use super::{check_sums, lines};
use crate::harness::{World, qualify};

const SOON: &str = "2026-04-06T10:00:00Z";

pub(super) fn verdict(explanation: &pb::Explanation) -> pb::VerdictKind {
    explanation.verdict.as_ref().map(pb::ScoreVerdict::kind).unwrap_or_default()
}

#[tokio::test]
async fn a_day_that_is_over_is_explained_as_of_its_end() {
    let (world, mut clock) = World::at(NOW).await;
    agree_on_both(&world).await;
    let attributes = [("employees", "120"), ("industry", "retail")];
    let lead = lead(&world, "ada", pb::LeadKind::B2b, &attributes).await;
    does(&world, &lead, "EBOOK", &[], None).await;
    let (then, _) = explain(&world, asking(&lead, "")).await;

    clock.set(SOON.parse().expect("an instant")).await.expect("it is ours");
    does(&world, &lead, "WEBINAR", &[], None).await;
    qualify(&mut world.marketing(), &lead).await.expect("handed over");
    let flat = pb::ScoringModel { rules: vec![rule("ebook", "7", None)], groups: vec![], ..model() };
    agree(&world, "scoring-model", 2, Content::ScoringModel(flat), None).await;

    // By the model of then, at the stage of then, and without what came later.
    let (explanation, basis) = explain(&world, asking(&lead, "2026-03-27")).await;
    check_sums(&explanation);
    assert_eq!(explanation, then);
    assert_eq!(basis.scoring_model_version, "scoring-model/versions/1");
    assert_eq!(
        (basis.day.as_str(), basis.as_of_time),
        ("2026-03-27", Some(at("2026-03-27T22:59:59.999999Z")))
    );
    assert_eq!(basis.read_time, Some(at(SOON)));

    // On the day before, nothing was agreed on and nothing was done.
    let (explanation, _) = explain(&world, asking(&lead, "2026-03-26")).await;
    assert_eq!(explanation.headline, "No candidate: no scoring model is in effect.");
    // Ten days after the e-book half of it was left, by the model of the time.
    let (explanation, _) = explain(&world, asking(&lead, "2026-04-05")).await;
    let ebook = explanation.behaviour.expect("a behaviour").points;
    assert_eq!(ebook, "10.718");
    let (explanation, basis) = explain(&world, asking(&lead, "")).await;
    assert_eq!(lines(&explanation), [(pb::ScoreLineKind::Rule, "ebook", "7")]);
    assert_eq!(basis.scoring_model_version, "scoring-model/versions/2");
    assert!(explanation.headline.starts_with("With sales already"), "{}", explanation.headline);
    world.stop().await;
}

#[tokio::test]
async fn edge_case_11_an_activity_that_is_recorded_late_counts_on_the_day_on_which_it_occurred() {
    let (world, mut clock) = World::at(NOW).await;
    agree_on_both(&world).await;
    let attributes = [("employees", "120"), ("industry", "retail")];
    let lead = lead(&world, "ada", pb::LeadKind::B2b, &attributes).await;
    let (before, _) = explain(&world, asking(&lead, "")).await;
    assert_eq!(verdict(&before), pb::VerdictKind::NotACandidate);

    clock.set(SOON.parse().expect("an instant")).await.expect("it is ours");
    does(&world, &lead, "WEBINAR", &[], Some(NOW)).await;
    let (late, _) = explain(&world, asking(&lead, "2026-03-27")).await;
    check_sums(&late);
    assert_eq!(verdict(&late), pb::VerdictKind::Promote, "it would have been one");
    let webinar = lines(&late).into_iter().find(|(_, key, _)| *key == "webinar");
    assert_eq!(webinar.map(|(_, _, points)| points), Some("30"));
    world.stop().await;
}

/// The local date is the tenant's: in Rome it is tomorrow already.
#[tokio::test]
async fn days_begin_at_midnight_in_the_tenants_zone() {
    let (world, mut clock) = World::at("2026-03-27T22:30:00Z").await;
    agree_on_both(&world).await;
    let lead = lead(&world, "ada", pb::LeadKind::B2b, &[]).await;
    does(&world, &lead, "EBOOK", &[], None).await;
    clock.set("2026-03-27T23:30:00Z".parse().expect("an instant")).await.expect("it is ours");
    let (explanation, basis) = explain(&world, asking(&lead, "")).await;
    assert_eq!(basis.day, "2026-03-28");
    let days = &explanation.behaviour.expect("a behaviour").lines[0].days;
    assert_eq!((days[0].date.as_str(), days[0].age_days), ("2026-03-27", Some(1)));
    world.stop().await;
}

/// Something may be stamped some minutes ahead, and then it may be tomorrow's.
#[tokio::test]
async fn what_is_stamped_tomorrow_counts_tomorrow() {
    let (world, _clock) = World::at("2026-03-27T22:58:00Z").await;
    agree_on_both(&world).await;
    let lead = lead(&world, "ada", pb::LeadKind::B2b, &[]).await;
    does(&world, &lead, "WEBINAR", &[], Some("2026-03-27T23:01:00Z")).await;
    let (explanation, _) = explain(&world, asking(&lead, "")).await;
    check_sums(&explanation);
    let behaviour = explanation.behaviour.expect("a behaviour");
    let webinar = behaviour.lines.iter().find(|line| line.key == "webinar").expect("the rule");
    assert_eq!((webinar.points.as_str(), webinar.why.as_str()), ("0", "1 not yet"));
    assert_eq!(webinar.days[0].age_days, None);
    let ahead: Vec<_> = explanation.outlook.iter().map(|ahead| ahead.text.as_str()).collect();
    assert_eq!(ahead, ["2026-03-28: the behaviour reaches 30 points"]);
    world.stop().await;
}
