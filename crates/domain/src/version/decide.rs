//! What a command means for the versions of a subject: events, or a refusal that says how things stand and what to do.

mod refusal;
mod sign;

use std::borrow::Cow;

use chrono::{DateTime, SubsecRound, Utc};

use super::directory::Member;
use super::document::{ContentHash, Document};
use super::due::take_effect;
use super::event::{DraftCause, VersionDrafted, VersionEvent, VersionScheduled, VersionSubmitted};
use super::record::{Version, VersionState, Versions};
use crate::actor::{Actor, Side};
use crate::error::Error;

/// What is to be done. Versions are named by their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Let the next version say this: the one that is under way, or a new one. An empty document is the agreement that
    /// nothing is in effect any more.
    Draft {
        /// What it is to say.
        document: Document,
    },
    /// Put a draft before both sides.
    Submit {
        /// Which version.
        version: u32,
    },
    /// Sign what was read, for the actor's side.
    Sign {
        /// Which version.
        version: u32,
        /// The hash of what was read.
        hash: ContentHash,
    },
    /// Take one's own signature back before the version takes effect.
    WithdrawSignature {
        /// Which version.
        version: u32,
    },
    /// Take the whole version back before it takes effect.
    Withdraw {
        /// Which version.
        version: u32,
    },
    /// Settle when an approved version takes effect.
    Schedule {
        /// Which version.
        version: u32,
        /// When; now is possible, the past is not.
        effective_from: DateTime<Utc>,
    },
}

/// The circumstances of a command.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Who asks for it, and the side it speaks for.
    pub actor: &'a Actor,
    /// The actor as the directory knows it now; none for a program, and for a user that the directory does not have.
    pub member: Option<Member>,
    /// The time of the batch, which never goes backwards.
    pub now: DateTime<Utc>,
}

/// What a command comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What happened, in order; a version that was due takes effect first.
    pub events: Vec<VersionEvent>,
    /// The version that is as the command wants it.
    pub version: u32,
    /// Whether it was so before: UNCHANGED.
    pub unchanged: bool,
}

/// What `command` means for `versions`.
///
/// A version whose time has come takes effect before the command is looked at: nobody can take it back or edit it just
/// because no timer was running. So it does after it, if the command schedules one for now.
///
/// Drafting what the next version says already is without effect. So is drafting what is in effect by both signatures,
/// whatever the next version says: the answer then names the version in effect. An unsigned starter can be drafted as it
/// is, to be signed.
///
/// # Errors
/// [`Error::Refused`] with how the version stands and the way out; [`Error::NotFound`] for a number that no version
/// has; [`Error::Invalid`] for an instant in the past.
pub fn decide(versions: &Versions, command: &Command, context: &Context<'_>) -> Result<Decision, Error> {
    // SYSTEM carries out what was agreed; what is to be agreed is between the two sides (R16).
    if context.actor.side == Side::System {
        return Err(refusal::wrong_side());
    }
    let mut turn = Turn { versions: Cow::Borrowed(versions), events: Vec::new(), context };
    turn.settle();
    let (version, unchanged) = match command {
        Command::Draft { document } => turn.draft(document)?,
        Command::Submit { version } => (*version, turn.submit(*version)?),
        Command::Sign { version, hash } => (*version, turn.sign(*version, *hash)?),
        Command::WithdrawSignature { version } => (*version, turn.withdraw_signature(*version)?),
        Command::Withdraw { version } => (*version, turn.withdraw(*version)?),
        Command::Schedule { version, effective_from: at } => (*version, turn.schedule(*version, *at)?),
    };
    turn.settle();
    Ok(Decision { events: turn.events, version, unchanged })
}

/// A command being decided: the versions as its events so far leave them. Its functions answer whether everything was
/// as wanted before.
struct Turn<'a, 'c> {
    versions: Cow<'a, Versions>,
    events: Vec<VersionEvent>,
    context: &'a Context<'c>,
}

