//! Public holidays out of an iCalendar file: what they make of a calendar and of clocks that run in it, and what is refused.

use handoff_proto::event::v1::payload::Fact;
use handoff_proto::sla::v1 as pb;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::feed::qualified;
use crate::harness::{Client, World, clocks, fact, instant, request_id, utc};
use crate::preview::rome;

/// Christmas of every year, a bridge of two days, and a meeting.
const FILE: &str = "BEGIN:VCALENDAR\r
VERSION:2.0\r
BEGIN:VEVENT\r
SUMMARY:Natale\r
DTSTART;VALUE=DATE:19701225\r
RRULE:FREQ=YEARLY\r
END:VEVENT\r
BEGIN:VEVENT\r
SUMMARY:Ponte\r
DTSTART;VALUE=DATE:20260406\r
DTEND;VALUE=DATE:20260408\r
END:VEVENT\r
BEGIN:VEVENT\r
SUMMARY:Stand-up\r
DTSTART:20260407T070000Z\r
END:VEVENT\r
END:VCALENDAR\r
";

fn asked(icalendar: &str) -> pb::ImportHolidaysRequest {
    pb::ImportHolidaysRequest {
        request_id: request_id(),
        calendar: "calendars/rome".into(),
        icalendar: icalendar.into(),
        first_year: 2026,
        last_year: 2027,
        validate_only: false,
    }
}

async fn import(
    client: &mut Client,
    request: pb::ImportHolidaysRequest,
) -> Result<pb::ImportHolidaysResponse, Status> {
    client.import_holidays(request).await.map(tonic::Response::into_inner)
}

async fn put(client: &mut Client, calendar: pb::Calendar) {
    let request = pb::PutCalendarRequest { request_id: request_id(), calendar: Some(calendar) };
    client.put_calendar(request).await.unwrap();
}

async fn read(client: &mut Client) -> pb::Calendar {
    let request = pb::GetCalendarRequest { name: "calendars/rome".into() };
    client.get_calendar(request).await.unwrap().into_inner().calendar.unwrap()
}

fn closed(calendar: &pb::Calendar) -> Vec<(&str, &str)> {
    calendar.exceptions.iter().map(|e| (e.date.as_str(), e.display_name.as_str())).collect()
}

#[tokio::test]
async fn a_calendar_is_closed_on_the_holidays_of_a_file_and_keeps_what_it_says_itself() {
    let world = World::new("2bd").await;
    let (sla, _) = world.ready().await;
    let mut client = sla.client();
    let open = vec![pb::LocalInterval { open: "10:00".into(), close: "12:00".into() }];
    let mut calendar = rome();
    let special =
        pb::CalendarException { date: "2026-04-07".into(), hours: open, display_name: "Fair".into() };
    calendar.exceptions.push(special);
    put(&mut client, calendar).await;

    let request = asked(FILE);
    let answer = import(&mut client, request.clone()).await.unwrap();
    let holidays: Vec<_> = answer
        .holidays
        .iter()
        .map(|h| (h.date.as_str(), h.display_name.as_str(), h.has_special_hours))
        .collect();
    assert_eq!(
        holidays,
        [
            ("2026-04-06", "Ponte", false),
            ("2026-04-07", "Ponte", true),
            ("2026-12-25", "Natale", false),
            ("2027-12-25", "Natale", false),
        ]
    );
    assert_eq!(answer.timed_events, 1);
    let now = answer.calendar.clone().unwrap();
    assert_eq!(now.version, 2);
    assert_eq!(
        closed(&now),
        [
            ("2026-04-06", "Pasquetta"),
            ("2026-04-07", "Fair"),
            ("2026-12-25", "Natale"),
            ("2027-12-25", "Natale")
        ]
    );
    assert_eq!(read(&mut client).await, now);
    assert_eq!(import(&mut client, request).await.unwrap(), answer, "a request that comes again");
    let again = import(&mut client, asked(FILE)).await.unwrap();
    assert_eq!(again.calendar.unwrap().version, 2, "the same file makes no new version");
}

#[tokio::test]
async fn to_validate_only_changes_nothing_and_says_what_would_be() {
    let world = World::new("2bd").await;
    let (sla, _) = world.ready().await;
    let mut client = sla.client();
    put(&mut client, rome()).await;
    let request = pb::ImportHolidaysRequest { validate_only: true, ..asked(FILE) };
    let would_be = import(&mut client, request).await.unwrap();
    assert_eq!(read(&mut client).await, pb::Calendar { version: 1, ..rome() });
    assert_eq!(import(&mut client, asked(FILE)).await.unwrap(), would_be);
}

