//! A lead: who it is, where it stands, and the way it came.

use chrono_tz::Tz;
use handoff_proto::qualification::v1::{GetLeadResponse, LeadKind, OriginChannel, Stage, Suppression};

use super::{Cell, Column, Grid, View, quantity, show_time};
use crate::word;

impl View for GetLeadResponse {
    fn grid(&self, zone: Tz) -> Grid {
        let mut grid = Grid::new(vec![
            Column::text("Lead", "lead").shown_if(false),
            Column::text(format!("When\n{zone}"), "occur_time"),
            Column::text("From", "from_stage"),
            Column::text("To", "to_stage"),
            Column::text("Skipped", "skipped_stages"),
            Column::number("Cycle", "cycle"),
            Column::text("Product line", "product_line"),
            Column::text("By", "actor"),
            Column::text("Side", "actor_side"),
            Column::text("Reason", "reason"),
            Column::text("Recorded", "record_time").shown_if(false),
        ]);
        let lead = self.lead.as_ref().map(|lead| lead.name.as_str()).unwrap_or_default();
        for change in &self.stage_history {
            let skipped: Vec<String> =
                change.skipped_stages.iter().map(|stage| word::show::<Stage>(*stage)).collect();
            grid.push(vec![
                Cell::text(lead),
                quantity::time(change.occur_time.as_ref(), zone),
                Cell::stage(change.from_stage),
                Cell::stage(change.to_stage),
                Cell::text(skipped.join(", ")),
                Cell::text(change.cycle.to_string()),
                Cell::text(&change.product_line),
                Cell::text(&change.actor),
                Cell::side(change.actor_side),
                Cell::text(&change.reason),
                quantity::time(change.record_time.as_ref(), zone),
            ]);
        }
        grid
    }

    fn notes(&self, zone: Tz) -> Vec<String> {
        let lead = self.lead.clone().unwrap_or_default();
        let person = lead.person.unwrap_or_default();
        let origin = lead.origin.unwrap_or_default();
        let who = join(
            " ",
            [
                person.given_name,
                person.family_name,
                person.organisation,
                person.email,
                person.phone,
                person.external_id,
            ],
        );
        let touch = join(
            " / ",
            [word::show::<OriginChannel>(origin.channel), origin.source, origin.medium, origin.campaign],
        );
        let mut notes = vec![
            format!("{}: {who}", lead.name),
            format!(
                "Stage {} since {}; captured {}; {}; first touch {touch}",
                word::show::<Stage>(lead.stage),
                show_time(lead.stage_time.as_ref(), zone),
                show_time(lead.capture_time.as_ref(), zone),
                word::show::<LeadKind>(lead.kind),
            ),
        ];
        if !person.record_ids.is_empty() {
            let ids: Vec<_> =
                person.record_ids.iter().map(|(system, id)| format!("{id} in {system}")).collect();
            notes.push(format!("Known as {}", ids.join(", ")));
        }
        if !lead.merged_into.is_empty() {
            notes.push(format!("One person with {}, which counts for it", lead.merged_into));
        }
        if !lead.merged_leads.is_empty() {
            notes.push(format!("One person with {}", lead.merged_leads.join(", ")));
        }
        if lead.suppression != i32::from(Suppression::None) && lead.suppression != 0 {
            let suppression = word::show::<Suppression>(lead.suppression);
            notes.push(format!("Not to be handed over: {suppression}"));
        }
        if lead.cooldown_until_time.is_some() {
            let until = show_time(lead.cooldown_until_time.as_ref(), zone);
            notes.push(format!("Not to be qualified again before {until}"));
        }
        notes
    }
}

fn join<const N: usize>(separator: &str, parts: [String; N]) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(separator)
}
