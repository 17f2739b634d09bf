//! A tenant of the sla service in memory: commands in, events out, the state kept as their fold.

use chrono::{DateTime, Utc};
use handoff_domain::actor::{Actor, Side};
use handoff_domain::calendar::Definition;
use handoff_domain::error::Error;
use handoff_domain::id::{CalendarId, HandoffId, IdSource, LeadId, TenantId};
use handoff_domain::sla::{Answer, Clock, Command, Context, DEFAULT_CALENDAR, Event, State, decide};
use uuid::Uuid;

use crate::calendar::utc;

/// A Monday morning in Rome, at 09:00.
pub(crate) const MONDAY: &str = "2026-11-23T08:00:00Z";

pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) log: Vec<Event>,
    ids: u64,
}

impl World {
    /// A tenant in Rome, created on 2026-11-01, with the starter contract, or with another target in it.
    pub(crate) fn new(target: Option<&str>) -> Self {
        let mut world = Self { state: State::default(), log: Vec::new(), ids: 0 };
        let command = Command::TenantChanged {
            time_zone: chrono_tz::Europe::Rome,
            effective_from: utc("2026-11-01T00:00:00Z"),
            decide: target.map(|target| target.parse().expect("a target")),
        };
        world.send("2026-11-01T00:00:00Z", command);
        world
    }

    /// Decides and applies; the answer and the events.
    pub(crate) fn try_send(&mut self, now: &str, command: Command) -> Result<(Answer, Vec<Event>), Error> {
        let actor = Actor { principal: "services/sla".to_owned(), side: Side::System };
        let mut random = || {
            self.ids += 1;
            let mut bytes = [0; 10];
            bytes[2..].copy_from_slice(&self.ids.to_be_bytes());
            bytes
        };
        let ids = IdSource::new(utc(now), &mut random);
        let mut context = Context { tenant: tenant(), now: utc(now), actor: &actor, ids };
        let decision = decide(&self.state, &command, &mut context)?;
        for event in &decision.events {
            self.state.apply(event);
        }
        self.log.extend(decision.events.iter().cloned());
        Ok((decision.answer, decision.events))
    }

    pub(crate) fn send(&mut self, now: &str, command: Command) -> Vec<Event> {
        self.try_send(now, command).expect("a command that is carried out").1
    }

    /// A lead becomes an MQL and sla hears of it at once.
    pub(crate) fn qualify(&mut self, number: u128, mql_at: &str) -> Clock {
        self.send(mql_at, qualified(number, mql_at, mql_at, false));
        self.clock(number)
    }

    pub(crate) fn accept(&mut self, number: u128, at: &str) -> Vec<Event> {
        self.send(at, Command::HandoffAccepted { handoff: handoff(number), at: utc(at), implied: false })
    }

    pub(crate) fn fire(&mut self, until: &str) -> Vec<Event> {
        self.send(until, Command::FireDue { until: utc(until) })
    }

    pub(crate) fn put(
        &mut self,
        now: &str,
        slug: &str,
        definition: &Definition,
    ) -> Result<Vec<Event>, Error> {
        let command = Command::PutCalendar {
            slug: slug.to_owned(),
            display_name: "Hours".to_owned(),
            definition: definition.clone(),
        };
        self.try_send(now, command).map(|(_, events)| events)
    }

    /// The hours of the starter calendar as they are now.
    pub(crate) fn hours(&self) -> Definition {
        let id = CalendarId::from_slug(tenant(), DEFAULT_CALENDAR);
        self.state.calendar(id).expect("the starter calendar").calendar.definition().clone()
    }

    pub(crate) fn clock(&self, number: u128) -> Clock {
        self.state.clock_of(handoff(number)).expect("a clock").clone()
    }
}

pub(crate) fn tenant() -> TenantId {
    TenantId::from_slug("acme")
}

pub(crate) fn handoff(number: u128) -> HandoffId {
    HandoffId(Uuid::from_u128(number))
}

pub(crate) fn qualified(number: u128, mql_at: &str, recorded_at: &str, imported: bool) -> Command {
    Command::HandoffQualified {
        handoff: handoff(number),
        lead: LeadId(Uuid::from_u128(number + 1_000)),
        mql_at: utc(mql_at),
        recorded_at: utc(recorded_at),
        imported,
    }
}

pub(crate) fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::name).collect()
}

pub(crate) fn at(text: &str) -> Option<DateTime<Utc>> {
    Some(utc(text))
}
