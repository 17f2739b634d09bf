//! A passage's row, and the words in it.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use handoff_domain::id::{HandoffId, LeadId};
use handoff_domain::metric::dimension::Dimension;
use handoff_domain::metric::fact::{Acceptance, Decision, End, HandoffFact, WithdrawnReason};
use handoff_domain::metric::milestone::Stamp;
use handoff_domain::money::Money;
use handoff_domain::qualification::rejection::Attribution;

use super::Passage;
use crate::column::{count, word};
use crate::error::StoreError;
use crate::reporting::dimensions;

/// As the statements select it.
pub(super) struct Columns {
    pub(super) known_from: DateTime<Utc>,
    pub(super) lead_id: Uuid,
    pub(super) product_line: String,
    pub(super) cycle: i32,
    pub(super) passage: i32,
    pub(super) is_test: bool,
    pub(super) imported: bool,
    pub(super) handoff_id: Option<Uuid>,
    pub(super) captured_at: Option<DateTime<Utc>>,
    pub(super) mql_at: Option<DateTime<Utc>>,
    pub(super) mql_implied: bool,
    pub(super) assigned_at: Option<DateTime<Utc>>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) overturned_at: Option<DateTime<Utc>>,
    pub(super) decision: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) attribution: Option<String>,
    pub(super) first_attempt_at: Option<DateTime<Utc>>,
    pub(super) first_connect_at: Option<DateTime<Utc>>,
    pub(super) first_meeting_at: Option<DateTime<Utc>>,
    pub(super) opportunity_at: Option<DateTime<Utc>>,
    pub(super) won_at: Option<DateTime<Utc>>,
    pub(super) won_amount: Option<Decimal>,
    pub(super) won_currency: Option<String>,
    pub(super) lost_at: Option<DateTime<Utc>>,
    pub(super) origin: Option<String>,
    pub(super) source: Option<String>,
    pub(super) medium: Option<String>,
    pub(super) campaign: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) persona: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) team: Option<String>,
    pub(super) merged_into: Option<Uuid>,
}

impl TryFrom<Columns> for Passage {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        let end = match (row.ended_at, row.decision) {
            (Some(at), Some(word)) => {
                Some(End { at, decision: decision(&word, row.reason, row.attribution.as_deref())? })
            }
            _ => None,
        };
        let fact = HandoffFact {
            handoff: row.handoff_id.map(HandoffId),
            lead: LeadId(row.lead_id),
            line: row.product_line,
            cycle: count("handoff_fact.cycle", row.cycle)?,
            captured_at: row.captured_at,
            mql: row.mql_at.map(|at| Stamp { at, implied: row.mql_implied }),
            assigned_at: row.assigned_at,
            end,
            overturned_at: row.overturned_at,
            first_attempt_at: row.first_attempt_at,
            first_connect_at: row.first_connect_at,
            first_meeting_at: row.first_meeting_at,
            opportunity_at: row.opportunity_at,
            won_at: row.won_at,
            won_amount: money(row.won_amount, row.won_currency.as_deref())?,
            lost_at: row.lost_at,
            imported: row.imported,
            dimensions: dimensions([
                (Dimension::Origin, row.origin),
                (Dimension::Source, row.source),
                (Dimension::Medium, row.medium),
                (Dimension::Campaign, row.campaign),
                (Dimension::Kind, row.kind),
                (Dimension::Persona, row.persona),
                (Dimension::Owner, row.owner),
                (Dimension::Team, row.team),
            ]),
        };
        Ok(Self {
            number: count("handoff_fact.passage", row.passage)?,
            is_test: row.is_test,
            merged_into: row.merged_into.map(LeadId),
            fact,
        })
    }
}

fn money(amount: Option<Decimal>, currency: Option<&str>) -> Result<Option<Money>, StoreError> {
    let (Some(amount), Some(currency)) = (amount, currency) else { return Ok(None) };
    let currency = word("handoff_fact.won_currency", currency, |text| text.parse().ok())?;
    let money = Money::new(amount, currency);
    money.map(Some).map_err(|_| StoreError::defect("handoff_fact.won_amount is out of range"))
}

fn decision(text: &str, reason: Option<String>, attribution: Option<&str>) -> Result<Decision, StoreError> {
    Ok(match text {
        "ACCEPTED" => Decision::Accepted(Acceptance::Sales),
        "ACCEPTED_AUTO" => Decision::Accepted(Acceptance::Auto),
        "ACCEPTED_IMPLIED" => Decision::Accepted(Acceptance::Implied),
        "REJECTED" => Decision::Rejected {
            reason: reason.unwrap_or_default(),
            attribution: word(
                "handoff_fact.attribution",
                attribution.unwrap_or_default(),
                Attribution::from_name,
            )?,
        },
        "EXPIRED" => Decision::Expired,
        "WITHDRAWN" => Decision::Withdrawn(WithdrawnReason::Other),
        "WITHDRAWN_MERGED" => Decision::Withdrawn(WithdrawnReason::Merged),
        "WITHDRAWN_TEST" => Decision::Withdrawn(WithdrawnReason::Test),
        _ => {
            return Err(StoreError::defect(
                "handoff_fact.decision holds a word that this build does not know",
            ));
        }
    })
}

/// How the MQL stage ended, as its columns.
#[derive(Default)]
pub(super) struct EndColumns<'a> {
    pub(super) decision: Option<&'static str>,
    pub(super) reason: Option<&'a str>,
    pub(super) attribution: Option<&'static str>,
}

pub(super) fn end_columns(fact: &HandoffFact) -> EndColumns<'_> {
    let Some(end) = &fact.end else { return EndColumns::default() };
    let word = match &end.decision {
        Decision::Accepted(Acceptance::Sales) => "ACCEPTED",
        Decision::Accepted(Acceptance::Auto) => "ACCEPTED_AUTO",
        Decision::Accepted(Acceptance::Implied) => "ACCEPTED_IMPLIED",
        Decision::Expired => "EXPIRED",
        Decision::Withdrawn(WithdrawnReason::Other) => "WITHDRAWN",
        Decision::Withdrawn(WithdrawnReason::Merged) => "WITHDRAWN_MERGED",
        Decision::Withdrawn(WithdrawnReason::Test) => "WITHDRAWN_TEST",
        Decision::Rejected { reason, attribution } => {
            return EndColumns {
                decision: Some("REJECTED"),
                reason: Some(reason),
                attribution: Some(attribution.as_str()),
            };
        }
    };
    EndColumns { decision: Some(word), ..EndColumns::default() }
}
