//! The runtime on the wire: real servers and clients on loopback, and a real Postgres where a log is involved.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

mod browser;
mod compression;
mod consumer;
mod deadline;
mod drain;
mod event_log;
mod frames;
mod health;
mod identity;
mod ledger;
mod limits;
mod panic;
mod peer;
mod raw;
mod retry;
mod sources;
mod start;
mod stub;
mod telemetry;
mod telemetry_canary;
mod telemetry_seen;
mod web;
