//! Promotion: whether a lead becomes an MQL on a product line, and if not, what it lacks or what holds it back.
//!
//! A lead needs a [`Ground`]: it reached the thresholds, of its own or because a model was published, or it did something
//! on the fast track, for which the gates suffice. With a ground it is promoted, unless a [`Guard`] holds it back: then it
//! is a candidate, and nothing is lost until the guard ends (edge case 28). What nobody can judge, such as the gates of a
//! lead of unknown kind, neither counts against a lead nor lets it pass: it holds it back.
//!
//! Everything is a function of what is known at an instant, and what follows from it occurs at that instant: a late
//! activity changes no decision of the past, [`would_have_qualified_on`] only tells of it (edge case 11). Nothing here
//! loads, counts or scores. Qualification by hand is another thing and needs no score (R24).

mod due;
mod guard;
mod judge;
mod late;
mod quota;

use std::fmt;

use chrono::{DateTime, Utc};

use crate::criteria::Fit;
use crate::points::Points;
use crate::qualification::record::{LeadKind, Suppression};
use crate::qualification::stage::Stage;
use crate::score::{Publish, Thresholds};
use crate::word::words;

pub use guard::{Guard, Hold};
pub use judge::{decide, judge};
pub use late::would_have_qualified_on;
pub use quota::Quota;

words! {
    /// Why a lead may become an MQL.
    pub enum Ground {
        /// It reached the thresholds by something of its own.
        Thresholds = "THRESHOLDS",
        /// It reached the thresholds of a model that was published: it needs a place in the [`Quota`] (edge case 31).
        Published = "PUBLISHED",
        /// It did something that needs the gates only, such as requesting a demo. This ground does not fade.
        FastTrack = "FAST_TRACK",
    }
}

/// What is known of a lead on a product line when it is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The instant of the judgement.
    pub now: DateTime<Utc>,
    /// Where the track stands.
    pub stage: Stage,
    /// Whether a handoff of the track waits for sales.
    pub handoff_open: bool,
    /// The ground on which the lead is a candidate on the track already; none if it is no candidate.
    pub candidate: Option<Ground>,
    /// When its latest activity on the fast track occurred, whether or not that is what is judged: gates that did not
    /// hold then may do so now.
    pub fast_track_at: Option<DateTime<Utc>>,
    /// When the last handoff or deal of the track came to its end, or its behaviour was reset, whichever was later. An
    /// activity on the fast track from before then gives no ground any more, even if it was recorded later.
    pub settled_at: Option<DateTime<Utc>>,
    /// How the model was published, if that is why the lead is judged; none for whatever is the lead's own: an activity,
    /// an answer, a guard that ended, a day on which its score was bound to cross.
    pub published: Option<Publish>,
    /// Whether the person is known (R7).
    pub is_known: bool,
    /// B2B or B2C.
    pub kind: LeadKind,
    /// Why it must not be handed over at all.
    pub suppression: Suppression,
    /// Until when it must not be handed over again.
    pub cooldown_until: Option<DateTime<Utc>>,
    /// The criteria for its kind; of no account while that is unknown.
    pub criteria: InEffect<Fitness>,
    /// The scoring model.
    pub model: InEffect<Behaviour>,
    /// The contract.
    pub contract: InEffect<()>,
}

/// Whether something that both sides sign is in effect, and what it says of the lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InEffect<T> {
    /// It is.
    Yes(T),
    /// It will be.
    From(DateTime<Utc>),
    /// It is not, and nobody knows of a time when it will be.
    No,
}

impl<T> InEffect<T> {
    /// Says something else of the lead, by what it says if it is in effect.
    pub fn map<U>(self, say: impl FnOnce(T) -> U) -> InEffect<U> {
        match self {
            Self::Yes(it) => InEffect::Yes(say(it)),
            Self::From(from) => InEffect::From(from),
            Self::No => InEffect::No,
        }
    }

    /// As [`Self::map`], where saying it may fail.
    ///
    /// # Errors
    /// As `say`.
    pub fn try_map<U, E>(self, say: impl FnOnce(T) -> Result<U, E>) -> Result<InEffect<U>, E> {
        match self {
            Self::Yes(it) => say(it).map(InEffect::Yes),
            Self::From(from) => Ok(InEffect::From(from)),
            Self::No => Ok(InEffect::No),
        }
    }

