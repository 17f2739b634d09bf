//! The fold: what each event changes. Events are facts, nothing here refuses any; one of another subject is not ours
//! and changes nothing, so that a whole log can be folded.

use super::event::{DraftCause, VersionDrafted, VersionEvent};
use super::record::{Signature, Version, VersionState, Versions};

impl Versions {
    /// Takes in what happened.
    pub fn apply(&mut self, event: &VersionEvent) {
        if event.subject() != self.subject {
            return;
        }
        if let VersionEvent::VersionDrafted(drafted) = event
            && drafted.number == self.next_number()
        {
            self.list.push(new(drafted));
            return;
        }
        // A log speaks of a version first by drafting it.
        let Some(version) = self.list.iter_mut().find(|version| version.number == event.number()) else {
            return;
        };
        match event {
            VersionEvent::VersionDrafted(event) => {
                back_to_draft(version);
                version.document = event.document.clone();
                version.hash = event.hash;
                if event.cause == DraftCause::Edit {
                    version.drafted_by.clone_from(&event.by);
                    version.drafted_at = event.occurred_at;
                }
            }
            VersionEvent::VersionSubmitted(_) => version.state = VersionState::InReview,
            VersionEvent::VersionSigned(event) => version.signatures.push(Signature {
                side: event.side,
                signed_by: event.signed_by.clone(),
                hash: event.hash,
                signed_at: event.occurred_at,
            }),
            VersionEvent::SignatureWithdrawn(_) => back_to_draft(version),
            VersionEvent::VersionApproved(_) => version.state = VersionState::Approved,
            VersionEvent::VersionScheduled(event) => {
                version.state = VersionState::Scheduled;
                version.effective_from = Some(event.effective_from);
            }
            VersionEvent::VersionEffective(event) => {
                version.state = VersionState::Effective;
                version.effective_from = Some(event.effective_from);
            }
            VersionEvent::VersionRetired(event) => {
                version.state = VersionState::Retired;
                version.effective_until = Some(event.effective_until);
            }
        }
    }
}

fn new(drafted: &VersionDrafted) -> Version {
    Version {
        subject: drafted.subject,
        number: drafted.number,
        state: VersionState::Draft,
        document: drafted.document.clone(),
        hash: drafted.hash,
        signatures: Vec::new(),
        effective_from: None,
        effective_until: None,
        drafted_by: drafted.by.clone(),
        drafted_at: drafted.occurred_at,
    }
}

/// A draft carries no signature and no date.
fn back_to_draft(version: &mut Version) {
    version.state = VersionState::Draft;
    version.signatures.clear();
    version.effective_from = None;
}
