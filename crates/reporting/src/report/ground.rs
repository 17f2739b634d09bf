//! What an answer rests on: the query with every default resolved, how far the logs had been read, the calendar, and
//! whether the contract in effect is signed. Loaded in the snapshot of the facts, so that it says neither more nor less
//! than they do.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use handoff_domain::calendar::{Calendar, Definition, local};
use handoff_domain::error::Error;
use handoff_domain::id::{CalendarId, TenantId};
use handoff_domain::metric::clock::ClockKind;
use handoff_domain::metric::count::Counting;
use handoff_domain::metric::dimension::Dimensions;
use handoff_domain::metric::{Metric, Span, span_of};
use handoff_domain::period::Period;
use handoff_proto::reporting::v1 as pb;
use handoff_proto::sla;
use handoff_runtime::convert::to_timestamp;
use handoff_runtime::identity::TenantRef;
use handoff_store::error::StoreError;
use handoff_store::reporting::log_seen::Seen;
use handoff_store::reporting::{
    Scope, calendar_version, clock_fact, contract_version, log_seen, tenant_setting,
};
use handoff_store::tx::Tx;
use prost::Message;

use crate::convert::{calendar, figure, word};
use crate::query::{DEFAULT_CALENDAR, Filter, Query};
use crate::{QUALIFICATION, SLA};

/// A report's ground.
#[derive(Debug, Clone)]
pub(crate) struct Ground {
    pub(crate) query: Query,
    pub(crate) zone: Tz,
    pub(crate) as_of: DateTime<Utc>,
    pub(crate) known_at: DateTime<Utc>,
    pub(crate) calendar: Calendar,
    seen: Vec<(String, Seen)>,
    contract_unsigned: bool,
}

impl Ground {
    /// Loads the ground of a query that is asked at `now`. In it, not in place of it, stands what the query names and
    /// nobody knows: a `NotFound`.
    pub(crate) async fn load(
        tx: &mut Tx,
        tenant: &TenantRef,
        query: Query,
        now: DateTime<Utc>,
    ) -> Result<Result<Self, Error>, StoreError> {
        let Some(setting) = tenant_setting::load(tx, tenant.id).await? else {
            return Ok(Err(Error::not_found(format!("tenants/{}", tenant.slug))));
        };
        let seen = log_seen::load(tx, tenant.id).await?;
        // The database's clock may be ahead of ours, and "now" must not hide what this snapshot has: the same report,
        // asked again with the instants that it answers, is the same report.
        let now = seen.iter().map(|(_, seen)| seen.recorded_at).fold(now, DateTime::max);
        let as_of = query.as_of.unwrap_or(now);
        let known_at = query.known_at.unwrap_or(now);
        let id = CalendarId::from_slug(tenant.id, &query.calendar);
        let definition = match calendar_version::load_definition(tx, tenant.id, id, known_at).await? {
            Some(bytes) => decode(&bytes)?,
            // Every tenant starts with these hours; until sla's log says so, they hold all the same.
            None if query.calendar == DEFAULT_CALENDAR => Definition::office_hours(setting.zone),
            None => return Ok(Err(Error::not_found(format!("calendars/{}", query.calendar)))),
        };
        let signed = contract_version::load_is_signed(tx, tenant.id, as_of, known_at).await?;
        Ok(Ok(Self {
            zone: query.zone.unwrap_or(setting.zone),
            as_of,
            known_at,
            calendar: Calendar::new(definition),
            seen,
            // A tenant starts with a contract that nobody has signed.
            contract_unsigned: !signed.unwrap_or(false),
            query,
        }))
    }

    /// The span of a period in the report's zone.
    pub(crate) fn span_of(&self, period: &Period) -> Span {
        span_of(period, self.zone)
    }

    /// The span of the whole range.
    pub(crate) fn span(&self) -> Span {
        self.span_of(&self.query.range)
    }

    /// The period that the first one is compared with, if figures are compared.
    pub(crate) fn period_before_the_first(&self) -> Option<Period> {
        let first = *self.query.range.split(self.query.kind).first()?;
        self.query.before.and_then(|_| first.preceding(self.query.kind))
    }

    /// The span of all rows, and of what the first ones are compared with.
    pub(crate) fn span_of_cells(&self) -> Span {
        let first = self.period_before_the_first().unwrap_or(self.query.range);
        self.span_of(&first).start..self.span().end
    }

