//! GetMqlReport: how many MQLs, how many of them sales took, and how many a business day (M1, M3, M4, M20, M21).
//!
//! Its figures name the basis that they are by, so a row serves both.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::error::Error;
use handoff_domain::id::LeadId;
use handoff_domain::metric::business_day::{completed, growth_to_hold, per_business_day};
use handoff_domain::metric::count::{Counting, mql_count};
use handoff_domain::metric::efficiency::{Maturity, efficiency_of_cohort, efficiency_of_period};
use handoff_domain::metric::exact::Exact;
use handoff_domain::metric::fact::HandoffFact;
use handoff_domain::metric::ratio::Ratio;
use handoff_domain::metric::{CountUnit, Metric, SkipPolicy, Span};
use handoff_domain::period::Period;
use handoff_domain::rollup::{cell, count};
use handoff_proto::reporting::v1 as pb;
use handoff_runtime::clock;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::reporting::handoff_fact;
use tonic::{Request, Response, Status};

use super::{compute, judged};
use crate::app::{App, Call};
use crate::convert::word::to_bases;
use crate::query::Query;
use crate::report::counts::Counts;
use crate::report::mql::{MqlFigures, row};
use crate::report::{Grid, Ground, Part, Served, Table, filter_handoffs, has_a_row, see_handoffs, window};

const METRICS: [Metric; 5] = [Metric::M1, Metric::M3, Metric::M4, Metric::M20, Metric::M21];

pub(crate) async fn get_mql_report(
    app: &App,
    request: Request<pb::GetMqlReportRequest>,
) -> Result<Response<pb::GetMqlReportResponse>, Status> {
    let call = Call::of(&request)?;
    let now = clock::now();
    let mut check = Violations::new();
    let query = Query::read(&mut check, request.get_ref().query.as_ref(), now);
    let query = judged(check, query)?;

    let tenant = call.tenant.clone();
    let loaded = app.read(&call, move |tx, id| {
        Box::pin(async move {
            let ground = match Ground::load(tx, &tenant, query, now).await? {
                Ok(ground) => ground,
                Err(missing) => return Ok(Err(missing)),
            };
            if let Some(served) = Served::of(tx, id, &ground).await? {
                let counts = Counts::load(tx, id, &served, &ground, &[cell::Part::Counts]).await?;
                return Ok(Ok((ground, Loaded::Rollups(counts))));
            }
            let handoffs = handoff_fact::load_counted_in_span(tx, id, &ground.scope()).await?;
            let given = ground.load_longest_given(tx, id).await?;
            Ok(Ok((ground, Loaded::Facts(handoffs, given))))
        })
    });
    let (ground, loaded) = loaded.await?.map_err(from_error)?;
    compute(move || {
        let (table, source) = match loaded {
            Loaded::Rollups(counts) => (table_of_counts(&ground, &counts)?, pb::Source::Rollup),
            Loaded::Facts(handoffs, given) => (table(&ground, handoffs, given)?, pb::Source::Facts),
        };
        Ok(pb::GetMqlReportResponse {
            basis: Some(ground.basis(&METRICS, source)),
            rows: table.rows.into_iter().map(row).collect(),
            total: Some(row(table.total)),
        })
    })
    .await
}

/// What a report is computed from: facts with the longest time that a clock was given, or counts.
enum Loaded {
    Facts(Vec<HandoffFact>, Option<i64>),
    Rollups(Counts),
}

/// The report from the rollups.
fn table_of_counts(ground: &Ground, counts: &Counts) -> Result<Table<MqlFigures>, Error> {
    let grid = Grid::of_values(ground, counts.values(ground, |counter| counter < count::WON))?;
    let by_cell = counts.by_cell(&grid, ground);
    let counting = ground.counting();
    Table::compute(ground, &grid, &[((), to_bases(ground.query.bases))], |part, ()| {
        let whole;
        let counted = match part.cell {
            Some(cell) => &by_cell[cell.index],
            None => {
                whole = counts.of(part.period, ground);
                &whole
            }
        };
        let mqls = |skip_policy| counted.all.mqls(skip_policy, false);
        let days = completed(part.period, ground.zone, ground.as_of);
        let business_days = ground.calendar.business_days(days.start, days.end);
        Ok(MqlFigures {
            mql_count: mqls(counting.skip_policy),
            first_time_mql_count: counted.all.mqls(counting.skip_policy, true),
            implied_mql_count: mqls(counting.skip_policy) - mqls(SkipPolicy::Strict),
            cohort_efficiency: counted.efficiency_of_cohort(counting, false),
            matured_cohort_efficiency: counted.efficiency_of_cohort(counting, true),
            period_efficiency: counted.efficiency_of_period(counting),
            per_business_day: Ratio::new(
                counted.completed.mqls(counting.skip_policy, false),
                u64::from(business_days),
            ),
            growth_to_hold: growth(ground, part),
        })
    })
}

