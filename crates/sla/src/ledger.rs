//! The write model in the store's terms: loads what a batch needs, lets the domain decide, saves what the fold changed.
//! It decides nothing itself, but for one thing: what was heard counts once, and in order.
//!
//! A message of qualification's log is one command, which carries the cursor with it: its effects and the cursor are
//! durable together. The cursor is loaded under the log row's lock, so replicas that hear the same events, and a
//! successor that hears what its predecessor is still at, apply each of them once: what lies at or before the cursor
//! is left out, and what does not follow on from it is refused.

mod load;
mod save;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use handoff_domain::calendar::Definition;
use handoff_domain::error::Error;
use handoff_domain::id::{CalendarId, TenantId};
use handoff_domain::sla::{self, CalendarVersion, Command, Event, State, decide};
use handoff_proto::name::slug;
use handoff_store::batch::{Context, Decision, EventRecord, Reference, Round};
use handoff_store::error::StoreError;
use handoff_store::sla::calendar;
use handoff_store::tx::Tx;
use prost::Message;

use crate::convert::calendar_name;
use crate::convert::event;

use load::Loaded;

/// The version of the meaning of all payloads so far.
const PAYLOAD_VERSION: i16 = 1;
/// About what a command about one clock writes: its row, its timer, its events and their indexes.
const CLOCK_SIZE: usize = 1_024;

/// The ledger of the sla service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ledger;

/// A command with what loading and batching need to know of it.
#[derive(Debug)]
pub(crate) enum Wish {
    /// A stretch of qualification's log was heard.
    Hear(Heard),
    /// Deadlines may have passed.
    FireDue {
        /// A time up to which qualification's log has been taken in.
        until: DateTime<Utc>,
    },
    /// A calendar is to be as given.
    PutCalendar {
        /// What it is called in its resource name.
        slug: String,
        /// Its name among people.
        display_name: String,
        /// Its hours.
        definition: Box<Definition>,
        /// The bytes that the request came in.
        size: usize,
    },
    /// A calendar is to be closed on holidays.
    ImportHolidays {
        /// What it is called in its resource name.
        slug: String,
        /// The holidays, each with its name.
        holidays: BTreeMap<NaiveDate, String>,
        /// The bytes that the request came in.
        size: usize,
    },
}

/// A stretch of qualification's log.
#[derive(Debug)]
pub(crate) struct Heard {
    /// The position before it.
    pub(crate) after: i64,
    /// Its last position, which becomes the cursor.
    pub(crate) last: i64,
    /// What its events mean here, by position; most mean nothing.
    pub(crate) commands: Vec<(i64, Command)>,
}

/// What the caller of a command is told.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// It was taken in, or was before.
    Heard,
    /// So many deadlines had passed.
    Fired {
        /// All of them.
        breaches: usize,
        /// How long after its deadline each fired that anybody is told of, by the database's time.
        late: Vec<TimeDelta>,
    },
    /// The calendar as it is now.
    Calendar(CalendarVersion),
}

impl handoff_store::batch::Ledger for Ledger {
    type Command = Wish;
    type State = Loaded;
    type Answer = Answer;

    fn size(&self, wish: &Wish) -> usize {
        match wish {
            Wish::Hear(heard) => CLOCK_SIZE * heard.commands.len(),
            Wish::FireDue { .. } => CLOCK_SIZE,
            Wish::PutCalendar { size, .. } | Wish::ImportHolidays { size, .. } => CLOCK_SIZE + size,
        }
    }

    /// A tenant begins here with the beginning of its log over there.
    fn creates_tenant(&self, wish: &Wish) -> bool {
        matches!(wish, Wish::Hear(Heard { after: 0, .. }))
    }

    async fn load(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        _now: DateTime<Utc>,
        wishes: &[&Wish],
        loaded: &mut Loaded,
    ) -> Result<Round, StoreError> {
        load::all(tx, tenant, wishes, loaded).await?;
        Ok(Round::Closed)
    }

