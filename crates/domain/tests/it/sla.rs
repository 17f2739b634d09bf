//! The write model of the sla service: starter contract, calendars, and the DECIDE clock through its life.

mod calendars;
mod clock;
mod laws;
mod rounds;
mod world;
