//! What services and model are compared by, besides reports: where the log ends, how each lead stands and came there, and
//! every clock. Ids are left out, for nobody gives two of them alike.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::record::{Dispute, Handoff, ProductLine};
use handoff_domain::qualification::state::{Dossier, StageChange};
use handoff_domain::sla::Clock;
use handoff_proto::{qualification::v1 as pb, sla::v1 as sla};
use handoff_runtime::convert::from_timestamp;

use prost_types::Timestamp;

type Instant = Option<DateTime<Utc>>;

/// All of qualification.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    /// The end of its log.
    pub position: i64,
    /// By the lead's number.
    pub leads: BTreeMap<usize, LeadPicture>,
}

/// A lead.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadPicture {
    stage: String,
    /// By system of record.
    record_ids: BTreeMap<String, String>,
    /// Line, cycle, from, to, when it happened and when it was recorded.
    history: Vec<(String, u32, String, String, Instant, Instant)>,
    /// By line, the open handoff or the latest.
    handoffs: BTreeMap<String, HandoffPicture>,
}

/// A handoff.
#[derive(Debug, Clone, PartialEq)]
struct HandoffPicture {
    state: String,
    mql_at: Instant,
    assigned_at: Instant,
    decided_at: Instant,
    first_attempt_at: Instant,
    first_meeting_at: Instant,
    reason: String,
    round: u32,
    ruling: String,
}

/// A clock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockPicture {
    lead: usize,
    started_at: Instant,
    due_at: Instant,
    ended_at: Instant,
    breached_at: Instant,
    state: String,
    round: u32,
}

impl LeadPicture {
    /// From the domain's records.
    pub fn of_records<'a>(
        dossier: &Dossier,
        history: impl Iterator<Item = &'a StageChange>,
        handoffs: impl Iterator<Item = (&'a ProductLine, &'a Handoff)>,
    ) -> Self {
        let row = |row: &StageChange| {
            let from = row.from.map_or("UNSPECIFIED", Stage::as_str).to_owned();
            let to = format!("{}/{}", row.to, row.to_segment.as_deref().unwrap_or_default());
            (row.line.to_string(), row.cycle, from, to, Some(row.occurred_at), Some(row.recorded_at))
        };
        let handoff = |(line, handoff): (&ProductLine, &Handoff)| {
            let ruling = handoff.dispute.as_ref().and_then(Dispute::ruling);
            let picture = HandoffPicture {
                state: handoff.state.as_str().to_owned(),
                mql_at: Some(handoff.mql_at),
                assigned_at: handoff.assigned_at,
                decided_at: handoff.decided_at,
                first_attempt_at: handoff.firsts.attempt_at,
                first_meeting_at: handoff.firsts.meeting_at,
                reason: handoff.reason.map_or(String::new(), |reason| reason.to_string()),
                round: handoff.round,
                ruling: ruling.map_or(String::new(), |ruling| ruling.to_string()),
            };
            (line.to_string(), picture)
        };
        Self {
            stage: dossier.lead.stage.as_str().to_owned(),
            record_ids: dossier.person.record_ids.clone(),
            history: history.map(row).collect(),
            handoffs: handoffs.map(handoff).collect(),
        }
    }

    /// From the service's answers.
    pub fn of_answers(answer: &pb::GetLeadResponse, handoffs: &[(String, pb::Handoff)]) -> Self {
        let stage = |stage: pb::Stage| stage.as_str_name().trim_start_matches("STAGE_").to_owned();
        let row = |row: &pb::StageChange| {
            let from = stage(row.from_stage());
            let to = format!("{}/{}", stage(row.to_stage()), row.to_segment);
            let (happened, recorded) = (time(&row.occur_time), time(&row.record_time));
            let cycle = u32::try_from(row.cycle).unwrap_or(0);
            (row.product_line.clone(), cycle, from, to, happened, recorded)
        };
        let handoff = |(line, handoff): &(String, pb::Handoff)| {
            let ruling = handoff.dispute.as_ref().map_or("", |dispute| dispute.ruling().as_str_name());
            let ruling = ruling.trim_start_matches("DISPUTE_RULING_");
            let picture = HandoffPicture {
                state: handoff.state().as_str_name().trim_start_matches("HANDOFF_STATE_").to_owned(),
                mql_at: time(&handoff.mql_time),
                assigned_at: time(&handoff.assign_time),
                decided_at: time(&handoff.decide_time),
                first_attempt_at: time(&handoff.first_attempt_time),
                first_meeting_at: time(&handoff.first_meeting_time),
                reason: handoff.rejection_reason.clone(),
                round: u32::try_from(handoff.round).unwrap_or(0),
                ruling: ruling.trim_start_matches("UNSPECIFIED").to_owned(),
            };
            (line.clone(), picture)
        };
        let person = answer.lead.as_ref().and_then(|lead| lead.person.as_ref());
        Self {
            stage: answer.lead.as_ref().map_or(String::new(), |lead| stage(lead.stage())),
            record_ids: person.map(|person| person.record_ids.clone()).unwrap_or_default(),
            history: answer.stage_history.iter().map(row).collect(),
            handoffs: handoffs.iter().map(handoff).collect(),
        }
    }
}

impl ClockPicture {
    /// From the domain's record.
    pub fn of_record(lead: usize, clock: &Clock) -> Self {
        Self {
            lead,
            round: clock.round,
            started_at: Some(clock.started_at),
            due_at: Some(clock.due_at),
            ended_at: clock.ended_at,
            breached_at: clock.breached_at,
            state: clock.state.as_str().to_owned(),
        }
    }

    /// From the service's answer.
    pub fn of_answer(lead: usize, clock: &sla::Clock) -> Self {
        Self {
            lead,
            round: u32::try_from(clock.round).unwrap_or(0),
            started_at: time(&clock.start_time),
            due_at: time(&clock.due_time),
            ended_at: time(&clock.stop_time),
            breached_at: time(&clock.breach_time),
            state: clock.state().as_str_name().trim_start_matches("CLOCK_STATE_").to_owned(),
        }
    }
}

fn time(time: &Option<Timestamp>) -> Instant {
    time.as_ref().and_then(from_timestamp)
}
