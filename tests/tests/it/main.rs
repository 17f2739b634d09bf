//! Tests across the crates, in one program: it links once.

mod crm;
mod layering;
mod olist;
mod refusals;
mod tidy;
mod walkthrough;
