//! What happened in lives, so that a test can see that everything does.

use std::collections::BTreeMap;
use std::fmt;

use super::operation::Operation;
use super::told::Told;

/// What must happen in some lives for them to have tried everything: each request done and each refused, each turn of
/// the services, and time that leads over what calendars stumble over.
pub const EVERYTHING: [&str; 51] = [
    "capture, done",
    "capture, refused",
    "suppress, done",
    "merge, done",
    "merge, refused",
    "unmerge, done",
    "unmerge, refused",
    "visit, done",
    "visit, refused",
    "qualify, done",
    "qualify, refused",
    "assign, done",
    "assign, refused",
    "accept, done",
    "accept, refused",
    "reject, done",
    "reject, refused",
    "withdraw, done",
    "withdraw, refused",
    "nurture, done",
    "nurture, refused",
    "set stage, done",
    "set stage, refused",
    "dispute, done",
    "dispute, refused",
    "resolve, done",
    "resolve, refused",
    "contact, done",
    "contact, refused",
    "deal, done",
    "deal, refused",
    "import, done",
    "import, refused",
    "plan, done",
    "staff, done",
    "calendar, done",
    "publish, done",
    "repeat, done",
    "repeat, refused",
    "reuse, refused",
    "wait",
    "stop",
    "start",
    "crash",
    "second",
    "check",
    "lunch",
    "a night",
    "a weekend",
    "a holiday",
    "a change of the clocks",
];

/// How often what happened.
#[derive(Debug, Clone, Default)]
pub struct Tally(BTreeMap<String, u64>);

impl Tally {
    /// An operation, and what its caller was told.
    pub fn add(&mut self, operation: &Operation, told: Option<&Told>) {
        let kind = operation.kind();
        self.count(kind);
        match told {
            None => {}
            Some(Ok(())) => self.count(&format!("{kind}, done")),
            Some(Err(_)) => self.count(&format!("{kind}, refused")),
        }
    }

    /// Something else.
    pub fn count(&mut self, what: &str) {
        *self.0.entry(what.to_owned()).or_default() += 1;
    }

    /// All that happened in another one.
    pub fn take(&mut self, other: Self) {
        for (what, count) in other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }

    /// How many requests were done.
    pub fn done(&self) -> u64 {
        self.0.iter().filter(|(what, _)| what.ends_with(", done")).map(|(_, count)| count).sum()
    }

    /// How often a service was started, stopped or killed.
    pub fn turns(&self) -> u64 {
        ["stop", "start", "crash", "second"].iter().filter_map(|what| self.0.get(*what)).sum()
    }

    /// What of [`EVERYTHING`] did not happen.
    pub fn never(&self) -> Vec<&'static str> {
        EVERYTHING.into_iter().filter(|what| !self.0.contains_key(*what)).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = self.0.iter().map(|(what, count)| format!("{count} {what}")).collect();
        f.write_str(&counts.join("; "))
    }
}
