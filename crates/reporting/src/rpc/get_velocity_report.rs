//! GetVelocityReport: how long it takes from one milestone to another, who waits still, and whether sales keeps its word
//! (M6 to M9).
//!
//! By PERIOD a row holds what ended in its period, by COHORT what began in it. The SLA is judged where the report is of
//! the stage that its clock measures, MQL to DECIDED.

use chrono::{DateTime, Utc};
use handoff_domain::error::Error;
use handoff_domain::metric::attainment::attainment;
use handoff_domain::metric::clock::{ClockFact, ClockKind};
use handoff_domain::metric::exact::Exact;
use handoff_domain::metric::fact::HandoffFact;
use handoff_domain::metric::milestone::Milestone;
use handoff_domain::metric::ruler::{Logged, Ruler};
use handoff_domain::metric::velocity::{VelocityQuery, velocity};
use handoff_domain::metric::verdict::{self, Statistic, VerdictQuery};
use handoff_domain::metric::{Basis, CountUnit, Metric, Span};
use handoff_domain::target::{Target, Unit};
use handoff_proto::common::v1 as common;
use handoff_proto::reporting::v1 as pb;
use handoff_runtime::clock;
use handoff_runtime::convert::{from_unit, to_target, to_unit};
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::reporting::{clock_fact, handoff_fact};
use tonic::{Request, Response, Status};

use super::{compute, judged};
use crate::app::{App, Call};
use crate::convert::figure::{count, decimal, length, ratio};
use crate::convert::word;
use crate::query::Query;
use crate::report::{Clocks, EVER, Grid, Ground, filter_handoffs, see_handoffs, total_key};

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

    let tenant = call.tenant.clone();
    let loaded = app.read(&call, move |tx, id| {
        Box::pin(async move {
            let ground = match Ground::load(tx, &tenant, query, now).await? {
                Ok(ground) => ground,
                Err(missing) => return Ok(Err(missing)),
            };
            let mut scope = ground.lasting_scope();
            let clocks = clock_fact::load_in_span(tx, id, &scope).await?;
            // A clock that is due in the range may have been met before it began: its hand-over is needed all the same.
            let due = clocks.iter().filter(|clock| scope.span.contains(&clock.due_at));
            let first = due.map(|clock| clock.started_at).min();
            scope.span.start = first.map_or(scope.span.start, |first| first.min(scope.span.start));
            let handoffs = handoff_fact::load_alive_in_span(tx, id, &scope).await?;
            Ok(Ok((ground, handoffs, clocks)))
        })
    });
    let (ground, handoffs, clocks) = loaded.await?.map_err(from_error)?;
    compute(move || report(&ground, &pair, handoffs, clocks)).await
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

fn report(
    ground: &Ground,
    pair: &Pair,
    handoffs: Vec<HandoffFact>,
    clocks: Vec<ClockFact>,
) -> Result<pb::GetVelocityReportResponse, Error> {
    let mut facts = see_handoffs(handoffs, ground);
    filter_handoffs(&mut facts, ground);
    facts.retain(|fact| pair.start(fact).is_some());
    let clocks = Clocks::of(&facts, clocks, ground);
    let figures = Figures { ground, pair, logged: clocks.all().collect(), clocks: &clocks };

    let grid = Grid::new(ground, facts.iter().map(|fact| &fact.dimensions))?;
    let basis = ground.query.basis;
    let by_row = grid.sort(&facts, |fact| &fact.dimensions, |fact| pair.instants(fact, basis));
    let waits = |fact: &&HandoffFact| basis == Basis::Period && pair.waits(fact);
    let waiting = grid.by_value(facts.iter().filter(waits), |fact| &fact.dimensions);
    let timed: Vec<_> = clocks.all().filter_map(|clock| Some((clocks.handoff_of(clock)?, clock))).collect();
    let clocks_by_row = grid.sort(
        &timed,
        |(fact, _)| &fact.dimensions,
        |(_, clock)| match basis {
            Basis::Period => [Some(clock.due_at)],
            Basis::Cohort => [Some(clock.started_at)],
        },
    );
    let rows = grid.rows().map(|row| {
        let facts = [by_row[row.index].as_slice(), &waiting[row.value_index]].concat();
        let clocks: Vec<_> = clocks_by_row[row.index].iter().map(|(_, clock)| *clock).collect();
        pb::VelocityRow { key: Some(row.key()), ..figures.of(&facts, &clocks, row.span) }
    });
    let rows = rows.collect();
    let all: Vec<_> = facts.iter().collect();
    let all_clocks: Vec<_> = clocks.all().collect();
    let total = figures.of(&all, &all_clocks, &ground.span());
    let total = pb::VelocityRow { key: Some(total_key(&ground.query.range)), ..total };
    Ok(pb::GetVelocityReportResponse {
        basis: Some(ground.basis(pair.metrics())),
        start_milestone: word::to_milestone(pair.from).into(),
        end_milestone: word::to_milestone(pair.to).into(),
        time_unit: to_unit(pair.unit).into(),
        rows,
        total: Some(total),
    })
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

    /// The instants by which a hand-over counts in a period.
    fn instants(&self, fact: &HandoffFact, basis: Basis) -> [Option<DateTime<Utc>>; 1] {
        match basis {
            Basis::Cohort => [self.start(fact)],
            Basis::Period => [self.end(fact).or_else(|| fact.gave_up_on(self.to))],
        }
    }
}

