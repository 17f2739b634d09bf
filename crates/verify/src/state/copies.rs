//! The calendars that qualification keeps copies of, beside what sla's log says.

use std::collections::HashMap;
use std::time::Instant;

use handoff_proto::event::v1::payload::Fact;
use handoff_store::error::StoreError;
use handoff_store::verify::Snapshot;
use handoff_store::verify::routing::{self, CalendarCopyRow};

use super::compare::Seen;
use crate::docket::{Docket, compare};
use crate::event::Event;
use crate::law::Law;
use crate::sla::calendar;
use crate::word::slug;

/// The calendars that qualification has copied, as sla's log tells them up to its cursor.
#[derive(Debug)]
pub(crate) struct Copies {
    cursor: i64,
    rows: HashMap<String, CalendarCopyRow>,
}

impl Copies {
    /// None yet, of a log that was read up to `cursor`.
    pub(crate) fn new(cursor: i64) -> Self {
        Self { cursor, rows: HashMap::new() }
    }

    /// Takes in an event of sla's; what cannot be read is noticed by the fold of its own state.
    pub(crate) fn fold(&mut self, event: &Event) -> Option<()> {
        let Some(Fact::CalendarVersioned(fact)) =
            event.fact.as_ref().filter(|_| event.position <= self.cursor)
        else {
            return None;
        };
        let told = fact.calendar.as_ref()?;
        let slug = slug("calendars", &told.name)?.to_owned();
        let row =
            CalendarCopyRow { slug: slug.clone(), version: told.version, definition: calendar::json(told)? };
        self.rows.insert(slug, row);
        Some(())
    }

    /// Compares the table with them.
    pub(crate) async fn compare(
        &self,
        snapshot: &mut Snapshot,
        docket: &mut Docket,
    ) -> Result<(), StoreError> {
        const LAW: Law = Law::StateCalendars;
        let (start, tenant) = (Instant::now(), snapshot.tenant());
        let mut seen = Seen::new(LAW, "calendar", self.rows.keys());
        routing::each_calendar_copy(snapshot.tx(), tenant, |found| {
            if seen.is_known(&found.slug, docket) {
                let place = format!("calendar {}", found.slug);
                compare!(docket, LAW, place, self.rows[&found.slug], found; version, definition);
            }
        })
        .await?;
        seen.end(docket);
        docket.took(LAW, start);
        Ok(())
    }
}
