//! Versions and the two-key approval (R16): what both sides must agree on changes only by a version that one person
//! of each side has signed. Criteria sets, scoring models and contracts share this one machine.
//!
//! [`decide()`] says what a [`Command`] means for the [`Versions`] of one subject, as events, and
//! [`Versions::apply`] says what an event changes. Nothing else changes a version.
//!
//! - A subject has at most one version that is still under way, the next one. Teams speak of "the next version", and of
//!   two it would be unclear which one an approval replaces. It may be drafted while another is in effect.
//! - A draft carries no signature. Whatever makes a version a draft again, an edit or a withdrawal, voids them all.
//! - The signatures are on the content, not on the date: any person of either side schedules an approved version. A
//!   date that is set stays; another one takes a withdrawal and both signatures again.
//! - To have nothing in effect any more is a change too, and takes both keys: gates that vanished by one side's word
//!   would be a way round the other. It is a version with an empty document, which ends the one before it and itself.
//! - A signature is an act of one person. It becomes void when that person leaves or changes side before the version
//!   is approved; afterwards both keys were turned, and it stands (edge case 29).
//!
//! Not here: what a document means (its owners write the lines), who is told, and what time zone "Monday" is in.

mod apply;
mod change;
mod decide;
mod directory;
mod document;
mod due;
mod event;
mod record;
mod subject;

pub use change::{Change, diff};
pub use decide::{Command, Context, Decision, decide};
pub use directory::{Member, user_changed};
pub use document::{ContentHash, Document, NoContentHash};
pub use due::{starter, take_effect};
pub use event::{
    DraftCause, SignatureWithdrawn, VersionApproved, VersionDrafted, VersionEffective, VersionEvent,
    VersionRetired, VersionScheduled, VersionSigned, VersionSubmitted, WithdrawalReason,
};
pub use record::{Signature, Version, VersionState, Versions};
pub use subject::{CriteriaKind, Subject, UnknownSubject};
