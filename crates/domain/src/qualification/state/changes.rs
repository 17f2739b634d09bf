//! What a batch has changed: which records must be saved, and which rows must be appended.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::activity::ActivityKind;
use crate::actor::Side;
use crate::id::{HandoffId, LeadId, OpportunityId, TeamId, UserId};
use crate::money::Currency;
use crate::profile::AttributeKey;
use crate::qualification::command::CalendarCopy;
use crate::qualification::record::{
    Activity, Contact, ProductLine, ScoreAdjustment, ScoreBaseline, SourceKey,
};
use crate::qualification::stage::Stage;
use crate::qualification::state::{Looks, Publication};
use crate::routing::Turn;
use crate::score::RuleIndex;
use crate::version::Subject;

/// A row of the stage history: a change of stage, or of the segment in nurture; append-only, at most one per event. The first row of a lead has no `from`. A track
/// that begins later than its lead starts at LEAD without a row of its own: the lead was captured once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageChange {
    /// The log position of its event.
    pub position: i64,
    /// Whose.
    pub lead: LeadId,
    /// On which line.
    pub line: ProductLine,
    /// The cycle after the move.
    pub cycle: u32,
    /// Where the track stood.
    pub from: Option<Stage>,
    /// Where it stands.
    pub to: Stage,
    /// What was left out between the two, in order.
    pub skipped: Vec<Stage>,
    /// The handoff that began or ended with it.
    pub handoff: Option<HandoffId>,
    /// When, in the world.
    pub occurred_at: DateTime<Utc>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The principal who caused it.
    pub actor: String,
    /// The side it spoke for.
    pub side: Side,
    /// Why, where the event has a reason: a code, never a note.
    pub reason: Option<String>,
    /// The segment of nurture that it left.
    pub from_segment: Option<String>,
    /// The segment of nurture that it came to.
    pub to_segment: Option<String>,
    /// Whether an import brought it.
    pub imported: bool,
}

/// What must be saved. Records are named by key and read from the state; rows are here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The tenant.
    pub tenant: bool,
    /// Teams.
    pub teams: BTreeSet<TeamId>,
    /// Users, with their personal values.
    pub users: BTreeSet<UserId>,
    /// Attributes, each with the position of its event.
    pub attributes: BTreeMap<AttributeKey, i64>,
    /// Types of activity, each with the position of its event.
    pub activity_types: BTreeMap<ActivityKind, i64>,
    /// Rates by pair and day, each with the position of its event.
    pub rates: BTreeMap<(Currency, Currency, NaiveDate), (Decimal, i64)>,
    /// Versions of criteria sets and the scoring model.
    pub versions: BTreeSet<(Subject, u32)>,
    /// Leads.
    pub leads: BTreeSet<LeadId>,
    /// Leads whose personal values changed.
    pub people: BTreeSet<LeadId>,
    /// Tracks that were there.
    pub tracks: BTreeSet<(LeadId, ProductLine)>,
    /// Tracks that began.
    pub tracks_begun: BTreeSet<(LeadId, ProductLine)>,
    /// Handoffs, each with its lead.
    pub handoffs: BTreeSet<(LeadId, HandoffId)>,
    /// Opportunities, each with its lead.
    pub opportunities: BTreeSet<(LeadId, OpportunityId)>,
    /// Imported items that came before, with other content.
    pub sources: BTreeSet<SourceKey>,
    /// Imported items that came for the first time.
    pub sources_new: BTreeSet<SourceKey>,
    /// New rows of the stage history.
    pub history: Vec<StageChange>,
    /// New activities; their properties are in their events.
    pub activities: Vec<Activity>,
    /// New contacts.
    pub contacts: Vec<Contact>,
    /// How handoffs stand with routing, each with its lead.
    pub routes: BTreeSet<(LeadId, HandoffId)>,
    /// The routing plan, at the position of its event.
    pub plan: Option<i64>,
    /// Rules that it has no more.
    pub rules_dropped: BTreeSet<String>,
    /// The last turn of a user by a rule, with the position of its event.
    pub turns: BTreeMap<(String, UserId), (Turn, i64)>,
    /// Who is looked at when.
    pub looks: Looks,
    /// Calendars by slug.
    pub calendars: BTreeMap<String, CalendarCopy>,
    /// From where to where sla's log was read.
    pub cursor: Option<(i64, i64)>,
    /// Whether whom there is to route to, what they have open or whose turn it is has changed, of a tenant with a plan.
    pub routing: bool,
    /// Whether what leads are judged by has changed.
    pub rules: bool,
    /// Versions that took effect, in the order of their events.
    pub publications: Vec<Publication>,
    /// Whether leads of a published model took places of the day.
    pub places: bool,
    /// Scores of leads.
    pub scores: BTreeSet<LeadId>,
    /// Whether any of them is judged at another time than before.
    pub due: bool,
    /// Leads whose activities were counted anew: their tables are replaced.
    pub recounted: BTreeSet<LeadId>,
    /// What was counted of other leads: so many activities more of a rule on a date.
    pub counts: BTreeMap<(LeadId, RuleIndex, NaiveDate), u32>,
    /// New adjustments by hand.
    pub adjustments: Vec<ScoreAdjustment>,
    /// New baselines.
    pub baselines: Vec<ScoreBaseline>,
}

impl Changes {
    /// Whether nothing must be saved.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
