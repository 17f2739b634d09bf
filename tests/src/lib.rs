//! What the tests across the crates stand on. No tests in here: those are in `tests/it`.
//!
//! - [`process`] programs of this build, started, listened to, stopped and killed; [`waiting`] for what they do, and
//!   until all is [`settled`].
//! - [`endpoints`] the three services as a person (the command line) and as a program (gRPC) reach them.
//! - [`abuse`] a service under floods of HTTP/2 [`frames`]; [`alone`] qualification by itself; what a process holds in
//!   [`memory`].
//! - [`apart`] the services as processes of their own; [`together`] all of them by `handoff up`.
//! - [`issuer`] and [`authority`] what proves who calls: tokens, certificates.
//! - [`polite`] a client that honours GOAWAY, frame by frame; [`raw`] calls by path.
//! - [`clients`] programs of strangers that talk gRPC: Python's grpcio, buf. [`collector`] where telemetry goes.
//! - [`envoy`] the proxy of a mesh before qualification. [`http`] what a scraper asks.
//! - [`company`] a tenant, set up and fed as its own people would.
//! - [`postgres`] a Postgres that may be stopped and crashed; [`fault`] what happens when such things go wrong.
//! - [`simulation`] lives that services and domain both live.
//! - [`sources`] the files of this workspace; [`readme`] the commands of its first page.
//! - [`life`] a tenant with something of everything in it.

pub mod abuse;
pub mod alone;
pub mod apart;
pub mod authority;
pub mod clients;
pub mod collector;
pub mod company;
pub mod endpoints;
pub mod envoy;
pub mod fault;
pub mod frames;
pub mod http;
pub mod issuer;
pub mod life;
pub mod memory;
pub mod polite;
pub mod postgres;
pub mod process;
pub mod raw;
pub mod readme;
pub mod settled;
pub mod simulation;
pub mod sources;
pub mod together;
pub mod waiting;
