//! A handoff's columns, and what they mean.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::id::{HandoffId, LeadId, TeamId, UserId};
use handoff_domain::points::Points;
use handoff_domain::qualification::record::{
    Digest, Dispute, Firsts, Handoff, HandoffState, Judged, LeadKind, Merit, Resolution, Ruling, Snapshot,
    Trigger, WithdrawalReason,
};
use handoff_domain::qualification::rejection::{Attribution, Disposition, RejectionReason};

use super::super::{count, line, origin, stored_count, word, word_or_none};
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
    pub(super) round: i32,
    pub(super) disputed_at: Option<DateTime<Utc>>,
    pub(super) disputed_by: Option<String>,
    pub(super) ruling: Option<String>,
    pub(super) resolved_at: Option<DateTime<Utc>>,
    pub(super) resolved_by: Option<String>,
    pub(super) withdrawal: Option<String>,
    pub(super) superseded_by: Option<Uuid>,
    pub(super) implied: bool,
    pub(super) implied_assignment: bool,
    pub(super) auto: bool,
    pub(super) first_attempt_at: Option<DateTime<Utc>>,
    pub(super) first_connect_at: Option<DateTime<Utc>>,
    pub(super) first_meeting_at: Option<DateTime<Utc>>,
    pub(super) criteria_version: Option<i32>,
    pub(super) fit_milli: Option<i64>,
    pub(super) model_version: Option<i32>,
    pub(super) behaviour_milli: Option<i64>,
    pub(super) merit_digest: Option<Vec<u8>>,
    pub(super) imported: bool,
    pub(super) version: i64,
    pub(super) owner_slug: Option<String>,
    pub(super) team_slug: Option<String>,
}

impl TryFrom<Columns> for HandoffRow {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        let (merit, dispute) = (merit(&row)?, dispute(&row)?);
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
            merit,
            mql_at: row.mql_at,
            owner: row.owner_id.map(UserId),
            team: row.team_id.map(TeamId),
            assigned_at: row.assigned_at,
            decided_at: row.decided_at,
            decided_by: row.decided_by,
            reason: word_or_none("handoff.reason", row.reason.as_deref(), RejectionReason::from_name)?,
            disposition: word_or_none("handoff.disposition", disposition, Disposition::from_name)?,
            attribution: word_or_none("handoff.attribution", attribution, Attribution::from_name)?,
            round: count("handoff.round", row.round)?,
            dispute,
            withdrawal: word_or_none(
                "handoff.withdrawal",
                row.withdrawal.as_deref(),
                WithdrawalReason::from_name,
            )?,
            superseded_by: row.superseded_by.map(HandoffId),
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

fn merit(row: &Columns) -> Result<Option<Merit>, StoreError> {
    let Some(digest) = &row.merit_digest else { return Ok(None) };
    let digest = digest.as_slice().try_into();
    Ok(Some(Merit {
        fit: judged(row.criteria_version, row.fit_milli)?,
        behaviour: judged(row.model_version, row.behaviour_milli)?,
        digest: Digest(digest.map_err(|_| StoreError::defect("handoff.merit_digest is no SHA-256"))?),
    }))
}

fn judged(version: Option<i32>, milli: Option<i64>) -> Result<Option<Judged>, StoreError> {
    let (Some(version), Some(milli)) = (version, milli) else { return Ok(None) };
    let version = count("handoff.criteria_version or model_version", version)?;
    Ok(Some(Judged { version, points: Points::from_milli(milli) }))
}

/// Whole or not at all: the table says so.
fn dispute(row: &Columns) -> Result<Option<Dispute>, StoreError> {
    let (Some(disputed_at), Some(disputed_by)) = (row.disputed_at, row.disputed_by.clone()) else {
        return Ok(None);
    };
    let ruling = word_or_none("handoff.ruling", row.ruling.as_deref(), Ruling::from_name)?;
    let resolution = match (ruling, row.resolved_at, row.resolved_by.clone()) {
        (Some(ruling), Some(resolved_at), Some(resolved_by)) => {
            Some(Resolution { ruling, resolved_at, resolved_by })
        }
        _ => None,
    };
    Ok(Some(Dispute { disputed_at, disputed_by, resolution }))
}

/// Disputes, as columns.
#[derive(Default)]
pub(super) struct Disputes<'a> {
    pub(super) rounds: Vec<i32>,
    pub(super) disputed_at: Vec<Option<DateTime<Utc>>>,
    pub(super) disputed_by: Vec<Option<&'a str>>,
    pub(super) rulings: Vec<Option<&'a str>>,
    pub(super) resolved_at: Vec<Option<DateTime<Utc>>>,
    pub(super) resolved_by: Vec<Option<&'a str>>,
}

impl<'a> Disputes<'a> {
    pub(super) fn of(handoffs: &[&'a Handoff]) -> Result<Self, StoreError> {
        let mut columns = Self::default();
        for handoff in handoffs {
            let dispute = handoff.dispute.as_ref();
            let resolution = dispute.and_then(|dispute| dispute.resolution.as_ref());
            columns.rounds.push(stored_count("handoff.round", handoff.round)?);
            columns.disputed_at.push(dispute.map(|dispute| dispute.disputed_at));
            columns.disputed_by.push(dispute.map(|dispute| dispute.disputed_by.as_str()));
            columns.rulings.push(resolution.map(|resolution| resolution.ruling.as_str()));
            columns.resolved_at.push(resolution.map(|resolution| resolution.resolved_at));
            columns.resolved_by.push(resolution.map(|resolution| resolution.resolved_by.as_str()));
        }
        Ok(columns)
    }
}

/// How leads were judged, as columns.
#[derive(Default)]
pub(super) struct Merits {
    pub(super) criteria_versions: Vec<Option<i32>>,
    pub(super) fits: Vec<Option<i64>>,
    pub(super) model_versions: Vec<Option<i32>>,
    pub(super) behaviours: Vec<Option<i64>>,
    pub(super) digests: Vec<Option<Vec<u8>>>,
}

impl Merits {
    pub(super) fn of(handoffs: &[&Handoff]) -> Result<Self, StoreError> {
        let mut columns = Self::default();
        let version = |judged: Option<Judged>| {
            judged.map(|judged| stored_count("handoff.version of a merit", judged.version)).transpose()
        };
        for merit in handoffs.iter().map(|handoff| handoff.merit) {
            let (fit, behaviour) = (merit.and_then(|it| it.fit), merit.and_then(|it| it.behaviour));
            columns.criteria_versions.push(version(fit)?);
            columns.fits.push(fit.map(|judged| judged.points.milli()));
            columns.model_versions.push(version(behaviour)?);
            columns.behaviours.push(behaviour.map(|judged| judged.points.milli()));
            columns.digests.push(merit.map(|merit| merit.digest.0.to_vec()));
        }
        Ok(columns)
    }
}
