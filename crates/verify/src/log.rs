//! The laws of a log itself, judged while it streams by.

use chrono::{DateTime, Utc};
use handoff_store::log::Head;
use handoff_store::verify::log::EventRow;

use crate::docket::Docket;
use crate::event::{Event, Unreadable};
use crate::law::Law;

/// The laws without which a log cannot be folded.
pub(crate) const LAWS: [Law; 5] =
    [Law::LogSequence, Law::LogTime, Law::LogIds, Law::LogPayloads, Law::LogCoherence];

/// A log on its way past.
#[derive(Debug)]
pub(crate) struct Passing {
    log: &'static str,
    last: i64,
    last_recorded: Option<DateTime<Utc>>,
}

impl Passing {
    pub(crate) fn new(log: &'static str) -> Self {
        Self { log, last: 0, last_recorded: None }
    }

    /// The next row; gives the event if it is one.
    pub(crate) fn next(&mut self, row: EventRow, docket: &mut Docket) -> Option<Event> {
        let place = format!("{} position {}", self.log, row.position);
        docket.checked(Law::LogSequence, 1);
        docket.checked(Law::LogTime, 1);
        docket.checked(Law::LogPayloads, 1);
        if row.position != self.last + 1 {
            docket.violated(
                Law::LogSequence,
                &place,
                format_args!("position {}", self.last + 1),
                format_args!("position {}", row.position),
            );
        }
        self.last = row.position;
        if let Some(before) = self.last_recorded.filter(|before| *before > row.recorded_at) {
            docket.violated(
                Law::LogTime,
                &place,
                format_args!("recorded at {before:?} or later"),
                format_args!("{:?}", row.recorded_at),
            );
        }
        self.last_recorded = Some(row.recorded_at);
        let kind = row.kind.clone();
        match Event::read(row) {
            Ok(event) => Some(event),
            Err(Unreadable::Bytes) => {
                docket.violated(
                    Law::LogPayloads,
                    place,
                    format_args!("the payload of a {kind}"),
                    "other bytes",
                );
                None
            }
            Err(Unreadable::Other(name)) => {
                docket.violated(Law::LogPayloads, place, kind, name);
                None
            }
        }
    }

    /// The end: the head must say so. A tenant without a head has no log at all.
    pub(crate) fn end(self, head: Option<Head>, docket: &mut Docket) {
        let place = format!("{} head", self.log);
        let (position, recorded_at) = head.map_or((0, None), |head| (head.position, Some(head.recorded_at)));
        docket.equal(Law::LogSequence, &place, &self.last, &position);
        if let (Some(last), Some(head)) = (self.last_recorded, recorded_at)
            && head < last
        {
            docket.violated(Law::LogTime, place, format_args!("{last:?} or later"), format_args!("{head:?}"));
        }
    }
}
