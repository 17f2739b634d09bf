//! The laws of the domain, checked from outside: golden vectors, tables of data and properties.

mod calendar;
mod metric;
mod period;
mod plan;
mod qualification;
mod sla;
