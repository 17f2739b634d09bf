//! Signers as the directory knows them, and what becomes of a signature when its signer does not stay (edge case 29).

use chrono::{DateTime, Utc};

use super::event::{SignatureWithdrawn, VersionEvent, WithdrawalReason};
use super::record::{VersionState, Versions};
use crate::actor::Side;

/// A user, so far as it matters to signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The side that the user belongs to.
    pub side: Side,
    /// Whether the user still works for the tenant.
    pub active: bool,
}

/// What follows for the versions of all subjects when the user that `principal` names (`users/ada`) is `member` now:
/// the user's signatures on versions that are not approved are void, if they leave or speak for another side. To be
/// carried out together with the change of the user, or when it is heard of: a decision trusts the signatures that it
/// finds. In the log their actor is whoever made that change; the events themselves say whose signature it was.
pub fn user_changed<'a>(
    subjects: impl IntoIterator<Item = &'a Versions>,
    principal: &str,
    member: Member,
    now: DateTime<Utc>,
) -> Vec<VersionEvent> {
    let in_review = |versions: &'a Versions| versions.open().filter(|it| it.state == VersionState::InReview);
    let versions = subjects.into_iter().filter_map(in_review);
    let void = versions.filter_map(|version| {
        let signature = version.signatures.iter().find(|signature| signature.signed_by == principal)?;
        let reason = if !member.active {
            WithdrawalReason::SignerLeft
        } else if member.side != signature.side {
            WithdrawalReason::SignerChangedSide
        } else {
            return None;
        };
        let withdrawn = SignatureWithdrawn {
            occurred_at: now,
            subject: version.subject,
            number: version.number,
            signed_by: principal.to_owned(),
            side: signature.side,
            reason,
        };
        Some(withdrawn.into())
    });
    void.collect()
}
