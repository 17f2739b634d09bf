//! The command line `handoff`: a client of the services' public API, and the way to run all of them on one machine.
//!
//! It has no private way in: whatever it does, any other client can do. Nothing here decides; it parses what people
//! type and what their CRMs export, and shows what services answer.
//!
//! # Where things are
//! - `arguments` what can be said; `command` what is done, a file per command; `session` what a command works with.
//! - `up` all services in one process; [`demo`] the sample and the show.
//! - [`import`] mapping files and rows, without a service; `upload` the stream to the service.
//! - [`yaml`] what lives in a repository: criteria and scoring models.
//! - `view` answers as tables, CSV and JSON; `failure` errors with the way out.

mod arguments;
mod command;
pub mod demo;
mod descriptor;
mod failure;
pub mod import;
mod output;
mod run;
mod session;
mod up;
mod upload;
mod view;
mod word;
pub mod yaml;

pub use run::{main, run};