impl Turn<'_, '_> {
    fn emit(&mut self, event: impl Into<VersionEvent>) {
        let event = event.into();
        self.versions.to_mut().apply(&event);
        self.events.push(event);
    }

    fn settle(&mut self) {
        for event in take_effect(&self.versions, self.context.now) {
            self.emit(event);
        }
    }

    fn version(&self, number: u32) -> Result<&Version, Error> {
        let missing = || Error::not_found(self.versions.subject().version_name(number));
        self.versions.version(number).ok_or_else(missing)
    }

    fn principal(&self) -> String {
        self.context.actor.principal.clone()
    }

    fn draft(&mut self, document: &Document) -> Result<(u32, bool), Error> {
        let hash = document.hash();
        let (open, effective) = (self.versions.open(), self.versions.effective());
        let agreed = effective.filter(|version| version.is_signed());
        if let Some(same) = open.into_iter().chain(agreed).find(|version| version.hash == hash) {
            return Ok((same.number, true));
        }
        if document.is_empty() && effective.is_none() {
            return Err(refusal::nothing_to_end(self.versions.subject()));
        }
        let number = open.map_or_else(|| self.versions.next_number(), |version| version.number);
        self.emit_draft(number, document.clone(), DraftCause::Edit);
        Ok((number, false))
    }

    fn emit_draft(&mut self, number: u32, document: Document, cause: DraftCause) {
        self.emit(VersionDrafted {
            occurred_at: self.context.now,
            subject: self.versions.subject(),
            number,
            hash: document.hash(),
            document,
            by: self.principal(),
            cause,
        });
    }

    fn submit(&mut self, number: u32) -> Result<bool, Error> {
        let version = self.version(number)?;
        match version.state {
            VersionState::Draft => {}
            VersionState::InReview => return Ok(true),
            VersionState::Approved | VersionState::Scheduled => {
                return Err(refusal::stands_elsewhere(version, "it is signed by both sides already"));
            }
            VersionState::Effective | VersionState::Retired => {
                return Err(refusal::has_taken_effect(version));
            }
        }
        let (occurred_at, subject, by) = (self.context.now, version.subject, self.principal());
        self.emit(VersionSubmitted { occurred_at, subject, number, by });
        Ok(false)
    }

    fn withdraw(&mut self, number: u32) -> Result<bool, Error> {
        let version = self.version(number)?;
        if !version.state.is_open() {
            return Err(refusal::has_taken_effect(version));
        }
        if version.state == VersionState::Draft {
            return Ok(true);
        }
        let document = version.document.clone();
        self.emit_draft(number, document, DraftCause::Withdrawal);
        Ok(false)
    }

    fn schedule(&mut self, number: u32, effective_from: DateTime<Utc>) -> Result<bool, Error> {
        // The store keeps microseconds; what is finer would come back as another instant.
        let effective_from = effective_from.trunc_subsecs(6);
        let version = self.version(number)?;
        match version.state {
            VersionState::Approved => {}
            VersionState::Draft | VersionState::InReview => return Err(refusal::not_signed_by_both(version)),
            _ if version.effective_from == Some(effective_from) => return Ok(true),
            VersionState::Scheduled => {
                let way_out = "withdraw the version; both sides sign it again, then schedule it anew";
                return Err(refusal::stands_elsewhere(version, way_out));
            }
            VersionState::Effective | VersionState::Retired => {
                return Err(refusal::has_taken_effect(version));
            }
        }
        // The second bound is the first, unless a clock went backwards: ranges must not overlap even then.
        let before = self.versions.effective().and_then(|version| version.effective_from);
        let earliest = before.map_or(self.context.now, |from| from.max(self.context.now));
        if effective_from < earliest {
            return Err(refusal::too_early(earliest));
        }
        let (occurred_at, subject, by) = (self.context.now, version.subject, self.principal());
        self.emit(VersionScheduled { occurred_at, subject, number, effective_from, by });
        Ok(false)
    }
}
