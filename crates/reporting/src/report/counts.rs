//! Counts from the rollups: the reports of MQLs and SQLs, by sums over the days of months.
//!
//! Two things depend on now and are found here: who is old enough to be judged, by whole days and the facts of the one
//! day on which it changes; and what arrived on completed days.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use handoff_domain::calendar::local;
use handoff_domain::id::TenantId;
use handoff_domain::metric::count::Counting;
use handoff_domain::metric::efficiency::window_of;
use handoff_domain::metric::fact::HandoffFact;
use handoff_domain::metric::ratio::Ratio;
use handoff_domain::period::Period;
use handoff_domain::rollup::cell::Part;
use handoff_domain::rollup::count::{self, Outcome};
use handoff_domain::rollup::histogram::Scale;
use handoff_domain::rollup::pair::Pair;
use handoff_domain::rollup::tally::{LengthTally, Tally};
use handoff_domain::target::Unit;
use handoff_store::error::StoreError;
use handoff_store::reporting::rollup_cell::Row;
use handoff_store::reporting::{Scope, handoff_fact};
use handoff_store::tx::Tx;

use super::served::{Served, date_in, value_of};
use super::{Grid, Ground, filter_handoffs};

/// What the rollups say for a report.
#[derive(Debug)]
pub(crate) struct Counts {
    rows: Vec<Row>,
    /// Members of the day on which some are old enough and some are not: those that are.
    old_enough: Vec<HandoffFact>,
    /// That day.
    judged_before: NaiveDate,
    /// The day that is not over.
    today: NaiveDate,
}

/// What is counted in a cell of the report, or in all of a range.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counted {
    pub(crate) all: Tally,
    /// Of the MQLs, those that are old enough to be judged.
    old_enough: Tally,
    /// Of the MQLs, those of completed days.
    pub(crate) completed: Tally,
    /// By `ATTRIBUTION REASON`.
    pub(crate) rejections: BTreeMap<String, Vec<i64>>,
    /// By currency.
    pub(crate) amounts: BTreeMap<String, Vec<i64>>,
}

impl Counts {
    /// Loads the parts that a report needs, for its range and for what that is compared with.
    pub(crate) async fn load(
        tx: &mut Tx,
        tenant: TenantId,
        served: &Served,
        ground: &Ground,
        parts: &[Part],
    ) -> Result<Self, StoreError> {
        let range = &ground.query.range;
        let from = ground.query.before.unwrap_or(*range).start();
        let rows = served.months(tx, tenant, parts, (from, range.end())).await?;
        let oldest_young = ground.as_of - window(tx, tenant, &served.total(), range, ground).await?;
        let judged_before = local::date(ground.zone, oldest_young);
        let mut old_enough = Vec::new();
        if judged_before >= from && judged_before < range.end() {
            let start = local::midnight(ground.zone, judged_before);
            let span = start..oldest_young + TimeDelta::microseconds(1);
            let scope = Scope { span: span.clone(), known_at: ground.known_at };
            old_enough = handoff_fact::load_counted_in_span(tx, tenant, &scope).await?;
            old_enough.retain(|fact| fact.mql.is_some_and(|stamp| span.contains(&stamp.at)));
            filter_handoffs(&mut old_enough, ground);
        }
        Ok(Self { rows, old_enough, judged_before, today: local::date(ground.zone, ground.as_of) })
    }

    /// The values that have a row: those of which one of these counters is above zero on a day of the report's cells.
    pub(crate) fn values(&self, ground: &Ground, has_a_row: impl Fn(usize) -> bool) -> Vec<Option<&str>> {
        let (from, to) = ground.dates_of_cells();
        let counts = self.rows.iter().filter(|row| row.part == Part::Counts);
        let is_shown = |row: &&Row| {
            row.keys.iter().any(|key| {
                let (day, counter) = count::read_daily(*key);
                let date = date_in(row.start, day);
                has_a_row(counter) && from <= date && date < to
            })
        };
        counts.filter(is_shown).map(value_of).collect()
    }

    /// What is counted in each cell of the grid.
    pub(crate) fn by_cell(&self, grid: &Grid, ground: &Ground) -> Vec<Counted> {
        let mut cells = vec![Counted::default(); grid.count()];
        self.count(ground, |value, date| grid.cell_of(value, date), &mut cells);
        cells
    }

