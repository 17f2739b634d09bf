//! StageService: changes of stage as others follow them, and who is in nurture, over the wire (R12, R23).

use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::stage_service_client::StageServiceClient;
use handoff_runtime::client::{Caller, Peer};
use handoff_runtime::identity::ROLES_HEADER;
use tonic::{Status, Streaming};

use crate::harness::{World, by_name, capture, qualify, request_id, told};

fn mia(world: &World) -> StageServiceClient<Peer> {
    world.stages(Caller::user("acme", "mia", Side::Marketing))
}

async fn nurture(world: &World, lead: &str, segment: &str) -> Result<pb::Lead, Status> {
    let request = pb::NurtureLeadRequest {
        request_id: request_id(),
        lead: by_name(lead),
        product_line: String::new(),
        segment: segment.to_owned(),
    };
    mia(world).nurture_lead(request).await.map(|answer| answer.into_inner().lead.expect("a lead"))
}

/// All changes behind a position, in pages of `page_size`, as `from > to` with segments; and up to where they are complete.
async fn changes(
    world: &World,
    after_position: i64,
    filter: Option<pb::StageChangeFilter>,
    page_size: i32,
) -> (Vec<String>, i64) {
    let (mut told, mut page_token) = (Vec::new(), String::new());
    loop {
        let filter = filter.clone();
        let request = pb::ListStageChangesRequest { page_size, page_token, after_position, filter };
        let page = mia(world).list_stage_changes(request).await.expect("a page").into_inner();
        told.extend(page.changes.iter().map(line));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return (told, page.position);
        }
    }
}

fn line(change: &pb::LeadStageChange) -> String {
    let of = change.change.clone().expect("a change");
    let stage = |stage: pb::Stage, segment: &str| {
        let segment = if segment.is_empty() { String::new() } else { format!("/{segment}") };
        format!("{}{segment}", stage.as_str_name().trim_start_matches("STAGE_"))
    };
    let (from, to) = (stage(of.from_stage(), &of.from_segment), stage(of.to_stage(), &of.to_segment));
    format!("{} {from} > {to}", change.external_id)
}

fn of_segment(segment: &str) -> Option<pb::StageChangeFilter> {
    Some(pb::StageChangeFilter { product_line: String::new(), segment: Some(segment.to_owned()) })
}

/// The next message that holds changes.
async fn next(messages: &mut Streaming<pb::WatchStageChangesResponse>) -> (Vec<String>, i64) {
    loop {
        let message = messages.message().await.expect("a message").expect("the stream goes on");
        if !message.changes.is_empty() {
            return (message.changes.iter().map(line).collect(), message.position);
        }
    }
}

