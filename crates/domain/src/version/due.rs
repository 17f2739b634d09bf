//! What takes effect without anybody's command: a version whose time has come, and the contract that a tenant starts
//! with.

use chrono::{DateTime, Utc};

use super::document::Document;
use super::event::{DraftCause, VersionDrafted, VersionEffective, VersionEvent, VersionRetired};
use super::record::{VersionState, Versions};
use super::subject::Subject;
use crate::error::Error;

/// The change of versions that is due at `now`, if one is: at the scheduled instant, however much later it is noticed,
/// the version takes effect and the one before it ends. A version with an empty document ends itself too. For a timer;
/// [`super::decide()`] does this first by itself.
pub fn take_effect(versions: &Versions, now: DateTime<Utc>) -> Vec<VersionEvent> {
    let scheduled = versions.open().filter(|version| version.state == VersionState::Scheduled);
    let Some((next, at)) = scheduled.and_then(|next| Some((next, next.effective_from?))) else {
        return Vec::new();
    };
    if at > now {
        return Vec::new();
    }
    let (subject, number) = (versions.subject(), next.number);
    let retired = |number| VersionRetired { effective_until: at, subject, number }.into();
    let effective =
        VersionEffective { effective_from: at, subject, number, hash: next.hash, signed: next.is_signed() };
    let mut events: Vec<VersionEvent> =
        versions.effective().map(|before| retired(before.number)).into_iter().collect();
    events.push(effective.into());
    if next.document.is_empty() {
        events.push(retired(number));
    }
    events
}

impl Versions {
    /// As they stand at `now`, whether or not what was due has been noted: for whoever shows them.
    #[must_use]
    pub fn settled(mut self, now: DateTime<Utc>) -> Self {
        for event in take_effect(&self, now) {
            self.apply(&event);
        }
        self
    }
}

/// The contract that a tenant starts with: version 1, unsigned, in effect from the tenant's creation, until a signed one
/// replaces it. Nothing if there is a version already.
///
/// # Errors
/// [`Error::Invalid`] for anything but a contract: criteria and models are in effect only when both sides have signed.
pub fn starter(
    versions: &Versions,
    document: Document,
    effective_from: DateTime<Utc>,
    by: &str,
) -> Result<Vec<VersionEvent>, Error> {
    let subject = versions.subject();
    if subject != Subject::Contract {
        return Err(Error::invalid("subject", "only a contract starts unsigned; draft and sign a version"));
    }
    if !versions.list().is_empty() {
        return Ok(Vec::new());
    }
    let (number, hash) = (versions.next_number(), document.hash());
    let by = by.to_owned();
    let cause = DraftCause::Edit;
    let drafted = VersionDrafted { occurred_at: effective_from, subject, number, document, hash, by, cause };
    let effective = VersionEffective { effective_from, subject, number, hash, signed: false };
    Ok(vec![drafted.into(), effective.into()])
}
