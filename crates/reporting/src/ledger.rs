//! The write model in the store's terms: loads the facts that a message of a log is about, lets `project` fold the
//! events into them, saves the versions that this made. It appends no events: reporting has nothing to tell.
//!
//! The cursor is loaded under the log row's lock and written with the effects, so each event counts once, whoever
//! hears it: what lies at or before the cursor is left out, and what does not follow on from it is refused.

use std::collections::BTreeMap;

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

use crate::facts::Facts;
use crate::project::{Subjects, project};

/// The ledger of the reporting service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ledger;

/// A message of a log: its events follow on from each other.
#[derive(Debug)]
pub(crate) struct Heard {
    /// Whose log.
    pub(crate) source: &'static str,
    /// At least one.
    pub(crate) events: Vec<Event>,
}

/// What the messages of a batch can look at, and what they changed.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    facts: Facts,
    cursors: BTreeMap<&'static str, Cursor>,
}

/// How far a log was read when the batch began, and how far it is read now.
#[derive(Debug)]
struct Cursor {
    was: i64,
    seen: Option<Seen>,
}

impl handoff_store::batch::Ledger for Ledger {
    type Command = Heard;
    type State = Loaded;
    type Answer = ();

    fn size(&self, heard: &Heard) -> usize {
        heard.events.iter().map(Message::encoded_len).sum()
    }

    /// A tenant begins here with the beginning of either log.
    fn creates_tenant(&self, heard: &Heard) -> bool {
        heard.events.first().is_some_and(|event| event.position == 1)
    }

    async fn load(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        messages: &[&Heard],
        loaded: &mut Loaded,
    ) -> Result<Round, StoreError> {
        let mut about = Subjects::default();
        for heard in messages {
            heard.events.iter().for_each(|event| about.note(event));
            if !loaded.cursors.contains_key(heard.source) {
                let was = cursor::load(tx, tenant, heard.source).await?;
                loaded.cursors.insert(heard.source, Cursor { was, seen: None });
            }
        }
        if !about.leads.is_empty() {
            let leads: Vec<_> = about.leads.into_iter().collect();
            for lead in lead_fact::load_current(tx, tenant, &leads).await? {
                loaded.facts.put_lead(lead);
            }
            for passage in handoff_fact::load_current(tx, tenant, &leads).await? {
                loaded.facts.put_passage(passage);
            }
        }
        if !about.clocks.is_empty() {
            let clocks: Vec<_> = about.clocks.into_iter().collect();
            for clock in clock_fact::load_current(tx, tenant, &clocks).await? {
                loaded.facts.put_clock(clock);
            }
        }
        Ok(Round::Closed)
    }

    fn decide(
        &self,
        loaded: &mut Loaded,
        heard: &Heard,
        _context: &mut Context<'_>,
    ) -> Result<Decision<()>, Error> {
        let cursor = loaded.cursors.get_mut(heard.source).ok_or(Error::Internal)?;
        let mut position = cursor.seen.map_or(cursor.was, |seen| seen.position);
        let mut seen = cursor.seen;
        // A copy: what cannot be folded to its end must leave the facts as they were.
        let mut facts = loaded.facts.clone();
        let known = position;
        for event in heard.events.iter().filter(|event| event.position > known) {
            if event.position != position + 1 {
                tracing::error!(source = heard.source, position, found = event.position, "a log has a gap");
                return Err(Error::Internal);
            }
            project(&mut facts, event)?;
            position = event.position;
            let recorded = event.record_time.as_ref().and_then(from_timestamp);
            seen = Some(Seen { position, recorded_at: recorded.ok_or(Error::Internal)? });
        }
        loaded.facts = facts;
        cursor.seen = seen;
        Ok(Decision { events: Vec::new(), answer: () })
    }

    async fn save(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        _now: DateTime<Utc>,
        loaded: &mut Loaded,
    ) -> Result<(), StoreError> {
        let changes = std::mem::take(&mut loaded.facts).into_changes();
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
        for (source, cursor) in &loaded.cursors {
            if let Some(seen) = cursor.seen {
                cursor::advance(tx, tenant, source, cursor.was, seen.position).await?;
                log_seen::save(tx, tenant, source, seen).await?;
            }
        }
        Ok(())
    }

    fn reference(&self, (): &()) -> Reference {
        Reference::default()
    }

    /// Never asked: what is heard carries no request id.
    async fn recall(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        _reference: &Reference,
        _position: i64,
    ) -> Result<Option<()>, StoreError> {
        Ok(Some(()))
    }
}
