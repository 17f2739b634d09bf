//! Re-evaluation: what follows for the leads of today when a criteria set or a scoring model takes effect. All leads are
//! looked at, cheaply where their behaviour cannot matter, and those that change are found; whether they then become MQLs
//! is settled one by one, the best first, where each is judged ([`super::command::JudgeLead`]).
//!
//! It is a filter and no decision: whatever a lead does meanwhile has it judged by the same rules.

use chrono::{DateTime, NaiveDate, Utc};

use crate::id::LeadId;
use crate::points::Points;
use crate::promotion::{self, Case, Emission, Lack, Quota, Verdict};
use crate::qualification::rulebook::Rulebook;
use crate::qualification::standing::{Place, Standing};
use crate::score::{Engagement, Publish, Scorer};
use crate::version::Subject;
use crate::word::words;

words! {
    /// What is done with the leads that change.
    pub enum Mode {
        /// They are told of, and nothing happens to them.
        Shadow = "SHADOW",
        /// They are judged, and become MQLs as far as a business day has places.
        Capped = "CAPPED",
    }

    /// How far a re-evaluation has come.
    pub enum Progress {
        /// Leads are looked at.
        Evaluating = "EVALUATING",
        /// Those that change are judged, the best first.
        Applying = "APPLYING",
        /// It is done.
        Done = "DONE",
        /// Another version took effect before this one was done.
        Superseded = "SUPERSEDED",
    }

    /// How a lead changes; the strongest of its tracks.
    pub enum Change {
        /// It becomes an MQL, as soon as there is a place for it.
        Qualifies = "QUALIFIES",
        /// It has a ground from now on, and a guard holds it back.
        Waits = "WAITS",
        /// It is no candidate any more.
        Leaves = "LEAVES",
        /// Nothing changes now, and time alone may change that on a day that has to be noted.
        Later = "LATER",
    }
}

impl Mode {
    /// What a model that is published so has done; none where leads wait for something of their own.
    pub fn of(publish: Publish) -> Option<Self> {
        match publish {
            Publish::NewEventsOnly => None,
            Publish::Shadow => Some(Self::Shadow),
            Publish::Capped { .. } => Some(Self::Capped),
        }
    }
}

impl Progress {
    /// Whether nothing more comes of it.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Done | Self::Superseded)
    }
}

/// A re-evaluation, named by the version that took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reevaluation {
    /// Of what.
    pub subject: Subject,
    /// Which version.
    pub number: u32,
    /// What is done with the leads that change.
    pub mode: Mode,
    /// How far it has come.
    pub progress: Progress,
    /// Since when the version is in effect.
    pub effective_from: DateTime<Utc>,
    /// When it began.
    pub begun_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The last lead that was looked at.
    pub last: Option<LeadId>,
    /// How many leads there were when it began; none before they were counted.
    pub total: Option<u64>,
    /// How many of them were looked at.
    pub evaluated: u64,
}

/// A lead that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub lead: LeadId,
    /// How.
    pub change: Change,
    /// What its behaviour came to when it was looked at.
    pub points: Points,
    /// Whether it was judged for it since.
    pub is_applied: bool,
}

/// Whether the behaviour of a lead may matter, so that the rest of it has to be looked at: it is a candidate, was on the
/// fast track, or reaches B_up, now or later, if nothing more happens.
pub fn may_matter(scorer: &Scorer, engagement: &Engagement, day: NaiveDate, is_on_fast_track: bool) -> bool {
    is_on_fast_track || scorer.ceiling(engagement, day) >= scorer.model().thresholds.up
}

/// How a lead changes that stands so, on the tracks at these places.
pub fn change(
    standing: &Standing<'_>,
    places: impl Iterator<Item = Place>,
    rules: &Rulebook,
) -> Option<Change> {
    places.filter_map(|place| change_of_track(standing, place, rules)).min()
}

fn change_of_track(standing: &Standing<'_>, place: Place, rules: &Rulebook) -> Option<Change> {
    // As if there were a place for everybody, whatever becomes of it then.
    let published = Some(Publish::Capped { per_business_day: u32::MAX });
    let case = Case { published, ..standing.case(place) };
    let decision = promotion::decide(&case, &mut Quota::default(), &rules.calendar);
    match decision.emission {
        Some(Emission::LeadQualified { .. }) => return Some(Change::Qualifies),
        Some(Emission::CandidateEntered { .. }) => return Some(Change::Waits),
        Some(Emission::CandidateLeft) => return Some(Change::Leaves),
        None => {}
    }
    let is_out = matches!(&decision.verdict, Verdict::NotACandidate { lacks } if matches!(lacks[..], [Lack::Stage(_)]));
    let changes_later = !place.handoff_open && !is_out && standing.changes_on(&decision.verdict).is_some();
    changes_later.then_some(Change::Later)
}
