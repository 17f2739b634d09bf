//! What callers are told when a request breaks rules or the state does not allow it: code, message, reason, facts and
//! fields, as snapshots.

use handoff_proto::common::v1 as common;
use handoff_proto::qualification::v1 as pb;
use tonic::Status;

use crate::harness::{
    World, accept, assign, assigned, by_name, capture, lead, qualify, reject, request_id, tenant, told, user,
};

fn check<T: std::fmt::Debug>(name: &str, answer: Result<T, Status>) {
    insta::assert_snapshot!(name.to_owned(), told(&answer.expect_err(name)));
}

/// Requests that break as many rules as they can: every violation is told at once.
#[tokio::test]
async fn every_broken_rule_of_a_request_is_told_at_once() {
    let world = World::new().await;
    let mut client = world.sales();
    let bad_values: std::collections::BTreeMap<String, String> =
        [("a\u{1}b".to_owned(), "x".repeat(1_001))].into();
    let bad_tenant = pb::Tenant {
        name: "acme".into(),
        time_zone: "Rome".into(),
        currency_code: "euro".into(),
        fiscal_year_start_month: 13,
        starter_target: Some(common::Target { amount: Some(common::target::Amount::BusinessDays(0)) }),
        defaults: Some(pb::Defaults {
            cooldown: Some(prost_types::Duration { seconds: -1, nanos: 0 }),
            ..pb::Defaults::default()
        }),
        stage_labels: vec![
            pb::StageLabel { stage: pb::Stage::Merged.into(), label: "x".repeat(101) },
            pb::StageLabel { stage: pb::Stage::Mql.into(), label: "Open".into() },
            pb::StageLabel { stage: pb::Stage::Mql.into(), label: String::new() },
        ],
        side_labels: vec![pb::SideLabel { side: common::Side::System.into(), label: "us".into() }],
        crm_field: Some(pb::CrmField { name: "x".repeat(101), values: vec![pb::StageLabel::default()] }),
        ..pb::Tenant::default()
    };
    let paths = ["defaults", "stage_labels", "side_labels", "crm_field", "currency_code"];
    let request = pb::UpdateTenantRequest {
        request_id: "7".into(),
        tenant: Some(pb::Tenant { name: "tenants/other".into(), etag: "new".into(), ..bad_tenant.clone() }),
        update_mask: Some(prost_types::FieldMask { paths: paths.map(str::to_owned).to_vec() }),
    };
    check("invalid_update_tenant", client.update_tenant(request).await);
    check("empty_update_tenant", client.update_tenant(pb::UpdateTenantRequest::default()).await);
    let request = pb::CreateTenantRequest { request_id: "7".into(), tenant: Some(bad_tenant) };
    check("invalid_create_tenant", world.system().create_tenant(request).await);
    let request = pb::CreateTenantRequest::default();
    check("empty_create_tenant", world.system().create_tenant(request).await);

    let request = pb::PutTeamRequest {
        request_id: String::new(),
        team: Some(pb::Team {
            name: "users/x".into(),
            side: common::Side::System.into(),
            ..pb::Team::default()
        }),
    };
    check("invalid_put_team", client.put_team(request).await);
    let bad_user = pb::User {
        email: "no address".into(),
        team: "north".into(),
        display_name: "x".repeat(201),
        ..user("UPPER", common::Side::System, "")
    };
    let request = pb::PutUserRequest { request_id: request_id(), user: Some(bad_user) };
    check("invalid_put_user", client.put_user(request).await);

    let person = pb::Person {
        external_id: "x".repeat(201),
        email: "a@b@c".into(),
        phone: "\u{0}".into(),
        attributes: bad_values.clone(),
        record_ids: [("No Slug", "1"), ("billing", "\u{0}"), ("warehouse", &"x".repeat(201))]
            .map(|(system, id)| (system.to_owned(), id.to_owned()))
            .into(),
        ..pb::Person::default()
    };
    let bad_lead = pb::Lead {
        kind: 99,
        suppression: 99,
        persona: "x".repeat(101),
        origin: Some(pb::Origin { channel: 99, source: "x".repeat(201), ..pb::Origin::default() }),
        person: Some(person),
        ..pb::Lead::default()
    };
    let request = pb::CaptureLeadRequest {
        request_id: String::new(),
        lead: Some(bad_lead),
        occur_time: Some(prost_types::Timestamp { seconds: 253_402_300_799, nanos: 0 }),
        product_line: "No Slug".into(),
        etag: "new".into(),
    };
    check("invalid_capture_lead", client.capture_lead(request).await);

    let request = pb::RecordActivityRequest {
        r#type: "visited a page".into(),
        properties: bad_values,
        ..pb::RecordActivityRequest::default()
    };
    check("invalid_record_activity", client.record_activity(request).await);
    check("invalid_get_lead", client.get_lead(pb::GetLeadRequest { lead: by_name("leads/7") }).await);
    let request = pb::QualifyLeadRequest { product_line: "-".into(), ..pb::QualifyLeadRequest::default() };
    check("invalid_qualify_lead", client.qualify_lead(request).await);
    check("invalid_assign_handoff", client.assign_handoff(pb::AssignHandoffRequest::default()).await);
    check("invalid_get_handoff", client.get_handoff(pb::GetHandoffRequest { name: "x".into() }).await);
    let request = pb::ListHandoffsRequest {
        page_size: -1,
        page_token: "?".into(),
        state: pb::HandoffState::Expired.into(),
        owner: "sara".into(),
        ..pb::ListHandoffsRequest::default()
    };
    check("invalid_list_handoffs", client.list_handoffs(request).await);
    let request = pb::ListUsersRequest { page_size: -1, page_token: "?".into() };
    check("invalid_list_users", client.list_users(request).await);
    check("invalid_accept_handoff", client.accept_handoff(pb::AcceptHandoffRequest::default()).await);
    let request = pb::RejectHandoffRequest {
        reason: "BECAUSE".into(),
        disposition: 99,
        segment: "x".repeat(101),
        ..pb::RejectHandoffRequest::default()
    };
    check("invalid_reject_handoff", client.reject_handoff(request).await);
    let cooldown = Some(prost_types::Duration { seconds: -1, nanos: 0 });
    let request = pb::WithdrawHandoffRequest { cooldown, ..pb::WithdrawHandoffRequest::default() };
    check("invalid_withdraw_handoff", client.withdraw_handoff(request).await);
    check("invalid_record_contact", client.record_contact(pb::RecordContactRequest::default()).await);
    let request = pb::RecordOutcomeRequest {
        outcome: pb::Outcome::Won.into(),
        amount: Some(common::Money { currency_code: "eur".into(), units: 1, nanos: -1 }),
        reason: "PRICE".into(),
        ..pb::RecordOutcomeRequest::default()
    };
    check("invalid_record_outcome", client.record_outcome(request).await);
    world.stop().await;
}

