//! One connection to a log: from the cursors on until something fails. What is read ahead is bounded, so that a slow
//! follower slows the server down and fills no memory. Messages of a tenant that wait for their turn together are applied
//! together: the further behind a follower is, the fewer transactions it takes.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::stream::FuturesUnordered;
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_proto::event::v1::{Cursor, Event, SubscribeEventsRequest, SubscribeEventsResponse};
use prost::Message;
use thiserror::Error;
use tokio::time::Instant;
use tokio_stream::StreamExt;
use tonic::Status;
use tracing::Instrument;
use uuid::Uuid;

use super::meter::ConsumerMeter;
use super::{Consumer, Follower};
use crate::telemetry::consumer_span;
use crate::{clock, convert, limits, status};

/// Tenants that are applied at the same time.
const TENANTS_AT_ONCE: usize = 8;
/// Bytes that are read ahead, those being applied included.
const BYTES_AHEAD: usize = 4 << 20;
/// A consumer that is further behind than this says so, at most this often.
const WORTH_SAYING: TimeDelta = TimeDelta::seconds(10);

/// How a session ended.
pub(super) struct Ended {
    /// Why.
    pub(super) error: SessionError,
    /// Whether it had done something, for every tenant that failed in the end too: then trying again soon is likely to
    /// work.
    pub(super) worked: bool,
}

/// What ends a session.
#[derive(Debug, Error)]
pub(super) enum SessionError {
    #[error("the cursors cannot be read: {0}")]
    Cursors(Error),
    #[error("{code:?}: {message}", code = .0.code(), message = .0.message())]
    Call(Status),
    #[error("the other service ended the stream")]
    End,
    #[error("tenants/{tenant} comes at position {found} after {applied}")]
    Gap { tenant: TenantId, applied: i64, found: i64 },
    #[error("an answer without a tenant or without events")]
    Malformed,
    #[error("some tenants could not be applied")]
    Parked,
}

impl SessionError {
    /// Whether the stream ended because streams do not last for ever, and is to be opened again at once.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Call(status) if status::is_stream_over(status))
    }
}

/// Runs a session to its end. Once a tenant could not be applied it goes on for `patience` and then ends as
/// [`SessionError::Parked`], so that the tenant gets another chance and the others hardly notice.
pub(super) async fn run<F: Follower>(consumer: &Consumer<F>, patience: Duration) -> Ended {
    let mut session = Session::default();
    let error = session.follow(consumer, patience).await;
    // Whatever is being applied must be durable or given up before the cursors are read again.
    while session.applying.next().await.is_some() {}
    consumer.meter.cut();
    let worked = !session.advanced.is_empty() && session.parked.is_subset(&session.advanced);
    Ended { error, worked }
}

type Applying = std::pin::Pin<Box<dyn Future<Output = Applied> + Send>>;

/// A tenant that was at work, and how it went.
struct Applied {
    tenant: TenantId,
    events: usize,
    bytes: usize,
    took: Duration,
    last: i64,
    recorded: Option<DateTime<Utc>>,
    result: Result<(), Error>,
}

/// A message, or several of one tenant that follow on from each other.
#[derive(Default)]
struct Events {
    events: Vec<Event>,
    bytes: usize,
}

#[derive(Default)]
struct Session {
    /// The last position received, by tenant: what the next message must follow on from.
    received: HashMap<TenantId, i64>,
    /// What waits, by tenant; a tenant at work has an entry, if only an empty one.
    waiting: HashMap<TenantId, VecDeque<Events>>,
    /// The tenants with work that are not at work, in the order of their arrival.
    ready: VecDeque<TenantId>,
    applying: FuturesUnordered<Applying>,
    /// The tenants that could not be applied, which are left alone until the next session.
    parked: HashSet<TenantId>,
    bytes_ahead: usize,
    /// The tenants for which something was applied.
    advanced: HashSet<TenantId>,
    said: Option<Instant>,
}

impl Session {
    async fn follow<F: Follower>(&mut self, consumer: &Consumer<F>, patience: Duration) -> SessionError {
        let cursors = match consumer.follower.cursors().await {
            Ok(cursors) => cursors,
            Err(error) => return SessionError::Cursors(error),
        };
        let wire =
            |&(tenant, position): &(TenantId, i64)| Cursor { tenant_uid: tenant.to_string(), position };
        let request = SubscribeEventsRequest { cursors: cursors.iter().map(wire).collect() };
        for (tenant, position) in cursors {
            consumer.positions.advance(tenant, position);
            self.received.insert(tenant, position);
        }
        let mut stream = match consumer.client.clone().subscribe_events(request).await {
            Ok(answer) => answer.into_inner(),
            Err(status) => return SessionError::Call(status),
        };
        consumer.meter.connected();
        tracing::info!(source = consumer.source, tenants = self.received.len(), "following the log");
        let mut give_up = None;
        loop {
            self.start(consumer);
            tokio::select! {
                Some(applied) = self.applying.next(), if !self.applying.is_empty() => {
                    if self.settle(consumer, applied) {
                        give_up.get_or_insert_with(|| Instant::now() + patience);
                    }
                }
                message = stream.message(), if self.bytes_ahead < BYTES_AHEAD => {
                    let taken = match message {
                        Ok(Some(message)) => self.take(message, &consumer.meter),
                        Ok(None) => Err(SessionError::End),
                        Err(status) => Err(SessionError::Call(status)),
                    };
                    if let Err(error) = taken {
                        return error;
                    }
                }
                () = until(give_up) => return SessionError::Parked,
            }
        }
    }

