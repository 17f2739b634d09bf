//! The laws of the domain, checked from outside: golden vectors, tables of data and properties.

mod activity;
mod calendar;
mod criteria;
mod explanation;
mod metric;
mod metrics_page;
mod period;
mod plan;
mod predicate;
mod profile;
mod promotion;
mod qualification;
mod rates;
mod rollup;
mod routing;
mod score;
mod sla;
mod version;
