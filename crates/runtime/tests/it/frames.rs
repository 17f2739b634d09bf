//! What a connection is told and held to, frame by frame: windows, signs of life, its age. A client of HTTP/2 that thinks
//! along would keep to all of it by itself.

use std::net::SocketAddr;
use std::time::Duration;

use handoff_runtime::config::{LimitsConfig, ServiceConfig};
use handoff_runtime::limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::raw::{HEAD, IDENTITY, framed, head_of};
use crate::stub::{NOWHERE, World};

const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const RST_STREAM: u8 = 0x3;
const SETTINGS: u8 = 0x4;
const PING: u8 = 0x6;
const GOAWAY: u8 = 0x7;
const WINDOW_UPDATE: u8 = 0x8;
const ACK: u8 = 0x1;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const FLOW_CONTROL_ERROR: u32 = 0x3;
/// The window of a connection before anybody has said anything (RFC 9113, 6.9.2).
const USUAL_WINDOW: u32 = 65_535;
/// The setting with the window of a stream.
const INITIAL_WINDOW_SIZE: u16 = 0x4;
/// The longest payload of a frame.
const FRAME: usize = 16_384;

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    fn number(&self) -> u32 {
        u32::from_be_bytes(self.payload[..4].try_into().unwrap())
    }
}

struct Connection(TcpStream);

impl Connection {
    /// With what every client says first.
    async fn open(address: SocketAddr) -> Self {
        let mut tcp = TcpStream::connect(address).await.unwrap();
        tcp.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        tcp.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
        Self(tcp)
    }

    /// None once the server has closed it.
    async fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await.ok()?;
        let [a, b, c, kind, flags, d, e, f, g] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.0.read_exact(&mut payload).await.ok()?;
        Some(Frame { kind, flags, stream: u32::from_be_bytes([d, e, f, g]), payload })
    }

    async fn until(&mut self, is_it: impl Fn(&Frame) -> bool) -> Frame {
        loop {
            let frame = self.next().await.expect("it goes on until that comes");
            if is_it(&frame) {
                return frame;
            }
        }
    }

    async fn say(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// How a call begins that says this of its caller.
fn begun(stream: u32, caller: &[(&str, &str)]) -> Vec<u8> {
    let fixed = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "here"),
        (":path", HEAD),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    let mut block = Vec::new();
    for (name, value) in fixed.iter().chain(caller) {
        // Literals that nobody remembers, each shorter than what needs a longer number.
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.as_bytes());
        }
    }
    frame(HEADERS, END_HEADERS, stream, &block)
}

/// A call whose body has so many bytes, all of them in one piece.
fn call(stream: u32, bytes: usize) -> Vec<u8> {
    // Before the message stand its flag and its length, and before its only field a byte and the field's length.
    let length = if bytes < 128 { 1 } else { 3 };
    let body = framed(&head_of(&"x".repeat(bytes - 5 - 1 - length)));
    assert_eq!(body.len(), bytes);
    let mut out = begun(stream, &IDENTITY);
    for piece in body.chunks(FRAME) {
        out.extend(frame(DATA, 0, stream, piece));
    }
    out
}

async fn world(limits: LimitsConfig) -> World {
    let limits = LimitsConfig { drain_wait: Duration::ZERO, ..limits };
    World::with(ServiceConfig { limits, ..ServiceConfig::on_loopback(NOWHERE) }).await
}

/// As large as it is told, and not one byte more. On one thread the server reads the whole call before it is worked on.
#[tokio::test]
async fn a_call_may_have_its_window_unread_and_not_one_byte_more() {
    let window: u32 = 20 << 10;
    let world = world(LimitsConfig { stream_window_bytes: window, ..LimitsConfig::default() }).await;
    let mut connection = Connection::open(world.running.address).await;
    let told = connection.until(|frame| frame.kind == SETTINGS && frame.flags & ACK == 0).await;
    let told = told.payload.chunks(6).find(|pair| pair[..2] == INITIAL_WINDOW_SIZE.to_be_bytes()).unwrap();
    assert_eq!(told[2..], window.to_be_bytes());
    connection.say(&frame(SETTINGS, ACK, 0, &[])).await;

    connection.say(&[call(1, window as usize), frame(DATA, END_STREAM, 1, &[])].concat()).await;
    let answer = connection.until(|frame| frame.stream == 1 && frame.kind != WINDOW_UPDATE).await;
    assert_eq!(answer.kind, HEADERS);
    connection.say(&call(3, window as usize + 1)).await;
    let reset = connection.until(|frame| frame.stream == 3 && frame.kind != WINDOW_UPDATE).await;
    assert_eq!((reset.kind, reset.number()), (RST_STREAM, FLOW_CONTROL_ERROR));
    connection.say(&[call(5, 100), frame(DATA, END_STREAM, 5, &[])].concat()).await;
    let answer = connection.until(|frame| frame.stream == 5 && frame.kind != WINDOW_UPDATE).await;
    assert_eq!(answer.kind, HEADERS, "the connection goes on");
}

