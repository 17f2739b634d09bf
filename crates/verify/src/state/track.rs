//! Tracks, and the moves that make the stage history.

use chrono::{DateTime, Utc};
use handoff_proto::event::v1::TrackMove;
use handoff_proto::qualification::v1::Stage;
use handoff_store::verify::history::MoveRow;
use handoff_store::verify::lead::TrackRow;
use uuid::Uuid;

use super::machine::{Way, has, rank};
use super::{Lead, State};
use crate::docket::Docket;
use crate::event::Event;
use crate::law::Law;
use crate::word::{Word, id, owned, print, stage};

/// A track.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) line: Word,
    stage: Stage,
    since: DateTime<Utc>,
    cycle: i32,
    pub(super) cycle_has_handoff: bool,
    pub(super) open_handoff: Option<Uuid>,
    pub(super) open_opportunity: Option<Uuid>,
    pub(super) candidate: Option<&'static str>,
    segment: Option<Word>,
    pub(super) version: i64,
}

/// What a row of the history says besides the move.
#[derive(Debug, Default)]
pub(super) struct Cause<'a> {
    pub(super) handoff: Option<Uuid>,
    pub(super) skipped: &'a [Stage],
    pub(super) reason: Option<&'a str>,
    pub(super) segment: Option<&'a str>,
    pub(super) imported: bool,
}

impl Track {
    pub(super) fn row(&self, lead_id: Uuid) -> TrackRow {
        TrackRow {
            lead_id,
            product_line: self.line.as_ref().to_owned(),
            stage: stage(self.stage).to_owned(),
            stage_since: self.since,
            cycle: self.cycle,
            cycle_has_handoff: self.cycle_has_handoff,
            open_handoff_id: self.open_handoff,
            open_opportunity_id: self.open_opportunity,
            candidate: self.candidate.map(str::to_owned),
            segment: owned(self.segment.as_ref()),
            version: self.version,
        }
    }
}

impl State {
    /// Takes in a move, which may lead nowhere; gives the lead.
    pub(super) fn moved(
        &mut self,
        event: &Event,
        step: Option<&TrackMove>,
        way: Way,
        cause: &Cause<'_>,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let step = step?;
        let (from, to) = (step.from_stage(), step.to_stage());
        let lead_id = id(&step.lead_id)?;
        let line = self.words.keep(&step.product_line);
        let lead = self.leads.get_mut(&lead_id)?;
        let place = || format!("lead {lead_id}, qualification position {}", event.position);
        let moves = from != to || !cause.skipped.is_empty();
        let to_segment = cause.segment.map(|segment| self.words.keep(segment));

        // A line that was never entered is at LEAD, but for the one that the lead was captured on.
        let begins = if way == Way::Captured { Stage::Unspecified } else { Stage::Lead };
        let stood = lead.tracks.iter().find(|track| track.line == line).map_or(begins, |track| track.stage);
        let track = lead.track(&line, event);
        let had_one = track.cycle_has_handoff;
        let cycle = match way {
            Way::NewInterest => track.cycle + 1,
            Way::Qualified if had_one => track.cycle + 1,
            _ => track.cycle,
        };
        docket.checked(Law::History, 1);
        docket.equal(Law::History, format_args!("{}, cycle", place()), &cycle, &step.cycle);
        // What leads nowhere may be told after the move that it belongs to, and then stays where that has led.
        if moves && stood != from {
            docket.equal(Law::History, format_args!("{}, from", place()), &stage(stood), &stage(from));
        }
        if moves && !has(way, from, to, cause.skipped) {
            docket.violated(
                Law::History,
                place(),
                "a step of the machine",
                format_args!("{way:?} from {} to {} past {:?}", stage(from), stage(to), cause.skipped),
            );
        }

        if track.cycle != step.cycle {
            track.cycle = step.cycle;
            track.cycle_has_handoff = false;
        }
        let from_segment = std::mem::replace(&mut track.segment, to_segment.clone());
        if moves {
            track.stage = to;
            track.since = event.occurred;
            lead.settle(event.position);
        } else if to_segment.is_none() || to_segment == from_segment {
            // Nobody said a segment: it stays.
            track.segment = from_segment;
            return Some(lead_id);
        }
        let row = MoveRow {
            lead_id,
            position: event.position,
            product_line: step.product_line.clone(),
            cycle: step.cycle,
            from_stage: Some(stage(from).to_owned()).filter(|_| from != Stage::Unspecified),
            to_stage: stage(to).to_owned(),
            skipped_stages: cause.skipped.iter().map(|it| stage(*it).to_owned()).collect(),
            handoff_id: cause.handoff,
            occurred_at: event.occurred,
            recorded_at: event.recorded,
            actor: event.actor.clone(),
            actor_side: event.side.clone(),
            reason: cause.reason.map(str::to_owned),
            imported: cause.imported,
            from_segment: owned(from_segment.as_ref()),
            to_segment: owned(to_segment.as_ref()),
        };
        lead.moves.push((event.position, print(&row)));
        Some(lead_id)
    }
}

impl Lead {
    /// A track that the event touches; one that is not there yet begins.
    pub(super) fn track(&mut self, line: &Word, event: &Event) -> &mut Track {
        let place = self.tracks.iter().position(|track| track.line == *line).unwrap_or_else(|| {
            self.tracks.push(Track {
                line: line.clone(),
                stage: Stage::Lead,
                since: event.occurred,
                cycle: 1,
                cycle_has_handoff: false,
                open_handoff: None,
                open_opportunity: None,
                candidate: None,
                segment: None,
                version: 0,
            });
            self.tracks.len() - 1
        });
        let track = &mut self.tracks[place];
        track.version = event.position;
        track
    }

    /// The lead stands where its most advanced track stands, since the first of those came there.
    fn settle(&mut self, position: i64) {
        let top = self.tracks.iter().map(|track| track.stage).max_by_key(|stage| rank(*stage));
        if let Some(top) = top {
            let there = self.tracks.iter().filter(|track| track.stage == top);
            self.stage = top;
            self.stage_since = there.map(|track| track.since).min().unwrap_or(self.stage_since);
            self.version = position;
        }
    }
}
