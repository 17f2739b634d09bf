//! The decision: a pure function of (state, command, context) that gives events and an answer, or a refusal. One file
//! per verb.

use chrono::{DateTime, Utc};

use crate::actor::Actor;
use crate::id::{
    ActivityId, ContactId, HandoffId, IdSource, LeadId, OpportunityId, TeamId, TenantId, UserId,
};
use crate::qualification::event::Event;

/// What a decision may know besides the state: who asks, when, and where new ids come from.
#[derive(Debug)]
pub struct Context<'a> {
    /// The tenant of the batch.
    pub tenant: TenantId,
    /// The batch's now: database time, read under the log row's lock.
    pub now: DateTime<Utc>,
    /// Who asks.
    pub actor: &'a Actor,
    /// Where new ids come from.
    pub ids: IdSource<'a>,
}

/// A command that was carried out. Its events are still to be applied, one by one, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What happened; empty when everything was so already.
    pub events: Vec<Event>,
    /// What to tell the caller.
    pub answer: Answer,
}

/// The record that a command made or changed; references only, so that an answer can be kept with its request id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// CreateTenant.
    Tenant(TenantId),
    /// CreateTeam.
    Team(TeamId),
    /// CreateUser.
    User(UserId),
    /// CaptureLead.
    Lead(LeadId),
    /// RecordActivity.
    Activity(ActivityId),
    /// QualifyLead, AssignHandoff, AcceptHandoff, RejectHandoff.
    Handoff(HandoffId),
    /// RecordContact.
    Contact(ContactId),
    /// RecordOutcome.
    Opportunity(OpportunityId),
    /// Import.
    Imported {
        /// The lead.
        lead: LeadId,
        /// Whether it is new.
        created: bool,
        /// How many entries were new; the others were known already.
        entries_new: u32,
    },
}
