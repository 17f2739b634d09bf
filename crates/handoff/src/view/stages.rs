//! Changes of stage in the order of the log, and who is in nurture.

use chrono_tz::Tz;
use handoff_proto::qualification::v1::{
    Lead, LeadKind, LeadStageChange, ListNurturedLeadsResponse, ListStageChangesResponse,
    NurtureLeadResponse, SetStageResponse, Suppression, Track, WatchStageChangesResponse,
};

use super::{Cell, Column, Grid, View, quantity};
use crate::word;

impl View for ListStageChangesResponse {
    fn grid(&self, zone: Tz) -> Grid {
        changes(&self.changes, zone)
    }

    fn notes(&self, _zone: Tz) -> Vec<String> {
        vec![format!("Complete up to position {}", self.position)]
    }
}

impl View for WatchStageChangesResponse {
    fn grid(&self, zone: Tz) -> Grid {
        changes(&self.changes, zone)
    }
}

fn changes(changes: &[LeadStageChange], zone: Tz) -> Grid {
    let mut grid = Grid::new(vec![
        Column::number("Position", "position"),
        Column::text(format!("When\n{zone}"), "occur_time"),
        Column::text("Lead", "lead"),
        Column::text("External id", "external_id"),
        Column::text("Product line", "product_line"),
        Column::text("From", "from_stage"),
        Column::text("From\nsegment", "from_segment"),
        Column::text("To", "to_stage"),
        Column::text("To\nsegment", "to_segment"),
        Column::text("By", "actor"),
        Column::text("Reason", "reason"),
    ]);
    for LeadStageChange { position, lead, external_id, change, .. } in changes {
        let change = change.clone().unwrap_or_default();
        grid.push(vec![
            Cell::text(position.to_string()),
            quantity::time(change.occur_time.as_ref(), zone),
            Cell::text(lead),
            Cell::text(external_id),
            Cell::text(change.product_line),
            Cell::stage(change.from_stage),
            Cell::text(change.from_segment),
            Cell::stage(change.to_stage),
            Cell::text(change.to_segment),
            Cell::text(change.actor),
            Cell::text(change.reason),
        ]);
    }
    grid
}

impl View for ListNurturedLeadsResponse {
    fn grid(&self, zone: Tz) -> Grid {
        let mut grid = Grid::new(vec![
            Column::text("Lead", "lead"),
            Column::text("Product line", "product_line"),
            Column::text("Segment", "segment"),
            Column::text(format!("Since\n{zone}"), "stage_time"),
            Column::text("Kind", "kind"),
            Column::text("Cool-down until", "cooldown_until_time"),
            Column::text("Suppression", "suppression"),
            Column::text("E-mail", "email"),
            Column::text("External id", "external_id"),
        ]);
        for lead in &self.leads {
            let person = lead.person.clone().unwrap_or_default();
            grid.push(vec![
                Cell::text(&lead.lead),
                Cell::text(&lead.product_line),
                Cell::text(&lead.segment),
                quantity::time(lead.stage_time.as_ref(), zone),
                Cell::text(word::show::<LeadKind>(lead.kind)),
                quantity::time(lead.cooldown_until_time.as_ref(), zone),
                Cell::text(word::show::<Suppression>(lead.suppression)),
                Cell::text(person.email),
                Cell::text(person.external_id),
            ]);
        }
        grid
    }

    fn notes(&self, _zone: Tz) -> Vec<String> {
        vec![format!("As of position {}: stage changes behind it say what happened since", self.position)]
    }
}

impl View for NurtureLeadResponse {
    fn grid(&self, zone: Tz) -> Grid {
        tracks(self.lead.as_ref(), zone)
    }
}

impl View for SetStageResponse {
    fn grid(&self, zone: Tz) -> Grid {
        tracks(self.lead.as_ref(), zone)
    }

    fn notes(&self, _zone: Tz) -> Vec<String> {
        vec![format!("Position {}", self.position)]
    }
}

fn tracks(lead: Option<&Lead>, zone: Tz) -> Grid {
    let mut grid = Grid::new(vec![
        Column::text("Lead", "lead"),
        Column::text("Product line", "product_line"),
        Column::text("Stage", "stage"),
        Column::text(format!("Since\n{zone}"), "stage_time"),
        Column::text("Segment", "segment"),
    ]);
    let lead = lead.cloned().unwrap_or_default();
    for Track { product_line, stage, stage_time, segment, .. } in &lead.tracks {
        grid.push(vec![
            Cell::text(&lead.name),
            Cell::text(product_line),
            Cell::stage(*stage),
            quantity::time(stage_time.as_ref(), zone),
            Cell::text(segment),
        ]);
    }
    grid
}
