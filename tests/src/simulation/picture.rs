//! What services and model are compared by: where the log ends, how each lead stands and came there, every clock, and
//! the counts of the reports. Ids are left out, for nobody gives two of them alike.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::record::{Handoff, HandoffState};
use handoff_domain::qualification::state::StageChange;
use handoff_domain::sla::Clock;
use handoff_proto::{qualification::v1 as pb, sla::v1 as sla};
use handoff_runtime::convert::from_timestamp;

use prost_types::Timestamp;

type Instant = Option<DateTime<Utc>>;

/// All of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    /// The end of qualification's log.
    pub position: i64,
    /// By the lead's number.
    pub leads: BTreeMap<usize, LeadPicture>,
    /// Sorted.
    pub clocks: Vec<ClockPicture>,
    /// M1: handoffs.
    pub mqls: i64,
    /// M2: accepted ones.
    pub sqls: i64,
    /// Rejected ones.
    pub rejections: i64,
}

/// A lead.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadPicture {
    stage: String,
    /// Cycle, from, to, when it happened and when it was recorded.
    history: Vec<(u32, String, String, Instant, Instant)>,
    /// The open handoff or the latest: its state, and when it began, was assigned, decided and first tried.
    handoff: Option<(String, [Instant; 4], String)>,
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
}

impl Picture {
    /// Counts a handoff as reports do.
    pub fn count(&mut self, handoff: &Handoff) {
        self.mqls += 1;
        self.sqls += i64::from(handoff.state == HandoffState::Accepted && !handoff.implied);
        self.rejections += i64::from(handoff.state == HandoffState::Rejected);
    }
}

impl LeadPicture {
    /// From the domain's records.
    pub fn of_records<'a>(
        stage: Stage,
        history: impl Iterator<Item = &'a StageChange>,
        handoff: Option<&Handoff>,
    ) -> Self {
        let row = |row: &StageChange| {
            let from = row.from.map_or("UNSPECIFIED", Stage::as_str).to_owned();
            (row.cycle, from, row.to.as_str().to_owned(), Some(row.occurred_at), Some(row.recorded_at))
        };
        Self {
            stage: stage.as_str().to_owned(),
            history: history.map(row).collect(),
            handoff: handoff.map(|handoff| {
                let times = [
                    Some(handoff.mql_at),
                    handoff.assigned_at,
                    handoff.decided_at,
                    handoff.firsts.attempt_at,
                ];
                let reason = handoff.reason.map_or(String::new(), |reason| reason.to_string());
                (handoff.state.as_str().to_owned(), times, reason)
            }),
        }
    }

    /// From the service's answers.
    pub fn of_answer(answer: &pb::GetLeadResponse, handoff: Option<&pb::Handoff>) -> Self {
        let stage = |stage: pb::Stage| stage.as_str_name().trim_start_matches("STAGE_").to_owned();
        let row = |row: &pb::StageChange| {
            let cycle = u32::try_from(row.cycle).unwrap_or(0);
            let (happened, recorded) = (time(&row.occur_time), time(&row.record_time));
            (cycle, stage(row.from_stage()), stage(row.to_stage()), happened, recorded)
        };
        Self {
            stage: answer.lead.as_ref().map_or(String::new(), |lead| stage(lead.stage())),
            history: answer.stage_history.iter().map(row).collect(),
            handoff: handoff.map(|handoff| {
                let state = handoff.state().as_str_name().trim_start_matches("HANDOFF_STATE_").to_owned();
                let times = [
                    time(&handoff.mql_time),
                    time(&handoff.assign_time),
                    time(&handoff.decide_time),
                    time(&handoff.first_attempt_time),
                ];
                (state, times, handoff.rejection_reason.clone())
            }),
        }
    }
}

impl ClockPicture {
    /// From the domain's record.
    pub fn of_record(lead: usize, clock: &Clock) -> Self {
        Self {
            lead,
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
