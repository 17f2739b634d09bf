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

/// What the first bulk batch takes, before any was measured, and what one takes at least, however slow it was. Most of
/// what a batch this small takes is the same for every batch, a round trip per table and the commit: a smaller one would
/// let callers through hardly sooner, and on a busy machine shrinking would have no end.
const BULK_BYTES_MIN: usize = 64 << 10;
/// How many times as much a bulk batch takes, in size and in time, while nobody waits behind it: it shares one commit.
const STRETCH: u32 = 4;
/// How long after a tenant's last interactive batch its bulk batches still leave room for callers.
const CALLERS_STAY: Duration = Duration::from_secs(5);

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
    /// How large it is.
    pub(super) fill: Fill,
}

/// How large a batch became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fill {
    pub(super) bytes: usize,
    /// Whether more waited than it could take.
    pub(super) is_full: bool,
    /// How many times as long as others it may take.
    pub(super) stretch: u32,
}

/// All tenants' queues.
pub(super) struct Queues<C, A> {
    waiting: Mutex<Waiting<C, A>>,
    limits: Limits,
    /// What a bulk batch may take now.
    bulk_bytes: AtomicUsize,
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

    /// How many times as much as beside callers a bulk batch may take now.
    fn stretch(&self, now: Instant) -> u32 {
        let callers = self.taken_at.is_some_and(|at| now.saturating_duration_since(at) < CALLERS_STAY);
        if callers || !self.interactive.waiting.is_empty() { 1 } else { STRETCH }
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
            bulk_bytes: AtomicUsize::new(BULK_BYTES_MIN),
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
            let stretch = queue.stretch(now);
            let (lane, bytes) = match priority {
                Priority::Interactive => (&mut queue.interactive, self.limits.batch_bytes),
                Priority::Bulk => {
                    let bytes = self.bulk_bytes.load(Ordering::Relaxed).saturating_mul(stretch as usize);
                    (&mut queue.bulk, bytes.max(BULK_BYTES_MIN).min(self.limits.batch_bytes))
                }
            };
            let commands = lane.take(self.limits.batch_commands, bytes, now);
            if !commands.is_empty() {
                let bytes = commands.iter().map(|pending| pending.size).sum();
                let fill = Fill { bytes, is_full: !lane.waiting.is_empty(), stretch };
                queue.bulk_turn = priority == Priority::Interactive;
                if priority == Priority::Interactive {
                    queue.took_turn(now);
                }
                return Some(Batch { priority, commands, fill });
            }
        }
        None
    }

    /// Learns from a bulk batch how much fits into the time that one may take.
    pub(super) fn measured_bulk(&self, fill: Fill, took: Duration) {
        let size = self.bulk_bytes.load(Ordering::Relaxed);
        let next = next_bulk_size(size, fill, took, self.limits.bulk_target);
        self.bulk_bytes.store(next.min(self.limits.batch_bytes), Ordering::Relaxed);
    }

    pub(super) fn tenants(&self) -> usize {
        self.lock().tenants.len()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<C, A>> {
        // Nothing panics while it holds the lock; if something did, the queues would still be whole.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A batch that took too long shrinks the next in proportion, down to what stretched is the least; a full one that was
/// quick lets it grow, at most to twice its size, since a small batch says little about a large one.
///
/// Sizes are those beside callers; a stretched batch says of them what its share says.
fn next_bulk_size(size: usize, fill: Fill, took: Duration, target: Duration) -> usize {
    let took = took / fill.stretch;
    let fitting =
        fill.bytes as f64 / f64::from(fill.stretch) * target.as_secs_f64() / took.as_secs_f64().max(1e-6);
    let fitting = fitting as usize;
    if took > target {
        fitting.min(size).max(BULK_BYTES_MIN / STRETCH as usize)
    } else if fill.is_full {
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
        let (min, kib) = (BULK_BYTES_MIN, 1 << 10);
        let full = |bytes| Fill { bytes, is_full: true, stretch: 1 };
        let partly = |bytes| Fill { is_full: false, ..full(bytes) };
        let stretched = |bytes| Fill { stretch: STRETCH, ..full(bytes) };
        for (size, fill, took, next) in [
            (512 * kib, full(512 * kib), ms(100), 256 * kib),
            (512 * kib, partly(256 * kib), ms(100), 128 * kib),
            (512 * kib, full(512 * kib), ms(5_000), min / 4),
            (min / 4, full(min), ms(5_000), min / 4),
            (min / 4, partly(1), ms(5_000), min / 4),
            (min, full(min), ms(10), 2 * min),
            (min, full(min), ms(40), min * 5 / 4),
            (512 * kib, partly(10 * kib), ms(1), 512 * kib),
            (128 * kib, stretched(512 * kib), ms(200), 128 * kib),
            (128 * kib, stretched(512 * kib), ms(400), 64 * kib),
            (128 * kib, stretched(512 * kib), ms(100), 256 * kib),
        ] {
            assert_eq!(next_bulk_size(size, fill, took, target), next, "{size} {fill:?} {took:?}");
        }
    }

    /// The sizes of the batches that an import of `commands` of half a KiB is taken in, each of which takes so long.
    fn bulk_batches(commands: u32, took: Duration, has_callers: bool) -> Vec<usize> {
        let (queues, _answers) = queues(Limits::default(), &[]);
        let tenant = TenantId::from_slug("acme");
        let mut answers = Vec::new();
        let mut push = |pending: (Pending<u32, ()>, Answer)| {
            queues.push(tenant, pending.0).expect("it is not full");
            answers.push(pending.1);
        };
        (0..commands).for_each(|number| push(pending(number, Bulk, 512)));
        if has_callers {
            push(pending(commands, Interactive, 1));
        }
        let mut sizes = Vec::new();
        while let Some(batch) = queues.take(tenant, Instant::now()) {
            if batch.priority == Bulk {
                sizes.push(batch.commands.len());
                queues.measured_bulk(batch.fill, took);
            }
        }
        sizes
    }

    #[test]
    fn an_import_on_a_busy_machine_keeps_batches_of_a_size() {
        // So busy that every batch takes longer than it may, whatever is in it.
        let slow = Duration::from_secs(1);
        assert_eq!(bulk_batches(512, slow, true), [128, 128, 128, 128]);
        assert_eq!(bulk_batches(1_024, slow, false), [512, 128, 128, 128, 128]);
    }

    #[test]
    fn bulk_batches_are_larger_while_nobody_waits_behind_them() {
        let as_it_may = Duration::from_millis(50);
        assert_eq!(bulk_batches(512, as_it_may, true), [128, 128, 128, 128]);
        assert_eq!(bulk_batches(1_024, as_it_may * STRETCH, false), [512, 512]);
    }
}
