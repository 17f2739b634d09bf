//! What the service does with sla's events: its calendars are copied, as users and teams work by them. A message of the log is
//! one transaction.

use handoff_domain::calendar::{Definition, Exception, LocalInterval};
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::{CalendarCopy, HearCalendars};
use handoff_proto::event::v1::Event;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::name::slug;
use handoff_proto::sla::v1 as pb;
use handoff_runtime::consumer;
use handoff_store::log::cursor;

use crate::app::App;

/// Whose log is followed.
pub(crate) const SOURCE: &str = "sla";
/// Cursors that are read at once.
const PAGE: usize = 1_000;

/// Follows sla's log into this service's ledger.
#[derive(Debug)]
pub(crate) struct Follower {
    app: App,
}

impl Follower {
    /// Follows into the ledger of `app`.
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }
}

impl consumer::Follower for Follower {
    async fn cursors(&self) -> Result<Vec<(TenantId, i64)>, Error> {
        let mut cursors: Vec<(TenantId, i64)> = Vec::new();
        loop {
            let after = cursors.last().map(|(tenant, _)| *tenant);
            let page = self
                .app
                .background()
                .read_directory(None, move |tx| Box::pin(cursor::list(tx, SOURCE, after, PAGE as i64)))
                .await?;
            let is_full = page.len() == PAGE;
            cursors.extend(page);
            if !is_full {
                return Ok(cursors);
            }
        }
    }

    async fn apply(&self, tenant: TenantId, events: Vec<Event>) -> Result<(), Error> {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(()) };
        let (after, last) = (first.position - 1, last.position);
        let mut calendars = Vec::new();
        for event in &events {
            let fact = event.payload.as_ref().and_then(|payload| payload.fact.as_ref());
            let Some(Fact::CalendarVersioned(fact)) = fact else { continue };
            let Some(copy) = fact.calendar.as_ref().and_then(copy) else {
                tracing::error!(%tenant, position = event.position, kind = event.r#type, "an event cannot be read");
                return Err(Error::Internal);
            };
            calendars.push((event.position, copy));
        }
        self.app.do_own(tenant, Command::HearCalendars(HearCalendars { after, last, calendars })).await?;
        Ok(())
    }
}

/// A calendar as its event tells it.
fn copy(told: &pb::Calendar) -> Option<CalendarCopy> {
    let mut weekly_hours: [Vec<LocalInterval>; 7] = Default::default();
    for hours in &told.weekly_hours {
        // The proto counts from Monday, 1.
        let day = usize::try_from(hours.weekday.checked_sub(1)?).ok()?;
        weekly_hours.get_mut(day)?.push(interval(hours.hours.as_ref()?)?);
    }
    let exceptions = told.exceptions.iter().map(|exception| {
        let hours = exception.hours.iter().map(interval).collect::<Option<_>>()?;
        Some((
            exception.date.parse().ok()?,
            Exception { hours, display_name: exception.display_name.clone() },
        ))
    });
    Some(CalendarCopy {
        slug: slug("calendars", &told.name)?.to_owned(),
        version: u32::try_from(told.version).ok()?,
        definition: Definition {
            time_zone: told.time_zone.parse().ok()?,
            weekly_hours,
            exceptions: exceptions.collect::<Option<_>>()?,
        },
    })
}

fn interval(told: &pb::LocalInterval) -> Option<LocalInterval> {
    Some(LocalInterval { open: told.open.parse().ok()?, close: told.close.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> pb::Calendar {
        let hours = Some(pb::LocalInterval { open: "09:00".to_owned(), close: "13:00".to_owned() });
        pb::Calendar {
            name: "calendars/rome".to_owned(),
            time_zone: "Europe/Rome".to_owned(),
            weekly_hours: vec![pb::WeeklyHours { weekday: 7, hours }],
            version: 3,
            ..pb::Calendar::default()
        }
    }

    #[test]
    fn a_calendar_is_copied_as_it_is_told() {
        let copied = copy(&told()).expect("it can be read");
        assert_eq!((copied.slug.as_str(), copied.version), ("rome", 3));
        assert_eq!(copied.definition.weekly_hours[6].len(), 1);
    }

    #[test]
    fn one_that_is_broken_is_not_passed_over() {
        let mut broken = told();
        broken.weekly_hours[0].weekday = 8;
        assert_eq!(copy(&broken), None);
        assert_eq!(copy(&pb::Calendar { time_zone: "Atlantis".to_owned(), ..told() }), None);
    }
}
