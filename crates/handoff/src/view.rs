//! How answers look: as tables for people, CSV for spreadsheets, JSON for programs. One description of columns serves
//! tables and CSV; JSON is protobuf's own mapping of the whole answer, so nothing is lost there.
//!
//! Nothing here computes a figure: what a service did not say is not shown.

mod calendar;
mod catalogue;
mod clock;
mod criteria;
mod directory;
mod explanation;
mod grid;
mod handoff;
mod json;
mod lead;
mod merge;
mod mql;
mod plan;
mod predicate;
mod quantity;
mod reevaluation;
mod report;
mod routing;
mod scoring_model;
mod sql;
mod stages;
#[cfg(test)]
mod tests;
mod velocity;
mod version;

use chrono_tz::Tz;
use prost::{Message, Name};

pub(crate) use criteria::criteria_page;
pub(crate) use explanation::explanation_page;
pub(crate) use grid::{Cell, Column, Grid, Labels};
pub(crate) use json::to_json;
pub(crate) use quantity::{show_business_time, show_calendar_time, show_count, show_time};
pub(crate) use report::without_formulas;
pub(crate) use scoring_model::scoring_model_page;
pub(crate) use version::version_heading;

/// An answer that people can read.
pub(crate) trait View: Message + Name {
    /// Its rows; times are shown in `zone`.
    fn grid(&self, zone: Tz) -> Grid;

    /// What it rests on, and what the rows cannot say; printed beneath.
    fn notes(&self, _zone: Tz) -> Vec<String> {
        Vec::new()
    }
}
