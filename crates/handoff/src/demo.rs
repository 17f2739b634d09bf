//! A sample that the project makes itself, and the show that `handoff demo` makes of it.
//!
//! [`sample`] is pure: the same seed and the same "until" give the same leads, on every machine. It tells the story of
//! a company in Rome that sells software to businesses: three sales teams, eight sources of leads, office hours, weekly
//! and yearly seasons. Two things are wrong with it, and the reports reveal both: the team `north` takes longer to
//! decide than the SLA allows, and most of what the source `leadmarket` delivers is rejected.

mod company;
mod journey;
mod office;
mod person;
mod random;
mod sample;
mod season;

pub use company::{CURRENCY, TIME_ZONE, teams, users};
pub use sample::{LEADS, Sample};
