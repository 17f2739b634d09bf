//! Where commands wait: two lanes per tenant, bounded in number, in bytes and, for those who wait for an answer, in
//! time. A tenant's queue exists while it has commands that wait or run, and goes away with the last of them.
//!
//! A lock, no timers: what gathers while one batch commits is the next batch.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use handoff_domain::error::{Error, Reason};
use handoff_domain::id::TenantId;

use super::{Envelope, Limits, Priority};

/// How many bulk commands the first bulk batch takes, before any was measured.
const FIRST_BULK_BATCH: usize = 64;

/// A command with what accompanies it.
pub(super) struct Entry<C> {
    pub(super) envelope: Envelope,
    pub(super) command: C,
}

/// A command that waits, and who waits for it.
pub(super) struct Pending<C, A> {
    pub(super) entry: Entry<C>,
    pub(super) size: usize,
    pub(super) reply: oneshot::Sender<Result<A, Error>>,
}

/// Commands that go into one transaction.
pub(super) struct Batch<C, A> {
    pub(super) priority: Priority,
    pub(super) commands: Vec<Pending<C, A>>,
}

/// All tenants' queues.
pub(super) struct Queues<C, A> {
    waiting: Mutex<Waiting<C, A>>,
    limits: Limits,
    bulk_commands: AtomicUsize,
}

struct Waiting<C, A> {
    tenants: HashMap<TenantId, Queue<C, A>>,
    /// Of all commands of all tenants.
    bytes: usize,
}

struct Queue<C, A> {
    interactive: Lane<C, A>,
    bulk: Lane<C, A>,
    /// When the last interactive batch was taken, and how long the one before it had taken till then, with the bulk
    /// batch that may have had its turn between: what a batch's worth of commands waits.
    taken_at: Option<Instant>,
    turn: Duration,
    /// Whether the last batch was interactive, so that the next may be bulk: an import gets its turn, a short one,
    /// however busy the callers are.
    bulk_turn: bool,
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
            taken_at: None,
            turn: Duration::ZERO,
            bulk_turn: false,
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
    fn take(&mut self, commands: usize, bytes: usize, now: Instant) -> Vec<Pending<C, A>> {
        let mut taken = Vec::new();
        let mut size = 0;
        while let Some(next) = self.waiting.front() {
            if !taken.is_empty() && (taken.len() >= commands || size + next.size > bytes) {
                break;
            }
            let Some(pending) = self.pop() else { break };
            if pending.entry.envelope.deadline.is_some_and(|deadline| deadline <= now) {
                // Whoever does not listen any more does not need the answer either.
                let _ = pending.reply.send(Err(Error::Expired));
            } else if !pending.reply.is_closed() {
                size += pending.size;
                taken.push(pending);
            }
        }
        taken
    }
}

impl<C, A> Queue<C, A> {
    /// How long a command may expect to wait that comes now and is interactive.
    fn wait(&self, limits: &Limits) -> Duration {
        let lane = &self.interactive;
        let batches = (lane.waiting.len() / limits.batch_commands).max(lane.bytes / limits.batch_bytes);
        self.turn.saturating_mul(u32::try_from(batches).unwrap_or(u32::MAX))
    }

    fn took_turn(&mut self, now: Instant) {
        if let Some(before) = self.taken_at.replace(now) {
            self.turn = now.saturating_duration_since(before);
        }
    }
}

