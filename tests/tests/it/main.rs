//! Tests across the crates, in one program: it links once.

mod crm;
mod demo;
mod layering;
mod olist;
mod refusals;
mod restart;
mod tidy;
mod up_refuses;
mod walkthrough;
