//! Tests of the public API as a whole.

mod fresh;
mod rules;
