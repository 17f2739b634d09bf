//! handoff

pub mod import;
mod word;
