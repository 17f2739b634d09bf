//! The domain's side of a simulated life: the same operations decided by the rules alone, one after the other, with the
//! simulation's time. What sla makes of the events is decided by the rules of sla, at once and without ever failing;
//! what reports say of it is in [`view`].

mod command;
mod passage;
mod publish;
pub mod routing;
pub mod view;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::actor::{Actor, Side};
use handoff_domain::calendar::Definition;
use handoff_domain::error::{Error, Reason};
use handoff_domain::id::{CalendarId, HandoffId, IdSource, LeadId, TenantId};
use handoff_domain::money::Money;
use handoff_domain::qualification::command::{Command, CreateTenant, LeadRef, PutUser};
use handoff_domain::qualification::event::{DisputeResolved, Event};
use handoff_domain::qualification::record::{Defaults, Person, ProductLine};
use handoff_domain::qualification::state::{Stamp, State};
use handoff_domain::qualification::{Context, decide};
use handoff_domain::routing::Roster;
use handoff_domain::sla;

use super::generate::{Life, ZONE};
use super::office;
use super::operation::{Consumer, LEADS, LINES, OWNERS, Operation};
use super::picture::{ClockPicture, LeadPicture, Picture};
use super::told::{Told, decided};
use view::View;

/// The tenant.
pub const TENANT: &str = "simulated";

/// Its systems of record: one in which ids are said now and then, and one in which the last lead has its.
pub const BILLING: &str = "billing";
const WAREHOUSE: &str = "warehouse";

/// Its waiting times: short enough that a lead comes again within a life.
pub fn defaults() -> Defaults {
    Defaults { cooldown: TimeDelta::days(2), ..Defaults::default() }
}

/// Who a lead is: the last one has an id in a system of record, all others have an address.
pub fn person(lead: usize) -> Person {
    if lead + 1 == LEADS {
        return Person { record_ids: [record_id(WAREHOUSE, lead)].into(), ..Person::default() };
    }
    Person { email: Some(format!("lead-{lead}@simulated.example")), ..Person::default() }
}

/// By what a lead is named.
pub fn named(lead: usize) -> LeadRef {
    let Person { record_ids, email, .. } = person(lead);
    let by_record_id = record_ids.into_iter().map(|(system, id)| LeadRef::RecordId { system, id });
    email.map(LeadRef::Email).into_iter().chain(by_record_id).next().expect("somebody is known")
}

/// An id in a system of record.
pub fn record_id(system: &str, number: usize) -> (String, String) {
    (system.to_owned(), format!("R-{number}"))
}

/// What every deal brings.
pub fn price() -> Money {
    Money::from_units_nanos(1_250, 500_000_000, "EUR".parse().expect("a currency")).expect("an amount")
}

/// The product line of a number.
pub fn line(number: usize) -> ProductLine {
    LINES[number].parse().expect("a slug")
}

/// The rules and what came of them.
#[derive(Debug)]
pub struct Model {
    state: State,
    sla: sla::State,
    now: DateTime<Utc>,
    ids: u64,
    asked: Vec<Asked>,
    sla_runs: bool,
    /// How many models were signed.
    models: u32,
    views: Vec<View>,
    /// When those who wait for an owner are looked at.
    queues: routing::Queues,
}

/// A request that may come again.
#[derive(Debug, Clone)]
enum Asked {
    /// Its caller gets the first answer again.
    Request(Told),
    /// An import has no request id: it is decided again, and knows its items by their source keys.
    Import(Box<Command>),
}

impl Model {
    /// The tenant with its people, as [`super::world::World::found`] founds it.
    pub fn found(life: &Life) -> Self {
        let mut state = State::new(TenantId::from_slug(TENANT), 0);
        state.put_roster(Arc::new(Roster::empty(state.tenant_id())), Arc::default());
        let mut model = Self {
            state,
            sla: sla::State::default(),
            now: life.begins,
            ids: 0,
            asked: Vec::new(),
            sla_runs: true,
            models: 0,
            views: Vec::new(),
            queues: routing::Queues::new(),
        };
        let tenant = CreateTenant {
            slug: TENANT.to_owned(),
            zone: ZONE,
            currency: "EUR".parse().expect("a currency"),
            fiscal_year_start_month: 1,
            starter_target: life.target,
            defaults: defaults(),
            labels: Default::default(),
        };
        model.must(Command::CreateTenant(tenant));
        let sales = OWNERS.map(|owner| (owner, Side::Sales));
        for (slug, side) in sales.into_iter().chain([("mia", Side::Marketing)]) {
            let (display_name, email) = (Some(slug.to_owned()), None);
            let (slug, team) = (slug.to_owned(), None);
            model.must(Command::PutUser(PutUser { slug, side, team, active: true, display_name, email }));
        }
        model.copy_calendar(model.calendar());
        model.work();
        model
    }

