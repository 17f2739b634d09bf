//! ScoreService: why leads stand where they stand, over the wire (R9, R10).

mod days;
mod late;
mod many;
mod refused;
mod world;

use handoff_domain::actor::Side;
use handoff_domain::points::Points;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::version_content::Content;
use handoff_runtime::client::Caller;
use world::{NOW, agree, agree_on_both, asking, at, criteria, does, explain, lead, model};

use crate::events::events;
use crate::harness::{World, capture, qualify, request_id};
use crate::promotion::heard;

fn points(text: &str) -> Points {
    text.parse().expect("points")
}

/// Everything adds up, and every line says what it is.
fn check_sums(explanation: &pb::Explanation) {
    if let Some(fit) = &explanation.fit {
        let sum: Points = fit.lines.iter().map(|line| points(&line.points)).sum();
        assert_eq!(sum, points(&fit.points), "{fit:?}");
        let holds = fit.lines.iter().all(|line| !line.blocks);
        assert_eq!(holds, fit.gates_hold, "{fit:?}");
    }
    if let Some(behaviour) = &explanation.behaviour {
        let sum: Points = behaviour.lines.iter().map(|line| points(&line.points)).sum();
        assert_eq!(sum, points(&behaviour.points), "{behaviour:?}");
        for line in &behaviour.lines {
            assert_ne!(line.kind(), pb::ScoreLineKind::Unspecified, "{line:?}");
            if line.kind() == pb::ScoreLineKind::Rule {
                let days: Points = line.days.iter().map(|day| points(&day.points)).sum();
                assert_eq!(days, points(&line.points), "{line:?}");
            }
        }
    }
}

/// The lines of the behaviour: what, which and how much.
fn lines(explanation: &pb::Explanation) -> Vec<(pb::ScoreLineKind, &str, &str)> {
    let lines = explanation.behaviour.iter().flat_map(|behaviour| &behaviour.lines);
    lines.map(|line| (line.kind(), line.key.as_str(), line.points.as_str())).collect()
}

fn missing(explanation: &pb::Explanation) -> Vec<&str> {
    explanation.missing.iter().map(|missing| missing.text.as_str()).collect()
}

#[tokio::test]
async fn lines_add_up_to_the_points_that_are_told() {
    let (world, _clock) = World::at(NOW).await;
    agree_on_both(&world).await;
    let attributes = [("employees", "120"), ("industry", "retail"), ("age", "44")];
    let lead = lead(&world, "ada", pb::LeadKind::B2b, &attributes).await;
    // Three on a day, of which two count, at half of their points.
    for _ in 0..3 {
        does(&world, &lead, "EBOOK", &[], Some("2026-03-17T09:00:00Z")).await;
    }
    does(&world, &lead, "EBOOK", &[], None).await;
    for seconds in ["61", "600", "59"] {
        does(&world, &lead, "VISIT", &[("seconds", seconds)], None).await;
    }
    does(&world, &lead, "VISIT", &[], None).await;
    does(&world, &lead, "WEBINAR", &[], None).await;
    does(&world, &lead, "COMPLAINT", &[], None).await;
    does(&world, &lead, "NOTHING_THAT_COUNTS", &[], None).await;
    // It is an MQL by now, or will be in a moment.
    heard(&world, "LeadQualified", &lead, 1).await;

    let (explanation, basis) = explain(&world, asking(&lead, "")).await;
    check_sums(&explanation);
    use pb::ScoreLineKind::{GroupCap, Rule, RuleCap, TotalCap};
    assert_eq!(
        lines(&explanation),
        [
            (Rule, "ebook", "40"),
            (Rule, "webinar", "30"),
            (Rule, "visit", "6"),
            (RuleCap, "visit", "-1"),
            (Rule, "complaint", "-3"),
            (GroupCap, "content", "-20"),
            (TotalCap, "", "-12"),
        ]
    );
    let behaviour = explanation.behaviour.as_ref().expect("a behaviour");
    assert_eq!([&behaviour.points, &behaviour.up, &behaviour.down], ["40", "30", "24"]);
    let ebook: Vec<_> =
        behaviour.lines[0].days.iter().map(|day| (day.age_days, day.counted, day.repeated)).collect();
    assert_eq!(ebook, [(Some(0), 1, 0), (Some(10), 2, 1)]);

    let fit = explanation.fit.as_ref().expect("a fit");
    assert_eq!((fit.points.as_str(), fit.threshold.as_str(), fit.gates_hold), ("10.5", "10", true));
    let told: Vec<_> = fit.lines.iter().map(|line| (line.value.as_str(), line.sensitive)).collect();
    assert_eq!(told, [("120", false), ("retail", false), ("44", true)]);
    assert!(fit.lines[2].why.ends_with("(a sensitive attribute)"), "slip 6: {}", fit.lines[2].why);
    let verdict = explanation.verdict.as_ref().expect("a verdict");
    assert_eq!(
        (verdict.kind(), verdict.ground()),
        // Its handoff is what another one would wait for.
        (pb::VerdictKind::Candidate, pb::PromotionGround::Thresholds)
    );
    assert!(explanation.headline.contains("handoff"), "{}", explanation.headline);
    assert_eq!(explanation.lead, lead);

    let last = events(&world).await.last().map(|event| event.position);
    assert_eq!(Some(basis.log_position), last);
    assert_eq!((basis.day.as_str(), basis.time_zone.as_str()), ("2026-03-27", "Europe/Rome"));
    assert_eq!((basis.as_of_time, basis.read_time), (Some(at(NOW)), Some(at(NOW))));
    assert_eq!(basis.criteria_version, "criteria-sets/b2b/versions/1");
    assert_eq!(basis.scoring_model_version, "scoring-model/versions/1");
    world.stop().await;
}

