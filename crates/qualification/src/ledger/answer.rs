//! What a caller is told: the record that its command made or changed, as it is now. Of an answer only its reference
//! is kept; a repeat of the request gets the record as it is then.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use handoff_domain::activity::ActivityTypes;
use handoff_domain::error::{Error, Facts};
use handoff_domain::id::{ActivityId, ContactId, HandoffId, LeadId, OpportunityId, TeamId, TenantId, UserId};
use handoff_domain::profile::Catalogue;
use handoff_domain::qualification::command::Waiting;
use handoff_domain::qualification::decide::{self, DISPLAY_NAME, Decision};
use handoff_domain::qualification::{Event, State};
use handoff_domain::version::Subject;
use handoff_proto::common::v1 as common;
use handoff_proto::name::{Collection, slug};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::clock;
use handoff_store::batch::Reference;
use handoff_store::error::StoreError;
use handoff_store::qualification::handoff::HandoffRow;
use handoff_store::qualification::user_account::{UserCard, UserRow};
use handoff_store::qualification::{
    activity_type, attribute, currency_rate, dossier, handoff, handoff_route, routing, team, tenant,
    user_account, version,
};
use handoff_store::tx::Tx;
use prost::Message;

use crate::convert;
use crate::convert::catalogue::{ACTIVITY_TYPES, ATTRIBUTES, CURRENCY_RATES, rate_key};
use crate::convert::directory::Directory;
use crate::people;

/// An answer, and the log's last position once its command was done.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// What.
    pub(crate) told: Told,
    /// The position.
    pub(crate) position: i64,
}

/// The record, in the words of the wire: what is not needed any more is not kept.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    /// CreateTenant.
    Tenant(Box<pb::Tenant>),
    /// PutTeam.
    Team(pb::Team),
    /// PutUser.
    User(Box<pb::User>),
    /// PutAttribute.
    Attribute(pb::Attribute),
    /// PutActivityType.
    ActivityType(pb::ActivityType),
    /// PutCurrencyRate.
    Rate(pb::CurrencyRate),
    /// The steps of a version; `unchanged` when it was there before.
    Version { version: Box<common::Version>, unchanged: bool },
    /// CaptureLead, MergeLeads, UnmergeLead; `created` is false when the lead was there already.
    Lead { lead: Box<pb::Lead>, created: bool },
    /// RecordActivity.
    Activity(ActivityId),
    /// PutRoutingPlan; the number is the plan's.
    Plan { plan: Box<pb::RoutingPlan>, number: u32 },
    /// RouteWaiting: behind whom to go on.
    Waiting(Option<(Waiting, Option<DateTime<Utc>>)>),
    /// JudgeLead, TakeEffect, HearCalendars, ReleaseOwner: what the service does by itself, of which nobody is told.
    Nothing,
    /// QualifyLead, AssignHandoff, AcceptHandoff, RejectHandoff, WithdrawHandoff, DisputeHandoff, ResolveDispute.
    Handoff(Box<pb::Handoff>),
    /// RecordContact.
    Contact(ContactId),
    /// RecordOutcome.
    Outcome { opportunity: OpportunityId, lead: Box<pb::Lead> },
    /// Import; `changed` is false when all of the item was known.
    Imported { lead: LeadId, created: bool, changed: bool },
}

/// Where plans are, in what is kept of answers.
const ROUTING_PLANS: &str = "routing-plans";
const CREATED: &str = "created";
const CHANGED: &str = "changed";
const LEAD: &str = "lead";
const UNCHANGED: &str = "unchanged";