    /// The simulation's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Whether the first process of sla runs.
    pub fn sla_runs(&self) -> bool {
        self.sla_runs
    }

    /// Does what is to be done, and whatever follows by itself; `None` for what nobody is told about, or what there is
    /// nothing for.
    pub fn perform(&mut self, operation: &Operation) -> Option<Told> {
        let told = self.done(operation);
        self.work();
        told
    }

    fn done(&mut self, operation: &Operation) -> Option<Told> {
        match operation {
            Operation::Wait { time } => {
                // A moment that has not passed yet may still get more known in it.
                if *time > TimeDelta::zero() {
                    self.views.push(View::of(self));
                }
                self.now += *time;
                None
            }
            Operation::Stop(Consumer::Sla) => {
                self.sla_runs = false;
                None
            }
            Operation::Start(Consumer::Sla) | Operation::Check => {
                self.sla_runs = true;
                None
            }
            Operation::Calendar { hours } => self.sla_runs.then(|| {
                fire(&mut self.sla, self.now);
                let (slug, display_name) = (sla::DEFAULT_CALENDAR.to_owned(), office::NAME.to_owned());
                let definition = office::definition(*hours);
                let before = self.calendar();
                let command = sla::Command::PutCalendar { slug, display_name, definition };
                let told = decided(apply(&mut self.sla, &command, self.now, &mut self.ids));
                if self.calendar() != before {
                    self.copy_calendar(self.calendar());
                }
                told
            }),
            Operation::Publish { publishing } => Some(self.publish(*publishing)),
            Operation::Repeat { back } => match self.back(*back)? {
                Asked::Request(told) => Some(told),
                Asked::Import(import) => Some(self.run(&command::marketing(), &import)),
            },
            Operation::Reuse { back } => match self.back(*back)? {
                Asked::Request(_) => {
                    Some(decided::<()>(Err(Error::already_exists(Reason::RequestIdReused, []))))
                }
                Asked::Import(_) => None,
            },
            _ => {
                let (actor, command) = self.command(operation)?;
                let told = self.run(&actor, &command);
                self.asked.push(match command {
                    Command::Import(_) => Asked::Import(Box::new(command)),
                    _ => Asked::Request(told.clone()),
                });
                Some(told)
            }
        }
    }

    /// What there is to see of qualification.
    pub fn picture(&self) -> Picture {
        let mut picture = Picture { position: self.state.position(), ..Picture::default() };
        for (number, id) in self.leads() {
            let person = self.state.survivor(id);
            let Some(dossier) = self.state.whole(person) else { continue };
            let members = self.state.members(person);
            let history = self.state.changes().history.iter().filter(|row| members.contains(&row.lead));
            let handoffs =
                dossier.tracks.keys().filter_map(|line| Some((line, dossier.current_handoff(line)?)));
            picture.leads.insert(number, LeadPicture::of_records(&dossier, history, handoffs));
        }
        picture
    }

    /// Every clock, with every deadline passed that lies before now.
    pub fn clocks(&self) -> Vec<ClockPicture> {
        let sla = self.fired();
        // Who is one person, by a merge or by an id that was another's, goes by the first of its numbers.
        let mut numbers = BTreeMap::new();
        for (number, id) in self.leads() {
            numbers.entry(self.state.survivor(id)).or_insert(number);
        }
        let mut clocks = Vec::new();
        for (id, dossier) in &self.state.records().dossiers {
            let Some(number) = numbers.get(&self.state.survivor(*id)) else { continue };
            let of_lead = dossier.handoffs.keys().flat_map(|handoff| sla.clocks_of(*handoff));
            clocks.extend(of_lead.map(|clock| ClockPicture::of_record(*number, clock)));
        }
        clocks.sort();
        clocks
    }

    /// What reports must say now, and what they must say of all moments before which time has passed.
    pub fn views(&self) -> (View, &[View]) {
        (View::of(self), &self.views)
    }

