//! gRPC-Web: pages of the configured origins call like everybody else, others and whatever else HTTP/1.1 can carry do not.

use std::time::Duration;

use handoff_proto::event::v1::{GetLogHeadResponse, SubscribeEventsResponse};
use handoff_runtime::config::{IdentityConfig, LimitsConfig, ServiceConfig};
use handoff_runtime::limits;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tonic::Code;
use tonic_types::StatusExt;

use crate::browser::{self, Answer, BINARY, TEXT, http1, http2};
use crate::raw::{self, HEAD, IDENTITY, SUBSCRIBE, head_of, no_cursors};
use crate::stub::{NOWHERE, World};

const APP: &str = "https://app.example.com";
const OTHER: &str = "http://localhost:3000";

fn config() -> ServiceConfig {
    let mut config = ServiceConfig::on_loopback(NOWHERE);
    config.server.grpc_web_origins = vec![APP.parse().unwrap(), OTHER.parse().unwrap()];
    config
}

async fn world() -> World {
    World::with(config()).await
}

async fn limited(limits: LimitsConfig) -> World {
    let limits = LimitsConfig { drain_wait: Duration::ZERO, ..limits };
    World::with(ServiceConfig { limits, ..config() }).await
}

/// What a page sends besides.
fn page(origin: &'static str) -> Vec<(&'static str, &'static str)> {
    [&IDENTITY[..], &[("origin", origin)]].concat()
}

fn position(answer: &Answer) -> i64 {
    let (messages, status) = answer.messages();
    assert_eq!(status.code(), Code::Ok, "{answer:?}");
    let [(0, message)] = messages.as_slice() else { panic!("{answer:?}") };
    GetLogHeadResponse::decode(message.as_slice()).unwrap().position
}

#[tokio::test]
async fn a_page_calls_in_binary_and_in_text_over_both_versions_of_http() {
    let world = world().await;
    let address = world.running.address;
    for kind in [BINARY, TEXT, "application/grpc-web", "application/grpc-web-text+proto"] {
        let answer = browser::call(address, HEAD, kind, &page(APP), &head_of("acme")).await;
        assert_eq!(position(&answer), 7);
        assert_eq!(answer.header("access-control-allow-origin"), APP);
        assert_eq!(answer.header("access-control-allow-credentials"), "", "a page sends its token itself");
        for readable in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
            assert!(answer.header("access-control-expose-headers").contains(readable), "{answer:?}");
        }
    }
    for kind in [BINARY, TEXT] {
        let headers = [&page(OTHER)[..], &[("content-type", kind), ("accept", kind)]].concat();
        let answer = http2(address, "POST", HEAD, &headers, &browser::body(kind, &head_of("acme"))).await;
        assert_eq!(position(&answer), 7);
        assert_eq!(answer.header("access-control-allow-origin"), OTHER);
    }
    assert_eq!(raw::call(address, HEAD, &IDENTITY, head_of("acme")).await.code(), Code::Ok, "gRPC as before");
}

#[tokio::test]
async fn a_stream_comes_message_by_message_and_ends_with_its_status() {
    let world =
        limited(LimitsConfig { stream_idle: Duration::from_millis(50), ..LimitsConfig::default() }).await;
    for kind in [BINARY, TEXT] {
        let script: Vec<_> = ["one", "two", "three"]
            .map(|tenant| SubscribeEventsResponse { tenant_uid: tenant.into(), events: vec![] })
            .into();
        world.stub.scripts.lock().unwrap().push_back(script.clone());
        let answer = browser::call(world.running.address, SUBSCRIBE, kind, &page(APP), &no_cursors()).await;
        let (messages, end) = answer.messages();
        let messages: Vec<_> = messages
            .iter()
            .map(|(_, bytes)| SubscribeEventsResponse::decode(bytes.as_slice()).unwrap())
            .collect();
        assert_eq!(messages, script);
        assert_eq!(end.code(), Code::Unavailable);
        assert_eq!(end.get_details_error_info().unwrap().reason, "STREAM_OVER", "details come through");
    }
}

#[tokio::test]
async fn a_refusal_can_be_read_by_the_page() {
    let world = world().await;
    let answer = browser::call(world.running.address, HEAD, BINARY, &page(APP), &head_of("who")).await;
    assert_eq!(answer.code(), Code::Unknown);
    assert!(answer.messages().1.message().contains("users/ada"), "{answer:?}");
    assert_eq!(answer.header("access-control-allow-origin"), APP);
}