#[tokio::test]
async fn refusals_of_the_directory() {
    let world = World::new().await;
    let request = pb::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant("acme")) };
    check("tenant_name_taken", world.system().create_tenant(request).await);
    let request = pb::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant("other")) };
    check("create_tenant_wrong_side", world.sales().create_tenant(request).await);
    let mut client = world.marketing();
    let request = pb::PutUserRequest {
        request_id: request_id(),
        user: Some(user("max", common::Side::Sales, "teams/nowhere")),
    };
    check("user_of_an_unknown_team", client.put_user(request).await);
    let request = pb::PutUserRequest {
        request_id: request_id(),
        user: Some(user("max", common::Side::Marketing, "teams/north")),
    };
    check("user_of_a_team_of_the_other_side", client.put_user(request).await);
    let mut nobody = world.caller(handoff_runtime::client::Caller::user(
        "nowhere",
        "eve",
        handoff_domain::actor::Side::Marketing,
    ));
    check("get_tenant_unknown", nobody.get_tenant(pb::GetTenantRequest {}).await);
    let request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(lead("ada")),
        ..pb::CaptureLeadRequest::default()
    };
    check("capture_for_an_unknown_tenant", nobody.capture_lead(request).await);
    world.stop().await;
}

#[tokio::test]
async fn refusals_of_a_capture() {
    let world = World::new().await;
    let mut client = world.marketing();
    let with = |external_id: &str, email: &str| pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(pb::Lead {
            person: Some(pb::Person {
                external_id: external_id.into(),
                email: email.into(),
                given_name: "Ada".into(),
                ..pb::Person::default()
            }),
            ..pb::Lead::default()
        }),
        ..pb::CaptureLeadRequest::default()
    };
    check("nobody_is_known_by_a_first_name", client.capture_lead(with("", "")).await);
    client.capture_lead(with("one", "one@lead.example")).await.expect("captured");
    client.capture_lead(with("two", "two@lead.example")).await.expect("captured");
    check("two_leads_are_meant", client.capture_lead(with("one", "two@lead.example")).await);
    let with_ids = |external_id: &str, email: &str, ids: &[(&str, &str)]| {
        let mut request = with(external_id, email);
        let person = request.lead.as_mut().and_then(|lead| lead.person.as_mut()).expect("a person");
        person.record_ids = ids.iter().map(|(system, id)| (system.to_string(), id.to_string())).collect();
        request
    };
    client.capture_lead(with_ids("one", "", &[("billing", "B-1")])).await.expect("changed");
    client.capture_lead(with_ids("two", "", &[("warehouse", "W-2")])).await.expect("changed");
    let two_systems = with_ids("", "", &[("billing", "B-1"), ("warehouse", "W-2")]);
    check("record_ids_of_two_leads", client.capture_lead(two_systems).await);
    let another_id = with_ids("", "one@lead.example", &[("billing", "B-2")]);
    check("an_address_beside_another_record_id", client.capture_lead(another_id).await);
    let another_record = with_ids("three", "", &[("billing", "B-1")]);
    check("a_record_id_beside_another_external_id", client.capture_lead(another_record).await);
    let stale = pb::CaptureLeadRequest { etag: "1".into(), ..with("one", "new@lead.example") };
    check("capture_stale", client.capture_lead(stale).await);
    world.stop().await;
}