/// The answer to a command whose events were folded into `state`; the last of them stands at `position`.
pub(super) fn give(
    state: &State,
    directory: &Directory,
    cards: &BTreeMap<UserId, UserCard>,
    decided: &Decision,
    position: i64,
) -> Result<Answer, Error> {
    let created = decided.events.iter().any(|event| matches!(event, Event::LeadCaptured(_)));
    let told = match &decided.answer {
        decide::Answer::Tenant(_) => {
            Told::Tenant(Box::new(convert::tenant::tenant(state.tenant().ok_or(Error::Internal)?)))
        }
        decide::Answer::Team(id) => {
            Told::Team(convert::tenant::team(state.team_by_id(*id).ok_or(Error::Internal)?))
        }
        decide::Answer::User(id) => {
            Told::User(Box::new(convert::tenant::user(&card(state, directory, cards, *id)?)))
        }
        decide::Answer::Attribute(key) => {
            let found = state.catalogue().get(key).ok_or(Error::Internal)?;
            Told::Attribute(convert::catalogue::attribute(found))
        }
        decide::Answer::ActivityType(kind) => {
            let found = state.activity_types().get(kind).ok_or(Error::Internal)?;
            Told::ActivityType(convert::catalogue::activity_type(found))
        }
        decide::Answer::Rate(rate) => Told::Rate(convert::catalogue::rate(rate)),
        decide::Answer::Version { subject, number, unchanged } => {
            let versions = state.agreement(*subject).map(|agreement| &agreement.versions);
            let found = versions.and_then(|all| Some(convert::version::version(all, all.version(*number)?)));
            Told::Version { version: Box::new(found.ok_or(Error::Internal)?), unchanged: *unchanged }
        }
        decide::Answer::Lead(id) => Told::Lead { lead: lead(state, *id)?, created },
        decide::Answer::Activity(id) => Told::Activity(*id),
        decide::Answer::Plan(number) => Told::Plan { plan: plan(state)?, number: *number },
        decide::Answer::Waiting(next) => Told::Waiting(*next),
        decide::Answer::Judged(_) | decide::Answer::TookEffect => Told::Nothing,
        decide::Answer::Handoff(id) => Told::Handoff(Box::new(handoff_of(state, directory, *id)?)),
        decide::Answer::Contact(id) => Told::Contact(*id),
        decide::Answer::Opportunity(id) => {
            let lead_id = decided.events.iter().find_map(Event::lead).ok_or(Error::Internal)?;
            Told::Outcome { opportunity: *id, lead: lead(state, state.survivor(lead_id))? }
        }
        decide::Answer::Imported { lead, created, .. } => {
            Told::Imported { lead: *lead, created: *created, changed: !decided.events.is_empty() }
        }
    };
    Ok(Answer { told, position })
}

fn plan(state: &State) -> Result<Box<pb::RoutingPlan>, Error> {
    let plan =
        state.roster().and_then(|roster| roster.plan()).map(|(_, plan)| convert::routing::to_plan(plan));
    plan.map(Box::new).ok_or(Error::Internal)
}

fn lead(state: &State, id: LeadId) -> Result<Box<pb::Lead>, Error> {
    state.whole(id).map(|whole| Box::new(convert::lead::lead(&whole))).ok_or(Error::Internal)
}

/// A user as it is now: what the batch changed over what was there before.
fn card(
    state: &State,
    directory: &Directory,
    cards: &BTreeMap<UserId, UserCard>,
    id: UserId,
) -> Result<UserCard, Error> {
    let user = state.user_by_id(id).cloned().ok_or(Error::Internal)?;
    let person = state.records().people.get(&id).cloned().unwrap_or_default();
    let team = directory.team_slug(user.team)?;
    let before = cards.get(&id);
    let display_name = person.attributes.get(DISPLAY_NAME).cloned();
    Ok(UserCard {
        row: UserRow { user, team },
        display_name: display_name.or_else(|| before?.display_name.clone()),
        email: person.email.or_else(|| before?.email.clone()),
    })
}

