//! Leads that become MQLs by what they did: counted as they come in, judged by what both sides signed (R9, R10, R13, R15),
//! and held back by guards without being lost.

use std::time::Duration;

use handoff_domain::actor::Side;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{Event, SubscribeEventsRequest};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::client::Caller;
use handoff_runtime::convert::to_timestamp;
use handoff_store::scratch::ScratchClock;

use crate::events::events;
use crate::harness::{World, assign, by_name, qualify, read, reject, request_id, told};

pub(crate) const B2B: &str = "criteria-sets/b2b";
pub(crate) const MODEL: &str = "scoring-model";

/// At least fifty employees are worth 30 points; the country must be Italy.
pub(crate) fn criteria() -> pb::VersionContent {
    let criterion = |key: &str, attribute: &str, test, role| pb::Criterion {
        key: key.into(),
        label: key.into(),
        attribute: attribute.into(),
        predicate: Some(pb::Predicate { test: Some(test) }),
        on_unknown: pb::UnknownPolicy::Neutral.into(),
        role: Some(role),
        ..pb::Criterion::default()
    };
    let many = pb::predicate::Test::Range(pb::Range { min: "50".into(), ..pb::Range::default() });
    let italy = pb::predicate::Test::In(pb::Values { values: vec!["IT".into()] });
    let criteria = vec![
        criterion("enough_people", "employees", many, pb::criterion::Role::Points("30".into())),
        criterion("italian", "country", italy, pb::criterion::Role::Gate(pb::Gate {})),
    ];
    let set = pb::CriteriaSet { kind: pb::LeadKind::B2b.into(), criteria };
    pb::VersionContent { content: Some(pb::version_content::Content::CriteriaSet(set)) }
}

/// An e-book gives 20 points that halve in 30 days, a bounced mail takes 15 for three days; 50 are enough, and who asks for
/// a demo needs the gates only.
pub(crate) fn model(ebook: &str) -> pb::VersionContent {
    published(ebook, pb::publish::Mode::NewEventsOnly(pb::NewEventsOnly {}))
}

/// The same, published so.
pub(crate) fn published(ebook: &str, mode: pb::publish::Mode) -> pb::VersionContent {
    let rule = |key: &str, kind: &str, points: &str, decay| pb::ScoringRule {
        key: key.into(),
        label: key.into(),
        types: vec![kind.into()],
        points: points.into(),
        decay: Some(pb::Decay { decay: Some(decay) }),
        ..pb::ScoringRule::default()
    };
    let model = pb::ScoringModel {
        rules: vec![
            rule("ebook", "EBOOK_DOWNLOADED", ebook, pb::decay::Decay::HalfLifeDays(30)),
            rule("bounce", "EMAIL_BOUNCED", "-15", pb::decay::Decay::WindowDays(3)),
        ],
        thresholds: Some(pb::Thresholds { fit: "25".into(), up: "50".into(), down: "40".into() }),
        fast_track: vec!["DEMO_REQUESTED".into()],
        publish: Some(pb::Publish { mode: Some(mode) }),
        ..pb::ScoringModel::default()
    };
    pb::VersionContent { content: Some(pb::version_content::Content::ScoringModel(model)) }
}

/// Has both sides sign a content, in effect from now on.
pub(crate) async fn agree(world: &World, subject: &str, content: pb::VersionContent) {
    agree_from(world, subject, content, None).await;
}

/// Has both sides sign a content, in effect from an instant on, or now.
pub(crate) async fn agree_from(
    world: &World,
    subject: &str,
    content: pb::VersionContent,
    from: Option<&str>,
) {
    let mut mia = world.versions(Caller::user("acme", "mia", Side::Marketing));
    let mut sara = world.versions(Caller::user("acme", "sara", Side::Sales));
    let (subject, content) = (subject.to_owned(), Some(content));
    let request = pb::DraftVersionRequest { request_id: request_id(), subject, content };
    let version = mia.draft_version(request).await.expect("drafted").into_inner().version.expect("a version");
    let name = version.name;
    let request = pb::SubmitVersionRequest { request_id: request_id(), name: name.clone() };
    mia.submit_version(request).await.expect("submitted");
    for client in [&mut mia, &mut sara] {
        let (name, content_hash) = (name.clone(), version.content_hash.clone());
        let request = pb::SignVersionRequest { request_id: request_id(), name, content_hash };
        client.sign_version(request).await.expect("signed");
    }
    let effective_time = from.map(|from| to_timestamp(from.parse().expect("an instant")));
    let request = pb::ScheduleVersionRequest { request_id: request_id(), name, effective_time };
    sara.schedule_version(request).await.expect("scheduled");
}

/// A service whose leads are judged.
pub(crate) async fn judging() -> (World, ScratchClock) {
    let (world, clock) = World::at("2026-03-02T09:00:00Z").await;
    agree(&world, B2B, criteria()).await;
    agree(&world, MODEL, model("20")).await;
    (world, clock)
}

