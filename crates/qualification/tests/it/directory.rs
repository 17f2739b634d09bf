//! CreateTenant, GetTenant, PutTeam, PutUser, ListUsers.

use handoff_domain::actor::Side;
use handoff_proto::common::v1 as common;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::client::Caller;
use tonic::Code;

use crate::harness::{World, request_id, tenant, user};

#[tokio::test]
async fn a_tenant_is_created_with_a_starter_contract_of_two_business_days() {
    let world = World::empty().await;
    let request = pb::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant("acme")) };
    let created = world.system().create_tenant(request).await.expect("created").into_inner().tenant;
    let created = created.expect("the tenant");
    assert_eq!(created.name, "tenants/acme");
    assert_eq!(created.fiscal_year_start_month, 1);
    let target = created.starter_target.and_then(|target| target.amount);
    assert_eq!(target, Some(common::target::Amount::BusinessDays(2)));
    let cooldown = created.defaults.as_ref().and_then(|defaults| defaults.cooldown);
    assert_eq!(cooldown.map(|time| time.seconds), Some(30 * 86_400));

    let read = world.marketing().get_tenant(pb::GetTenantRequest {}).await.expect("read").into_inner();
    assert_eq!(read.tenant, Some(created));
    world.stop().await;
}

#[tokio::test]
async fn a_tenants_own_target_and_waiting_times_are_kept() {
    let world = World::empty().await;
    let second = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    let amount = common::target::Amount::CalendarTime(prost_types::Duration { seconds: 5, nanos: 0 });
    let asked = pb::Tenant {
        fiscal_year_start_month: 7,
        starter_target: Some(common::Target { amount: Some(amount) }),
        defaults: Some(pb::Defaults { cooldown: second(0), ..pb::Defaults::default() }),
        ..tenant("live")
    };
    let request = pb::CreateTenantRequest { request_id: request_id(), tenant: Some(asked) };
    let created = world.system().create_tenant(request).await.expect("created").into_inner().tenant;
    let created = created.expect("the tenant");
    assert_eq!(created.starter_target.and_then(|target| target.amount), Some(amount));
    assert_eq!(created.fiscal_year_start_month, 7);
    let defaults = created.defaults.expect("waiting times");
    assert_eq!((defaults.cooldown, defaults.dispute_window), (second(0), second(5 * 86_400)));
    world.stop().await;
}

#[tokio::test]
async fn users_are_listed_by_name_page_by_page() {
    let world = World::new().await;
    let mut client = world.marketing();
    let mut names = Vec::new();
    let mut token = String::new();
    let mut pages = 0;
    loop {
        let request = pb::ListUsersRequest { page_size: 2, page_token: token };
        let page = client.list_users(request).await.expect("a page").into_inner();
        names.extend(page.users.into_iter().map(|user| (user.name, user.team, user.email)));
        pages += 1;
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(pages, 2);
    let expected = [("mia", ""), ("sam", "teams/north"), ("sara", "teams/north")];
    let expected: Vec<_> = expected
        .iter()
        .map(|(slug, team)| (format!("users/{slug}"), (*team).to_owned(), format!("{slug}@acme.example")))
        .collect();
    assert_eq!(names, expected);
    world.stop().await;
}

#[tokio::test]
async fn a_user_is_as_it_was_said_last_and_keeps_what_is_not_said() {
    let world = World::new().await;
    let mut client = world.marketing();
    let mut gone = user("sara", common::Side::Sales, "");
    gone.active = false;
    gone.email = String::new();
    let put = |user: &pb::User| pb::PutUserRequest { request_id: request_id(), user: Some(user.clone()) };
    let first = client.put_user(put(&gone)).await.expect("changed").into_inner().user.expect("the user");
    assert!(!first.active && first.team.is_empty());
    assert_eq!(
        (first.display_name.as_str(), first.email.as_str()),
        ("sara of the tests", "sara@acme.example")
    );
    gone.display_name = String::new();
    let second = client.put_user(put(&gone)).await.expect("as it was").into_inner().user.expect("the user");
    assert_eq!(second, first);
    let page = client.list_users(pb::ListUsersRequest::default()).await.expect("a page").into_inner();
    assert!(page.users.contains(&first));

    let lead = crate::harness::capture(&mut client, "ada").await;
    let handoff = crate::harness::qualify(&mut client, &lead).await.expect("qualified");
    let refusal = crate::harness::assign(&mut client, &handoff.name, "users/sara").await.expect_err("gone");
    assert_eq!(refusal.code(), Code::FailedPrecondition);
    world.stop().await;
}

#[tokio::test]
async fn a_team_keeps_its_side() {
    let world = World::new().await;
    let mut client = world.marketing();
    for (side, holds) in [(common::Side::Sales, true), (common::Side::Marketing, false)] {
        let team = pb::Team { name: "teams/north".into(), side: side.into(), ..pb::Team::default() };
        let request = pb::PutTeamRequest { request_id: request_id(), team: Some(team) };
        assert_eq!(client.put_team(request).await.is_ok(), holds, "{side:?}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_user_is_of_the_side_of_its_team() {
    let world = World::new().await;
    let request = pb::PutUserRequest {
        request_id: request_id(),
        user: Some(user("max", common::Side::Marketing, "teams/north")),
    };
    let refusal = world.marketing().put_user(request).await.expect_err("another side");
    assert_eq!(refusal.code(), Code::InvalidArgument);
    world.stop().await;
}

#[tokio::test]
async fn only_the_product_itself_creates_tenants() {
    let world = World::empty().await;
    for side in [Side::Marketing, Side::Sales] {
        let request = pb::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant("acme")) };
        let mut client = world.caller(Caller::user("acme", "mia", side));
        let refusal = client.create_tenant(request).await.expect_err("the wrong side");
        assert_eq!(refusal.code(), Code::PermissionDenied);
    }
    world.stop().await;
}
