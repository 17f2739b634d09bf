//! Compressed messages: taken and sent where that is switched on, unpacked only for who may call, and never beyond the size
//! of a request. What a process holds of a bomb is looked at in the suite of whole processes (`tests/tests/it/web.rs`).

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use handoff_proto::event::v1::{GetLogHeadResponse, SubscribeEventsResponse};
use handoff_runtime::config::{LimitsConfig, ServiceConfig};
use prost::Message;
use tokio::net::TcpStream;
use tonic::Code;
use tonic::codec::CompressionEncoding::Gzip;

use crate::browser::{self, BINARY};
use crate::raw::{self, Answer, HEAD, IDENTITY, SUBSCRIBE, head_of, no_cursors};
use crate::stub::{NOWHERE, World, head, subscription};

const PACKED: (&str, &str) = ("grpc-encoding", "gzip");
const ASKED: (&str, &str) = ("grpc-accept-encoding", "identity,gzip");

async fn world(limits: LimitsConfig) -> World {
    let limits = LimitsConfig { drain_wait: Duration::ZERO, ..limits };
    let mut config = ServiceConfig { limits, ..ServiceConfig::on_loopback(NOWHERE) };
    config.server.compression = true;
    config.server.grpc_web_origins = vec!["https://app.example.com".parse().unwrap()];
    World::with(config).await
}

fn packed(message: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(message).unwrap();
    encoder.finish().unwrap()
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut message).unwrap();
    message
}

/// A message in a frame that says that it is compressed.
fn flagged(bytes: &[u8]) -> Vec<u8> {
    let mut frame = raw::framed(bytes);
    frame[0] = 1;
    frame
}

async fn call(address: SocketAddr, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    raw::answer_over(TcpStream::connect(address).await.unwrap(), path, headers, body).await
}

/// What Ada asks for besides.
fn ada(headers: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    [&IDENTITY[..], headers].concat()
}

#[tokio::test]
async fn switched_off_what_is_compressed_is_unimplemented_and_nothing_is_sent_so() {
    let world = World::start().await;
    let body = flagged(&packed(&head_of("acme")));
    let refused = call(world.running.address, HEAD, &ada(&[PACKED]), body).await;
    assert_eq!(refused.status.code(), Code::Unimplemented, "{refused:?}");
    assert_eq!(refused.headers["grpc-accept-encoding"], "identity", "what is taken is told");
    let plain = call(world.running.address, HEAD, &ada(&[ASKED]), raw::framed(&head_of("acme"))).await;
    assert_eq!(plain.status.code(), Code::Ok, "{plain:?}");
    assert!(plain.headers.get("grpc-encoding").is_none() && plain.body[0] == 0, "{plain:?}");
}

#[tokio::test]
async fn switched_on_requests_are_unpacked_and_answers_packed_for_who_asks() {
    let world = world(LimitsConfig::default()).await;
    let address = world.running.address;
    let plain = || raw::framed(&head_of("acme"));
    let gzip = || flagged(&packed(&head_of("acme")));
    for (headers, body, is_packed) in [
        (ada(&[]), plain(), false),
        (ada(&[PACKED]), gzip(), false),
        (ada(&[ASKED]), plain(), true),
        (ada(&[PACKED, ASKED]), gzip(), true),
        // A message may be sent as it is where others are not.
        (ada(&[PACKED]), plain(), false),
        (ada(&[("grpc-accept-encoding", "deflate, zstd")]), plain(), false),
    ] {
        let answer = call(address, HEAD, &headers, body).await;
        assert_eq!(answer.status.code(), Code::Ok, "{headers:?}: {answer:?}");
        let [flag, _, _, _, _, message @ ..] = answer.body.as_slice() else { panic!("{answer:?}") };
        assert_eq!(*flag == 1, is_packed, "{headers:?}: {answer:?}");
        assert_eq!(answer.headers.get("grpc-encoding").is_some(), is_packed);
        let message = if is_packed { unpacked(message) } else { message.to_vec() };
        assert_eq!(GetLogHeadResponse::decode(message.as_slice()).unwrap().position, 7);
    }
    let health = call(address, "/grpc.health.v1.Health/Check", &[PACKED], flagged(&packed(&[]))).await;
    assert_eq!(health.status.code(), Code::Ok, "{health:?}");
}

#[tokio::test]
async fn a_stream_is_packed_message_by_message() {
    let limits = LimitsConfig { stream_idle: Duration::from_millis(50), ..LimitsConfig::default() };
    let world = world(limits).await;
    let message = SubscribeEventsResponse { tenant_uid: "x".repeat(10_000), events: vec![] };
    world.stub.scripts.lock().unwrap().push_back(vec![message.clone(), message.clone()]);
    let answer = call(world.running.address, SUBSCRIBE, &ada(&[ASKED]), raw::framed(&no_cursors())).await;
    assert!(answer.body.len() < 1_000, "{}", answer.body.len());
    let (mut rest, mut seen) = (answer.body.as_slice(), 0);
    while let [1, a, b, c, d, more @ ..] = rest {
        let (bytes, after) = more.split_at(u32::from_be_bytes([*a, *b, *c, *d]) as usize);
        assert_eq!(unpacked(bytes), message.encode_to_vec());
        (rest, seen) = (after, seen + 1);
    }
    assert!(rest.is_empty() && seen == 2, "{answer:?}");
}

