//! A decision in the making. It works on a copy of the part of the state that its command can touch, and applies
//! every event to that copy as it goes: later steps of one command see what earlier ones did, and a refusal leaves
//! the state as it was, because the state was never touched.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::actor::{Actor, Side};
use crate::error::{Error, Reason};
use crate::id::{HandoffId, LeadId};
use crate::qualification::command::{Command, LeadRef};
use crate::qualification::decide::{Context, refusal};
use crate::qualification::event::Event;
use crate::qualification::record::{Handoff, Source, Tenant, User};
use crate::qualification::state::{Dossier, Note, Stamp, State, Watch, needs};
use crate::routing::Roster;

/// How far in the future something may have occurred: clocks of other systems are never quite right (edge case 14).
const FUTURE_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// When a step happens, and whether it is the past of an import, for which guards do not hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occasion {
    pub(super) at: DateTime<Utc>,
    pub(super) imported: bool,
    pub(super) source: Option<Source>,
}

impl Occasion {
    /// Here and now, or lately.
    pub(super) fn live(at: DateTime<Utc>) -> Self {
        Self { at, imported: false, source: None }
    }

    /// The same, for an event that is not the one by which an imported item is remembered.
    pub(super) fn aside(self) -> Self {
        Self { source: None, ..self }
    }
}

/// The copy, the events so far, and the context.
pub(super) struct Draft<'d, 'c> {
    state: State,
    events: Vec<Event>,
    watch: Option<Watch>,
    /// Who decides: whoever asks, or the user for whom it asks.
    speaker: Cow<'c, Actor>,
    notes: Vec<Note>,
    pub(super) context: &'d mut Context<'c>,
}

impl<'d, 'c> Draft<'d, 'c> {
    pub(super) fn new(state: &State, command: &Command, context: &'d mut Context<'c>) -> Self {
        Self {
            state: state.part(&needs(command, context.actor)),
            events: Vec::new(),
            watch: None,
            speaker: Cow::Borrowed(context.actor),
            notes: Vec::new(),
            context,
        }
    }

    /// The events, how a lead stands that was judged, and what else is to be noted, once everything is decided.
    pub(super) fn finish(self) -> (Vec<Event>, Option<Watch>, Vec<Note>) {
        (self.events, self.watch, self.notes)
    }

    /// Notes what is no part of the log.
    pub(super) fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// Whom there is to route to; loaded for whoever asks.
    pub(super) fn roster(&self) -> &Roster {
        self.state.roster().expect("a command that asks for the roster says so in its keys")
    }

    /// Notes how a lead stands that was judged.
    pub(super) fn watch(&mut self, watch: Watch) {
        self.watch = Some(watch);
    }

    /// The date of an instant in the tenant's zone.
    pub(super) fn local_date(&self, at: DateTime<Utc>) -> Result<NaiveDate, Error> {
        Ok(at.with_timezone(&self.tenant()?.zone).date_naive())
    }

    pub(super) fn emit(&mut self, event: Event) {
        let stamp = Stamp {
            position: self.state.position() + 1,
            recorded_at: self.context.now,
            actor: self.context.actor,
        };
        self.state.apply(&event, &stamp);
        self.events.push(event);
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.context.now
    }

    /// From here on it is decided as if this user had asked; the log still says who did.
    pub(super) fn speak_for(&mut self, slug: &str) -> Result<(), Error> {
        let user = self.user(slug)?;
        if !user.active {
            return Err(refusal::owner_not_available(user));
        }
        self.speaker = Cow::Owned(Actor { principal: format!("users/{slug}"), side: user.side });
        Ok(())
    }

    /// Who decides.
    pub(super) fn speaker(&self) -> &Actor {
        &self.speaker
    }

    /// The principal who decides.
    pub(super) fn principal(&self) -> String {
        self.speaker.principal.clone()
    }

    /// When something happened: `at`, or now. `field` names it in the request.
    pub(super) fn occurred(&self, field: &str, at: Option<DateTime<Utc>>) -> Result<DateTime<Utc>, Error> {
        let at = at.unwrap_or(self.now());
        if at > self.now() + FUTURE_TOLERANCE {
            return Err(Error::invalid(field, "lies more than five minutes in the future"));
        }
        Ok(at)
    }

    pub(super) fn tenant(&self) -> Result<&Tenant, Error> {
        let tenant = self.state.tenant();
        tenant.ok_or_else(|| Error::not_found(format!("tenants/{}", self.context.tenant)))
    }

    /// The lead that the caller means: whoever names one that was merged means the survivor.
    pub(super) fn lead(&self, lead: &LeadRef) -> Result<LeadId, Error> {
        self.named(lead).map(|lead| self.state.survivor(lead))
    }

    /// The lead that has this name itself, merged or not.
    pub(super) fn named(&self, lead: &LeadRef) -> Result<LeadId, Error> {
        self.state.find_lead(lead).ok_or_else(|| Error::not_found(refusal::lead_name(lead)))
    }

    /// The dossier of a lead that was found, with what hangs on those merged into it.
    pub(super) fn whole(&self, lead: LeadId) -> Cow<'_, Dossier> {
        self.state.whole(lead).expect("a lead that was found has a dossier, and nothing takes it away")
    }

    /// The dossier of a lead that was found, by itself.
    pub(super) fn dossier(&self, lead: LeadId) -> &Dossier {
        self.state.dossier(lead).expect("a lead that was found has a dossier, and nothing takes it away")
    }

    pub(super) fn handoff(&self, handoff: HandoffId) -> Result<&Handoff, Error> {
        let found = self.state.handoff(handoff);
        found.ok_or_else(|| Error::not_found(refusal::handoff_name(handoff)))
    }

    pub(super) fn user(&self, slug: &str) -> Result<&User, Error> {
        self.state.user(slug).ok_or_else(|| Error::not_found(format!("users/{slug}")))
    }

    /// A user who may own handoffs now: active, and of the sales side.
    pub(super) fn available_owner(&self, slug: &str) -> Result<&User, Error> {
        self.available(self.user(slug)?)
    }

    /// The same, of one that was found.
    pub(super) fn available<'u>(&self, user: &'u User) -> Result<&'u User, Error> {
        if user.active && user.side == Side::Sales {
            return Ok(user);
        }
        Err(refusal::owner_not_available(user))
    }

    /// Refuses an actor who does not speak for sales (R3).
    pub(super) fn only_sales(&self) -> Result<(), Error> {
        self.only(Side::Sales)
    }

    /// Refuses an actor who does not speak for marketing.
    pub(super) fn only_marketing(&self) -> Result<(), Error> {
        self.only(Side::Marketing)
    }

    fn only(&self, side: Side) -> Result<(), Error> {
        let actor_side = self.speaker.side;
        if actor_side == side {
            return Ok(());
        }
        let facts = [("side", side.to_string()), ("actor_side", actor_side.to_string())];
        Err(Error::refused(Reason::WrongSide, facts))
    }
}

/// Refuses a caller who has read another version of `resource`.
pub(super) fn same_version(read: Option<i64>, current: i64, resource: String) -> Result<(), Error> {
    if read.is_none_or(|read| read == current) { Ok(()) } else { Err(Error::Stale { resource }) }
}
