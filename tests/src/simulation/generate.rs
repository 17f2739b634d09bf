//! How a life is made up from a seed. Time passes by preference to where calendars have their edges: the first and the
//! last second of an opening, lunch, night, weekend, a holiday, the night in which the clocks change.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc, Weekday};
use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use handoff_domain::calendar::local;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::record::{ContactKind, Direction, Suppression};
use handoff_domain::qualification::rejection::RejectionReason;
use handoff_domain::target::Target;

use super::operation::{
    Consumer, Deal, Hours, LEADS, LINES, OWNERS, Operation, PERSONAS, Publishing, SEGMENTS, Service, Story,
    Track,
};
use super::twin::routing::PLANS;
use crate::fault::random::Random;

/// Where the tenant is.
pub const ZONE: Tz = chrono_tz::Europe::Rome;

/// When a life may begin, as year, month and day: shortly before something that calendars stumble over.
const BEGINNINGS: [(i32, u32, u32); 5] =
    [(2020, 3, 25), (2020, 10, 21), (2020, 4, 8), (2020, 12, 21), (2020, 2, 26)];

/// Days on which [`Hours::Lunch`] is closed.
const HOLIDAYS: [(i32, u32, u32); 4] = [(2020, 4, 13), (2020, 5, 1), (2020, 12, 25), (2021, 1, 1)];

/// Nights in which the clocks change.
const CLOCKS_CHANGE: [(i32, u32, u32); 3] = [(2020, 3, 29), (2020, 10, 25), (2021, 3, 28)];

/// A life.
#[derive(Debug, Clone)]
pub struct Life {
    /// When it begins.
    pub begins: DateTime<Utc>,
    /// How long sales may take to decide.
    pub target: Target,
    /// What happens.
    pub operations: Vec<Operation>,
}

/// The days on which [`Hours::Lunch`] is closed.
pub fn holidays() -> impl Iterator<Item = NaiveDate> {
    dates(&HOLIDAYS)
}

fn dates(of: &[(i32, u32, u32)]) -> impl Iterator<Item = NaiveDate> {
    of.iter().filter_map(|(year, month, day)| NaiveDate::from_ymd_opt(*year, *month, *day))
}

impl Life {
    /// A life of so many operations.
    pub fn generate(seed: u64, length: usize) -> Self {
        let track = Track { lead: 0, line: 0 };
        let mut draw =
            Draw { random: Random::new(seed, 0), now: DateTime::UNIX_EPOCH, track, ahead: Vec::new() };
        let date = draw.one_of(&dates(&BEGINNINGS).collect::<Vec<_>>());
        let begins = local::midnight(ZONE, date) + draw.micros(TimeDelta::days(2));
        let targets = [
            Target::BusinessDays(2),
            Target::Business(TimeDelta::hours(10)),
            Target::Calendar(TimeDelta::days(1)),
        ];
        let target = draw.one_of(&targets);
        draw.now = begins;
        Self { begins, target, operations: (0..length).map(|_| draw.operation()).collect() }
    }
}

/// Draws, and keeps in mind what time it is and what was spoken of last.
struct Draw {
    random: Random,
    now: DateTime<Utc>,
    track: Track,
    /// What comes next, the last first.
    ahead: Vec<Operation>,
}