fn handoff_of(state: &State, directory: &Directory, id: HandoffId) -> Result<pb::Handoff, Error> {
    let handoff = state.handoff(id).cloned().ok_or(Error::Internal)?;
    let (owner, team) = (directory.user_slug(handoff.owner)?, directory.team_slug(handoff.team)?);
    let kept = state.dossier(handoff.lead).and_then(|dossier| dossier.routes.get(&id));
    Ok(convert::handoff::with_route(&HandoffRow { handoff, owner, team }, kept))
}

impl Answer {
    /// What is kept of it: names, and what no later record tells.
    pub(super) fn reference(&self) -> Reference {
        let facts = |facts: &[(&str, String)]| -> Facts {
            facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
        };
        let (resource, facts) = match &self.told {
            Told::Tenant(tenant) => (tenant.name.clone(), Facts::new()),
            Told::Team(team) => (team.name.clone(), Facts::new()),
            Told::User(user) => (user.name.clone(), Facts::new()),
            Told::Attribute(attribute) => (format!("{ATTRIBUTES}/{}", attribute.key), Facts::new()),
            Told::ActivityType(declared) => (format!("{ACTIVITY_TYPES}/{}", declared.r#type), Facts::new()),
            Told::Rate(rate) => (format!("{CURRENCY_RATES}/{}", rate_key(rate)), Facts::new()),
            Told::Version { version, unchanged } => {
                (version.name.clone(), facts(&[(UNCHANGED, unchanged.to_string())]))
            }
            Told::Lead { lead, created } => (lead.name.clone(), facts(&[(CREATED, created.to_string())])),
            Told::Activity(id) => (Collection::Activities.name(id.0), Facts::new()),
            Told::Plan { number, .. } => (format!("{ROUTING_PLANS}/{number}"), Facts::new()),
            Told::Nothing | Told::Waiting(_) => (String::new(), Facts::new()),
            Told::Handoff(handoff) => (handoff.name.clone(), Facts::new()),
            Told::Contact(id) => (Collection::Contacts.name(id.0), Facts::new()),
            Told::Outcome { opportunity, lead } => {
                (Collection::Opportunities.name(opportunity.0), facts(&[(LEAD, lead.name.clone())]))
            }
            Told::Imported { lead, created, changed } => (
                Collection::Leads.name(lead.0),
                facts(&[(CREATED, created.to_string()), (CHANGED, changed.to_string())]),
            ),
        };
        Reference { resource, facts }
    }
}

/// The answer that a reference stands for, from the records as they are now.
pub(super) async fn recall(
    tx: &mut Tx,
    tenant: TenantId,
    reference: &Reference,
    position: i64,
) -> Result<Option<Answer>, StoreError> {
    let told = recall_record(tx, tenant, reference).await?;
    Ok(told.map(|told| Answer { told, position }))
}

async fn recall_record(
    tx: &mut Tx,
    tenant: TenantId,
    reference: &Reference,
) -> Result<Option<Told>, StoreError> {
    let Reference { resource, facts } = reference;
    let is = |fact: &str| facts.get(fact).is_some_and(|value| value == "true");
    if resource.starts_with("tenants/") {
        let record = tenant::load(tx, tenant).await?;
        return Ok(record.map(|record| Told::Tenant(Box::new(convert::tenant::tenant(&record)))));
    }
    if let Some(slug) = slug("teams", resource) {
        let found = team::load(tx, tenant, &[TeamId::from_slug(tenant, slug)]).await?;
        return Ok(found.first().map(|team| Told::Team(convert::tenant::team(team))));
    }
    if let Some(slug) = slug("users", resource) {
        let found = user_account::load(tx, tenant, &[UserId::from_slug(tenant, slug)]).await?;
        return Ok(found.first().map(|card| Told::User(Box::new(convert::tenant::user(card)))));
    }
    if let Some(key) = slug(ATTRIBUTES, resource) {
        let all = Catalogue::with(attribute::load(tx, tenant).await?);
        let found = key.parse().ok().and_then(|key| all.get(&key));
        return Ok(found.map(|found| Told::Attribute(convert::catalogue::attribute(found))));
    }
    if let Some(kind) = slug(ACTIVITY_TYPES, resource) {
        let all = ActivityTypes::with(activity_type::load(tx, tenant).await?);
        let found = kind.parse().ok().and_then(|kind| all.get(&kind));
        return Ok(found.map(|found| Told::ActivityType(convert::catalogue::activity_type(found))));
    }
    if let Some(key) = slug(CURRENCY_RATES, resource) {
        let all = currency_rate::load(tx, tenant).await?;
        let mut all = all.iter().map(convert::catalogue::rate);
        return Ok(all.find(|rate| rate_key(rate) == key).map(Told::Rate));
    }
    if resource.starts_with(ROUTING_PLANS) {
        let Some(row) = routing::load_plan(tx, tenant).await? else { return Ok(None) };
        let plan = pb::RoutingPlan::decode(row.content.as_slice());
        let plan = plan.map_err(|_| StoreError::defect("routing_plan.content cannot be read"))?;
        return Ok(Some(Told::Plan { plan: Box::new(plan), number: row.number }));
    }
    if let Some((subject, number)) = Subject::parse_version_name(resource) {
        let found = load_version(tx, tenant, subject, number).await?;
        return Ok(found.map(|version| Told::Version { version, unchanged: is(UNCHANGED) }));
    }
    if let Some(id) = Collection::Leads.parse(resource) {
        let id = LeadId(id);
        if facts.contains_key(CHANGED) {
            return Ok(Some(Told::Imported { lead: id, created: is(CREATED), changed: is(CHANGED) }));
        }
        let found = load_lead(tx, tenant, id).await?;
        return Ok(found.map(|lead| Told::Lead { lead, created: is(CREATED) }));
    }
    if let Some(id) = Collection::Activities.parse(resource) {
        return Ok(Some(Told::Activity(ActivityId(id))));
    }
    if let Some(id) = Collection::Contacts.parse(resource) {
        return Ok(Some(Told::Contact(ContactId(id))));
    }
    if let Some(id) = Collection::Handoffs.parse(resource) {
        let found = handoff::load(tx, tenant, &[HandoffId(id)]).await?;
        let kept = handoff_route::load(tx, tenant, &[HandoffId(id)]).await?;
        let told = |row| Told::Handoff(Box::new(convert::handoff::with_route(row, kept.first())));
        return Ok(found.first().map(told));
    }
    if let Some(id) = Collection::Opportunities.parse(resource) {
        let lead = facts.get(LEAD).and_then(|name| Collection::Leads.parse(name));
        let lead = lead.ok_or_else(|| StoreError::defect("a stored answer names no lead"))?;
        let found = load_lead(tx, tenant, LeadId(lead)).await?;
        return Ok(found.map(|lead| Told::Outcome { opportunity: OpportunityId(id), lead }));
    }
    Err(StoreError::defect("a stored answer names a resource that this build does not know"))
}

async fn load_lead(tx: &mut Tx, tenant: TenantId, id: LeadId) -> Result<Option<Box<pb::Lead>>, StoreError> {
    let names = dossier::Names { leads: vec![id], ..dossier::Names::default() };
    let state = people::load(tx, tenant, names).await?;
    Ok(state.whole(id).map(|whole| Box::new(convert::lead::lead(&whole))))
}

async fn load_version(
    tx: &mut Tx,
    tenant: TenantId,
    subject: Subject,
    number: u32,
) -> Result<Option<Box<common::Version>>, StoreError> {
    let catalogue = Catalogue::with(attribute::load(tx, tenant).await?);
    let agreements = convert::version::agreements(version::load(tx, tenant, &[subject]).await?, &catalogue)?;
    let versions = agreements.into_iter().next().map(|agreement| agreement.versions.settled(clock::now()));
    Ok(versions.and_then(|all| Some(Box::new(convert::version::version(&all, all.version(number)?)))))
}
