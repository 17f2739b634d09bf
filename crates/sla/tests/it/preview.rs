//! Deadlines that might be: the golden vectors over the wire.

use handoff_domain::target::Target;
use handoff_proto::sla::v1 as pb;
use handoff_runtime::convert;
use tonic::Code;

use crate::harness::{Client, World, instant, request_id, utc};

/// Mon–Fri 09–13 and 14–18, closed on 2026-04-06.
pub(crate) fn rome() -> pb::Calendar {
    let hours = |weekday, open: &str, close: &str| pb::WeeklyHours {
        weekday,
        hours: Some(pb::LocalInterval { open: open.into(), close: close.into() }),
    };
    let of_day = |weekday| [hours(weekday, "09:00", "13:00"), hours(weekday, "14:00", "18:00")];
    let easter_monday = pb::CalendarException {
        date: "2026-04-06".into(),
        hours: Vec::new(),
        display_name: "Pasquetta".into(),
    };
    pb::Calendar {
        name: "calendars/rome".into(),
        display_name: "Rome".into(),
        time_zone: "Europe/Rome".into(),
        weekly_hours: (1..=5).flat_map(of_day).collect(),
        exceptions: vec![easter_monday],
        version: 0,
    }
}

async fn put(client: &mut Client, calendar: pb::Calendar) {
    let request = pb::PutCalendarRequest { request_id: request_id(), calendar: Some(calendar) };
    client.put_calendar(request).await.unwrap();
}

fn asked(calendar: &str, start: &str, target: &str) -> pb::PreviewDeadlineRequest {
    let target: Target = target.parse().unwrap();
    pb::PreviewDeadlineRequest {
        calendar: calendar.into(),
        start_time: Some(convert::to_timestamp(utc(start))),
        target: Some(convert::to_target(target)),
    }
}

#[tokio::test]
async fn the_golden_vectors_hold_over_the_wire() {
    let world = World::new("2bd").await;
    let (sla, _) = world.ready().await;
    let mut client = sla.client();
    put(&mut client, rome()).await;
    for (start, target, local, due, business_seconds) in [
        // V2: Saturday 15:00, two business hours: Monday 11:00, not 17:00.
        ("2026-03-28T14:00:00Z", "2h", "2026-03-30T11:00:00+02:00", "2026-03-30T09:00:00Z", 7_200),
        ("2026-03-27T12:00:00Z", "1h", "2026-03-27T15:00:00+01:00", "2026-03-27T14:00:00Z", 3_600),
        ("2026-04-03T14:00:00Z", "2bd", "2026-04-08T18:00:00+02:00", "2026-04-08T16:00:00Z", 18 * 3_600),
    ] {
        let answer =
            client.preview_deadline(asked("calendars/rome", start, target)).await.unwrap().into_inner();
        assert_eq!(answer.local_due_time, local, "{start} {target}");
        assert_eq!(instant(answer.due_time), utc(due));
        assert_eq!(answer.business_time.unwrap().seconds, business_seconds);
        assert_eq!((answer.time_zone.as_str(), instant(answer.start_time)), ("Europe/Rome", utc(start)));
    }
}

#[tokio::test]
async fn what_is_left_out_is_the_contracts() {
    let world = World::new("2bd").await;
    let (sla, _) = world.ready().await;
    let request = pb::PreviewDeadlineRequest {
        start_time: Some(convert::to_timestamp(utc("2026-11-27T10:00:00Z"))),
        ..pb::PreviewDeadlineRequest::default()
    };
    let answer = sla.client().preview_deadline(request).await.unwrap().into_inner();
    assert_eq!(answer.local_due_time, "2026-12-01T18:00:00+01:00", "Friday and two business days");
    assert_eq!(answer.target, Some(convert::to_target(Target::BusinessDays(2))));
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let world = World::new("2bd").await;
    let (sla, _) = world.ready().await;
    let mut client = sla.client();
    for (request, code) in [
        (asked("calendars/none", "2026-03-28T14:00:00Z", "2h"), Code::NotFound),
        (asked("leads/default", "2026-03-28T14:00:00Z", "2h"), Code::InvalidArgument),
        (asked("", "9999-12-31T12:00:00Z", "2bd"), Code::InvalidArgument),
    ] {
        assert_eq!(client.preview_deadline(request).await.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn the_time_between_two_instants_is_told_in_every_unit() {
    let world = World::new("2bd").await;
    let (sla, _) = world.ready().await;
    let mut client = sla.client();
    put(&mut client, rome()).await;
    let mut asked = async |start: &str, end: &str| {
        let request = pb::PreviewElapsedRequest {
            calendar: "calendars/rome".into(),
            start_time: Some(convert::to_timestamp(utc(start))),
            end_time: Some(convert::to_timestamp(utc(end))),
        };
        let told = client.preview_elapsed(request).await.unwrap().into_inner();
        let seconds = |time: Option<prost_types::Duration>| time.unwrap().seconds;
        let times = (seconds(told.business_time), seconds(told.calendar_time), told.business_days);
        (times, told.local_start_time, told.local_end_time)
    };
    // V5: from Good Friday over Easter Monday, and over the night in which clocks go forward.
    let (times, ..) = asked("2026-04-03T15:30:00Z", "2026-04-07T07:30:00Z").await;
    assert_eq!(times, (3_600, 88 * 3_600, 1));
    let (times, from, to) = asked("2026-03-27T16:00:00Z", "2026-03-30T08:00:00Z").await;
    assert_eq!(times, (2 * 3_600, 64 * 3_600, 1));
    assert_eq!((from.as_str(), to.as_str()), ("2026-03-27T17:00:00+01:00", "2026-03-30T10:00:00+02:00"));
    let (times, ..) = asked("2026-03-30T08:00:00Z", "2026-03-27T16:00:00Z").await;
    assert_eq!(times, (0, -64 * 3_600, 0), "the second is the earlier one");
    let refused = client.preview_elapsed(pb::PreviewElapsedRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let nowhere = pb::PreviewElapsedRequest {
        calendar: "calendars/none".into(),
        start_time: Some(convert::to_timestamp(utc("2026-03-27T16:00:00Z"))),
        end_time: None,
    };
    assert_eq!(client.preview_elapsed(nowhere).await.unwrap_err().code(), Code::NotFound);
}
