//! Ways of leads through everything that may happen to them, for tests of laws: what happens next is chosen by a number,
//! and it is always something that may happen where the lead stands.
#![allow(dead_code, reason = "not every test does everything")]

use chrono::{DateTime, TimeDelta, Utc};
use handoff_proto::event::v1::LeadStanding;
use handoff_proto::qualification::v1::{RejectionAttribution, Stage, Suppression};

use super::story::{Lead, Told};

/// A lead, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    lead: Lead,
    stage: Option<Stage>,
    captured_at: Option<DateTime<Utc>>,
}

impl Way {
    pub(crate) fn new(lead: Lead) -> Self {
        Self { lead, stage: None, captured_at: None }
    }

    /// The same lead at its beginning on another product line: it is known already.
    pub(crate) fn beside(&self, line: &str) -> Self {
        Self { lead: self.lead.beside(line), stage: Some(Stage::Nurture), captured_at: self.captured_at }
    }

    /// Whether it was captured.
    pub(crate) fn is_known(&self) -> bool {
        self.stage.is_some()
    }

    /// It is one person with another lead from now on. Both were captured.
    pub(crate) fn merge_into(&self, survivor: &Self, at: DateTime<Utc>) -> Option<Told> {
        let first = if self.captured_at? < survivor.captured_at? { self } else { survivor };
        Some(self.lead.merged(at, &survivor.lead, first.standing()?))
    }

    /// They are two again.
    pub(crate) fn part_from(&self, survivor: &Self, at: DateTime<Utc>) -> Option<Told> {
        Some(self.lead.unmerged(at, &survivor.lead, [self.standing()?, survivor.standing()?]))
    }

    fn standing(&self) -> Option<LeadStanding> {
        Some(self.lead.standing(self.captured_at?))
    }

    /// What happens next, chosen by a number.
    pub(crate) fn go(&mut self, choice: u8, at: DateTime<Utc>) -> Vec<Told> {
        let lead = &mut self.lead;
        let (to, told) = match (self.stage, choice % 6) {
            (None, _) => {
                self.captured_at = Some(at);
                (Stage::Lead, vec![lead.captured(at)])
            }
            (Some(Stage::Lead), 0) => {
                (Stage::Lead, vec![lead.has_persona(at, "owner"), lead.contacted_early(at)])
            }
            (Some(Stage::Lead), 1) => {
                let left_out = [Stage::Mql, Stage::Sql, Stage::Opportunity];
                let told = vec![lead.skipped(at, Stage::Customer, &left_out), lead.won(at, 7, true)];
                (Stage::Customer, told)
            }
            (Some(Stage::Lead), _) => {
                (Stage::Mql, vec![lead.qualified(at), lead.clock_started(at, at + TimeDelta::days(2), 2)])
            }
            (Some(Stage::Mql), 0) => (Stage::Mql, vec![lead.routed(at, "ada", "north")]),
            (Some(Stage::Mql), 1) => {
                let told = lead.rejected(at, "OTHER", RejectionAttribution::Criteria);
                (Stage::Nurture, vec![told, lead.clock_met(at, true, 3)])
            }
            (Some(Stage::Mql), 2) => (Stage::Mql, vec![lead.clock_breached(at)]),
            (Some(Stage::Mql), 3) => (Stage::Mql, vec![lead.clock_breach_retracted(at)]),
            (Some(Stage::Mql), _) => {
                (Stage::Sql, vec![lead.accepted(at, "bob"), lead.clock_met(at, false, 1)])
            }
            (Some(Stage::Nurture), 0) => {
                let left_out = [Stage::Mql, Stage::Sql];
                let told = vec![lead.skipped(at, Stage::Opportunity, &left_out), lead.opened(at)];
                (Stage::Opportunity, told)
            }
            (Some(Stage::Nurture), 1) => (Stage::Nurture, vec![lead.suppressed(at, Suppression::Test)]),
            (Some(Stage::Nurture), 2) => (Stage::Nurture, vec![lead.suppressed(at, Suppression::None)]),
            (Some(Stage::Nurture), 3) => (Stage::Mql, vec![lead.qualified_again(at)]),
            (Some(Stage::Nurture), _) => {
                // The clock is told of by another log, and may be heard of first.
                lead.cycle += 1;
                let clock = lead.clock_started(at, at + TimeDelta::days(1), 1);
                (Stage::Mql, vec![clock, lead.qualified(at)])
            }
            (Some(Stage::Sql), 0) => (Stage::Sql, vec![lead.contacted(at)]),
            (Some(Stage::Sql), 1) => (Stage::Disqualified, vec![lead.sql_returned(at)]),
            (Some(Stage::Sql), _) => (Stage::Opportunity, vec![lead.opened(at)]),
            (Some(Stage::Opportunity), 0) => (Stage::Nurture, vec![lead.lost(at)]),
            (Some(Stage::Opportunity), _) => (Stage::Customer, vec![lead.won(at, 9, false)]),
            (Some(Stage::Disqualified), _) => (Stage::Disqualified, vec![lead.has_persona(at, "gone")]),
            (Some(_), _) => (Stage::Lead, vec![lead.comes_again(at)]),
        };
        self.stage = Some(to);
        told
    }
}