    /// The same, to look at.
    pub fn as_ref(&self) -> InEffect<&T> {
        match self {
            Self::Yes(it) => InEffect::Yes(it),
            Self::From(from) => InEffect::From(*from),
            Self::No => InEffect::No,
        }
    }
}

impl<T: Copy> InEffect<T> {
    /// What it says, if it is in effect.
    pub fn now(self) -> Option<T> {
        if let Self::Yes(it) = self { Some(it) } else { None }
    }
}

/// What the criteria say of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fitness {
    /// The fit.
    pub points: Points,
    /// Whether every gate holds or lets the lead pass, and no unknown answer blocks it.
    pub gates_hold: bool,
}

impl From<&Fit> for Fitness {
    fn from(fit: &Fit) -> Self {
        Self { points: fit.points, gates_hold: fit.gates_hold }
    }
}

/// What a scoring model says of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behaviour {
    /// The score.
    pub points: Points,
    /// What it is held against.
    pub thresholds: Thresholds,
}

/// What becomes of a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It has no ground.
    NotACandidate {
        /// All that it lacks, at least one thing, in the order of [`Lack`].
        lacks: Vec<Lack>,
    },
    /// It has a ground, and guards hold it back.
    Candidate {
        /// The ground.
        ground: Ground,
        /// The guards, at least one, in the order of [`Guard`].
        held_by: Vec<Hold>,
    },
    /// It becomes an MQL.
    Promote {
        /// The ground.
        ground: Ground,
    },
}

impl Verdict {
    /// The word for it on the wire and in reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotACandidate { .. } => "NOT_A_CANDIDATE",
            Self::Candidate { .. } => "CANDIDATE",
            Self::Promote { .. } => "PROMOTE",
        }
    }

    /// The earliest instant at which a candidate may be promoted, as far as is known: the latest end of its guards.
    /// None if one of them ends by no clock, and for whoever is no candidate.
    pub fn free_at(&self) -> Option<DateTime<Utc>> {
        let Self::Candidate { held_by, .. } = self else { return None };
        held_by.iter().map(|hold| hold.until).collect::<Option<Vec<_>>>()?.into_iter().max()
    }
}

/// What a lead lacks to be a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// It stands where no lead becomes an MQL from.
    Stage(Stage),
    /// A criterion stands in the way: a gate does not hold, or an unknown answer blocks.
    Gates,
    /// No model is in effect, so there is nothing to reach.
    Model,
    /// So many points of fit.
    Fit(Points),
    /// So many points of behaviour to B_up.
    Behaviour(Points),
}

/// What is missing, as part of a sentence.
impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(stage) => write!(f, "it stands at {stage}, from where no lead becomes an MQL"),
            Self::Gates => f.write_str("a criterion stands in the way"),
            Self::Model => f.write_str("no scoring model is in effect"),
            Self::Fit(points) => write!(f, "{points} points more of fit are needed"),
            Self::Behaviour(points) => write!(f, "{points} points more of behaviour are needed"),
        }
    }
}

/// What is noted in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emission {
    /// The lead is a candidate from now on; or it was one, and has another ground from now on.
    CandidateEntered {
        /// The ground.
        ground: Ground,
    },
    /// It is none any more.
    CandidateLeft,
    /// It is an MQL, and no candidate any more if it was one.
    LeadQualified {
        /// The ground.
        ground: Ground,
    },
}

impl Emission {
    /// The ground on which the lead is a candidate after it: the next [`Case::candidate`].
    pub fn candidate(self) -> Option<Ground> {
        match self {
            Self::CandidateEntered { ground } => Some(ground),
            Self::CandidateLeft | Self::LeadQualified { .. } => None,
        }
    }
}

/// What becomes of a lead, and what is noted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What becomes of it; of one whose handoff is open, what would.
    pub verdict: Verdict,
    /// What is noted, if anything changes.
    pub emission: Option<Emission>,
}
