//! A tenant to play with: it decides commands one after the other as the store would, keeps the log, and checks with
//! every refusal that nothing changed.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::{Error, Reason};
use handoff_domain::id::{HandoffId, IdSource, LeadId, OpportunityId, TenantId, UserId};
use handoff_domain::qualification::command::*;
use handoff_domain::qualification::event::Event;
use handoff_domain::qualification::record::*;
use handoff_domain::qualification::rejection::RejectionReason;
use handoff_domain::qualification::stage::Stage;
use handoff_domain::qualification::state::{Stamp, State};
use handoff_domain::qualification::{Answer, Context, decide};
use handoff_domain::routing::Roster;
use handoff_domain::target::Target;
use handoff_domain::version::Subject as Agreed;

/// An entry of the log, with the columns that are not in the event.
#[derive(Debug, Clone)]
pub(super) struct Logged {
    pub(super) event: Event,
    pub(super) position: i64,
    pub(super) recorded_at: DateTime<Utc>,
    pub(super) actor: Actor,
}

pub(super) struct World {
    pub(super) state: State,
    pub(super) log: Vec<Logged>,
    pub(super) now: DateTime<Utc>,
    pub(super) random: u64,
}

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

pub(super) fn actor(principal: &str, side: Side) -> Actor {
    Actor { principal: principal.to_owned(), side }
}

/// Of the sales side: `users/ada`.
pub(super) fn ada() -> Actor {
    actor("users/ada", Side::Sales)
}

/// Of the marketing side: `users/mia`.
pub(super) fn mia() -> Actor {
    actor("users/mia", Side::Marketing)
}

pub(super) fn importer() -> Actor {
    actor("services/importer", Side::System)
}

pub(super) fn line(slug: &str) -> ProductLine {
    slug.parse().expect("a slug")
}

pub(super) fn by_email(email: &str) -> LeadRef {
    LeadRef::Email(email.to_owned())
}

pub(super) fn found(slug: &str) -> Command {
    Command::CreateTenant(CreateTenant {
        slug: slug.to_owned(),
        zone: chrono_tz::Europe::Rome,
        currency: "EUR".parse().expect("a currency"),
        fiscal_year_start_month: 1,
        starter_target: Target::BusinessDays(2),
        defaults: Defaults::default(),
        labels: Default::default(),
    })
}

pub(super) fn add_user(slug: &str, side: Side) -> Command {
    let (team, display_name, email) = (None, Some(slug.to_uppercase()), Some(format!("{slug}@acme.example")));
    Command::PutUser(PutUser { slug: slug.to_owned(), side, team, active: true, display_name, email })
}

pub(super) fn capture(email: &str) -> CaptureLead {
    let person = Person { email: Some(email.to_owned()), ..Person::default() };
    let origin = Origin {
        channel: Channel::Marketing,
        source: Some("google".to_owned()),
        medium: Some("cpc".to_owned()),
        campaign: Some("guide".to_owned()),
    };
    CaptureLead { person, origin: Some(origin), kind: Some(LeadKind::B2b), ..CaptureLead::default() }
}

impl World {
    /// Nothing at all, not even the tenant.
    pub(super) fn empty() -> Self {
        let mut state = State::new(TenantId::from_slug("acme"), 0);
        state.put_roster(Arc::new(Roster::empty(state.tenant_id())), Arc::default());
        Self { state, log: Vec::new(), now: at("2026-03-02T09:00:00Z"), random: 0 }
    }

    /// Acme, with Ada and Sam of sales and Mia of marketing.
    pub(super) fn new() -> Self {
        let mut world = Self::empty();
        world.ok(&mia(), found("acme"));
        world.ok(&mia(), add_user("ada", Side::Sales));
        world.ok(&mia(), add_user("sam", Side::Sales));
        world.ok(&mia(), add_user("mia", Side::Marketing));
        world
    }

    /// Decides and applies.
    pub(super) fn run(&mut self, actor: &Actor, command: Command) -> Result<Answer, Error> {
        let before = (self.state.records().clone(), self.state.changes().clone());
        let decided = decide_with(&self.state, &command, actor, self.now, &mut self.random);
        match decided {
            Err(error) => {
                assert_eq!(before, (self.state.records().clone(), self.state.changes().clone()));
                Err(error)
            }
            Ok(decision) => {
                decision.events.into_iter().for_each(|event| self.apply(event, actor));
                decision.notes.iter().for_each(|note| self.state.note(note, self.now));
                Ok(decision.answer)
            }
        }
    }

    pub(super) fn apply(&mut self, event: Event, actor: &Actor) {
        let position = self.state.position() + 1;
        self.state.apply(&event, &Stamp { position, recorded_at: self.now, actor });
        self.log.push(Logged { event, position, recorded_at: self.now, actor: actor.clone() });
    }

    #[track_caller]
    pub(super) fn ok(&mut self, actor: &Actor, command: Command) -> Answer {
        let name = format!("{command:?}");
        self.run(actor, command).unwrap_or_else(|error| panic!("{name} was refused: {error}"))
    }

    /// Both sides sign a version of a criteria set or of the model, and it takes effect at an instant.
    pub(super) fn agree(&mut self, subject: Agreed, number: u32, content: &Content, effective_from: &str) {
        let step = |step| Command::ChangeVersion(Box::new(ChangeVersion { subject, step }));
        self.ok(&mia(), step(VersionStep::Draft(content.clone())));
        self.ok(&mia(), step(VersionStep::Submit(number)));
        for who in [mia(), ada()] {
            let hash = content.document().hash();
            self.ok(&who, step(VersionStep::Sign { version: number, hash }));
        }
        let effective_from = Some(at(effective_from));
        self.ok(&ada(), step(VersionStep::Schedule { version: number, effective_from }));
    }

