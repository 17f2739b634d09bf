//! Clocks agree with hand-overs: what qualification's log says up to sla's cursor, beside the clocks that sla made of it. A
//! hand-over has a clock from its MQL, and another one from each time that its rejection was overturned.

use std::collections::HashMap;
use std::time::Instant;

use chrono::{DateTime, Utc};
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::qualification::v1::DisputeRuling;
use uuid::Uuid;

use crate::docket::Docket;
use crate::event::Event;
use crate::law::Law;
use crate::sla::{Clock, Sla};
use crate::word::id;

const LAW: Law = Law::ClocksHandoffs;

/// What became of a hand-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Sales decided: the clock stops.
    Decided,
    /// It was withdrawn or only implied: the clock is given up.
    GivenUp,
}

/// A hand-over, so far as its clocks go.
#[derive(Debug)]
struct Handover {
    lead: Uuid,
    imported: bool,
    rounds: Vec<Round>,
}

/// A round of decision.
#[derive(Debug)]
struct Round {
    began: DateTime<Utc>,
    recorded: DateTime<Utc>,
    end: Option<(DateTime<Utc>, End)>,
}

impl Round {
    fn new(event: &Event) -> Self {
        Self { began: event.occurred, recorded: event.recorded, end: None }
    }
}

/// The hand-overs that sla has heard of.
#[derive(Debug)]
pub(crate) struct Heard {
    cursor: i64,
    handovers: HashMap<Uuid, Handover>,
}

impl Heard {
    /// Nothing yet, of a log that was read up to `cursor`.
    pub(crate) fn new(cursor: i64) -> Self {
        Self { cursor, handovers: HashMap::new() }
    }

    /// Takes in an event; what cannot be read is noticed by the fold of the state.
    pub(crate) fn fold(&mut self, event: &Event) -> Option<()> {
        if event.position > self.cursor {
            return None;
        }
        let (handoff, end) = match event.fact.as_ref()? {
            Fact::LeadQualified(fact) => {
                let handover = Handover {
                    lead: id(&fact.r#move.as_ref()?.lead_id)?,
                    imported: fact.imported,
                    rounds: vec![Round::new(event)],
                };
                self.handovers.insert(id(&fact.handoff_id)?, handover);
                return Some(());
            }
            Fact::DisputeResolved(fact) if fact.ruling() == DisputeRuling::Overturned => {
                self.handovers.get_mut(&id(&fact.handoff_id)?)?.rounds.push(Round::new(event));
                return Some(());
            }
            Fact::HandoffAccepted(fact) => {
                (&fact.handoff_id, if fact.implied { End::GivenUp } else { End::Decided })
            }
            Fact::HandoffRejected(fact) => (&fact.handoff_id, End::Decided),
            Fact::HandoffWithdrawn(fact) => (&fact.handoff_id, End::GivenUp),
            _ => return None,
        };
        let handover = self.handovers.get_mut(&id(handoff)?)?;
        handover.rounds.last_mut()?.end.get_or_insert((event.occurred, end));
        Some(())
    }

    /// Compares with the clocks.
    pub(crate) fn compare(&self, sla: &Sla, docket: &mut Docket) {
        let start = Instant::now();
        docket.checked(LAW, self.handovers.len() as u64);
        let mut clocks: HashMap<Uuid, Vec<&Clock>> = HashMap::new();
        for clock in sla.clocks.values() {
            clocks.entry(clock.handoff).or_default().push(clock);
        }
        for (id, handover) in &self.handovers {
            let place = format!("handoff {id}");
            let mut clocks = clocks.remove(id).unwrap_or_default();
            clocks.sort_unstable_by_key(|clock| clock.round);
            if clocks.len() != handover.rounds.len() {
                let expected = format_args!("one clock for each of {} rounds", handover.rounds.len());
                docket.violated(LAW, place, expected, format_args!("{} clocks", clocks.len()));
                continue;
            }
            for (number, (round, clock)) in (1..).zip(handover.rounds.iter().zip(clocks)) {
                let place = format!("{place}, round {number}");
                docket.equal(LAW, format_args!("{place}, round of its clock"), &number, &clock.round);
                handover.compare(&place, round, clock, docket);
            }
        }
        for id in clocks.keys() {
            docket.violated(
                LAW,
                format_args!("handoff {id}"),
                "no clock, sla has heard of no such handoff",
                "a clock",
            );
        }
        docket.took(LAW, start);
    }
}

impl Handover {
    fn compare(&self, place: &str, round: &Round, clock: &Clock, docket: &mut Docket) {
        docket.equal(LAW, format_args!("{place}, lead of its clock"), &self.lead, &clock.lead);
        docket.equal(LAW, format_args!("{place}, start of its clock"), &round.began, &clock.started);
        docket.equal(LAW, format_args!("{place}, recording of its start"), &round.recorded, &clock.recorded);
        // What is overturned is overturned live, whatever was imported before.
        let imported = self.imported && clock.round == 1;
        docket.equal(LAW, format_args!("{place}, clock of history"), &imported, &clock.imported);
        docket.equal(
            LAW,
            format_args!("{place}, end of its clock"),
            &round.end.map(|end| end.0),
            &clock.ended,
        );
        let fits = match round.end.map(|end| end.1) {
            None => clock.state == "RUNNING",
            Some(End::Decided) => matches!(clock.state, "MET" | "MET_LATE"),
            Some(End::GivenUp) => clock.state == "CANCELLED",
        };
        if !fits {
            let expected = match round.end.map(|end| end.1) {
                None => "RUNNING",
                Some(End::Decided) => "MET or MET_LATE",
                Some(End::GivenUp) => "CANCELLED",
            };
            docket.violated(LAW, format_args!("{place}, state of its clock"), expected, clock.state);
        }
    }
}