#[tokio::test]
async fn what_is_missing_is_told_and_when_time_alone_will_change_it() {
    let (world, _clock) = World::at(NOW).await;
    agree_on_both(&world).await;
    let lead = lead(&world, "ada", pb::LeadKind::B2b, &[("industry", "Farming")]).await;
    does(&world, &lead, "EBOOK", &[], None).await;
    let (explanation, _) = explain(&world, asking(&lead, "")).await;
    check_sums(&explanation);
    assert_eq!(
        explanation.headline,
        "No candidate: a criterion stands in the way; 10 points more of fit are needed; \
         10 points more of behaviour are needed."
    );
    assert_eq!(
        missing(&explanation),
        [
            "the criterion “The employees fits”",
            "10 points more of fit",
            "10 points more of behaviour",
            "Employees",
            "Age in years"
        ]
    );
    let lacks = explanation.verdict.expect("a verdict").lacks;
    let lacks: Vec<_> = lacks.iter().map(|lack| (lack.kind(), lack.points.as_str())).collect();
    use pb::LackKind::{Behaviour, Fit, Gates};
    assert_eq!(lacks, [(Gates, ""), (Fit, "10"), (Behaviour, "10")]);

    // A complaint never fades and an e-book does: nothing rises by time. With enough of a fit it is told when it falls.
    does(&world, &lead, "WEBINAR", &[], None).await;
    let request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(pb::Lead {
            person: Some(pb::Person {
                email: "ada@lead.example".into(),
                attributes: [
                    ("employees".to_owned(), "50".to_owned()),
                    ("industry".to_owned(), "Retail".to_owned()),
                ]
                .into(),
                ..pb::Person::default()
            }),
            ..pb::Lead::default()
        }),
        ..pb::CaptureLeadRequest::default()
    };
    world.marketing().capture_lead(request).await.expect("captured");
    does(&world, &lead, "COMPLAINT", &[], None).await;
    does(&world, &lead, "COMPLAINT", &[], None).await;
    does(&world, &lead, "COMPLAINT", &[], None).await;
    // It becomes an MQL of it, and from then on its own handoff is what a further one would wait for.
    heard(&world, "LeadQualified", &lead, 1).await;
    let (explanation, _) = explain(&world, asking(&lead, "")).await;
    assert_eq!(explanation.verdict.as_ref().map(pb::ScoreVerdict::kind), Some(pb::VerdictKind::Candidate));
    // 30 for the webinar and −9 for complaints: it is under 24 once the e-book gives less than 3.
    let outlook: Vec<_> = explanation.outlook.iter().map(|ahead| ahead.text.as_str()).collect();
    assert_eq!(outlook, ["2026-04-24: the behaviour falls under 24 points"]);
    world.stop().await;
}

