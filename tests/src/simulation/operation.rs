//! What can happen in a simulated life.

use chrono::TimeDelta;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::record::{ContactKind, Direction, Suppression};
use handoff_domain::qualification::rejection::RejectionReason;

/// How many leads there are.
pub const LEADS: usize = 5;
/// The sales people.
pub const OWNERS: [&str; 2] = ["ada", "sam"];
/// The product lines.
pub const LINES: [&str; 2] = ["default", "care"];
/// The personas.
pub const PERSONAS: [&str; 2] = ["buyer", "user"];
/// The segments of nurture.
pub const SEGMENTS: [&str; 2] = ["later", "events"];

/// One thing that happens. Leads, lines, owners and so on are numbers.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are what they are called")]
pub enum Operation {
    /// A lead is captured, or seen again, perhaps with something new about it, or with an id in a system of record, which may
    /// be another's.
    Capture { lead: usize, persona: Option<usize>, record_id: Option<usize> },
    /// It must not be handed over, or may be again; or it turns out to be a test.
    Suppress { lead: usize, suppression: Suppression },
    /// It turns out to be the same person as another.
    Merge { survivor: usize, duplicate: usize },
    /// That was wrong.
    Unmerge { lead: usize },
    /// It did something.
    Visit { lead: usize, hours_ago: i64 },
    /// It is handed over.
    Qualify { track: Track },
    /// Its handoff gets an owner, or another one.
    Assign { track: Track, owner: usize },
    /// Somebody accepts its handoff.
    Accept { track: Track, by: usize },
    /// Somebody rejects it.
    Reject { track: Track, by: usize, reason: RejectionReason },
    /// Marketing sends it to a segment of nurture.
    Nurture { track: Track, segment: usize },
    /// Its stage is set in the CRM, by somebody of sales or, without a number, of marketing; perhaps without knowing of the last
    /// change.
    SetStage { track: Track, stage: Stage, by: Option<usize>, knows: bool },
    /// Marketing takes it back, for a while or not.
    Withdraw { track: Track, cools_down: bool },
    /// Marketing disputes its rejection.
    Dispute { track: Track },
    /// Somebody of sales says what becomes of that, and who decides anew if anybody does.
    Resolve { track: Track, by: usize, upheld: bool, owner: Option<usize> },
    /// Somebody was in contact with it.
    Contact { lead: usize, kind: ContactKind, direction: Direction, human: bool, hours_ago: i64 },
    /// Something came of it.
    Deal { track: Track, outcome: Deal, hours_ago: i64 },
    /// It comes in with a history, under a key of its source.
    Import { track: Track, key: usize, days_ago: i64, story: Story },
    /// Handoffs find their owners by a plan, from now on.
    Plan { number: usize },
    /// Somebody takes so many handoffs at a time.
    Staff { owner: usize, capacity: u32 },
    /// The office hours change, from now on.
    Calendar { hours: Hours },
    /// Both sides sign a scoring model, in effect from now on.
    Publish { publishing: Publishing },
    /// A request that was sent before comes again.
    Repeat { back: usize },
    /// Its id comes again, with another body.
    Reuse { back: usize },
    /// Time passes.
    Wait { time: TimeDelta },
    /// A service is stopped, if it runs.
    Stop(Consumer),
    /// It is started, if it does not.
    Start(Consumer),
    /// A service is killed and started, wherever it was: between effects and cursor if it comes to that.
    Crash(Service),
    /// A second process of a service joins the first, or is killed if there is one.
    Second(Service),
    /// Everything is looked at.
    Check,
}

/// A lead on a product line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are what they are called")]
pub struct Track {
    pub lead: usize,
    pub line: usize,
}

/// What comes of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deal {
    /// One is in the making.
    Opened,
    /// It was made.
    Won,
    /// It was not.
    Lost,
}

/// What an import tells of a lead besides that it was captured, each an hour after the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    /// Nothing.
    Nothing,
    /// Somebody called it.
    Called,
    /// It was handed over.
    Waiting,
    /// It was handed over, and sales accepted it.
    Accepted,
    /// The same, and sales gave it back.
    Returned,
    /// It was handed over, and sales rejected it.
    Rejected,
    /// What is open was accepted, or it was accepted with a way there that nobody saw.
    Decided,
    /// It went all the way to a won deal.
    Sold,
}

/// Office hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hours {
    /// Those that every tenant starts with: Monday to Friday, 9 to 18.
    Office,
    /// With an hour for lunch, and holidays.
    Lunch,
    /// Every day, from ten in the evening to six in the morning.
    Night,
}

/// What is to happen to the leads of today when a model takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publishing {
    /// Nothing.
    NewEventsOnly,
    /// They are looked at.
    Shadow,
    /// They are judged, as far as there are places.
    Capped,
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

impl Operation {
    /// What kind of thing it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Capture { .. } => "capture",
            Self::Suppress { .. } => "suppress",
            Self::Merge { .. } => "merge",
            Self::Unmerge { .. } => "unmerge",
            Self::Visit { .. } => "visit",
            Self::Qualify { .. } => "qualify",
            Self::Assign { .. } => "assign",
            Self::Accept { .. } => "accept",
            Self::Reject { .. } => "reject",
            Self::Nurture { .. } => "nurture",
            Self::SetStage { .. } => "set stage",
            Self::Withdraw { .. } => "withdraw",
            Self::Dispute { .. } => "dispute",
            Self::Resolve { .. } => "resolve",
            Self::Contact { .. } => "contact",
            Self::Deal { .. } => "deal",
            Self::Import { .. } => "import",
            Self::Plan { .. } => "plan",
            Self::Staff { .. } => "staff",
            Self::Calendar { .. } => "calendar",
            Self::Publish { .. } => "publish",
            Self::Repeat { .. } => "repeat",
            Self::Reuse { .. } => "reuse",
            Self::Wait { .. } => "wait",
            Self::Stop(_) => "stop",
            Self::Start(_) => "start",
            Self::Crash(_) => "crash",
            Self::Second(_) => "second",
            Self::Check => "check",
        }
    }
}
