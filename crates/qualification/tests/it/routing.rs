//! RoutingService: plans, when and how much people take, and handoffs that find their owners (R22). Calendars are sla's: what comes
//! of them is tested with all services, in `tests/tests/it/routing.rs`.

use handoff_domain::actor::Side;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::routing_service_client::RoutingServiceClient;
use handoff_runtime::client::{Caller, Peer};
use prost_types::Timestamp;
use tonic::{Code, Status};

use crate::harness::{World, accept, assign, capture, qualify, reject, request_id, told};
use crate::promotion::heard;

fn mia(world: &World) -> RoutingServiceClient<Peer> {
    world.routing(Caller::user("acme", "mia", Side::Marketing))
}

fn pool(users: &[&str]) -> pb::RoutingPool {
    pb::RoutingPool {
        teams: Vec::new(),
        users: users.iter().map(|user| format!("users/{user}")).collect(),
        method: pb::RoutingMethod::WeightedRoundRobin.into(),
    }
}

fn plan(users: &[&str]) -> pb::RoutingPlan {
    pb::RoutingPlan { rules: Vec::new(), otherwise: Some(pool(users)) }
}

/// A plan that says everything that can be said.
fn full_plan() -> pb::RoutingPlan {
    use pb::routing_rule::To;
    let predicate = pb::Predicate { test: Some(pb::predicate::Test::Equals("IT".into())) };
    let when = pb::RoutingCondition {
        product_lines: vec!["hats".into()],
        kinds: vec![pb::LeadKind::B2b.into()],
        channels: vec![pb::OriginChannel::Partner.into()],
        attributes: vec![pb::AttributeCondition { attribute: "country".into(), predicate: Some(predicate) }],
    };
    let rule =
        |key: &str, when, to| pb::RoutingRule { key: key.into(), label: key.into(), when, to: Some(to) };
    let rules = vec![
        rule("keep", None, To::KeepOwner(pb::KeepOwner::default())),
        rule("named", Some(when), To::KeepOwner(pb::KeepOwner { attribute: "industry".into() })),
        rule("north", None, To::Pool(pb::RoutingPool { teams: vec!["teams/north".into()], ..pool(&[]) })),
    ];
    pb::RoutingPlan { rules, otherwise: Some(pool(&["sara", "sam"])) }
}

async fn put(client: &mut RoutingServiceClient<Peer>, plan: pb::RoutingPlan) -> Result<i32, Status> {
    let request = pb::PutRoutingPlanRequest { request_id: request_id(), plan: Some(plan) };
    client.put_routing_plan(request).await.map(|answer| answer.into_inner().number)
}

async fn takes(client: &mut RoutingServiceClient<Peer>, user: &str, most: i32) -> Result<pb::User, Status> {
    let request = pb::SetAvailabilityRequest {
        request_id: request_id(),
        user: format!("users/{user}"),
        availability: Some(pb::Availability { capacity: most, ..pb::Availability::default() }),
    };
    client.set_availability(request).await.map(|answer| answer.into_inner().user.expect("the user"))
}

async fn explained(world: &World, handoff: &str) -> pb::ExplainRoutingResponse {
    let request = pb::ExplainRoutingRequest { name: handoff.to_owned() };
    mia(world).explain_routing(request).await.expect("explained").into_inner()
}

async fn handoff_of(world: &World, name: &str) -> pb::Handoff {
    let request = pb::GetHandoffRequest { name: name.to_owned() };
    world.marketing().get_handoff(request).await.expect("there").into_inner().handoff.expect("the handoff")
}

