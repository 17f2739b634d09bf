//! How values of the domain lie in columns: enums as text, counts as signed numbers, targets as a unit and an amount.
//! What a column holds and the domain cannot read is a defect, named by its column.

use chrono::TimeDelta;

use handoff_domain::target::{Target, Unit};

use crate::error::StoreError;

/// The enum's value that `text` of `column` stands for.
pub(crate) fn word<T>(column: &str, text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    parse(text)
        .ok_or_else(|| StoreError::defect(format!("{column} holds a word that this build does not know")))
}

/// A small count that the database keeps as a signed number.
pub(crate) fn count(column: &str, value: i32) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| StoreError::defect(format!("{column} is negative")))
}

/// A small count as the database keeps it.
pub(crate) fn stored_count(column: &str, value: u32) -> Result<i32, StoreError> {
    i32::try_from(value).map_err(|_| StoreError::defect(format!("{column} is too large")))
}

/// The target of two columns: days for business days, else microseconds.
pub(crate) fn target(column: &str, unit: &str, amount: i64) -> Result<Target, StoreError> {
    let unit = word(column, unit, |text| text.parse().ok())?;
    match unit {
        Unit::Business => Ok(Target::Business(TimeDelta::microseconds(amount))),
        Unit::Calendar => Ok(Target::Calendar(TimeDelta::microseconds(amount))),
        Unit::BusinessDays => u32::try_from(amount)
            .map(Target::BusinessDays)
            .map_err(|_| StoreError::defect(format!("{column} is no number of days"))),
        Unit::CalendarDays => Err(StoreError::defect(format!("{column} is in a unit that no target has"))),
    }
}

/// A target as its two columns, unit and amount.
pub(crate) fn stored_target(column: &str, target: Target) -> Result<(&'static str, i64), StoreError> {
    let amount = match target {
        Target::Business(time) | Target::Calendar(time) => time
            .num_microseconds()
            .ok_or_else(|| StoreError::defect(format!("{column} does not fit 64 bits of microseconds")))?,
        Target::BusinessDays(days) => i64::from(days),
    };
    Ok((target.unit().as_str(), amount))
}

/// Checks that a statement wrote as many rows as it was given. Fewer means that a guard held one back: a row was not
/// as the record had been loaded, so two writers held the tenant's log row at once, which must never be.
pub(crate) fn wrote(table: &str, rows: u64, given: usize) -> Result<(), StoreError> {
    if usize::try_from(rows) == Ok(given) {
        Ok(())
    } else {
        Err(StoreError::defect(format!("{table}: {rows} rows were written of {given}")))
    }
}
