//! The rules of Handoff: what a hand-over is, who may decide it, how long it may take and what the figures mean.
//!
//! Pure: no IO, no async, no clock, no randomness. Time and ids are arguments, a decision is a function of
//! (state, command, context), and the services only load, call and save.

pub mod activity;
pub mod actor;
pub mod calendar;
pub mod criteria;
pub mod error;
pub mod explanation;
pub mod id;
pub mod metric;
pub mod money;
pub mod period;
pub mod phone;
pub mod plan;
pub mod points;
pub mod predicate;
pub mod profile;
pub mod promotion;
pub mod qualification;
pub mod rates;
pub mod rollup;
pub mod routing;
pub mod score;
pub mod sla;
pub mod target;
pub mod value;
pub mod version;

mod word;
