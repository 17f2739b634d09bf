//! What a tenant's leads are judged by: the criteria, the scoring model and what they refer to, ready to be asked.
//!
//! A rulebook is made once and used until one of its sources changes; what of it is in effect depends on the instant, as
//! a version may be scheduled. It decides nothing.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::calendar::{Calendar, Definition};
use crate::criteria::CriteriaSet;
use crate::profile::Catalogue;
use crate::promotion::{InEffect, Quota};
use crate::qualification::record::{Agreement, Content, LeadKind};
use crate::rates::Rates;
use crate::score::{Publish, Scorer};
use crate::version::{CriteriaKind, Subject, VersionState};

/// What leads are judged by, now or from a known instant on.
#[derive(Debug, Clone)]
pub struct Rulebook {
    b2b: Terms<CriteriaSet>,
    b2c: Terms<CriteriaSet>,
    model: Terms<Scorer>,
    /// How each version of the model was published, in their order, whether or not it is in effect still.
    publishes: Vec<(DateTime<Utc>, Publish)>,
    /// Which attributes there are.
    pub catalogue: Catalogue,
    /// What amounts in other currencies are worth.
    pub rates: Rates,
    /// When the tenant is open, in its own zone: who rises by time alone becomes an MQL at the next opening.
    pub calendar: Calendar,
}

impl Default for Rulebook {
    fn default() -> Self {
        Self::new(&[], Catalogue::default(), Rates::default(), Tz::UTC)
    }
}

/// What a version in effect says, with its number.
#[derive(Debug, Clone)]
pub struct Term<T> {
    /// The version.
    pub number: u32,
    /// What it says.
    pub says: T,
}

/// The versions of a subject that are in effect or will be, in their order.
#[derive(Debug, Clone)]
struct Terms<T>(Vec<(DateTime<Utc>, Option<Term<T>>)>);

impl<T> Default for Terms<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl Rulebook {
    /// What both sides agree on that leads are judged by.
    pub const SUBJECTS: [Subject; 3] = [
        Subject::CriteriaSet(CriteriaKind::B2b),
        Subject::CriteriaSet(CriteriaKind::B2c),
        Subject::ScoringModel,
    ];

    /// The rulebook of what both sides agreed on.
    pub fn new(agreements: &[Agreement], catalogue: Catalogue, rates: Rates, zone: Tz) -> Self {
        let of = |subject| agreements.iter().find(move |agreement| agreement.versions.subject() == subject);
        let criteria = |kind| {
            Terms::of(of(Subject::CriteriaSet(kind)), |content| match content {
                Content::Criteria(set) => Some(set.clone()),
                _ => None,
            })
        };
        let model = Terms::of(of(Subject::ScoringModel), |content| match content {
            // One that both sides could sign was valid then; if it is not any more, it is as if there were none.
            Content::Model(model) => Scorer::new(model.clone()).ok(),
            _ => None,
        });
        let (b2b, b2c) = (criteria(CriteriaKind::B2b), criteria(CriteriaKind::B2c));
        let calendar = Calendar::new(Definition::office_hours(zone));
        let publishes = of(Subject::ScoringModel).map(Agreement::publishes).unwrap_or_default();
        Self { b2b, b2c, model, publishes, catalogue, rates, calendar }
    }

    /// The criteria for leads of a kind; none are in effect for a kind that nobody knows.
    pub fn criteria(&self, kind: LeadKind, at: DateTime<Utc>) -> InEffect<&Term<CriteriaSet>> {
        match kind {
            LeadKind::B2b => self.b2b.at(at),
            LeadKind::B2c => self.b2c.at(at),
            LeadKind::Unknown => InEffect::No,
        }
    }

    /// The places for leads of a published model, of which so many were taken on the last date on which one was.
    pub fn quota(&self, at: DateTime<Utc>, date: Option<NaiveDate>, taken: u32) -> Quota {
        Quota::of(&self.publishes, at, date, taken)
    }

    /// The scoring model.
    pub fn model(&self, at: DateTime<Utc>) -> InEffect<&Term<Scorer>> {
        self.model.at(at)
    }
}

impl<T> Terms<T> {
    fn of(agreement: Option<&Agreement>, says: impl Fn(&Content) -> Option<T>) -> Self {
        let Some(agreement) = agreement else { return Self::default() };
        let counts = |state| matches!(state, VersionState::Scheduled | VersionState::Effective);
        let versions = agreement.versions.list().iter().filter(|version| counts(version.state));
        let term = |version: &crate::version::Version| {
            let content = agreement.content(version.number)?;
            Some(Term { number: version.number, says: says(content)? })
        };
        Self(versions.filter_map(|version| Some((version.effective_from?, term(version)))).collect())
    }

    fn at(&self, at: DateTime<Utc>) -> InEffect<&Term<T>> {
        if let Some((_, Some(term))) = self.0.iter().rev().find(|(from, _)| *from <= at) {
            return InEffect::Yes(term);
        }
        match self.0.iter().find(|(from, term)| *from > at && term.is_some()) {
            Some((from, _)) => InEffect::From(*from),
            None => InEffect::No,
        }
    }
}
