//! Lengths from the rollups: the report of velocities, from histograms by period, and from the hours since which others
//! wait.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use handoff_domain::calendar::{Calendar, local};
use handoff_domain::id::TenantId;
use handoff_domain::metric::clock::ClockFact;
use handoff_domain::metric::dimension::Dimensions;
use handoff_domain::metric::ratio::Ratio;
use handoff_domain::metric::ruler::Ruler;
use handoff_domain::metric::velocity::{Velocity, VelocityQuery, Waiting};
use handoff_domain::metric::verdict::{ByLength, Statistic, Verdict, ruler};
use handoff_domain::metric::{Basis, Span};
use handoff_domain::period::Period;
use handoff_domain::rollup::cell::Part;
use handoff_domain::rollup::count::{self, Promise};
use handoff_domain::rollup::length::{is_of_calendar, scale};
use handoff_domain::rollup::pair::Pair;
use handoff_domain::rollup::tally::LengthTally;
use handoff_domain::target::{Target, Unit};
use handoff_store::error::StoreError;
use handoff_store::reporting::clock_fact;
use handoff_store::reporting::rollup_cell::Row;
use handoff_store::reporting::rollup_unmeasured::{self, Found};
use handoff_store::tx::Tx;

use super::served::{Served, date_in, value_of};
use super::{Grid, Ground};

/// The most hand-overs that are measured for one report; with more of them it is computed from facts.
const UNMEASURED_MAX: u64 = 2_000;

/// What the rollups say for a report, by one basis.
#[derive(Debug)]
pub(crate) struct Lengths {
    basis: Basis,
    unit: Unit,
    pair: Pair,
    rows: Vec<Row>,
    waiting: Vec<Row>,
    /// M8's clocks, by their deadlines or by their starts.
    promises: Vec<Row>,
    /// The clocks that are due later today.
    due_later: Vec<(ClockFact, Dimensions)>,
    unmeasured: Vec<Found>,
}

/// What a cell of the report, or all of a range, holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    measured: LengthTally,
    by_target: BTreeMap<ByLength, LengthTally>,
    met: i64,
    breached: i64,
}

/// Those who wait, of one value or all, and for a decision under one target.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waits {
    pub(crate) all: Waiting,
    pub(crate) by_target: BTreeMap<ByLength, Waiting>,
}

/// What a report asks of the lengths of a range.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) span: &'a Span,
    pub(crate) limits: &'a [i64],
    pub(crate) statistic: Statistic,
}

impl Lengths {
    /// Loads what a report needs by a basis; none if the rollups do not have it.
    pub(crate) async fn load(
        tx: &mut Tx,
        tenant: TenantId,
        served: &Served,
        ground: &Ground,
        (pair, unit, limits): (Pair, Unit, &[i64]),
        basis: Basis,
    ) -> Result<Option<Self>, StoreError> {
        let is_had = is_of_calendar(unit) || pair.is_clocked();
        if !is_had || limits.iter().any(|limit| scale(unit).round_up(*limit) != *limit) {
            return Ok(None);
        }
        let part = match basis {
            Basis::Period => Part::ByEnd(pair),
            Basis::Cohort => Part::ByStart(pair),
        };
        let query = &ground.query;
        let mut rows = Vec::new();
        for range in query.before.iter().chain([&query.range]) {
            let Some(found) = served.exactly(tx, tenant, &[part], range, query.kind).await? else {
                return Ok(None);
            };
            rows.extend(found);
        }
        let first = query.before.unwrap_or(query.range).start();
        let dates = (first, query.range.end());
        // Who began before the range and waits still counts in it, unless its members are those that began in it.
        let began =
            if basis == Basis::Period { NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or(first) } else { first };
        let waiting = served.months(tx, tenant, &[Part::Waiting(pair)], (began, query.range.end())).await?;
        let mut lengths = Self {
            basis,
            unit,
            pair,
            rows,
            waiting,
            promises: Vec::new(),
            due_later: Vec::new(),
            unmeasured: Vec::new(),
        };
        if !pair.is_clocked() {
            return Ok(Some(lengths));
        }
        let promises = if basis == Basis::Period { Part::Counts } else { Part::Started };
        lengths.promises = served.months(tx, tenant, &[promises], dates).await?;
        let tomorrow = local::date(ground.zone, ground.as_of).succ_opt().unwrap_or(NaiveDate::MAX);
        let later = ground.as_of + TimeDelta::microseconds(1)..local::midnight(ground.zone, tomorrow);
        lengths.due_later = clock_fact::load_due_in_span(tx, tenant, &later).await?;
        lengths.due_later.retain(|(_, dimensions)| ground.is_kept(dimensions));
        let to_measure = lengths.to_measure();
        if to_measure > UNMEASURED_MAX {
            return Ok(None);
        }
        if to_measure > 0 {
            let span = ground.span_from(first);
            let found =
                rollup_unmeasured::load_in_span(tx, tenant, served.generation, &span, basis, i64::MAX);
            lengths.unmeasured = found.await?;
            lengths.unmeasured.retain(|found| ground.is_kept(&found.dimensions));
        }
        Ok(Some(lengths))
    }

