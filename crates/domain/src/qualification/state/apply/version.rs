//! What the events of versions do: [`crate::version::Versions::apply`] knows how a version stands, and what it says as
//! data is kept beside it.

use crate::qualification::event::VersionDrafted;
use crate::qualification::record::Agreement;
use crate::qualification::state::{Stamp, State};
use crate::version::VersionEvent;

impl State {
    pub(super) fn version_drafted(&mut self, event: &VersionDrafted, stamp: &Stamp<'_>) {
        let (subject, number) = (event.drafted.subject, event.drafted.number);
        self.version_changed(&event.drafted.clone().into(), stamp);
        if let Some(agreement) = self.records.agreements.get_mut(&subject) {
            agreement.wordings.entry(number).or_default().content = event.content.clone();
        }
    }

    /// Whoever has a rulebook of the tenant makes a new one.
    pub(in crate::qualification::state) fn rules_changed(&mut self, stamp: &Stamp<'_>) {
        self.changes.rules = true;
        if let Some(tenant) = &mut self.records.tenant {
            tenant.rules_position = stamp.position;
        }
    }

    pub(super) fn version_changed(&mut self, event: &VersionEvent, stamp: &Stamp<'_>) {
        let (subject, number) = (event.subject(), event.number());
        let agreements = &mut self.records.agreements;
        let agreement = agreements.entry(subject).or_insert_with(|| Agreement::new(subject));
        agreement.versions.apply(event);
        agreement.wordings.entry(number).or_default().position = stamp.position;
        self.changes.versions.insert((subject, number));
        self.rules_changed(stamp);
        if let VersionEvent::VersionEffective(event) = event {
            self.published(event);
        }
    }
}
