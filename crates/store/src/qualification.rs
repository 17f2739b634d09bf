//! The tables of the qualification service: a tenant's directory, its leads with all that hangs on them, its
//! hand-overs. They take and give the domain's records; what a row means and when it changes is the domain's.
//!
//! Loads take many keys at once and never scan the tenant's part, whatever the planner believes about a table that it
//! has never analysed: each key is looked up by itself in a lateral subquery. On an empty table all indexes cost the
//! same, every one of them begins with the tenant, and a plan that was made then is kept while the table grows; so
//! where a table has several, the key is written as a range of one and ordered by, which only the right index gives
//! for nothing. Saves take many records at once and write them by `unnest`.

pub mod activity;
pub mod activity_type;
pub mod attribute;
pub mod by_hand;
pub mod calendar_copy;
pub mod contact;
pub mod currency_rate;
pub mod dossier;
pub mod duplicate;
pub mod engagement;
pub mod handoff;
pub mod handoff_page;
pub mod handoff_route;
pub mod judge_time;
pub mod lead;
pub mod opportunity;
pub mod page;
pub mod person;
mod record_id;
pub mod reevaluation;
pub mod routing;
pub mod score;
pub mod source_key;
pub mod stage_change;
pub mod team;
pub mod tenant;
pub mod track;
pub mod user_account;
pub mod version;

use handoff_domain::actor::Side;
use handoff_domain::qualification::record::{Channel, Origin, ProductLine};

use crate::error::StoreError;

/// The enum's value that `text` of `column` stands for.
fn word<T>(column: &str, text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    parse(text)
        .ok_or_else(|| StoreError::defect(format!("{column} holds a word that this build does not know")))
}

/// As [`word`], of a column that may be empty.
fn word_or_none<T>(
    column: &str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, StoreError> {
    text.map(|text| word(column, text, parse)).transpose()
}

fn side(column: &str, text: &str) -> Result<Side, StoreError> {
    word(column, text, |text| text.parse().ok())
}

fn line(column: &str, text: &str) -> Result<ProductLine, StoreError> {
    word(column, text, |text| text.parse().ok())
}

/// A small count that the database keeps as a signed number.
fn count(column: &str, value: i32) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| StoreError::defect(format!("{column} is negative")))
}

/// A small count as the database keeps it.
fn stored_count(column: &str, value: u32) -> Result<i32, StoreError> {
    i32::try_from(value).map_err(|_| StoreError::defect(format!("{column} is too large")))
}

fn origin(
    column: &str,
    channel: &str,
    source: Option<String>,
    medium: Option<String>,
    campaign: Option<String>,
) -> Result<Origin, StoreError> {
    Ok(Origin { channel: word(column, channel, Channel::from_name)?, source, medium, campaign })
}

/// Checks that a statement wrote as many rows as it was given. Fewer means that a row was newer than the record: two
/// writers held the tenant's log row at once, which must never be.
fn wrote(table: &str, rows: u64, given: usize) -> Result<(), StoreError> {
    if usize::try_from(rows) == Ok(given) {
        Ok(())
    } else {
        Err(StoreError::defect(format!("{table}: {rows} rows were written of {given}")))
    }
}