#[tokio::test]
async fn tonics_own_client_is_understood_and_understands() {
    let world = world(LimitsConfig::default()).await;
    let mut client = world.client().await.send_compressed(Gzip).accept_compressed(Gzip);
    assert_eq!(head(&mut client, &"x".repeat(100_000)).await.unwrap(), 7);
}

#[tokio::test]
async fn what_unpacks_to_one_byte_more_than_a_request_may_have_is_refused() {
    let world = world(LimitsConfig { request_bytes: 64 << 10, ..LimitsConfig::default() }).await;
    let address = world.running.address;
    // A field takes a byte for its number and three for a length of this size.
    let most = (64 << 10) - 4;
    for (bytes, code) in [
        (most, Code::Ok),
        (most + 1, Code::ResourceExhausted),
        // A thousand times what is sent.
        (32 << 20, Code::ResourceExhausted),
    ] {
        let small = packed(&head_of(&"x".repeat(bytes)));
        let answer = call(address, HEAD, &ada(&[PACKED]), flagged(&small)).await;
        assert_eq!(answer.status.code(), code, "{bytes}: {:?}", answer.status);
    }
    let mut client = world.client().await;
    assert_eq!(head(&mut client, "acme").await.unwrap(), 7);
}

#[tokio::test]
async fn nothing_is_unpacked_for_who_may_not_call() {
    let world = world(LimitsConfig::default()).await;
    let address = world.running.address;
    let operator = ada(&[("handoff-roles", "OPERATOR"), PACKED]);
    // What cannot be unpacked would be INTERNAL, and what is too large RESOURCE_EXHAUSTED.
    for body in [flagged(b"no gzip"), flagged(&packed(&head_of(&"x".repeat(8 << 20))))] {
        for (path, headers, code) in [
            (HEAD, &[PACKED][..], Code::Unauthenticated),
            (HEAD, &operator, Code::PermissionDenied),
            ("/handoff.event.v1.EventLogService/None", &ada(&[PACKED]), Code::Unimplemented),
        ] {
            let refused = call(address, path, headers, body.clone()).await;
            assert_eq!(refused.status.code(), code, "{path}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn what_is_wrongly_compressed_is_refused_and_hurts_no_other_call() {
    let world = world(LimitsConfig::default()).await;
    let address = world.running.address;
    let good = packed(&head_of("acme"));
    let mut torn = good.clone();
    torn.truncate(good.len() - 9);
    let mut wrong_sum = good.clone();
    let sum = wrong_sum.len() - 8;
    wrong_sum[sum] ^= 1;
    for (headers, body, code) in [
        (ada(&[PACKED]), flagged(b"no gzip"), Code::Internal),
        (ada(&[PACKED]), flagged(&torn), Code::Internal),
        (ada(&[PACKED]), flagged(&wrong_sum), Code::Internal),
        // It says that it is, and not how.
        (ada(&[]), flagged(&good), Code::Internal),
        (ada(&[("grpc-encoding", "deflate")]), flagged(&good), Code::Unimplemented),
        (ada(&[("grpc-encoding", "GZIP")]), flagged(&good), Code::Unimplemented),
    ] {
        let refused = call(address, HEAD, &headers, body).await;
        assert_eq!(refused.status.code(), code, "{headers:?}: {refused:?}");
        if code == Code::Unimplemented {
            assert_eq!(refused.headers["grpc-accept-encoding"], "gzip,identity");
        }
    }
    assert_eq!(call(address, HEAD, &ada(&[PACKED]), flagged(&good)).await.status.code(), Code::Ok);
}

#[tokio::test]
async fn an_answer_is_as_large_as_it_is_sent() {
    let most = 4 << 20;
    let limits = LimitsConfig { request_bytes: 64 << 10, answer_bytes: most, ..LimitsConfig::default() };
    let world = world(limits).await;
    let message = SubscribeEventsResponse { tenant_uid: "x".repeat(most), events: vec![] };
    for (is_asked, expected) in [(false, Err(Code::OutOfRange)), (true, Ok(most + 5))] {
        world.stub.scripts.lock().unwrap().push_back(vec![message.clone()]);
        let client = world.client().await.max_decoding_message_size(2 * most);
        let mut client = if is_asked { client.accept_compressed(Gzip) } else { client };
        let mut stream = client.subscribe_events(subscription("x")).await.unwrap().into_inner();
        let got = stream.message().await.map(|message| message.unwrap().encoded_len());
        assert_eq!(got.map_err(|status| status.code()), expected);
    }
}

#[tokio::test]
async fn a_page_gets_what_it_can_read() {
    let world = world(LimitsConfig::default()).await;
    let address = world.running.address;
    for (headers, flag) in [(ada(&[]), 0), (ada(&[("accept-encoding", "gzip")]), 0), (ada(&[ASKED]), 1)] {
        let answer = browser::call(address, HEAD, BINARY, &headers, &head_of("acme")).await;
        let (messages, status) = answer.messages();
        assert_eq!(status.code(), Code::Ok);
        assert_eq!(messages[0].0, flag, "{headers:?}");
    }
}
