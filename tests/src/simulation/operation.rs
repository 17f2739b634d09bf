//! What can happen in a simulated life, and how a life is made up from a seed.

use chrono::TimeDelta;
use handoff_domain::qualification::record::ContactKind;
use handoff_domain::qualification::rejection::RejectionReason;

/// How many leads there are.
pub const LEADS: usize = 6;
/// The sales people.
pub const OWNERS: [&str; 2] = ["ada", "sam"];

/// One thing that happens. Leads and owners are numbers.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are what they are called: a lead, an owner, by number")]
pub enum Operation {
    /// A lead is captured, or seen again.
    Capture { lead: usize },
    /// It does something.
    Visit { lead: usize },
    /// It is handed over.
    Qualify { lead: usize },
    /// Its handoff gets an owner.
    Assign { lead: usize, owner: usize },
    /// Somebody accepts its handoff.
    Accept { lead: usize, by: usize },
    /// Somebody rejects it.
    Reject { lead: usize, by: usize, reason: RejectionReason },
    /// Somebody calls it.
    Contact { lead: usize, kind: ContactKind },
    /// Something comes of it.
    Deal { lead: usize, outcome: Deal },
    /// It comes in with a history, under a key of its source.
    Import { lead: usize, key: usize, days_ago: i64, story: Story },
    /// The last request that was sent comes again.
    Repeat,
    /// Time passes.
    Wait { time: TimeDelta },
    /// A service is stopped, if it runs.
    Stop(Consumer),
    /// It is started, if it does not.
    Start(Consumer),
    /// A service is killed and started, wherever it was: between effects and cursor if it comes to that. Whatever timers
    /// are due fire after the start.
    Crash(Service),
}

/// What comes of a lead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Deal {
    /// One is in the making.
    Opened,
    /// It was made.
    Won,
    /// It was not.
    Lost,
}

/// What an import tells of a lead besides that it was captured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Story {
    /// Nothing.
    Nothing,
    /// It was handed over.
    Waiting,
    /// Sales accepted it.
    Accepted,
    /// Sales rejected it.
    Rejected,
}

/// A service that hears of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consumer {
    /// Follows qualification.
    Sla,
    /// Follows both.
    Reporting,
}

/// Any service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The one that everybody follows.
    Qualification,
    /// One that follows.
    Consumer(Consumer),
}

/// A life of so many operations.
pub fn generate(seed: u64, length: usize) -> Vec<Operation> {
    let mut random = Random(seed);
    (0..length).map(|_| operation(&mut random)).collect()
}

fn operation(random: &mut Random) -> Operation {
    const REASONS: [RejectionReason; 4] = [
        RejectionReason::NoBudgetNow,
        RejectionReason::WrongSize,
        RejectionReason::Competitor,
        RejectionReason::WrongOwner,
    ];
    const KINDS: [ContactKind; 3] = [ContactKind::Attempt, ContactKind::Connect, ContactKind::Meeting];
    const DEALS: [Deal; 4] = [Deal::Opened, Deal::Opened, Deal::Won, Deal::Lost];
    const STORIES: [Story; 4] = [Story::Nothing, Story::Waiting, Story::Accepted, Story::Rejected];
    const CONSUMERS: [Consumer; 2] = [Consumer::Sla, Consumer::Reporting];
    const SERVICES: [Service; 3] =
        [Service::Qualification, Service::Consumer(Consumer::Sla), Service::Consumer(Consumer::Reporting)];

    let lead = random.below(LEADS);
    let by = random.below(OWNERS.len());
    match random.below(100) {
        0..12 => Operation::Capture { lead },
        12..17 => Operation::Visit { lead },
        17..32 => Operation::Qualify { lead },
        32..42 => Operation::Assign { lead, owner: by },
        42..52 => Operation::Accept { lead, by },
        52..60 => Operation::Reject { lead, by, reason: random.one_of(&REASONS) },
        60..65 => Operation::Contact { lead, kind: random.one_of(&KINDS) },
        65..71 => Operation::Deal { lead, outcome: random.one_of(&DEALS) },
        71..77 => {
            let (key, days_ago) = (random.below(4), 1 + i64::try_from(random.below(20)).unwrap_or(0));
            Operation::Import { lead, key, days_ago, story: random.one_of(&STORIES) }
        }
        77..81 => Operation::Repeat,
        // From seconds to weeks: deadlines, nights and weekends, and the end of a cool-down.
        81..93 => {
            let longest: u64 = random.one_of(&[60, 3_600, 86_400, 20 * 86_400]);
            let micros = 1 + random.next() % (longest * 1_000_000);
            Operation::Wait { time: TimeDelta::microseconds(i64::try_from(micros).unwrap_or(1)) }
        }
        93..95 => Operation::Stop(random.one_of(&CONSUMERS)),
        95..97 => Operation::Start(random.one_of(&CONSUMERS)),
        _ => Operation::Crash(random.one_of(&SERVICES)),
    }
}

/// SplitMix64: the same numbers on every machine and for ever, so that a seed stays a history.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or(0)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}