    /// Runs a command that must be refused for `reason`, and gives its facts.
    #[track_caller]
    pub(super) fn refused(&mut self, actor: &Actor, command: Command, reason: Reason) -> Error {
        let error = self.run(actor, command).expect_err("must be refused");
        match &error {
            Error::Refused { reason: given, facts } | Error::AlreadyExists { reason: given, facts } => {
                assert_eq!(*given, reason, "{error}");
                assert!(!facts.is_empty(), "a refusal says how things stand");
            }
            other => panic!("{other:?} instead of {reason:?}"),
        }
        error
    }

    /// Runs a command that must name `field` as invalid.
    #[track_caller]
    pub(super) fn invalid(&mut self, actor: &Actor, command: Command, field: &str) {
        match self.run(actor, command) {
            Err(Error::Invalid(violations)) => assert_eq!(violations[0].field, field),
            other => panic!("{other:?} instead of a violation of {field}"),
        }
    }

    #[track_caller]
    pub(super) fn lead(&mut self, command: CaptureLead) -> LeadId {
        match self.ok(&mia(), Command::CaptureLead(Box::new(command))) {
            Answer::Lead(lead) => lead,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(super) fn qualify(&mut self, lead: LeadId) -> HandoffId {
        match self.ok(&mia(), qualify(lead, "default")) {
            Answer::Handoff(handoff) => handoff,
            other => panic!("{other:?}"),
        }
    }

    /// A lead whose handoff waits for Ada.
    pub(super) fn assigned(&mut self) -> (LeadId, HandoffId) {
        let lead = self.lead(capture("lea@example.org"));
        let handoff = self.qualify(lead);
        self.ok(&mia(), assign(handoff, "ada"));
        (lead, handoff)
    }

    #[track_caller]
    pub(super) fn opportunity(&mut self, lead: LeadId, result: Outcome) -> OpportunityId {
        match self.ok(&ada(), outcome(lead, result)) {
            Answer::Opportunity(opportunity) => opportunity,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(super) fn handoff(&self, handoff: HandoffId) -> &Handoff {
        self.state.handoff(handoff).expect("a handoff")
    }

    #[track_caller]
    pub(super) fn stage(&self, lead: LeadId) -> Stage {
        self.state.dossier(lead).expect("a lead").lead.stage
    }

    /// The stage history of a lead: from, to, skipped, cycle.
    pub(super) fn history(&self, lead: LeadId) -> Vec<String> {
        let rows = self.state.changes().history.iter().filter(|row| row.lead == lead);
        rows.map(|row| {
            let from = row.from.map_or("-", |stage| stage.as_str());
            let skipped: Vec<&str> = row.skipped.iter().map(|stage| stage.as_str()).collect();
            format!("{} {from}>{}>{}", row.cycle, skipped.join("+"), row.to)
        })
        .collect()
    }

    /// The names of the events since the n-th.
    pub(super) fn events_since(&self, count: usize) -> Vec<&'static str> {
        self.log[count..].iter().map(|logged| logged.event.name()).collect()
    }

    pub(super) fn user(&self, slug: &str) -> UserId {
        UserId::from_slug(self.state.tenant_id(), slug)
    }

    pub(super) fn wait(&mut self, time: TimeDelta) {
        self.now += time;
    }
}

/// Decides with ids that depend on `random` alone.
pub(super) fn decide_with(
    state: &State,
    command: &Command,
    actor: &Actor,
    now: DateTime<Utc>,
    random: &mut u64,
) -> Result<handoff_domain::qualification::Decision, Error> {
    let mut next = || {
        *random += 1;
        let mut bytes = [0; 10];
        bytes[2..].copy_from_slice(&random.to_be_bytes());
        bytes
    };
    let ids = IdSource::new(now, &mut next);
    decide(state, command, &mut Context { tenant: state.tenant_id(), now, actor, ids })
}

pub(super) fn qualify(lead: LeadId, on: &str) -> Command {
    let (lead, line) = (LeadRef::Id(lead), line(on));
    Command::QualifyLead(QualifyLead { lead, line, trigger: Trigger::SalesReady })
}

pub(super) fn assign(handoff: HandoffId, owner: &str) -> Command {
    Command::AssignHandoff(AssignHandoff { handoff, owner: owner.to_owned(), version: None })
}

pub(super) fn accept(handoff: HandoffId) -> Command {
    Command::AcceptHandoff(AcceptHandoff { handoff, version: None })
}

pub(super) fn rejection(handoff: HandoffId, reason: RejectionReason) -> RejectHandoff {
    RejectHandoff { handoff, reason, disposition: None, segment: None, note: None, version: None }
}

pub(super) fn reject(handoff: HandoffId, reason: RejectionReason) -> Command {
    Command::RejectHandoff(rejection(handoff, reason))
}

pub(super) fn outcome(lead: LeadId, outcome: Outcome) -> Command {
    let (lead, line) = (LeadRef::Id(lead), ProductLine::default());
    Command::RecordOutcome(RecordOutcome { lead, line, outcome, occurred_at: None })
}
