//! What a scoring model counts, read from what its version says: which rule of its canonical order counts which types of
//! activities. Written from the protos' words, it shares no code with the domain's scorer.
//!
//! What a filter says of a property is not judged again: of a rule with filters it is known how many activities it counts
//! at most.

use chrono::{DateTime, Utc};
use handoff_proto::qualification::v1::version_content::Content;
use handoff_proto::qualification::v1::{ScoringRule, VersionContent};
use prost::Message;

use super::State;
use super::version::Version;

/// The subject whose versions are scoring models.
pub(super) const SUBJECT: &str = "scoring-model";

/// A scoring model, as far as it counts.
#[derive(Debug)]
pub(super) struct Model {
    /// In canonical order: by group and key, those without a group first.
    rules: Vec<ScoringRule>,
    fast_track: Vec<String>,
    /// From when on another version is in effect, or none.
    pub(super) until: DateTime<Utc>,
}

impl Model {
    /// Each rule that may count an activity of a type, by its place, and whether it does so whatever the properties are.
    pub(super) fn counting<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (i16, bool)> + 'a {
        let rules = (0_i16..).zip(&self.rules);
        let counting = rules.filter(move |(_, rule)| rule.types.iter().any(|it| it == kind));
        counting.map(|(place, rule)| (place, rule.filters.is_empty()))
    }

    pub(super) fn is_fast_track(&self, kind: &str) -> bool {
        self.fast_track.iter().any(|it| it == kind)
    }
}

impl State {
    /// The version of the scoring model that is in effect at an instant, whether or not that was noted: it may say that none
    /// is.
    pub(super) fn model_at(&self, at: DateTime<Utc>) -> Option<&Version> {
        let versions = self.versions.iter().filter(|((of, _), _)| of == SUBJECT);
        let begun = versions.filter(|(_, version)| version.counts_from().is_some_and(|from| from <= at));
        begun.max_by_key(|((_, number), _)| *number).map(|(_, version)| version)
    }

    /// A version of the scoring model that is or was in effect.
    pub(super) fn model(&self, number: i32) -> Option<Model> {
        let version = self.versions.get(&(SUBJECT.to_owned(), number))?;
        version.from?;
        let later = self.versions.iter().filter(|((of, other), _)| of == SUBJECT && *other > number);
        let until = later.filter_map(|(_, version)| version.from).min();
        let Some(Content::ScoringModel(model)) =
            VersionContent::decode(version.content.as_slice()).ok()?.content
        else {
            return None;
        };
        let mut rules = model.rules;
        rules.sort_by(|a, b| (&a.group, &a.key).cmp(&(&b.group, &b.key)));
        Some(Model { rules, fast_track: model.fast_track, until: until.unwrap_or(DateTime::<Utc>::MAX_UTC) })
    }
}
