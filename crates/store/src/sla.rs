//! The tables of the sla service: calendars, contracts, clocks and the timers that make deadlines pass. They take and
//! give the domain's records; what a row means and when it changes is the domain's.
//!
//! Loads take many keys at once and look each up by itself, in the one index that serves it, whatever the planner
//! believes about a table that it has never analysed: the key is written as a range of one and ordered by, which only
//! the right index gives for nothing. Saves take many records at once and write them by `unnest`.

pub mod calendar;
pub mod clock;
pub mod clock_page;
pub mod contract;
pub mod due_time;
pub mod timer;
