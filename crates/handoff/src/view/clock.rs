//! Clocks of the SLA, breaches and deadlines.

use chrono_tz::Tz;
use handoff_proto::common::v1::target::Amount;
use handoff_proto::sla::v1::{
    Clock, ClockKind, ClockState, ListBreachesResponse, ListClocksResponse, PreviewDeadlineResponse,
    SignatureState,
};

use super::{Cell, Column, Grid, View, quantity, show_business_time, show_calendar_time};
use crate::word;

/// What is said wherever a target is shown that nobody agreed to.
pub(crate) const UNSIGNED: &str =
    "The contract is UNSIGNED: it is the starter contract, in effect until both sides sign one.";

impl View for ListClocksResponse {
    fn grid(&self, zone: Tz) -> Grid {
        clocks(&self.clocks, zone)
    }

    fn notes(&self, _zone: Tz) -> Vec<String> {
        unsigned(&self.clocks)
    }
}

impl View for ListBreachesResponse {
    fn grid(&self, zone: Tz) -> Grid {
        clocks(&self.clocks, zone)
    }

    fn notes(&self, _zone: Tz) -> Vec<String> {
        unsigned(&self.clocks)
    }
}

impl View for PreviewDeadlineResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        let zone = self.time_zone.parse().unwrap_or(Tz::UTC);
        Grid::record(vec![
            (Column::text("Starts", "start_time"), quantity::time(self.start_time.as_ref(), zone)),
            (Column::text("May take", "target"), Cell::text(quantity::show_target(self.target.as_ref()))),
            (Column::text("Due", "due_time"), quantity::time(self.due_time.as_ref(), zone)),
            (Column::text("Due, local", "local_due_time"), Cell::text(&self.local_due_time)),
            (Column::text("Zone", "time_zone"), Cell::text(&self.time_zone)),
            (
                Column::text("Business time until then", "business_time_seconds"),
                quantity::span(self.business_time.as_ref(), show_business_time),
            ),
        ])
    }
}

fn clocks(clocks: &[Clock], zone: Tz) -> Grid {
    let mut grid = Grid::new(vec![
        Column::text("Clock", "name").shown_if(false),
        Column::text("Handoff", "handoff"),
        Column::text("Kind", "kind").shown_if(false),
        Column::text("State", "state"),
        Column::text(format!("Start\n{zone}"), "start_time"),
        Column::text("May take", "target"),
        Column::text("Due", "due_time"),
        Column::text("Stopped", "stop_time"),
        Column::text("Breached", "breach_time"),
        Column::text("Overdue\nnow", "overdue"),
        Column::in_table_only("Took"),
        Column::number("Business time", "elapsed_business_seconds").shown_if(false),
        Column::number("Calendar time", "elapsed_calendar_seconds").shown_if(false),
        Column::number("Business days", "elapsed_business_days").shown_if(false),
        Column::text("Lead", "lead").shown_if(false),
        Column::text("Calendar", "calendar").shown_if(false),
        Column::text("Contract", "contract_signature_state").shown_if(false),
        Column::text("Imported", "imported").shown_if(false),
    ]);
    for clock in clocks {
        grid.push(vec![
            Cell::text(&clock.name),
            Cell::text(&clock.handoff),
            Cell::text(word::show::<ClockKind>(clock.kind)),
            Cell::text(word::show::<ClockState>(clock.state)),
            quantity::time(clock.start_time.as_ref(), zone),
            Cell::text(quantity::show_target(clock.target.as_ref())),
            quantity::time(clock.due_time.as_ref(), zone),
            quantity::time(clock.stop_time.as_ref(), zone),
            quantity::time(clock.breach_time.as_ref(), zone),
            Cell::new(if clock.overdue { "yes" } else { "no" }, clock.overdue.to_string()),
            Cell::split(took(clock), Vec::new()),
            quantity::span(clock.elapsed_business_time.as_ref(), show_business_time),
            quantity::span(clock.elapsed_calendar_time.as_ref(), show_calendar_time),
            Cell::text(clock.elapsed_business_days.to_string()),
            Cell::text(&clock.lead),
            Cell::text(&clock.calendar),
            Cell::text(word::show::<SignatureState>(clock.contract_signature_state)),
            Cell::text(clock.imported.to_string()),
        ]);
    }
    grid
}

/// How long it ran or runs, in the unit of its target.
fn took(clock: &Clock) -> String {
    let amount = clock.target.as_ref().and_then(|target| target.amount.as_ref());
    let took = match amount {
        Some(Amount::BusinessDays(_)) => Some(match clock.elapsed_business_days {
            1 => "1 business day".to_owned(),
            days => format!("{days} business days"),
        }),
        Some(Amount::BusinessTime(_)) => clock.elapsed_business_time.as_ref().map(show_business_time),
        Some(Amount::CalendarTime(_)) | None => clock.elapsed_calendar_time.as_ref().map(show_calendar_time),
    };
    took.unwrap_or_else(|| quantity::NONE.to_owned())
}

fn unsigned(clocks: &[Clock]) -> Vec<String> {
    let unsigned = i32::from(SignatureState::Unsigned);
    let any = clocks.iter().any(|clock| clock.contract_signature_state == unsigned);
    any.then(|| UNSIGNED.to_owned()).into_iter().collect()
}
