//! What a batch knows of a tenant, and how events change it.
//!
//! A state holds only what its batch needs. Which records an event touched is noted, so that a store saves these and
//! no others.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::mem;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::clock::{Carried, Clock, ClockState};
use super::contract::{CalendarVersion, Contract};
use super::event::Event;
use crate::calendar::Calendar;
use crate::id::{CalendarId, ClockId, ContractId, HandoffId};

/// The records that a batch works on.
#[derive(Debug, Default, Clone)]
pub struct State {
    pub(super) contracts: BTreeMap<(ContractId, u32), Contract>,
    pub(super) calendars: BTreeMap<CalendarId, CalendarVersion>,
    clocks: HashMap<ClockId, Clock>,
    /// The latest of each handoff.
    clock_by_handoff: HashMap<HandoffId, ClockId>,
    changed: Changes,
}

/// Which records the events applied so far have touched.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Versions of contracts.
    pub contracts: BTreeSet<(ContractId, u32)>,
    /// Calendars, each in the version that is now in force.
    pub calendars: BTreeSet<CalendarId>,
    /// Clocks.
    pub clocks: BTreeSet<ClockId>,
}

impl State {
    /// Takes in a contract as it is stored.
    pub fn load_contract(&mut self, contract: Contract) {
        self.contracts.insert((contract.id, contract.version), contract);
    }

    /// Takes in a calendar as it is stored, in the version that is in force.
    pub fn load_calendar(&mut self, calendar: CalendarVersion) {
        self.calendars.insert(calendar.id, calendar);
    }

    /// Takes in a clock as it is stored.
    pub fn load_clock(&mut self, clock: Clock) {
        if self.clock_of(clock.handoff).is_none_or(|known| known.round <= clock.round) {
            self.clock_by_handoff.insert(clock.handoff, clock.id);
        }
        self.clocks.insert(clock.id, clock);
    }

    /// The version of the contract that was in effect at `t`. For a time before the first one that one serves, so
    /// that imported history can be judged; none only if there is no contract at all.
    pub fn contract_at(&self, t: DateTime<Utc>) -> Option<&Contract> {
        let by_start = |contract: &&Contract| (contract.effective_from, contract.version);
        let in_effect = self.contracts.values().filter(|contract| contract.effective_from <= t);
        in_effect.max_by_key(by_start).or_else(|| self.contracts.values().min_by_key(by_start))
    }

    /// A version of a contract.
    pub fn contract(&self, id: ContractId, version: u32) -> Option<&Contract> {
        self.contracts.get(&(id, version))
    }

    /// A calendar, in the version that is in force.
    pub fn calendar(&self, id: CalendarId) -> Option<&CalendarVersion> {
        self.calendars.get(&id)
    }

    /// A clock.
    pub fn clock(&self, id: ClockId) -> Option<&Clock> {
        self.clocks.get(&id)
    }

    /// The clock of a handoff's latest round of decision.
    pub fn clock_of(&self, handoff: HandoffId) -> Option<&Clock> {
        self.clock_by_handoff.get(&handoff).and_then(|id| self.clocks.get(id))
    }

    /// The clocks of all rounds of a handoff that are loaded, the first round first.
    pub fn clocks_of(&self, handoff: HandoffId) -> Vec<&Clock> {
        let mut clocks: Vec<_> = self.clocks.values().filter(|clock| clock.handoff == handoff).collect();
        clocks.sort_unstable_by_key(|clock| clock.round);
        clocks
    }

    /// The clocks that run, the earliest deadline first.
    pub fn running(&self) -> Vec<&Clock> {
        let mut running: Vec<_> = self.clocks.values().filter(|clock| clock.is_running()).collect();
        running.sort_unstable_by_key(|clock| (clock.due_at, clock.id));
        running
    }

    /// What has changed since the last call.
    pub fn take_changes(&mut self) -> Changes {
        mem::take(&mut self.changed)
    }

    /// Changes the state as the event says. An event about a clock that is not loaded changes nothing.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::ContractEffective(contract) => self.take_effect(contract),
            Event::CalendarVersioned { calendar, version, slug, display_name, definition, at } => {
                self.changed.calendars.insert(*calendar);
                self.load_calendar(CalendarVersion {
                    id: *calendar,
                    version: *version,
                    slug: slug.clone(),
                    display_name: display_name.clone(),
                    calendar: Arc::new(Calendar::new(definition.clone())),
                    effective_from: *at,
                });
            }
            Event::ClockStarted(started) => {
                self.changed.clocks.insert(started.clock);
                self.load_clock(Clock::start(started));
            }
            Event::ClockDeadlineMoved {
                clock,
                at,
                calendar_version,
                due_at,
                business_us,
                business_days,
                counted_to,
                ..
            } => self.change(*clock, |clock| {
                clock.due_at = *due_at;
                clock.calendar_version = *calendar_version;
                clock.carried = Some(Carried {
                    until: *at,
                    business_us: *business_us,
                    business_days: *business_days,
                    counted_to: *counted_to,
                });
            }),
            Event::ClockMet { clock, at, late, elapsed, .. } => self.change(*clock, |clock| {
                clock.state = if *late { ClockState::MetLate } else { ClockState::Met };
                clock.ended_at = Some(*at);
                clock.elapsed = Some(*elapsed);
            }),
            Event::ClockCancelled { clock, at, .. } => self.change(*clock, |clock| {
                clock.state = ClockState::Cancelled;
                clock.ended_at = Some(*at);
            }),
            Event::ClockBreached { clock, at, .. } => {
                self.change(*clock, |clock| clock.breached_at = Some(*at));
            }
            Event::ClockBreachRetracted { clock, .. } => {
                self.change(*clock, |clock| clock.breached_at = None);
            }
        }
    }

    /// Ends the version in effect where the new one begins: effective ranges never overlap.
    fn take_effect(&mut self, contract: &Contract) {
        for (key, other) in &mut self.contracts {
            if other.effective_to.is_none() && other.effective_from <= contract.effective_from {
                other.effective_to = Some(contract.effective_from);
                self.changed.contracts.insert(*key);
            }
        }
        self.changed.contracts.insert((contract.id, contract.version));
        self.load_contract(contract.clone());
    }

    fn change(&mut self, id: ClockId, change: impl FnOnce(&mut Clock)) {
        if let Some(clock) = self.clocks.get_mut(&id) {
            change(clock);
            self.changed.clocks.insert(id);
        }
    }
}
