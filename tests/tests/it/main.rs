//! Tests across the crates, in one program: it links once.

mod abuse;
mod access;
mod crm;
mod curl;
mod demo;
mod envoy;
mod fault;
mod figures;
mod growth;
mod import;
mod layering;
mod loan_applications;
mod olist;
mod pipeline;
mod python;
mod readme;
mod refusals;
mod restart;
mod simulation;
mod tidy;
mod tokens;
mod totals;
mod up_refuses;
mod upgrade;
mod verify;
mod walkthrough;
