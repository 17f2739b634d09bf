//! What is taken when, by whom, and who is turned away.

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
        traceparent: None,
    };
    (Pending { entry: Entry { envelope, command: number }, size, since: Instant::now(), reply }, answer)
}

fn meter() -> Arc<BatchMeter> {
    Arc::new(BatchMeter::new(&crate::meter::global(), "qualification"))
}

fn queues(limits: Limits, commands: &[(u32, Priority, usize)]) -> (Queues<u32, ()>, Vec<Answer>) {
    let queues = Queues::new(&limits, meter());
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

/// What is taken when each batch takes a millisecond for each of its commands.
fn check(limits: Limits, commands: &[(u32, Priority, usize)], batches: &[&[u32]]) {
    let (queues, _answers) = queues(limits, commands);
    let tenant = TenantId::from_slug("acme");
    let mut now = Instant::now();
    let mut taken = Vec::new();
    loop {
        match queues.take(tenant, now) {
            Next::Batch(batch) => {
                let numbers: Vec<u32> = batch.commands.iter().map(|pending| pending.entry.command).collect();
                now += Duration::from_millis(numbers.len() as u64);
                taken.push(numbers);
            }
            Next::Rest(until, _) => now = until,
            Next::Nothing => break,
        }
    }
    assert_eq!(taken, batches);
    assert_eq!(queues.tenants(), 0, "an idle queue goes away");
}

use Priority::{Bulk, Interactive};

impl<C, A> Next<C, A> {
    fn batch(self) -> Option<Batch<C, A>> {
        if let Next::Batch(batch) = self { Some(batch) } else { None }
    }
}

#[test]
fn callers_go_first_and_then_share_the_time_with_bulk_batches() {
    let limits = Limits { batch_commands: 2, ..Limits::default() };
    let bulk = (1..=5).map(|number| (number, Bulk, 1));
    let callers = (11..=18).map(|number| (number, Interactive, 1));
    let commands: Vec<_> = bulk.chain(callers).collect();
    check(limits, &commands, &[&[11, 12], &[1, 2], &[13, 14], &[15, 16], &[3, 4], &[17, 18], &[5]]);
}

#[test]
fn after_a_bulk_batch_callers_go_first_for_twice_as_long_while_they_come_back() {
    let (acme, start) = (TenantId::from_slug("acme"), Instant::now());
    let limits = Limits { batch_commands: 1, ..Limits::default() };
    let (queues, mut answers) = queues(limits, &[(1, Bulk, 1), (2, Bulk, 1), (3, Bulk, 1)]);
    let at = |millis| start + Duration::from_millis(millis);
    let next = |millis| match queues.take(acme, at(millis)) {
        Next::Batch(batch) => batch.commands[0].entry.command,
        Next::Rest(until, _) => panic!("a rest until {until:?}, which is not after {millis} ms"),
        Next::Nothing => panic!("nothing waits"),
    };
    let rests = |millis| match queues.take(acme, at(millis)) {
        Next::Rest(until, _) => until.duration_since(start).as_millis(),
        _ => panic!("no rest after {millis} ms"),
    };
    let mut call = |number| {
        let (caller, answer) = pending(number, Interactive, 1);
        queues.push(acme, caller).expect("it is not full");
        answers.push(answer);
    };
    assert_eq!(next(0), 1);
    call(4);
    // The bulk batch took 10 ms: until 30 ms callers go first.
    assert_eq!(next(10), 4);
    assert_eq!(rests(13), 16, "whoever was answered is expected back for as long as the answer took");
    call(5);
    assert_eq!(next(14), 5);
    assert_eq!(rests(16), 18);
    assert_eq!(next(18), 2, "nobody came");
    call(6);
    call(7);
    // Until 40 ms.
    assert_eq!(next(25), 6);
    assert_eq!(next(38), 7);
    assert_eq!(next(41), 3, "it has its turn");
}

#[tokio::test]
async fn a_caller_ends_the_rest() {
    let acme = TenantId::from_slug("acme");
    let (queues, mut answers) =
        queues(Limits { batch_commands: 1, ..Limits::default() }, &[(1, Bulk, 1), (2, Bulk, 1)]);
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut call = |number| {
        let (caller, answer) = pending(number, Interactive, 1);
        queues.push(acme, caller).expect("it is not full");
        answers.push(answer);
    };
    assert!(matches!(queues.take(acme, at(0)), Next::Batch(_)));
    call(3);
    assert!(matches!(queues.take(acme, at(1_000)), Next::Batch(_)));
    // The permit of the call that was just served wakes once too often.
    let Next::Rest(_, came) = queues.take(acme, at(2_000)) else { panic!("no rest") };
    came.notified().await;
    call(4);
    came.notified().await;
    let Next::Batch(batch) = queues.take(acme, at(2_001)) else { panic!("no batch") };
    assert_eq!(batch.commands[0].entry.command, 4);
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
    queues.take(TenantId::from_slug("acme"), Instant::now()).batch().expect("a batch");
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
    queues.take(acme, start).batch().expect("a batch");
    queues.take(acme, start + Duration::from_secs(2)).batch().expect("a batch");
    // Seven wait: three batches of two seconds each before the next.
    assert_eq!(push(Interactive), Some(Error::Exhausted { reason: Reason::QueueFull }));
    assert_eq!(push(Bulk), None, "nobody waits for it");
    queues
        .take(acme, start + Duration::from_secs(3))
        .batch()
        .expect("a batch, and the bulk's turn comes first");
    queues.take(acme, start + Duration::from_secs(4)).batch().expect("a batch");
    assert_eq!(push(Interactive), None, "two batches before the next");
}

#[test]
fn who_would_hear_after_its_deadline_is_refused_at_once() {
    let (batch_commands, queue_wait) = (2, Duration::from_secs(600));
    let limits = Limits { batch_commands, queue_wait, ..Limits::default() };
    let commands: Vec<_> = (1..=4).map(|number| (number, Interactive, 1)).collect();
    let (queues, mut answers) = queues(limits, &commands);
    let acme = TenantId::from_slug("acme");
    let start = Instant::now();
    let mut push = |seconds: Option<u64>| {
        let (mut pending, answer) = pending(0, Interactive, 1);
        pending.entry.envelope.deadline = seconds.map(|seconds| start + Duration::from_secs(seconds));
        answers.push(answer);
        queues.push(acme, pending).err()
    };
    let refused = Some(Error::Exhausted { reason: Reason::QueueFull });
    assert_eq!(push(Some(1)), None, "nothing is known of its batches");
    queues.take(acme, start).batch().expect("a batch");
    // It took a minute; the next one runs for as long, and two wait for the one after it.
    queues.take(acme, start + Duration::from_secs(60)).batch().expect("a batch");
    assert_eq!(push(Some(90)), refused);
    assert_eq!(push(Some(170)), None, "the batch that runs, and its own");
    assert_eq!(push(None), None, "whoever has time waits");
    assert_eq!(push(Some(170)), refused, "two wait before it: another batch");
}

#[test]
fn who_has_no_caller_before_it_is_let_in_however_long_the_last_batch_took() {
    let limits = Limits { batch_commands: 1, ..Limits::default() };
    let (queues, _answers) = queues(limits, &[(1, Interactive, 1), (2, Bulk, 1), (3, Bulk, 1)]);
    let acme = TenantId::from_slug("acme");
    let start = Instant::now();
    queues.take(acme, start).batch().expect("a batch");
    let next = queues.take(acme, start + Duration::from_secs(60)).batch().expect("a batch");
    assert_eq!(next.priority, Bulk, "the import keeps the queue, and what it has learnt");
    let (mut caller, _answer) = pending(4, Interactive, 1);
    caller.entry.envelope.deadline = Some(start + Duration::from_secs(1));
    assert_eq!(queues.push(acme, caller), Ok(false));
}

#[test]
fn an_expired_command_is_answered_and_never_taken() {
    let (queues, mut answers) = queues(Limits::default(), &[]);
    let (mut late, answer) = pending(1, Interactive, 1);
    answers.push(answer);
    let now = Instant::now();
    late.entry.envelope.deadline = Some(now);
    queues.push(TenantId::from_slug("acme"), late).expect("it is not full");
    assert!(queues.take(TenantId::from_slug("acme"), now).batch().is_none());
    assert_eq!(answers[0].try_recv().expect("it was answered"), Err(Error::Expired));
}

#[test]
fn a_command_that_nobody_waits_for_is_left_out() {
    let (queues, answers) = queues(Limits::default(), &[(1, Interactive, 1)]);
    drop(answers);
    assert!(queues.take(TenantId::from_slug("acme"), Instant::now()).batch().is_none());
}

/// The sizes of the batches that an import of 1,024 commands of half a KiB is taken in, each of which takes so long.
fn bulk_batches(took: Duration, has_callers: bool) -> Vec<usize> {
    let (queues, _answers) = queues(Limits::default(), &[]);
    let tenant = TenantId::from_slug("acme");
    let mut answers = Vec::new();
    let mut push = |pending: (Pending<u32, ()>, Answer)| {
        queues.push(tenant, pending.0).expect("it is not full");
        answers.push(pending.1);
    };
    (0..1_024).for_each(|number| push(pending(number, Bulk, 512)));
    if has_callers {
        push(pending(1_024, Interactive, 1));
    }
    // Time stands still, so that the caller has just been there.
    let (mut sizes, now) = (Vec::new(), Instant::now());
    while let Some(batch) = queues.take(tenant, now).batch() {
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
    assert_eq!(bulk_batches(slow, true), [16; 64]);
    assert_eq!(bulk_batches(slow, false), [128; 8]);
}

#[test]
fn bulk_batches_are_larger_while_nobody_waits_behind_them() {
    let limits = Limits::default();
    assert_eq!(bulk_batches(limits.bulk_target / 2, true), [16, 32, 64, 128, 256, 512, 16]);
    assert_eq!(bulk_batches(limits.bulk_target_alone / 2, false), [128, 256, 512, 128]);
    assert_eq!(bulk_batches(limits.bulk_target_alone / 2, true), [16; 64]);
}