/// Captures a company's lead; an attribute that is not given stays as it was.
pub(crate) async fn company(world: &World, name: &str, attributes: &[(&str, &str)]) -> String {
    let attributes = attributes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let email = format!("{name}@lead.example");
    let person = pb::Person { email, attributes, ..pb::Person::default() };
    let lead = pb::Lead { person: Some(person), kind: pb::LeadKind::B2b.into(), ..pb::Lead::default() };
    let request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(lead),
        ..pb::CaptureLeadRequest::default()
    };
    let answer = world.marketing().capture_lead(request).await.expect("captured").into_inner();
    answer.lead.expect("the lead").name
}

pub(crate) const FIT: [(&str, &str); 2] = [("employees", "120"), ("country", "IT")];

/// Records an activity of now, or of an instant of the past.
pub(crate) async fn does(world: &World, lead: &str, kind: &str, at: Option<&str>) {
    let request = pb::RecordActivityRequest {
        request_id: request_id(),
        lead: by_name(lead),
        r#type: kind.into(),
        occur_time: at.map(|at| to_timestamp(at.parse().expect("an instant"))),
        ..pb::RecordActivityRequest::default()
    };
    world.marketing().record_activity(request).await.expect("recorded");
}

/// Where a lead stands.
pub(crate) async fn stage(world: &World, lead: &str) -> pb::Stage {
    read(&mut world.marketing(), lead).await.lead.expect("the lead").stage()
}

/// Reads the log until it says `kind` of the lead for the `nth` time: leads are judged behind their activities.
pub(crate) async fn heard(world: &World, kind: &str, lead: &str, nth: usize) -> Event {
    let id = lead.trim_start_matches("leads/");
    let mut log = world.log(Caller::user("acme", "mia", Side::Marketing));
    let stream = log.subscribe_events(SubscribeEventsRequest::default()).await.expect("a stream");
    let mut stream = stream.into_inner();
    let mut seen = 0;
    loop {
        let message = tokio::time::timeout(Duration::from_secs(20), stream.message()).await;
        for event in message.expect("in time").expect("a message").expect("more to come").events {
            if event.r#type == kind && lead_of(&event).as_deref() == Some(id) {
                seen += 1;
                if seen == nth {
                    return event;
                }
            }
        }
    }
}

fn lead_of(event: &Event) -> Option<String> {
    match event.payload.as_ref()?.fact.as_ref()? {
        Fact::LeadQualified(fact) => Some(fact.r#move.as_ref()?.lead_id.clone()),
        Fact::HandoffRouted(fact) => Some(fact.lead_id.clone()),
        Fact::HandoffReturned(fact) => Some(fact.lead_id.clone()),
        Fact::CandidateEntered(fact) => Some(fact.lead_id.clone()),
        Fact::CandidateLeft(fact) => Some(fact.lead_id.clone()),
        _ => None,
    }
}

/// How often the log says `kind` of the lead.
pub(crate) async fn times(world: &World, kind: &str, lead: &str) -> usize {
    let id = lead.trim_start_matches("leads/");
    let is = |event: &&Event| event.r#type == kind && lead_of(event).as_deref() == Some(id);
    events(world).await.iter().filter(is).count()
}

pub(crate) async fn open_handoff(world: &World, event: &Event) -> pb::Handoff {
    let Some(Fact::LeadQualified(fact)) = event.payload.as_ref().and_then(|it| it.fact.as_ref()) else {
        panic!("a LeadQualified")
    };
    let name = format!("handoffs/{}", fact.handoff_id);
    let request = pb::GetHandoffRequest { name };
    world.marketing().get_handoff(request).await.expect("there").into_inner().handoff.expect("a handoff")
}

#[tokio::test]
async fn a_lead_becomes_an_mql_by_what_it_did_and_its_handoff_says_how_it_was_judged() {
    let (world, _clock) = judging().await;
    let lead = company(&world, "ada", &FIT).await;
    for _ in 0..2 {
        does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    }
    assert_eq!(stage(&world, &lead).await, pb::Stage::Lead, "40 are not enough");
    does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    let event = heard(&world, "LeadQualified", &lead, 1).await;
    let handoff = open_handoff(&world, &event).await;
    assert_eq!(handoff.trigger(), pb::QualificationTrigger::Score);
    let merit = handoff.merit.expect("it was judged");
    assert_eq!((merit.fit_points.as_str(), merit.criteria_version), ("30", 1));
    assert_eq!((merit.behaviour_points.as_str(), merit.model_version), ("60", 1));
    assert_eq!(merit.contributions_hash.len(), 64);
    assert_eq!(stage(&world, &lead).await, pb::Stage::Mql);

    // Who has been handed over is not judged again, whatever it does.
    does(&world, &lead, "DEMO_REQUESTED", None).await;
    let other = company(&world, "bob", &FIT).await;
    does(&world, &other, "DEMO_REQUESTED", None).await;
    heard(&world, "LeadQualified", &other, 1).await;
    assert_eq!(times(&world, "LeadQualified", &lead).await, 1);
    world.stop().await;
}

#[tokio::test]
async fn the_fast_track_needs_the_gates_only_and_waits_for_them() {
    let (world, _clock) = judging().await;
    let lead = company(&world, "ada", &[("country", "FR")]).await;
    does(&world, &lead, "DEMO_REQUESTED", None).await;
    let fit = company(&world, "bob", &[("country", "IT")]).await;
    does(&world, &fit, "DEMO_REQUESTED", None).await;
    let event = heard(&world, "LeadQualified", &fit, 1).await;
    assert_eq!(open_handoff(&world, &event).await.trigger(), pb::QualificationTrigger::FastTrack);
    assert_eq!(stage(&world, &lead).await, pb::Stage::Lead, "France is no Italy");
    // It moves, and what it asked for still stands.
    company(&world, "ada", &[("country", "IT")]).await;
    heard(&world, "LeadQualified", &lead, 1).await;
    world.stop().await;
}

#[tokio::test]
async fn what_nobody_knows_holds_a_candidate_back_until_somebody_does() {
    let (world, _clock) = judging().await;
    let request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(crate::harness::lead("ada")),
        ..pb::CaptureLeadRequest::default()
    };
    let answer = world.marketing().capture_lead(request).await.expect("captured").into_inner();
    let lead = answer.lead.expect("the lead").name;
    for _ in 0..3 {
        does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    }
    let event = heard(&world, "CandidateEntered", &lead, 1).await;
    let Some(Fact::CandidateEntered(fact)) = event.payload.and_then(|payload| payload.fact) else {
        panic!("a CandidateEntered")
    };
    assert_eq!((fact.ground.as_str(), fact.product_line.as_str()), ("THRESHOLDS", "default"));
    assert_eq!(stage(&world, &lead).await, pb::Stage::Lead);
    company(&world, "ada", &FIT).await;
    heard(&world, "LeadQualified", &lead, 1).await;
    world.stop().await;
}

