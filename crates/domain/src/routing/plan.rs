//! What a tenant says about routing.

use crate::predicate::Predicate;
use crate::profile::AttributeKey;
use crate::qualification::record::{Channel, LeadKind, ProductLine};
use crate::word::words;

words! {
    /// How an owner is found.
    pub enum Method {
        /// Who had the person before keeps it.
        KeepOwner = "KEEP_OWNER",
        /// In turn, as often as the weights say.
        WeightedRoundRobin = "WEIGHTED_ROUND_ROBIN",
        /// Whoever has the least open, for the weight.
        LeastOpenWork = "LEAST_OPEN_WORK",
    }
}

/// To whom handoffs go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The first that applies decides.
    pub rules: Vec<Rule>,
    /// Who gets what no rule is about.
    pub otherwise: Pool,
}

impl Plan {
    /// The most rules.
    pub const MAX_RULES: usize = 100;
}

/// For some handoffs, who gets them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name within the plan.
    pub key: String,
    /// What people call it.
    pub label: String,
    /// Which handoffs it is about.
    pub when: Condition,
    /// Who gets them.
    pub then: Action,
}

/// What must hold of a handoff; a list that is empty asks nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// One of these product lines.
    pub lines: Vec<ProductLine>,
    /// One of these kinds of leads.
    pub kinds: Vec<LeadKind>,
    /// One of these channels of the first touch.
    pub channels: Vec<Channel>,
    /// All of these must MATCH: territory, segment.
    pub attributes: Vec<(AttributeKey, Predicate)>,
}

impl Condition {
    /// The most product lines.
    pub const MAX_LINES: usize = 100;
    /// The most questions about attributes.
    pub const MAX_ATTRIBUTES: usize = 20;
}

/// Who gets a handoff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The person's owner, whatever the hour and however much it has open. Where there is none who is active and not away the
    /// rule does not apply.
    Keep(Keep),
    /// One of a pool.
    Pool(Pool),
}

/// Who a person's owner is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    /// Whoever owned the person's handoff that sales accepted last.
    LastAccepted,
    /// The user that an attribute names.
    Attribute(AttributeKey),
}

/// Users of the sales side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// The slugs of teams, of which everybody belongs to it.
    pub teams: Vec<String>,
    /// The slugs of further users.
    pub users: Vec<String>,
    /// How one of them is found; not by keeping.
    pub method: Method,
}

impl Pool {
    /// The most teams.
    pub const MAX_TEAMS: usize = 100;
    /// The most users that are named.
    pub const MAX_USERS: usize = 1_000;
}