#[tokio::test]
async fn all_calls_of_a_connection_may_have_its_window_unread_and_not_one_byte_more() {
    let window: u32 = 96 << 10;
    let limits = LimitsConfig {
        stream_window_bytes: 64 << 10,
        connection_window_bytes: window,
        ..LimitsConfig::default()
    };
    let world = world(limits).await;
    for (more, ends) in [(0, false), (1, true)] {
        let mut connection = Connection::open(world.running.address).await;
        let told = connection.until(|frame| frame.kind == WINDOW_UPDATE && frame.stream == 0).await;
        assert_eq!(USUAL_WINDOW + told.number(), window);
        connection.say(&frame(SETTINGS, ACK, 0, &[])).await;
        connection.say(&[call(1, 48 << 10), call(3, (48 << 10) + more)].concat()).await;
        connection.say(&[frame(DATA, END_STREAM, 1, &[]), frame(DATA, END_STREAM, 3, &[])].concat()).await;
        let next = connection.until(|frame| frame.kind == HEADERS || frame.kind == GOAWAY).await;
        if ends {
            let code = u32::from_be_bytes(next.payload[4..8].try_into().unwrap());
            assert_eq!((next.kind, code), (GOAWAY, FLOW_CONTROL_ERROR));
        } else {
            assert_eq!(next.kind, HEADERS);
        }
    }
}

/// On a clock that runs ahead as soon as everybody waits.
#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_asked_and_ends_when_it_does_not_answer() {
    let limits = LimitsConfig {
        keepalive_interval: Duration::from_secs(60),
        keepalive_timeout: Duration::from_secs(20),
        connection_age: Duration::from_secs(86_400),
        ..LimitsConfig::default()
    };
    let world = world(limits).await;
    let begun = tokio::time::Instant::now();
    let mut connection = Connection::open(world.running.address).await;
    for asked in 1..=3 {
        let ping = connection.until(|frame| frame.kind == PING).await;
        assert_eq!(ping.flags & ACK, 0);
        assert!(begun.elapsed() >= Duration::from_secs(60 * asked), "{:?}", begun.elapsed());
        connection.say(&frame(PING, ACK, 0, &ping.payload)).await;
    }
    connection.until(|frame| frame.kind == PING).await;
    let asked = tokio::time::Instant::now();
    while connection.next().await.is_some() {}
    assert!(asked.elapsed() >= Duration::from_secs(20), "{:?}", asked.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_old_connection_is_told_to_go_away_and_its_call_finishes() {
    let limits = LimitsConfig {
        connection_age: Duration::from_secs(300),
        keepalive_interval: Duration::from_secs(86_400),
        ..LimitsConfig::default()
    };
    let world = world(limits).await;
    let begun = tokio::time::Instant::now();
    let mut connection = Connection::open(world.running.address).await;
    connection.until(|frame| frame.kind == GOAWAY).await;
    let age = begun.elapsed();
    assert!(age >= Duration::from_secs(270) && age < Duration::from_secs(331), "{age:?}");
    // Until everybody has seen that, calls are still taken.
    connection.say(&[call(1, 100), frame(DATA, END_STREAM, 1, &[])].concat()).await;
    let answer = connection.until(|frame| frame.stream == 1 && frame.kind != WINDOW_UPDATE).await;
    assert_eq!(answer.kind, HEADERS);
}

/// A proxy has the calls of many on one connection: those that nobody vouches for must not end it for the others. Their
/// bodies come when they have been answered already, again and again.
#[tokio::test]
async fn calls_that_are_refused_do_not_end_the_connection_that_others_share() {
    const AT_ONCE: usize = 150;
    let world = world(LimitsConfig::default()).await;
    let mut connection = Connection::open(world.running.address).await;
    let mut streams = (1..).step_by(2);
    for _ in 0..=limits::FAULTS_PER_CONNECTION / AT_ONCE {
        let refused: Vec<u32> = streams.by_ref().take(AT_ONCE).collect();
        connection.say(&refused.iter().flat_map(|stream| begun(*stream, &[])).collect::<Vec<u8>>()).await;
        for _ in &refused {
            let answer = connection.until(|frame| frame.kind == HEADERS).await;
            assert_eq!(answer.flags & END_STREAM, END_STREAM, "refused, before its body has come");
        }
        let late =
            refused.iter().flat_map(|stream| frame(DATA, END_STREAM, *stream, &framed(&head_of("acme"))));
        connection.say(&late.collect::<Vec<u8>>()).await;
    }
    let stream = streams.next().unwrap();
    connection.say(&[call(stream, 100), frame(DATA, END_STREAM, stream, &[])].concat()).await;
    let answer = connection.until(|frame| frame.stream == stream && frame.kind != WINDOW_UPDATE).await;
    assert_eq!(answer.kind, HEADERS, "the connection goes on");
}

/// A window beyond 2^31 is a fault for which the server has to give the call up (RFC 9113, 6.9.1).
#[tokio::test]
async fn a_connection_may_commit_32_faults_and_not_one_more() {
    let world = world(LimitsConfig::default()).await;
    let mut connection = Connection::open(world.running.address).await;
    for number in 0..=u32::try_from(limits::FAULTS_PER_CONNECTION).unwrap() {
        let stream = 1 + 2 * number;
        let fault = frame(WINDOW_UPDATE, 0, stream, &0x7fff_ffff_u32.to_be_bytes());
        connection.say(&[begun(stream, &IDENTITY), fault].concat()).await;
        let answer = connection.until(|frame| matches!(frame.kind, RST_STREAM | GOAWAY)).await;
        let expected = if number < 32 { RST_STREAM } else { GOAWAY };
        assert_eq!(answer.kind, expected, "fault {number}");
    }
    assert!(connection.next().await.is_none(), "it is closed");
}
