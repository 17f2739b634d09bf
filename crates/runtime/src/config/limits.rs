//! The limits of a service by flags and by the environment: what each is for is said in [`crate::limits`], what happens
//! beyond it in docs/LIMITS.md. A value out of its range is refused at the start, by the name of its flag.

mod value;

use std::num::NonZeroU32;
use std::time::Duration;

use clap::{Args, value_parser};
use handoff_store::batch::Limits;

use crate::limits;

use value::{bytes, duration, number};

/// How much a service takes, of what, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitsConfig {
    /// The largest request, in bytes.
    #[arg(long, env = "HANDOFF_REQUEST_BYTES", value_name = "BYTES", default_value = "4194304",
        value_parser = bytes(64 << 10, 8 << 20))]
    pub request_bytes: usize,

    /// The largest answer, in bytes. A caller must allow as much; most allow 4 MiB unless they are told otherwise.
    #[arg(long, env = "HANDOFF_ANSWER_BYTES", value_name = "BYTES", default_value = "16777216",
        value_parser = bytes(4 << 20, 64 << 20))]
    pub answer_bytes: usize,

    /// The largest set of headers, in bytes as HTTP/2 counts them: each costs 32 more than its name and its value.
    #[arg(long, env = "HANDOFF_HEADER_BYTES", value_name = "BYTES", default_value = "16384",
        value_parser = value_parser!(u32).range(4 << 10..=1 << 20))]
    pub header_bytes: u32,

    /// How many calls one connection may make at once.
    #[arg(long, env = "HANDOFF_CONNECTION_STREAMS", value_name = "NUMBER", default_value = "200",
        value_parser = value_parser!(u32).range(1..=10_000))]
    pub connection_streams: u32,

    /// After about this time, a tenth more or less, a connection is told to go away; calls on it finish.
    #[arg(long, env = "HANDOFF_CONNECTION_AGE", value_name = "TIME", default_value = "5m",
        value_parser = duration("1s", "24h"))]
    pub connection_age: Duration,

    /// How often a silent connection is asked whether it still lives.
    #[arg(long, env = "HANDOFF_KEEPALIVE_INTERVAL", value_name = "TIME", default_value = "60s",
        value_parser = duration("1s", "1h"))]
    pub keepalive_interval: Duration,

    /// How long it may take to answer that.
    #[arg(long, env = "HANDOFF_KEEPALIVE_TIMEOUT", value_name = "TIME", default_value = "20s",
        value_parser = duration("1s", "5m"))]
    pub keepalive_timeout: Duration,

    /// How much of one call may be on its way that nobody has read yet, in bytes; its sender then waits.
    #[arg(long, env = "HANDOFF_STREAM_WINDOW_BYTES", value_name = "BYTES", default_value = "131072",
        value_parser = value_parser!(u32).range(16 << 10..=16 << 20))]
    pub stream_window_bytes: u32,

    /// The same of all calls of a connection.
    #[arg(long, env = "HANDOFF_CONNECTION_WINDOW_BYTES", value_name = "BYTES", default_value = "4194304",
        value_parser = value_parser!(u32).range(64 << 10..=64 << 20))]
    pub connection_window_bytes: u32,

    /// How many calls may be at work at once, event subscriptions and health left out; more are refused at once.
    #[arg(long, env = "HANDOFF_CALLS_IN_FLIGHT", value_name = "NUMBER", default_value = "512",
        value_parser = number(1, 100_000))]
    pub calls_in_flight: usize,

    /// How many calls a second a tenant may make in the long run; without it, as many as it can.
    #[arg(long, env = "HANDOFF_TENANT_CALLS_PER_SECOND", value_name = "NUMBER")]
    pub tenant_calls_per_second: Option<NonZeroU32>,

    /// How many calls a tenant may make at once after a pause; without it, those of one second.
    #[arg(long, env = "HANDOFF_TENANT_BURST", value_name = "NUMBER", requires = "tenant_calls_per_second")]
    pub tenant_burst: Option<NonZeroU32>,

    /// How many commands of a tenant share a transaction at most.
    #[arg(long, env = "HANDOFF_BATCH_COMMANDS", value_name = "NUMBER", default_value = "512",
        value_parser = number(1, 4_096))]
    pub batch_commands: usize,

    /// How many commands of a tenant may wait; qualification lets 16,384 wait at least, for its imports.
    #[arg(long, env = "HANDOFF_QUEUE_COMMANDS", value_name = "NUMBER", default_value = "4096",
        value_parser = number(1, 100_000))]
    pub queue_commands: usize,

    /// How many bytes of a tenant's commands may wait.
    #[arg(long, env = "HANDOFF_QUEUE_BYTES", value_name = "BYTES", default_value = "33554432",
        value_parser = bytes(1 << 20, 1 << 30))]
    pub queue_bytes: usize,

    /// How many bytes of all tenants' commands may wait.
    #[arg(long, env = "HANDOFF_QUEUE_TOTAL_BYTES", value_name = "BYTES", default_value = "268435456",
        value_parser = bytes(1 << 20, 16 << 30))]
    pub queue_total_bytes: usize,

    /// Who would wait longer for its turn than this is refused at once, and so is who would hear too late.
    #[arg(long, env = "HANDOFF_QUEUE_WAIT", value_name = "TIME", default_value = "5s",
        value_parser = duration("10ms", "60s"))]
    pub queue_wait: Duration,

    /// A stream that brought no message for so long ends, and is to be opened again.
    #[arg(long, env = "HANDOFF_STREAM_IDLE", value_name = "TIME", default_value = "10m",
        value_parser = duration("1s", "24h"))]
    pub stream_idle: Duration,

    /// A stream that is about as old as this, a tenth more or less, ends, and is to be opened again.
    #[arg(long, env = "HANDOFF_STREAM_AGE", value_name = "TIME", default_value = "1h",
        value_parser = duration("1s", "24h"))]
    pub stream_age: Duration,

    /// How long to go on as if nothing were, once asked to stop, so that nobody is sent here any more.
    #[arg(long, env = "HANDOFF_DRAIN_WAIT", value_name = "TIME", default_value = "5s",
        value_parser = duration("0s", "5m"))]
    pub drain_wait: Duration,

    /// How long calls may go on after that before they are cut.
    #[arg(long, env = "HANDOFF_DRAIN", value_name = "TIME", default_value = "20s",
        value_parser = duration("0s", "1h"))]
    pub drain: Duration,
}