#[tokio::test]
async fn refusals_of_a_qualification() {
    let world = World::new().await;
    let mut client = world.marketing();
    let name = capture(&mut client, "ada").await;
    qualify(&mut client, &name).await.expect("qualified");
    check("handoff_open", qualify(&mut client, &name).await);

    let suppressed = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(pb::Lead { suppression: pb::Suppression::Competitor.into(), ..lead("spy") }),
        ..pb::CaptureLeadRequest::default()
    };
    let spy = client.capture_lead(suppressed).await.expect("captured").into_inner().lead.expect("it").name;
    check("lead_suppressed", qualify(&mut client, &spy).await);

    let (cold, handoff) = assigned(&world, "cold").await;
    reject(&mut world.sales(), &handoff.name, "NO_NEED_NOW").await.expect("rejected");
    check("cooldown_active", qualify(&mut client, &cold).await);

    let (out, handoff) = assigned(&world, "out").await;
    reject(&mut world.sales(), &handoff.name, "COMPETITOR").await.expect("rejected");
    check("qualify_from_disqualified", qualify(&mut client, &out).await);

    let by_email = pb::QualifyLeadRequest {
        request_id: request_id(),
        lead: Some(pb::LeadRef { lead: Some(pb::lead_ref::Lead::Email("nobody@lead.example".into())) }),
        ..pb::QualifyLeadRequest::default()
    };
    check("qualify_unknown_address", client.qualify_lead(by_email).await);
    world.stop().await;
}

#[tokio::test]
async fn refusals_of_decisions() {
    let world = World::new().await;
    let (_, handoff) = assigned(&world, "ada").await;
    let (mut marketing, mut sales) = (world.marketing(), world.sales());
    check("assign_to_marketing", assign(&mut marketing, &handoff.name, "users/mia").await);
    check("assign_to_nobody", assign(&mut marketing, &handoff.name, "users/nobody").await);
    check("accept_wrong_side", accept(&mut marketing, &handoff.name).await);
    check("reject_wrong_side", reject(&mut marketing, &handoff.name, "WRONG_SIZE").await);
    let withdraw = |name: &str| pb::WithdrawHandoffRequest {
        request_id: request_id(),
        name: name.to_owned(),
        note: "the list was wrong".into(),
        ..pb::WithdrawHandoffRequest::default()
    };
    check("withdraw_wrong_side", sales.withdraw_handoff(withdraw(&handoff.name)).await);
    let nothing = "handoffs/0198e4a2-7c1e-7000-8000-000000000001";
    check("withdraw_unknown", marketing.withdraw_handoff(withdraw(nothing)).await);
    check("reject_other_without_note", reject(&mut sales, &handoff.name, "OTHER").await);
    let stale =
        pb::AcceptHandoffRequest { request_id: request_id(), name: handoff.name.clone(), etag: "1".into() };
    check("accept_stale", sales.accept_handoff(stale).await);
    accept(&mut sales, &handoff.name).await.expect("accepted");
    check("accept_twice", accept(&mut sales, &handoff.name).await);
    check("reject_accepted", reject(&mut sales, &handoff.name, "WRONG_SIZE").await);
    check("withdraw_accepted", marketing.withdraw_handoff(withdraw(&handoff.name)).await);
    check("assign_accepted", assign(&mut marketing, &handoff.name, "users/sam").await);

    let free = capture(&mut marketing, "free").await;
    let free = qualify(&mut marketing, &free).await.expect("qualified");
    check("reject_without_owner", reject(&mut sales, &free.name, "WRONG_SIZE").await);
    world.stop().await;
}

#[tokio::test]
async fn refusals_of_contacts_and_outcomes() {
    let world = World::new().await;
    let mut client = world.sales();
    let name = capture(&mut client, "ada").await;
    let machine = pb::RecordContactRequest {
        request_id: request_id(),
        lead: by_name(&name),
        outcome: pb::ContactOutcome::Connected.into(),
        direction: pb::ContactDirection::Outbound.into(),
        human: false,
        medium: "EMAIL".into(),
        ..pb::RecordContactRequest::default()
    };
    check("a_machine_connects", client.record_contact(machine).await);
    let outcome = |outcome: pb::Outcome| pb::RecordOutcomeRequest {
        request_id: request_id(),
        lead: by_name(&name),
        outcome: outcome.into(),
        ..pb::RecordOutcomeRequest::default()
    };
    client.record_outcome(outcome(pb::Outcome::OpportunityOpened)).await.expect("opened");
    check("opened_twice", client.record_outcome(outcome(pb::Outcome::OpportunityOpened)).await);
    client.record_outcome(outcome(pb::Outcome::Won)).await.expect("won");
    check("won_twice", client.record_outcome(outcome(pb::Outcome::Won)).await);
    world.stop().await;
}
