//! What can go wrong, as one enum of kinds. A kind says what the caller can do about it; `runtime` turns it into a
//! gRPC status in one place, and no text of a database or a driver ever enters it.

use std::collections::BTreeMap;
use std::fmt;

/// A field that breaks a rule, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field's path in the request, as in the proto: `lead.email`.
    pub field: String,
    /// What is wrong and what would be right, as a sentence without a personal value in it.
    pub description: String,
}

/// Why a well-formed command was refused. The names are those of `handoff.common.v1.ErrorReason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The tenant does not exist.
    TenantNotFound,
    /// The tenant, team or user exists already; `name` says which.
    NameTaken,
    /// The lead is not known: no e-mail, phone or id of a system of record (R7).
    LeadUnknown,
    /// The lead is suppressed: consent, competitor, customer or test.
    LeadSuppressed,
    /// The lead is in its cool-down; `until` says to when.
    CooldownActive,
    /// The track has an open handoff already; `handoff` names it.
    HandoffOpen,
    /// No contract is in effect for the tenant.
    NoContractInEffect,
    /// Criteria in effect stand in the lead's way; `criteria` says which.
    GatesNotHeld,
    /// The transition does not start at the current state; `state` says which it is.
    IllegalState,
    /// The actor's side may not do this; `side` says which may.
    WrongSide,
    /// The owner is not an active user of the sales side.
    OwnerNotAvailable,
    /// The same source key came before with other content.
    SourceKeyConflict,
    /// Two of the ids and the address belong to two different leads, which are named; or the lead that one of them names
    /// has another id than the request says.
    IdentityConflict,
    /// The same request id came before with another body.
    RequestIdReused,
    /// The record changed since the etag was read.
    EtagMismatch,
    /// The deadline passed while the command waited; it was not started.
    DeadlineExceeded,
    /// The tenant's queue is full.
    QueueFull,
    /// The store cannot be reached for now.
    StoreUnavailable,
    /// The process has as many calls at once as it takes.
    TooManyCalls,
    /// The tenant calls more often than it may.
    RateExceeded,
    /// The stream was silent for too long, or is as old as a stream may get.
    StreamOver,
    /// The signer is not an active user of the side that it speaks for; `signer` and `side` say who and for which.
    SignerNotAvailable,
    /// The version's content is not the one that the signer read; `read` and `current` are the two hashes.
    ContentChanged,
    /// Somebody of that side has signed the version already; `signed_by` says who.
    AlreadySigned,
    /// The person has signed the version for the other side, and nobody turns both keys; `side` says for which.
    SignedForOtherSide,
    /// The version is not approved: `missing` says whose signatures it lacks.
    NotSignedByBoth,
    /// The version re-evaluates no leads; `state` says where it stands.
    NotReevaluated,
    /// The time in which the rejection could be disputed is over; `until` says since when.
    DisputeWindowOver,
    /// The actor is a party of the dispute, and nobody judges in a cause of his own.
    OwnDispute,
    /// The lead had another handoff on the line since; `newer` names it.
    NewerHandoff,
    /// The calendar is not known to this service; `calendar` says which.
    CalendarUnknown,
}

impl Reason {
    /// The upper-case name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(reason, _)| *reason == self).map_or("INTERNAL", |(_, name)| name)
    }

    /// The reason with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, other)| *other == name).map(|(reason, _)| *reason)
    }

    /// Every reason with its name.
    pub const ALL: [(Self, &'static str); 31] = [
        (Self::TenantNotFound, "TENANT_NOT_FOUND"),
        (Self::NameTaken, "NAME_TAKEN"),
        (Self::LeadUnknown, "LEAD_UNKNOWN"),
        (Self::LeadSuppressed, "LEAD_SUPPRESSED"),
        (Self::CooldownActive, "COOLDOWN_ACTIVE"),
        (Self::HandoffOpen, "HANDOFF_OPEN"),
        (Self::NoContractInEffect, "NO_CONTRACT_IN_EFFECT"),
        (Self::GatesNotHeld, "GATES_NOT_HELD"),
        (Self::IllegalState, "ILLEGAL_STATE"),
        (Self::WrongSide, "WRONG_SIDE"),
        (Self::OwnerNotAvailable, "OWNER_NOT_AVAILABLE"),
        (Self::SourceKeyConflict, "SOURCE_KEY_CONFLICT"),
        (Self::IdentityConflict, "IDENTITY_CONFLICT"),
        (Self::RequestIdReused, "REQUEST_ID_REUSED"),
        (Self::EtagMismatch, "ETAG_MISMATCH"),
        (Self::DeadlineExceeded, "DEADLINE_EXCEEDED"),
        (Self::QueueFull, "QUEUE_FULL"),
        (Self::StoreUnavailable, "STORE_UNAVAILABLE"),
        (Self::TooManyCalls, "TOO_MANY_CALLS"),
        (Self::RateExceeded, "RATE_EXCEEDED"),
        (Self::StreamOver, "STREAM_OVER"),
        (Self::SignerNotAvailable, "SIGNER_NOT_AVAILABLE"),
        (Self::ContentChanged, "CONTENT_CHANGED"),
        (Self::AlreadySigned, "ALREADY_SIGNED"),
        (Self::SignedForOtherSide, "SIGNED_FOR_OTHER_SIDE"),
        (Self::NotSignedByBoth, "NOT_SIGNED_BY_BOTH"),
        (Self::NotReevaluated, "NOT_REEVALUATED"),
        (Self::DisputeWindowOver, "DISPUTE_WINDOW_OVER"),
        (Self::OwnDispute, "OWN_DISPUTE"),
        (Self::NewerHandoff, "NEWER_HANDOFF"),
        (Self::CalendarUnknown, "CALENDAR_UNKNOWN"),
    ];
}

