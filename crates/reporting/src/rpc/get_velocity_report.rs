//! GetVelocityReport: how long it takes from one milestone to another, who waits still, and whether sales keeps its word
//! (M6 to M9).
//!
//! By PERIOD a row holds what ended in its period, by COHORT what began in it. The SLA is judged where the report is of
//! the stage that its clock measures, MQL to DECIDED.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_domain::metric::attainment::attainment;
use handoff_domain::metric::clock::{ClockFact, ClockKind};
use handoff_domain::metric::fact::HandoffFact;
use handoff_domain::metric::milestone::Milestone;
use handoff_domain::metric::ratio::Ratio;
use handoff_domain::metric::ruler::Logged;
use handoff_domain::metric::velocity::{VelocityQuery, Waiting, velocity_beside};
use handoff_domain::metric::verdict::{InForce, Statistic, Verdict, VerdictQuery, verdicts_beside};
use handoff_domain::metric::{Basis, CountUnit, Metric, Span};
use handoff_domain::rollup::{self, histogram};
use handoff_domain::target::Unit;
use handoff_proto::common::v1 as common;
use handoff_proto::reporting::v1 as pb;
use handoff_runtime::clock;
use handoff_runtime::convert::{from_unit, to_unit};
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::error::StoreError;
use handoff_store::reporting::{clock_fact, handoff_fact};
use handoff_store::tx::Tx;
use tonic::{Request, Response, Status};

use super::{compute, judged};
use crate::app::{App, Call};
use crate::convert::word;
use crate::query::Query;
use crate::report::lengths::{Asked, Lengths, Waits, in_unit};
use crate::report::velocity::{VelocityFigures, row};
use crate::report::{
    Clocks, EVER, Grid, Ground, Served, Table, bases, filter_handoffs, has_a_row, see_handoffs,
};

/// The most limits of a request.
const LIMITS_MAX: usize = 20;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// What to measure.
#[derive(Debug, Clone)]
struct Pair {
    from: Milestone,
    to: Milestone,
    unit: Unit,
    /// In microseconds or days.
    limits: Vec<i64>,
    statistic: Statistic,
}

pub(crate) async fn get_velocity_report(
    app: &App,
    request: Request<pb::GetVelocityReportRequest>,
) -> Result<Response<pb::GetVelocityReportResponse>, Status> {
    let call = Call::of(&request)?;
    let now = clock::now();
    let request = request.into_inner();
    let mut check = Violations::new();
    let query = Query::read(&mut check, request.query.as_ref(), now);
    let by_lead = query.as_ref().is_some_and(|query| query.unit == CountUnit::Lead);
    check.check(
        !by_lead,
        "query.unit",
        "is LEAD, and a velocity is measured of every hand-over: take HANDOFF",
    );
    let pair = pair(&mut check, &request);
    let query = judged(check, query)?;

    let (tenant, asked) = (call.tenant.clone(), pair.clone());
    let loaded = app.read(&call, move |tx, id| {
        Box::pin(async move {
            let ground = match Ground::load(tx, &tenant, query, now).await? {
                Ok(ground) => ground,
                Err(missing) => return Ok(Err(missing)),
            };
            if let Some(lengths) = load_lengths(tx, id, &ground, &asked).await? {
                return Ok(Ok((ground, Loaded::Rollups(lengths))));
            }
            let mut scope = ground.lasting_scope();
            let mut clocks = clock_fact::load_in_span(tx, id, &scope).await?;
            // A clock that is due in the range may have been met before it began: its hand-over is needed all the same.
            let due = clocks.iter().filter(|clock| scope.span.contains(&clock.due_at));
            let first = due.map(|clock| clock.started_at).min();
            scope.span.start = first.map_or(scope.span.start, |first| first.min(scope.span.start));
            let handoffs = handoff_fact::load_alive_in_span(tx, id, &scope).await?;
            // Of a hand-over that was decided anew the clocks of all rounds count, however long ago one was met.
            let decided_anew = handoffs.iter().filter(|fact| fact.overturned_at.is_some());
            let decided_anew: Vec<_> = decided_anew.filter_map(|fact| fact.handoff).collect();
            if !decided_anew.is_empty() {
                clocks.retain(|clock| !decided_anew.contains(&clock.handoff));
                clocks.extend(clock_fact::load_of_handoffs(tx, id, &decided_anew, scope.known_at).await?);
            }
            Ok(Ok((ground, Loaded::Facts(handoffs, clocks))))
        })
    });
    let (ground, loaded) = loaded.await?.map_err(from_error)?;
    compute(move || {
        let (table, basis) = match loaded {
            Loaded::Rollups(lengths) => {
                let basis = ground.basis(pair.metrics(), pb::Source::Rollup);
                let percentile_error = Some(histogram::ERROR.to_owned());
                (table_of_lengths(&ground, &pair, &lengths)?, pb::ReportBasis { percentile_error, ..basis })
            }
            Loaded::Facts(handoffs, clocks) => {
                let basis = ground.basis(pair.metrics(), pb::Source::Facts);
                (table(&ground, &pair, handoffs, clocks)?, basis)
            }
        };
        Ok(pb::GetVelocityReportResponse {
            basis: Some(basis),
            start_milestone: word::to_milestone(pair.from).into(),
            end_milestone: word::to_milestone(pair.to).into(),
            time_unit: to_unit(pair.unit).into(),
            rows: table.rows.into_iter().map(row).collect(),
            total: Some(row(table.total)),
            cohort_total: table.second_total.map(row),
        })
    })
    .await
}