    /// How many lengths no cell has in the units that are asked for.
    fn to_measure(&self) -> u64 {
        let of_row = |row: &Row| {
            let mut tally = LengthTally::default();
            tally.add(self.unit, &row.keys, &row.counts);
            let unlogged = tally.n - tally.logged_n;
            match (is_of_calendar(self.unit), target(&row.detail).map(|target| target.unit())) {
                (false, _) => unlogged + tally.given_up_n,
                (true, Some(Unit::Business | Unit::BusinessDays)) => unlogged,
                (true, _) => 0,
            }
        };
        self.rows.iter().map(of_row).sum()
    }

    /// The values that have a row.
    pub(crate) fn values(&self, ground: &Ground) -> Vec<Option<&str>> {
        let (from, to) = ground.dates_of_cells();
        let is_in = |date: NaiveDate| from <= date && date < to;
        let is_measured = |row: &&Row| {
            let mut tally = LengthTally::default();
            tally.add(self.unit, &row.keys, &row.counts);
            is_in(row.start) && !tally.is_empty()
        };
        let waits =
            |row: &&Row| {
                let mut days = row.keys.iter().map(|key| date_in(row.start, count::read_waiting(*key).0));
                days.any(|date| {
                    if self.basis == Basis::Period { date < ground.query.range.end() } else { is_in(date) }
                })
            };
        let is_promised = |row: &&Row| self.promised(row).any(|(date, ..)| is_in(date));
        let rows = self.rows.iter().filter(is_measured).chain(self.waiting.iter().filter(waits));
        rows.chain(self.promises.iter().filter(is_promised)).map(value_of).collect()
    }

    /// What became of the clocks of a cell: the date by which they count, that of the deadline, and how many.
    fn promised(&self, row: &Row) -> impl Iterator<Item = (NaiveDate, NaiveDate, Promise, i64)> {
        let by_due = self.basis == Basis::Period;
        row.keys.iter().zip(&row.counts).filter_map(move |(key, n)| {
            if by_due {
                let (day, counter) = count::read_daily(*key);
                let promise = [Promise::Met, Promise::Breached, Promise::Cancelled];
                let promise = promise.into_iter().find(|promise| promise.by_due() == counter)?;
                let date = date_in(row.start, day);
                return Some((date, date, promise, *n));
            }
            let (day, later, promise) = count::read_started(*key);
            let date = date_in(row.start, day);
            Some((date, date + TimeDelta::days(later), promise, *n))
        })
    }

    /// What each cell of the grid holds.
    pub(crate) fn by_cell(&self, grid: &Grid, ground: &Ground) -> Vec<Held> {
        let mut cells = vec![Held::default(); grid.count()];
        self.hold(ground, |value, date| grid.cell_of(value, date), &mut cells);
        cells
    }

    /// What all of a range holds, whatever the values.
    pub(crate) fn of(&self, range: &Period, ground: &Ground) -> Held {
        let mut all = [Held::default()];
        self.hold(ground, |_, date| range.contains(date).then_some(0), &mut all);
        let [all] = all;
        all
    }

    fn hold(
        &self,
        ground: &Ground,
        place: impl Fn(Option<&str>, NaiveDate) -> Option<usize>,
        cells: &mut [Held],
    ) {
        for row in &self.rows {
            let Some(held) = place(value_of(row), row.start).and_then(|place| cells.get_mut(place)) else {
                continue;
            };
            held.measured.add(self.unit, &row.keys, &row.counts);
            if let Some(target) = target(&row.detail) {
                let of_target = held.by_target.entry(ByLength(target)).or_default();
                of_target.add(target.unit(), &row.keys, &row.counts);
            }
        }
        let of = |dimensions: &Dimensions| -> Option<String> {
            let value = ground.query.breakdown.and_then(|dimension| dimensions.get(dimension));
            value.map(str::to_owned)
        };
        for found in &self.unmeasured {
            let it = found.unmeasured;
            let at = if self.basis == Basis::Period { it.end } else { it.start };
            let place = place(of(&found.dimensions).as_deref(), local::date(ground.zone, at));
            let Some(held) = place.and_then(|place| cells.get_mut(place)) else { continue };
            if !is_of_calendar(self.unit) {
                let length = in_unit(self.unit, &ground.calendar, ground.zone).measure(it.start, it.end);
                held.measured.measured(self.unit, length, it.gave_up);
            }
            if let Some(target) = target(&found.target).filter(|target| !is_of_calendar(target.unit())) {
                let length = ruler(target, &ground.calendar).measure(it.start, it.end);
                let of_target = held.by_target.entry(ByLength(target)).or_default();
                of_target.measured(target.unit(), length, it.gave_up);
            }
        }
        let today = local::date(ground.zone, ground.as_of);
        for row in &self.promises {
            for (date, _, promise, n) in self.promised(row).filter(|(_, due, ..)| *due <= today) {
                if let Some(held) = place(value_of(row), date).and_then(|place| cells.get_mut(place)) {
                    held.promise(promise, n);
                }
            }
        }
        // They count as due today, and are not yet.
        for (clock, dimensions) in &self.due_later {
            let at = if self.basis == Basis::Period { clock.due_at } else { clock.started_at };
            let place = place(of(dimensions).as_deref(), local::date(ground.zone, at));
            if let Some(held) = place.and_then(|place| cells.get_mut(place)) {
                held.promise(Promise::of(clock), -1);
            }
        }
    }

