//! A lead with all that hangs on it: the unit that is loaded, copied and decided about.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::id::{HandoffId, LeadId, OpportunityId};
use crate::qualification::record::{
    Handoff, HandoffRoute, Lead, Opportunity, Person, ProductLine, Snapshot, Track,
};
use crate::qualification::stage::Stage;

/// A lead, who it is, its tracks, and all its handoffs and opportunities: there are few of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// The lead.
    pub lead: Lead,
    /// Who it is.
    pub person: Person,
    /// Its tracks by line.
    pub tracks: BTreeMap<ProductLine, Track>,
    /// Its handoffs.
    pub handoffs: BTreeMap<HandoffId, Handoff>,
    /// How those stand with routing that it has looked at.
    pub routes: BTreeMap<HandoffId, HandoffRoute>,
    /// Its opportunities.
    pub opportunities: BTreeMap<OpportunityId, Opportunity>,
    /// The leads that were merged into it.
    pub merged: BTreeSet<LeadId>,
}

impl Dossier {
    /// Where the lead stands on a line; a line that it never entered is at LEAD.
    pub fn stage(&self, line: &ProductLine) -> Stage {
        self.tracks.get(line).map_or(Stage::Lead, |track| track.stage)
    }

    /// The cycle of a line.
    pub fn cycle(&self, line: &ProductLine) -> u32 {
        self.tracks.get(line).map_or(1, |track| track.cycle)
    }

    /// The handoff of a line that waits for a decision.
    pub fn open_handoff(&self, line: &ProductLine) -> Option<&Handoff> {
        self.handoffs.get(&self.tracks.get(line)?.open_handoff?)
    }

    /// The open handoff of a line, or else its latest. A cycle of a track has one handoff at most, so the cycle orders
    /// them.
    pub fn current_handoff(&self, line: &ProductLine) -> Option<&Handoff> {
        let of = self.tracks.get(line)?.lead;
        let on_track = |handoff: &&Handoff| handoff.line == *line && handoff.lead == of;
        self.handoffs.values().filter(on_track).max_by_key(|handoff| handoff.cycle)
    }

    /// The opportunity of a line that is open.
    pub fn open_opportunity(&self, line: &ProductLine) -> Option<&Opportunity> {
        self.opportunities.get(&self.tracks.get(line)?.open_opportunity?)
    }

    /// When the last handoff or deal of a line came to its end.
    pub fn settled_at(&self, line: &ProductLine) -> Option<DateTime<Utc>> {
        let handoffs = self.handoffs.values().filter(|handoff| handoff.line == *line);
        let deals = self.opportunities.values().filter(|deal| deal.line == *line);
        let ends = handoffs.filter_map(|handoff| handoff.decided_at);
        ends.chain(deals.filter_map(|deal| deal.closed_at)).max()
    }

    /// The lead that it was merged into, and those that were merged into it.
    pub fn relatives(&self) -> impl Iterator<Item = LeadId> {
        self.lead.merged_into.into_iter().chain(self.merged.iter().copied())
    }

    /// Where a lead with these tracks stands: where the most advanced does, since the first of those came there.
    pub(super) fn most_advanced(tracks: &BTreeMap<ProductLine, Track>) -> Option<(Stage, DateTime<Utc>)> {
        let stage = tracks.values().map(|track| track.stage).max_by_key(|stage| stage.rank())?;
        let there = tracks.values().filter(|track| track.stage == stage);
        Some((stage, there.map(|track| track.stage_since).min()?))
    }

    /// The dimensions of the lead at this moment.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            kind: self.lead.kind,
            origin: self.lead.origin.clone(),
            persona: self.lead.persona.clone(),
        }
    }
}