    /// Puts a message into its tenant's queue.
    fn take(&mut self, message: SubscribeEventsResponse, meter: &ConsumerMeter) -> Result<(), SessionError> {
        let tenant =
            Uuid::try_parse(&message.tenant_uid).map(TenantId).map_err(|_| SessionError::Malformed)?;
        if message.events.is_empty() {
            return Err(SessionError::Malformed);
        }
        if self.parked.contains(&tenant) {
            return Ok(());
        }
        let received = self.received.entry(tenant).or_insert(0);
        for event in &message.events {
            if event.position != *received + 1 {
                return Err(SessionError::Gap { tenant, applied: *received, found: event.position });
            }
            *received = event.position;
        }
        let message = Events { bytes: message.encoded_len(), events: message.events };
        meter.received(tenant, message.events.first().and_then(recorded));
        self.bytes_ahead += message.bytes;
        match self.waiting.get_mut(&tenant) {
            Some(queue) => queue.push_back(message),
            None => {
                self.waiting.insert(tenant, VecDeque::from([message]));
                self.ready.push_back(tenant);
            }
        }
        Ok(())
    }

    /// Sets tenants to work, as many as may be.
    fn start<F: Follower>(&mut self, consumer: &Consumer<F>) {
        while self.applying.len() < TENANTS_AT_ONCE {
            let Some(tenant) = self.ready.pop_front() else { return };
            let Some(Events { events, bytes }) = self.waiting.get_mut(&tenant).and_then(next) else {
                continue;
            };
            let follower = Arc::clone(&consumer.follower);
            let (count, newest) = (events.len(), events.last());
            let last = newest.map_or(0, |event| event.position);
            let recorded = newest.and_then(recorded);
            let span = consumer_span(consumer.source, events.iter().map(|event| event.traceparent.as_str()));
            self.applying.push(Box::pin(async move {
                let started = Instant::now();
                let result = follower.apply(tenant, events).instrument(span).await;
                Applied { tenant, events: count, bytes, took: started.elapsed(), last, recorded, result }
            }));
        }
    }

    /// Notes how a tenant's work went; says whether the tenant is parked now.
    fn settle<F: Follower>(&mut self, consumer: &Consumer<F>, done: Applied) -> bool {
        let Applied { tenant, events, bytes, took, last, recorded: newest, result } = done;
        self.bytes_ahead -= bytes;
        if let Err(error) = result {
            let left = self.waiting.remove(&tenant).unwrap_or_default();
            self.bytes_ahead -= left.iter().map(|message| message.bytes).sum::<usize>();
            self.parked.insert(tenant);
            consumer.meter.failed(took, &error);
            tracing::error!(source = consumer.source, %tenant, up_to = last, %error, "events cannot be applied");
            return true;
        }
        self.advanced.insert(tenant);
        consumer.positions.advance(tenant, last);
        if self.waiting.get(&tenant).is_some_and(|queue| !queue.is_empty()) {
            self.ready.push_back(tenant);
        } else {
            self.waiting.remove(&tenant);
        }
        if let Some(newest) = newest {
            let next = self.waiting.get(&tenant).and_then(|queue| recorded(queue.front()?.events.first()?));
            consumer.meter.applied(tenant, events, took, newest, next);
            self.say_lag(consumer.source, clock::now() - newest);
        }
        false
    }

    fn say_lag(&mut self, source: &'static str, lag: TimeDelta) {
        let lag_ms = lag.num_milliseconds();
        tracing::debug!(source, lag_ms, bytes_ahead = self.bytes_ahead, "applied");
        let pause = WORTH_SAYING.to_std().unwrap_or_default();
        if lag >= WORTH_SAYING && self.said.is_none_or(|said| said.elapsed() >= pause) {
            self.said = Some(Instant::now());
            tracing::info!(source, lag_ms, bytes_ahead = self.bytes_ahead, "behind the log");
        }
    }
}

/// When an event was recorded.
fn recorded(event: &Event) -> Option<DateTime<Utc>> {
    convert::from_timestamp(event.record_time.as_ref()?)
}

/// Takes the messages at the front that are no more together than one may be.
fn next(queue: &mut VecDeque<Events>) -> Option<Events> {
    let mut taken = queue.pop_front()?;
    while let Some(message) = queue.front() {
        let (events, bytes) = (taken.events.len() + message.events.len(), taken.bytes + message.bytes);
        if events > limits::EVENTS_PER_MESSAGE as usize || bytes > limits::EVENT_BYTES_PER_MESSAGE as usize {
            break;
        }
        taken.events.extend(queue.pop_front()?.events);
        taken.bytes = bytes;
    }
    Some(taken)
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => clock::sleep_until(instant).await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(messages: &[(usize, usize)]) -> VecDeque<Events> {
        let message = |&(events, bytes)| Events { events: vec![Event::default(); events], bytes };
        messages.iter().map(message).collect()
    }

    fn taken(messages: &[(usize, usize)]) -> Vec<(usize, usize)> {
        let mut queue = queue(messages);
        std::iter::from_fn(|| next(&mut queue)).map(|events| (events.events.len(), events.bytes)).collect()
    }

    #[test]
    fn messages_are_taken_together_up_to_the_size_of_one() {
        assert_eq!(taken(&[]), []);
        assert_eq!(taken(&[(3, 30), (2, 20), (1, 10)]), [(6, 60)]);
        assert_eq!(taken(&[(499, 10), (1, 10), (1, 10)]), [(500, 20), (1, 10)]);
        let most = 1 << 20;
        assert_eq!(taken(&[(1, most - 10), (1, 10), (1, 1)]), [(2, most), (1, 1)]);
        // A single event may be larger than that.
        assert_eq!(taken(&[(1, 2 * most), (1, 1)]), [(1, 2 * most), (1, 1)]);
    }
}