    fn leads(&self) -> impl Iterator<Item = (usize, LeadId)> {
        (0..LEADS).filter_map(|number| Some((number, self.state.find_lead(&named(number))?)))
    }

    fn fired(&self) -> sla::State {
        let mut sla = self.sla.clone();
        fire(&mut sla, self.now);
        sla
    }

    fn calendar(&self) -> Definition {
        let id = CalendarId::from_slug(self.state.tenant_id(), sla::DEFAULT_CALENDAR);
        let calendar = self.sla.calendar(id).expect("a tenant has office hours from the beginning");
        calendar.calendar.definition().clone()
    }

    fn handoff(&self, lead: usize, of: usize) -> Option<HandoffId> {
        let lead = self.state.survivor(self.state.find_lead(&named(lead))?);
        let dossier = self.state.whole(lead)?;
        dossier.current_handoff(&line(of)).map(|handoff| handoff.id)
    }

    fn back(&self, back: usize) -> Option<Asked> {
        self.asked.iter().rev().nth(back).cloned()
    }

    fn must(&mut self, command: Command) {
        let system = Actor { principal: "services/simulation".to_owned(), side: Side::System };
        let told = self.run(&system, &command);
        assert_eq!(told, Ok(()), "a tenant can be founded");
    }

    fn run(&mut self, actor: &Actor, command: &Command) -> Told {
        decided(self.decide(actor, command))
    }

    fn decide(&mut self, actor: &Actor, command: &Command) -> Result<(), Error> {
        let (tenant, now) = (self.state.tenant_id(), self.now);
        let decision = {
            let mut random = counted(&mut self.ids);
            let ids = IdSource::new(now, &mut random);
            decide(&self.state, command, &mut Context { tenant, now, actor, ids })?
        };
        for event in &decision.events {
            let position = self.state.position() + 1;
            self.state.apply(event, &Stamp { position, recorded_at: now, actor });
            self.hear(event);
        }
        routing::note(&mut self.state, &decision, now);
        Ok(())
    }

    /// What sla makes of an event.
    fn hear(&mut self, event: &Event) {
        let (at, recorded_at) = (event.occurred_at(), self.now);
        let command = match event {
            Event::TenantChanged(event) => sla::Command::TenantChanged {
                time_zone: event.tenant.zone,
                effective_from: event.tenant.contract_effective_from.expect("a starter contract"),
                decide: Some(event.tenant.starter_target),
            },
            Event::LeadQualified(event) => sla::Command::HandoffQualified {
                handoff: event.handoff,
                lead: event.lead,
                mql_at: at,
                recorded_at,
                imported: event.imported,
            },
            Event::DisputeResolved(DisputeResolved { handoff, lead, reopening: Some(reopening), .. }) => {
                let (handoff, lead, round) = (*handoff, *lead, reopening.round);
                sla::Command::HandoffReopened { handoff, lead, at, recorded_at, round }
            }
            Event::HandoffAccepted(event) => {
                sla::Command::HandoffAccepted { handoff: event.handoff, at, implied: event.implied }
            }
            Event::HandoffRejected(event) => sla::Command::HandoffRejected { handoff: event.handoff, at },
            Event::HandoffWithdrawn(event) => sla::Command::HandoffWithdrawn { handoff: event.handoff, at },
            _ => return,
        };
        apply(&mut self.sla, &command, self.now, &mut self.ids)
            .expect("what qualification decided makes sense to sla");
    }
}

/// Random bytes that are no two alike.
fn counted(ids: &mut u64) -> impl FnMut() -> [u8; 10] {
    || {
        *ids += 1;
        let mut bytes = [0; 10];
        bytes[2..].copy_from_slice(&ids.to_be_bytes());
        bytes
    }
}

fn fire(state: &mut sla::State, now: DateTime<Utc>) {
    apply(state, &sla::Command::FireDue { until: now }, now, &mut 0).expect("a deadline can pass");
}

fn apply(
    state: &mut sla::State,
    command: &sla::Command,
    now: DateTime<Utc>,
    ids: &mut u64,
) -> Result<(), Error> {
    let actor = Actor { principal: "services/sla".to_owned(), side: Side::System };
    let decision = {
        let mut random = counted(ids);
        let ids = IdSource::new(now, &mut random);
        let tenant = TenantId::from_slug(TENANT);
        sla::decide(state, command, &mut sla::Context { tenant, now, actor: &actor, ids })?
    };
    decision.events.iter().for_each(|event| state.apply(event));
    Ok(())
}
