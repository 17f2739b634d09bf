//! Calendars: made, changed, repeated, refused; and what a new version does to clocks that run.

use handoff_proto::common::v1::ErrorReason;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::sla::v1 as pb;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::feed::{accepted, qualified};
use crate::harness::{Client, World, clocks, fact, instant, kinds, request_id, utc};
use crate::preview::rome;

async fn put(client: &mut Client, id: &str, calendar: pb::Calendar) -> Result<pb::Calendar, Status> {
    let request = pb::PutCalendarRequest { request_id: id.to_owned(), calendar: Some(calendar) };
    client.put_calendar(request).await.map(|answer| answer.into_inner().calendar.unwrap())
}

#[tokio::test]
async fn a_calendar_gets_a_version_only_when_it_changes() {
    let world = World::new("2bd").await;
    let (sla, mut tail) = world.ready().await;
    let mut client = sla.client();
    let made = put(&mut client, &request_id(), rome()).await.unwrap();
    assert_eq!(made, pb::Calendar { version: 1, ..rome() });
    let same = put(&mut client, &request_id(), rome()).await.unwrap();
    assert_eq!(same, made);
    let mut changed = rome();
    changed.display_name = "Roma".into();
    assert_eq!(put(&mut client, &request_id(), changed.clone()).await.unwrap().version, 2);
    tail.nth("CalendarVersioned", 3).await;
    let read = client.get_calendar(pb::GetCalendarRequest { name: "calendars/rome".into() }).await.unwrap();
    assert_eq!(read.into_inner().calendar, Some(pb::Calendar { version: 2, ..changed }));
}

#[tokio::test]
async fn a_request_that_comes_again_gets_its_answer_again() {
    let world = World::new("2bd").await;
    let (sla, tail) = world.ready().await;
    let mut client = sla.client();
    let id = request_id();
    let first = put(&mut client, &id, rome()).await.unwrap();
    assert_eq!(put(&mut client, &id, rome()).await.unwrap(), first);
    let other = pb::Calendar { display_name: "Milan".into(), ..rome() };
    let reused = put(&mut client, &id, other).await.unwrap_err();
    assert_eq!(reused.code(), Code::AlreadyExists);
    let reason = reused.get_details_error_info().unwrap().reason;
    assert_eq!(format!("ERROR_REASON_{reason}"), ErrorReason::RequestIdReused.as_str_name());
    assert_eq!(kinds(tail.seen()).len(), 2);
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once() {
    let world = World::new("2bd").await;
    let (sla, _) = world.ready().await;
    let mut broken = pb::Calendar { name: "rome".into(), display_name: " ".into(), ..rome() };
    broken.weekly_hours[0].hours = Some(pb::LocalInterval { open: "9".into(), close: "18:00".into() });
    let refused = put(&mut sla.client(), "not a uuid", broken).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let fields: Vec<_> =
        refused.get_details_bad_request().unwrap().field_violations.into_iter().map(|v| v.field).collect();
    assert_eq!(
        fields,
        ["request_id", "calendar.name", "calendar.display_name", "calendar.weekly_hours[0].hours.open"]
    );
    let closed = pb::Calendar { weekly_hours: Vec::new(), ..rome() };
    let refused = put(&mut sla.client(), &request_id(), closed).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "edge case 21: it never opens");
}

#[tokio::test]
async fn a_calendar_has_a_name_of_200_characters_and_not_one_more() {
    let world = World::new("2bd").await;
    let (sla, _) = world.ready().await;
    let named = |characters| pb::Calendar { display_name: "ä".repeat(characters), ..rome() };
    put(&mut sla.client(), &request_id(), named(200)).await.unwrap();
    let refused = put(&mut sla.client(), &request_id(), named(201)).await.unwrap_err();
    let faults = refused.get_details_bad_request().unwrap().field_violations;
    assert_eq!((faults.len(), faults[0].field.as_str()), (1, "calendar.display_name"));
}

#[tokio::test]
async fn a_tenant_that_was_never_heard_of_cannot_have_a_calendar() {
    let world = World::new("2bd").await;
    let (sla, _) = world.ready().await;
    let refused = put(&mut sla.client_of("other"), &request_id(), rome()).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
}

#[tokio::test]
async fn a_new_version_moves_the_deadlines_of_running_clocks_only() {
    let world = World::new("2bd").await;
    let (sla, mut tail) = world.ready().await;
    let mut client = sla.client();
    // Far in the future, so that nothing has elapsed: a Friday, due on Tuesday.
    let mql_at = utc("2099-03-27T16:00:00Z");
    world.feed.say("acme", [qualified(1).at(mql_at), qualified(2).at(mql_at), accepted(2).at(mql_at)]).await;
    tail.nth("ClockMet", 1).await;
    let before: Vec<_> = clocks(&mut client).await.into_iter().map(|clock| instant(clock.due_time)).collect();
    assert_eq!(before, [utc("2099-03-31T16:00:00Z"); 2]);

    let name = "calendars/default".to_owned();
    let found = client.get_calendar(pb::GetCalendarRequest { name }).await.unwrap().into_inner().calendar;
    let mut calendar = found.unwrap();
    calendar.exceptions.push(pb::CalendarException { date: "2099-03-30".into(), ..Default::default() });
    put(&mut client, &request_id(), calendar).await.unwrap();
    let moved = tail.nth("ClockDeadlineMoved", 1).await;
    let Fact::ClockDeadlineMoved(moved) = fact(&moved) else { panic!("a moved deadline") };
    assert_eq!((moved.calendar_version, moved.elapsed_business_days), (2, 0));
    assert_eq!(instant(moved.due_time), utc("2099-04-01T16:00:00Z"));
    let after = clocks(&mut client).await;
    let due: Vec<_> = after.iter().map(|clock| (clock.state(), instant(clock.due_time))).collect();
    assert_eq!(
        due,
        [
            (pb::ClockState::Running, utc("2099-04-01T16:00:00Z")),
            (pb::ClockState::Met, utc("2099-03-31T16:00:00Z")),
        ]
    );
}

#[tokio::test]
async fn calendars_are_listed_by_name_page_by_page() {
    let world = World::new("2bd").await;
    let (sla, _) = world.ready().await;
    let mut client = sla.client();
    for slug in ["rome", "milan", "turin"] {
        let calendar = pb::Calendar { name: format!("calendars/{slug}"), ..rome() };
        put(&mut client, &request_id(), calendar).await.unwrap();
    }
    let (mut names, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListCalendarsRequest { page_size: 3, page_token };
        let page = client.list_calendars(request).await.unwrap().into_inner();
        names.extend(page.calendars.into_iter().map(|calendar| calendar.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(names, ["calendars/default", "calendars/milan", "calendars/rome", "calendars/turin"]);
}
