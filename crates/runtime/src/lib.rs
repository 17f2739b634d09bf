//! What every server of Handoff does, so that a service is only its RPCs: configuration, identity, deadlines, limits,
//! drain, health, the mapping of errors, and how one service hears of another.
//!
//! It decides nothing of the domain and holds no SQL.
//!
//! # Where things are
//! - What an RPC uses: [`identity`], [`deadline`], [`violations`], [`convert`], [`page`], [`request`], [`status`],
//!   [`clock`].
//! - What a service starts with: [`config`], [`database`], [`server`], [`background`], [`service`], [`shutdown`],
//!   [`telemetry`], [`logging`].
//! - What every service does by itself: [`forget`], request ids that are over.
//! - How services hear of each other: [`event_log`] serves a log, [`consumer`] follows one, [`client`] calls.
//!
//! # The way of a call
//! `guard` gives it a request id, a span and a deadline, measures it, and catches panics; `identity` says who calls;
//! `admission` whether there is room for it; then tonic decodes the body and the RPC runs. It is the same stack for every
//! service and put together in [`server`] only.

mod admission;
pub mod background;
pub mod client;
pub mod clock;
pub mod config;
pub mod consumer;
pub mod convert;
pub mod database;
pub mod deadline;
pub mod event_log;
pub mod forget;
mod guard;
pub mod identity;
mod layer;
pub mod limits;
pub mod logging;
mod method;
pub mod page;
pub mod request;
pub mod retry;
pub mod server;
pub mod service;
pub mod shutdown;
pub mod status;
pub mod telemetry;
pub mod violations;
