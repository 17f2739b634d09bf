//! Collects everything that is wrong with a request, so that its sender hears of all faults at once and not of one per
//! attempt. A parser that finds a fault notes it and gives a placeholder; [`Violations::finish`] fails if there was one,
//! so that no placeholder gets any further.
//!
//! ```text
//! let mut check = Violations::new();
//! let request_id = check.request_id(&request.request_id);
//! let lead = LeadId(check.name("name", &request.name, Collection::Leads));
//! check.finish().map_err(status::from_error)?;
//! ```

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use handoff_domain::actor::Side;
use handoff_domain::error::{Error, Violation};
use handoff_domain::id::is_slug;
use handoff_domain::money::{Currency, Money};
use handoff_domain::target::Target;
use handoff_proto::common::v1 as common;
use handoff_proto::name::{self, Collection};
use prost_types::Timestamp;
use uuid::Uuid;

use crate::{convert, limits};

/// What was found wrong so far.
#[derive(Debug, Default)]
#[must_use = "placeholders go on unless `finish` is asked"]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Fails with everything that was found.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn finish(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }

    /// Whether nothing was found so far.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes a fault: what is wrong with `field` and what would be right, without quoting a value that may be personal.
    pub fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.0.push(Violation { field: field.into(), description: description.into() });
    }

    /// Notes the faults of a part that was judged elsewhere.
    pub fn extend(&mut self, found: impl IntoIterator<Item = Violation>) {
        self.0.extend(found);
    }

    /// Takes the value or notes the fault.
    pub fn take<T: Default>(&mut self, judged: Result<T, Violation>) -> T {
        judged.unwrap_or_else(|fault| {
            self.0.push(fault);
            T::default()
        })
    }

    /// Notes a fault unless `holds`.
    pub fn check(&mut self, holds: bool, field: &str, description: &str) {
        if !holds {
            self.add(field, description);
        }
    }

    /// A text that may be left out, trimmed, of at most `longest` characters.
    pub fn text(&mut self, field: &str, value: &str, longest: usize) -> Option<String> {
        let value = value.trim();
        if value.chars().count() > longest {
            self.add(field, format!("is longer than {longest} characters"));
        }
        // The database cannot store NUL, and no text of ours needs another control character than these.
        if value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.add(field, "contains a control character");
        }
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// A text that must be given.
    pub fn required_text(&mut self, field: &str, value: &str, longest: usize) -> String {
        self.text(field, value, longest).unwrap_or_else(|| self.required(field))
    }

    /// The name that people choose for a tenant, team or user: a DNS label.
    pub fn slug(&mut self, field: &str, value: &str) -> String {
        if !is_slug(value) {
            self.add(field, "is not 2 to 63 of a-z, 0-9 and -, starting with a letter");
        }
        value.to_owned()
    }

    /// The slug in a name such as `users/ada`, for `collection` `users`.
    pub fn slug_name(&mut self, field: &str, value: &str, collection: &str) -> String {
        match name::slug(collection, value).filter(|slug| is_slug(slug)) {
            Some(slug) => slug.to_owned(),
            None => {
                self.add(field, format!("is not a name of the form {collection}/ada"));
                String::new()
            }
        }
    }

    /// The slug in a name that may be left out.
    pub fn optional_slug_name(&mut self, field: &str, value: &str, collection: &str) -> Option<String> {
        (!value.is_empty()).then(|| self.slug_name(field, value, collection))
    }

    /// The id in a resource's name such as `leads/{uuid}`.
    pub fn name(&mut self, field: &str, value: &str, collection: Collection) -> Uuid {
        collection.parse(value).unwrap_or_else(|| {
            self.add(
                field,
                format!("is not a name of the form {}/{{uuid}}, in lower case", collection.as_str()),
            );
            Uuid::nil()
        })
    }

    /// The id in a name that may be left out.
    pub fn optional_name(&mut self, field: &str, value: &str, collection: Collection) -> Option<Uuid> {
        (!value.is_empty()).then(|| self.name(field, value, collection))
    }

    /// A UUID.
    pub fn uuid(&mut self, field: &str, value: &str) -> Uuid {
        match Uuid::try_parse(value) {
            Ok(id) if !id.is_nil() => id,
            _ => {
                self.add(field, "is not a UUID");
                Uuid::nil()
            }
        }
    }

    /// The `request_id` that every change carries, so that it can be repeated safely (AIP-155).
    pub fn request_id(&mut self, value: &str) -> Uuid {
        self.uuid("request_id", value)
    }

    /// An instant that may be left out.
    pub fn time(&mut self, field: &str, value: Option<&Timestamp>) -> Option<DateTime<Utc>> {
        let instant = convert::from_timestamp(value?);
        if instant.is_none() {
            self.add(field, "is not an instant of the years 1 to 9999");
        }
        instant
    }

    /// An instant that must be given.
    pub fn required_time(&mut self, field: &str, value: Option<&Timestamp>) -> DateTime<Utc> {
        if value.is_none() {
            return self.required(field);
        }
        self.time(field, value).unwrap_or_default()
    }

    /// When something happened in the world: `now` if it is left out, long ago for imports, and not later than the
    /// difference between two clocks explains.
    pub fn occur_time(
        &mut self,
        field: &str,
        value: Option<&Timestamp>,
        now: DateTime<Utc>,
    ) -> DateTime<Utc> {
        let occurred = self.time(field, value).unwrap_or(now);
        // A constant of five minutes.
        let tolerance = TimeDelta::from_std(limits::FUTURE_TOLERANCE).unwrap_or_default();
        self.check(occurred <= now + tolerance, field, "lies more than five minutes in the future");
        occurred
    }

    /// MARKETING, SALES or SYSTEM.
    pub fn side(&mut self, field: &str, value: i32) -> Option<Side> {
        self.some(field, convert::from_side(value), "is not SIDE_MARKETING, SIDE_SALES or SIDE_SYSTEM")
    }

    /// A value of a proto enum that must be given: a known number other than 0.
    pub fn choice<E: TryFrom<i32>>(&mut self, field: &str, value: i32) -> Option<E> {
        let known = (value != 0).then(|| E::try_from(value).ok()).flatten();
        self.some(field, known, "is required, as one of the values of its enum")
    }

    /// A value of a proto enum that may be left out.
    pub fn optional_choice<E: TryFrom<i32>>(&mut self, field: &str, value: i32) -> Option<E> {
        (value != 0).then(|| self.choice(field, value)).flatten()
    }

    /// A target that must be given: positive and not endless.
    pub fn target(&mut self, field: &str, value: Option<&common::Target>) -> Option<Target> {
        let target = value.and_then(convert::from_target);
        let target =
            self.some(field, target, "is required, as business time, calendar time or business days")?;
        self.0.extend(target.violation(field));
        Some(target)
    }

    /// An amount that may be left out.
    pub fn money(&mut self, field: &str, value: Option<&common::Money>) -> Option<Money> {
        let money = convert::from_money(value?);
        self.some(field, money, "is not an amount: a currency of three letters, units and nanos of one sign")
    }

    /// A currency.
    pub fn currency(&mut self, field: &str, value: &str) -> Option<Currency> {
        self.some(
            field,
            value.parse().ok(),
            "is not an ISO 4217 code of three upper-case letters, such as EUR",
        )
    }

    /// A time zone by its IANA name.
    pub fn zone(&mut self, field: &str, value: &str) -> Tz {
        value.parse().unwrap_or_else(|_| {
            self.add(field, "is not the name of an IANA time zone, such as Europe/Rome");
            Tz::UTC
        })
    }

    /// The size of a page: `usual` for 0, at most `most` whatever was asked for (AIP-158).
    pub fn page_size(&mut self, value: i32, usual: i64, most: i64) -> i64 {
        self.check(value >= 0, "page_size", "is negative");
        match i64::from(value) {
            0 => usual,
            asked => asked.clamp(1, most),
        }
    }

    fn required<T: Default>(&mut self, field: &str) -> T {
        self.add(field, "is required");
        T::default()
    }

    fn some<T>(&mut self, field: &str, value: Option<T>, description: &str) -> Option<T> {
        self.check(value.is_some(), field, description);
        value
    }
}

#[cfg(test)]
mod tests;
