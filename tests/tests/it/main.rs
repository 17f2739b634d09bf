//! Tests across the crates, in one program: it links once.

mod layering;
mod tidy;