#[tokio::test]
async fn changes_of_stage_are_listed_behind_any_position_in_pages_of_any_size() {
    let world = World::new().await;
    let mut marketing = world.marketing();
    let ada = capture(&mut marketing, "ada").await;
    let bob = capture(&mut marketing, "bob").await;
    nurture(&world, &bob, "b2b").await.expect("nurtured");
    qualify(&mut marketing, &ada).await.expect("qualified");
    nurture(&world, &bob, "events").await.expect("nurtured");
    let all = [
        "UNSPECIFIED > LEAD",
        "UNSPECIFIED > LEAD",
        "LEAD > NURTURE/b2b",
        "LEAD > MQL",
        "NURTURE/b2b > NURTURE/events",
    ];
    for page_size in [0, 1, 2, 5] {
        let (told, _) = changes(&world, 0, None, page_size).await;
        let told: Vec<&str> = told.iter().map(|line| line.split_once(' ').expect("a name").1).collect();
        assert_eq!(told, all, "in pages of {page_size}");
    }
    let (told, position) = changes(&world, 0, of_segment("b2b"), 1).await;
    assert_eq!(told.len(), 2, "into the segment and out of it: {told:?}");
    assert_eq!(changes(&world, position, None, 0).await, (vec![], position), "nothing lies behind the end");
    capture(&mut marketing, "cem").await;
    assert_eq!(changes(&world, position, None, 0).await.0.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn a_stream_goes_on_from_a_position_with_what_was_missed_and_with_what_comes() {
    let world = World::new().await;
    let mut marketing = world.marketing();
    let ada = capture(&mut marketing, "ada").await;
    let watch = async |after_position, filter| {
        let request = pb::WatchStageChangesRequest { after_position, filter };
        mia(&world).watch_stage_changes(request).await.expect("a stream").into_inner()
    };
    let mut all = watch(0, None).await;
    let mut b2b = watch(0, of_segment("b2b")).await;
    assert_eq!(next(&mut all).await.0.len(), 1);
    let first = b2b.message().await.expect("a message").expect("a first one at once");
    assert!(first.changes.is_empty() && first.position > 0, "it says from where on it follows: {first:?}");

    nurture(&world, &ada, "b2b").await.expect("nurtured");
    let (told, position) = next(&mut b2b).await;
    assert_eq!(told.len(), 1);
    drop(b2b);
    nurture(&world, &ada, "events").await.expect("nurtured");
    nurture(&world, &ada, "others").await.expect("nurtured");
    let (told, _) = next(&mut watch(position, of_segment("b2b")).await).await;
    assert!(told.len() == 1 && told[0].ends_with("NURTURE/b2b > NURTURE/events"), "{told:?}");
    let (mut told, mut end) = next(&mut all).await;
    while told.len() < 3 {
        let (more, position) = next(&mut all).await;
        told.extend(more);
        end = position;
    }
    assert_eq!((told.len(), end), (3, changes(&world, 0, None, 0).await.1));
    world.stop().await;
}

#[tokio::test]
async fn who_is_in_nurture_is_listed_by_segment_with_what_it_takes_to_write_to_them() {
    let world = World::new().await;
    let mut marketing = world.marketing();
    for (name, segment) in [("ada", "b2b"), ("bob", "b2b"), ("cem", "events")] {
        let lead = capture(&mut marketing, name).await;
        nurture(&world, &lead, segment).await.expect("nurtured");
    }
    let list = async |segment: Option<&str>, page_size| {
        let (mut leads, mut page_token) = (Vec::new(), String::new());
        loop {
            let segment = segment.map(str::to_owned);
            let request = pb::ListNurturedLeadsRequest { page_size, page_token, segment };
            let page = mia(&world).list_nurtured_leads(request).await.expect("a page").into_inner();
            leads.extend(page.leads);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return leads;
            }
        }
    };
    for page_size in [0, 1] {
        assert_eq!(list(None, page_size).await.len(), 3);
        let b2b = list(Some("b2b"), page_size).await;
        let mut people: Vec<_> =
            b2b.iter().filter_map(|lead| lead.person.clone()).map(|it| it.email).collect();
        people.sort();
        assert!(people.len() == 2 && people[0].starts_with("ada"), "{people:?}");
        assert!(list(Some(""), page_size).await.is_empty(), "all are in a segment");
    }
    world.stop().await;
}

#[tokio::test]
async fn what_cannot_be_nurtured_or_followed_is_refused() {
    let world = World::new().await;
    let mut marketing = world.marketing();
    let ada = capture(&mut marketing, "ada").await;
    qualify(&mut marketing, &ada).await.expect("qualified");
    insta::assert_snapshot!("nurture_an_mql", told(&nurture(&world, &ada, "b2b").await.expect_err("an MQL")));
    let nobody = "leads/0198e4a2-7c1e-7000-8000-000000000001";
    insta::assert_snapshot!(
        "nurture_nobody",
        told(&nurture(&world, nobody, "b2b").await.expect_err("nobody"))
    );
    let mut sara = world.stages(Caller::user("acme", "sara", Side::Sales));
    let request = pb::NurtureLeadRequest {
        request_id: request_id(),
        lead: by_name(&ada),
        segment: "b2b".into(),
        ..pb::NurtureLeadRequest::default()
    };
    insta::assert_snapshot!(
        "nurture_wrong_side",
        told(&sara.nurture_lead(request).await.expect_err("sales"))
    );
    let request = pb::NurtureLeadRequest { segment: "x".repeat(101), ..pb::NurtureLeadRequest::default() };
    let refusal = mia(&world).nurture_lead(request).await.expect_err("all is missing");
    insta::assert_snapshot!("invalid_nurture_lead", told(&refusal));

    let request = pb::ListStageChangesRequest {
        page_size: -1,
        page_token: "?".into(),
        after_position: -1,
        filter: Some(pb::StageChangeFilter { product_line: "-".into(), segment: Some("x".repeat(101)) }),
    };
    let refusal = mia(&world).list_stage_changes(request).await.expect_err("nothing is right");
    insta::assert_snapshot!("invalid_list_stage_changes", told(&refusal));
    let request =
        pb::ListStageChangesRequest { after_position: 1_000, ..pb::ListStageChangesRequest::default() };
    let refusal = mia(&world).list_stage_changes(request).await.expect_err("no such position");
    let message = told(&refusal);
    assert!(message.contains("after_position: lies beyond the end of the log"), "{message}");
    let request = pb::WatchStageChangesRequest { after_position: 1_000, filter: None };
    let mut stream = mia(&world).watch_stage_changes(request).await.expect("a stream").into_inner();
    let refusal = stream.message().await.expect_err("no such position");
    assert!(told(&refusal).contains("lies beyond the end of the log"), "{refusal:?}");
    let request = pb::ListNurturedLeadsRequest {
        segment: Some("x".repeat(101)),
        ..pb::ListNurturedLeadsRequest::default()
    };
    let refusal = mia(&world).list_nurtured_leads(request).await.expect_err("too long");
    insta::assert_snapshot!("invalid_list_nurtured_leads", told(&refusal));
    world.stop().await;
}

/// A stage from the CRM, by `mia` who may speak for others.
async fn set(
    world: &World,
    lead: &str,
    value: &str,
    user: &str,
    last_position: i64,
) -> Result<pb::SetStageResponse, Status> {
    let request = pb::SetStageRequest {
        request_id: request_id(),
        lead: by_name(lead),
        value: value.to_owned(),
        last_position,
        user: user.to_owned(),
        ..pb::SetStageRequest::default()
    };
    mia(world).set_stage(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn r23_a_crm_follows_and_sets_stages_in_its_own_words() {
    let world = World::new().await;
    let mut marketing = world.marketing();
    let ada = capture(&mut marketing, "ada").await;
    let value =
        |stage: pb::Stage, value: &str| pb::StageLabel { stage: stage.into(), label: value.to_owned() };
    let crm_field = pb::CrmField {
        name: "Lead Status".into(),
        values: vec![value(pb::Stage::Mql, "2 - Sales ready"), value(pb::Stage::Sql, "3 - Accepted")],
    };
    let request = pb::UpdateTenantRequest {
        request_id: request_id(),
        tenant: Some(pb::Tenant { crm_field: Some(crm_field.clone()), ..pb::Tenant::default() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["crm_field".into()] }),
    };
    let tenant = marketing.update_tenant(request).await.expect("updated").into_inner().tenant;
    assert_eq!(tenant.and_then(|tenant| tenant.crm_field), Some(crm_field));

    let (_, position) = changes(&world, 0, None, 0).await;
    let set_by_mia = set(&world, &ada, "2 - sales READY", "users/mia", position).await.expect("taken over");
    assert_eq!(set_by_mia.lead.map(|lead| lead.stage()), Some(pb::Stage::Mql));
    let echo = set(&world, &ada, "2 - Sales ready", "users/sara", 0).await.expect("an echo");
    assert_eq!(echo.position, set_by_mia.position, "nothing happened");
    let stale =
        set(&world, &ada, "3 - Accepted", "users/sara", position).await.expect_err("it knows too little");
    insta::assert_snapshot!("set_stage_stale", told(&stale));
    set(&world, &ada, "3 - Accepted", "users/sara", echo.position).await.expect("accepted");

    let request =
        pb::ListStageChangesRequest { after_position: position, ..pb::ListStageChangesRequest::default() };
    let page = mia(&world).list_stage_changes(request).await.expect("a page").into_inner();
    let told: Vec<_> = page
        .changes
        .iter()
        .map(|it| (it.field.as_str(), it.old_value.as_str(), it.new_value.as_str()))
        .collect();
    assert_eq!(
        told,
        [("Lead Status", "LEAD", "2 - Sales ready"), ("Lead Status", "2 - Sales ready", "3 - Accepted")]
    );
    world.stop().await;
}

#[tokio::test]
async fn what_a_crm_may_not_set_is_refused() {
    let world = World::new().await;
    let mut marketing = world.marketing();
    let ada = capture(&mut marketing, "ada").await;
    let all = i64::MAX;
    let refused =
        async |value: &str, user: &str| told(&set(&world, &ada, value, user, all).await.expect_err(value));
    insta::assert_snapshot!("set_stage_unknown_value", refused("Nearly", "").await);
    insta::assert_snapshot!("set_stage_wrong_side", refused("SQL", "users/mia").await);
    insta::assert_snapshot!("set_stage_no_reason", refused("DISQUALIFIED", "users/mia").await);
    insta::assert_snapshot!("set_stage_unknown_user", refused("MQL", "users/nobody").await);
    set(&world, &ada, "CUSTOMER", "users/sara", all).await.expect("bought");
    insta::assert_snapshot!("set_stage_no_way", refused("NURTURE", "users/mia").await);
    let request =
        pb::SetStageRequest { last_position: -1, user: "sara".into(), ..pb::SetStageRequest::default() };
    let refusal = mia(&world).set_stage(request).await.expect_err("nothing is right");
    insta::assert_snapshot!("invalid_set_stage", told(&refusal));

    let request = pb::SetStageRequest {
        request_id: request_id(),
        lead: by_name(&ada),
        value: "LEAD".into(),
        last_position: all,
        user: "users/mia".into(),
        ..pb::SetStageRequest::default()
    };
    let mut request = tonic::Request::new(request);
    request.metadata_mut().insert(ROLES_HEADER, "MEMBER".parse().expect("a word"));
    let refusal = mia(&world).set_stage(request).await.expect_err("no ADMIN");
    insta::assert_snapshot!("set_stage_for_another", told(&refusal));
    world.stop().await;
}

#[tokio::test]
async fn two_tenants_follow_each_its_own() {
    let world = World::new().await;
    world.create_tenant("other").await;
    world.create_people("other").await;
    let ada = capture(&mut world.marketing(), "ada").await;
    nurture(&world, &ada, "b2b").await.expect("nurtured");
    let mut eve = world.stages(Caller::user("other", "mia", Side::Marketing));
    let page =
        eve.list_stage_changes(pb::ListStageChangesRequest::default()).await.expect("a page").into_inner();
    assert!(page.changes.is_empty(), "{page:?}");
    let page =
        eve.list_nurtured_leads(pb::ListNurturedLeadsRequest::default()).await.expect("a page").into_inner();
    assert!(page.leads.is_empty(), "{page:?}");
    let request = pb::WatchStageChangesRequest::default();
    let mut stream = eve.watch_stage_changes(request).await.expect("a stream").into_inner();
    let first = stream.message().await.expect("a message").expect("a first one");
    assert!(first.changes.is_empty(), "{first:?}");
    world.stop().await;
}