    /// The local dates of all rows, and of what the first ones are compared with: from the first to before the last.
    pub(crate) fn dates_of_cells(&self) -> (NaiveDate, NaiveDate) {
        let first = self.period_before_the_first().unwrap_or(self.query.range);
        (first.start(), self.query.range.end())
    }

    /// The span from a local date to the end of the range.
    pub(crate) fn span_from(&self, first: NaiveDate) -> Span {
        local::midnight(self.zone, first)..self.span().end
    }

    /// Whether the report's filters let these pass.
    pub(crate) fn is_kept(&self, dimensions: &Dimensions) -> bool {
        self.query.filters.iter().all(|filter| dimensions.get(filter.dimension) == filter.value.as_deref())
    }

    /// What to load of facts that count by an instant of theirs: none counts by one after the report's own.
    pub(crate) fn scope(&self) -> Scope {
        self.scope_from(self.query.before.unwrap_or(self.query.range))
    }

    fn scope_from(&self, first: Period) -> Scope {
        let end = self.span().end.min(self.as_of + TimeDelta::microseconds(1));
        Scope { span: self.span_of(&first).start..end, known_at: self.known_at }
    }

    /// What to load of facts that count as long as they last. What is over now may have been under way at an instant
    /// before the range.
    pub(crate) fn lasting_scope(&self) -> Scope {
        let start = self.span_of(&self.query.before.unwrap_or(self.query.range)).start;
        Scope { span: start.min(self.as_of)..self.span().end, known_at: self.known_at }
    }

    /// The longest time that a DECIDE clock due in the range was given. It may be due after the report's instant.
    pub(crate) async fn load_longest_given(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
    ) -> Result<Option<i64>, StoreError> {
        let scope = Scope { span: self.span(), known_at: self.known_at };
        clock_fact::load_longest_given(tx, tenant, &scope, self.as_of, ClockKind::Decide).await
    }

    /// What M1 to M4 count.
    pub(crate) fn counting(&self) -> Counting {
        Counting { unit: self.query.unit, first_time: false, skip_policy: self.query.skip_policy }
    }

    /// The answer's basis, with where its figures come from.
    pub(crate) fn basis(&self, metrics: &[Metric], source: pb::Source) -> pb::ReportBasis {
        let query = &self.query;
        let filter = |filter: &Filter| pb::DimensionFilter {
            dimension: word::to_dimension(filter.dimension).into(),
            value: filter.value.clone().unwrap_or_default(),
        };
        let echo = pb::ReportQuery {
            period_kind: word::to_period_kind(query.kind).into(),
            start_date: query.range.start().to_string(),
            end_date: query.range.end().to_string(),
            time_zone: self.zone.name().to_owned(),
            basis: word::to_bases(query.bases).into(),
            unit: word::to_count_unit(query.unit).into(),
            skip_policy: word::to_skip_policy(query.skip_policy).into(),
            as_of_time: Some(to_timestamp(self.as_of)),
            known_at_time: Some(to_timestamp(self.known_at)),
            breakdown: query.breakdown.map(word::to_dimension).unwrap_or_default().into(),
            filters: query.filters.iter().map(filter).collect(),
            calendar: format!("calendars/{}", query.calendar),
            compare_previous: query.before.is_some(),
        };
        pb::ReportBasis {
            query: Some(echo),
            source: source.into(),
            positions: [QUALIFICATION, SLA].map(|log| self.position(log)).into(),
            definitions: figure::definitions(metrics),
            contract_unsigned: self.contract_unsigned,
            percentile_error: None,
        }
    }

    fn position(&self, log: &str) -> pb::LogPosition {
        let seen = self.seen.iter().find(|(source, _)| source == log).map(|(_, seen)| *seen);
        pb::LogPosition {
            log: log.to_owned(),
            position: seen.map_or(0, |seen| seen.position),
            record_time: seen.map(|seen| to_timestamp(seen.recorded_at)),
        }
    }
}

fn decode(bytes: &[u8]) -> Result<Definition, StoreError> {
    let known = sla::v1::Calendar::decode(bytes).ok().and_then(|known| calendar::definition(&known));
    known.ok_or_else(|| {
        StoreError::defect("calendar_version.definition is no calendar that this build can read")
    })
}
