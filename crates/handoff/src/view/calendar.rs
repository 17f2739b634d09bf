//! Calendars: the week as people read it, the dates that differ, and what lies between two instants.

use chrono_tz::Tz;
use handoff_proto::sla::v1::{
    Calendar, GetCalendarResponse, ImportHolidaysResponse, ListCalendarsResponse, LocalInterval,
    PreviewElapsedResponse, PutCalendarResponse, Weekday,
};

use super::{Cell, Column, Grid, View, quantity, show_business_time, show_calendar_time, show_count};
use crate::word;

const WEEKDAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

impl View for PutCalendarResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        hours(&self.calendar.clone().unwrap_or_default())
    }

    fn notes(&self, _zone: Tz) -> Vec<String> {
        heading(self.calendar.as_ref())
    }
}

impl View for GetCalendarResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        hours(&self.calendar.clone().unwrap_or_default())
    }

    fn notes(&self, _zone: Tz) -> Vec<String> {
        heading(self.calendar.as_ref())
    }
}

impl View for ListCalendarsResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        let mut grid = Grid::new(vec![
            Column::text("Calendar", "name"),
            Column::text("Called", "display_name"),
            Column::text("Zone", "time_zone"),
            Column::number("Version", "version"),
            Column::number("Dates that\ndiffer", "exceptions"),
        ]);
        for calendar in &self.calendars {
            grid.push(vec![
                Cell::text(&calendar.name),
                Cell::text(&calendar.display_name),
                Cell::text(&calendar.time_zone),
                Cell::text(calendar.version.to_string()),
                quantity::count(calendar.exceptions.len() as i64),
            ]);
        }
        grid
    }
}

impl View for ImportHolidaysResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        let mut grid = Grid::new(vec![
            Column::text("Date", "date"),
            Column::text("Holiday", "display_name"),
            Column::text("In the calendar", "has_special_hours"),
        ]);
        for holiday in &self.holidays {
            let kept = if holiday.has_special_hours { "open, by hours of its own" } else { "closed" };
            grid.push(vec![
                Cell::text(&holiday.date),
                Cell::text(&holiday.display_name),
                Cell::new(kept, holiday.has_special_hours.to_string()),
            ]);
        }
        grid
    }

    fn notes(&self, _zone: Tz) -> Vec<String> {
        let mut notes = heading(self.calendar.as_ref());
        if self.timed_events > 0 {
            let events = show_count(self.timed_events.into());
            notes.push(format!("Left out: {events} events of the file that are no whole days"));
        }
        notes
    }
}

impl View for PreviewElapsedResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        Grid::record(vec![
            (Column::text("From, local", "local_start_time"), Cell::text(&self.local_start_time)),
            (Column::text("To, local", "local_end_time"), Cell::text(&self.local_end_time)),
            (Column::text("Zone", "time_zone"), Cell::text(&self.time_zone)),
            (
                Column::text("Business time", "business_time_seconds"),
                quantity::span(self.business_time.as_ref(), show_business_time),
            ),
            (
                Column::text("Calendar time", "calendar_time_seconds"),
                quantity::span(self.calendar_time.as_ref(), show_calendar_time),
            ),
            (Column::text("Business days", "business_days"), quantity::count(self.business_days.into())),
        ])
    }
}

/// The week, then the dates that differ.
fn hours(calendar: &Calendar) -> Grid {
    let mut grid = Grid::new(vec![
        Column::text("Day", "day"),
        Column::text("Open", "hours"),
        Column::text("Called", "display_name"),
    ]);
    for day in WEEKDAYS {
        let of_day = calendar.weekly_hours.iter().filter(|hours| hours.weekday == i32::from(day));
        let hours = show_hours(of_day.filter_map(|hours| hours.hours.as_ref()));
        grid.push(vec![Cell::text(word::show::<Weekday>(day.into())), Cell::text(hours), Cell::text("")]);
    }
    for exception in &calendar.exceptions {
        grid.push(vec![
            Cell::text(&exception.date),
            Cell::text(show_hours(exception.hours.iter())),
            Cell::text(&exception.display_name),
        ]);
    }
    grid
}

fn show_hours<'a>(hours: impl Iterator<Item = &'a LocalInterval>) -> String {
    let shown: Vec<String> = hours.map(|hours| format!("{} to {}", hours.open, hours.close)).collect();
    if shown.is_empty() { "closed".to_owned() } else { shown.join(", ") }
}

fn heading(calendar: Option<&Calendar>) -> Vec<String> {
    let heading = |calendar: &Calendar| {
        let Calendar { name, display_name, time_zone, version, .. } = calendar;
        format!("{name}, version {version}: {display_name}, in the zone {time_zone}")
    };
    calendar.map(heading).into_iter().collect()
}