impl Draw {
    fn operation(&mut self) -> Operation {
        const REASONS: [RejectionReason; 5] = [
            RejectionReason::NoBudgetNow,
            RejectionReason::WrongSize,
            RejectionReason::Duplicate,
            RejectionReason::Competitor,
            RejectionReason::WrongOwner,
        ];
        const KINDS: [ContactKind; 4] =
            [ContactKind::Attempt, ContactKind::Attempt, ContactKind::Connect, ContactKind::Meeting];
        const DIRECTIONS: [Direction; 3] = [Direction::Outbound, Direction::Outbound, Direction::Inbound];
        const SUPPRESSIONS: [Suppression; 6] = [
            Suppression::None,
            Suppression::None,
            Suppression::None,
            Suppression::None,
            Suppression::Consent,
            Suppression::Test,
        ];
        const DEALS: [Deal; 4] = [Deal::Opened, Deal::Opened, Deal::Won, Deal::Lost];
        const STORIES: [Story; 9] = [
            Story::Nothing,
            Story::Called,
            Story::Waiting,
            Story::Waiting,
            Story::Accepted,
            Story::Returned,
            Story::Rejected,
            Story::Decided,
            Story::Sold,
        ];
        const HOURS: [Hours; 4] = [Hours::Office, Hours::Lunch, Hours::Lunch, Hours::Night];
        const PUBLISHINGS: [Publishing; 3] =
            [Publishing::Capped, Publishing::Shadow, Publishing::NewEventsOnly];
        const CAPACITIES: [u32; 4] = [1, 2, 3, 100];
        const CONSUMERS: [Consumer; 2] = [Consumer::Sla, Consumer::Reporting];
        const SERVICES: [Service; 3] = [
            Service::Qualification,
            Service::Consumer(Consumer::Sla),
            Service::Consumer(Consumer::Reporting),
        ];

        // Now and then something goes its whole way.
        if let Some(next) = self.ahead.pop() {
            return next;
        }
        // What was just begun mostly goes on, and most leads are interested in one thing only.
        if self.below(3) == 0 {
            let line = if self.below(4) == 0 { 1 + self.below(LINES.len() - 1) } else { 0 };
            self.track = Track { lead: self.below(LEADS), line };
        }
        let track = self.track;
        let lead = track.lead;
        let by = self.below(OWNERS.len());
        let back = self.below(8);
        match self.below(214) {
            0..3 => Operation::Merge { survivor: back % LEADS, duplicate: lead },
            3..6 => Operation::Unmerge { lead },
            6..18 => {
                let persona = (self.below(3) == 0).then(|| self.below(PERSONAS.len()));
                let record_id = (back >= LEADS).then(|| back - LEADS);
                Operation::Capture { lead, persona, record_id }
            }
            18..22 => Operation::Suppress { lead, suppression: self.one_of(&SUPPRESSIONS) },
            22..24 => Operation::Visit { lead, hours_ago: self.ago() },
            24..26 => Operation::Nurture { track, segment: back % SEGMENTS.len() },
            26..60 => Operation::Qualify { track },
            60..86 => Operation::Assign { track, owner: by },
            86..96 => Operation::Accept { track, by },
            96..107 => Operation::Reject { track, by, reason: self.one_of(&REASONS) },
            107..112 => Operation::Withdraw { track, cools_down: back == 0 },
            112..122 => Operation::Contact {
                lead,
                kind: self.one_of(&KINDS),
                direction: self.one_of(&DIRECTIONS),
                human: self.below(4) > 0,
                hours_ago: self.ago(),
            },
            122..126 => Operation::SetStage {
                track,
                stage: self.one_of(Stage::ALL),
                by: (back > 0).then_some(by),
                knows: self.below(4) > 0,
            },
            126..130 => Operation::Deal { track, outcome: self.one_of(&DEALS), hours_ago: self.ago() },
            130..137 => {
                let (key, days_ago) = (self.below(30), 1 + self.whole(40));
                Operation::Import { track, key, days_ago, story: self.one_of(&STORIES) }
            }
            137 | 138 => Operation::Plan { number: self.below(PLANS) },
            139 | 140 => Operation::Staff { owner: by, capacity: self.one_of(&CAPACITIES) },
            141..144 => Operation::Calendar { hours: self.one_of(&HOURS) },
            144..150 => Operation::Repeat { back },
            150..152 => Operation::Reuse { back },
            152..184 => {
                let time = self.time();
                self.now += time;
                Operation::Wait { time }
            }
            184..187 => Operation::Stop(self.one_of(&CONSUMERS)),
            187..191 => Operation::Start(self.one_of(&CONSUMERS)),
            191..195 => Operation::Crash(self.one_of(&SERVICES)),
            195..198 => Operation::Second(self.one_of(&SERVICES)),
            200..208 => {
                self.ahead = self.dispute(track, by, back);
                Operation::Qualify { track }
            }
            208..211 => Operation::Dispute { track },
            211..214 => self.ruling(track, by, back),
            198 => Operation::Publish { publishing: PUBLISHINGS[back % PUBLISHINGS.len()] },
            _ => Operation::Check,
        }
    }

    /// What follows on a hand-over that comes to a dispute, the last first.
    fn dispute(&mut self, track: Track, by: usize, back: usize) -> Vec<Operation> {
        let reason = self.one_of(&[RejectionReason::WrongSize, RejectionReason::Competitor]);
        let again = match self.below(3) {
            0 => Operation::Reject { track, by, reason },
            _ => Operation::Accept { track, by },
        };
        let rejected = [Operation::Assign { track, owner: by }, Operation::Reject { track, by, reason }];
        let disputed = [Operation::Dispute { track }, self.ruling(track, 1 - by, back), again];
        disputed.into_iter().rev().chain(rejected.into_iter().rev()).collect()
    }

