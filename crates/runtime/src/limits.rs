//! The limits of a server in one table: what a service has that is told nothing ([`crate::config::LimitsConfig`]), and
//! those that nobody can change. tonic's own defaults are none at all for streams, connection age, keepalive and drain,
//! and unlimited answers. docs/LIMITS.md names them all, with what happens beyond each.
//!
//! Message sizes are a property of each generated server, not of the listener: every service tells them by
//! [`crate::server::Wire::of`] where it builds its routes.

use std::time::Duration;

use handoff_store::entropy;

/// The largest request message.
pub const REQUEST_BYTES: usize = 4 << 20;
/// The largest answer message. Clients must allow it too (`max_decoding_message_size`), their default is 4 MiB.
pub const ANSWER_BYTES: usize = 16 << 20;
/// The largest set of headers.
pub const HEADER_BYTES: u32 = 16 << 10;
/// Calls at once on one connection.
pub const STREAMS_PER_CONNECTION: u32 = 200;
/// What a connection holds of one call that nobody has read yet, in bytes; the sender then waits.
pub const STREAM_WINDOW_BYTES: u32 = 128 << 10;
/// The same of all its calls. Half of it is also what h2 lets small frames cost, 256 bytes less their own each, before it
/// closes the connection (ENHANCE_YOUR_CALM). Many clients send each message in a frame of its own: one call may leave a
/// window of the smallest unread, several calls theirs of common ones.
pub const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;
/// Streams of a connection that we had to reset for a fault of its client's, in its whole life; then it is closed
/// (CVE-2025-8671). Without a number tonic 0.14 hands on none, which h2 takes for no limit. Whoever keeps to the protocol
/// commits none: what comes late for a call that was refused is let run out.
pub const FAULTS_PER_CONNECTION: usize = 32;
/// Frames that carry nothing (PING, PRIORITY, WINDOW_UPDATE and the like) which a connection may send beyond what it gets
/// by the three that follow; then it is ended.
pub const CONTROL_FRAMES: u64 = 2_000;
/// How many more it gets by every second,
pub const CONTROL_FRAMES_PER_SECOND: f64 = 1_000.0;
/// by every request,
pub const CONTROL_FRAMES_PER_REQUEST: u64 = 4;
/// and by so many bytes that are written to it: less than any answer, because some clients send a PING for each (to
/// measure the path), and more than what a PING itself is answered with.
pub const BYTES_PER_CONTROL_FRAME: usize = 32;
/// A DATA frame with fewer bytes counts as one of them too: less than any message of a stream has, and a request alone has
/// brought its own.
pub const DATA_BYTES: usize = 32;
/// Frames that a connection may bring before others have their turn: a request is two of them. Whoever always has more to
/// say would keep a processor to itself, up to a hundred reads of a thousand frames.
pub const FRAMES_PER_TURN: usize = 64;
/// How long the headers of a request over HTTP/1.1 may take, and how long such a connection may be silent between two
/// requests: hyper's default, which tonic 0.14 takes and lets nobody change.
pub const HTTP1_HEAD: Duration = Duration::from_secs(30);
/// What a SETTINGS frame counts for.
pub const CONTROL_FRAMES_FOR_SETTINGS: u64 = 10;
/// After about this age a connection is told to go away (calls on it finish), so that load spreads over new replicas.
/// Each process varies it by up to a tenth, so that replicas that started together do not turn all clients out at once.
pub const CONNECTION_AGE: Duration = Duration::from_secs(300);
/// How often a silent connection is asked whether it still lives.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
/// How long it may take to answer that.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// Calls at work at once. At two thousand calls a second that is a quarter of a second of work: what is let in can still
/// be answered before most callers give up, also where everything takes twice as long.
pub const CALLS_IN_FLIGHT: usize = 512;
/// How long a stream may bring no message.
pub const STREAM_IDLE: Duration = Duration::from_secs(600);
/// How old a stream may get, about: after that its caller has to show again who it is.
pub const STREAM_AGE: Duration = Duration::from_secs(3_600);
/// How long a unary call may take when the caller does not say. What it may take at most its proto says.
pub const UNARY_DEADLINE: Duration = Duration::from_secs(10);
/// How long everything goes on, but for readiness, once the process was asked to stop.
pub const DRAIN_WAIT: Duration = Duration::from_secs(5);
/// How long calls in flight may go on once the process was asked to stop; then they are cut.
pub const DRAIN: Duration = Duration::from_secs(20);
/// How long connections get to carry the last answers after that.
pub const CLOSE: Duration = Duration::from_secs(2);
/// Events in one message of a subscription.
pub const EVENTS_PER_MESSAGE: i64 = 500;
/// Bytes of payload in one message of a subscription, about.
pub const EVENT_BYTES_PER_MESSAGE: i64 = 1 << 20;
/// What a message of a subscription may need besides the last event in it.
pub(crate) const EVENT_ROOM_BYTES: usize = 2 << 20;
/// How far in the future something may have occurred: the clocks of two machines differ by less.
pub const FUTURE_TOLERANCE: Duration = Duration::from_secs(300);

/// About this age: a tenth less to a tenth more, so that what began together does not end together.
pub(crate) fn about(age: Duration) -> Duration {
    jittered(age, entropy::ten_bytes()[0])
}

fn jittered(age: Duration, dice: u8) -> Duration {
    age * 9 / 10 + age / 5 * u32::from(dice) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_varies_by_a_tenth() {
        let age = Duration::from_secs(300);
        assert_eq!(jittered(age, 0), Duration::from_secs(270));
        assert_eq!(jittered(age, 255), Duration::from_secs(330));
    }
}
