//! The write model in the store's terms: loads the facts that a message of a log is about, lets `project` fold the
//! events into them, saves the versions that this made and what they add to the rollups. It appends no events:
//! reporting has nothing to tell.
//!
//! The cursor is loaded under the log row's lock and written with the effects, so each event counts once, whoever
//! hears it: what lies at or before the cursor is left out, and what does not follow on from it is refused. The same
//! lock orders the steps in which a generation of rollups is built against the batches that change its facts.

mod rollup;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_proto::event::v1::Event;
use handoff_runtime::convert::from_timestamp;
use handoff_store::batch::{Context, Decision, Reference, Round};
use handoff_store::error::StoreError;
use handoff_store::log::cursor;
use handoff_store::reporting::log_seen::{self, Seen};
use handoff_store::reporting::{
    calendar_version, clock_fact, contract_version, handoff_fact, lead_fact, tenant_setting,
};
use handoff_store::tx::Tx;
use prost::Message;
use tokio::sync::mpsc::UnboundedSender;

use crate::facts::{Changes, Facts};
use crate::project::{Subjects, project};
use rollup::Rollups;

/// The ledger of the reporting service.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    /// Who builds rollups hears of tenants that have none.
    unbuilt: UnboundedSender<TenantId>,
}

/// What changes the facts or the rollups of a tenant.
#[derive(Debug)]
pub(crate) enum Wish {
    /// A message of a log.
    Hear(Heard),
    /// Begin to build the rollups anew.
    Rebuild,
    /// Build a step further, or remove a part of what nobody reads any more.
    Build,
}

/// A message of a log: its events follow on from each other.
#[derive(Debug)]
pub(crate) struct Heard {
    /// Whose log.
    pub(crate) source: &'static str,
    /// At least one.
    pub(crate) events: Vec<Event>,
}

/// What is left to do for the rollups once a batch is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Answer {
    /// There is another step of [`Wish::Build`].
    pub(crate) more: bool,
    /// The generation that is being built.
    pub(crate) building: Option<i32>,
}

/// What the messages of a batch can look at, and what they changed.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    facts: Facts,
    cursors: BTreeMap<&'static str, Cursor>,
    rollups: Option<Rollups>,
}

/// How far a log was read when the batch began, and how far it is read now.
#[derive(Debug)]
struct Cursor {
    was: i64,
    seen: Option<Seen>,
}

impl Ledger {
    /// A ledger that sends the tenants whose rollups have to be built to `unbuilt`.
    pub(crate) fn new(unbuilt: UnboundedSender<TenantId>) -> Self {
        Self { unbuilt }
    }
}

impl handoff_store::batch::Ledger for Ledger {
    type Command = Wish;
    type State = Loaded;
    type Answer = Answer;

    fn size(&self, wish: &Wish) -> usize {
        match wish {
            Wish::Hear(heard) => heard.events.iter().map(Message::encoded_len).sum(),
            Wish::Rebuild | Wish::Build => 0,
        }
    }

    /// A tenant begins here with the beginning of either log.
    fn creates_tenant(&self, wish: &Wish) -> bool {
        match wish {
            Wish::Hear(heard) => heard.events.first().is_some_and(|event| event.position == 1),
            Wish::Rebuild | Wish::Build => false,
        }
    }

    async fn load(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        _now: DateTime<Utc>,
        wishes: &[&Wish],
        loaded: &mut Loaded,
    ) -> Result<Round, StoreError> {
        let mut about = Subjects::default();
        for wish in wishes {
            let Wish::Hear(heard) = wish else { continue };
            heard.events.iter().for_each(|event| about.note(event));
            if !loaded.cursors.contains_key(heard.source) {
                let was = cursor::load(tx, tenant, heard.source).await?;
                loaded.cursors.insert(heard.source, Cursor { was, seen: None });
            }
        }
        load_facts(tx, tenant, about, &mut loaded.facts).await?;
        let builds = wishes.iter().any(|wish| matches!(wish, Wish::Build));
        loaded.rollups = Some(Rollups::load(tx, tenant, builds).await?);
        Ok(Round::Closed)
    }

    fn decide(
        &self,
        loaded: &mut Loaded,
        wish: &Wish,
        _context: &mut Context<'_>,
    ) -> Result<Decision<Answer>, Error> {
        let rollups = loaded.rollups.as_mut().ok_or(Error::Internal)?;
        let answer = match wish {
            Wish::Rebuild => rollups.begin(),
            Wish::Build => rollups.step(),
            Wish::Hear(heard) => {
                let cursor = loaded.cursors.get_mut(heard.source).ok_or(Error::Internal)?;
                hear(&mut loaded.facts, cursor, heard)?;
                Answer::default()
            }
        };
        Ok(Decision { events: Vec::new(), answer })
    }

