//! Tests across the crates, in one program: it links once.

mod crm;
mod curl;
mod demo;
mod fault;
mod growth;
mod import;
mod layering;
mod olist;
mod python;
mod readme;
mod refusals;
mod restart;
mod tidy;
mod up_refuses;
mod upgrade;
mod verify;
mod walkthrough;
