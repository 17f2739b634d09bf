//! Where commands wait: two lanes per tenant, bounded in number, in bytes and, for those who wait for an answer, in
//! time. A tenant's queue exists while it has commands that wait or run, and goes away with the last of them.
//!
//! What gathers while one batch commits is the next batch; nothing waits for a batch to fill. The one rest there is lets
//! callers come back before an import goes on.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use handoff_domain::error::{Error, Reason};
use handoff_domain::id::TenantId;

use super::turns::{Fill, Pace, Turns};
use super::{Envelope, Limits, Priority};
use crate::meter::{BatchMeter, LeftOut, QueueLimit, Waiting as Seen};

/// A command with what accompanies it.
pub(super) struct Entry<C> {
    pub(super) envelope: Envelope,
    pub(super) command: C,
}

/// A command that waits, and who waits for it.
pub(super) struct Pending<C, A> {
    pub(super) entry: Entry<C>,
    pub(super) size: usize,
    /// Since when it waits.
    pub(super) since: Instant,
    pub(super) reply: oneshot::Sender<Result<A, Error>>,
}

impl<C, A> Pending<C, A> {
    /// The trace that it belongs to.
    pub(super) fn traceparent(&self) -> Option<&str> {
        self.entry.envelope.traceparent.as_deref()
    }
}

/// Commands that go into one transaction.
pub(super) struct Batch<C, A> {
    pub(super) priority: Priority,
    pub(super) commands: Vec<Pending<C, A>>,
    /// How large it is.
    pub(super) fill: Fill,
}

/// All tenants' queues.
pub(super) struct Queues<C, A> {
    waiting: Mutex<Waiting<C, A>>,
    limits: Limits,
    /// Of bulk batches that callers wait behind.
    beside: Pace,
    /// Of bulk batches of a tenant without callers.
    alone: Pace,
    meter: Arc<BatchMeter>,
}

struct Waiting<C, A> {
    tenants: HashMap<TenantId, Queue<C, A>>,
    /// Of all commands of all tenants.
    bytes: usize,
}

struct Queue<C, A> {
    interactive: Lane<C, A>,
    bulk: Lane<C, A>,
    turns: Turns,
    /// Told when a caller came.
    came: Arc<Notify>,
}

/// What a tenant's turn comes to.
pub(super) enum Next<C, A> {
    Batch(Batch<C, A>),
    /// Only bulk commands wait, and the time is the callers': look again then, or when one came.
    Rest(Instant, Arc<Notify>),
    /// Nothing waits, and the queue is gone.
    Nothing,
}

struct Lane<C, A> {
    waiting: VecDeque<Pending<C, A>>,
    bytes: usize,
}

impl<C, A> Default for Waiting<C, A> {
    fn default() -> Self {
        Self { tenants: HashMap::new(), bytes: 0 }
    }
}

impl<C, A> Default for Queue<C, A> {
    fn default() -> Self {
        Self {
            interactive: Lane::default(),
            bulk: Lane::default(),
            turns: Turns::default(),
            came: Arc::default(),
        }
    }
}

impl<C, A> Default for Lane<C, A> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), bytes: 0 }
    }
}

impl<C, A> Lane<C, A> {
    fn pop(&mut self) -> Option<Pending<C, A>> {
        let pending = self.waiting.pop_front()?;
        self.bytes -= pending.size;
        Some(pending)
    }

    /// Takes commands that are still wanted, in order, up to both limits, but always one if there is one.
    fn take(&mut self, commands: usize, bytes: usize, now: Instant) -> (Vec<Pending<C, A>>, LeftOut) {
        let (mut taken, mut left_out) = (Vec::new(), LeftOut::default());
        let mut size = 0;
        while let Some(next) = self.waiting.front() {
            if !taken.is_empty() && (taken.len() >= commands || size + next.size > bytes) {
                break;
            }
            let Some(pending) = self.pop() else { break };
            if pending.entry.envelope.deadline.is_some_and(|deadline| deadline <= now) {
                // Whoever does not listen any more does not need the answer either.
                let _ = pending.reply.send(Err(Error::Expired));
                left_out.expired += 1;
            } else if pending.reply.is_closed() {
                left_out.abandoned += 1;
            } else {
                size += pending.size;
                taken.push(pending);
            }
        }
        (taken, left_out)
    }
}

impl<C, A> Queue<C, A> {
    /// How long a command may expect to wait that comes now and is interactive.
    fn wait(&self, limits: &Limits) -> Duration {
        let lane = &self.interactive;
        let batches = (lane.waiting.len() / limits.batch_commands).max(lane.bytes / limits.batch_bytes);
        self.turns.between().saturating_mul(u32::try_from(batches).unwrap_or(u32::MAX))
    }

    /// Whether it would hear of its end after its deadline, as far as one can tell: whoever has nobody before it is let
    /// in, so that there is a batch to learn from.
    fn is_too_late(&self, limits: &Limits, deadline: Option<Instant>, now: Instant) -> bool {
        // Whose deadline is over is told so when its turn comes.
        let Some(deadline) = deadline.filter(|deadline| *deadline > now) else { return false };
        let is_alone = self.interactive.waiting.is_empty() && !self.turns.is_interactive_running();
        let before = self.turns.remaining(now).saturating_add(self.wait(limits));
        let expected = now.checked_add(before.saturating_add(self.turns.batch_time()));
        !is_alone && expected.is_none_or(|expected| expected > deadline)
    }
}

