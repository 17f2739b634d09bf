//! A handoff's columns, and what they mean.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::id::{HandoffId, LeadId, TeamId, UserId};
use handoff_domain::qualification::record::{
    Firsts, Handoff, HandoffState, LeadKind, Snapshot, Trigger, WithdrawalReason,
};
use handoff_domain::qualification::rejection::{Attribution, Disposition, RejectionReason};

use super::super::{count, line, origin, word, word_or_none};
use crate::error::StoreError;

/// A handoff with the slugs of those it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffRow {
    /// The handoff, without its note.
    pub handoff: Handoff,
    /// The slug of its owner.
    pub owner: Option<String>,
    /// The slug of its team.
    pub team: Option<String>,
}

/// What the statements select.
pub(super) struct Columns {
    pub(super) handoff_id: Uuid,
    pub(super) lead_id: Uuid,
    pub(super) product_line: String,
    pub(super) cycle: i32,
    pub(super) state: String,
    pub(super) trigger: String,
    pub(super) kind: String,
    pub(super) origin_channel: String,
    pub(super) origin_source: Option<String>,
    pub(super) origin_medium: Option<String>,
    pub(super) origin_campaign: Option<String>,
    pub(super) persona: Option<String>,
    pub(super) mql_at: DateTime<Utc>,
    pub(super) owner_id: Option<Uuid>,
    pub(super) team_id: Option<Uuid>,
    pub(super) assigned_at: Option<DateTime<Utc>>,
    pub(super) decided_at: Option<DateTime<Utc>>,
    pub(super) decided_by: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) disposition: Option<String>,
    pub(super) attribution: Option<String>,
    pub(super) withdrawal: Option<String>,
    pub(super) implied: bool,
    pub(super) implied_assignment: bool,
    pub(super) auto: bool,
    pub(super) first_attempt_at: Option<DateTime<Utc>>,
    pub(super) first_connect_at: Option<DateTime<Utc>>,
    pub(super) first_meeting_at: Option<DateTime<Utc>>,
    pub(super) imported: bool,
    pub(super) version: i64,
    pub(super) owner_slug: Option<String>,
    pub(super) team_slug: Option<String>,
}

impl TryFrom<Columns> for HandoffRow {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        let origin = origin(
            "handoff.origin_channel",
            &row.origin_channel,
            row.origin_source,
            row.origin_medium,
            row.origin_campaign,
        )?;
        let kind = word("handoff.kind", &row.kind, LeadKind::from_name)?;
        let disposition = row.disposition.as_deref();
        let attribution = row.attribution.as_deref();
        let handoff = Handoff {
            id: HandoffId(row.handoff_id),
            lead: LeadId(row.lead_id),
            line: line("handoff.product_line", &row.product_line)?,
            cycle: count("handoff.cycle", row.cycle)?,
            state: word("handoff.state", &row.state, HandoffState::from_name)?,
            trigger: word("handoff.trigger", &row.trigger, Trigger::from_name)?,
            snapshot: Snapshot { kind, origin, persona: row.persona },
            mql_at: row.mql_at,
            owner: row.owner_id.map(UserId),
            team: row.team_id.map(TeamId),
            assigned_at: row.assigned_at,
            decided_at: row.decided_at,
            decided_by: row.decided_by,
            reason: word_or_none("handoff.reason", row.reason.as_deref(), RejectionReason::from_name)?,
            disposition: word_or_none("handoff.disposition", disposition, Disposition::from_name)?,
            attribution: word_or_none("handoff.attribution", attribution, Attribution::from_name)?,
            withdrawal: word_or_none(
                "handoff.withdrawal",
                row.withdrawal.as_deref(),
                WithdrawalReason::from_name,
            )?,
            note: None,
            implied: row.implied,
            implied_assignment: row.implied_assignment,
            auto: row.auto,
            firsts: Firsts {
                attempt_at: row.first_attempt_at,
                connect_at: row.first_connect_at,
                meeting_at: row.first_meeting_at,
            },
            imported: row.imported,
            version: row.version,
        };
        Ok(Self { handoff, owner: row.owner_slug, team: row.team_slug })
    }
}