#[tokio::test]
async fn recycling_counts_behaviour_anew_and_the_cool_down_ends_by_time_alone() {
    let (world, mut clock) = judging().await;
    let lead = company(&world, "ada", &FIT).await;
    for _ in 0..3 {
        does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    }
    let event = heard(&world, "LeadQualified", &lead, 1).await;
    let handoff = open_handoff(&world, &event).await.name;
    assign(&mut world.marketing(), &handoff, "users/sara").await.expect("assigned");
    clock.set("2026-03-03T09:00:00Z".parse().expect("an instant")).await.expect("moved");
    reject(&mut world.sales(), &handoff, "NO_BUDGET_NOW").await.expect("recycled");
    // What it did before counts nothing any more, even if it is told only now.
    does(&world, &lead, "EBOOK_DOWNLOADED", Some("2026-03-02T10:00:00Z")).await;
    for _ in 0..2 {
        does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    }
    assert_eq!(times(&world, "CandidateEntered", &lead).await, 0, "40 are not enough");
    does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    heard(&world, "CandidateEntered", &lead, 1).await;
    assert_eq!(stage(&world, &lead).await, pb::Stage::Nurture, "it cools down");
    // Thirty days later nothing is left of the half of it: 60 points are 30, and it is none any more.
    clock.set("2026-04-02T09:00:01Z".parse().expect("an instant")).await.expect("moved");
    heard(&world, "CandidateLeft", &lead, 1).await;
    // Who is keen all the time is handed over when the cool-down ends.
    for _ in 0..2 {
        does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    }
    let event = heard(&world, "LeadQualified", &lead, 2).await;
    assert_eq!(open_handoff(&world, &event).await.cycle, 2);
    world.stop().await;
}

#[tokio::test]
async fn edge_11_a_late_activity_counts_as_of_its_day_and_changes_no_decision() {
    let (world, _clock) = judging().await;
    let lead = company(&world, "ada", &FIT).await;
    // Three e-books of thirty days ago are worth 30 today: not enough, whenever they are told.
    for _ in 0..3 {
        does(&world, &lead, "EBOOK_DOWNLOADED", Some("2026-01-31T10:00:00Z")).await;
    }
    assert_eq!(stage(&world, &lead).await, pb::Stage::Lead);
    does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    let event = heard(&world, "LeadQualified", &lead, 1).await;
    let merit = open_handoff(&world, &event).await.merit.expect("it was judged");
    assert_eq!(merit.behaviour_points, "50", "three halves and a whole");
    does(&world, &lead, "EBOOK_DOWNLOADED", Some("2026-01-31T11:00:00Z")).await;
    let kept = open_handoff(&world, &event).await;
    assert_eq!(kept.merit.expect("it was judged").behaviour_points, "50", "the decision stands");
    assert_eq!(times(&world, "LeadQualified", &lead).await, 1);
    world.stop().await;
}

