//! The domain's side of a simulated life: the same operations decided by the rules alone, one after the other, with the
//! simulation's time. What sla makes of the events is decided by the rules of sla, at once and without ever failing.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::Error;
use handoff_domain::id::{HandoffId, IdSource, LeadId, TenantId};
use handoff_domain::qualification::command::{
    AcceptHandoff, AssignHandoff, CaptureLead, Command, CreateTenant, Entry, Import, LeadRef, Outcome, Past,
    PutUser, QualifyLead, RecordActivity, RecordContact, RecordOutcome, RejectHandoff, Subject,
};
use handoff_domain::qualification::event::Event;
use handoff_domain::qualification::record::{
    Defaults, Digest, Direction, Person, ProductLine, Source, SourceKey, SourceKind, Trigger,
};
use handoff_domain::qualification::rejection::RejectionReason;
use handoff_domain::qualification::state::{Stamp, State};
use handoff_domain::qualification::{Context, decide};
use handoff_domain::sla;
use handoff_domain::target::Target;

use super::operation::{Deal, OWNERS, Operation, Service, Story};
use super::picture::{ClockPicture, LeadPicture, Picture};
use super::told::{Told, decided};

/// The tenant.
pub const TENANT: &str = "simulated";

/// When every life begins: 2020-01-06T08:00Z, a Monday as office hours begin, and long before the machine's time.
pub fn beginning() -> DateTime<Utc> {
    DateTime::from_timestamp(1_578_297_600, 0).unwrap_or_default()
}

/// The address of a lead.
pub fn address(lead: usize) -> String {
    format!("lead-{lead}@simulated.example")
}

/// The rules and what came of them.
pub struct Model {
    state: State,
    sla: sla::State,
    now: DateTime<Utc>,
    ids: u64,
    last: Option<Told>,
    /// An import that comes again is decided again; a request is not.
    last_import: Option<Command>,
    /// Request ids are kept for 72 hours of the machine's time. A service that starts forgets those of the simulation,
    /// which are years old: from then on nothing is repeated.
    forgets: bool,
}

impl Model {
    /// The tenant with its people, as [`super::world::World::found`] founds it.
    pub fn found() -> Self {
        let state = State::new(TenantId::from_slug(TENANT), 0);
        let now = beginning();
        let mut model = Self {
            state,
            sla: sla::State::default(),
            now,
            ids: 0,
            last: None,
            last_import: None,
            forgets: false,
        };
        let tenant = CreateTenant {
            slug: TENANT.to_owned(),
            zone: chrono_tz::Europe::Rome,
            currency: "EUR".parse().expect("a currency"),
            fiscal_year_start_month: 1,
            starter_target: Target::BusinessDays(2),
            defaults: Defaults::default(),
        };
        model.must(Command::CreateTenant(tenant));
        for owner in OWNERS {
            let (display_name, email) = (Some(owner.to_owned()), None);
            let (slug, side, team) = (owner.to_owned(), Side::Sales, None);
            model.must(Command::PutUser(PutUser { slug, side, team, active: true, display_name, email }));
        }
        model
    }

    /// The simulation's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Does what is to be done; `None` for what nobody is told about, or what there is nothing for.
    pub fn perform(&mut self, operation: &Operation) -> Option<Told> {
        let told = match operation {
            Operation::Wait { time } => {
                self.now += *time;
                return None;
            }
            Operation::Crash(Service::Qualification) => {
                self.forgets = true;
                return None;
            }
            Operation::Stop(_) | Operation::Start(_) | Operation::Crash(_) => return None,
            Operation::Repeat if self.forgets => return None,
            Operation::Repeat => {
                return match self.last_import.clone() {
                    Some(import) => Some(self.run(&marketing(), import)),
                    None => self.last.clone(),
                };
            }
            _ => {
                let (actor, command) = self.command(operation)?;
                self.last_import = matches!(command, Command::Import(_)).then(|| command.clone());
                self.run(&actor, command)
            }
        };
        self.last = Some(told.clone());
        Some(told)
    }

