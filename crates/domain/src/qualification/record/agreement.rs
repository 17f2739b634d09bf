//! What both sides agree on about one subject, in all its versions.

use std::collections::BTreeMap;

use super::Content;
use crate::version::{Subject, Versions};

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

    /// What a version says.
    pub fn content(&self, number: u32) -> Option<&Content> {
        self.wordings.get(&number).map(|wording| &wording.content)
    }
}
