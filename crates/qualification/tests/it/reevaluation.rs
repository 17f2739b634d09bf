//! What follows for the leads of today when a version takes effect (R9, edge cases 28 and 31), as ReevaluationService tells
//! it and as it stands in the log.

mod refused;

use std::time::Duration;

use handoff_domain::actor::Side;
use handoff_proto::event::v1::Event;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::publish::Mode;
use handoff_proto::qualification::v1::reevaluation_service_client::ReevaluationServiceClient;
use handoff_proto::qualification::v1::{QualificationTrigger, ReevaluationChange, ReevaluationState};
use handoff_runtime::client::{Caller, Peer};
use handoff_runtime::convert::to_timestamp;
use handoff_store::scratch::ScratchClock;
use tonic::Status;

use crate::events::events;
use crate::harness::World;
use crate::promotion::{
    B2B, FIT, MODEL, agree, agree_from, company, criteria, does, heard, model, open_handoff, published,
    stage, times,
};

type Client = ReevaluationServiceClient<Peer>;

const SECOND: &str = "scoring-model/versions/2/reevaluation";
/// A Friday, in Rome.
const FRIDAY: &str = "2026-03-06T10:00:00Z";

fn client(world: &World) -> Client {
    world.reevaluations(Caller::user("acme", "mia", Side::Marketing))
}

/// A service whose leads are judged by a model by which nobody has enough points.
async fn quiet() -> (World, ScratchClock) {
    let (world, clock) = World::at(FRIDAY).await;
    agree(&world, B2B, criteria()).await;
    agree(&world, MODEL, model("5")).await;
    (world, clock)
}

/// Other criteria.
fn without_gate() -> pb::VersionContent {
    let mut content = criteria();
    if let Some(pb::version_content::Content::CriteriaSet(set)) = &mut content.content {
        set.criteria.pop();
    }
    content
}

/// A lead that downloaded so many e-books.
async fn reader(world: &World, name: &str, ebooks: usize) -> String {
    let lead = company(world, name, &FIT).await;
    for _ in 0..ebooks {
        does(world, &lead, "EBOOK_DOWNLOADED", None).await;
    }
    lead
}

async fn get(client: &mut Client, name: &str) -> Result<pb::Reevaluation, Status> {
    let request = pb::GetReevaluationRequest { name: name.into() };
    let answer = client.get_reevaluation(request).await;
    answer.map(|answer| answer.into_inner().reevaluation.expect("a re-evaluation"))
}