    /// What there is to see of it.
    pub fn picture(&self) -> Picture {
        let mut sla = self.sla.clone();
        fire(&mut sla, self.now);
        let numbers: BTreeMap<LeadId, usize> =
            (0..super::operation::LEADS).filter_map(|lead| Some((self.lead(lead)?, lead))).collect();
        let mut picture = Picture { position: self.state.position(), ..Picture::default() };
        for (id, dossier) in &self.state.records().dossiers {
            let Some(number) = numbers.get(id) else { continue };
            let history = self.state.changes().history.iter().filter(|row| row.lead == *id);
            let handoff = dossier.current_handoff(&ProductLine::default());
            picture.leads.insert(*number, LeadPicture::of_records(dossier.lead.stage, history, handoff));
            for handoff in dossier.handoffs.values() {
                picture.count(handoff);
                if let Some(clock) = sla.clock_of(handoff.id) {
                    picture.clocks.push(ClockPicture::of_record(*number, clock));
                }
            }
        }
        picture.clocks.sort();
        picture
    }

    fn must(&mut self, command: Command) {
        let system = Actor { principal: "services/simulation".to_owned(), side: Side::System };
        let told = self.run(&system, command);
        assert_eq!(told, Ok(()), "a tenant can be founded");
    }

    fn run(&mut self, actor: &Actor, command: Command) -> Told {
        decided(self.decide(actor, &command))
    }

    fn decide(&mut self, actor: &Actor, command: &Command) -> Result<(), Error> {
        let (tenant, now) = (self.state.tenant_id(), self.now);
        let decision = {
            let mut random = counted(&mut self.ids);
            let ids = IdSource::new(now, &mut random);
            decide(&self.state, command, &mut Context { tenant, now, actor, ids })?
        };
        for event in decision.events {
            let position = self.state.position() + 1;
            self.state.apply(&event, &Stamp { position, recorded_at: now, actor });
            self.hear(&event);
        }
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
            Event::HandoffAccepted(event) => {
                sla::Command::HandoffAccepted { handoff: event.handoff, at, implied: event.implied }
            }
            Event::HandoffRejected(event) => sla::Command::HandoffRejected { handoff: event.handoff, at },
            Event::HandoffWithdrawn(event) => sla::Command::HandoffWithdrawn { handoff: event.handoff, at },
            _ => return,
        };
        apply(&mut self.sla, &command, self.now, &mut self.ids);
    }

    fn lead(&self, number: usize) -> Option<LeadId> {
        let records = self.state.records();
        let found = records
            .dossiers
            .iter()
            .find(|(_, dossier)| dossier.person.email.as_deref() == Some(address(number).as_str()));
        found.map(|(id, _)| *id)
    }

    fn handoff(&self, lead: usize) -> Option<HandoffId> {
        let dossier = self.state.dossier(self.lead(lead)?)?;
        dossier.current_handoff(&ProductLine::default()).map(|handoff| handoff.id)
    }

    fn command(&self, operation: &Operation) -> Option<(Actor, Command)> {
        let by_address = |lead: &usize| LeadRef::Email(address(*lead));
        let line = ProductLine::default;
        Some(match operation {
            Operation::Capture { lead } => {
                (marketing(), Command::CaptureLead(Box::new(captured(*lead, None))))
            }
            Operation::Visit { lead } => {
                let (lead, kind) = (by_address(lead), "VISIT".to_owned());
                let properties = BTreeMap::new();
                let activity = RecordActivity { lead, kind, properties, occurred_at: None };
                (marketing(), Command::RecordActivity(activity))
            }
            Operation::Qualify { lead } => {
                let lead = by_address(lead);
                let qualify = QualifyLead { lead, line: line(), trigger: Trigger::SalesReady };
                (marketing(), Command::QualifyLead(qualify))
            }
            Operation::Assign { lead, owner } => {
                let (handoff, owner) = (self.handoff(*lead)?, OWNERS[*owner].to_owned());
                (marketing(), Command::AssignHandoff(AssignHandoff { handoff, owner, version: None }))
            }
            Operation::Accept { lead, by } => {
                let handoff = self.handoff(*lead)?;
                (sales(*by), Command::AcceptHandoff(AcceptHandoff { handoff, version: None }))
            }
            Operation::Reject { lead, by, reason } => {
                let (handoff, reason) = (self.handoff(*lead)?, *reason);
                let (disposition, segment, note, version) = (None, None, None, None);
                let reject = RejectHandoff { handoff, reason, disposition, segment, note, version };
                (sales(*by), Command::RejectHandoff(reject))
            }
            Operation::Contact { lead, kind } => {
                let contact = RecordContact {
                    lead: by_address(lead),
                    line: None,
                    kind: *kind,
                    direction: Direction::Outbound,
                    human: true,
                    channel: "PHONE".to_owned(),
                    occurred_at: None,
                };
                (sales(0), Command::RecordContact(contact))
            }
            Operation::Deal { lead, outcome } => {
                let outcome = match outcome {
                    Deal::Opened => Outcome::Opened { amount: None },
                    Deal::Won => Outcome::Won { amount: None },
                    Deal::Lost => Outcome::Lost { reason: Some("PRICE".to_owned()) },
                };
                let lead = by_address(lead);
                let outcome = RecordOutcome { lead, line: line(), outcome, occurred_at: None };
                (sales(0), Command::RecordOutcome(outcome))
            }
            Operation::Import { lead, key, days_ago, story } => {
                let begin = self.now - TimeDelta::days(*days_ago);
                (marketing(), Command::Import(imported(*lead, *key, begin, *story)))
            }
            Operation::Repeat
            | Operation::Wait { .. }
            | Operation::Stop(_)
            | Operation::Start(_)
            | Operation::Crash(_) => return None,
        })
    }
}

