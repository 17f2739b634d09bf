//! Refusals with the facts that a signer needs: how the version stands and the way out.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::actor::Actor;
use crate::error::{Error, Reason};
use crate::version::directory::Member;
use crate::version::document::ContentHash;
use crate::version::record::{Signature, Version};
use crate::version::subject::Subject;

/// SYSTEM may not do what the two sides agree on.
pub(super) fn wrong_side() -> Error {
    let way_out = ("way_out", "ask as a person or a program of marketing or sales".to_owned());
    Error::refused(Reason::WrongSide, [("side", "MARKETING, SALES".to_owned()), way_out])
}

/// The version does not stand where the command starts.
pub(super) fn stands_elsewhere(version: &Version, way_out: &str) -> Error {
    let facts =
        [("version", version.name()), ("state", version.state.to_string()), ("way_out", way_out.to_owned())];
    Error::refused(Reason::IllegalState, facts)
}

/// The version is or was in effect, and what was in effect does not change any more.
pub(super) fn has_taken_effect(version: &Version) -> Error {
    stands_elsewhere(version, "it has taken effect: draft the next version")
}

/// There is nothing in effect that an empty document could end.
pub(super) fn nothing_to_end(subject: Subject) -> Error {
    let facts = [
        ("subject", subject.to_string()),
        ("state", "nothing in effect".to_owned()),
        ("way_out", "an empty document ends what is in effect: draft one with content".to_owned()),
    ];
    Error::refused(Reason::IllegalState, facts)
}

/// The signer is a program, not active, or not of the side that it speaks for.
pub(super) fn signer_not_available(actor: &Actor, member: Option<Member>) -> Error {
    let known = member.map_or_else(
        || "no user".to_owned(),
        |member| format!("{} user of {}", if member.active { "active" } else { "inactive" }, member.side),
    );
    let facts = [
        ("signer", actor.principal.clone()),
        ("side", actor.side.to_string()),
        ("known_as", known),
        ("way_out", format!("an active user of {} signs", actor.side)),
    ];
    Error::refused(Reason::SignerNotAvailable, facts)
}

/// The signer read something else than what the version says.
pub(super) fn content_changed(version: &Version, read: ContentHash) -> Error {
    let facts = [
        ("version", version.name()),
        ("state", version.state.to_string()),
        ("read", read.to_string()),
        ("current", version.hash.to_string()),
        ("way_out", "read it again, then sign what it says now".to_owned()),
    ];
    Error::refused(Reason::ContentChanged, facts)
}

/// One person turns one key.
pub(super) fn signed_for_other_side(version: &Version, own: &Signature) -> Error {
    let facts = [
        ("version", version.name()),
        ("side", own.side.to_string()),
        ("way_out", "another person signs for this side".to_owned()),
    ];
    Error::refused(Reason::SignedForOtherSide, facts)
}

/// The side's key is turned.
pub(super) fn already_signed(version: &Version, other: &Signature) -> Error {
    let missing = version.missing();
    let way_out = missing.first().map_or_else(
        || "nothing is missing: the version is signed by both sides".to_owned(),
        |side| format!("{side} signs next"),
    );
    let facts = [
        ("version", version.name()),
        ("side", other.side.to_string()),
        ("signed_by", other.signed_by.clone()),
        ("way_out", way_out),
    ];
    Error::refused(Reason::AlreadySigned, facts)
}

/// Nothing is scheduled without both signatures.
pub(super) fn not_signed_by_both(version: &Version) -> Error {
    let missing: Vec<&str> = version.missing().into_iter().map(|side| side.as_str()).collect();
    let facts = [
        ("version", version.name()),
        ("state", version.state.to_string()),
        ("missing", missing.join(", ")),
        ("way_out", "submit it and let one person of each side sign it, then schedule it".to_owned()),
    ];
    Error::refused(Reason::NotSignedByBoth, facts)
}

/// Nothing takes effect in the past.
pub(super) fn too_early(earliest: DateTime<Utc>) -> Error {
    let earliest = earliest.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    Error::invalid("effective_time", format!("lies in the past: {earliest} is the earliest"))
}
