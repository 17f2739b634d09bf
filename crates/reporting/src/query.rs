//! What every report takes, read and judged before anything is loaded. What depends on the tenant stays open here.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use handoff_domain::metric::dimension::Dimension;
use handoff_domain::metric::{Basis, CountUnit, SkipPolicy};
use handoff_domain::period::{Period, PeriodKind};
use handoff_proto::reporting::v1 as pb;
use handoff_runtime::limits::FUTURE_TOLERANCE;
use handoff_runtime::violations::Violations;

use crate::convert::word;

/// The longest range, in days.
const DAYS_MAX: i64 = 3_660;
/// The most periods that a range may be cut into.
const PERIODS_MAX: usize = 1_000;
/// The most filters.
const FILTERS_MAX: usize = 20;
/// The longest value of a filter, in characters; no dimension holds a longer one.
const VALUE_CHARS_MAX: usize = 500;
/// The years in which a range may lie: one on either side is left for the periods around it.
const YEARS: std::ops::RangeInclusive<i32> = 2..=9998;
/// The calendar of a query that names none.
pub(crate) const DEFAULT_CALENDAR: &str = "default";

/// A query that makes sense.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) kind: PeriodKind,
    /// From the start of the first period to the end of the last.
    pub(crate) range: Period,
    /// As many periods before it, if figures are to be compared with theirs.
    pub(crate) before: Option<Period>,
    /// None: the tenant's.
    pub(crate) zone: Option<Tz>,
    /// By what rows are made: one basis or both, PERIOD first.
    pub(crate) bases: &'static [Basis],
    pub(crate) unit: CountUnit,
    pub(crate) skip_policy: SkipPolicy,
    /// None: now.
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// None: now.
    pub(crate) known_at: Option<DateTime<Utc>>,
    pub(crate) breakdown: Option<Dimension>,
    pub(crate) filters: Vec<Filter>,
    /// The slug of a calendar.
    pub(crate) calendar: String,
}

/// Keeps records with this value, or those without one.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) dimension: Dimension,
    pub(crate) value: Option<String>,
}

impl Query {
    /// The query of a request at `now`; none, with every fault noted, if it makes no sense.
    pub(crate) fn read(
        check: &mut Violations,
        query: Option<&pb::ReportQuery>,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let Some(query) = query else {
            check.add("query", "is required");
            return None;
        };
        let kind = check.optional_choice("query.period_kind", query.period_kind).and_then(word::period_kind);
        let kind = kind.unwrap_or(PeriodKind::Month);
        let range = range(check, query, kind);
        let zone = (!query.time_zone.is_empty()).then(|| check.zone("query.time_zone", &query.time_zone));
        let bases = check.optional_choice("query.basis", query.basis).and_then(word::bases);
        let unit = check.optional_choice("query.unit", query.unit).and_then(word::count_unit);
        let skip = check.optional_choice("query.skip_policy", query.skip_policy).and_then(word::skip_policy);
        let as_of = check.time("query.as_of_time", query.as_of_time.as_ref());
        let known_at = check.time("query.known_at_time", query.known_at_time.as_ref());
        // What will have happened or be known by then is not for a report to say.
        let latest = now + TimeDelta::from_std(FUTURE_TOLERANCE).unwrap_or_default();
        for (field, instant) in [("query.as_of_time", as_of), ("query.known_at_time", known_at)] {
            check.check(instant.is_none_or(|it| it <= latest), field, "lies in the future");
        }
        let breakdown = check.optional_choice("query.breakdown", query.breakdown).and_then(word::dimension);
        let filters = filters(check, &query.filters);
        let calendar = check.optional_slug_name("query.calendar", &query.calendar, "calendars");
        let range = range?;
        let before = query.compare_previous.then(|| range.preceding(kind)).flatten();
        let is_compared = before.is_some() || !query.compare_previous;
        check.check(is_compared, "query.start_date", "has no period before it to compare with");
        Some(Self {
            kind,
            range,
            before,
            zone,
            bases: bases.unwrap_or(&[Basis::Period]),
            unit: unit.unwrap_or(CountUnit::Handoff),
            skip_policy: skip.unwrap_or(SkipPolicy::ImplyPassed),
            as_of,
            known_at,
            breakdown,
            filters,
            calendar: calendar.unwrap_or_else(|| DEFAULT_CALENDAR.to_owned()),
        })
    }
}

/// The range, moved to the ends of its periods.
fn range(check: &mut Violations, query: &pb::ReportQuery, kind: PeriodKind) -> Option<Period> {
    let start = date(check, "query.start_date", &query.start_date);
    let end = date(check, "query.end_date", &query.end_date);
    let (start, end) = (start?, end?);
    let Some(asked) = Period::range(start, end) else {
        check.add("query.end_date", "is the date after the last one, so it is later than start_date");
        return None;
    };
    check.check(asked.days() <= DAYS_MAX, "query.end_date", "lies more than 3,660 days after start_date");
    let periods = asked.split(kind);
    let description = "cuts the range into more than 1,000 periods; take longer ones or a shorter range";
    check.check(periods.len() <= PERIODS_MAX, "query.period_kind", description);
    Period::range(periods.first()?.start(), periods.last()?.end())
}

/// A date of four digits, two and two, so that a date has one name.
fn date(check: &mut Violations, field: &str, text: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let date = date.filter(|date| date.to_string() == text && YEARS.contains(&date.year()));
    check.check(date.is_some(), field, "is required, as a date such as 2026-03-27");
    date
}

fn filters(check: &mut Violations, given: &[pb::DimensionFilter]) -> Vec<Filter> {
    check.check(given.len() <= FILTERS_MAX, "query.filters", "has more than 20 filters");
    let read = given.iter().take(FILTERS_MAX).enumerate().filter_map(|(index, filter)| {
        let field = format!("query.filters[{index}].dimension");
        let dimension = check.choice(&field, filter.dimension).and_then(word::dimension);
        let value = check.text(&format!("query.filters[{index}].value"), &filter.value, VALUE_CHARS_MAX);
        Some(Filter { dimension: dimension?, value })
    });
    read.collect()
}

#[cfg(test)]
mod tests;
