//! What happens to Handoff when things go wrong: processes killed, Postgres stopped, connections cut, calls cancelled,
//! everybody at once. Each scenario is one function, which the suite runs small and `./x soak` runs large.
//!
//! Around each of them callers work without a pause and keep a [`ledger`] of what was acknowledged; afterwards an
//! [`audit`] reads everything back. What was acknowledged and is not there is lost, what is there twice was done twice,
//! and neither may be.
//!
//! - [`kill`] SIGKILL of services; [`outage`] of Postgres; [`cut`] of connections around COMMIT.
//! - [`cancel`] calls that are given up; [`race`] decisions at the same time; [`repeat`] requests that come many times.
//! - [`mesh`] a proxy that sends again by itself.

pub mod audit;
pub mod canary;
pub mod cancel;
pub mod cut;
pub mod journey;
pub mod kill;
pub mod ledger;
pub mod load;
pub mod log;
pub mod mesh;
pub mod outage;
pub mod patience;
pub mod race;
pub mod random;
pub mod repeat;

use std::time::Duration;

use anyhow::ensure;

use crate::fault::audit::Findings;

/// How soon after a fault everything must work again.
pub const RECOVERY_MAX: Duration = Duration::from_secs(10);

/// What a scenario did, and what came of it.
#[derive(Debug)]
pub struct Toll {
    /// Its name.
    pub scenario: &'static str,
    /// How many faults there were, and what they were.
    pub faults: (u64, &'static str),
    /// Answers that callers got, after however many tries.
    pub acknowledged: u64,
    /// What the audit found.
    pub findings: Findings,
    /// From each restart until everything worked again, where something was restarted.
    pub recoveries: Vec<Duration>,
}

impl Toll {
    /// The longest recovery.
    pub fn longest(&self) -> Option<Duration> {
        self.recoveries.iter().max().copied()
    }

    /// The recovery in the middle.
    pub fn median(&self) -> Option<Duration> {
        let mut sorted = self.recoveries.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }

    /// Nothing was lost, nothing done twice, and recovery was in time.
    ///
    /// # Errors
    /// What was not so.
    pub fn check(&self) -> anyhow::Result<()> {
        let Findings { lost, twice, broken, .. } = &self.findings;
        let (count, faults) = self.faults;
        let told = |found: &[String]| found.iter().take(10).cloned().collect::<Vec<_>>().join("\n  ");
        ensure!(
            lost.is_empty() && twice.is_empty() && broken.is_empty(),
            "{}: after {count} {faults}\n{} lost\n  {}\n{} twice\n  {}\n{} broken\n  {}",
            self.scenario,
            lost.len(),
            told(lost),
            twice.len(),
            told(twice),
            broken.len(),
            told(broken),
        );
        ensure!(self.acknowledged > 0 && count > 0, "{}: nothing happened", self.scenario);
        let longest = self.longest().unwrap_or_default();
        ensure!(longest <= RECOVERY_MAX, "{}: it took {longest:?} to recover", self.scenario);
        Ok(())
    }
}
