//! The records that the service keeps, as plain values. They hold state and no rules: the rules are in `decide`, and
//! only the fold in `state` changes them.

mod agreement;
mod content;
mod dispute;
mod handoff;
mod labels;
mod lead;
mod opportunity;
mod person;
mod route;
mod score;
mod source;
mod tenant;

pub use agreement::{Agreement, Wording};
pub use content::Content;
pub use dispute::{Dispute, Resolution, Ruling};
pub use handoff::{
    Contact, ContactKind, Direction, Firsts, Handoff, HandoffState, Judged, Merit, Snapshot, Trigger,
    WithdrawalReason,
};
pub use labels::Labels;
pub use lead::{
    Activity, Channel, Lead, LeadKind, Origin, ProductLine, Standing, Suppression, Track, UnknownProductLine,
};
pub use opportunity::{Opportunity, OpportunityState};
pub use person::Person;
pub use route::HandoffRoute;
pub use score::{LeadScore, ScoreAdjustment, ScoreBaseline};
pub use source::{Digest, Source, SourceKey, SourceKind};
pub use tenant::{Defaults, Team, Tenant, User};
