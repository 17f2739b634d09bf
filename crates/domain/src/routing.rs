//! Routing: to whom a handoff goes. A tenant's plan is an ordered list of rules, of which the first that applies decides: the
//! person's owner keeps it, or one of a pool gets it, in turn or by the least open work, among those who are active, at work,
//! not away and have room.
//!
//! A [`Roster`] is whom there is to choose from, and changes seldom; a [`Desk`] is what they have open and whose turn it is, and
//! changes with every handoff. [`route`] looks at both and says who it is, or why it is nobody and when somebody will be
//! free. Everything is a function of (roster, desk, question); nothing here knows handoffs as records.

mod availability;
mod check;
mod desk;
mod plan;
mod roster;
mod route;

pub use availability::{Absence, Availability};
pub use desk::{Desk, Turn};
pub use plan::{Action, Condition, Keep, Method, Plan, Pool, Rule};
pub use roster::Roster;
pub use route::{Ask, Candidate, Explained, LeftOut, Outcome, Reason, Route, explain, route};

/// The key of what no rule is about.
pub const OTHERWISE: &str = "default";