struct Figures<'g> {
    ground: &'g Ground,
    pair: &'g Pair,
    logged: Logged<'g>,
    clocks: &'g Clocks<'g>,
}

impl Figures<'_> {
    fn of(&self, facts: &[&HandoffFact], clocks: &[&ClockFact], span: &Span) -> pb::VelocityRow {
        let (ground, pair) = (self.ground, self.pair);
        let ruler = match pair.unit {
            Unit::Business => Ruler::Business(&ground.calendar),
            Unit::Calendar => Ruler::Calendar,
            Unit::BusinessDays => Ruler::BusinessDays(&ground.calendar),
            Unit::CalendarDays => Ruler::CalendarDays(ground.zone),
        };
        let query = VelocityQuery {
            from: pair.from,
            to: pair.to,
            span,
            basis: ground.query.basis,
            ruler,
            limits: &pair.limits,
            as_of: ground.as_of,
        };
        let measured = velocity(facts.iter().copied(), &self.logged, &query);
        let show = |value: Option<Exact>| value.map(|value| length(value, pair.unit));
        pb::VelocityRow {
            key: None,
            sample_count: count(measured.n),
            invalid_count: count(measured.invalid_n),
            mean: show(measured.mean),
            median: show(measured.median),
            p75: show(measured.p75),
            p90: show(measured.p90),
            max: show(measured.max.map(Exact::whole)),
            within_counts: measured.within.iter().map(|(_, within)| count(*within)).collect(),
            open_count: count(measured.open.n),
            open_oldest: show(measured.open.oldest.map(Exact::whole)),
            median_with_waiting: show(measured.median_with_waiting),
            sla_attainment: pair.is_clocked().then(|| self.attainment(clocks, span)),
            verdicts: if pair.is_clocked() { self.verdicts(facts, span) } else { Vec::new() },
        }
    }

    /// M8: of the clocks due in the span, or of those that started in it, the ones due by now.
    fn attainment(&self, clocks: &[&ClockFact], span: &Span) -> common::Ratio {
        let is_member = |clock: &&ClockFact| match self.ground.query.basis {
            Basis::Period => true,
            Basis::Cohort => span.contains(&clock.started_at),
        };
        let members = clocks.iter().copied().filter(is_member);
        ratio(attainment(members, ClockKind::Decide, self.counted(span), self.ground.as_of).rate())
    }

    /// M9.
    fn verdicts(&self, facts: &[&HandoffFact], span: &Span) -> Vec<pb::SlaVerdict> {
        let is_member = |fact: &&HandoffFact| match self.ground.query.basis {
            Basis::Period => true,
            Basis::Cohort => self.pair.start(fact).is_some_and(|at| span.contains(&at)),
        };
        let members: Vec<_> = facts.iter().copied().filter(is_member).collect();
        let clocks: Vec<_> = members.iter().flat_map(|fact| self.clocks.of_fact(fact)).collect();
        let query = VerdictQuery {
            span: self.counted(span),
            statistic: self.pair.statistic,
            calendar: &self.ground.calendar,
            as_of: self.ground.as_of,
        };
        let verdicts = verdict::verdicts(members.iter().copied(), clocks.iter().copied(), &query);
        verdicts.iter().map(|verdict| show(verdict, self.pair.statistic)).collect()
    }

    /// In which span members count: a cohort is picked by its beginning, and then counts with all that it came to.
    fn counted<'s>(&self, span: &'s Span) -> &'s Span {
        match self.ground.query.basis {
            Basis::Period => span,
            Basis::Cohort => &EVER,
        }
    }
}

fn show(verdict: &verdict::Verdict, statistic: Statistic) -> pb::SlaVerdict {
    let unit = verdict.target.unit();
    let target = match verdict.target {
        Target::Business(time) | Target::Calendar(time) => time.num_microseconds().unwrap_or(i64::MAX),
        Target::BusinessDays(days) => i64::from(days),
    };
    let judged = match verdict.judgement {
        None => pb::Verdict::Unspecified,
        Some(judgement) if judgement.is_adhering => pb::Verdict::Adhering,
        Some(_) => pb::Verdict::NotAdhering,
    };
    pb::SlaVerdict {
        target: Some(to_target(verdict.target)),
        time_unit: to_unit(unit).into(),
        statistic: word::to_statistic(statistic).into(),
        statistic_value: verdict.figure.map(|figure| length(figure, unit)),
        target_value: length(Exact::whole(target), unit),
        sample_count: count(verdict.velocity.n),
        verdict: judged.into(),
        overshoot: verdict.judgement.and_then(|judgement| judgement.overshoot).map(decimal),
    }
}
