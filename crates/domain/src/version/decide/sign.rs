//! The two keys: a signature is of one person, for one side, on exactly the content that the person read.

use super::{Turn, refusal};
use crate::error::Error;
use crate::version::document::ContentHash;
use crate::version::event::{SignatureWithdrawn, VersionApproved, VersionSigned, WithdrawalReason};
use crate::version::record::VersionState;

impl Turn<'_, '_> {
    pub(super) fn sign(&mut self, number: u32, hash: ContentHash) -> Result<bool, Error> {
        let actor = self.context.actor;
        let version = self.version(number)?;
        if !self.context.member.is_some_and(|member| member.active && member.side == actor.side) {
            return Err(refusal::signer_not_available(actor, self.context.member));
        }
        // Before the state: whoever read something else must learn that first, an edit made a draft of it.
        if version.hash != hash {
            return Err(refusal::content_changed(version, hash));
        }
        if let Some(own) = version.signatures.iter().find(|it| it.signed_by == actor.principal) {
            let same_side = own.side == actor.side;
            return if same_side { Ok(true) } else { Err(refusal::signed_for_other_side(version, own)) };
        }
        if let Some(other) = version.signature_of(actor.side) {
            return Err(refusal::already_signed(version, other));
        }
        match version.state {
            VersionState::InReview => {}
            VersionState::Draft => {
                return Err(refusal::stands_elsewhere(version, "submit the draft for review, then sign it"));
            }
            _ => return Err(refusal::has_taken_effect(version)),
        }
        let (occurred_at, subject, signed_by) = (self.context.now, version.subject, actor.principal.clone());
        self.emit(VersionSigned { occurred_at, subject, number, hash, signed_by, side: actor.side });
        if self.version(number)?.is_signed() {
            self.emit(VersionApproved { occurred_at, subject, number, hash });
        }
        Ok(false)
    }

    pub(super) fn withdraw_signature(&mut self, number: u32) -> Result<bool, Error> {
        let principal = self.principal();
        let version = self.version(number)?;
        if !version.state.is_open() {
            return Err(refusal::has_taken_effect(version));
        }
        let Some(own) = version.signatures.iter().find(|it| it.signed_by == principal) else {
            return Ok(true);
        };
        let withdrawn = SignatureWithdrawn {
            occurred_at: self.context.now,
            subject: version.subject,
            number,
            signed_by: principal,
            side: own.side,
            reason: WithdrawalReason::Withdrawn,
        };
        self.emit(withdrawn);
        Ok(false)
    }
}
