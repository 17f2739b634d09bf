//! Merged leads as one person. Every record stays with its lead; the survivor is read with what hangs on all that were
//! merged into it, so that undoing a merge moves nothing (edge cases 9 and 10).
//!
//! What a person does next on a line goes on where the person stands: a handoff, an SQL or a deal is finished on the track
//! on which it began, whoever's that is; everything else is the survivor's.

use std::borrow::Cow;

use crate::id::LeadId;
use crate::qualification::record::{Person, ProductLine, Standing, Suppression};
use crate::qualification::stage::Stage;
use crate::qualification::state::{Dossier, State};

impl State {
    /// The lead that counts for this one: itself, or the one that it was merged into in the end.
    pub fn survivor(&self, lead: LeadId) -> LeadId {
        let mut survivor = lead;
        while let Some(into) = self.dossier(survivor).and_then(|dossier| dossier.lead.merged_into) {
            survivor = into;
        }
        survivor
    }

    /// A lead and those that were merged into it, at whatever remove: the leads whose activities are the person's.
    pub fn members(&self, lead: LeadId) -> Vec<LeadId> {
        let mut members = vec![lead];
        let mut next = 0;
        while let Some(dossier) = members.get(next).map(|member| self.dossier(*member)) {
            members.extend(dossier.into_iter().flat_map(|dossier| &dossier.merged));
            next += 1;
        }
        members
    }

    /// The dossier of the person: of a lead that nothing was merged into, its own. A lead that was merged is still only
    /// itself here; ask for its [`State::survivor`].
    pub fn whole(&self, lead: LeadId) -> Option<Cow<'_, Dossier>> {
        let own = self.dossier(lead)?;
        if own.merged.is_empty() {
            return Some(Cow::Borrowed(own));
        }
        let members = self.members(lead);
        let dossiers = || members.iter().filter_map(|member| self.dossier(*member));
        let mut whole = own.clone();
        whole.merged = members.iter().copied().skip(1).collect();

        // What the survivor says of itself stands; the others fill in what it does not say.
        whole.person = Person::default();
        dossiers().rev().for_each(|dossier| whole.person.merge(&dossier.person));
        whole.handoffs = dossiers().flat_map(|dossier| dossier.handoffs.clone()).collect();
        whole.routes = dossiers().flat_map(|dossier| dossier.routes.clone()).collect();
        whole.opportunities = dossiers().flat_map(|dossier| dossier.opportunities.clone()).collect();
        for line in dossiers().flat_map(|dossier| dossier.tracks.keys()) {
            let acting = self.dossier(self.acting(lead, line)).and_then(|acting| acting.tracks.get(line));
            whole.tracks.extend(acting.map(|track| (line.clone(), track.clone())));
        }

        let standing = self.standing(&members).unwrap_or_else(|| own.lead.standing());
        let lead = &mut whole.lead;
        lead.captured_at = standing.captured_at;
        lead.origin = standing.origin;
        lead.customer_since = standing.customer_since;
        lead.cooldown_until = dossiers().filter_map(|dossier| dossier.lead.cooldown_until).max();
        let mut suppressions = dossiers().map(|dossier| dossier.lead.suppression);
        let suppression = suppressions.find(|suppression| *suppression != Suppression::None);
        lead.suppression = suppression.unwrap_or(Suppression::None);
        lead.version = dossiers().map(|dossier| dossier.lead.version).max().unwrap_or(lead.version);
        if let Some((stage, since)) = Dossier::most_advanced(&whole.tracks) {
            (lead.stage, lead.stage_since) = (stage, since);
        }
        Some(Cow::Owned(whole))
    }

    /// The member on whose track of a line the person goes on: one that is with sales before a customer, that before one
    /// that marketing has, and one that is out last; the survivor of equals, and of others the one that was merged first.
    pub fn acting(&self, lead: LeadId, line: &ProductLine) -> LeadId {
        let comes_first = |member: &LeadId| {
            let stage = self.dossier(*member)?.tracks.get(line)?.stage;
            Some(match stage {
                Stage::Mql | Stage::Sql | Stage::Opportunity => stage.rank(),
                Stage::Customer => 2,
                Stage::Lead | Stage::Nurture => 1,
                Stage::Disqualified => 0,
            })
        };
        let members = self.members(lead);
        // Of equals `max_by_key` takes the last.
        members.iter().rev().copied().max_by_key(comes_first).unwrap_or(lead)
    }

    /// What the earliest of these leads leaves to all of them; none if there are none.
    pub fn standing(&self, members: &[LeadId]) -> Option<Standing> {
        let leads = || members.iter().filter_map(|member| self.dossier(*member)).map(|dossier| &dossier.lead);
        let first = leads().min_by_key(|lead| lead.captured_at)?;
        Some(Standing {
            captured_at: first.captured_at,
            origin: first.origin.clone(),
            customer_since: leads().filter_map(|lead| lead.customer_since).min(),
        })
    }
}
