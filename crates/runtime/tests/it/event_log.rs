//! The log as subscribers see it.

use std::collections::HashMap;
use std::time::Duration;

use handoff_domain::actor::Side;
use handoff_domain::id::TenantId;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{Cursor, GetLogHeadRequest, SubscribeEventsRequest, SubscribeEventsResponse};
use handoff_runtime::client::{self, Caller};
use handoff_runtime::{convert, limits};
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};

use crate::ledger::{Append, Logs, Served};
use crate::stub::Client;

const SMALL: usize = 10;

async fn client(served: &Served, caller: &Caller) -> Client {
    let peer = client::connect(&served.running.endpoint(), caller).await.unwrap();
    Client::new(peer).max_decoding_message_size(limits::ANSWER_BYTES)
}

async fn subscribe(
    served: &Served,
    caller: &Caller,
    cursors: &[(&str, i64)],
) -> Result<Streaming<SubscribeEventsResponse>, Status> {
    let cursors = cursors
        .iter()
        .map(|(tenant, position)| Cursor { tenant_uid: uid(tenant), position: *position })
        .collect();
    let answer = client(served, caller).await.subscribe_events(SubscribeEventsRequest { cursors }).await?;
    Ok(answer.into_inner())
}

fn uid(tenant: &str) -> String {
    TenantId::from_slug(tenant).to_string()
}

fn everybody() -> Caller {
    Caller::service("reporting")
}

fn ada() -> Caller {
    Caller::user("acme", "ada", Side::Sales)
}

