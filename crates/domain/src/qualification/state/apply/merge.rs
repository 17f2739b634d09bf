//! The fold of a merge: a lead points to the one that it was merged into, and that is all. Whoever reads the survivor
//! finds what hangs on both.

use crate::qualification::event::{LeadMerged, LeadUnmerged};
use crate::qualification::state::{Stamp, State};

impl State {
    pub(super) fn lead_merged(&mut self, event: &LeadMerged, stamp: &Stamp<'_>) {
        self.fold(event.lead, stamp).lead().merged_into = Some(event.into);
        let mut survivor = self.fold(event.into, stamp);
        survivor.dossier.merged.insert(event.lead);
        survivor.lead();
        self.count_anew(event.into, stamp.recorded_at);
    }

    pub(super) fn lead_unmerged(&mut self, event: &LeadUnmerged, stamp: &Stamp<'_>) {
        self.fold(event.lead, stamp).lead().merged_into = None;
        let mut survivor = self.fold(event.from, stamp);
        survivor.dossier.merged.remove(&event.lead);
        survivor.lead();
        self.count_anew(event.from, stamp.recorded_at);
        self.count_anew(event.lead, stamp.recorded_at);
    }
}
