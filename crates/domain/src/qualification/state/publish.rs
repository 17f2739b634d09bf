//! What follows for the leads of today when a version takes effect, and the places of the day that leads of a published
//! model take. The leads themselves are judged elsewhere, one after the other.

use chrono::{DateTime, Utc};

use crate::calendar::local;
use crate::qualification::event::LeadQualified;
use crate::qualification::record::{Content, Trigger};
use crate::qualification::state::State;
use crate::score::Publish;
use crate::version::{Subject, VersionEffective};

/// A version of a criteria set or the scoring model that took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Of what.
    pub subject: Subject,
    /// Which version.
    pub number: u32,
    /// Since when.
    pub effective_from: DateTime<Utc>,
    /// What is to happen to the leads of today: the model says so, for criteria the one in effect. None where the version
    /// says that nothing is in effect, or where no model is.
    pub publish: Option<Publish>,
    /// Whether nothing of the kind was in effect until then: whoever was held back by that is free.
    pub is_first: bool,
}

impl State {
    /// Notes that a version took effect.
    pub(super) fn published(&mut self, event: &VersionEffective) {
        let VersionEffective { subject, number, effective_from, .. } = *event;
        let Some(agreement) = self.agreement(subject) else { return };
        let publish = match agreement.content(number) {
            Some(Content::Model(model)) => Some(model.publish),
            Some(Content::Criteria(_)) => self.model().map(|model| model.says.model().publish),
            Some(Content::Nothing) | None => None,
        };
        let before = |version: &crate::version::Version| version.effective_until == Some(effective_from);
        let is_first = !agreement.versions.list().iter().any(before);
        self.changes.publications.push(Publication { subject, number, effective_from, publish, is_first });
    }

    /// Counts the places of the day that leads of a published model have taken (edge case 31).
    pub(super) fn place_taken(&mut self, event: &LeadQualified) {
        let Some(tenant) = &mut self.records.tenant else { return };
        if event.trigger != Trigger::Published {
            return;
        }
        let today = Some(local::date(tenant.zone, event.occurred_at));
        tenant.published = if tenant.published_on == today { tenant.published + 1 } else { 1 };
        tenant.published_on = today;
        self.changes.places = true;
    }
}
