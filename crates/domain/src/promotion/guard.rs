//! What holds a lead back that has a ground to become an MQL.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};

use super::{Case, InEffect};
use crate::qualification::record::{LeadKind, Suppression};

/// What holds a lead back. The order is that in which they are told: who the lead is, what both sides have agreed, and
/// what a little time settles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guard {
    /// The person is not known (R7).
    LeadUnknown,
    /// Nobody knows whether the lead is B2B or B2C, and so which criteria are its own.
    KindUnknown,
    /// It must not be handed over at all.
    LeadSuppressed(Suppression),
    /// No criteria for its kind are in effect.
    NoCriteriaInEffect,
    /// No scoring model is in effect.
    NoModelInEffect,
    /// No contract is in effect (edge case 28).
    NoContractInEffect,
    /// Sales has yet to decide about the lead's handoff on this line.
    HandoffOpen,
    /// It was handed over lately.
    CooldownActive,
    /// As many as agreed became MQLs by the published model today, or the day is no business day (edge case 31).
    DayIsFull,
}

impl Guard {
    /// The word for it on the wire, which is that of the refusal where there is one.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeadUnknown => "LEAD_UNKNOWN",
            Self::KindUnknown => "KIND_UNKNOWN",
            Self::LeadSuppressed(_) => "LEAD_SUPPRESSED",
            Self::NoCriteriaInEffect => "NO_CRITERIA_IN_EFFECT",
            Self::NoModelInEffect => "NO_MODEL_IN_EFFECT",
            Self::NoContractInEffect => "NO_CONTRACT_IN_EFFECT",
            Self::HandoffOpen => "HANDOFF_OPEN",
            Self::CooldownActive => "COOLDOWN_ACTIVE",
            Self::DayIsFull => "DAY_IS_FULL",
        }
    }
}

/// What stands in the way and what would clear it, as part of a sentence.
impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LeadUnknown => {
                "the person is not known: give an e-mail address, a telephone number, an external id or a record id"
            }
            Self::KindUnknown => "nobody knows whether it is B2B or B2C: say which",
            Self::LeadSuppressed(why) => {
                return write!(f, "it is suppressed ({why}): lift that if its reason no longer holds");
            }
            Self::NoCriteriaInEffect => "no criteria for its kind are in effect: both sides sign them",
            Self::NoModelInEffect => "no scoring model is in effect: both sides sign one",
            Self::NoContractInEffect => "no contract is in effect: both sides sign one",
            Self::HandoffOpen => "its handoff is open: sales accepts or rejects it first",
            Self::CooldownActive => "it is in its cool-down",
            Self::DayIsFull => "no place is left today for leads of the newly published model",
        })
    }
}

/// A guard that holds a lead back, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The guard.
    pub guard: Guard,
    /// When it ends by time alone; none if somebody has to do something.
    pub until: Option<DateTime<Utc>>,
}

/// The guard, and `(until 2026-04-01T00:00:00Z)` if time ends it.
impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.guard.fmt(f)?;
        match self.until {
            Some(until) => write!(f, " (until {})", until.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            None => Ok(()),
        }
    }
}

/// The guards that hold the lead back, whatever its ground.
pub(super) fn holds(case: &Case) -> Vec<Hold> {
    let mut held_by = Vec::new();
    let mut hold = |holds: bool, guard: Guard, until: Option<DateTime<Utc>>| {
        if holds {
            held_by.push(Hold { guard, until });
        }
    };
    hold(!case.is_known, Guard::LeadUnknown, None);
    let is_kind_known = case.kind != LeadKind::Unknown;
    hold(!is_kind_known, Guard::KindUnknown, None);
    let suppression = case.suppression;
    hold(suppression != Suppression::None, Guard::LeadSuppressed(suppression), None);
    let (criteria, criteria_from) = absence(&case.criteria);
    hold(is_kind_known && criteria, Guard::NoCriteriaInEffect, criteria_from);
    let (model, model_from) = absence(&case.model);
    hold(model, Guard::NoModelInEffect, model_from);
    let (contract, contract_from) = absence(&case.contract);
    hold(contract, Guard::NoContractInEffect, contract_from);
    hold(case.handoff_open, Guard::HandoffOpen, None);
    let cooldown = case.cooldown_until.filter(|until| *until > case.now);
    hold(cooldown.is_some(), Guard::CooldownActive, cooldown);
    held_by
}

/// Whether it is not in effect, and from when on it will be.
fn absence<T>(it: &InEffect<T>) -> (bool, Option<DateTime<Utc>>) {
    match it {
        InEffect::Yes(_) => (false, None),
        InEffect::From(from) => (true, Some(*from)),
        InEffect::No => (true, None),
    }
}
