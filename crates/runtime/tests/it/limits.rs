//! The limits of a server on the wire: what is at a limit is taken, what is one beyond it is refused in the words of
//! docs/LIMITS.md, and hurts nobody else.

use std::time::Duration;

use handoff_proto::event::v1::{Event, SubscribeEventsResponse};
use handoff_runtime::client::{self, Caller};
use handoff_runtime::config::{LimitsConfig, ServiceConfig};
use handoff_runtime::service::StartError;
use http::Request;
use prost::Message;
use tokio::net::TcpStream;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::consumer::{Effects, reached};
use crate::raw::{self, HEAD, IDENTITY, SUBSCRIBE};
use crate::stub::{Client, NOWHERE, World, head, subscription};

async fn world(limits: LimitsConfig) -> World {
    let limits = LimitsConfig { drain_wait: Duration::ZERO, ..limits };
    World::with(ServiceConfig { limits, ..ServiceConfig::on_loopback(NOWHERE) }).await
}

fn check_refusal(refusal: &Status, code: Code, reason: &str) {
    assert_eq!(refusal.code(), code, "{refusal:?}");
    assert_eq!(refusal.get_details_error_info().expect("ErrorInfo").reason, reason);
    assert!(refusal.get_details_retry_info().expect("RetryInfo").retry_delay.is_some());
}

#[tokio::test]
async fn a_request_one_byte_too_large_is_refused() {
    let world = world(LimitsConfig { request_bytes: 64 << 10, ..LimitsConfig::default() }).await;
    let mut client = world.client().await;
    // A field takes a byte for its number and three for a length of this size.
    let most = (64 << 10) - 4;
    assert_eq!(head(&mut client, &"x".repeat(most)).await.unwrap(), 7);
    let refusal = head(&mut client, &"x".repeat(most + 1)).await.unwrap_err();
    assert_eq!(refusal.code(), Code::OutOfRange, "{refusal:?}");
    assert_eq!(head(&mut client, "acme").await.unwrap(), 7, "the connection goes on");
}

#[tokio::test]
async fn an_answer_one_byte_too_large_is_not_sent() {
    let most = 4 << 20;
    let limits = LimitsConfig { request_bytes: 64 << 10, answer_bytes: most, ..LimitsConfig::default() };
    let world = world(limits).await;
    for (size, expected) in [(most, Ok(most)), (most + 1, Err(Code::OutOfRange))] {
        // The field's number takes a byte, and a length of this size four.
        let message = SubscribeEventsResponse { tenant_uid: "x".repeat(size - 5), events: vec![] };
        assert_eq!(message.encoded_len(), size);
        world.stub.scripts.lock().unwrap().push_back(vec![message]);
        let mut client = world.client().await.max_decoding_message_size(2 * most);
        let mut stream = client.subscribe_events(subscription("x")).await.unwrap().into_inner();
        let got = stream.message().await.map(|message| message.unwrap().encoded_len());
        assert_eq!(got.map_err(|status| status.code()), expected);
    }
}

#[tokio::test]
async fn headers_at_the_limit_are_taken_and_one_byte_more_is_refused() {
    let limits = LimitsConfig { header_bytes: 8 << 10, ..LimitsConfig::default() };
    let address = world(limits).await.running.address;
    // As HTTP/2 counts them: name, value, and 32 for each.
    let authority = address.to_string();
    let fixed = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", &authority),
        (":path", HEAD),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("x-large", ""),
    ];
    let size: usize = fixed.iter().chain(&IDENTITY).map(|(name, value)| name.len() + value.len() + 32).sum();
    for (more, expected) in [(0, 200), (1, 431)] {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = h2::client::handshake(stream).await.unwrap();
        let connection = tokio::spawn(connection);
        let mut request = Request::post(format!("http://{authority}{HEAD}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("x-large", "x".repeat((8 << 10) - size + more));
        for (name, value) in IDENTITY {
            request = request.header(name, value);
        }
        let (answer, mut body) =
            sender.ready().await.unwrap().send_request(request.body(()).unwrap(), false).unwrap();
        // Whoever is refused by its headers need not have sent the rest.
        let _ = body.send_data(vec![0, 0, 0, 0, 0].into(), true);
        assert_eq!(answer.await.unwrap().status(), expected);
        connection.abort();
    }
}

#[tokio::test]
async fn a_connection_is_told_how_many_streams_it_may_have_and_the_next_waits() {
    let world = world(LimitsConfig { connection_streams: 2, ..LimitsConfig::default() }).await;
    let stream = TcpStream::connect(world.running.address).await.unwrap();
    let (_sender, mut connection) = h2::client::handshake(stream).await.unwrap();
    let mut ping = connection.ping_pong().unwrap();
    let answered = ping.ping(h2::Ping::opaque());
    tokio::select! {
        answered = answered => { answered.unwrap(); }
        _ = &mut connection => panic!("the connection ended"),
    }
    assert_eq!(connection.max_concurrent_send_streams(), 2, "the settings come before the answer to a ping");

    let mut client = world.client().await;
    // A client that has not been told yet would have its third stream reset.
    assert_eq!(head(&mut client, "acme").await.unwrap(), 7);
    let call = |mut client: Client| tokio::spawn(async move { head(&mut client, "wait").await });
    let calls = [call(client.clone()), call(client.clone()), call(client.clone())];
    world.entered().await;
    world.entered().await;
    assert_eq!(head(&mut world.client().await, "acme").await.unwrap(), 7, "other connections have their own");
    assert_eq!(world.stub.entered.available_permits(), 0, "the third waits for one of the two");
    world.stub.gate.add_permits(3);
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), 7);
    }
    assert_eq!(head(&mut client, "acme").await.unwrap(), 7);
}