#[tokio::test]
async fn a_browser_that_asks_first_is_answered_without_an_identity() {
    let world = world().await;
    let ask = |origin| {
        [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type,handoff-tenant,x-grpc-web"),
        ]
    };
    for (version, answer) in [
        (1, http1(world.running.address, "OPTIONS", HEAD, &ask(APP), b"").await),
        (2, http2(world.running.address, "OPTIONS", HEAD, &ask(APP), b"").await),
    ] {
        assert_eq!(answer.status, 200, "HTTP/{version}: {answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), APP);
        assert_eq!(answer.header("access-control-allow-methods"), "POST");
        assert_eq!(answer.header("access-control-max-age"), "7200");
        let allowed: Vec<&str> = answer.header("access-control-allow-headers").split(',').collect();
        for sent in [
            "content-type",
            "authorization",
            "x-grpc-web",
            "x-user-agent",
            "grpc-timeout",
            "handoff-tenant",
            "traceparent",
            "tracestate",
            "x-request-id",
            "handoff-user",
        ] {
            assert!(allowed.contains(&sent), "{sent}: {allowed:?}");
        }
        assert!(!allowed.contains(&"x-forwarded-client-cert") && !allowed.contains(&"*"), "{allowed:?}");
        assert!(answer.header("grpc-status").is_empty(), "no method was asked");
    }
}

#[tokio::test]
async fn headers_of_development_are_none_that_a_page_may_send_in_earnest() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("workloads.toml");
    std::fs::write(&list, crate::sources::LIST).unwrap();
    let identity = IdentityConfig {
        insecure_dev: false,
        mesh: Some("linkerd".parse().unwrap()),
        workloads: Some(list),
        ..IdentityConfig::insecure()
    };
    let world = World::with(ServiceConfig { identity, ..config() }).await;
    let ask = [("origin", APP), ("access-control-request-method", "POST")];
    let answer = http1(world.running.address, "OPTIONS", HEAD, &ask, b"").await;
    let allowed = answer.header("access-control-allow-headers");
    assert!(allowed.contains("handoff-tenant") && !allowed.contains("handoff-user"), "{allowed}");
    // The mesh's word counts as it does for others: one header, from its proxies, on the list.
    let web = ("l5d-client-id", "web.shop.serviceaccount.identity.linkerd.cluster.local");
    for (headers, code) in [
        (vec![web, ("handoff-tenant", "acme")], Code::Ok),
        (vec![web, web, ("handoff-tenant", "acme")], Code::Unauthenticated),
        (vec![web, ("handoff-tenant", "initech")], Code::PermissionDenied),
        (vec![("x-forwarded-client-cert", "URI=spiffe://mesh/ns/handoff/sa/sla")], Code::Unauthenticated),
        (IDENTITY.to_vec(), Code::Unauthenticated),
    ] {
        let answer = browser::call(world.running.address, HEAD, BINARY, &headers, &head_of("acme")).await;
        assert_eq!(answer.code(), code, "{headers:?}");
    }
}

/// Not only unreadable for the page: a browser would deliver the call all the same.
#[tokio::test]
async fn a_page_of_another_origin_reaches_nothing() {
    let world = world().await;
    let address = world.running.address;
    for origin in [
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.example",
        "https://APP.example.com",
        "null",
        "",
    ] {
        let ask = [("origin", origin), ("access-control-request-method", "POST")];
        for answer in [
            http1(address, "OPTIONS", HEAD, &ask, b"").await,
            http2(address, "OPTIONS", HEAD, &ask, b"").await,
            browser::call(address, HEAD, BINARY, &page_of(origin), &head_of("acme")).await,
            // What needs no question before it.
            http2(address, "POST", HEAD, &page_of(origin), &raw::framed(&head_of("acme"))).await,
        ] {
            assert_eq!(answer.status, 403, "{origin}: {answer:?}");
            assert_eq!(answer.header("access-control-allow-origin"), "");
        }
    }
    let both = [&page(APP)[..], &[("origin", "https://evil.example")]].concat();
    let answer = browser::call(address, HEAD, BINARY, &both, &head_of("acme")).await;
    assert_eq!(answer.status, 403);
}

fn page_of(origin: &str) -> Vec<(&str, &str)> {
    let mut headers: Vec<(&str, &str)> = IDENTITY.to_vec();
    headers.push(("origin", origin));
    headers
}

#[tokio::test]
async fn without_origins_there_is_no_grpc_web_and_no_http1() {
    let world = World::start().await;
    let address = world.running.address;
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(&browser::head("POST", HEAD, &page(APP), 0)).await.unwrap();
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1"), "{answer:?}");
    let answer = http2(address, "OPTIONS", HEAD, &[("origin", APP)], b"").await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    let headers = [&page(APP)[..], &[("content-type", TEXT)]].concat();
    // Base64 is no message.
    let mut request = http::Request::post(format!("http://{address}{HEAD}"));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let (sender, connection) =
        h2::client::handshake(TcpStream::connect(address).await.unwrap()).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = request.body(()).unwrap();
    let (answer, mut body) = sender.ready().await.unwrap().send_request(request, false).unwrap();
    body.send_data(browser::body(TEXT, &head_of("acme")).into(), true).unwrap();
    assert_ne!(answer.await.unwrap().headers()["grpc-status"], "0");
    connection.abort();
}

