//! Routing from outside: whose turn it is, whom a plan means, and who is free.

mod desk;
mod fairness;
mod plan;
mod who;