#[tokio::test]
async fn edge_22_holidays_move_the_deadlines_of_clocks_that_run() {
    let world = World::new("2bd").await;
    let (sla, mut tail) = world.ready().await;
    let mut client = sla.client();
    // Far in the future, so that nothing has elapsed: a Friday, due on Tuesday.
    let mql_at = utc("2099-03-27T16:00:00Z");
    world.feed.say("acme", [qualified(1).at(mql_at)]).await;
    tail.nth("ClockStarted", 1).await;
    let file = FILE.replace("20260406", "20990330").replace("20260408", "20990401");
    let request = pb::ImportHolidaysRequest {
        calendar: "calendars/default".into(),
        first_year: 2099,
        last_year: 0,
        ..asked(&file)
    };
    import(&mut client, request).await.unwrap();
    let moved = tail.nth("ClockDeadlineMoved", 1).await;
    let Fact::ClockDeadlineMoved(moved) = fact(&moved) else { panic!("a moved deadline") };
    assert_eq!((moved.calendar_version, instant(moved.due_time)), (2, utc("2099-04-02T16:00:00Z")));
    assert_eq!(instant(clocks(&mut client).await[0].due_time), utc("2099-04-02T16:00:00Z"));
}

#[tokio::test]
async fn what_is_no_file_of_holidays_is_refused_by_its_field() {
    let world = World::new("2bd").await;
    let (sla, _) = world.ready().await;
    let mut client = sla.client();
    put(&mut client, rome()).await;
    let mut refused = async |request: pb::ImportHolidaysRequest| {
        let status = import(&mut client, request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
        let found = status.get_details_bad_request().unwrap().field_violations;
        found.into_iter().map(|fault| format!("{}: {}", fault.field, fault.description)).collect::<Vec<_>>()
    };
    let wrong = pb::ImportHolidaysRequest {
        request_id: "1".into(),
        calendar: "rome".into(),
        first_year: 10_000,
        ..asked("")
    };
    insta::assert_debug_snapshot!(refused(wrong).await);
    insta::assert_debug_snapshot!(refused(asked("a secret")).await);
    let years = |first_year, last_year| pb::ImportHolidaysRequest { first_year, last_year, ..asked(FILE) };
    insta::assert_debug_snapshot!(refused(years(2027, 2026)).await);
    let single = FILE.replace("RRULE:FREQ=YEARLY\r\n", "");
    insta::assert_debug_snapshot!(
        refused(pb::ImportHolidaysRequest { first_year: 2030, last_year: 0, ..asked(&single) }).await
    );
}

#[tokio::test]
async fn a_file_has_a_mebibyte_and_holidays_of_ten_years_and_not_one_more() {
    let world = World::new("2bd").await;
    let (sla, _) = world.ready().await;
    let mut client = sla.client();
    put(&mut client, rome()).await;
    let sized = |bytes: usize| {
        let padding = "x".repeat(bytes - FILE.len() - "X-PAD:\r\n".len());
        asked(&FILE.replace("VERSION:2.0\r\n", &format!("VERSION:2.0\r\nX-PAD:{padding}\r\n")))
    };
    import(&mut client, sized(1 << 20)).await.unwrap();
    let refused = import(&mut client, sized((1 << 20) + 1)).await.unwrap_err();
    assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "icalendar");
    let years = |last_year| pb::ImportHolidaysRequest { first_year: 2026, last_year, ..asked(FILE) };
    import(&mut client, years(2035)).await.unwrap();
    let refused = import(&mut client, years(2036)).await.unwrap_err();
    assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "last_year");
}

#[tokio::test]
async fn a_calendar_that_is_not_there_has_no_holidays() {
    let world = World::new("2bd").await;
    let (sla, _) = world.ready().await;
    for validate_only in [false, true] {
        let request = pb::ImportHolidaysRequest { validate_only, ..asked(FILE) };
        let refused = import(&mut sla.client(), request).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound, "{refused:?}");
        assert!(refused.message().contains("calendars/rome"), "{refused:?}");
    }
}