/// The report from the facts.
fn table(
    ground: &Ground,
    handoffs: Vec<HandoffFact>,
    longest_given: Option<i64>,
) -> Result<Table<MqlFigures>, Error> {
    let mut facts = see_handoffs(handoffs, ground);
    let window = window(&facts, longest_given, ground);
    filter_handoffs(&mut facts, ground);

    let with_a_row = facts.iter().filter(|fact| has_a_row(ground, instants(fact)));
    let grid = Grid::new(ground, with_a_row.map(|fact| &fact.dimensions))?;
    let by_cell = grid.sort(&facts, |fact| &fact.dimensions, instants);
    let all: Vec<_> = facts.iter().collect();
    let computing = Computing { ground, window };
    Table::compute(ground, &grid, &[((), to_bases(ground.query.bases))], |part, _| {
        let facts = part.cell.map_or(&all, |cell| &by_cell[cell.index]);
        Ok(computing.figures(facts, part))
    })
}

/// The instants by which a hand-over counts in a period.
fn instants(fact: &HandoffFact) -> [Option<DateTime<Utc>>; 2] {
    [fact.mql.map(|stamp| stamp.at), fact.end.as_ref().map(|end| end.at)]
}

struct Computing<'g> {
    ground: &'g Ground,
    /// From which age a hand-over can be judged, the same for all rows.
    window: TimeDelta,
}

impl Computing<'_> {
    fn figures(&self, facts: &[&HandoffFact], part: Part<'_>) -> MqlFigures {
        let (ground, counting, span) = (self.ground, self.ground.counting(), part.span);
        let facts = || facts.iter().copied();
        let mqls = |counting| mql_count(facts(), span, counting);
        let cohort = |matured_only| {
            let maturity = Maturity { window: self.window, matured_only };
            efficiency_of_cohort(facts(), span, counting, maturity, ground.as_of)
        };
        let arrivals = arrivals(facts(), span, counting);
        let per_day = per_business_day(arrivals, part.period, ground.zone, &ground.calendar, ground.as_of);
        let recorded = Counting { skip_policy: SkipPolicy::Strict, ..counting };
        MqlFigures {
            mql_count: mqls(counting),
            first_time_mql_count: mqls(Counting { first_time: true, ..counting }),
            // A lead counts as implied if it would not count by what was recorded.
            implied_mql_count: mqls(counting) - mqls(recorded),
            cohort_efficiency: cohort(false),
            matured_cohort_efficiency: cohort(true),
            period_efficiency: efficiency_of_period(facts(), span, counting),
            per_business_day: per_day.rate,
            growth_to_hold: growth(ground, part),
        }
    }
}

/// M21 over whole periods, a running one too: it is for planning.
fn growth(ground: &Ground, part: Part<'_>) -> Option<Exact> {
    let days = |of: &Period| ground.calendar.business_days(of.start(), of.end());
    let previous = part.cell.and_then(|cell| cell.previous)?;
    growth_to_hold(days(previous), days(part.period)).ok()
}

/// When the MQLs of a span came in; of a lead counted once, its first one.
fn arrivals<'f>(
    facts: impl Iterator<Item = &'f HandoffFact>,
    span: &Span,
    counting: Counting,
) -> Vec<DateTime<Utc>> {
    let arrived = facts.filter_map(|fact| {
        let at = counting.mql_at(fact).filter(|at| span.contains(at))?;
        Some((fact.lead, at))
    });
    match counting.unit {
        CountUnit::Handoff => arrived.map(|(_, at)| at).collect(),
        CountUnit::Lead => {
            let mut firsts = BTreeMap::<LeadId, DateTime<Utc>>::new();
            for (lead, at) in arrived {
                firsts.entry(lead).and_modify(|first| *first = at.min(*first)).or_insert(at);
            }
            firsts.into_values().collect()
        }
    }
}
