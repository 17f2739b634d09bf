//! The commands, a file each: their arguments, and what they do with them.

pub(crate) mod calendar;
pub(crate) mod catalogue;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod criteria;
pub(crate) mod demo;
pub(crate) mod directory;
pub(crate) mod disputes;
pub(crate) mod handoffs;
pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod lead;
pub(crate) mod migrate;
pub(crate) mod paging;
pub(crate) mod plan;
pub(crate) mod rebuild;
pub(crate) mod reevaluation;
pub(crate) mod report;
pub(crate) mod routing;
pub(crate) mod scoring_model;
pub(crate) mod sla;
pub(crate) mod stages;
pub(crate) mod target;
pub(crate) mod tenant;
pub(crate) mod up;
pub(crate) mod verify;
pub(crate) mod version;
pub(crate) mod with_postgres;
mod yaml_file;

/// How a command ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All went well.
    Done,
    /// An import refused rows.
    RowsRefused,
    /// A command that we ran ended so.
    Exit(u8),
}
