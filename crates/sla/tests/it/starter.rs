//! What a tenant has from its first event on.

use handoff_proto::common::v1::target::Amount;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::sla::v1 as pb;
use tonic::Code;

use crate::feed::{founded, noise, qualified};
use crate::harness::{World, fact, instant, kinds};

#[tokio::test]
async fn a_tenant_brings_its_starter_contract_unsigned_and_its_calendar() {
    let world = World::new("2bd").await;
    let (sla, tail) = world.ready().await;
    assert_eq!(kinds(tail.seen()), ["CalendarVersioned", "ContractEffective"]);
    let contract = sla.client().get_contract(pb::GetContractRequest {}).await.unwrap().into_inner();
    let contract = contract.contract.unwrap();
    assert_eq!(contract.signature_state(), pb::SignatureState::Unsigned);
    assert_eq!((contract.version, contract.calendar.as_str()), (1, "calendars/default"));
    assert_eq!(contract.decide_target.unwrap().amount, Some(Amount::BusinessDays(2)));
    assert_eq!(instant(contract.effective_time).timestamp(), 1_700_000_000, "the tenant's creation");

    let asked = pb::GetCalendarRequest { name: "calendars/default".into() };
    let calendar = sla.client().get_calendar(asked).await.unwrap().into_inner().calendar.unwrap();
    assert_eq!((calendar.version, calendar.time_zone.as_str()), (1, "Europe/Rome"));
    let days: Vec<_> = calendar.weekly_hours.iter().map(|hours| hours.weekday().as_str_name()).collect();
    assert_eq!(days.len(), 5, "{days:?}");
    let nine_to_six = pb::LocalInterval { open: "09:00".into(), close: "18:00".into() };
    assert!(calendar.weekly_hours.iter().all(|hours| hours.hours.as_ref() == Some(&nine_to_six)));
    let Fact::CalendarVersioned(logged) = fact(&tail.seen()[0]) else { panic!("the calendar comes first") };
    assert_eq!(logged.calendar.as_ref(), Some(&calendar), "the log holds all of it");
}

#[tokio::test]
async fn the_target_given_at_creation_is_the_contracts() {
    let world = World::new("5s calendar").await;
    let (sla, _) = world.ready().await;
    let contract = sla.client().get_contract(pb::GetContractRequest {}).await.unwrap().into_inner();
    let five_seconds = prost_types::Duration { seconds: 5, nanos: 0 };
    assert_eq!(
        contract.contract.unwrap().decide_target.unwrap().amount,
        Some(Amount::CalendarTime(five_seconds))
    );
}

#[tokio::test]
async fn a_tenant_that_was_never_heard_of_has_nothing() {
    let world = World::new("2bd").await;
    let (sla, _) = world.ready().await;
    let mut client = sla.client_of("other");
    let missing = client.get_contract(pb::GetContractRequest {}).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    let clocks = client.list_clocks(pb::ListClocksRequest::default()).await.unwrap().into_inner();
    assert!(clocks.clocks.is_empty() && clocks.next_page_token.is_empty());
}

#[tokio::test]
async fn a_change_of_the_tenant_leaves_contract_and_calendar_alone() {
    let world = World::new("2bd").await;
    let (_sla, mut tail) = world.ready().await;
    world.feed.say("acme", [noise(), founded("1h".parse().unwrap()), noise()]).await;
    world.feed.say("acme", qualified(1)).await;
    tail.nth("ClockStarted", 1).await;
    assert_eq!(kinds(tail.seen()), ["CalendarVersioned", "ContractEffective", "ClockStarted"]);
}
