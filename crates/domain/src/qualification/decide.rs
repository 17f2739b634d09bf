//! The decision: a pure function of (state, command, context) that gives events and an answer, or a refusal. One file
//! per verb.

mod accept_handoff;
mod adjust_score;
mod assign_handoff;
mod capture_lead;
mod change_version;
mod create_tenant;
mod dispute_handoff;
mod draft;
mod find_owner;
mod identity;
mod import;
mod judge_lead;
mod merge_leads;
mod nurture_lead;
mod put_activity_type;
mod put_attribute;
mod put_rate;
mod put_routing;
mod put_team;
mod put_user;
mod qualify_lead;
mod record_activity;
mod record_contact;
mod record_outcome;
mod refusal;
mod reject_handoff;
mod resolve_dispute;
mod return_sql;
mod set_aside;
mod set_stage;
mod skip;
mod unmerge_lead;
mod update_tenant;
mod withdraw_handoff;

use chrono::{DateTime, Utc};

use crate::activity::ActivityKind;
use crate::actor::Actor;
use crate::error::Error;
use crate::id::{
    ActivityId, ContactId, HandoffId, IdSource, LeadId, OpportunityId, TeamId, TenantId, UserId,
};
use crate::profile::AttributeKey;
use crate::qualification::command::{Command, Waiting};
use crate::qualification::decide::draft::Draft;
use crate::qualification::event::Event;
use crate::qualification::state::{Note, State, Watch};
use crate::rates::Rate;
use crate::version::Subject;

pub use find_owner::explain_routing;
pub use put_user::DISPLAY_NAME;

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
    /// How a lead stands that was judged, to be noted once the events were applied.
    pub watch: Option<Watch>,
    /// What else is to be noted then, in this order.
    pub notes: Vec<Note>,
    /// What to tell the caller.
    pub answer: Answer,
}

/// The record that a command made or changed; references only, so that an answer can be kept with its request id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// CreateTenant, UpdateTenant.
    Tenant(TenantId),
    /// PutTeam, SetTeamCalendar.
    Team(TeamId),
    /// PutUser, SetAvailability.
    User(UserId),
    /// PutAttribute.
    Attribute(AttributeKey),
    /// PutActivityType.
    ActivityType(ActivityKind),
    /// PutRate.
    Rate(Rate),
    /// ChangeVersion.
    Version {
        /// Of what.
        subject: Subject,
        /// The number of the version that is as the command wants it.
        number: u32,
        /// Whether it was so before.
        unchanged: bool,
    },
    /// CaptureLead, MergeLeads, UnmergeLead, AdjustScore, ResetScore, NurtureLead, SetStage.
    Lead(LeadId),
    /// RecordActivity.
    Activity(ActivityId),
    /// JudgeLead.
    Judged(LeadId),
    /// PutRoutingPlan: the plan's number.
    Plan(u32),
    /// RouteWaiting: behind whom to go on, and when somebody is free by time alone for those before.
    Waiting(Option<(Waiting, Option<DateTime<Utc>>)>),
    /// TakeEffect, HearCalendars, ReleaseOwner.
    TookEffect,
    /// QualifyLead, AssignHandoff, AcceptHandoff, RejectHandoff, WithdrawHandoff, DisputeHandoff, ResolveDispute.
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

/// Decides `command` of the context's actor against `state`, which holds all that [`crate::qualification::needs`] and
/// [`State::missing`] ask for. The state is not changed: whoever asked applies the events, in order and at the next
/// positions, before the next command is decided.
///
/// A refusal (`Refused`, `Invalid`, `NotFound`, `AlreadyExists`, `Stale`) concerns this command alone.
pub fn decide(state: &State, command: &Command, context: &mut Context<'_>) -> Result<Decision, Error> {
    let mut draft = Draft::new(state, command, context);
    let answer = match command {
        Command::CreateTenant(command) => create_tenant::create_tenant(&mut draft, command),
        Command::UpdateTenant(command) => update_tenant::update_tenant(&mut draft, command),
        Command::PutTeam(command) => put_team::put_team(&mut draft, command),
        Command::PutUser(command) => put_user::put_user(&mut draft, command),
        Command::PutRoutingPlan(command) => put_routing::put_routing_plan(&mut draft, command),
        Command::SetAvailability(command) => put_routing::set_availability(&mut draft, command),
        Command::SetTeamCalendar(command) => put_routing::set_team_calendar(&mut draft, command),
        Command::HearCalendars(command) => put_routing::hear_calendars(&mut draft, command),
        Command::RouteWaiting(command) => find_owner::route_waiting(&mut draft, command),
        Command::ReleaseOwner(command) => find_owner::release_owner(&mut draft, command),
        Command::PutAttribute(attribute) => put_attribute::put_attribute(&mut draft, attribute),
        Command::PutActivityType(declared) => put_activity_type::put_activity_type(&mut draft, declared),
        Command::PutRate(rate) => put_rate::put_rate(&mut draft, *rate),
        Command::ChangeVersion(command) => change_version::change_version(&mut draft, command),
        Command::CaptureLead(command) => capture_lead::capture_lead(&mut draft, command),
        Command::MergeLeads(command) => merge_leads::merge_leads(&mut draft, command),
        Command::UnmergeLead(command) => unmerge_lead::unmerge_lead(&mut draft, command),
        Command::RecordActivity(command) => record_activity::record_activity(&mut draft, command),
        Command::JudgeLead(command) => judge_lead::judge_lead(&mut draft, command),
        Command::TakeEffect => change_version::take_effect(&mut draft),
        Command::AdjustScore(command) => adjust_score::adjust_score(&mut draft, command),
        Command::ResetScore(command) => adjust_score::reset_score(&mut draft, command),
        Command::SetStage(command) => set_stage::set_stage(&mut draft, command),
        Command::NurtureLead(command) => nurture_lead::nurture_lead(&mut draft, command),
        Command::QualifyLead(command) => qualify_lead::qualify_lead(&mut draft, command),
        Command::AssignHandoff(command) => assign_handoff::assign_handoff(&mut draft, command),
        Command::AcceptHandoff(command) => accept_handoff::accept_handoff(&mut draft, command),
        Command::RejectHandoff(command) => reject_handoff::reject_handoff(&mut draft, command),
        Command::WithdrawHandoff(command) => withdraw_handoff::withdraw_handoff(&mut draft, command),
        Command::DisputeHandoff(command) => dispute_handoff::dispute_handoff(&mut draft, command),
        Command::ResolveDispute(command) => resolve_dispute::resolve_dispute(&mut draft, command),
        Command::RecordContact(command) => record_contact::record_contact(&mut draft, command),
        Command::RecordOutcome(command) => record_outcome::record_outcome(&mut draft, command),
        Command::Import(command) => import::import(&mut draft, command),
    }?;
    let (events, watch, notes) = draft.finish();
    Ok(Decision { events, watch, notes, answer })
}
