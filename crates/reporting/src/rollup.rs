//! What a batch writes to the rollups: of every record that it changed, what it contributes now less what it
//! contributed before (the domain's `rollup`). Pure; `ledger` makes it durable with the facts.
//!
//! A generation that is building holds the leads up to one; a batch keeps up that part of it and no more.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use handoff_domain::id::{HandoffId, LeadId};
use handoff_domain::metric::clock::ClockFact;
use handoff_domain::rollup::cell::{Cells, Contribution};
use handoff_domain::rollup::contribution::{
    Unmeasured, latest_of_clock, latest_of_handoff, latest_of_lead, of_handoff, of_lead, target_in_force,
    unmeasured,
};
use handoff_store::reporting::handoff_fact::Passage;
use handoff_store::reporting::lead_fact::Lead;
use handoff_store::reporting::rollup_state::RollupState;
use handoff_store::reporting::rollup_unmeasured::Place;

use crate::facts::Facts;

/// What is added to a generation.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Deltas {
    pub(crate) cells: Cells,
    /// What stands at these places now; none where nothing does any more.
    pub(crate) unmeasured: BTreeMap<Place, Option<(Unmeasured, String)>>,
}

/// Leads with all that they contribute, as they were loaded for a generation that is building.
#[derive(Debug, Default, Clone)]
pub(crate) struct Page {
    pub(crate) leads: Vec<Lead>,
    pub(crate) passages: Vec<Passage>,
    pub(crate) clocks: Vec<ClockFact>,
    /// These are the last.
    pub(crate) is_last: bool,
}

impl Deltas {
    /// What the changes of a batch add for the leads that are meant.
    pub(crate) fn of_changes(facts: &Facts, zone: Tz, is_meant: impl Fn(LeadId) -> bool) -> Self {
        let mut deltas = Self::default();
        for change in facts.changed_leads().filter(|change| is_meant(change.after.fact.lead)) {
            let before = change.before.map(|lead| lead_contribution(lead, zone)).unwrap_or_default();
            deltas.cells.change(&before, &lead_contribution(change.after, zone));
        }
        for change in facts.changed_passages() {
            let (passage, clocks) = &change.after;
            if !is_meant(passage.fact.lead) {
                continue;
            }
            let before = change.before.as_ref();
            let contributed = before.map(|(passage, clocks)| passage_contribution(passage, clocks, zone));
            let contributes = passage_contribution(passage, clocks, zone);
            deltas.cells.change(&contributed.unwrap_or_default(), &contributes);
            let was = before.and_then(|(passage, clocks)| lacks_measure(passage, clocks));
            let is = lacks_measure(passage, clocks);
            if was != is {
                deltas.unmeasured.insert(place(passage), is);
            }
        }
        deltas
    }

    /// Adds all that the leads of a page contribute.
    pub(crate) fn add_page(&mut self, page: &Page, zone: Tz) {
        for lead in &page.leads {
            self.cells.add(&lead_contribution(lead, zone));
        }
        let mut clocks = BTreeMap::<HandoffId, Vec<ClockFact>>::new();
        for clock in &page.clocks {
            clocks.entry(clock.handoff).or_default().push(clock.clone());
        }
        for passage in &page.passages {
            let of = passage.fact.handoff.and_then(|handoff| clocks.get(&handoff));
            let of = of.map(Vec::as_slice).unwrap_or_default();
            self.cells.add(&passage_contribution(passage, of, zone));
            // What a batch has just said of it is later.
            if let Some(found) = lacks_measure(passage, of) {
                self.unmeasured.entry(place(passage)).or_insert(Some(found));
            }
        }
    }
}

/// The last instant of what a batch changed.
pub(crate) fn latest_of_changes(facts: &Facts) -> Option<DateTime<Utc>> {
    let leads = facts.changed_leads().map(|change| latest_of_lead(&change.after.fact));
    let passages = facts.changed_passages();
    let passages = passages.iter().filter_map(|change| latest_of_handoff(&change.after.0.fact));
    leads.chain(passages).chain(facts.changed_clocks().map(latest_of_clock)).max()
}

/// The last instant of a page.
pub(crate) fn latest_of_page(page: &Page) -> Option<DateTime<Utc>> {
    let leads = page.leads.iter().map(|lead| latest_of_lead(&lead.fact));
    let passages = page.passages.iter().filter_map(|passage| latest_of_handoff(&passage.fact));
    leads.chain(passages).chain(page.clocks.iter().map(latest_of_clock)).max()
}

/// The state of a tenant that is seen for the first time. Where there are facts already they have to be built in.
pub(crate) fn first_state(zone: Tz, has_facts: bool) -> RollupState {
    RollupState {
        zone,
        last_generation: 1,
        serving: (!has_facts).then_some(1),
        building: has_facts.then_some(1),
        built_to: None,
        latest_at: DateTime::UNIX_EPOCH,
    }
}

fn lead_contribution(lead: &Lead, zone: Tz) -> Contribution {
    if lead.is_test || lead.merged_into.is_some() {
        Contribution::default()
    } else {
        of_lead(&lead.fact, zone)
    }
}

/// What waits for its MQL with a lead that was merged waits no more: the survivor does.
fn passage_contribution(passage: &Passage, clocks: &[ClockFact], zone: Tz) -> Contribution {
    let is_void = passage.is_test || passage.merged_into.is_some() && passage.fact.mql.is_none();
    if is_void { Contribution::default() } else { of_handoff(&passage.fact, clocks, zone) }
}

fn lacks_measure(passage: &Passage, clocks: &[ClockFact]) -> Option<(Unmeasured, String)> {
    let found = unmeasured(&passage.fact, clocks).filter(|_| !passage.is_test)?;
    Some((found, target_in_force(clocks).map(|target| target.to_string()).unwrap_or_default()))
}

fn place(passage: &Passage) -> Place {
    let (lead, line, cycle) = (passage.fact.lead, passage.fact.line.clone(), passage.fact.cycle);
    Place { lead, line, cycle, passage: passage.number }
}
