//! The domain's values on the wire. Total functions: every value of the domain has its message, and what a message
//! cannot say in the domain's terms is `None`, for the caller to name the field.

pub(crate) mod calendar;
pub(crate) mod figure;
pub(crate) mod word;