/// Asks until it has ended.
async fn ended(world: &World, name: &str) -> pb::Reevaluation {
    let mut client = client(world);
    let asked = async {
        loop {
            let it = get(&mut client, name).await.expect("a re-evaluation");
            if it.end_time.is_some() {
                return it;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asked).await.expect("it ends")
}

/// The leads that change, page by page, and how many pages there were.
async fn leads(world: &World, parent: &str, page_size: i32) -> (Vec<pb::ReevaluatedLead>, usize) {
    let mut client = client(world);
    let mut request =
        pb::ListReevaluatedLeadsRequest { parent: parent.into(), page_size, page_token: String::new() };
    let (mut leads, mut pages) = (Vec::new(), 0);
    loop {
        let page = client.list_reevaluated_leads(request.clone()).await.expect("a page").into_inner();
        leads.extend(page.leads);
        pages += 1;
        if page.next_page_token.is_empty() {
            return (leads, pages);
        }
        request.page_token = page.next_page_token;
    }
}

/// How many leads change in each way, and how many of these were judged: of those that do at all.
fn told(it: &pb::Reevaluation) -> Vec<(ReevaluationChange, i64, i64)> {
    assert_eq!(it.tallies.len(), 4, "one for each way");
    let some = it.tallies.iter().filter(|tally| tally.leads > 0);
    some.map(|tally| (tally.change(), tally.leads, tally.leads_judged)).collect()
}

async fn set(clock: &mut ScratchClock, at: &str) {
    clock.set(at.parse().expect("an instant")).await.expect("moved");
}

/// The ground on which the log says that a lead became a candidate.
fn ground(event: &Event) -> &str {
    match event.payload.as_ref().and_then(|payload| payload.fact.as_ref()) {
        Some(Fact::CandidateEntered(fact)) => &fact.ground,
        other => panic!("no CandidateEntered: {other:?}"),
    }
}

#[tokio::test]
async fn shadow_tells_who_would_qualify_and_changes_nothing() {
    let (world, _clock) = quiet().await;
    let (few, many) = (reader(&world, "few", 3).await, reader(&world, "many", 4).await);
    let nobody = reader(&world, "nobody", 2).await;
    agree(&world, MODEL, published("20", Mode::Shadow(pb::Shadow {}))).await;
    let it = ended(&world, SECOND).await;
    assert_eq!((it.name.as_str(), it.version.as_str()), (SECOND, "scoring-model/versions/2"));
    assert_eq!((it.mode(), it.state()), (pb::ReevaluationMode::Shadow, ReevaluationState::Done));
    assert_eq!((it.leads_total, it.leads_evaluated), (3, 3));
    assert_eq!(it.effective_time, Some(to_timestamp(FRIDAY.parse().expect("an instant"))));
    assert!(it.begin_time.is_some() && it.end_time.is_some());
    assert_eq!(told(&it), [(ReevaluationChange::Qualifies, 2, 0)]);

    let lead = |lead: &str, points: &str| pb::ReevaluatedLead {
        lead: lead.into(),
        change: ReevaluationChange::Qualifies.into(),
        behaviour_points: points.into(),
        judged: false,
    };
    let expected = vec![lead(&many, "80"), lead(&few, "60")];
    assert_eq!(leads(&world, SECOND, 0).await, (expected.clone(), 1), "the best first");
    assert_eq!(leads(&world, SECOND, 1).await, (expected, 2));

    for lead in [&few, &many, &nobody] {
        assert_eq!(stage(&world, lead).await, pb::Stage::Lead);
        assert_eq!(times(&world, "CandidateEntered", lead).await, 0);
    }
    // Its next own activity has a lead judged by the new model, as ever.
    does(&world, &few, "EBOOK_DOWNLOADED", None).await;
    let event = heard(&world, "LeadQualified", &few, 1).await;
    assert_eq!(open_handoff(&world, &event).await.trigger(), QualificationTrigger::Score);
    world.stop().await;
}

#[tokio::test]
async fn edge_31_capped_lets_the_best_become_an_mql_first_and_one_a_business_day() {
    let (world, mut clock) = quiet().await;
    let third = reader(&world, "third", 3).await;
    let first = reader(&world, "first", 5).await;
    let second = reader(&world, "second", 4).await;
    let nobody = reader(&world, "nobody", 2).await;
    agree(&world, MODEL, published("20", Mode::CappedPerBusinessDay(1))).await;
    let it = ended(&world, SECOND).await;
    assert_eq!((it.mode(), it.state()), (pb::ReevaluationMode::Capped, ReevaluationState::Done));
    assert_eq!(told(&it), [(ReevaluationChange::Qualifies, 3, 3)], "each was judged");
    let (listed, _) = leads(&world, SECOND, 0).await;
    let listed: Vec<_> = listed.iter().map(|it| (it.lead.as_str(), it.judged)).collect();
    assert_eq!(listed, [(first.as_str(), true), (&second, true), (&third, true)]);

    // Of Friday's place the best has it. The others are candidates.
    let event = heard(&world, "LeadQualified", &first, 1).await;
    let handoff = open_handoff(&world, &event).await;
    assert_eq!(handoff.trigger(), QualificationTrigger::Published);
    let merit = handoff.merit.expect("it was judged");
    assert_eq!((merit.behaviour_points.as_str(), merit.model_version), ("100", 2));
    for lead in [&second, &third] {
        assert_eq!(ground(&heard(&world, "CandidateEntered", lead, 1).await), "PUBLISHED");
    }
    // Saturday has none. On Monday the next comes, and on Tuesday the last.
    set(&mut clock, "2026-03-07T10:00:00Z").await;
    set(&mut clock, "2026-03-09T08:00:01Z").await;
    let event = heard(&world, "LeadQualified", &second, 1).await;
    assert_eq!(open_handoff(&world, &event).await.trigger(), QualificationTrigger::Published);
    set(&mut clock, "2026-03-10T08:00:01Z").await;
    let event = heard(&world, "LeadQualified", &third, 1).await;
    assert_eq!(open_handoff(&world, &event).await.trigger(), QualificationTrigger::Published);

    let days: Vec<_> = qualified(&world).await;
    assert_eq!(days, ["2026-03-06", "2026-03-09", "2026-03-10"]);
    assert_eq!(stage(&world, &nobody).await, pb::Stage::Lead, "40 are not enough");
    world.stop().await;
}

/// The days on which leads became MQLs, in the order of the log.
async fn qualified(world: &World) -> Vec<String> {
    let of = |event: &Event| handoff_runtime::convert::from_timestamp(event.occur_time.as_ref()?);
    let events = events(world).await;
    let qualified = events.iter().filter(|event| event.r#type == "LeadQualified");
    qualified.map(|event| of(event).expect("a time").date_naive().to_string()).collect()
}

#[tokio::test]
async fn edge_31_who_is_no_candidate_any_more_leaves_and_who_is_held_back_waits() {
    let (world, _clock) = quiet().await;
    // Of unknown kind, so that nobody becomes an MQL of it.
    let waits = crate::harness::capture(&mut world.marketing(), "waits").await;
    for _ in 0..3 {
        does(&world, &waits, "EBOOK_DOWNLOADED", None).await;
    }
    agree(&world, MODEL, published("20", Mode::CappedPerBusinessDay(10))).await;
    let it = ended(&world, SECOND).await;
    assert_eq!(told(&it), [(ReevaluationChange::Waits, 1, 1)]);
    assert_eq!(ground(&heard(&world, "CandidateEntered", &waits, 1).await), "PUBLISHED");
    agree(&world, MODEL, published("10", Mode::CappedPerBusinessDay(10))).await;
    let it = ended(&world, "scoring-model/versions/3/reevaluation").await;
    assert_eq!(told(&it), [(ReevaluationChange::Leaves, 1, 1)]);
    heard(&world, "CandidateLeft", &waits, 1).await;
    world.stop().await;
}

#[tokio::test]
async fn edge_31_new_criteria_are_published_as_the_model_in_effect_is() {
    let (world, _clock) = World::at(FRIDAY).await;
    agree(&world, MODEL, published("20", Mode::CappedPerBusinessDay(10))).await;
    let italian = reader(&world, "italian", 3).await;
    let french = company(&world, "french", &[("employees", "120"), ("country", "FR")]).await;
    for _ in 0..3 {
        does(&world, &french, "EBOOK_DOWNLOADED", None).await;
    }
    for lead in [&italian, &french] {
        assert_eq!(ground(&heard(&world, "CandidateEntered", lead, 1).await), "THRESHOLDS");
    }
    agree(&world, B2B, criteria()).await;
    let it = ended(&world, "criteria-sets/b2b/versions/1/reevaluation").await;
    assert_eq!((it.mode(), it.state()), (pb::ReevaluationMode::Capped, ReevaluationState::Done));
    let event = heard(&world, "LeadQualified", &italian, 1).await;
    assert_eq!(open_handoff(&world, &event).await.trigger(), QualificationTrigger::Score);
    heard(&world, "CandidateLeft", &french, 1).await;
    world.stop().await;
}

#[tokio::test]
async fn a_model_for_new_events_only_is_followed_by_nothing_until_a_lead_does_something() {
    let (world, _clock) = quiet().await;
    let lead = reader(&world, "ada", 3).await;
    agree(&world, MODEL, model("20")).await;
    let refusal = get(&mut client(&world), SECOND).await.expect_err("none");
    assert_eq!(refusal.code(), tonic::Code::NotFound);
    assert_eq!(stage(&world, &lead).await, pb::Stage::Lead);
    does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    let event = heard(&world, "LeadQualified", &lead, 1).await;
    assert_eq!(open_handoff(&world, &event).await.trigger(), QualificationTrigger::Score);
    world.stop().await;
}

#[tokio::test]
async fn edge_28_candidates_that_wait_for_criteria_are_free_when_some_take_effect() {
    let (world, mut clock) = World::at(FRIDAY).await;
    agree(&world, MODEL, model("20")).await;
    let lead = reader(&world, "ada", 3).await;
    heard(&world, "CandidateEntered", &lead, 1).await;
    agree(&world, B2B, criteria()).await;
    let event = heard(&world, "LeadQualified", &lead, 1).await;
    assert_eq!(open_handoff(&world, &event).await.trigger(), QualificationTrigger::Score);

    // They end, others wait, and are free again.
    agree(&world, B2B, pb::VersionContent { content: None }).await;
    let other = reader(&world, "bob", 3).await;
    heard(&world, "CandidateEntered", &other, 1).await;
    assert_eq!(stage(&world, &other).await, pb::Stage::Lead);
    set(&mut clock, "2026-03-06T10:00:01Z").await;
    agree(&world, B2B, criteria()).await;
    heard(&world, "LeadQualified", &other, 1).await;
    world.stop().await;
}

#[tokio::test]
async fn a_scheduled_version_takes_effect_without_anybodys_command_and_a_later_one_takes_its_place() {
    let (world, mut clock) = quiet().await;
    let lead = reader(&world, "ada", 3).await;
    // Both at once: criteria come first, and the model's re-evaluation in place of theirs.
    let monday = Some("2026-03-09T08:00:00Z");
    agree_from(&world, MODEL, published("20", Mode::CappedPerBusinessDay(10)), monday).await;
    agree_from(&world, B2B, without_gate(), monday).await;
    set(&mut clock, "2026-03-09T08:00:01Z").await;
    let event = heard(&world, "LeadQualified", &lead, 1).await;
    assert_eq!(open_handoff(&world, &event).await.trigger(), QualificationTrigger::Published);
    let took_effect: Vec<_> =
        events(&world).await.into_iter().filter(|event| event.r#type == "VersionEffective").collect();
    assert_eq!(took_effect.len(), 4, "two at first, and the two of Monday");
    for event in &took_effect[2..] {
        assert_eq!(event.occur_time, Some(to_timestamp("2026-03-09T08:00:00Z".parse().expect("an instant"))));
    }
    let it = ended(&world, SECOND).await;
    assert_eq!(it.state(), ReevaluationState::Done);
    let before = ended(&world, "criteria-sets/b2b/versions/2/reevaluation").await;
    assert_eq!((before.state(), before.leads_evaluated), (ReevaluationState::Superseded, 0));
    let listed = listed(&world, 1).await;
    assert_eq!(listed, [SECOND, "criteria-sets/b2b/versions/2/reevaluation"], "the latest first");
    assert_eq!(self::listed(&world, 0).await, listed);
    world.stop().await;
}

/// The names of all re-evaluations, in pages of so many.
async fn listed(world: &World, page_size: i32) -> Vec<String> {
    let mut client = client(world);
    let mut request = pb::ListReevaluationsRequest { page_size, page_token: String::new() };
    let mut names = Vec::new();
    loop {
        let page = client.list_reevaluations(request.clone()).await.expect("a page").into_inner();
        names.extend(page.reevaluations.into_iter().map(|it| it.name));
        if page.next_page_token.is_empty() {
            return names;
        }
        request.page_token = page.next_page_token;
    }
}

/// As a process leaves it that dies when it has looked at the first lead and not found it.
const IN_THE_MIDDLE: &str = "
    delete from qualification.reevaluation_finding;
    update qualification.reevaluation
    set state = 'EVALUATING', ended_at = null, leads_evaluated = 1,
        last_lead_id = (select lead_id from qualification.lead order by lead_id limit 1);";

#[tokio::test]
async fn whoever_starts_anew_goes_on_where_it_was() {
    let (world, mut clock) = quiet().await;
    reader(&world, "first", 3).await;
    // Keys are in the order of time.
    set(&mut clock, "2026-03-06T10:00:01Z").await;
    let second = reader(&world, "second", 4).await;
    let third = reader(&world, "third", 5).await;
    agree(&world, MODEL, published("20", Mode::Shadow(pb::Shadow {}))).await;
    assert_eq!(told(&ended(&world, SECOND).await), [(ReevaluationChange::Qualifies, 3, 0)]);
    let statements = format!("{IN_THE_MIDDLE} update qualification.due_time set reevaluates = true");
    let world = world.restart_after(&statements).await;
    let it = ended(&world, SECOND).await;
    assert_eq!((it.leads_total, it.leads_evaluated), (3, 3), "the first was not looked at again");
    assert_eq!(told(&it), [(ReevaluationChange::Qualifies, 2, 0)]);
    let (found, _) = leads(&world, SECOND, 0).await;
    let found: Vec<_> = found.into_iter().map(|it| it.lead).collect();
    assert_eq!(found, [third, second]);
    world.stop().await;
}

#[tokio::test]
async fn a_model_for_new_events_only_ends_the_re_evaluation_that_is_under_way() {
    let (world, mut clock) = quiet().await;
    let lead = reader(&world, "ada", 3).await;
    reader(&world, "bob", 3).await;
    agree(&world, MODEL, published("20", Mode::Shadow(pb::Shadow {}))).await;
    ended(&world, SECOND).await;
    agree_from(&world, MODEL, model("30"), Some("2026-03-09T08:00:00Z")).await;
    // It is under way, and nobody is told to go on.
    world.meddle(IN_THE_MIDDLE).await;
    assert_eq!(get(&mut client(&world), SECOND).await.expect("there").state(), ReevaluationState::Evaluating);
    set(&mut clock, "2026-03-09T08:00:01Z").await;
    let it = ended(&world, SECOND).await;
    assert_eq!((it.state(), it.leads_evaluated), (ReevaluationState::Superseded, 1));
    assert_eq!(stage(&world, &lead).await, pb::Stage::Lead);
    world.stop().await;
}
