//! The facts that a batch of events changes, in versions. Pure: loaded before, saved after, by `ledger`.
//!
//! A change closes the version that held and begins another, unless both were recorded at the same instant: then it is
//! one version. So the versions are a function of the log alone, however it was cut into batches.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use handoff_domain::id::{ClockId, HandoffId, LeadId};
use handoff_domain::metric::clock::ClockFact;
use handoff_domain::metric::fact::HandoffFact;
use handoff_store::reporting::Known;
use handoff_store::reporting::calendar_version::CalendarVersion;
use handoff_store::reporting::contract_version::ContractVersion;
use handoff_store::reporting::handoff_fact::Passage;
use handoff_store::reporting::lead_fact::Lead;
use handoff_store::reporting::tenant_setting::TenantSetting;

/// The versions of one fact: the one that holds, and those that the batch closed.
#[derive(Debug, Clone)]
struct History<T> {
    /// The fact as it was loaded; none if the batch made it.
    was: Option<T>,
    closed: Vec<Known<T>>,
    holds: Known<T>,
    is_changed: bool,
}

impl<T: Clone + PartialEq> History<T> {
    fn new(fact: T, at: DateTime<Utc>) -> Self {
        Self { was: None, closed: Vec::new(), holds: Known { from: at, to: None, fact }, is_changed: true }
    }

    fn loaded(holds: Known<T>) -> Self {
        Self { was: Some(holds.fact.clone()), closed: Vec::new(), holds, is_changed: false }
    }

    /// Changes the fact by an event that was recorded at `at`, which is never earlier than the version that holds.
    fn change(&mut self, at: DateTime<Utc>, change: impl FnOnce(&mut T)) {
        let mut fact = self.holds.fact.clone();
        change(&mut fact);
        if fact == self.holds.fact {
            return;
        }
        if at > self.holds.from {
            let closed = std::mem::replace(&mut self.holds, Known { from: at, to: None, fact });
            self.closed.push(Known { to: Some(at), ..closed });
        } else {
            self.holds.fact = fact;
        }
        self.is_changed = true;
    }
}

/// A record before a batch and after it.
#[derive(Debug, Clone)]
pub(crate) struct Change<T> {
    /// None if the batch made it.
    pub(crate) before: Option<T>,
    pub(crate) after: T,
}

/// The product line, the cycle and the passage in it.
type Place = (String, u32, u32);

/// What the events of a batch can look at, and what they changed.
#[derive(Debug, Default, Clone)]
pub(crate) struct Facts {
    tenant: Option<TenantSetting>,
    calendars: Vec<CalendarVersion>,
    contracts: Vec<ContractVersion>,
    leads: BTreeMap<LeadId, History<Lead>>,
    passages: BTreeMap<LeadId, BTreeMap<Place, History<Passage>>>,
    clocks: BTreeMap<ClockId, History<ClockFact>>,
}

/// What has to be written: new versions, and the end of old ones. Those that end stand first, because at any moment of
/// the writing only one version of a fact may hold.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) tenant: Option<TenantSetting>,
    pub(crate) calendars: Vec<CalendarVersion>,
    pub(crate) contracts: Vec<ContractVersion>,
    pub(crate) leads: Vec<Known<Lead>>,
    pub(crate) passages: Vec<Known<Passage>>,
    pub(crate) clocks: Vec<Known<ClockFact>>,
}

impl Facts {
    /// Takes in a lead as it was loaded.
    pub(crate) fn put_lead(&mut self, lead: Known<Lead>) {
        self.leads.insert(lead.fact.fact.lead, History::loaded(lead));
    }

    /// Takes in a passage as it was loaded.
    pub(crate) fn put_passage(&mut self, passage: Known<Passage>) {
        let (lead, place) = (passage.fact.fact.lead, place(&passage.fact));
        self.passages.entry(lead).or_default().insert(place, History::loaded(passage));
    }

    /// Takes in a clock as it was loaded.
    pub(crate) fn put_clock(&mut self, clock: Known<ClockFact>) {
        self.clocks.insert(clock.fact.clock, History::loaded(clock));
    }

    pub(crate) fn set_tenant(&mut self, tenant: TenantSetting) {
        self.tenant = Some(tenant);
    }

    pub(crate) fn add_calendar(&mut self, version: CalendarVersion) {
        self.calendars.push(version);
    }

    pub(crate) fn add_contract(&mut self, version: ContractVersion) {
        self.contracts.push(version);
    }

    pub(crate) fn lead(&self, id: LeadId) -> Option<&Lead> {
        self.leads.get(&id).map(|lead| &lead.holds.fact)
    }

    pub(crate) fn add_lead(&mut self, at: DateTime<Utc>, lead: Lead) {
        self.leads.insert(lead.fact.lead, History::new(lead, at));
    }

    pub(crate) fn change_lead(&mut self, at: DateTime<Utc>, id: LeadId, change: impl FnOnce(&mut Lead)) {
        if let Some(lead) = self.leads.get_mut(&id) {
            lead.change(at, change);
        }
    }

    /// The passages of a lead, in the order of line, cycle and number.
    pub(crate) fn passages(&self, lead: LeadId) -> impl DoubleEndedIterator<Item = &Passage> {
        self.passages.get(&lead).into_iter().flat_map(BTreeMap::values).map(|passage| &passage.holds.fact)
    }

