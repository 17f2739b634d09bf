//! The reporting service on the wire, fed by real logs, on a real Postgres.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

mod breakdown;
mod compare;
mod disputes;
mod edge_cases;
mod figures;
mod plan_goal;
mod projector;
mod refusals;
mod rollup;
mod story;
mod time;
mod way;
mod world;
