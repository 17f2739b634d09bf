//! Refusals with the facts that a caller needs: the current state and the way out, never a personal value.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::error::{Error, Reason};
use crate::id::{HandoffId, LeadId};
use crate::qualification::command::LeadRef;
use crate::qualification::record::{Handoff, ProductLine, Suppression, User};
use crate::qualification::stage::Stage;

/// `handoffs/{id}`.
pub(super) fn handoff_name(handoff: HandoffId) -> String {
    format!("handoffs/{handoff}")
}

/// `leads/{id}`.
pub(super) fn lead_id_name(lead: LeadId) -> String {
    format!("leads/{lead}")
}

/// The lead as the caller named it. An id or an address is personal: it is not repeated, the caller has it.
pub(super) fn lead_name(lead: &LeadRef) -> String {
    match lead {
        LeadRef::Id(id) => lead_id_name(*id),
        LeadRef::ExternalId(_) => "leads with this external id".to_owned(),
        LeadRef::RecordId { .. } => "leads with this record id".to_owned(),
        LeadRef::Email(_) => "leads with this e-mail address".to_owned(),
    }
}

/// An instant as people and programs read it.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The handoff does not stand where the command starts.
pub(super) fn handoff_stands_elsewhere(handoff: &Handoff, way_out: &str) -> Error {
    let decided = handoff.decided_at.map_or_else(|| "not yet".to_owned(), instant);
    let facts = [
        ("handoff", handoff_name(handoff.id)),
        ("state", handoff.state.to_string()),
        ("decided_at", decided),
        ("way_out", way_out.to_owned()),
    ];
    Error::refused(Reason::IllegalState, facts)
}

/// The lead does not stand where the command starts.
pub(super) fn lead_stands_elsewhere(lead: LeadId, line: &ProductLine, stage: Stage, way_out: &str) -> Error {
    let facts = [
        ("lead", lead_id_name(lead)),
        ("product_line", line.to_string()),
        ("state", stage.to_string()),
        ("way_out", way_out.to_owned()),
    ];
    Error::refused(Reason::IllegalState, facts)
}

/// The lead is another one already.
pub(super) fn lead_merged(lead: LeadId, into: LeadId) -> Error {
    let facts = [
        ("lead", lead_id_name(lead)),
        ("state", "MERGED".to_owned()),
        ("merged_into", lead_id_name(into)),
        ("way_out", "unmerge it first if it was merged with the wrong lead".to_owned()),
    ];
    Error::refused(Reason::IllegalState, facts)
}

/// There is a handoff on this line that waits for a decision.
pub(super) fn handoff_open(handoff: &Handoff) -> Error {
    let facts = [
        ("handoff", handoff_name(handoff.id)),
        ("state", handoff.state.to_string()),
        ("way_out", "sales accepts or rejects the open handoff first".to_owned()),
    ];
    Error::refused(Reason::HandoffOpen, facts)
}

/// The person had another handoff on the line since.
pub(super) fn newer_handoff(handoff: &Handoff, newer: &Handoff) -> Error {
    let facts = [
        ("handoff", handoff_name(handoff.id)),
        ("newer", handoff_name(newer.id)),
        ("state", newer.state.to_string()),
        (
            "way_out",
            "what sales says of the newer handoff holds: uphold the rejection of this one".to_owned(),
        ),
    ];
    Error::refused(Reason::NewerHandoff, facts)
}

/// The time in which something could be done about a decision is over.
pub(super) fn too_late(reason: Reason, handoff: &Handoff, until: DateTime<Utc>, way_out: &str) -> Error {
    let facts =
        [("handoff", handoff_name(handoff.id)), ("until", instant(until)), ("way_out", way_out.to_owned())];
    Error::refused(reason, facts)
}

/// The lead must not be handed over.
pub(super) fn lead_suppressed(lead: LeadId, suppression: Suppression) -> Error {
    let facts = [
        ("lead", lead_id_name(lead)),
        ("suppression", suppression.to_string()),
        ("way_out", "lift the suppression if its reason no longer holds".to_owned()),
    ];
    Error::refused(Reason::LeadSuppressed, facts)
}

/// The user may not own handoffs.
pub(super) fn owner_not_available(user: &User) -> Error {
    let facts = [
        ("owner", format!("users/{}", user.slug)),
        ("side", user.side.to_string()),
        ("active", user.active.to_string()),
        ("way_out", "name an active user of the sales side".to_owned()),
    ];
    Error::refused(Reason::OwnerNotAvailable, facts)
}

/// A tenant, team or user of this name is there already.
pub(super) fn name_taken(name: String) -> Error {
    Error::already_exists(Reason::NameTaken, [("name", name)])
}
