//! What was found: for each law how much was checked, what broke it, and how long that took. Nothing personal is ever
//! written down here: places are ids and positions, and values are those of columns without personal content.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::time::{Duration, Instant};

use crate::law::Law;

/// Something that a law does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The tenant: its slug where that is known, else its key. Empty where it is about the server.
    pub tenant: String,
    /// Where: `qualification position 12`, `lead 0190…`.
    pub place: String,
    /// What the law demands.
    pub expected: String,
    /// What is there.
    pub found: String,
}

/// What was found for one law.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Finding {
    /// How many records, events or rows were looked at.
    pub checked: u64,
    /// How many broke it.
    pub violations: u64,
    /// The first of those.
    pub first: Vec<Violation>,
    /// How long it took, with the reading that it needed; what several laws share stands with the first of them.
    pub took: Duration,
    /// Tenants for which it could not be judged, because a log that it rests on is broken.
    pub not_judged: u64,
}

/// Everything that was found.
#[derive(Debug)]
pub(crate) struct Docket {
    findings: BTreeMap<Law, Finding>,
    tenant: String,
    keep: usize,
}

impl Docket {
    /// An empty one that keeps the first `keep` violations of each law.
    pub(crate) fn new(keep: usize) -> Self {
        let findings = Law::ALL.iter().map(|law| (*law, Finding::default())).collect();
        Self { findings, tenant: String::new(), keep }
    }

    /// What is found from now on is about this tenant.
    pub(crate) fn turn_to(&mut self, tenant: impl Display) {
        self.tenant = tenant.to_string();
    }

    pub(crate) fn checked(&mut self, law: Law, count: u64) {
        self.of(law).checked += count;
    }

    pub(crate) fn violated(
        &mut self,
        law: Law,
        place: impl Display,
        expected: impl Display,
        found: impl Display,
    ) {
        let (keep, tenant) = (self.keep, self.tenant.clone());
        let finding = self.of(law);
        finding.violations += 1;
        if finding.first.len() < keep {
            let (place, expected, found) = (place.to_string(), expected.to_string(), found.to_string());
            finding.first.push(Violation { tenant, place, expected, found });
        }
    }

    /// Checks that one value is as it must be.
    pub(crate) fn equal<T: PartialEq + Debug>(
        &mut self,
        law: Law,
        place: impl Display,
        expected: &T,
        found: &T,
    ) {
        if expected != found {
            self.violated(law, place, format_args!("{expected:?}"), format_args!("{found:?}"));
        }
    }

    /// The laws cannot be judged for this tenant.
    pub(crate) fn cannot_judge(&mut self, laws: &[Law]) {
        for law in laws {
            self.of(*law).not_judged += 1;
        }
    }

    pub(crate) fn took(&mut self, law: Law, since: Instant) {
        self.of(law).took += since.elapsed();
    }

    /// How many violations there are so far of these laws.
    pub(crate) fn count(&self, laws: &[Law]) -> u64 {
        laws.iter().filter_map(|law| self.findings.get(law)).map(|finding| finding.violations).sum()
    }

    pub(crate) fn into_findings(self) -> BTreeMap<Law, Finding> {
        self.findings
    }

    fn of(&mut self, law: Law) -> &mut Finding {
        self.findings.entry(law).or_default()
    }
}

/// Compares two rows column by column and writes down the columns that differ.
macro_rules! compare {
    ($docket:ident, $law:expr, $place:expr, $expected:expr, $found:expr; $($column:ident),+ $(,)?) => {{
        let (expected, found) = (&$expected, &$found);
        if expected != found {
            $($docket.equal($law, format_args!("{}, {}", $place, stringify!($column)), &expected.$column, &found.$column);)+
        }
    }};
}
pub(crate) use compare;
