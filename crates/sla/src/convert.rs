//! The domain's values on the wire and back. Total functions: what a message cannot say in the domain's terms is
//! `None`, for the caller to name the field.

pub(crate) mod calendar;
pub(crate) mod clock;
pub(crate) mod contract;
pub(crate) mod event;
pub(crate) mod heard;

/// The name of the calendar that people call `slug`.
pub(crate) fn calendar_name(slug: &str) -> String {
    format!("calendars/{slug}")
}

/// A small count. Versions and business days never come near the end of the range.
pub(crate) fn count(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