    async fn save(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        _now: DateTime<Utc>,
        loaded: &mut Loaded,
    ) -> Result<(), StoreError> {
        let facts = std::mem::take(&mut loaded.facts);
        if let Some(rollups) = loaded.rollups.take()
            && rollups.save(tx, tenant, &facts).await?
        {
            // Nobody listens when the service is on its way down; the next one looks for itself.
            let _ = self.unbuilt.send(tenant);
        }
        save_changes(tx, tenant, &facts.into_changes()).await?;
        for (source, cursor) in &loaded.cursors {
            if let Some(seen) = cursor.seen {
                cursor::advance(tx, tenant, source, cursor.was, seen.position).await?;
                log_seen::save(tx, tenant, source, seen).await?;
            }
        }
        Ok(())
    }

    fn reference(&self, _: &Answer) -> Reference {
        Reference::default()
    }

    /// Never asked: what is wished here carries no request id.
    async fn recall(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        _reference: &Reference,
        _position: i64,
    ) -> Result<Option<Answer>, StoreError> {
        Ok(Some(Answer::default()))
    }
}

/// Loads what events are about, and what contributes to the rollups together with it: the clocks of a hand-over and the
/// hand-over of a clock.
async fn load_facts(
    tx: &mut Tx,
    tenant: TenantId,
    about: Subjects,
    facts: &mut Facts,
) -> Result<(), StoreError> {
    if !about.leads.is_empty() {
        let leads: Vec<_> = about.leads.into_iter().collect();
        let found = lead_fact::load_current(tx, tenant, &leads).await?;
        let survivors: BTreeSet<_> = found.iter().filter_map(|known| known.fact.merged_into).collect();
        let survivors: Vec<_> = survivors.into_iter().filter(|lead| !leads.contains(lead)).collect();
        found.into_iter().for_each(|lead| facts.put_lead(lead));
        if !survivors.is_empty() {
            // What a merged lead comes to may be the survivor's: it becomes a customer by it.
            let found = lead_fact::load_current(tx, tenant, &survivors).await?;
            found.into_iter().for_each(|lead| facts.put_lead(lead));
        }
        for passage in handoff_fact::load_current(tx, tenant, &leads).await? {
            facts.put_passage(passage);
        }
    }
    if !about.clocks.is_empty() {
        let clocks: Vec<_> = about.clocks.into_iter().collect();
        for clock in clock_fact::load_current(tx, tenant, &clocks).await? {
            facts.put_clock(clock);
        }
    }
    let mut handoffs = facts.handoffs();
    handoffs.extend(about.handoffs);
    if !handoffs.is_empty() {
        let handoffs: Vec<_> = handoffs.into_iter().collect();
        for passage in handoff_fact::load_current_of_handoffs(tx, tenant, &handoffs).await? {
            facts.put_passage(passage);
        }
        for clock in clock_fact::load_current_of_handoffs(tx, tenant, &handoffs).await? {
            facts.put_clock(clock);
        }
    }
    Ok(())
}

/// Folds the events that were not heard before.
fn hear(facts: &mut Facts, cursor: &mut Cursor, heard: &Heard) -> Result<(), Error> {
    let mut position = cursor.seen.map_or(cursor.was, |seen| seen.position);
    let mut seen = cursor.seen;
    // A copy: what cannot be folded to its end must leave the facts as they were.
    let mut folded = facts.clone();
    let known = position;
    for event in heard.events.iter().filter(|event| event.position > known) {
        if event.position != position + 1 {
            tracing::error!(source = heard.source, position, found = event.position, "a log has a gap");
            return Err(Error::Internal);
        }
        project(&mut folded, event)?;
        position = event.position;
        let recorded = event.record_time.as_ref().and_then(from_timestamp);
        seen = Some(Seen { position, recorded_at: recorded.ok_or(Error::Internal)? });
    }
    *facts = folded;
    cursor.seen = seen;
    Ok(())
}

async fn save_changes(tx: &mut Tx, tenant: TenantId, changes: &Changes) -> Result<(), StoreError> {
    if let Some(setting) = &changes.tenant {
        tenant_setting::save(tx, tenant, setting).await?;
    }
    if !changes.calendars.is_empty() {
        calendar_version::append(tx, tenant, &changes.calendars).await?;
    }
    if !changes.contracts.is_empty() {
        contract_version::append(tx, tenant, &changes.contracts).await?;
    }
    if !changes.leads.is_empty() {
        lead_fact::save(tx, tenant, &changes.leads).await?;
    }
    if !changes.passages.is_empty() {
        handoff_fact::save(tx, tenant, &changes.passages).await?;
    }
    if !changes.clocks.is_empty() {
        clock_fact::save(tx, tenant, &changes.clocks).await?;
    }
    Ok(())
}