#[tokio::test]
async fn a_plan_comes_back_as_it_was_put_and_the_same_again_changes_nothing() {
    let world = World::new().await;
    let mut client = mia(&world);
    let none = client.get_routing_plan(pb::GetRoutingPlanRequest {}).await.expect_err("there is none");
    insta::assert_snapshot!("no_routing_plan", told(&none));
    assert_eq!(put(&mut client, full_plan()).await.expect("put"), 1);
    let got = client.get_routing_plan(pb::GetRoutingPlanRequest {}).await.expect("there").into_inner();
    assert_eq!((got.plan, got.number), (Some(full_plan()), 1));
    assert_eq!(put(&mut client, full_plan()).await.expect("put"), 1);
    assert_eq!(put(&mut client, plan(&["sam"])).await.expect("put"), 2);
    world.stop().await;
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_and_another_body_is_refused() {
    let world = World::new().await;
    let mut client = mia(&world);
    let request = pb::PutRoutingPlanRequest { request_id: request_id(), plan: Some(plan(&["sara"])) };
    let first = client.put_routing_plan(request.clone()).await.expect("put").into_inner();
    assert_eq!(client.put_routing_plan(request.clone()).await.expect("put").into_inner(), first);
    let other = pb::PutRoutingPlanRequest { plan: Some(plan(&["sam"])), ..request };
    assert_eq!(client.put_routing_plan(other).await.expect_err("another body").code(), Code::AlreadyExists);

    let team = pb::SetTeamCalendarRequest {
        request_id: request_id(),
        team: "teams/north".into(),
        calendar: String::new(),
    };
    let first = client.set_team_calendar(team.clone()).await.expect("set").into_inner();
    assert_eq!(client.set_team_calendar(team).await.expect("set").into_inner(), first);
    let user = pb::SetAvailabilityRequest {
        request_id: request_id(),
        user: "users/sara".into(),
        availability: Some(pb::Availability { capacity: 3, weight: 5, ..pb::Availability::default() }),
    };
    let first = client.set_availability(user.clone()).await.expect("set").into_inner();
    assert_eq!(client.set_availability(user).await.expect("set").into_inner(), first);
    let availability = first.user.and_then(|user| user.availability).expect("what it takes");
    assert_eq!((availability.capacity, availability.weight), (3, 5));
    world.stop().await;
}

#[tokio::test]
async fn every_broken_rule_of_a_request_is_told_at_once() {
    use pb::routing_rule::To;
    let world = World::new().await;
    let mut client = mia(&world);
    let check = |name: &str, status: Status| insta::assert_snapshot!(name.to_owned(), told(&status));
    let request = pb::PutRoutingPlanRequest::default();
    check("empty_put_routing_plan", client.put_routing_plan(request).await.expect_err("empty"));
    let when = pb::RoutingCondition {
        product_lines: vec!["No Slug".into()],
        kinds: vec![99],
        channels: vec![0],
        attributes: vec![
            pb::AttributeCondition { attribute: "Shoe size".into(), predicate: None },
            pb::AttributeCondition { attribute: "shoe_size".into(), predicate: None },
            pb::AttributeCondition { attribute: "country".into(), predicate: None },
        ],
    };
    let to = To::Pool(pb::RoutingPool { teams: vec!["north".into()], users: vec!["ada".into()], method: 99 });
    let rules = vec![
        pb::RoutingRule { key: "a".into(), label: "A".into(), when: Some(when), to: Some(to) },
        pb::RoutingRule { key: "b".into(), label: "B".into(), when: None, to: None },
    ];
    let unread = put(&mut client, pb::RoutingPlan { rules, otherwise: None }).await;
    check("unreadable_routing_plan", unread.expect_err("unreadable"));
    let named = To::KeepOwner(pb::KeepOwner { attribute: "employees".into() });
    let marketing =
        To::Pool(pb::RoutingPool { method: pb::RoutingMethod::KeepOwner.into(), ..pool(&["mia"]) });
    let rule =
        |key: &str, to| pb::RoutingRule { key: key.into(), label: String::new(), when: None, to: Some(to) };
    let rules = vec![rule("Key", named), rule("default", marketing)];
    let senseless = put(&mut client, pb::RoutingPlan { rules, otherwise: Some(pool(&["zoe"])) }).await;
    check("senseless_routing_plan", senseless.expect_err("senseless"));

    let time = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let absences = vec![
        pb::Absence { start_time: time(1_000_000), end_time: time(1_000_000) },
        pb::Absence { start_time: None, end_time: time(0) },
    ];
    let availability = pb::Availability { calendar: "rome".into(), capacity: -1, weight: 21, absences };
    let request = pb::SetAvailabilityRequest {
        request_id: "7".into(),
        user: "sara".into(),
        availability: Some(availability),
    };
    check("invalid_set_availability", client.set_availability(request).await.expect_err("invalid"));
    let request = pb::SetAvailabilityRequest { request_id: request_id(), ..Default::default() };
    check("empty_set_availability", client.set_availability(request).await.expect_err("empty"));
    let request = pb::SetTeamCalendarRequest {
        request_id: String::new(),
        team: "north".into(),
        calendar: "calendars/R".into(),
    };
    check("invalid_set_team_calendar", client.set_team_calendar(request).await.expect_err("invalid"));
    let request = pb::ExplainRoutingRequest { name: "leads/1".into() };
    check("invalid_explain_routing", client.explain_routing(request).await.expect_err("invalid"));
    world.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_told_with_the_way_out() {
    let world = World::new().await;
    let mut client = mia(&world);
    let check = |name: &str, status: Status| insta::assert_snapshot!(name.to_owned(), told(&status));
    check("availability_of_nobody", takes(&mut client, "zoe", 1).await.expect_err("nobody"));
    let availability = Some(pb::Availability { calendar: "calendars/rome".into(), ..Default::default() });
    let request =
        pb::SetAvailabilityRequest { request_id: request_id(), user: "users/sara".into(), availability };
    check("calendar_unknown", client.set_availability(request).await.expect_err("unknown"));
    let of = |team: &str| pb::SetTeamCalendarRequest {
        request_id: request_id(),
        team: team.into(),
        calendar: "calendars/rome".into(),
    };
    check(
        "calendar_of_a_team_unknown",
        client.set_team_calendar(of("teams/north")).await.expect_err("unknown"),
    );
    check("calendar_of_no_team", client.set_team_calendar(of("teams/south")).await.expect_err("nobody"));
    let name = format!("handoffs/{}", request_id());
    let request = pb::ExplainRoutingRequest { name };
    check("explain_nothing", client.explain_routing(request).await.expect_err("nothing"));
    world.stop().await;
}

#[tokio::test]
async fn another_tenants_plan_people_and_handoffs_are_not_there() {
    let world = World::new().await;
    world.create_tenant("other").await;
    put(&mut mia(&world), plan(&["sara"])).await.expect("put");
    let lead = capture(&mut world.marketing(), "ada").await;
    let handoff = qualify(&mut world.marketing(), &lead).await.expect("qualified");
    let mut other = world.routing(Caller::user("other", "mia", Side::Marketing));
    let got = other.get_routing_plan(pb::GetRoutingPlanRequest {}).await;
    assert_eq!(got.expect_err("foreign").code(), Code::NotFound);
    assert_eq!(takes(&mut other, "sara", 1).await.expect_err("foreign").code(), Code::NotFound);
    let request = pb::ExplainRoutingRequest { name: handoff.name };
    assert_eq!(other.explain_routing(request).await.expect_err("foreign").code(), Code::NotFound);
    world.stop().await;
}

#[tokio::test]
async fn a_handoff_is_routed_with_its_mql_and_says_by_which_rule() {
    let world = World::new().await;
    put(&mut mia(&world), full_plan()).await.expect("put");
    let lead = capture(&mut world.marketing(), "ada").await;
    let handoff = qualify(&mut world.marketing(), &lead).await.expect("qualified");
    assert_eq!(handoff.state(), pb::HandoffState::Assigned);
    let routing = handoff.routing.clone().expect("it was routed");
    assert_eq!((routing.plan, routing.rule.as_str()), (1, "north"));
    assert_eq!(handoff_of(&world, &handoff.name).await.routing, Some(routing.clone()));
    let explained = explained(&world, &handoff.name).await;
    assert_eq!(explained.last, Some(routing));
    let applies: Vec<_> = explained.rules.iter().map(|rule| (rule.rule.as_str(), rule.applies)).collect();
    assert_eq!(applies, [("keep", false), ("named", false), ("north", true)]);
    assert_eq!(explained.candidates.len(), 2);

    // Whoever accepts a person keeps it.
    let owner = handoff.owner.clone();
    let mut sales = world.caller(Caller::user("acme", owner.trim_start_matches("users/"), Side::Sales));
    accept(&mut sales, &handoff.name).await.expect("accepted");
    let request = pb::QualifyLeadRequest {
        request_id: request_id(),
        lead: crate::harness::by_name(&lead),
        product_line: "hats".into(),
        ..pb::QualifyLeadRequest::default()
    };
    let again = world.marketing().qualify_lead(request).await.expect("qualified").into_inner();
    let again = again.handoff.expect("the handoff");
    assert_eq!((again.owner, again.routing.map(|it| it.rule)), (owner, Some("keep".to_owned())));
    world.stop().await;
}

#[tokio::test]
async fn who_waits_is_routed_as_soon_as_there_is_room() {
    let world = World::new().await;
    let mut client = mia(&world);
    takes(&mut client, "sara", 1).await.expect("set");
    put(&mut client, plan(&["sara"])).await.expect("put");
    let mut marketing = world.marketing();
    let (first, second) = (capture(&mut marketing, "ada").await, capture(&mut marketing, "ben").await);
    let taken = qualify(&mut marketing, &first).await.expect("qualified");
    let waits = qualify(&mut marketing, &second).await.expect("qualified");
    assert_eq!(waits.state(), pb::HandoffState::PendingRoute);
    let left_out = waits.routing.and_then(|routing| routing.left_out).expect("why");
    assert_eq!(left_out, pb::LeftOut { full: 1, ..pb::LeftOut::default() });
    let told = explained(&world, &waits.name).await;
    assert_eq!(told.owner, "");
    assert_eq!(told.candidates[0].left_out(), pb::LeftOutReason::Full);

    accept(&mut world.sales(), &taken.name).await.expect("accepted");
    let event = heard(&world, "HandoffRouted", &second, 1).await;
    assert_eq!(event.actor, "services/qualification");
    assert_eq!(handoff_of(&world, &waits.name).await.owner, "users/sara");
    world.stop().await;
}

#[tokio::test]
async fn a_plan_routes_what_waited_before_there_was_one() {
    let world = World::new().await;
    let mut marketing = world.marketing();
    let lead = capture(&mut marketing, "ada").await;
    let handoff = qualify(&mut marketing, &lead).await.expect("qualified");
    assert_eq!((handoff.state(), handoff.routing), (pb::HandoffState::PendingRoute, None));
    assert_eq!(explained(&world, &handoff.name).await, pb::ExplainRoutingResponse::default(), "no plan");
    put(&mut mia(&world), plan(&["sara"])).await.expect("put");
    heard(&world, "HandoffRouted", &lead, 1).await;
    assert_eq!(handoff_of(&world, &handoff.name).await.owner, "users/sara");
    world.stop().await;
}

#[tokio::test]
async fn whoever_gives_back_does_not_get_it_again_and_a_person_may_say_so_all_the_same() {
    let world = World::new().await;
    put(&mut mia(&world), plan(&["sara", "sam"])).await.expect("put");
    let lead = capture(&mut world.marketing(), "ada").await;
    let handoff = qualify(&mut world.marketing(), &lead).await.expect("qualified");
    let first = handoff.owner.clone();
    let mut sales = world.caller(Caller::user("acme", first.trim_start_matches("users/"), Side::Sales));
    let returned = reject(&mut sales, &handoff.name, "WRONG_OWNER").await.expect("given back");
    assert_eq!(returned.state(), pb::HandoffState::Assigned);
    assert_ne!(returned.owner, first);
    let left_out = returned.routing.and_then(|routing| routing.left_out).expect("why");
    assert_eq!(left_out.returned, 1);
    let assigned = assign(&mut world.marketing(), &handoff.name, &first).await.expect("assigned");
    assert_eq!((assigned.owner, assigned.routing), (first, None));
    world.stop().await;
}

#[tokio::test]
async fn edge_case_19_an_owner_who_is_deactivated_or_away_gives_back_what_is_open() {
    let world = World::new().await;
    let mut client = mia(&world);
    put(&mut client, plan(&["sara"])).await.expect("put");
    let lead = capture(&mut world.marketing(), "ada").await;
    let handoff = qualify(&mut world.marketing(), &lead).await.expect("qualified");
    assert_eq!(handoff.owner, "users/sara");
    let sara = pb::User {
        name: "users/sara".into(),
        side: handoff_proto::common::v1::Side::Sales.into(),
        team: "teams/north".into(),
        active: false,
        ..pb::User::default()
    };
    let request = pb::PutUserRequest { request_id: request_id(), user: Some(sara) };
    world.marketing().put_user(request).await.expect("changed");
    let event = heard(&world, "HandoffReturned", &lead, 1).await;
    let Some(Fact::HandoffReturned(fact)) = event.payload.and_then(|payload| payload.fact) else {
        panic!("a HandoffReturned")
    };
    assert_eq!(fact.owner_lost(), handoff_proto::event::v1::OwnerLost::Inactive);
    assert_eq!((fact.reason.as_str(), fact.previous_owner.as_str()), ("", "users/sara"));
    put(&mut client, plan(&["sam"])).await.expect("put");
    heard(&world, "HandoffRouted", &lead, 2).await;
    assert_eq!(handoff_of(&world, &handoff.name).await.owner, "users/sam");

    // Sam goes away for a century.
    let time = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let absences = vec![pb::Absence { start_time: time(946_684_800), end_time: time(4_102_444_800) }];
    let availability = Some(pb::Availability { absences, ..pb::Availability::default() });
    let request =
        pb::SetAvailabilityRequest { request_id: request_id(), user: "users/sam".into(), availability };
    client.set_availability(request).await.expect("set");
    heard(&world, "HandoffReturned", &lead, 2).await;
    let waits = handoff_of(&world, &handoff.name).await;
    let routing = waits.routing.expect("it was asked");
    assert_eq!(routing.left_out.map(|it| it.absent), Some(1));
    assert_eq!(routing.free_time, time(4_102_444_800));
    world.stop().await;
}
