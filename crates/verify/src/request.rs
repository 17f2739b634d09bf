//! Each request id has one effect.
//!
//! A request's events lie together, because a batch decides its commands one after the other, and the row that is
//! remembered of a request that was done names the last of their positions. So the events of an id come in runs, each
//! of one principal and one recording time, and each run must belong to exactly one such row. Rows are kept for 72 hours;
//! of older events nothing can be asked any more.
//!
//! The scope of an id is principal and method. An event does not say its method, so two requests under one id that were
//! both done right after each other, the second without any event, would look like two that claim the same effect; ids
//! are UUIDs that nobody has a reason to use twice.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use handoff_store::verify::log::RequestRow;
use uuid::Uuid;

use crate::docket::Docket;
use crate::event::Event;
use crate::law::Law;

/// How long a request is remembered.
const REMEMBERED: TimeDelta = TimeDelta::hours(72);
/// Requests that are never done without an event.
const ALWAYS_TELL: [&str; 12] = [
    "CreateTenant",
    "QualifyLead",
    "AcceptHandoff",
    "RejectHandoff",
    "WithdrawHandoff",
    "DisputeHandoff",
    "ResolveDispute",
    "RecordActivity",
    "RecordContact",
    "RecordOutcome",
    "MergeLeads",
    "UnmergeLead",
];

/// What is remembered of a request.
#[derive(Debug)]
struct Remembered {
    principal: String,
    method: String,
    recorded: DateTime<Utc>,
    position: i64,
    done: bool,
    claims: u32,
}

/// Events of one id that lie together.
#[derive(Debug)]
struct Run {
    id: Uuid,
    principal: String,
    recorded: DateTime<Utc>,
    first: i64,
    last: i64,
}

/// The requests of a log, and the run that is passing.
#[derive(Debug)]
pub(crate) struct Requests {
    log: &'static str,
    by_id: HashMap<Uuid, Vec<Remembered>>,
    run: Option<Run>,
    /// What was recorded from then on is remembered.
    since: DateTime<Utc>,
}

impl Requests {
    /// Of a log that is read at `now`, by the server's clock.
    pub(crate) fn new(log: &'static str, now: DateTime<Utc>) -> Self {
        Self { log, by_id: HashMap::new(), run: None, since: now - REMEMBERED }
    }

    pub(crate) fn remember(&mut self, row: RequestRow) {
        let RequestRow { request_id, principal, method, recorded_at: recorded, position, outcome } = row;
        let done = outcome == "DONE";
        let remembered = Remembered { principal, method, recorded, position, done, claims: 0 };
        self.by_id.entry(request_id).or_default().push(remembered);
    }

    /// The next event of the log.
    pub(crate) fn next(&mut self, event: &Event, docket: &mut Docket) {
        if let (Some(run), Some(id)) = (&mut self.run, event.request)
            && run.id == id
            && run.principal == event.actor
            && run.recorded == event.recorded
        {
            run.last = event.position;
            return;
        }
        self.judge(docket);
        self.run = event.request.map(|id| Run {
            id,
            principal: event.actor.clone(),
            recorded: event.recorded,
            first: event.position,
            last: event.position,
        });
    }

    /// The end of the log, whose head is at `head`.
    pub(crate) fn end(mut self, head: i64, docket: &mut Docket) {
        const LAW: Law = Law::Requests;
        self.judge(docket);
        let log = self.log;
        for (id, request) in self.by_id.iter().flat_map(|(id, all)| all.iter().map(move |one| (id, one))) {
            docket.checked(LAW, 1);
            let place = || format!("{log} request {id} of {}", request.method);
            if request.position > head {
                docket.violated(
                    LAW,
                    place(),
                    format_args!("a position up to the head, {head}"),
                    format_args!("position {}", request.position),
                );
            } else if request.done && request.claims == 0 && ALWAYS_TELL.contains(&request.method.as_str()) {
                docket.violated(
                    LAW,
                    place(),
                    format_args!("events up to position {}", request.position),
                    "none with its id",
                );
            }
        }
    }

    /// The run is over: which request was it?
    fn judge(&mut self, docket: &mut Docket) {
        const LAW: Law = Law::Requests;
        let Some(run) = self.run.take() else { return };
        docket.checked(LAW, 1);
        let place = format!("{} request {}, positions {} to {}", self.log, run.id, run.first, run.last);
        let known = self.by_id.get_mut(&run.id).map_or(&mut [][..], Vec::as_mut_slice);
        let mine = |request: &&mut Remembered| request.principal == run.principal;
        let mut claims: Vec<&mut Remembered> = known
            .iter_mut()
            .filter(mine)
            .filter(|request| request.done && request.recorded == run.recorded)
            .filter(|request| (run.first..=run.last).contains(&request.position))
            .collect();
        claims.iter_mut().for_each(|request| request.claims += 1);
        let mut positions: Vec<i64> = claims.iter().map(|request| request.position).collect();
        positions.sort_unstable();
        let twice = positions.windows(2).any(|pair| pair[0] == pair[1]);
        if twice {
            docket.violated(LAW, place, "one request that was done", format_args!("{}", positions.len()));
        } else if let Some(last) = positions.last() {
            if *last != run.last {
                docket.violated(
                    LAW,
                    place,
                    format_args!("events up to position {last}, where its request was done"),
                    format_args!("events up to position {}", run.last),
                );
            }
        } else if known.iter_mut().filter(mine).any(|request| !request.done) {
            docket.violated(LAW, place, "no event, its request was refused", "events");
        } else if run.recorded > self.since {
            docket.violated(LAW, place, "one request that was done", "none");
        }
    }
}
