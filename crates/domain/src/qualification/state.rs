//! What is known of a tenant while a batch of commands is decided: the records that the batch needs, their indexes,
//! and what the batch has changed so far.
//!
//! Events are the only way to change a record: [`State::apply`] is the fold of the log, so whatever it changed is
//! what must be saved. Loading fills in records that the log gave rise to earlier; it is no change. A `State` never
//! decides anything and never looks at a clock.

mod apply;
mod catalogue;
mod changes;
mod dossier;
mod keys;
mod merged;
mod publish;
mod routing;
mod score;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::activity::ActivityTypes;
use crate::actor::Actor;
use crate::id::{HandoffId, LeadId, TeamId, TenantId, UserId};
use crate::profile::Catalogue;
use crate::qualification::command::LeadRef;
use crate::qualification::record::{
    Agreement, Digest, Handoff, LeadScore, Person, SourceKey, Team, Tenant, User,
};
use crate::rates::Rates;
use crate::score::Engagement;
use crate::version::Subject;
use routing::Routing;
use score::Rules;

pub use changes::{Changes, StageChange};
pub use dossier::Dossier;
pub(in crate::qualification) use keys::user_slug;
pub use keys::{Keys, needs};
pub use publish::Publication;
pub use routing::{Looks, Note, Page, QueueChange, Settled};
pub use score::Watch;

/// Where an event stands in the log and who caused it: the log's own columns.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// Its position: 1, 2, 3 … without a gap.
    pub position: i64,
    /// The batch's now.
    pub recorded_at: DateTime<Utc>,
    /// Who.
    pub actor: &'a Actor,
}

/// What is remembered of an imported item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceEntry {
    /// The digest of its content.
    pub content: Digest,
    /// The lead it was about.
    pub lead: LeadId,
}

/// The records: what folding the log gives. Two folds of the same log are equal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// The tenant, once it was founded.
    pub tenant: Option<Tenant>,
    /// Teams by key.
    pub teams: BTreeMap<TeamId, Team>,
    /// Users by key.
    pub users: BTreeMap<UserId, User>,
    /// Names and addresses of users.
    pub people: BTreeMap<UserId, Person>,
    /// The attributes; absent while the standard ones are all. Shared, because every part of a state has all of them.
    pub catalogue: Option<Arc<Catalogue>>,
    /// The types of activity; absent while the standard ones are all.
    pub activity_types: Option<Arc<ActivityTypes>>,
    /// The rates between currencies; absent while there are none.
    pub rates: Option<Arc<Rates>>,
    /// Criteria sets and scoring models by subject.
    pub agreements: BTreeMap<Subject, Agreement>,
    /// Leads with all that hangs on them.
    pub dossiers: BTreeMap<LeadId, Dossier>,
    /// Imported items.
    pub sources: BTreeMap<SourceKey, SourceEntry>,
}

/// The part of a tenant that a batch works on.
#[derive(Debug, Clone)]
pub struct State {
    tenant: TenantId,
    position: i64,
    records: Records,
    external_ids: BTreeMap<String, LeadId>,
    /// By system and id.
    record_ids: BTreeMap<(String, String), LeadId>,
    emails: BTreeMap<String, LeadId>,
    /// By number as it is compared; a switchboard is many people's.
    phones: BTreeMap<String, BTreeSet<LeadId>>,
    handoffs: BTreeMap<HandoffId, LeadId>,
    /// Leads that are there although their dossiers were not loaded.
    present: BTreeSet<LeadId>,
    /// Leads that are there and were merged into another, although their dossiers were not asked for.
    absorbed: BTreeSet<LeadId>,
    /// Agreements that were found to have a version in review.
    in_review: BTreeSet<Subject>,
    /// What leads are judged by.
    rules: Rules,
    /// Scores of leads, of those that have one.
    scores: BTreeMap<LeadId, LeadScore>,
    /// What leads did, as far as it was loaded.
    engagements: BTreeMap<LeadId, Engagement>,
    /// Whom there is to route to.
    routing: Routing,
    known: Keys,
    changes: Changes,
}