#[tokio::test]
async fn without_agreements_there_is_nothing_to_add_up_and_that_is_what_is_told() {
    let (world, _clock) = World::at(NOW).await;
    let name = lead(&world, "ada", pb::LeadKind::B2b, &[]).await;
    let (explanation, basis) = explain(&world, asking(&name, "")).await;
    assert_eq!(explanation.headline, "No candidate: no scoring model is in effect.");
    assert_eq!((explanation.fit, explanation.behaviour), (None, None));
    assert_eq!((basis.criteria_version.as_str(), basis.scoring_model_version.as_str()), ("", ""));

    // What will be in effect only tomorrow is not today.
    let tomorrow = || Some(at("2026-03-28T08:00:00Z"));
    agree(&world, "scoring-model", 1, Content::ScoringModel(model()), tomorrow()).await;
    agree(&world, "criteria-sets/b2b", 1, criteria(), None).await;
    let (explanation, basis) = explain(&world, asking(&name, "")).await;
    check_sums(&explanation);
    assert!(explanation.fit.is_some() && explanation.behaviour.is_none());
    assert_eq!(basis.criteria_version, "criteria-sets/b2b/versions/1");
    assert_eq!(basis.scoring_model_version, "");
    world.stop().await;
}

#[tokio::test]
async fn a_lead_of_unknown_kind_is_judged_by_its_behaviour_alone_and_held_back() {
    let (world, _clock) = World::at(NOW).await;
    agree_on_both(&world).await;
    let lead = lead(&world, "ada", pb::LeadKind::Unknown, &[("employees", "120")]).await;
    does(&world, &lead, "WEBINAR", &[], None).await;
    let (explanation, basis) = explain(&world, asking(&lead, "")).await;
    check_sums(&explanation);
    assert_eq!((explanation.fit, basis.criteria_version.as_str()), (None, ""));
    let verdict = explanation.verdict.expect("a verdict");
    assert_eq!(verdict.kind(), pb::VerdictKind::Candidate);
    let held_by: Vec<_> = verdict.held_by.iter().map(|hold| (hold.guard(), hold.until_time)).collect();
    assert_eq!(held_by, [(pb::PromotionGuard::KindUnknown, None)]);
    assert!(explanation.headline.ends_with("nobody knows whether it is B2B or B2C: say which."));
    world.stop().await;
}

/// Edge case 8: two product lines at once.
#[tokio::test]
async fn a_line_is_explained_by_where_it_stands() {
    let (world, _clock) = World::at(NOW).await;
    agree_on_both(&world).await;
    let attributes = [("employees", "120"), ("industry", "retail")];
    let lead = lead(&world, "ada", pb::LeadKind::B2b, &attributes).await;
    does(&world, &lead, "DEMO", &[], None).await;
    qualify(&mut world.marketing(), &lead).await.expect("handed over");
    let (of_default, _) = explain(&world, asking(&lead, "")).await;
    let verdict = of_default.verdict.expect("a verdict");
    assert_eq!(verdict.held_by.first().map(pb::PromotionHold::guard), Some(pb::PromotionGuard::HandoffOpen));
    let request = pb::ExplainScoreRequest { product_line: "training".into(), ..asking(&lead, "") };
    let (of_training, _) = explain(&world, request).await;
    let verdict = of_training.verdict.expect("a verdict");
    assert_eq!(
        (verdict.kind(), verdict.ground()),
        (pb::VerdictKind::Promote, pb::PromotionGround::FastTrack)
    );
    assert_eq!((of_default.fit, of_default.behaviour), (of_training.fit, of_training.behaviour));
    world.stop().await;
}

#[tokio::test]
async fn another_tenants_lead_is_not_there() {
    let (world, _clock) = World::at(NOW).await;
    world.create_tenant("other").await;
    let lead = capture(&mut world.marketing(), "ada").await;
    let mut eve = world.scores(Caller::user("other", "eve", Side::Sales));
    let missing = eve.explain_score(asking(&lead, "")).await.expect_err("not theirs");
    assert_eq!(missing.code(), tonic::Code::NotFound);
    world.stop().await;
}