    fn ruling(&mut self, track: Track, by: usize, back: usize) -> Operation {
        let owner = (back < OWNERS.len()).then_some(back);
        Operation::Resolve { track, by, upheld: self.below(4) == 0, owner }
    }

    /// How much time passes.
    fn time(&mut self) -> TimeDelta {
        match self.below(9) {
            0 | 1 => self.micros(TimeDelta::minutes(10)),
            2 => self.micros(TimeDelta::hours(10)),
            3 | 4 => self.until_an_hour(),
            5 => self.until_a_monday(),
            6 | 7 => self.until_a_special_day(),
            _ => self.micros(TimeDelta::days(20)),
        }
    }

    /// To the next time that the clock strikes an hour at which some office opens or closes, or nearly.
    fn until_an_hour(&mut self) -> TimeDelta {
        let hour = self.one_of(&[0, 6, 9, 13, 14, 18, 22]);
        let today = local::date(ZONE, self.now);
        self.to(today, hour)
            .or_else(|| self.to(today.checked_add_days(Days::new(1))?, hour))
            .unwrap_or_default()
    }

    fn until_a_monday(&mut self) -> TimeDelta {
        let today = local::date(ZONE, self.now);
        let ahead = 7 - u64::from(today.weekday().num_days_from_monday());
        let hour = self.one_of(&[8, 9, 10, 15]);
        today.checked_add_days(Days::new(ahead)).and_then(|monday| self.to(monday, hour)).unwrap_or_default()
    }

    /// To the morning after a holiday or after a change of the clocks, if one is near.
    fn until_a_special_day(&mut self) -> TimeDelta {
        let today = local::date(ZONE, self.now);
        let special = dates(&HOLIDAYS).chain(dates(&CLOCKS_CHANGE));
        let Some(next) = special.filter(|date| *date > today).min() else { return self.until_an_hour() };
        if (next - today).num_days() > 12 {
            return self.until_an_hour();
        }
        let hour = self.one_of(&[1, 4, 10, 20]);
        self.to(next, hour).unwrap_or_default()
    }

    /// To a local time, exactly or a little before or after; none if that is over.
    fn to(&mut self, date: NaiveDate, hour: u32) -> Option<TimeDelta> {
        let at = local::to_utc(ZONE, date.and_time(NaiveTime::from_hms_opt(hour, 0, 0)?));
        let aside = self.one_of(&[-1, 0, 1, 1_000_000, 17 * 60 * 1_000_000]);
        let time = at + TimeDelta::microseconds(aside) - self.now;
        (time > TimeDelta::zero()).then_some(time)
    }

    /// How many hours ago something happened that is told now.
    fn ago(&mut self) -> i64 {
        if self.below(2) == 0 { 0 } else { self.whole(100) }
    }

    fn micros(&mut self, longest: TimeDelta) -> TimeDelta {
        let longest = longest.num_microseconds().and_then(|micros| usize::try_from(micros).ok()).unwrap_or(1);
        TimeDelta::microseconds(1 + self.whole(longest))
    }

    fn whole(&mut self, end: usize) -> i64 {
        i64::try_from(self.below(end)).unwrap_or_default()
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.random.below(end as u64)).unwrap_or_default()
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// What a passing of time leads over: the words are those of [`super::tally`].
pub fn led_over(from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<&'static str> {
    let (from, to) = (from.with_timezone(&ZONE).naive_local(), to.with_timezone(&ZONE).naive_local());
    let days = (to.date() - from.date()).num_days();
    let nights: Vec<NaiveDate> = from.date().iter_days().take(usize::try_from(days).unwrap_or(0)).collect();
    let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
    let is_workday = !matches!(from.weekday(), Weekday::Sat | Weekday::Sun);
    let is_in = |date: NaiveDate| from.date() < date && date <= to.date();
    let over = [
        ("lunch", days == 0 && is_workday && from.time() <= hour(13) && to.time() >= hour(14)),
        ("a night", days == 1),
        ("a weekend", days <= 5 && nights.iter().any(|date| date.weekday() == Weekday::Sun)),
        ("a holiday", days <= 15 && holidays().any(is_in)),
        ("a change of the clocks", dates(&CLOCKS_CHANGE).any(is_in)),
    ];
    over.into_iter().filter(|(_, is_so)| *is_so).map(|(what, _)| what).collect()
}
