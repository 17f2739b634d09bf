//! What happened in the histories, so that a law that was never tried is no law that held.

use std::collections::BTreeSet;

/// What must have happened in the end, for the test to have seen it.
const HAPPENS: [&str; 8] = [
    "an MQL by its score",
    "an MQL on the fast track",
    "a candidate by its score",
    "a candidate on the fast track",
    "a candidate no longer",
    "a lead was recycled",
    "a lead was counted anew by another model",
    "a lead waits for another model",
];

/// What happened.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeSet<&'static str>);

impl Tally {
    /// What never did.
    pub(super) fn never(&self) -> Vec<&'static str> {
        HAPPENS.into_iter().filter(|what| !self.0.contains(what)).collect()
    }

    /// Notes what happened, if it did.
    pub(super) fn saw(&mut self, what: &'static str, is_so: bool) {
        assert!(HAPPENS.contains(&what), "{what} is not on the list");
        if is_so {
            self.0.insert(what);
        }
    }
}