fn pair(check: &mut Violations, request: &pb::GetVelocityReportRequest) -> Pair {
    let from = check.optional_choice("start_milestone", request.start_milestone).and_then(word::milestone);
    let to = check.optional_choice("end_milestone", request.end_milestone).and_then(word::milestone);
    let (from, to) = (from.unwrap_or(Milestone::Mql), to.unwrap_or(Milestone::Decided));
    check.check(from != to, "end_milestone", "is the milestone that the measurement starts from");
    let unit: Option<common::TimeUnit> = check.optional_choice("time_unit", request.time_unit);
    let unit = unit.and_then(|unit| from_unit(unit.into())).unwrap_or(Unit::Business);
    let statistic = check.optional_choice("verdict_statistic", request.verdict_statistic);
    let scale = match unit {
        Unit::Business | Unit::Calendar => MICROS_PER_SECOND,
        Unit::BusinessDays | Unit::CalendarDays => 1,
    };
    check.check(request.limits.len() <= LIMITS_MAX, "limits", "has more than 20 limits");
    let mut limits = Vec::new();
    for (index, limit) in request.limits.iter().take(LIMITS_MAX).enumerate() {
        match limit.checked_mul(scale).filter(|limit| *limit >= 0) {
            Some(limit) => limits.push(limit),
            None => check.add(format!("limits[{index}]"), "is negative or longer than anything can take"),
        }
    }
    Pair { from, to, unit, limits, statistic: statistic.and_then(word::statistic).unwrap_or_default() }
}

/// What a report is computed from: facts of hand-overs and of clocks, or lengths by each basis.
enum Loaded {
    Facts(Vec<HandoffFact>, Vec<ClockFact>),
    Rollups(Vec<Lengths>),
}

/// The lengths by each basis; none if the rollups do not have them.
async fn load_lengths(
    tx: &mut Tx,
    tenant: TenantId,
    ground: &Ground,
    pair: &Pair,
) -> Result<Option<Vec<Lengths>>, StoreError> {
    let Some(declared) = rollup::pair::Pair::of(pair.from, pair.to) else { return Ok(None) };
    let Some(served) = Served::of(tx, tenant, ground).await? else { return Ok(None) };
    let mut lengths = Vec::new();
    for basis in ground.query.bases {
        let asked = (declared, pair.unit, pair.limits.as_slice());
        match Lengths::load(tx, tenant, &served, ground, asked, *basis).await? {
            Some(found) => lengths.push(found),
            None => return Ok(None),
        }
    }
    Ok(Some(lengths))
}

/// The report from the rollups.
fn table_of_lengths(
    ground: &Ground,
    pair: &Pair,
    lengths: &[Lengths],
) -> Result<Table<VelocityFigures>, Error> {
    let grid = Grid::of_values(ground, lengths.iter().flat_map(|lengths| lengths.values(ground)))?;
    let held: Vec<_> = lengths
        .iter()
        .map(|lengths| {
            let by_cell = lengths.by_cell(&grid, ground);
            (lengths, by_cell, lengths.waits_by_value(&grid, ground), lengths.all_waits(ground))
        })
        .collect();
    let bases: Vec<_> = held.iter().zip(bases(ground)).map(|(held, (_, shown))| (held, shown)).collect();
    Table::compute(ground, &grid, &bases, |part, (lengths, by_cell, by_value, all)| {
        let whole;
        let (held, waits) = match part.cell {
            Some(cell) => (&by_cell[cell.index], &by_value[cell.value_index]),
            None => {
                whole = lengths.of(part.period, ground);
                (&whole, all)
            }
        };
        let asked = Asked { span: part.span, limits: &pair.limits, statistic: pair.statistic };
        let (measured, sla_attainment, verdicts) = lengths.measure(ground, held, waits, asked);
        Ok(VelocityFigures { unit: pair.unit, measured, sla_attainment, statistic: pair.statistic, verdicts })
    })
}