    pub(crate) fn add_passage(&mut self, at: DateTime<Utc>, passage: Passage) {
        let (lead, place) = (passage.fact.lead, place(&passage));
        self.passages.entry(lead).or_default().insert(place, History::new(passage, at));
    }

    /// Changes all passages of a lead that `is_meant`; says how many those were.
    pub(crate) fn change_passages(
        &mut self,
        at: DateTime<Utc>,
        lead: LeadId,
        is_meant: impl Fn(&Passage) -> bool,
        change: impl Fn(&mut Passage),
    ) -> usize {
        let mut count = 0;
        for passage in self.passages.get_mut(&lead).into_iter().flat_map(BTreeMap::values_mut) {
            if is_meant(&passage.holds.fact) {
                passage.change(at, &change);
                count += 1;
            }
        }
        count
    }

    /// Changes the fact of a handoff; says whether there is one.
    pub(crate) fn change_handoff(
        &mut self,
        at: DateTime<Utc>,
        lead: LeadId,
        handoff: HandoffId,
        change: impl Fn(&mut HandoffFact),
    ) -> bool {
        let is_meant = |passage: &Passage| passage.fact.handoff == Some(handoff);
        self.change_passages(at, lead, is_meant, |passage| change(&mut passage.fact)) > 0
    }

    pub(crate) fn add_clock(&mut self, at: DateTime<Utc>, clock: ClockFact) {
        self.clocks.insert(clock.clock, History::new(clock, at));
    }

    /// Changes a clock; says whether there is one.
    pub(crate) fn change_clock(
        &mut self,
        at: DateTime<Utc>,
        id: ClockId,
        change: impl FnOnce(&mut ClockFact),
    ) -> bool {
        self.clocks.get_mut(&id).map(|clock| clock.change(at, change)).is_some()
    }

    /// The settings, if the batch changed them.
    pub(crate) fn tenant(&self) -> Option<&TenantSetting> {
        self.tenant.as_ref()
    }

    /// The handoffs that the facts are about.
    pub(crate) fn handoffs(&self) -> BTreeSet<HandoffId> {
        let passages = self.passages.values().flat_map(BTreeMap::values);
        let of_passages = passages.filter_map(|passage| passage.holds.fact.fact.handoff);
        of_passages.chain(self.clocks.values().map(|clock| clock.holds.fact.handoff)).collect()
    }

    /// The leads that changed.
    pub(crate) fn changed_leads(&self) -> impl Iterator<Item = Change<&Lead>> {
        let changed = self.leads.values().filter(|lead| lead.is_changed);
        changed.map(|lead| Change { before: lead.was.as_ref(), after: &lead.holds.fact })
    }

    /// The passages that changed, or whose clocks did, each with the clocks of its handoff.
    pub(crate) fn changed_passages(&self) -> Vec<Change<(&Passage, Vec<ClockFact>)>> {
        let mut clocks = BTreeMap::<HandoffId, Vec<&History<ClockFact>>>::new();
        for clock in self.clocks.values() {
            clocks.entry(clock.holds.fact.handoff).or_default().push(clock);
        }
        let of = |passage: &Passage| passage.fact.handoff.and_then(|handoff| clocks.get(&handoff));
        let before = |passage| {
            let was = of(passage).into_iter().flatten().filter_map(|clock| clock.was.clone());
            was.collect::<Vec<_>>()
        };
        let after = |passage| {
            let holds = of(passage).into_iter().flatten().map(|clock| clock.holds.fact.clone());
            holds.collect::<Vec<_>>()
        };
        let passages = self.passages.values().flat_map(BTreeMap::values);
        let is_changed = |passage: &&History<Passage>| {
            let mut clocks = of(&passage.holds.fact).into_iter().flatten();
            passage.is_changed || clocks.any(|clock| clock.is_changed)
        };
        passages
            .filter(is_changed)
            .map(|passage| Change {
                before: passage.was.as_ref().map(|was| (was, before(was))),
                after: (&passage.holds.fact, after(&passage.holds.fact)),
            })
            .collect()
    }

    /// The clocks that changed.
    pub(crate) fn changed_clocks(&self) -> impl Iterator<Item = &ClockFact> {
        self.clocks.values().filter(|clock| clock.is_changed).map(|clock| &clock.holds.fact)
    }

    /// What changed.
    pub(crate) fn into_changes(self) -> Changes {
        let passages = self.passages.into_values().flat_map(BTreeMap::into_values);
        Changes {
            tenant: self.tenant,
            calendars: self.calendars,
            contracts: self.contracts,
            leads: changed(self.leads.into_values()),
            passages: changed(passages),
            clocks: changed(self.clocks.into_values()),
        }
    }
}

fn place(passage: &Passage) -> Place {
    (passage.fact.line.clone(), passage.fact.cycle, passage.number)
}

fn changed<T>(histories: impl Iterator<Item = History<T>>) -> Vec<Known<T>> {
    let (mut closed, mut holding) = (Vec::new(), Vec::new());
    for history in histories.filter(|history| history.is_changed) {
        closed.extend(history.closed);
        holding.push(history.holds);
    }
    closed.append(&mut holding);
    closed
}