impl State {
    /// Nothing loaded, of the tenant whose log's head is at `position` (0: no event yet).
    pub fn new(tenant: TenantId, position: i64) -> Self {
        Self {
            tenant,
            position,
            records: Records::default(),
            external_ids: BTreeMap::new(),
            record_ids: BTreeMap::new(),
            emails: BTreeMap::new(),
            phones: BTreeMap::new(),
            handoffs: BTreeMap::new(),
            present: BTreeSet::new(),
            absorbed: BTreeSet::new(),
            in_review: BTreeSet::new(),
            rules: Rules::default(),
            scores: BTreeMap::new(),
            engagements: BTreeMap::new(),
            routing: Routing::default(),
            known: Keys::default(),
            changes: Changes::default(),
        }
    }

    /// Whose state it is.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant
    }

    /// The position of the last event.
    pub fn position(&self) -> i64 {
        self.position
    }

    /// Every record in it.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// The tenant.
    pub fn tenant(&self) -> Option<&Tenant> {
        self.records.tenant.as_ref()
    }

    /// The team that people call `slug`.
    pub fn team(&self, slug: &str) -> Option<&Team> {
        self.records.teams.get(&TeamId::from_slug(self.tenant, slug))
    }

    /// The user that people call `slug`.
    pub fn user(&self, slug: &str) -> Option<&User> {
        self.records.users.get(&UserId::from_slug(self.tenant, slug))
    }

    /// All versions of a criteria set or the scoring model, if there is one.
    pub fn agreement(&self, subject: Subject) -> Option<&Agreement> {
        self.records.agreements.get(&subject)
    }

    /// All that were loaded.
    pub fn agreements(&self) -> impl Iterator<Item = &Agreement> {
        self.records.agreements.values()
    }

    /// A lead with all that hangs on it.
    pub fn dossier(&self, lead: LeadId) -> Option<&Dossier> {
        self.records.dossiers.get(&lead)
    }

    /// A handoff.
    pub fn handoff(&self, handoff: HandoffId) -> Option<&Handoff> {
        self.dossier(*self.handoffs.get(&handoff)?)?.handoffs.get(&handoff)
    }

    /// Whether there is such a lead, whether or not more of it was loaded.
    pub fn is_there(&self, lead: LeadId) -> bool {
        self.records.dossiers.contains_key(&lead) || self.present.contains(&lead)
    }

    /// The lead that a caller means, if it is there.
    pub fn find_lead(&self, lead: &LeadRef) -> Option<LeadId> {
        match lead {
            LeadRef::Id(id) => self.is_there(*id).then_some(*id),
            LeadRef::ExternalId(id) => self.lead_with_external_id(id),
            LeadRef::RecordId { system, id } => self.lead_with_record_id(system, id),
            LeadRef::Email(email) => self.lead_with_email(&Person::normalise_email(email)),
        }
    }

    /// The lead that has this external id.
    pub fn lead_with_external_id(&self, external_id: &str) -> Option<LeadId> {
        self.external_ids.get(external_id).copied()
    }

    /// The lead that has this id in a system of record.
    pub fn lead_with_record_id(&self, system: &str, id: &str) -> Option<LeadId> {
        self.record_ids.get(&(system.to_owned(), id.to_owned())).copied()
    }

    /// The lead that has this address, normalised.
    pub fn lead_with_email(&self, email: &str) -> Option<LeadId> {
        self.emails.get(email).copied()
    }

    /// The leads that have this telephone number, as it is compared.
    pub fn leads_with_number(&self, number: &str) -> impl Iterator<Item = LeadId> {
        self.phones.get(number).into_iter().flatten().copied()
    }

    /// What is remembered of an imported item.
    pub fn source(&self, key: &SourceKey) -> Option<&SourceEntry> {
        self.records.sources.get(key)
    }

    /// What was changed since the last [`State::take_changes`].
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Hands over what was changed and starts to count anew.
    pub fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }
}
