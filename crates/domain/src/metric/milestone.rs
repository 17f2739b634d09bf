//! The points on the way of a lead between which a velocity can be taken (M6).

use chrono::{DateTime, Utc};

/// A point on the way from capture to the end of an opportunity, in the usual order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Milestone {
    /// The lead was captured.
    Captured,
    /// Marketing qualified it.
    Mql,
    /// It got its owner.
    Assigned,
    /// It was accepted or rejected. An expiry or a withdrawal decides nothing.
    Decided,
    /// Sales accepted it: it became an SQL.
    Accepted,
    /// The first human outbound attempt to reach it in its cycle, before the hand-over or after it.
    FirstAttempt,
    /// The first conversation.
    FirstConnect,
    /// The first meeting.
    FirstMeeting,
    /// An opportunity was opened.
    Opportunity,
    /// It was won.
    Won,
    /// It was lost: the deal was, or sales gave the lead back after it had accepted it.
    Lost,
}

impl Milestone {
    /// Every milestone with its upper-case name.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::Captured, "CAPTURED"),
        (Self::Mql, "MQL"),
        (Self::Assigned, "ASSIGNED"),
        (Self::Decided, "DECIDED"),
        (Self::Accepted, "ACCEPTED"),
        (Self::FirstAttempt, "FIRST_ATTEMPT"),
        (Self::FirstConnect, "FIRST_CONNECT"),
        (Self::FirstMeeting, "FIRST_MEETING"),
        (Self::Opportunity, "OPPORTUNITY"),
        (Self::Won, "WON"),
        (Self::Lost, "LOST"),
    ];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The milestone with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, other)| *other == name).map(|(milestone, _)| *milestone)
    }
}

/// When a milestone was reached, and how we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The instant.
    pub at: DateTime<Utc>,
    /// It was not recorded: a source skipped the stage, and this is the instant of the skip. Counts may use it
    /// ([`SkipPolicy`](super::SkipPolicy)), a velocity never does.
    pub implied: bool,
}

impl Stamp {
    /// A milestone that was recorded.
    pub fn recorded(at: DateTime<Utc>) -> Self {
        Self { at, implied: false }
    }

    /// A milestone that was skipped at this instant.
    pub fn implied(at: DateTime<Utc>) -> Self {
        Self { at, implied: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_stand_in_the_order_of_the_milestones() {
        for (index, (milestone, name)) in Milestone::ALL.into_iter().enumerate() {
            assert_eq!(milestone as usize, index);
            assert_eq!(milestone.as_str(), name);
            assert_eq!(Milestone::from_name(name), Some(milestone));
        }
        assert_eq!(Milestone::from_name("SQL"), None);
    }
}