/// The report from the facts.
fn table(
    ground: &Ground,
    pair: &Pair,
    handoffs: Vec<HandoffFact>,
    mut clocks: Vec<ClockFact>,
) -> Result<Table<VelocityFigures>, Error> {
    let mut facts = see_handoffs(handoffs, ground);
    filter_handoffs(&mut facts, ground);
    facts.retain(|fact| pair.start(fact).is_some());
    // One order, whatever the store's: of clocks that ran for the same the last one made counts.
    clocks.sort_by_key(|clock| clock.clock);
    let clocks = Clocks::of(&facts, clocks, ground);
    let decide = clocks.all().filter(|clock| clock.kind == ClockKind::Decide);
    let timed: Vec<_> = decide.filter_map(|clock| Some((clocks.handoff_of(clock)?, clock))).collect();

    let (asked, whole) = (ground.query.bases, ground.span());
    let counts = |fact: &&HandoffFact| {
        let mut asked = asked.iter();
        asked.any(|by| has_a_row(ground, pair.instants(fact, *by)) || pair.waits_in(fact, *by, &whole))
    };
    let is_timed = |(_, clock): &&Timed<'_>| {
        pair.is_clocked() && asked.iter().any(|by| has_a_row(ground, instants_of_clock(clock, *by)))
    };
    let values = facts.iter().filter(counts).chain(timed.iter().filter(is_timed).map(|(fact, _)| *fact));
    let grid = Grid::new(ground, values.map(|fact| &fact.dimensions))?;

    let computing =
        Computing { ground, pair, logged: clocks.all().collect(), in_force: clocks.all().collect() };
    // Those who wait are sorted once: a period then finds its own without going through all of them.
    let waiting = || facts.iter().filter(move |fact| pair.waits(fact));
    let waits: Vec<_> = grid.by_value(waiting(), |fact| &fact.dimensions);
    let waits: Vec<_> = waits.iter().map(|facts| computing.waits(facts.iter().copied())).collect();
    let all_waits = computing.waits(waiting());
    let sorted =
        bases(ground).into_iter().map(|(by, shown)| (Sorted::by(by, pair, &grid, &facts, &timed), shown));
    let sorted: Vec<_> = sorted.collect();
    let all: Vec<_> = facts.iter().collect();
    let all_timed: Vec<_> = timed.iter().collect();
    Table::compute(ground, &grid, &sorted, |part, sorted| {
        let (facts, timed, waits) = match part.cell {
            Some(cell) => (&sorted.facts[cell.index], &sorted.clocks[cell.index], &waits[cell.value_index]),
            None => (&all, &all_timed, &all_waits),
        };
        Ok(computing.figures(facts, timed, waits, part.span, sorted.basis))
    })
}

/// A clock and the hand-over that it is about.
type Timed<'f> = (&'f HandoffFact, &'f ClockFact);

/// The instants by which a clock counts in a period.
fn instants_of_clock(clock: &ClockFact, basis: Basis) -> [Option<DateTime<Utc>>; 1] {
    match basis {
        Basis::Period => [Some(clock.due_at)],
        Basis::Cohort => [Some(clock.started_at)],
    }
}

/// Hand-overs and clocks in the cells that they can count in by a basis. Those who wait are apart.
struct Sorted<'f> {
    basis: Basis,
    facts: Vec<Vec<&'f HandoffFact>>,
    clocks: Vec<Vec<&'f Timed<'f>>>,
}

impl<'f> Sorted<'f> {
    fn by(basis: Basis, pair: &Pair, grid: &Grid, facts: &'f [HandoffFact], timed: &'f [Timed<'f>]) -> Self {
        Self {
            basis,
            facts: grid.sort(facts, |fact| &fact.dimensions, |fact| pair.instants(fact, basis)),
            clocks: grid.sort(
                timed,
                |(fact, _)| &fact.dimensions,
                |(_, clock)| instants_of_clock(clock, basis),
            ),
        }
    }
}

impl Pair {
    /// Whether it is the stage that the DECIDE clock measures.
    fn is_clocked(&self) -> bool {
        (self.from, self.to) == (Milestone::Mql, Milestone::Decided)
    }

    fn metrics(&self) -> &'static [Metric] {
        if self.is_clocked() { &[Metric::M6, Metric::M7, Metric::M8, Metric::M9] } else { &[Metric::M6] }
    }

    fn start(&self, fact: &HandoffFact) -> Option<DateTime<Utc>> {
        fact.reached(self.from).filter(|stamp| !stamp.implied).map(|stamp| stamp.at)
    }