    /// Those who wait, by value.
    pub(crate) fn waits_by_value(&self, grid: &Grid, ground: &Ground) -> Vec<Waits> {
        let mut rows: Vec<Vec<&Row>> = vec![Vec::new(); grid.cells_of_a_period()];
        for row in &self.waiting {
            if let Some(of_value) = grid.value_of(value_of(row)).and_then(|place| rows.get_mut(place)) {
                of_value.push(row);
            }
        }
        rows.iter().map(|rows| self.waits(rows.iter().copied(), ground)).collect()
    }

    /// All who wait.
    pub(crate) fn all_waits(&self, ground: &Ground) -> Waits {
        self.waits(self.waiting.iter(), ground)
    }

    fn waits<'r>(&self, rows: impl Iterator<Item = &'r Row>, ground: &Ground) -> Waits {
        let mut all = BTreeMap::<DateTime<Utc>, u64>::new();
        let mut by_target = BTreeMap::<ByLength, BTreeMap<DateTime<Utc>, u64>>::new();
        for row in rows {
            for (key, n) in row.keys.iter().zip(&row.counts) {
                let (day, hour) = count::read_waiting(*key);
                let start = local::midnight(ground.zone, date_in(row.start, day)) + TimeDelta::hours(hour);
                let n = u64::try_from(*n).unwrap_or_default();
                *all.entry(start).or_default() += n;
                if let Some(target) = target(&row.detail) {
                    *by_target.entry(ByLength(target)).or_default().entry(start).or_default() += n;
                }
            }
        }
        let of_unit = in_unit(self.unit, &ground.calendar, ground.zone);
        let by_target = by_target.into_iter().map(|(target, starts)| {
            (target, Waiting::new(starts, ruler(target.0, &ground.calendar), ground.as_of))
        });
        Waits { all: Waiting::new(all, of_unit, ground.as_of), by_target: by_target.collect() }
    }

    /// M6, M8 and M9 of what is held.
    pub(crate) fn measure(
        &self,
        ground: &Ground,
        held: &Held,
        waits: &Waits,
        asked: Asked<'_>,
    ) -> (Velocity, Option<Ratio>, Vec<Verdict>) {
        let query = VelocityQuery {
            from: self.pair.from(),
            to: self.pair.to(),
            span: asked.span,
            basis: self.basis,
            ruler: in_unit(self.unit, &ground.calendar, ground.zone),
            limits: asked.limits,
            as_of: ground.as_of,
        };
        let measured = held.measured.lengths(self.unit).measure(&waits.all, &query);
        if !self.pair.is_clocked() {
            return (measured, None, Vec::new());
        }
        let (nothing, nobody) = (LengthTally::default(), Waiting::default());
        let waited = waits.by_target.iter().filter(|(_, waits)| waits.is_any(asked.span, self.basis));
        let mut targets: Vec<ByLength> =
            held.by_target.keys().chain(waited.map(|(it, _)| it)).copied().collect();
        targets.sort_unstable();
        targets.dedup();
        let verdict = |target: ByLength| {
            let unit = target.0.unit();
            let query = VelocityQuery { ruler: ruler(target.0, &ground.calendar), limits: &[], ..query };
            let lengths = held.by_target.get(&target).unwrap_or(&nothing).lengths(unit);
            let waits = waits.by_target.get(&target).unwrap_or(&nobody);
            Verdict::of(target.0, lengths.measure(waits, &query), asked.statistic)
        };
        let count = |n: i64| u64::try_from(n).unwrap_or_default();
        let attained = Ratio::new(count(held.met), count(held.met + held.breached));
        (measured, Some(attained), targets.into_iter().filter_map(verdict).collect())
    }
}

impl Held {
    fn promise(&mut self, promise: Promise, n: i64) {
        match promise {
            Promise::Met => self.met += n,
            Promise::Breached => self.breached += n,
            Promise::Cancelled => {}
        }
    }
}

/// The target that a cell's detail says in words.
fn target(detail: &str) -> Option<Target> {
    detail.parse().ok()
}

/// What measures in a unit.
pub(crate) fn in_unit(unit: Unit, calendar: &Calendar, zone: Tz) -> Ruler<'_> {
    match unit {
        Unit::Business => Ruler::Business(calendar),
        Unit::Calendar => Ruler::Calendar,
        Unit::BusinessDays => Ruler::BusinessDays(calendar),
        Unit::CalendarDays => Ruler::CalendarDays(zone),
    }
}
