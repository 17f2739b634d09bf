//! What callers ask for. A command says who and what in the callers' words (slugs, external ids, addresses); whether
//! it may be done is `decide`'s business.
//!
//! `occurred_at` is when it happened in the world; absent means the batch's now. Decisions about a handoff made live
//! have none: they happen at their batch's now, so that nobody can decide in time afterwards.

mod directory;
mod dispute;
mod handoff;
mod import;
mod lead;
mod merge;
mod routing;
mod version;

pub use directory::{CreateTenant, PutTeam, PutUser, UpdateTenant};
pub use dispute::{DisputeHandoff, Finding, ResolveDispute};
pub use handoff::{AcceptHandoff, AssignHandoff, RejectHandoff, WithdrawHandoff};
pub use import::{Entry, Import, Past, Subject};
pub use lead::{
    AdjustScore, CaptureLead, JudgeCause, JudgeLead, LeadRef, NurtureLead, Outcome, QualifyLead,
    RecordActivity, RecordContact, RecordOutcome, ResetScore, SetStage,
};
pub use merge::{MergeLeads, UnmergeLead};
pub use routing::{
    CalendarCopy, HearCalendars, PutRoutingPlan, ReleaseOwner, RouteWaiting, SetAvailability,
    SetTeamCalendar, Waiting,
};
pub use version::{ChangeVersion, VersionStep};

use crate::activity::ActivityType;
use crate::profile::AttributeDefinition;
use crate::rates::Rate;

/// Every way to change something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Found a tenant.
    CreateTenant(CreateTenant),
    /// Change a tenant.
    UpdateTenant(Box<UpdateTenant>),
    /// Have a team.
    PutTeam(PutTeam),
    /// Have a user.
    PutUser(PutUser),
    /// Have a routing plan.
    PutRoutingPlan(PutRoutingPlan),
    /// Say when and how much a user takes.
    SetAvailability(SetAvailability),
    /// Say by which calendar a team works.
    SetTeamCalendar(SetTeamCalendar),
    /// Take in what sla's log says of calendars.
    HearCalendars(HearCalendars),
    /// Route those who wait.
    RouteWaiting(RouteWaiting),
    /// Send back what somebody has open who is not there.
    ReleaseOwner(ReleaseOwner),
    /// Have an attribute (R13, R14).
    PutAttribute(AttributeDefinition),
    /// Have a type of activity (R8, R9).
    PutActivityType(ActivityType),
    /// Have a rate between two currencies.
    PutRate(Rate),
    /// Take a version of a criteria set or the scoring model a step further, or back.
    ChangeVersion(Box<ChangeVersion>),
    /// Add a lead, or add to what is known of it.
    CaptureLead(Box<CaptureLead>),
    /// Say that two leads are one person.
    MergeLeads(MergeLeads),
    /// Take that back.
    UnmergeLead(UnmergeLead),
    /// Note what a lead did.
    RecordActivity(RecordActivity),
    /// Judge a lead.
    JudgeLead(JudgeLead),
    /// Note which versions have taken effect because their time has come.
    TakeEffect,
    /// Give or take points by hand.
    AdjustScore(AdjustScore),
    /// Count a lead's behaviour anew.
    ResetScore(ResetScore),
    /// Take over a stage that was set in a CRM.
    SetStage(SetStage),
    /// Send a lead to a nurture flow.
    NurtureLead(NurtureLead),
    /// Make a lead an MQL.
    QualifyLead(QualifyLead),
    /// Give a handoff its owner.
    AssignHandoff(AssignHandoff),
    /// Take a handoff: the lead becomes an SQL.
    AcceptHandoff(AcceptHandoff),
    /// Refuse a handoff.
    RejectHandoff(RejectHandoff),
    /// Take a handoff back.
    WithdrawHandoff(WithdrawHandoff),
    /// Object to a rejection.
    DisputeHandoff(DisputeHandoff),
    /// Say whether a disputed rejection stands.
    ResolveDispute(ResolveDispute),
    /// Note a contact with a lead.
    RecordContact(RecordContact),
    /// Note what came of a lead.
    RecordOutcome(RecordOutcome),
    /// Bring in a lead and its history from elsewhere.
    Import(Import),
}