#[tokio::test]
async fn edge_12_an_activity_that_is_told_twice_counts_once() {
    let (world, _clock) = judging().await;
    let lead = company(&world, "ada", &FIT).await;
    let request = |id: &str| pb::RecordActivityRequest {
        request_id: id.to_owned(),
        lead: by_name(&lead),
        r#type: "EBOOK_DOWNLOADED".into(),
        ..pb::RecordActivityRequest::default()
    };
    let (first, second) = (request_id(), request_id());
    for id in [&first, &first, &second, &second, &first] {
        world.marketing().record_activity(request(id)).await.expect("recorded");
    }
    // Another lead with as many is an MQL by now; this one has 40.
    let other = company(&world, "bob", &FIT).await;
    for _ in 0..5 {
        does(&world, &other, "EBOOK_DOWNLOADED", None).await;
    }
    heard(&world, "LeadQualified", &other, 1).await;
    assert_eq!(stage(&world, &lead).await, pb::Stage::Lead);
    does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    let event = heard(&world, "LeadQualified", &lead, 1).await;
    let merit = open_handoff(&world, &event).await.merit.expect("it was judged");
    assert_eq!(merit.behaviour_points, "60");
    world.stop().await;
}

#[tokio::test]
async fn edge_30_a_candidate_stays_one_until_its_behaviour_is_under_the_lower_threshold() {
    let (world, mut clock) = judging().await;
    // Of unknown kind, so that it stays a candidate.
    let request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(crate::harness::lead("ada")),
        ..pb::CaptureLeadRequest::default()
    };
    let answer = world.marketing().capture_lead(request).await.expect("captured").into_inner();
    let lead = answer.lead.expect("the lead").name;
    for _ in 0..3 {
        does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    }
    heard(&world, "CandidateEntered", &lead, 1).await;
    // 60 − 15 is under 50 and over 40: nothing is noted. One bounce more, and it is none.
    does(&world, &lead, "EMAIL_BOUNCED", None).await;
    does(&world, &lead, "EMAIL_BOUNCED", None).await;
    heard(&world, "CandidateLeft", &lead, 1).await;
    // Three days later the bounces are forgotten: 56 points. It rises by time alone, at the next opening.
    clock.set("2026-03-05T08:00:01Z".parse().expect("an instant")).await.expect("moved");
    let event = heard(&world, "CandidateEntered", &lead, 2).await;
    assert_eq!(times(&world, "CandidateLeft", &lead).await, 1);
    let at = event.occur_time.expect("a time");
    let opening = to_timestamp("2026-03-05T08:00:00Z".parse().expect("an instant"));
    assert!(at.seconds >= opening.seconds, "at the opening");
    world.stop().await;
}

#[tokio::test]
async fn gates_hold_for_whoever_qualifies_by_hand_and_a_candidate_that_is_handed_over_is_none_any_more() {
    let (world, _clock) = judging().await;
    let lead = company(&world, "ada", &[("country", "FR")]).await;
    let refusal = qualify(&mut world.marketing(), &lead).await.expect_err("the gate");
    insta::assert_snapshot!("qualify_gates_not_held", told(&refusal));
    company(&world, "ada", &[("country", "IT")]).await;
    let handoff = qualify(&mut world.marketing(), &lead).await.expect("no score is needed");
    assert_eq!(handoff.trigger(), pb::QualificationTrigger::Manual);
    let merit = handoff.merit.expect("it was judged");
    assert_eq!((merit.fit_points.as_str(), merit.behaviour_points.as_str()), ("0", "0"));
    world.stop().await;
}

#[tokio::test]
async fn a_new_model_counts_all_that_a_lead_did_from_its_next_activity_on() {
    let (world, _clock) = judging().await;
    let lead = company(&world, "ada", &FIT).await;
    for _ in 0..2 {
        does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    }
    agree(&world, MODEL, model("10")).await;
    for _ in 0..2 {
        does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    }
    let other = company(&world, "bob", &FIT).await;
    for _ in 0..5 {
        does(&world, &other, "EBOOK_DOWNLOADED", None).await;
    }
    let event = heard(&world, "LeadQualified", &other, 1).await;
    let merit = open_handoff(&world, &event).await.merit.expect("it was judged");
    assert_eq!((merit.behaviour_points.as_str(), merit.model_version), ("50", 2));
    assert_eq!(stage(&world, &lead).await, pb::Stage::Lead, "4 × 10");
    does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    heard(&world, "LeadQualified", &lead, 1).await;
    world.stop().await;
}