#[tokio::test]
async fn one_call_more_than_may_be_at_work_is_refused_and_comes_in_when_another_is_done() {
    let world = world(LimitsConfig { calls_in_flight: 2, ..LimitsConfig::default() }).await;
    let mut client = world.client().await;
    let call = |mut client: Client| tokio::spawn(async move { head(&mut client, "wait").await });
    let mut calls = vec![call(client.clone()), call(client.clone())];
    world.entered().await;
    world.entered().await;

    let refusal = head(&mut client, "acme").await.unwrap_err();
    check_refusal(&refusal, Code::ResourceExhausted, "TOO_MANY_CALLS");
    // Who needs no room is not asked whether there is any.
    client.subscribe_events(subscription("x")).await.unwrap();
    let health = raw::call(world.running.address, "/grpc.health.v1.Health/Check", &[], vec![]).await;
    assert_eq!(health.code(), Code::Ok, "{health:?}");

    world.stub.gate.add_permits(1);
    let (done, _, others) = futures_util::future::select_all(calls).await;
    assert_eq!(done.unwrap().unwrap(), 7);
    calls = others;
    assert_eq!(head(&mut client, "acme").await.unwrap(), 7);
    world.stub.gate.add_permits(1);
    assert_eq!(calls.remove(0).await.unwrap().unwrap(), 7);
}

#[tokio::test]
async fn a_tenant_with_three_quarters_of_all_calls_has_no_more_and_another_comes_in() {
    let world = world(LimitsConfig { calls_in_flight: 4, ..LimitsConfig::default() }).await;
    let mut client = world.client().await;
    let call = |mut client: Client| tokio::spawn(async move { head(&mut client, "wait").await });
    let mut calls = Vec::new();
    for _ in 0..3 {
        calls.push(call(client.clone()));
        world.entered().await;
    }
    let refusal = head(&mut client, "acme").await.unwrap_err();
    check_refusal(&refusal, Code::ResourceExhausted, "TOO_MANY_CALLS");

    let other = Caller::user("other", "bob", handoff_domain::actor::Side::Sales);
    let mut other = Client::new(client::connect(&world.running.endpoint(), &other).await.unwrap());
    assert_eq!(head(&mut other, "acme").await.unwrap(), 7);
    world.stub.gate.add_permits(3);
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), 7);
    }
}

/// Half a request takes nobody's place, and the rest of it is answered when it comes.
#[tokio::test]
async fn a_call_has_its_place_from_when_its_request_is_whole() {
    let world = world(LimitsConfig { calls_in_flight: 1, ..LimitsConfig::default() }).await;
    let tcp = TcpStream::connect(world.running.address).await.unwrap();
    let (mut sender, connection) = h2::client::handshake(tcp).await.unwrap();
    tokio::spawn(connection);
    let mut halves = Vec::new();
    for _ in 0..5 {
        let mut request =
            Request::post(format!("http://half{HEAD}")).header("content-type", "application/grpc");
        for (name, value) in IDENTITY {
            request = request.header(name, value);
        }
        sender = sender.ready().await.unwrap();
        let (answer, mut body) = sender.send_request(request.body(()).unwrap(), false).unwrap();
        body.send_data(raw::framed(&raw::head_of("")).into(), false).unwrap();
        halves.push((answer, body));
    }
    let mut client = world.client().await;
    assert_eq!(head(&mut client, "acme").await.unwrap(), 7);
    for (answer, mut body) in halves {
        body.send_data(Vec::new().into(), true).unwrap();
        assert!(answer.await.unwrap().headers().get("grpc-status").is_none(), "an answer and no refusal");
    }
}