impl<C, A> Queues<C, A> {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            waiting: Mutex::default(),
            bulk_commands: AtomicUsize::new(FIRST_BULK_BATCH.min(limits.batch_commands)),
            limits: limits.clone(),
        }
    }

    /// Adds a command. `true` means that the tenant had no queue, so that somebody has to begin to serve it.
    pub(super) fn push(&self, tenant: TenantId, pending: Pending<C, A>) -> Result<bool, Error> {
        let mut waiting = self.lock();
        let is_new = !waiting.tenants.contains_key(&tenant);
        let total = waiting.bytes;
        let queue = waiting.tenants.entry(tenant).or_default();
        let is_interactive = pending.entry.envelope.priority == Priority::Interactive;
        let is_slow = is_interactive && queue.wait(&self.limits) > self.limits.queue_wait;
        let lane = if is_interactive { &mut queue.interactive } else { &mut queue.bulk };
        let is_full = lane.waiting.len() >= self.limits.queue_commands
            || lane.bytes >= self.limits.queue_bytes
            || total >= self.limits.total_bytes;
        if is_slow || is_full {
            // A queue that was not there has nothing to wait for.
            if is_new {
                waiting.tenants.remove(&tenant);
            }
            return Err(Error::Exhausted { reason: Reason::QueueFull });
        }
        let size = pending.size;
        lane.bytes += size;
        lane.waiting.push_back(pending);
        waiting.bytes += size;
        Ok(is_new)
    }

    /// The tenant's next batch; `None` when nothing waits, and then its queue is gone.
    pub(super) fn take(&self, tenant: TenantId, now: Instant) -> Option<Batch<C, A>> {
        let mut waiting = self.lock();
        let queue = waiting.tenants.get_mut(&tenant)?;
        let before = queue.interactive.bytes + queue.bulk.bytes;
        let batch = self.take_from(queue, now);
        let left = queue.interactive.bytes + queue.bulk.bytes;
        if batch.is_none() {
            waiting.tenants.remove(&tenant);
        }
        waiting.bytes -= before - left;
        batch
    }

    fn take_from(&self, queue: &mut Queue<C, A>, now: Instant) -> Option<Batch<C, A>> {
        let order = if queue.bulk_turn {
            [Priority::Bulk, Priority::Interactive]
        } else {
            [Priority::Interactive, Priority::Bulk]
        };
        for priority in order {
            let commands = match priority {
                Priority::Interactive => {
                    queue.interactive.take(self.limits.batch_commands, self.limits.batch_bytes, now)
                }
                Priority::Bulk => {
                    queue.bulk.take(self.bulk_commands.load(Ordering::Relaxed), self.limits.batch_bytes, now)
                }
            };
            if !commands.is_empty() {
                queue.bulk_turn = priority == Priority::Interactive;
                if priority == Priority::Interactive {
                    queue.took_turn(now);
                }
                return Some(Batch { priority, commands });
            }
        }
        None
    }

    /// Learns from a bulk batch how many commands fit into the time that one may take.
    pub(super) fn measured_bulk(&self, commands: usize, took: Duration) {
        let size = self.bulk_commands.load(Ordering::Relaxed);
        let next = next_bulk_size(size, commands, took, self.limits.bulk_target);
        self.bulk_commands.store(next.min(self.limits.batch_commands), Ordering::Relaxed);
    }

    pub(super) fn tenants(&self) -> usize {
        self.lock().tenants.len()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<C, A>> {
        // Nothing panics while it holds the lock; if something did, the queues would still be whole.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A batch that took too long shrinks the next in proportion; a full one that was quick lets it grow, at most to twice
/// its size, since a small batch says little about a large one.
fn next_bulk_size(size: usize, commands: usize, took: Duration, target: Duration) -> usize {
    let fitting = commands as f64 * target.as_secs_f64() / took.as_secs_f64().max(1e-6);
    let fitting = fitting as usize;
    if took > target {
        fitting.min(size).max(1)
    } else if commands >= size {
        fitting.clamp(size, size * 2)
    } else {
        size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use handoff_domain::actor::{Actor, Side};

    type Answer = oneshot::Receiver<Result<(), Error>>;

    fn pending(number: u32, priority: Priority, size: usize) -> (Pending<u32, ()>, Answer) {
        let (reply, answer) = oneshot::channel();
        let envelope = Envelope {
            tenant: TenantId::from_slug("acme"),
            actor: Actor { principal: "users/ada".into(), side: Side::Marketing },
            request: None,
            deadline: None,
            priority,
        };
        (Pending { entry: Entry { envelope, command: number }, size, reply }, answer)
    }

    fn queues(limits: Limits, commands: &[(u32, Priority, usize)]) -> (Queues<u32, ()>, Vec<Answer>) {
        let queues = Queues::new(&limits);
        let answers = commands
            .iter()
            .map(|&(number, priority, size)| {
                let (pending, answer) = pending(number, priority, size);
                queues.push(TenantId::from_slug("acme"), pending).expect("it is not full");
                answer
            })
            .collect();
        (queues, answers)
    }

    fn check(limits: Limits, commands: &[(u32, Priority, usize)], batches: &[&[u32]]) {
        let (queues, _answers) = queues(limits, commands);
        let tenant = TenantId::from_slug("acme");
        let taken: Vec<Vec<u32>> = std::iter::from_fn(|| queues.take(tenant, Instant::now()))
            .map(|batch| batch.commands.iter().map(|pending| pending.entry.command).collect())
            .collect();
        assert_eq!(taken, batches);
        assert_eq!(queues.tenants(), 0, "an idle queue goes away");
    }

    use Priority::{Bulk, Interactive};

    #[test]
    fn callers_go_first_and_a_bulk_batch_gets_its_turn_after_them() {
        let limits = Limits { batch_commands: 2, ..Limits::default() };
        check(
            limits,
            &[
                (1, Bulk, 1),
                (2, Bulk, 1),
                (3, Bulk, 1),
                (4, Interactive, 1),
                (5, Interactive, 1),
                (6, Interactive, 1),
            ],
            &[&[4, 5], &[1, 2], &[6], &[3]],
        );
    }

    #[test]
    fn a_batch_is_limited_in_bytes_and_an_oversized_command_goes_alone() {
        let limits = Limits { batch_bytes: 10, ..Limits::default() };
        check(
            limits,
            &[(1, Interactive, 6), (2, Interactive, 4), (3, Interactive, 1), (4, Interactive, 99)],
            &[&[1, 2], &[3], &[4]],
        );
    }

    #[test]
    fn a_full_lane_refuses_and_the_other_lane_does_not() {
        let limits = Limits { queue_commands: 1, ..Limits::default() };
        let (queues, _answers) = queues(limits, &[(1, Bulk, 1)]);
        let tenant = TenantId::from_slug("acme");
        let refused = queues.push(tenant, pending(2, Bulk, 1).0).err();
        assert_eq!(refused, Some(Error::Exhausted { reason: Reason::QueueFull }));
        let (caller, _answer) = pending(3, Interactive, 1);
        assert_eq!(queues.push(tenant, caller), Ok(false));
    }

    #[test]
    fn a_lane_is_bounded_in_bytes_too() {
        let limits = Limits { queue_bytes: 10, ..Limits::default() };
        let (queues, _answers) = queues(limits, &[(1, Bulk, 10)]);
        let refused = queues.push(TenantId::from_slug("acme"), pending(2, Bulk, 1).0).err();
        assert_eq!(refused, Some(Error::Exhausted { reason: Reason::QueueFull }));
    }

    #[test]
    fn all_tenants_together_are_bounded_in_bytes() {
        let limits = Limits { total_bytes: 10, ..Limits::default() };
        let (queues, _answers) = queues(limits, &[(1, Bulk, 10)]);
        let (other, _answer) = pending(2, Interactive, 1);
        let refused = queues.push(TenantId::from_slug("globex"), other).err();
        assert_eq!(refused, Some(Error::Exhausted { reason: Reason::QueueFull }));
        assert_eq!(queues.tenants(), 1, "who was refused has no queue");
        queues.take(TenantId::from_slug("acme"), Instant::now()).expect("a batch");
        let (other, _answer) = pending(2, Interactive, 1);
        assert_eq!(queues.push(TenantId::from_slug("globex"), other), Ok(true));
    }

    #[test]
    fn who_would_wait_too_long_is_refused_at_once() {
        let (batch_commands, queue_wait) = (2, Duration::from_secs(5));
        let limits = Limits { batch_commands, queue_wait, ..Limits::default() };
        let commands: Vec<_> = (1..=10).map(|number| (number, Interactive, 1)).collect();
        let (queues, mut answers) = queues(limits, &commands);
        let (acme, start) = (TenantId::from_slug("acme"), Instant::now());
        let mut push = |priority| {
            let (pending, answer) = pending(0, priority, 1);
            answers.push(answer);
            queues.push(acme, pending).err()
        };
        assert_eq!(push(Interactive), None, "nothing is known of its batches");
        queues.take(acme, start).expect("a batch");
        queues.take(acme, start + Duration::from_secs(2)).expect("a batch");
        // Seven wait: three batches of two seconds each before the next.
        assert_eq!(push(Interactive), Some(Error::Exhausted { reason: Reason::QueueFull }));
        assert_eq!(push(Bulk), None, "nobody waits for it");
        queues.take(acme, start + Duration::from_secs(3)).expect("a batch, and the bulk's turn comes first");
        queues.take(acme, start + Duration::from_secs(4)).expect("a batch");
        assert_eq!(push(Interactive), None, "two batches before the next");
    }

    #[test]
    fn an_expired_command_is_answered_and_never_taken() {
        let (queues, mut answers) = queues(Limits::default(), &[]);
        let (mut late, answer) = pending(1, Interactive, 1);
        answers.push(answer);
        let now = Instant::now();
        late.entry.envelope.deadline = Some(now);
        queues.push(TenantId::from_slug("acme"), late).expect("it is not full");
        assert!(queues.take(TenantId::from_slug("acme"), now).is_none());
        assert_eq!(answers[0].try_recv().expect("it was answered"), Err(Error::Expired));
    }

    #[test]
    fn a_command_that_nobody_waits_for_is_left_out() {
        let (queues, answers) = queues(Limits::default(), &[(1, Interactive, 1)]);
        drop(answers);
        assert!(queues.take(TenantId::from_slug("acme"), Instant::now()).is_none());
    }

    #[test]
    fn bulk_batches_shrink_when_slow_and_grow_only_when_full() {
        let (ms, target) = (Duration::from_millis, Duration::from_millis(50));
        for (size, commands, took, next) in [
            (64, 64, ms(100), 32),
            (64, 10, ms(100), 5),
            (64, 1, ms(5_000), 1),
            (64, 64, ms(10), 128),
            (64, 64, ms(40), 80),
            (64, 10, ms(1), 64),
        ] {
            assert_eq!(next_bulk_size(size, commands, took, target), next, "{size} {commands} {took:?}");
        }
    }
}
