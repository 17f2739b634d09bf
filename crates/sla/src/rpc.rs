//! One RPC per file, from top to bottom: parse all fields, every violation at once → a command or a query → the answer.

mod clocks;
pub(crate) mod get_calendar;
pub(crate) mod get_contract;
pub(crate) mod import_holidays;
pub(crate) mod list_breaches;
pub(crate) mod list_calendars;
pub(crate) mod list_clocks;
pub(crate) mod preview_deadline;
pub(crate) mod preview_elapsed;
pub(crate) mod put_calendar;

/// Rows in a page unless the caller says otherwise.
const PAGE: i64 = 100;
/// Rows in a page at most.
const PAGE_MAX: i64 = 1_000;