/// Receives until every tenant has come to its position; fails on a gap, a repeat and a message that is too large.
async fn receive(stream: &mut Streaming<SubscribeEventsResponse>, from: &[(&str, i64)], to: &[(&str, i64)]) {
    let mut at: HashMap<String, i64> =
        from.iter().map(|(tenant, position)| (uid(tenant), *position)).collect();
    let reached = |at: &HashMap<String, i64>| {
        to.iter().all(|(tenant, position)| at.get(&uid(tenant)).copied().unwrap_or(0) >= *position)
    };
    while !reached(&at) {
        let message = stream.message().await.unwrap().expect("it goes on");
        assert!((1..=500).contains(&message.events.len()));
        let position = at.entry(message.tenant_uid).or_insert(0);
        for event in &message.events {
            assert_eq!(event.position, *position + 1);
            *position = event.position;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tenant_comes_in_order_without_a_gap_and_goes_on() {
    let logs = Logs::new().await;
    logs.append("acme", Append { events: 1_200, bytes: SMALL }).await;
    logs.append("other", Append { events: 3, bytes: SMALL }).await;
    let served = logs.serve("127.0.0.1:0").await;
    let mut stream = subscribe(&served, &everybody(), &[("acme", 7)]).await.unwrap();
    receive(&mut stream, &[("acme", 7)], &[("acme", 1_200), ("other", 3)]).await;
    logs.append("third", Append { events: 1, bytes: SMALL }).await;
    receive(&mut stream, &[], &[("third", 1)]).await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_the_same_process_is_heard_of_without_waiting_for_the_scan() {
    let logs = Logs::new().await;
    logs.append("acme", Append { events: 1, bytes: SMALL }).await;
    let served = logs.serve_beside_the_writer().await;
    let mut stream = subscribe(&served, &everybody(), &[]).await.unwrap();
    receive(&mut stream, &[], &[("acme", 1)]).await;
    let all = async {
        for position in 2..=20 {
            logs.append("acme", Append { events: 1, bytes: SMALL }).await;
            receive(&mut stream, &[("acme", position - 1)], &[("acme", position)]).await;
        }
    };
    // By the scan alone each of them would take up to a second.
    timeout(Duration::from_secs(8), all).await.unwrap();
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_comes_with_the_trace_that_it_was_made_in() {
    let logs = Logs::new().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    logs.append("acme", Append { events: 1, bytes: SMALL }).await;
    logs.append_in("acme", Append { events: 2, bytes: SMALL }, Some(trace)).await;
    let served = logs.serve("127.0.0.1:0").await;
    let mut stream = subscribe(&served, &everybody(), &[]).await.unwrap();
    let events = stream.message().await.unwrap().unwrap().events;
    let traces: Vec<_> = events.iter().map(|event| event.traceparent.as_str()).collect();
    assert_eq!(traces, ["", trace, trace]);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_has_500_events_and_the_next_has_the_others() {
    let logs = Logs::new().await;
    logs.append("acme", Append { events: 500, bytes: SMALL }).await;
    logs.append("other", Append { events: 501, bytes: SMALL }).await;
    let served = logs.serve("127.0.0.1:0").await;
    for (tenant, messages) in [("acme", vec![500]), ("other", vec![500, 1])] {
        let caller = Caller::user(tenant, "ada", Side::Sales);
        let mut stream = subscribe(&served, &caller, &[]).await.unwrap();
        for events in messages {
            assert_eq!(stream.message().await.unwrap().unwrap().events.len(), events, "{tenant}");
        }
    }
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_events_come_in_messages_of_about_a_mebibyte() {
    let logs = Logs::new().await;
    for _ in 0..4 {
        logs.append("acme", Append { events: 5, bytes: 150_000 }).await;
    }
    let served = logs.serve("127.0.0.1:0").await;
    let mut stream = subscribe(&served, &everybody(), &[]).await.unwrap();
    let message = stream.message().await.unwrap().unwrap();
    assert_eq!(message.events.len(), 7, "the seventh event is the one that passes the limit");
    assert!(matches!(
        message.events[0].payload.as_ref().unwrap().fact.as_ref().unwrap(),
        Fact::UserChanged(changed) if changed.user.len() == 150_006
    ));
    receive(&mut stream, &[("acme", 7)], &[("acme", 20)]).await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "a slow subscriber is one that takes its time")]
async fn whoever_becomes_ready_takes_its_turn_before_the_long_history_of_another_has_been_sent() {
    let logs = Logs::new().await;
    for _ in 0..40 {
        logs.append("acme", Append { events: 7, bytes: 150_000 }).await;
    }
    let served = logs.serve("127.0.0.1:0").await;
    let mut stream = subscribe(&served, &everybody(), &[]).await.unwrap();
    let first = stream.message().await.unwrap().unwrap();
    assert_eq!(first.tenant_uid, uid("acme"));
    // A subscriber that takes its time: the server waits for it with what the connection holds, some messages.
    tokio::time::sleep(Duration::from_millis(300)).await;
    logs.append("other", Append { events: 1, bytes: SMALL }).await;
    let mut before = 1;
    while stream.message().await.unwrap().unwrap().tenant_uid == uid("acme") {
        before += 1;
    }
    assert!(before < 20, "{before} of 40 messages came before it");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_own_caller_sees_that_tenant_only() {
    let logs = Logs::new().await;
    logs.append("other", Append { events: 1, bytes: SMALL }).await;
    logs.append("acme", Append { events: 2, bytes: SMALL }).await;
    let served = logs.serve("127.0.0.1:0").await;
    let mut stream = subscribe(&served, &ada(), &[]).await.unwrap();
    logs.append("other", Append { events: 1, bytes: SMALL }).await;
    logs.append("acme", Append { events: 1, bytes: SMALL }).await;
    let mut positions = 0;
    while positions < 3 {
        let message = stream.message().await.unwrap().unwrap();
        assert_eq!(message.tenant_uid, uid("acme"));
        positions += message.events.len();
    }
    for foreign in ["other", "nobody"] {
        let refusal = subscribe(&served, &ada(), &[(foreign, 0)]).await.unwrap_err();
        assert_eq!(refusal.code(), Code::NotFound);
    }
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_beyond_the_end_is_refused() {
    let logs = Logs::new().await;
    logs.append("acme", Append { events: 2, bytes: SMALL }).await;
    let served = logs.serve("127.0.0.1:0").await;
    let mut stream = subscribe(&served, &everybody(), &[("acme", 3)]).await.unwrap();
    assert_eq!(stream.message().await.unwrap_err().code(), Code::InvalidArgument);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_carries_database_time_and_holds_for_all_that_follows() {
    let logs = Logs::new().await;
    logs.append("acme", Append { events: 2, bytes: SMALL }).await;
    let served = logs.serve("127.0.0.1:0").await;
    let mut everybodys = client(&served, &everybody()).await;
    let asked = GetLogHeadRequest { tenant_uid: uid("acme") };
    let head = everybodys.get_log_head(asked.clone()).await.unwrap().into_inner();
    assert_eq!(head.position, 2);
    let promised = convert::from_timestamp(&head.record_time.unwrap()).unwrap();

    logs.append("acme", Append { events: 1, bytes: SMALL }).await;
    let mut stream = subscribe(&served, &everybody(), &[("acme", 2)]).await.unwrap();
    let event = stream.message().await.unwrap().unwrap().events.remove(0);
    let recorded = convert::from_timestamp(&event.record_time.unwrap()).unwrap();
    assert!(recorded >= promised, "{recorded} < {promised}");

    let mut adas = client(&served, &ada()).await;
    let own = adas.get_log_head(GetLogHeadRequest::default()).await.unwrap().into_inner();
    assert_eq!(own.position, 3);
    for (caller, tenant, code) in [
        (&adas, uid("other"), Code::NotFound),
        (&everybodys, uid("nobody"), Code::NotFound),
        (&everybodys, String::new(), Code::InvalidArgument),
    ] {
        let refusal =
            caller.clone().get_log_head(GetLogHeadRequest { tenant_uid: tenant }).await.unwrap_err();
        assert_eq!(refusal.code(), code);
    }
    drop(stream);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_comes_to_its_end_at_once_when_the_server_stops() {
    let logs = Logs::new().await;
    logs.append("acme", Append { events: 1, bytes: SMALL }).await;
    let served = logs.serve("127.0.0.1:0").await;
    let mut stream = subscribe(&served, &everybody(), &[]).await.unwrap();
    receive(&mut stream, &[], &[("acme", 1)]).await;
    served.shutdown.request();
    assert_eq!(stream.message().await.unwrap(), None, "an end and no failure");
    timeout(Duration::from_secs(5), served.running.join()).await.unwrap();
}