fn marketing() -> Actor {
    Actor { principal: "users/mia".to_owned(), side: Side::Marketing }
}

fn sales(owner: usize) -> Actor {
    Actor { principal: format!("users/{}", OWNERS[owner]), side: Side::Sales }
}

fn captured(lead: usize, occurred_at: Option<DateTime<Utc>>) -> CaptureLead {
    let person = Person { email: Some(address(lead)), ..Person::default() };
    CaptureLead { person, occurred_at, ..CaptureLead::default() }
}

/// An item of an import. Its keys are those of the request; its contents differ where those of the request do.
fn imported(lead: usize, key: usize, begin: DateTime<Utc>, story: Story) -> Import {
    let source = |kind: SourceKind, key: String, content: &dyn Fn(&mut DefaultHasher)| {
        let mut hash = DefaultHasher::new();
        content(&mut hash);
        Source {
            key: SourceKey { kind, key: digest(key.as_bytes()) },
            content: digest(&hash.finish().to_be_bytes()),
        }
    };
    let by = || Some(OWNERS[0].to_owned());
    let rejected =
        Past::Rejected { by: by(), reason: RejectionReason::NoNeedNow, disposition: None, note: None };
    let past = match story {
        Story::Nothing => vec![],
        Story::Waiting => vec![Past::Qualified],
        Story::Accepted => vec![Past::Qualified, Past::Accepted { by: by() }],
        Story::Rejected => vec![Past::Qualified, rejected],
    };
    let entries = past.into_iter().enumerate().map(|(index, past)| {
        let occurred_at = begin + TimeDelta::hours(1 + i64::try_from(index).unwrap_or(0));
        let told = format!("{past:?}");
        let key = format!("item-{key}/{index}");
        let source = source(past.source_kind(), key, &|hash| (occurred_at, &told).hash(hash));
        Entry { source, occurred_at, line: ProductLine::default(), past }
    });
    let entries = entries.collect();
    let subject = Subject::Capture {
        source: source(SourceKind::Lead, format!("item-{key}"), &|hash| (lead, begin).hash(hash)),
        lead: Box::new(captured(lead, Some(begin))),
    };
    Import { subject, entries }
}

fn digest(bytes: &[u8]) -> Digest {
    let mut digest = [0; 32];
    digest.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    Digest(digest)
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
    apply(state, &sla::Command::FireDue { until: now }, now, &mut 0);
}

fn apply(state: &mut sla::State, command: &sla::Command, now: DateTime<Utc>, ids: &mut u64) {
    let actor = Actor { principal: "services/sla".to_owned(), side: Side::System };
    let tenant = TenantId::from_slug(TENANT);
    let decision = {
        let mut random = counted(ids);
        let ids = IdSource::new(now, &mut random);
        let mut context = sla::Context { tenant, now, actor: &actor, ids };
        sla::decide(state, command, &mut context).expect("what qualification decided makes sense to sla")
    };
    decision.events.iter().for_each(|event| state.apply(event));
}
