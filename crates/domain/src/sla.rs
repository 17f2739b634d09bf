//! The write model of the sla service: the tenant's contract and calendars, and the DECIDE clock that runs from the
//! MQL until sales has accepted or rejected it (R27, R29, R30).
//!
//! [`decide`] says what a command means in a state, as events; [`State::apply`] says what an event changes. Nothing
//! else changes a state, so what is stored is always the fold of the log. The service learns of handoffs from
//! qualification's log only, in its order; a command that was heard before is without effect.
//!
//! A handoff has a clock for each round of decision: the first from the MQL, and another one each time that a disputed
//! rejection is overturned. The latest is the one that a decision stops; how the earlier ones ended stays.
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

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

pub use clock::{Carried, Clock, ClockState, UnknownClockState};
pub use contract::{CalendarVersion, Contract, DEFAULT_CALENDAR};
pub use event::{CancelReason, ClockStarted, Event};
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
        time_zone: Tz,
        /// Since when the starter contract is in effect: the tenant's creation.
        effective_from: DateTime<Utc>,
        /// How long sales may take to decide, if this was given at creation; else two business days (R29).
        decide: Option<Target>,
    },
    /// Make a calendar, or give it a new version, which rules from now on.
    PutCalendar {
        /// What it is called in its resource name.
        slug: String,
        /// Its name among people.
        display_name: String,
        /// Its hours.
        definition: Definition,
    },
    /// Close a calendar on holidays, as a new version of it.
    ImportHolidays {
        /// What it is called in its resource name.
        slug: String,
        /// The holidays, each with its name.
        holidays: BTreeMap<NaiveDate, String>,
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
    /// Heard: its rejection was overturned, and sales decides anew (DisputeResolved).
    HandoffReopened {
        /// The handoff.
        handoff: HandoffId,
        /// Its lead.
        lead: LeadId,
        /// When.
        at: DateTime<Utc>,
        /// When qualification recorded it.
        recorded_at: DateTime<Utc>,
        /// Which round of decision begins, from 2.
        round: u32,
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

impl Command {
    /// The handoff whose clocks the command is about.
    pub fn handoff(&self) -> Option<HandoffId> {
        match self {
            Self::HandoffQualified { handoff, .. }
            | Self::HandoffReopened { handoff, .. }
            | Self::HandoffAccepted { handoff, .. }
            | Self::HandoffRejected { handoff, .. }
            | Self::HandoffWithdrawn { handoff, .. } => Some(*handoff),
            Self::TenantChanged { .. }
            | Self::PutCalendar { .. }
            | Self::ImportHolidays { .. }
            | Self::FireDue { .. } => None,
        }
    }
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
    /// The calendar that is now as it was put.
    Calendar(CalendarId),
}

/// What `command` means in `state`. The state must hold what the command is about: the contracts and calendars of
/// the tenant always; the latest clock of the handoff that it names; for [`Command::PutCalendar`] and [`Command::ImportHolidays`] the
/// running clocks of that calendar; for [`Command::FireDue`] the running clocks that are due before its time. More does no harm.
///
/// # Errors
/// Invalid calendars, and a handoff before its tenant was heard of.
pub fn decide(state: &State, command: &Command, context: &mut Context<'_>) -> Result<Decision, Error> {
    match command {
        Command::TenantChanged { time_zone, effective_from, decide } => {
            Ok(done(contract::starter(state, *time_zone, *effective_from, *decide, context)))
        }
        Command::PutCalendar { slug, display_name, definition } => {
            calendars::put(state, slug, display_name, definition, context)
        }
        Command::ImportHolidays { slug, holidays } => calendars::close(state, slug, holidays, context),
        Command::FireDue { until } => Ok(done(timer::fire(state, *until))),
        Command::HandoffQualified { .. }
        | Command::HandoffReopened { .. }
        | Command::HandoffAccepted { .. }
        | Command::HandoffRejected { .. }
        | Command::HandoffWithdrawn { .. } => Ok(done(handoff::judge(state, command, context)?)),
    }
}

fn done(events: Vec<Event>) -> Decision {
    Decision { events, answer: Answer::Done }
}
