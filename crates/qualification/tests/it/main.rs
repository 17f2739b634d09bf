//! The qualification service over real gRPC on a real database, one module per group of RPCs. Everything a test does
//! goes over the wire; nothing here knows a table, but for `scores_law`, which reads what no RPC tells.

mod accept_reject;
mod activities;
mod adjustments;
mod catalogue;
mod concurrency;
mod directory;
mod disputes;
mod errors;
mod events;
mod explain;
mod harness;
mod import;
mod leads;
mod lists;
mod merge;
mod promotion;
mod qualify_assign;
mod reevaluation;
mod requests;
mod routing;
mod scores_law;
mod stages;
mod tenancy;
mod versions;