/// Whoever gives up has its place taken from it too.
#[tokio::test]
async fn a_call_that_is_cancelled_makes_room() {
    let world = world(LimitsConfig { calls_in_flight: 1, ..LimitsConfig::default() }).await;
    let mut client = world.client().await;
    for _ in 0..3 {
        let mut waits = client.clone();
        let call = tokio::spawn(async move { head(&mut waits, "wait").await });
        world.entered().await;
        call.abort();
        // The cancellation is under way; what comes after it on the same connection is read after it.
        let mut tries = 0;
        while let Err(refusal) = head(&mut client, "acme").await {
            check_refusal(&refusal, Code::ResourceExhausted, "TOO_MANY_CALLS");
            tries += 1;
            assert!(tries < 10_000, "its place is never given back");
        }
    }
}

#[tokio::test]
async fn a_tenant_that_calls_too_often_is_told_when_to_come_back_and_another_is_not() {
    let limits =
        LimitsConfig { tenant_calls_per_second: Some(std::num::NonZeroU32::MIN), ..LimitsConfig::default() };
    let world = world(limits).await;
    let mut client = world.client().await;
    assert_eq!(head(&mut client, "acme").await.unwrap(), 7);
    let mut refusals = Vec::new();
    for _ in 0..100 {
        refusals.extend(head(&mut client, "acme").await.err());
    }
    // A hundred calls take no hundred seconds.
    let refusal = refusals.last().expect("one a second");
    check_refusal(refusal, Code::ResourceExhausted, "RATE_EXCEEDED");
    let delay = refusal.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert!(delay <= Duration::from_secs(1), "{delay:?}");

    let other = Caller::user("other", "bob", handoff_domain::actor::Side::Sales);
    let mut other = Client::new(client::connect(&world.running.endpoint(), &other).await.unwrap());
    assert_eq!(head(&mut other, "acme").await.unwrap(), 7);
    client.subscribe_events(subscription("x")).await.unwrap();
}

#[tokio::test]
async fn a_stream_that_brings_nothing_ends_and_says_that_it_may_be_opened_again() {
    let limits = LimitsConfig { stream_idle: Duration::from_millis(50), ..LimitsConfig::default() };
    let world = world(limits).await;
    let mut client = world.client().await;
    for _ in 0..2 {
        let mut stream = client.subscribe_events(subscription("x")).await.unwrap().into_inner();
        let end = stream.message().await.unwrap_err();
        check_refusal(&end, Code::Unavailable, "STREAM_OVER");
    }
    let status = raw::call(world.running.address, SUBSCRIBE, &IDENTITY, raw::no_cursors()).await;
    check_refusal(&status, Code::Unavailable, "STREAM_OVER");
}

#[tokio::test]
async fn a_consumer_whose_stream_is_over_opens_it_again_and_goes_on_from_its_cursors() {
    let limits = LimitsConfig { stream_idle: Duration::from_millis(50), ..LimitsConfig::default() };
    let world = world(limits).await;
    let tenant = handoff_domain::id::TenantId::from_slug("acme");
    let message = |position| SubscribeEventsResponse {
        tenant_uid: tenant.to_string(),
        events: vec![Event { position, ..Event::default() }],
    };
    let scripts = (1..=5).map(|position| vec![message(position)]);
    world.stub.scripts.lock().unwrap().extend(scripts);
    let effects = Effects::default();
    let (log, shutdown, task) = effects.follow(&world.running.endpoint());
    reached(&log, "acme", 5).await;
    assert_eq!(effects.of("acme"), [1, 2, 3, 4, 5]);
    let cursors = world.stub.cursors.lock().unwrap().clone();
    let positions: Vec<i64> = cursors.iter().filter_map(|given| Some(given.first()?.position)).collect();
    assert_eq!(positions[..4], [1, 2, 3, 4], "each from where the one before ended");
    shutdown.request();
    task.await.unwrap();
}

#[tokio::test]
async fn limits_that_do_not_fit_together_refuse_the_start_all_at_once() {
    let limits =
        LimitsConfig { stream_window_bytes: 8 << 20, answer_bytes: 4 << 20, ..LimitsConfig::default() };
    let config = ServiceConfig { limits, ..ServiceConfig::on_loopback(NOWHERE) };
    let refusal = config.open().await.map(drop).unwrap_err();
    let StartError::Configuration { faults } = refusal else { panic!("{refusal:?}") };
    assert!(
        faults[0].contains("--stream-window-bytes") && faults[1].contains("--answer-bytes"),
        "{faults:?}"
    );
}
