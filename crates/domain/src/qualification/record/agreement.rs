//! What both sides agree on about one subject, in all its versions.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Content;
use crate::criteria::CriteriaSet;
use crate::promotion::InEffect;
use crate::score::{Publish, ScoringModel};
use crate::version::{Subject, Version, Versions};

/// All versions of a criteria set or the scoring model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// How each stands, with the lines that people sign.
    pub versions: Versions,
    /// What each says as data, by number: every version has one.
    pub wordings: BTreeMap<u32, Wording>,
}

/// What a version says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wording {
    /// As data.
    pub content: Content,
    /// The position of the last event that changed the version.
    pub position: i64,
}

impl Agreement {
    /// Nothing was ever agreed on.
    pub fn new(subject: Subject) -> Self {
        Self { versions: Versions::new(subject), wordings: BTreeMap::new() }
    }

    /// The version that is in effect at an instant, with what it says; else from when on one will be.
    pub fn in_effect(&self, at: DateTime<Utc>) -> InEffect<(&Version, &Content)> {
        let found = self.versions.in_effect(at);
        if let Some((version, content)) = found.and_then(|it| Some((it, self.content(it.number)?))) {
            return InEffect::Yes((version, content));
        }
        let ahead = self.versions.list().iter().filter(|version| !version.document.is_empty());
        let from = ahead.filter_map(|version| version.effective_from).filter(|from| *from > at).min();
        from.map_or(InEffect::No, InEffect::From)
    }

    /// The same of a criteria set.
    pub fn criteria_in_effect(&self, at: DateTime<Utc>) -> InEffect<(&Version, &CriteriaSet)> {
        match self.in_effect(at) {
            InEffect::Yes((version, Content::Criteria(set))) => InEffect::Yes((version, set)),
            InEffect::From(from) => InEffect::From(from),
            InEffect::Yes(_) | InEffect::No => InEffect::No,
        }
    }

    /// The same of the scoring model.
    pub fn model_in_effect(&self, at: DateTime<Utc>) -> InEffect<(&Version, &ScoringModel)> {
        match self.in_effect(at) {
            InEffect::Yes((version, Content::Model(model))) => InEffect::Yes((version, model)),
            InEffect::From(from) => InEffect::From(from),
            InEffect::Yes(_) | InEffect::No => InEffect::No,
        }
    }

    /// How each version of the scoring model was or will be published, in their order.
    pub fn publishes(&self) -> Vec<(DateTime<Utc>, Publish)> {
        let publish = |version: &Version| match self.content(version.number)? {
            Content::Model(model) => Some((version.effective_from?, model.publish)),
            _ => None,
        };
        self.versions.list().iter().filter_map(publish).collect()
    }

    /// What a version says.
    pub fn content(&self, number: u32) -> Option<&Content> {
        self.wordings.get(&number).map(|wording| &wording.content)
    }
}
