//! The store's tests, on a real Postgres.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

mod batch;
mod cancellation;
mod catalogue;
mod counters;
mod cuts;
mod embedded;
mod halving;
mod log;
mod meter;
mod requests;
mod scratch;
mod spans;
mod statements;
mod tenancy;
mod walls;
