//! One RPC per file, from top to bottom: parse all fields, every violation at once → a command or a query → the answer.

pub(crate) mod accept_handoff;
pub(crate) mod adjust_score;
pub(crate) mod assign_handoff;
pub(crate) mod capture_lead;
mod catalogue;
pub(crate) mod create_tenant;
pub(crate) mod dispute_handoff;
pub(crate) mod draft_version;
pub(crate) mod explain_routing;
pub(crate) mod explain_score;
mod fields;
pub(crate) mod find_duplicates;
pub(crate) mod get_handoff;
pub(crate) mod get_lead;
pub(crate) mod get_reevaluation;
pub(crate) mod get_routing_plan;
pub(crate) mod get_tenant;
pub(crate) mod get_version;
pub(crate) mod import;
mod lead;
pub(crate) mod list_activity_types;
pub(crate) mod list_attributes;
pub(crate) mod list_currency_rates;
pub(crate) mod list_handoffs;
pub(crate) mod list_nurtured_leads;
pub(crate) mod list_reevaluated_leads;
pub(crate) mod list_reevaluations;
pub(crate) mod list_stage_changes;
pub(crate) mod list_users;
pub(crate) mod list_versions;
pub(crate) mod merge_leads;
pub(crate) mod nurture_lead;
pub(crate) mod put_activity_type;
pub(crate) mod put_attribute;
pub(crate) mod put_currency_rate;
pub(crate) mod put_routing_plan;
pub(crate) mod put_team;
pub(crate) mod put_user;
pub(crate) mod qualify_lead;
pub(crate) mod record_activity;
pub(crate) mod record_contact;
pub(crate) mod record_outcome;
mod reevaluation;
pub(crate) mod reject_handoff;
pub(crate) mod reset_score;
pub(crate) mod resolve_dispute;
pub(crate) mod schedule_version;
pub(crate) mod set_availability;
pub(crate) mod set_stage;
pub(crate) mod set_team_calendar;
pub(crate) mod sign_version;
mod stage_change;
pub(crate) mod submit_version;
mod tenant;
pub(crate) mod unmerge_lead;
pub(crate) mod update_tenant;
mod version;
pub(crate) mod watch_handoffs;
pub(crate) mod watch_stage_changes;
pub(crate) mod withdraw_handoff;
pub(crate) mod withdraw_signature;
pub(crate) mod withdraw_version;

use handoff_domain::error::Error;
use handoff_runtime::status::from_error;
use tonic::Status;

use crate::ledger::Told;

/// A command was answered by what another one is answered by: a defect.
fn unexpected(_: Told) -> Status {
    from_error(Error::Internal)
}
