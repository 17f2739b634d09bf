//! The client half of the event log: follows another service's log and hands its events to a [`Follower`], in order and
//! exactly once in effect. It reconnects with back-off and goes on from the follower's own cursors, so that neither
//! side's restart loses or doubles anything.
//!
//! Different tenants may be applied at the same time, one tenant strictly in order. A tenant whose events cannot be
//! applied is left alone until the next attempt and does not hold up the others.

mod lag;
mod meter;
mod positions;
mod session;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_proto::event::v1::event_log_service_client::EventLogServiceClient;
use handoff_proto::event::v1::{Event, GetLogHeadRequest, GetLogHeadResponse};
use opentelemetry::metrics::Meter;
use tokio::time::Instant;
use tonic::{Code, Request, Status};

use crate::client::Peer;
use crate::clock;
use crate::convert;
use crate::limits;
use crate::retry::{Delays, RetryBudget};
use crate::shutdown::Shutdown;

use meter::ConsumerMeter;
use session::SessionError;

pub use positions::Positions;

/// However long the other service or the database was away, everything is to work again ten seconds after it is back,
/// and a consumer may have to wait for another one.
const LONGEST_DELAY: Duration = Duration::from_secs(2);

/// The longest pause before a head is asked for again.
const HEAD_DELAY: Duration = Duration::from_millis(500);

/// What a service does with another's events.
///
/// The futures are written as `async fn` in an implementation.
pub trait Follower: Send + Sync + 'static {
    /// The last position of each tenant whose effects are durable; a tenant without one starts at its beginning.
    /// Asked at every connect.
    fn cursors(&self) -> impl Future<Output = Result<Vec<(TenantId, i64)>, Error>> + Send;

    /// Makes the effects of `events` and the new cursor (the last event's position) durable in one transaction. The
    /// events are of one tenant, at least one, without a gap, and follow on from what was applied before.
    ///
    /// The transaction must start from the cursor before the first event and fail otherwise: when a process is
    /// replaced, its predecessor may still be at the same events.
    ///
    /// # Errors
    /// Whatever keeps them from becoming durable; they are handed in again later.
    fn apply(&self, tenant: TenantId, events: Vec<Event>) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Follows one log.
#[derive(Debug)]
pub struct Consumer<F> {
    source: &'static str,
    client: EventLogServiceClient<Peer>,
    follower: Arc<F>,
    positions: Positions,
    meter: Arc<ConsumerMeter>,
    budget: Arc<RetryBudget>,
}

impl<F: Follower> Consumer<F> {
    /// Follows the log of `source` (`qualification`, for the log lines) at `peer`.
    pub fn new(source: &'static str, peer: Peer, follower: F) -> Self {
        let client = EventLogServiceClient::new(peer).max_decoding_message_size(limits::ANSWER_BYTES);
        let meter = Arc::new(ConsumerMeter::new(&handoff_store::meter::global(), source, None));
        let (positions, budget) = (Positions::default(), Arc::default());
        Self { source, client, follower: Arc::new(follower), positions, meter, budget }
    }

    /// Measures by `meter`, as the consumer of the service that has this schema: several may follow one log within a
    /// process.
    #[must_use]
    pub fn measured(self, meter: &Meter, schema: &'static str) -> Self {
        Self { meter: Arc::new(ConsumerMeter::new(meter, self.source, Some(schema))), ..self }
    }

    /// How far it got, for whoever has to wait for it.
    pub fn log(&self) -> FollowedLog {
        FollowedLog {
            client: self.client.clone(),
            positions: self.positions.clone(),
            meter: Arc::clone(&self.meter),
            budget: Arc::clone(&self.budget),
        }
    }

    /// Follows until the process is asked to stop.
    pub async fn run(&self, shutdown: &Shutdown) {
        let mut delays = Delays::up_to(LONGEST_DELAY);
        loop {
            let ended = tokio::select! {
                ended = session::run(self, delays.next()) => ended,
                () = shutdown.requested() => return,
            };
            if ended.worked {
                delays.reset();
            }
            if let SessionError::Parked = ended.error {
                // The wait was the session's, and the tenants that can go on must not wait again.
                continue;
            }
            if ended.error.is_over() {
                // As it happens to every stream from time to time, also to one that had nothing to bring.
                tracing::debug!(source = self.source, "the stream is over; opening it again");
                delays.reset();
                continue;
            }
            let delay = delays.next();
            tracing::warn!(source = self.source, error = %ended.error, ?delay, "the log is not followed; trying again");
            if !shutdown.pause(delay).await {
                return;
            }
        }
    }
}

/// A log that a [`Consumer`] follows, seen by the rest of the service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct FollowedLog {
    client: EventLogServiceClient<Peer>,
    positions: Positions,
    meter: Arc<ConsumerMeter>,
    budget: Arc<RetryBudget>,
}

impl FollowedLog {
    /// How far each tenant was applied.
    pub fn positions(&self) -> &Positions {
        &self.positions
    }

    /// The end of a tenant's log as of now, taken under the lock of its writers. `None` for a tenant that the other
    /// service does not know.
    ///
    /// It only reads, so it is asked again where nobody was reached (UNAVAILABLE): within the one deadline of a call, and
    /// as far as the budget of this log goes.
    ///
    /// # Errors
    /// What the other service answers.
    pub async fn head(&self, tenant: TenantId) -> Result<Option<LogHead>, Status> {
        let head = match self.ask_for_head(tenant).await {
            Ok(answer) => answer,
            Err(status) if status.code() == Code::NotFound => return Ok(None),
            Err(status) => return Err(status),
        };
        let time = head.record_time.as_ref().and_then(convert::from_timestamp);
        let time = time.ok_or_else(|| Status::internal("a log's head came without its time"))?;
        self.meter.head(head.position - self.positions.applied(tenant));
        Ok(Some(LogHead { tenant, position: head.position, time }))
    }

    async fn ask_for_head(&self, tenant: TenantId) -> Result<GetLogHeadResponse, Status> {
        let deadline = Instant::now() + limits::UNARY_DEADLINE;
        let mut delays = Delays::up_to(HEAD_DELAY);
        self.budget.earn();
        loop {
            let mut asked = Request::new(GetLogHeadRequest { tenant_uid: tenant.to_string() });
            asked.set_timeout(deadline.saturating_duration_since(Instant::now()));
            let refusal = match self.client.clone().get_log_head(asked).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(refusal) => refusal,
            };
            let again = Instant::now() + delays.next();
            if refusal.code() != Code::Unavailable || again >= deadline || !self.budget.spend() {
                return Err(refusal);
            }
            clock::sleep_until(again).await;
        }
    }

    /// Waits until everything up to `head` is applied: whatever is not applied then was recorded at its time or later.
    /// Takes as long as the consumer is behind, and for ever where it cannot apply.
    pub async fn caught_up(&self, head: &LogHead) {
        self.positions.reached(head.tenant, head.position).await;
    }
}

/// The end of a tenant's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogHead {
    /// Whose log.
    pub tenant: TenantId,
    /// Its last position; 0 for an empty log.
    pub position: i64,
    /// The time of the other service's database: every later event is recorded at this time or later.
    pub time: DateTime<Utc>,
}