    /// What is counted in all of a range, whatever the values.
    pub(crate) fn of(&self, range: &Period, ground: &Ground) -> Counted {
        let mut all = [Counted::default()];
        self.count(ground, |_, date| range.contains(date).then_some(0), &mut all);
        let [all] = all;
        all
    }

    fn count(
        &self,
        ground: &Ground,
        place: impl Fn(Option<&str>, NaiveDate) -> Option<usize>,
        cells: &mut [Counted],
    ) {
        for row in &self.rows {
            let mut last: Option<(u32, Option<usize>)> = None;
            for (key, n) in row.keys.iter().zip(&row.counts) {
                let (day, counter) = count::read_daily(*key);
                let date = date_in(row.start, day);
                // The keys are in the order of days.
                let place = match last {
                    Some((same, place)) if same == day => place,
                    _ => place(value_of(row), date),
                };
                last = Some((day, place));
                let Some(cell) = place.and_then(|place| cells.get_mut(place)) else { continue };
                match row.part {
                    Part::Rejections => raise(&mut cell.rejections, &row.detail, counter, *n),
                    Part::Amounts => raise(&mut cell.amounts, &row.detail, counter, *n),
                    _ => {
                        cell.all.add(counter, *n);
                        if date < self.judged_before {
                            cell.old_enough.add(counter, *n);
                        }
                        if date < self.today {
                            cell.completed.add(counter, *n);
                        }
                    }
                }
            }
        }
        for fact in &self.old_enough {
            let Some(mql) = fact.mql else { continue };
            let value = ground.query.breakdown.and_then(|dimension| fact.dimensions.get(dimension));
            let place = place(value, local::date(ground.zone, mql.at));
            if let Some(cell) = place.and_then(|place| cells.get_mut(place)) {
                cell.old_enough.add(count::by_mql(mql.implied, fact.cycle == 1, Outcome::of(fact)), 1);
            }
        }
    }
}

impl Counted {
    /// M3.
    pub(crate) fn efficiency_of_cohort(&self, counting: Counting, matured_only: bool) -> Ratio {
        let mqls = self.all.mqls(counting.skip_policy, false);
        let members = if matured_only { &self.old_enough } else { &self.all };
        Ratio {
            numerator: members.accepted_mqls(counting.skip_policy),
            denominator: members.mqls(counting.skip_policy, false),
            n_immature: mqls - self.old_enough.mqls(counting.skip_policy, false),
        }
    }

    /// M4.
    pub(crate) fn efficiency_of_period(&self, counting: Counting) -> Ratio {
        Ratio::new(self.all.sqls(counting.skip_policy), self.all.mqls(counting.skip_policy, false))
    }
}

fn raise(counters: &mut BTreeMap<String, Vec<i64>>, name: &str, counter: usize, n: i64) {
    if !counters.contains_key(name) {
        counters.insert(name.to_owned(), vec![0; count::COUNTERS]);
    }
    if let Some(counter) = counters.get_mut(name).and_then(|counters| counters.get_mut(counter)) {
        *counter += n;
    }
}

/// W of the range, see the facts' own in `maturity`.
async fn window(
    tx: &mut Tx,
    tenant: TenantId,
    total: &Served,
    range: &Period,
    ground: &Ground,
) -> Result<TimeDelta, StoreError> {
    let given = total.months(tx, tenant, &[Part::Given], (range.start(), range.end())).await?;
    let buckets =
        given.iter().flat_map(|row| row.keys.iter().map(move |key| (row.start, count::read_given(*key))));
    let of_range = buckets.filter(|(start, (day, _))| range.contains(date_in(*start, *day)));
    let longest = of_range.map(|(_, (_, bucket))| Scale::Time.edge(bucket)).max();
    let decided = [Part::ByEnd(Pair::MqlToDecided)];
    let rows = total.exactly(tx, tenant, &decided, range, ground.query.kind).await?;
    let mut times = LengthTally::default();
    rows.iter().flatten().for_each(|row| times.add(Unit::Calendar, &row.keys, &row.counts));
    Ok(window_of(&times.lengths(Unit::Calendar).samples, longest.unwrap_or(0)))
}
