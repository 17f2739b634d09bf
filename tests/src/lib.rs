//! What the tests across the crates stand on. No tests in here: those are in `tests/it`.

pub mod sources;
