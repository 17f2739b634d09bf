//! A sample that the project makes itself, and the show that `handoff demo` makes of it.
//!
//! [`Sample`] is pure: the same seed and the same "until" give the same leads, on every machine. It tells the story of
//! a company in Rome that sells software to businesses: three sales teams, eight sources of leads, office hours, weekly
//! and yearly seasons. Two things are wrong with it, and the reports reveal both: the team `north` takes longer to
//! decide than the SLA allows, and most of what the source `leadmarket` delivers is rejected.

mod agreement;
mod company;
mod fill;
mod folder;
mod journey;
mod live;
mod office;
mod person;
mod random;
mod sample;
mod season;
mod setting;
mod show;

pub use company::{CURRENCY, TIME_ZONE, teams, users};
pub use sample::{LEADS, Sample};

pub(crate) use fill::{fill, wait_for_reporting};
pub(crate) use folder::Folder;
pub(crate) use live::live;
pub(crate) use setting::set_up;
pub(crate) use show::show;