#[tokio::test]
async fn who_calls_and_which_method_is_decided_as_for_everybody() {
    let world = world().await;
    let address = world.running.address;
    // A body that is no message: whoever is refused is refused before it is read.
    let nonsense = [0xff; 8];
    for headers in [&[][..], &IDENTITY[..1], &[("handoff-user", "users/ada"), ("handoff-side", "BOTH")]] {
        let answer = browser::call(address, HEAD, BINARY, headers, &nonsense).await;
        assert_eq!(answer.code(), Code::Unauthenticated, "{answer:?}");
        assert!(
            answer.body.is_empty() && answer.header("grpc-status") == "16",
            "told in the headers: {answer:?}"
        );
    }
    let reader = [&IDENTITY[..], &[("handoff-roles", "OPERATOR")]].concat();
    let answer = browser::call(address, HEAD, BINARY, &reader, &nonsense).await;
    assert_eq!(answer.code(), Code::PermissionDenied, "{answer:?}");
    for path in [
        HEAD.trim_start_matches('/').to_owned(),
        format!("/{HEAD}"),
        format!("{HEAD}/"),
        HEAD.to_lowercase(),
        HEAD.replace("GetLogHead", "getLogHead"),
        HEAD.replace("EventLog", "Event%4Cog"),
        HEAD.replace("/GetLogHead", "%2FGetLogHead"),
        "/handoff.event.v1.EventLogService/None".to_owned(),
        "/".to_owned(),
    ] {
        let answer = browser::call(address, &path, BINARY, &IDENTITY, &head_of("acme")).await;
        // Without a slash it is no request of HTTP/1.1 at all.
        if path.starts_with('/') {
            assert_eq!(answer.code(), Code::Unimplemented, "{path}: {answer:?}");
        } else {
            assert_eq!(answer.status, 400, "{path}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn over_http1_there_is_nothing_but_grpc_web() {
    let world = world().await;
    let address = world.running.address;
    for (method, kind, status) in [
        ("POST", "application/grpc", 400),
        ("POST", "application/json", 400),
        ("POST", "text/plain", 400),
        ("GET", "text/html", 400),
        ("GET", BINARY, 405),
        ("PUT", BINARY, 405),
        ("CONNECT", BINARY, 400),
    ] {
        let headers = [&IDENTITY[..], &[("content-type", kind)]].concat();
        let path = if method == "CONNECT" { "here:80" } else { HEAD };
        let answer = http1(address, method, path, &headers, &raw::framed(&head_of("acme"))).await;
        let is_refused = answer.status == status || (method == "CONNECT" && answer.status == 405);
        assert!(is_refused && answer.header("grpc-status").is_empty(), "{method} {kind}: {answer:?}");
    }
    // Nobody gets another protocol out of it.
    let upgrade =
        [&IDENTITY[..], &[("connection", "upgrade"), ("upgrade", "h2c"), ("content-type", BINARY)]].concat();
    let answer = http1(address, "POST", HEAD, &upgrade, &raw::framed(&head_of("acme"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn a_request_is_as_large_as_over_http2_and_not_one_byte_larger() {
    let world = limited(LimitsConfig { request_bytes: 64 << 10, ..LimitsConfig::default() }).await;
    // A field takes a byte for its number and three for a length of this size.
    let most = (64 << 10) - 4;
    for kind in [BINARY, TEXT] {
        for (bytes, code) in [(most, Code::Ok), (most + 1, Code::OutOfRange)] {
            let message = head_of(&"x".repeat(bytes));
            let answer = browser::call(world.running.address, HEAD, kind, &page(APP), &message).await;
            assert_eq!(answer.code(), code, "{kind}");
        }
    }
    // Announced is enough; and what never ends is not collected.
    let mut connection = TcpStream::connect(world.running.address).await.unwrap();
    let headers = [&page(APP)[..], &[("content-type", BINARY), ("accept", BINARY)]].concat();
    connection.write_all(&browser::head("POST", HEAD, &headers, 1 << 30)).await.unwrap();
    connection.write_all(&[0, 0x40, 0, 0, 0]).await.unwrap();
    assert_eq!(browser::read(&mut connection).await.code(), Code::OutOfRange);
}

#[tokio::test]
async fn what_is_no_base64_is_refused() {
    let world = world().await;
    for body in ["!!!!", "AAAA=", "AAA", "AA==AA"] {
        let headers = [&page(APP)[..], &[("content-type", TEXT), ("accept", TEXT)]].concat();
        let answer = http1(world.running.address, "POST", HEAD, &headers, body.as_bytes()).await;
        assert_eq!(answer.code(), Code::Internal, "{body}: {answer:?}");
    }
}

#[tokio::test]
async fn headers_over_http1_are_as_large_as_over_http2_and_not_one_byte_larger() {
    let world = limited(LimitsConfig { header_bytes: 8 << 10, ..LimitsConfig::default() }).await;
    let address = world.running.address;
    let body = raw::framed(&head_of("acme"));
    let length = body.len().to_string();
    let fixed = [
        (":method", "POST"),
        (":path", HEAD),
        ("host", "here"),
        ("connection", "close"),
        ("content-type", BINARY),
        ("content-length", &length),
        ("x-large", ""),
    ];
    let size: usize = fixed.iter().chain(&page(APP)).map(|(name, value)| name.len() + value.len() + 32).sum();
    for (more, status) in [(0, 200), (1, 431)] {
        let large = "x".repeat((8 << 10) - size + more);
        let headers = [&page(APP)[..], &[("content-type", BINARY), ("x-large", &large)]].concat();
        assert_eq!(http1(address, "POST", HEAD, &headers, &body).await.status, status);
    }
    // Far beyond it hyper stops to read by itself.
    let many: Vec<_> = (0..101).map(|_| ("x-many", "x")).collect();
    assert_eq!(http1(address, "POST", HEAD, &many, b"").await.status, 431);
    let large = "x".repeat(1 << 20);
    assert_eq!(http1(address, "POST", HEAD, &[("x-large", &large)], b"").await.status, 431);
}

/// On a clock that runs ahead as soon as everybody waits.
#[tokio::test(start_paused = true)]
async fn headers_that_do_not_come_and_connections_that_say_nothing_are_ended() {
    let world = world().await;
    let whole = browser::head("POST", HEAD, &page(APP), 0);
    let next = [&page(APP)[..], &[("content-type", BINARY)]].concat();
    let kept = String::from_utf8(browser::head("POST", HEAD, &next, 8))
        .unwrap()
        .replace("connection: close\r\n", "");
    let kept = [kept.as_bytes(), &raw::framed(&[0x0a, 1, b'x'])].concat();
    for said in [&whole[..20], &kept] {
        let mut connection = TcpStream::connect(world.running.address).await.unwrap();
        let begun = Instant::now();
        connection.write_all(said).await.unwrap();
        let mut answer = Vec::new();
        let _ = connection.read_to_end(&mut answer).await;
        let waited = begun.elapsed();
        assert!(waited >= limits::HTTP1_HEAD && waited < limits::HTTP1_HEAD * 2, "{waited:?}");
    }
}

#[tokio::test]
async fn what_is_said_over_http1_is_not_counted_as_frames() {
    let world = world().await;
    let mut connection = TcpStream::connect(world.running.address).await.unwrap();
    let headers = [&page(APP)[..], &[("content-type", BINARY)]].concat();
    // Zeros read as heads would be empty frames, more than any connection has in stock; letters before them, as the head
    // of one so large that two of these bodies may lie in it.
    let body = raw::framed(&head_of(&"\0".repeat(limits::REQUEST_BYTES - 5)));
    let request = String::from_utf8(browser::head("POST", HEAD, &headers, body.len())).unwrap();
    let request = [request.replace("connection: close\r\n", "").as_bytes(), &body].concat();
    for _ in 0..4 {
        connection.write_all(&request).await.unwrap();
        let mut answer = Vec::new();
        // The trailers' frame ends an answer.
        while !answer.ends_with(b"\r\n0\r\n\r\n") {
            assert_ne!(connection.read_buf(&mut answer).await.unwrap(), 0, "it goes on");
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn a_call_of_a_page_in_flight_finishes_when_the_server_stops() {
    let world = world().await;
    let address = world.running.address;
    let call =
        tokio::spawn(async move { browser::call(address, HEAD, BINARY, &page(APP), &head_of("wait")).await });
    world.entered().await;
    world.shutdown.request();
    world.stub.gate.add_permits(1);
    assert_eq!(position(&call.await.unwrap()), 7);
    world.running.join().await;
}

#[tokio::test]
async fn a_page_that_gives_no_time_gets_the_usual_and_a_short_one_is_kept() {
    let world = world().await;
    let headers = [&page(APP)[..], &[("grpc-timeout", "20m")]].concat();
    let answer = browser::call(world.running.address, HEAD, BINARY, &headers, &head_of("never")).await;
    assert_eq!(answer.code(), Code::DeadlineExceeded);
}
