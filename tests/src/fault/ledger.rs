//! What callers of one tenant were promised, and what they tried without an answer.

use std::collections::{BTreeMap, BTreeSet};

use handoff_proto::qualification::v1::HandoffState;
use uuid::Uuid;

/// A request that was answered well.
#[derive(Debug, Clone)]
pub struct Promise {
    /// Its id.
    pub request: Uuid,
    /// The event that it must have left in the log.
    pub event: &'static str,
}

/// The promises of one tenant.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The requests that were answered well.
    pub promises: Vec<Promise>,
    /// Leads by their ids in the tenant's own system, with their names.
    pub leads: BTreeMap<String, String>,
    /// Handoffs by their names, with the state in which the last answer had them.
    pub handoffs: BTreeMap<String, HandoffState>,
    /// Leads that somebody tried to capture or to import, by their ids in the tenant's own system.
    pub tried: BTreeSet<String>,
}

impl Ledger {
    /// Takes in what another caller of the same tenant was promised.
    pub fn merge(&mut self, other: Self) {
        self.promises.extend(other.promises);
        self.leads.extend(other.leads);
        self.handoffs.extend(other.handoffs);
        self.tried.extend(other.tried);
    }
}
