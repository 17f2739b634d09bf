//! Which reports are answered from the rollups: those of now, of hand-overs, in the zone of their days, and with at most
//! one dimension to break down and filter by. All others are computed from the facts, with the same answer.

use chrono::{Datelike, NaiveDate};
use handoff_domain::id::TenantId;
use handoff_domain::metric::CountUnit;
use handoff_domain::metric::dimension::Dimension;
use handoff_domain::period::{Period, PeriodKind};
use handoff_domain::rollup::cell::{Grain, Part};
use handoff_store::error::StoreError;
use handoff_store::reporting::rollup_cell::{self, Row, Wanted};
use handoff_store::reporting::rollup_state;
use handoff_store::tx::Tx;

use super::Ground;

/// The cells that answer a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) generation: i32,
    pub(crate) dimension: Option<Dimension>,
    /// One value of it, empty for records without one.
    pub(crate) value: Option<String>,
}

impl Served {
    /// The cells for a report; none if it has to be computed from facts.
    pub(crate) async fn of(
        tx: &mut Tx,
        tenant: TenantId,
        ground: &Ground,
    ) -> Result<Option<Self>, StoreError> {
        let query = &ground.query;
        let is_now = query.as_of.is_none() && query.known_at.is_none();
        let (dimension, value) = match (query.breakdown, query.filters.as_slice()) {
            (breakdown, []) => (breakdown, None),
            (breakdown, [filter]) if breakdown.is_none_or(|breakdown| breakdown == filter.dimension) => {
                (Some(filter.dimension), Some(filter.value.clone().unwrap_or_default()))
            }
            _ => return Ok(None),
        };
        if !is_now || query.unit != CountUnit::Handoff {
            return Ok(None);
        }
        let Some(state) = rollup_state::load(tx, tenant).await? else { return Ok(None) };
        // What happens minutes from now, by the clock of whoever told of it, has not happened for this report.
        let is_seen = state.zone == ground.zone && state.latest_at <= ground.as_of;
        let generation = state.serving.filter(|_| is_seen);
        Ok(generation.map(|generation| Self { generation, dimension, value }))
    }

    /// The same of all records.
    pub(crate) fn total(&self) -> Self {
        Self { generation: self.generation, dimension: None, value: None }
    }

    /// Cells of months, of all that a period touches.
    pub(crate) async fn months(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        parts: &[Part],
        (from, to): (NaiveDate, NaiveDate),
    ) -> Result<Vec<Row>, StoreError> {
        self.load(tx, tenant, parts, Grain::Month, (Grain::Month.start_of(from), to)).await
    }

    /// Cells that make up exactly a range cut into periods of a kind: of months where they do, else of days, which are
    /// kept in total only. None if there are no such cells.
    pub(crate) async fn exactly(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        parts: &[Part],
        range: &Period,
        kind: PeriodKind,
    ) -> Result<Option<Vec<Row>>, StoreError> {
        let (from, to) = (range.start(), range.end());
        let cut_by_months = !matches!(kind, PeriodKind::Day | PeriodKind::IsoWeek);
        let (first, last) =
            if cut_by_months { (first_month(from), Grain::Month.start_of(to)) } else { (to, to) };
        // Days, months, days; no months where none is whole.
        let (first, last) = if first < last { (first, last) } else { (to, to) };
        let has_days = from < first || last < to;
        if has_days && self.dimension.is_some() {
            return Ok(None);
        }
        let mut rows = Vec::new();
        for (grain, from, to) in
            [(Grain::Day, from, first), (Grain::Month, first, last), (Grain::Day, last, to)]
        {
            if from < to {
                rows.extend(self.load(tx, tenant, parts, grain, (from, to)).await?);
            }
        }
        Ok(Some(rows))
    }

    async fn load(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        parts: &[Part],
        grain: Grain,
        (from, to): (NaiveDate, NaiveDate),
    ) -> Result<Vec<Row>, StoreError> {
        let wanted = Wanted {
            generation: self.generation,
            dimension: self.dimension,
            value: self.value.as_deref(),
            parts,
            grain,
            from,
            to,
        };
        rollup_cell::load_range(tx, tenant, &wanted).await
    }
}

/// The first month that begins on or after a date.
fn first_month(date: NaiveDate) -> NaiveDate {
    if date.day() == 1 {
        return date;
    }
    Period::containing(PeriodKind::Month, date).map_or(date, |month| month.end())
}

/// A row's date on a day of its month.
pub(crate) fn date_in(start: NaiveDate, day: u32) -> NaiveDate {
    start.with_day(day).unwrap_or(start)
}

/// The value of a row as a breakdown has it.
pub(crate) fn value_of(row: &Row) -> Option<&str> {
    Some(row.value.as_str()).filter(|value| !value.is_empty())
}
