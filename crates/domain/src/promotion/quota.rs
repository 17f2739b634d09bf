//! How many leads a day may become MQLs because a model was published, so that sales is never flooded (edge case 31).

use chrono::{DateTime, NaiveDate, Utc};

use crate::calendar::{Calendar, local};
use crate::score::Publish;

/// A tenant's count of leads that became MQLs because a model was published: of the last business date on which one did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// At most so many a business date; without a limit until a model is published with one.
    pub per_business_day: Option<u32>,
    /// The last business date on which a place was taken.
    pub date: Option<NaiveDate>,
    /// How many were.
    pub taken: u32,
}

impl Quota {
    /// What is left at an instant after these were published, in their order, if so many places were taken on the last date on
    /// which one was.
    pub fn of(
        publishes: &[(DateTime<Utc>, Publish)],
        at: DateTime<Utc>,
        date: Option<NaiveDate>,
        taken: u32,
    ) -> Self {
        let mut quota = Self { per_business_day: None, date, taken };
        publishes.iter().filter(|(from, _)| *from <= at).for_each(|(_, how)| quota.publish(*how));
        quota
    }

    /// A model is published. A cap of its own takes the place of the one before; without one that stays, as leads may
    /// still wait. What was taken on the day stays taken.
    pub fn publish(&mut self, publish: Publish) {
        if let Publish::Capped { per_business_day } = publish {
            self.per_business_day = Some(per_business_day);
        }
    }

    /// Takes a place on the local date of `now`.
    ///
    /// # Errors
    /// If none is left or the date is no business date: the first opening on the next one, if there ever is one.
    pub fn take(&mut self, calendar: &Calendar, now: DateTime<Utc>) -> Result<(), Option<DateTime<Utc>>> {
        let Some(most) = self.per_business_day else { return Ok(()) };
        let date = calendar.local_date(now);
        // A calendar that moves west may see a date again that was counted before: its places are not known any more.
        let latest = self.date.unwrap_or(date);
        let taken = if date > latest { 0 } else { self.taken };
        if date < latest || taken >= most || !calendar.is_business_date(date) {
            return Err(opening_after(calendar, date.max(latest)));
        }
        (self.date, self.taken) = (Some(date), taken + 1);
        Ok(())
    }
}

/// When the calendar is first open on the business date after `date`.
fn opening_after(calendar: &Calendar, date: NaiveDate) -> Option<DateTime<Utc>> {
    let next = calendar.dates_after(date).next()?.date;
    calendar.next_opening(local::midnight(calendar.definition().time_zone, next))
}
