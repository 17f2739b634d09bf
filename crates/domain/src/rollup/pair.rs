//! The pairs of milestones whose velocities are in the rollups. A report of another pair is computed from facts.

use crate::metric::milestone::Milestone;

/// A declared pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pair {
    /// The MQL stage, which the DECIDE clock measures.
    MqlToDecided,
    /// From marketing's hand to sales'.
    MqlToAccepted,
    /// How fast marketing qualifies.
    CapturedToMql,
    /// The whole way.
    CapturedToWon,
    /// How fast somebody calls.
    MqlToFirstAttempt,
    /// How fast sales sells.
    AcceptedToWon,
}

impl Pair {
    /// Every pair with its name, its start and its end.
    pub const ALL: [(Self, &'static str, Milestone, Milestone); 6] = [
        (Self::MqlToDecided, "MQL>DECIDED", Milestone::Mql, Milestone::Decided),
        (Self::MqlToAccepted, "MQL>ACCEPTED", Milestone::Mql, Milestone::Accepted),
        (Self::CapturedToMql, "CAPTURED>MQL", Milestone::Captured, Milestone::Mql),
        (Self::CapturedToWon, "CAPTURED>WON", Milestone::Captured, Milestone::Won),
        (Self::MqlToFirstAttempt, "MQL>FIRST_ATTEMPT", Milestone::Mql, Milestone::FirstAttempt),
        (Self::AcceptedToWon, "ACCEPTED>WON", Milestone::Accepted, Milestone::Won),
    ];

    /// The pair of two milestones, if it is declared.
    pub fn of(from: Milestone, to: Milestone) -> Option<Self> {
        Self::ALL.iter().find(|(_, _, start, end)| (*start, *end) == (from, to)).map(|(pair, ..)| *pair)
    }

    /// Its name in the cells.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Where it starts.
    pub fn from(self) -> Milestone {
        Self::ALL[self as usize].2
    }

    /// Where it ends.
    pub fn to(self) -> Milestone {
        Self::ALL[self as usize].3
    }

    /// Whether a clock measures it: its cells are apart by the target that was in force, and hold what sla logged.
    pub fn is_clocked(self) -> bool {
        self == Self::MqlToDecided
    }
}