impl LimitsConfig {
    /// Nobody balances load on loopback, and whoever stops a process there waits for it.
    pub(super) fn on_loopback() -> Self {
        Self { drain_wait: Duration::ZERO, drain: Duration::from_secs(4), ..Self::default() }
    }

    /// The limits of the batches.
    pub fn batch(&self) -> Limits {
        Limits {
            batch_commands: self.batch_commands,
            queue_commands: self.queue_commands,
            queue_bytes: self.queue_bytes,
            total_bytes: self.queue_total_bytes,
            queue_wait: self.queue_wait,
            ..Limits::default()
        }
    }

    /// What does not fit together, a sentence each.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut check = |holds: bool, fault: &str| {
            if !holds {
                faults.push(fault.to_owned());
            }
        };
        check(
            self.stream_window_bytes <= self.connection_window_bytes,
            "--stream-window-bytes is more than --connection-window-bytes",
        );
        check(self.queue_bytes <= self.queue_total_bytes, "--queue-bytes is more than --queue-total-bytes");
        // What one request wrote must fit into a message of the event log, beside the events before it.
        check(
            self.request_bytes + limits::EVENT_ROOM_BYTES <= self.answer_bytes,
            "--answer-bytes is less than --request-bytes and 2 MiB: events could not be told",
        );
        faults
    }
}

/// Those of a service that is told nothing.
impl Default for LimitsConfig {
    fn default() -> Self {
        let batch = Limits::default();
        Self {
            request_bytes: limits::REQUEST_BYTES,
            answer_bytes: limits::ANSWER_BYTES,
            header_bytes: limits::HEADER_BYTES,
            connection_streams: limits::STREAMS_PER_CONNECTION,
            connection_age: limits::CONNECTION_AGE,
            keepalive_interval: limits::KEEPALIVE_INTERVAL,
            keepalive_timeout: limits::KEEPALIVE_TIMEOUT,
            stream_window_bytes: limits::STREAM_WINDOW_BYTES,
            connection_window_bytes: limits::CONNECTION_WINDOW_BYTES,
            calls_in_flight: limits::CALLS_IN_FLIGHT,
            tenant_calls_per_second: None,
            tenant_burst: None,
            batch_commands: batch.batch_commands,
            queue_commands: batch.queue_commands,
            queue_bytes: batch.queue_bytes,
            queue_total_bytes: batch.total_bytes,
            queue_wait: batch.queue_wait,
            stream_idle: limits::STREAM_IDLE,
            stream_age: limits::STREAM_AGE,
            drain_wait: limits::DRAIN_WAIT,
            drain: limits::DRAIN,
        }
    }
}

#[cfg(test)]
mod tests;