    fn decide(
        &self,
        loaded: &mut Loaded,
        wish: &Wish,
        context: &mut Context<'_>,
    ) -> Result<Decision<Answer>, Error> {
        match wish {
            Wish::Hear(heard) => hear(loaded, heard, context),
            Wish::FireDue { until } => {
                let ran = run(&mut loaded.state, &Command::FireDue { until: *until }, context)?;
                let answer = Answer::Fired { breaches: ran.events.len(), late: ran.late };
                Ok(Decision { answer, events: ran.events })
            }
            Wish::PutCalendar { slug, display_name, definition, .. } => {
                let (slug, display_name, definition) =
                    (slug.clone(), display_name.clone(), (**definition).clone());
                change_calendar(loaded, &Command::PutCalendar { slug, display_name, definition }, context)
            }
            Wish::ImportHolidays { slug, holidays, .. } => {
                let (slug, holidays) = (slug.clone(), holidays.clone());
                change_calendar(loaded, &Command::ImportHolidays { slug, holidays }, context)
            }
        }
    }

    async fn save(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        _now: DateTime<Utc>,
        loaded: &mut Loaded,
    ) -> Result<(), StoreError> {
        save::changes(tx, tenant, loaded).await
    }

    fn reference(&self, answer: &Answer) -> Reference {
        let resource = match answer {
            Answer::Calendar(version) => calendar_name(&version.slug),
            // Nobody asks for these with a request id.
            Answer::Heard | Answer::Fired { .. } => String::new(),
        };
        Reference { resource, ..Reference::default() }
    }

    async fn recall(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        reference: &Reference,
        _position: i64,
    ) -> Result<Option<Answer>, StoreError> {
        let slug = slug("calendars", &reference.resource)
            .ok_or_else(|| StoreError::defect("a stored answer names no calendar"))?;
        let id = CalendarId::from_slug(tenant, slug);
        Ok(calendar::load(tx, tenant, &[id]).await?.pop().map(Answer::Calendar))
    }
}

/// Changes a calendar; gives it as it is then.
fn change_calendar(
    loaded: &mut Loaded,
    command: &Command,
    context: &mut Context<'_>,
) -> Result<Decision<Answer>, Error> {
    let ran = run(&mut loaded.state, command, context)?;
    let sla::Answer::Calendar(id) = ran.answer else { return Err(Error::Internal) };
    let calendar = loaded.state.calendar(id).cloned().ok_or(Error::Internal)?;
    Ok(Decision { events: ran.events, answer: Answer::Calendar(calendar) })
}

/// Takes in a stretch of qualification's log, all of it or nothing.
fn hear(loaded: &mut Loaded, heard: &Heard, context: &mut Context<'_>) -> Result<Decision<Answer>, Error> {
    if loaded.cursor < heard.after {
        // What came before was not applied: whoever follows the log has to start from the cursor again.
        return Err(Error::Stale { resource: format!("tenants/{}", context.tenant) });
    }
    // On a copy: a stretch is heard as a whole, and what fails in the middle must leave the state as it was.
    let mut state = loaded.state.clone();
    let mut events = Vec::new();
    for (_, command) in heard.commands.iter().filter(|(position, _)| *position > loaded.cursor) {
        events.extend(run(&mut state, command, context)?.events);
    }
    loaded.state = state;
    loaded.cursor = loaded.cursor.max(heard.last);
    Ok(Decision { events, answer: Answer::Heard })
}

/// What running a command came to.
struct Ran {
    answer: sla::Answer,
    events: Vec<EventRecord>,
    /// How long after their deadlines the breaches among them fired of which anybody is told.
    late: Vec<TimeDelta>,
}

/// Decides a command, folds its events into `state` and encodes them.
fn run(state: &mut State, command: &Command, context: &mut Context<'_>) -> Result<Ran, Error> {
    let (tenant, now, actor) = (context.tenant, context.now, context.actor);
    let mut deciding = sla::Context { tenant, now, actor, ids: context.ids() };
    let decided = decide(state, command, &mut deciding)?;
    decided.events.iter().for_each(|event| state.apply(event));
    let record = |event: &Event| EventRecord {
        event_id: deciding.ids.next(),
        kind: event.name(),
        version: PAYLOAD_VERSION,
        occurred_at: event.occurred_at(),
        payload: event::payload(event).encode_to_vec(),
        person: Vec::new(),
    };
    let events = decided.events.iter().map(record).collect();
    let late = decided.events.iter().filter_map(|event| match event {
        Event::ClockBreached { at, notify: true, .. } => Some(now - *at),
        _ => None,
    });
    Ok(Ran { answer: decided.answer, events, late: late.collect() })
}