/// Facts that explain a refusal, by name: never a personal value.
pub type Facts = BTreeMap<String, String>;

/// A command or query that was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The request breaks rules of its fields; every violation at once.
    Invalid(Vec<Violation>),
    /// The resource does not exist, or belongs to another tenant: the two are never told apart.
    NotFound {
        /// The resource's name as the caller gave it.
        resource: String,
    },
    /// The resource, key or request id exists with other content.
    AlreadyExists {
        /// Why.
        reason: Reason,
        /// What it collides with.
        facts: Facts,
    },
    /// The command is well-formed and the state does not allow it.
    Refused {
        /// Why.
        reason: Reason,
        /// The current state and the way out.
        facts: Facts,
    },
    /// The record changed since the caller read it: read again and repeat.
    Stale {
        /// The resource that changed.
        resource: String,
    },
    /// The identity may not do this.
    Denied {
        /// Why, without saying what exists.
        message: String,
    },
    /// A limit was reached; repeat later.
    Exhausted {
        /// Which.
        reason: Reason,
    },
    /// The deadline passed before the command was started.
    Expired,
    /// The service cannot do it now; the same request may be repeated.
    Busy {
        /// Why.
        reason: Reason,
    },
    /// A defect or a broken store; logged where it arose.
    Internal,
}

impl Error {
    /// One violation.
    pub fn invalid(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self::Invalid(vec![Violation { field: field.into(), description: description.into() }])
    }

    /// Everything that is wrong, if anything is.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the violations, unless there are none.
    pub fn of_violations(violations: Vec<Violation>) -> Result<(), Self> {
        if violations.is_empty() { Ok(()) } else { Err(Self::Invalid(violations)) }
    }

    /// A resource that is not there.
    pub fn not_found(resource: impl Into<String>) -> Self {
        Self::NotFound { resource: resource.into() }
    }

    /// A refusal with its facts.
    pub fn refused<const N: usize>(reason: Reason, facts: [(&str, String); N]) -> Self {
        Self::Refused { reason, facts: collect(facts) }
    }

    /// A collision with its facts.
    pub fn already_exists<const N: usize>(reason: Reason, facts: [(&str, String); N]) -> Self {
        Self::AlreadyExists { reason, facts: collect(facts) }
    }
}

fn collect<const N: usize>(facts: [(&str, String); N]) -> Facts {
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_facts = |f: &mut fmt::Formatter<'_>, reason: &Reason, facts: &Facts| {
            f.write_str(reason.as_str())?;
            facts.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
        };
        match self {
            Self::Invalid(violations) => {
                let texts: Vec<String> =
                    violations.iter().map(|v| format!("{}: {}", v.field, v.description)).collect();
                f.write_str(&texts.join("; "))
            }
            Self::NotFound { resource } => write!(f, "{resource} was not found"),
            Self::AlreadyExists { reason, facts } | Self::Refused { reason, facts } => {
                with_facts(f, reason, facts)
            }
            Self::Stale { resource } => write!(f, "{resource} changed since it was read"),
            Self::Denied { message } => f.write_str(message),
            Self::Exhausted { reason } | Self::Busy { reason } => f.write_str(reason.as_str()),
            Self::Expired => f.write_str("the deadline passed before the command was started"),
            Self::Internal => f.write_str("internal error"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_one_name_and_comes_back_from_it() {
        for (reason, name) in Reason::ALL {
            assert_eq!(reason.as_str(), name);
            assert_eq!(Reason::from_name(name), Some(reason));
        }
        assert_eq!(Reason::from_name("NO_SUCH_REASON"), None);
    }
}
