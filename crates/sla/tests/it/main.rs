//! The sla service over real gRPC on a real database, fed by a real log: a qualification that does as it is told. The
//! services together are the end-to-end tests' business.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

mod calendars;
mod clocks;
mod deadlines;
mod feed;
mod harness;
mod holidays;
mod lists;
mod preview;
mod replicas;
mod starter;
