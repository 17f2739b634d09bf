//! The write model of the sla service: the tenant's contract and calendars, and the DECIDE clock that runs from the
//! MQL until sales has accepted or rejected it (R27, R29, R30).
//!
//! [`decide`] says what a command means in a state, as events; [`State::apply`] says what an event changes. Nothing
//! else changes a state, so what is stored is always the fold of the log. The service learns of handoffs from
//! qualification's log only, in its order; a command that was heard before is without effect.
//!
//! Not here: who is told of a breach and what follows from it, the approval of contracts, and the choice among
//! several policies or calendars. A tenant has one contract in effect, and every clock runs in that one's calendar.

mod calendars;
mod clock;
mod contract;
mod event;
mod handoff;
mod state;
mod timer;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

pub use clock::{Clock, ClockState, Span};
pub use contract::{CalendarVersion, Contract};
pub use event::{ClockStarted, Event};
pub use state::{Changes, State};

use crate::actor::Actor;
use crate::calendar::Definition;
use crate::error::Error;
use crate::id::{CalendarId, HandoffId, IdSource, LeadId, TenantId};
use crate::target::Target;

/// What is to be done, or what was heard from qualification's log and is to be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Heard: a tenant was created or changed. Its first sight makes the starter contract and its calendar; later
    /// changes leave both alone, they have versions of their own.
    TenantChanged {
        /// The tenant's zone.
        zone: Tz,
        /// When the tenant was created; the starter contract is in effect from then on.
        created_at: DateTime<Utc>,
        /// How long sales may take to decide, if this was given at creation; else two business days (R29).
        decide: Option<Target>,
    },
    /// Make a calendar.
    CreateCalendar {
        /// Its name among people.
        name: String,
        /// Its hours.
        definition: Definition,
    },
    /// Give a calendar a new version, which rules from now on.
    UpdateCalendar {
        /// Which calendar.
        calendar: CalendarId,
        /// The version that the caller has read, if it cares.
        version: Option<u32>,
        /// Its name among people.
        name: String,
        /// Its hours.
        definition: Definition,
    },
    /// Heard: a lead became an MQL (LeadQualified).
    HandoffQualified {
        /// The handoff.
        handoff: HandoffId,
        /// Its lead.
        lead: LeadId,
        /// When the lead became an MQL.
        mql_at: DateTime<Utc>,
        /// When qualification recorded it; later than `mql_at` for what was imported.
        recorded_at: DateTime<Utc>,
        /// Whether it is imported history.
        imported: bool,
    },
    /// Heard: sales accepted it.
    HandoffAccepted {
        /// The handoff.
        handoff: HandoffId,
        /// When.
        at: DateTime<Utc>,
        /// Nobody decided: the source system skipped the decision, so there is no speed to measure.
        implied: bool,
    },
    /// Heard: sales rejected it.
    HandoffRejected {
        /// The handoff.
        handoff: HandoffId,
        /// When.
        at: DateTime<Utc>,
    },
    /// Heard: it was taken back before sales decided.
    HandoffWithdrawn {
        /// The handoff.
        handoff: HandoffId,
        /// When.
        at: DateTime<Utc>,
    },
    /// Let every deadline before `until` fire, where `until` is a time up to which qualification's log has been
    /// taken in: nothing that was decided earlier can still turn up.
    FireDue {
        /// The time of qualification's log head, read under its lock.
        until: DateTime<Utc>,
    },
}

/// The circumstances of a command.
#[derive(Debug)]
pub struct Context<'a> {
    /// Whose data it is about.
    pub tenant: TenantId,
    /// The time of the batch.
    pub now: DateTime<Utc>,
    /// Who asks for it; a consumer or a worker for what was heard or is due.
    pub actor: &'a Actor,
    /// Where ids of new records come from.
    pub ids: IdSource<'a>,
}

/// What a command comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What happened, in order; none for a command that is without effect.
    pub events: Vec<Event>,
    /// What to tell the caller.
    pub answer: Answer,
}

/// What the caller of a command is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It was taken in.
    Done,
    /// The calendar that was made or changed.
    Calendar {
        /// Its id.
        id: CalendarId,
        /// The version that is now in force.
        version: u32,
    },
}

/// What `command` means in `state`. The state must hold what the command is about: the contracts and calendars of
/// the tenant always; the clock of the handoff that it names; for [`Command::UpdateCalendar`] the running clocks of
/// that calendar; for [`Command::FireDue`] the running clocks that are due before its time. More does no harm.
///
/// # Errors
/// Invalid or stale calendars, and a handoff before its tenant was heard of.
pub fn decide(state: &State, command: Command, context: &mut Context<'_>) -> Result<Decision, Error> {
    match command {
        Command::TenantChanged { zone, created_at, decide } => {
            Ok(done(contract::starter(state, zone, created_at, decide, context)))
        }
        Command::CreateCalendar { name, definition } => calendars::create(name, definition, context),
        Command::UpdateCalendar { calendar, version, name, definition } => {
            calendars::update(state, calendar, version, name, definition, context)
        }
        Command::FireDue { until } => Ok(done(timer::fire(state, until))),
        Command::HandoffQualified { .. }
        | Command::HandoffAccepted { .. }
        | Command::HandoffRejected { .. }
        | Command::HandoffWithdrawn { .. } => Ok(done(handoff::judge(state, &command, context)?)),
    }
}

fn done(events: Vec<Event>) -> Decision {
    Decision { events, answer: Answer::Done }
}