    fn end(&self, fact: &HandoffFact) -> Option<DateTime<Utc>> {
        fact.reached(self.to).filter(|stamp| !stamp.implied).map(|stamp| stamp.at)
    }

    fn waits(&self, fact: &HandoffFact) -> bool {
        self.end(fact).is_none() && fact.gave_up_on(self.to).is_none()
    }

    /// Whether a hand-over waits at some time of the span, where those who wait are counted by that (PERIOD).
    fn waits_in(&self, fact: &HandoffFact, basis: Basis, span: &Span) -> bool {
        let began = |fact| self.start(fact).is_some_and(|at| at < span.end);
        basis == Basis::Period && self.waits(fact) && began(fact)
    }

    /// The instants by which a hand-over counts in a period.
    fn instants(&self, fact: &HandoffFact, basis: Basis) -> [Option<DateTime<Utc>>; 1] {
        match basis {
            Basis::Cohort => [self.start(fact)],
            Basis::Period => [self.end(fact).or_else(|| fact.gave_up_on(self.to))],
        }
    }
}

struct Computing<'g> {
    ground: &'g Ground,
    pair: &'g Pair,
    logged: Logged,
    in_force: InForce,
}

impl Computing<'_> {
    fn waits<'f>(&self, facts: impl Iterator<Item = &'f HandoffFact> + Clone) -> Waits {
        let (ground, pair) = (self.ground, self.pair);
        let query = self.query(&EVER, Basis::Period);
        let by_target = if pair.is_clocked() {
            self.in_force.waiting(facts.clone(), &ground.calendar, ground.as_of)
        } else {
            BTreeMap::new()
        };
        Waits { all: Waiting::of(facts, &query), by_target }
    }

    fn query<'s>(&'s self, span: &'s Span, basis: Basis) -> VelocityQuery<'s> {
        let (ground, pair) = (self.ground, self.pair);
        VelocityQuery {
            from: pair.from,
            to: pair.to,
            span,
            basis,
            ruler: in_unit(pair.unit, &ground.calendar, ground.zone),
            limits: &pair.limits,
            as_of: ground.as_of,
        }
    }

    fn figures(
        &self,
        facts: &[&HandoffFact],
        timed: &[&Timed<'_>],
        waits: &Waits,
        span: &Span,
        basis: Basis,
    ) -> VelocityFigures {
        let pair = self.pair;
        let query = self.query(span, basis);
        VelocityFigures {
            unit: pair.unit,
            measured: velocity_beside(facts.iter().copied(), &waits.all, &self.logged, &query),
            sla_attainment: pair.is_clocked().then(|| self.attainment(timed, span, basis)),
            statistic: pair.statistic,
            verdicts: if pair.is_clocked() { self.verdicts(facts, waits, span, basis) } else { Vec::new() },
        }
    }

    /// M8: of the clocks due in the span, or of those that started in it, the ones due by now.
    fn attainment(&self, timed: &[&Timed<'_>], span: &Span, basis: Basis) -> Ratio {
        let is_member = |clock: &&ClockFact| match basis {
            Basis::Period => true,
            Basis::Cohort => span.contains(&clock.started_at),
        };
        let counted = match basis {
            Basis::Period => span,
            // A cohort is picked by its beginning, and then counts with all that it came to.
            Basis::Cohort => &EVER,
        };
        let members = timed.iter().map(|(_, clock)| *clock).filter(is_member);
        attainment(members, ClockKind::Decide, counted, self.ground.as_of).rate()
    }

    /// M9.
    fn verdicts(&self, facts: &[&HandoffFact], waits: &Waits, span: &Span, basis: Basis) -> Vec<Verdict> {
        let query = VerdictQuery {
            span,
            basis,
            statistic: self.pair.statistic,
            calendar: &self.ground.calendar,
            as_of: self.ground.as_of,
        };
        let facts = facts.iter().copied();
        verdicts_beside(facts, &self.logged, &self.in_force, &waits.by_target, &query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_velocity_report_has_20_limits_and_not_one_more() {
        let faults = |limits: usize| {
            let mut check = Violations::new();
            let request = pb::GetVelocityReportRequest { limits: vec![1; limits], ..Default::default() };
            let pair = pair(&mut check, &request);
            (pair.limits.len(), check.finish())
        };
        assert_eq!(faults(20), (20, Ok(())));
        let (kept, refused) = faults(21);
        let Err(Error::Invalid(found)) = refused else { panic!("{refused:?}") };
        assert_eq!((kept, found.len(), found[0].field.as_str()), (20, 1, "limits"));
    }
}
