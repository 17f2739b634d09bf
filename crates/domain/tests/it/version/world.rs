//! A subject's versions in memory: commands of four people in, events out, the state kept as their fold.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::{Error, Facts, Reason};
use handoff_domain::version::{
    Command, ContentHash, Context, CriteriaKind, Decision, Document, Member, Subject, Version, VersionEvent,
    VersionState, Versions, decide, take_effect, user_changed,
};

use crate::calendar::utc;

pub(crate) const CRITERIA: Subject = Subject::CriteriaSet(CriteriaKind::B2b);

/// A Friday; the Monday after it is [`MONDAY`].
pub(crate) const FRIDAY: &str = "2026-11-27T09:00:00Z";
pub(crate) const MONDAY: &str = "2026-11-30T08:00:00Z";

/// Mia and Max are marketing, Ada and Sam are sales.
pub(crate) const PEOPLE: [(&str, Side); 4] = [
    ("users/mia", Side::Marketing),
    ("users/max", Side::Marketing),
    ("users/ada", Side::Sales),
    ("users/sam", Side::Sales),
];

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) versions: Versions,
    pub(crate) log: Vec<VersionEvent>,
    pub(crate) now: DateTime<Utc>,
    pub(crate) directory: BTreeMap<String, Member>,
}

impl World {
    pub(crate) fn new(subject: Subject) -> Self {
        let member = |(name, side): (&str, Side)| (name.to_owned(), Member { side, active: true });
        Self {
            versions: Versions::new(subject),
            log: Vec::new(),
            now: utc(FRIDAY),
            directory: PEOPLE.map(member).into(),
        }
    }

    /// Version 1 says `lines`, is signed by Mia and Ada, and in effect since now.
    pub(crate) fn in_effect(lines: &[(&str, &str)]) -> Self {
        let mut world = Self::new(CRITERIA);
        world.approve(lines);
        world.ok("users/mia", Command::Schedule { version: 1, effective_from: world.now });
        world
    }

    /// The next version says `lines` and is signed by Mia and Ada.
    pub(crate) fn approve(&mut self, lines: &[(&str, &str)]) -> u32 {
        let version = self.review(lines);
        self.sign("users/mia", version);
        self.sign("users/ada", version);
        version
    }

    /// The next version says `lines` and is in review.
    pub(crate) fn review(&mut self, lines: &[(&str, &str)]) -> u32 {
        let version = self.ok("users/mia", Command::Draft { document: document(lines) }).version;
        self.ok("users/mia", Command::Submit { version });
        version
    }

    /// Signs what the version says now.
    pub(crate) fn sign(&mut self, who: &str, version: u32) -> Decision {
        let hash = self.version(version).hash;
        self.ok(who, Command::Sign { version, hash })
    }

    pub(crate) fn apply(&mut self, events: &[VersionEvent]) {
        events.iter().for_each(|event| self.versions.apply(event));
        self.log.extend(events.iter().cloned());
    }

    /// Decides for somebody whom the directory knows, who speaks for their side there.
    pub(crate) fn run(&mut self, who: &str, command: &Command) -> Result<Decision, Error> {
        let side = self.directory[who].side;
        self.run_as(&Actor { principal: who.to_owned(), side }, command)
    }

    pub(crate) fn run_as(&mut self, actor: &Actor, command: &Command) -> Result<Decision, Error> {
        let member = self.directory.get(&actor.principal).copied();
        let decision = decide(&self.versions, command, &Context { actor, member, now: self.now })?;
        self.apply(&decision.events);
        Ok(decision)
    }

    pub(crate) fn ok(&mut self, who: &str, command: Command) -> Decision {
        self.run(who, &command).unwrap_or_else(|error| panic!("{who}: {command:?}: {error}"))
    }

    /// What the command is refused with; a refusal always names a way out.
    pub(crate) fn refused(&mut self, who: &str, command: Command, why: Reason) -> Facts {
        let before = self.versions.clone();
        let Err(Error::Refused { reason, facts }) = self.run(who, &command) else {
            panic!("{command:?} was not refused")
        };
        assert_eq!(reason, why, "{facts:?}");
        assert!(facts.contains_key("way_out"), "{facts:?}");
        assert_eq!(self.versions, before, "a refusal changes nothing");
        facts
    }

    /// The timer looks.
    pub(crate) fn judge(&mut self) -> Vec<VersionEvent> {
        let events = take_effect(&self.versions, self.now);
        self.apply(&events);
        events
    }

    /// The directory changes, and what follows from that for the signatures.
    pub(crate) fn change(&mut self, who: &str, member: Member) -> Vec<VersionEvent> {
        self.directory.insert(who.to_owned(), member);
        let events = user_changed([&self.versions], who, member, self.now);
        self.apply(&events);
        events
    }

    pub(crate) fn version(&self, number: u32) -> &Version {
        self.versions.version(number).expect("a version")
    }

    pub(crate) fn state(&self, number: u32) -> VersionState {
        self.version(number).state
    }

    pub(crate) fn hash(&self, number: u32) -> ContentHash {
        self.version(number).hash
    }

    /// The number of what is in effect at `at`.
    pub(crate) fn number_at(&self, at: &str) -> Option<u32> {
        self.versions.in_effect(utc(at)).map(|version| version.number)
    }
}

pub(crate) fn document(lines: &[(&str, &str)]) -> Document {
    lines.iter().copied().collect()
}

pub(crate) fn names(events: &[VersionEvent]) -> Vec<&'static str> {
    events.iter().map(VersionEvent::name).collect()
}
