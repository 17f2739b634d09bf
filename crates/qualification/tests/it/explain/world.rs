//! Criteria and a model that the tests agree on, leads that do something, and what is asked about them.

use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::version_content::Content;
use handoff_runtime::client::Caller;
use handoff_runtime::convert::to_timestamp;
use pb::predicate::Test;

use crate::harness::{World, by_name, request_id};

pub(super) const NOW: &str = "2026-03-27T10:00:00Z";

pub(super) fn at(instant: &str) -> prost_types::Timestamp {
    to_timestamp(instant.parse().expect("an instant"))
}

fn criterion(key: &str, attribute: &str, test: Test, points: &str) -> pb::Criterion {
    pb::Criterion {
        key: key.into(),
        label: format!("The {attribute} fits"),
        attribute: attribute.into(),
        predicate: Some(pb::Predicate { test: Some(test) }),
        on_unknown: pb::UnknownPolicy::Neutral.into(),
        role: Some(pb::criterion::Role::Points(points.into())),
        ..pb::Criterion::default()
    }
}

/// Retail is worth 12.5 points, and the number of employees must be known to be fifty or more.
pub(super) fn criteria() -> Content {
    let at_least = |min: &str| Test::Range(pb::Range { min: min.into(), ..pb::Range::default() });
    let employees = pb::Criterion {
        role: Some(pb::criterion::Role::Gate(pb::Gate {})),
        on_unknown: pb::UnknownPolicy::Block.into(),
        ..criterion("enough_people", "employees", at_least("50"), "")
    };
    let age = pb::Criterion { sensitive: true, ..criterion("grown_up", "age", at_least("18"), "-2") };
    let retail = criterion("retail", "industry", Test::Equals("Retail".into()), "12.5");
    Content::CriteriaSet(pb::CriteriaSet {
        kind: pb::LeadKind::B2b.into(),
        criteria: vec![employees, retail, age],
    })
}

pub(super) fn rule(key: &str, points: &str, decay: Option<pb::decay::Decay>) -> pb::ScoringRule {
    pb::ScoringRule {
        key: key.into(),
        label: format!("Rule {key}"),
        types: vec![key.to_uppercase()],
        points: points.into(),
        decay: decay.map(|decay| pb::Decay { decay: Some(decay) }),
        ..pb::ScoringRule::default()
    }
}

/// E-books fade by half in ten days and two a day count; only long visits count, at most 5 points in all; both are
/// worth at most 25 points together, and the whole at most 40. A complaint costs 3.
pub(super) fn model() -> pb::ScoringModel {
    let cap = |cap: &str| Some(pb::Bounds { cap: cap.into(), ..pb::Bounds::default() });
    let ebook = pb::ScoringRule {
        repeat_cap: 2,
        group: "content".into(),
        ..rule("ebook", "20", Some(pb::decay::Decay::HalfLifeDays(10)))
    };
    let long = Test::Range(pb::Range { min: "60".into(), ..pb::Range::default() });
    let visit = pb::ScoringRule {
        filters: vec![pb::PropertyFilter {
            property: "seconds".into(),
            value_type: pb::ValueType::Number.into(),
            predicate: Some(pb::Predicate { test: Some(long) }),
        }],
        bounds: cap("5"),
        group: "content".into(),
        ..rule("visit", "3", None)
    };
    let group = pb::ScoringGroup { key: "content".into(), label: "Content".into(), bounds: cap("25") };
    let new_events_only = pb::publish::Mode::NewEventsOnly(pb::NewEventsOnly {});
    pb::ScoringModel {
        rules: vec![ebook, visit, rule("webinar", "30", None), rule("complaint", "-3", None)],
        groups: vec![group],
        total: cap("40"),
        thresholds: Some(pb::Thresholds { fit: "10".into(), up: "30".into(), down: String::new() }),
        fast_track: vec!["DEMO".into()],
        publish: Some(pb::Publish { mode: Some(new_events_only) }),
    }
}

/// Mia and Sara sign it, and it is in effect from `effective_time` on, or from now.
pub(super) async fn agree(
    world: &World,
    subject: &str,
    number: u32,
    content: Content,
    effective_time: Option<prost_types::Timestamp>,
) {
    let mut mia = world.versions(Caller::user("acme", "mia", Side::Marketing));
    let mut sara = world.versions(Caller::user("acme", "sara", Side::Sales));
    let name = format!("{subject}/versions/{number}");
    let content = Some(pb::VersionContent { content: Some(content) });
    let drafted = pb::DraftVersionRequest { request_id: request_id(), subject: subject.into(), content };
    let drafted = mia.draft_version(drafted).await.expect("drafted").into_inner().version.expect("it");
    let submit = pb::SubmitVersionRequest { request_id: request_id(), name: name.clone() };
    mia.submit_version(submit).await.expect("submitted");
    for client in [&mut mia, &mut sara] {
        let content_hash = drafted.content_hash.clone();
        let sign = pb::SignVersionRequest { request_id: request_id(), name: name.clone(), content_hash };
        client.sign_version(sign).await.expect("signed");
    }
    let schedule = pb::ScheduleVersionRequest { request_id: request_id(), name, effective_time };
    mia.schedule_version(schedule).await.expect("scheduled");
}

/// Criteria and model are in effect from now on.
pub(super) async fn agree_on_both(world: &World) {
    agree(world, "criteria-sets/b2b", 1, criteria(), None).await;
    agree(world, "scoring-model", 1, Content::ScoringModel(model()), None).await;
}

/// A lead with these attributes.
pub(super) async fn lead(
    world: &World,
    name: &str,
    kind: pb::LeadKind,
    attributes: &[(&str, &str)],
) -> String {
    let attributes = attributes.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let email = format!("{name}@lead.example");
    let person = pb::Person { email, attributes: attributes.collect(), ..pb::Person::default() };
    let lead = pb::Lead { kind: kind.into(), person: Some(person), ..pb::Lead::default() };
    let request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(lead),
        ..pb::CaptureLeadRequest::default()
    };
    world.marketing().capture_lead(request).await.expect("captured").into_inner().lead.expect("it").name
}

/// It does something at an instant, or now.
pub(super) async fn does(
    world: &World,
    lead: &str,
    kind: &str,
    properties: &[(&str, &str)],
    instant: Option<&str>,
) {
    let properties = properties.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let request = pb::RecordActivityRequest {
        request_id: request_id(),
        lead: by_name(lead),
        r#type: kind.into(),
        properties: properties.collect(),
        occur_time: instant.map(at),
    };
    world.marketing().record_activity(request).await.expect("recorded");
}

pub(super) fn asking(lead: &str, day: &str) -> pb::ExplainScoreRequest {
    pb::ExplainScoreRequest { lead: by_name(lead), day: day.into(), ..pb::ExplainScoreRequest::default() }
}

pub(super) async fn explain(
    world: &World,
    request: pb::ExplainScoreRequest,
) -> (pb::Explanation, pb::ExplanationBasis) {
    let mut client = world.scores(Caller::user("acme", "sara", Side::Sales));
    let answer = client.explain_score(request).await.expect("explained").into_inner();
    (answer.explanation.expect("an explanation"), answer.basis.expect("a basis"))
}