impl<C, A> Queues<C, A> {
    pub(super) fn new(limits: &Limits, meter: Arc<BatchMeter>) -> Self {
        Self {
            waiting: Mutex::default(),
            beside: Pace::beside_callers(limits.bulk_target),
            alone: Pace::alone(limits.bulk_target_alone),
            limits: limits.clone(),
            meter,
        }
    }

    /// Adds a command. `true` means that the tenant had no queue, so that somebody has to begin to serve it.
    pub(super) fn push(&self, tenant: TenantId, pending: Pending<C, A>) -> Result<bool, Error> {
        let mut waiting = self.lock();
        let is_new = !waiting.tenants.contains_key(&tenant);
        let total = waiting.bytes;
        let queue = waiting.tenants.entry(tenant).or_default();
        let is_interactive = pending.entry.envelope.priority == Priority::Interactive;
        let deadline = pending.entry.envelope.deadline;
        let is_slow = is_interactive
            && (queue.wait(&self.limits) > self.limits.queue_wait
                || queue.is_too_late(&self.limits, deadline, Instant::now()));
        let lane = if is_interactive { &mut queue.interactive } else { &mut queue.bulk };
        let limits = &self.limits;
        let reached = [
            (is_slow, QueueLimit::Wait),
            (lane.waiting.len() >= limits.queue_commands, QueueLimit::Commands),
            (lane.bytes >= limits.queue_bytes, QueueLimit::Bytes),
            (total >= limits.total_bytes, QueueLimit::TotalBytes),
        ];
        if let Some((_, limit)) = reached.into_iter().find(|(is_reached, _)| *is_reached) {
            // A queue that was not there has nothing to wait for.
            if is_new {
                waiting.tenants.remove(&tenant);
            }
            drop(waiting);
            self.meter.refused(pending.entry.envelope.priority, limit);
            return Err(Error::Exhausted { reason: Reason::QueueFull });
        }
        let size = pending.size;
        lane.bytes += size;
        lane.waiting.push_back(pending);
        if is_interactive {
            queue.came.notify_one();
        }
        waiting.bytes += size;
        Ok(is_new)
    }

    /// The tenant's next batch, when the one before has ended.
    pub(super) fn take(&self, tenant: TenantId, now: Instant) -> Next<C, A> {
        let mut waiting = self.lock();
        let Some(queue) = waiting.tenants.get_mut(&tenant) else { return Next::Nothing };
        let before = queue.interactive.bytes + queue.bulk.bytes;
        let next = self.take_from(queue, now);
        let left = queue.interactive.bytes + queue.bulk.bytes;
        if matches!(next, Next::Nothing) {
            waiting.tenants.remove(&tenant);
        }
        waiting.bytes -= before - left;
        next
    }

    fn take_from(&self, queue: &mut Queue<C, A>, now: Instant) -> Next<C, A> {
        let turn = queue.turns.next(now);
        let order = match turn.first {
            Priority::Interactive => [Priority::Interactive, Priority::Bulk],
            Priority::Bulk => [Priority::Bulk, Priority::Interactive],
        };
        for priority in order {
            let has_callers = queue.turns.has_callers(now) || !queue.interactive.waiting.is_empty();
            let (lane, bytes) = match priority {
                Priority::Interactive => (&mut queue.interactive, self.limits.batch_bytes),
                Priority::Bulk => {
                    if let Some(until) = turn.expected_until.filter(|_| !queue.bulk.waiting.is_empty()) {
                        return Next::Rest(until, Arc::clone(&queue.came));
                    }
                    (&mut queue.bulk, self.pace(has_callers).bytes().min(self.limits.batch_bytes))
                }
            };
            let (commands, left_out) = lane.take(self.limits.batch_commands, bytes, now);
            self.meter.left_out(priority, left_out);
            if !commands.is_empty() {
                let bytes = commands.iter().map(|pending| pending.size).sum();
                let fill = Fill { bytes, is_full: !lane.waiting.is_empty(), has_callers };
                queue.turns.took(priority, now);
                return Next::Batch(Batch { priority, commands, fill });
            }
        }
        Next::Nothing
    }

    /// Learns from a bulk batch how much fits into the time that one may take.
    pub(super) fn measured_bulk(&self, fill: Fill, took: Duration) {
        self.pace(fill.has_callers).measured(fill, took, self.limits.batch_bytes);
    }

    fn pace(&self, has_callers: bool) -> &Pace {
        if has_callers { &self.beside } else { &self.alone }
    }

    /// What waits now.
    pub(super) fn waiting(&self) -> Seen {
        let waiting = self.lock();
        let lane = |of: fn(&Queue<C, A>) -> &Lane<C, A>| {
            waiting.tenants.values().map(|queue| of(queue).waiting.len()).sum::<usize>() as i64
        };
        Seen {
            interactive: lane(|queue| &queue.interactive),
            bulk: lane(|queue| &queue.bulk),
            bytes: waiting.bytes as i64,
            tenants: waiting.tenants.len() as i64,
        }
    }

    pub(super) fn tenants(&self) -> usize {
        self.lock().tenants.len()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<C, A>> {
        // Nothing panics while it holds the lock; if something did, the queues would still be whole.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
