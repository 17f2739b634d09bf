//! Reports: from rollups, from the facts, and by the model, which must all say the same.

use anyhow::{Context, ensure};
use chrono::TimeDelta;
use handoff_domain::calendar::local;
use handoff_domain::metric::milestone::Milestone;
use handoff_domain::metric::{SkipPolicy, span_of};
use handoff_domain::period::Period;
use handoff_domain::rollup::pair::Pair;
use handoff_domain::target::Unit;
use handoff_proto::reporting::v1 as pb;
use handoff_runtime::convert::{from_timestamp, to_timestamp, to_unit};

use super::World;
use crate::simulation::figures::{
    Figures, Row, beyond_rounding, differences, of_mql_row, of_sql_row, of_velocity_row, without_age,
};
use crate::simulation::generate::ZONE;
use crate::simulation::twin::Model;
use crate::simulation::twin::view::{Asked, View};

/// A report that can be asked for.
#[derive(Debug, Clone, Copy)]
enum Which {
    Mql,
    Sql,
    Velocity(Milestone, Milestone, Unit),
}

/// An answer.
#[derive(Debug)]
struct Report {
    basis: pb::ReportBasis,
    /// The rows, and the totals after them.
    rows: Vec<(Row, Figures)>,
}

impl World {
    pub(super) async fn reports_agree(&self, model: &Model) -> anyhow::Result<()> {
        let (now, past) = model.views();
        let by_owner = pb::Dimension::Owner;
        let queries = [
            (pb::PeriodKind::Month, pb::SkipPolicy::ImplyPassed, pb::Dimension::Unspecified),
            (pb::PeriodKind::IsoWeek, pb::SkipPolicy::Strict, pb::Dimension::Unspecified),
            (pb::PeriodKind::Month, pb::SkipPolicy::Strict, by_owner),
        ];
        for (kind, skip_policy, breakdown) in queries {
            let query = pb::ReportQuery {
                period_kind: kind.into(),
                skip_policy: skip_policy.into(),
                breakdown: breakdown.into(),
                ..self.query()
            };
            for which in asked_of_now(kind) {
                let told = || format!("{which:?}, {}, {}", kind.as_str_name(), breakdown.as_str_name());
                self.report_agrees(&query, which, &now).await.with_context(told)?;
            }
        }
        // They are many, and the next look takes others.
        for view in past.iter().skip(past.len() % 3).step_by(3) {
            let at = Some(to_timestamp(view.at));
            let query = pb::ReportQuery { as_of_time: at, known_at_time: at, ..self.query() };
            for which in [Which::Mql, Which::Sql] {
                let report = self.report(&query, which).await?;
                let told = || format!("{which:?} as it was known at {}", view.at);
                // What sla had made of it by then depends on when it ran.
                report.agrees(which, view, without_age).with_context(told)?;
            }
        }
        Ok(())
    }

    /// Over all of the life.
    fn query(&self) -> pb::ReportQuery {
        let date = |at| local::date(ZONE, at).to_string();
        pb::ReportQuery {
            start_date: date(self.begins - TimeDelta::days(50)),
            end_date: date(self.now + TimeDelta::days(2)),
            basis: pb::Basis::CohortAndPeriod.into(),
            ..pb::ReportQuery::default()
        }
    }

    /// A report of now from the rollups says what one from the facts says, and that what the model says.
    async fn report_agrees(&self, query: &pb::ReportQuery, which: Which, meant: &View) -> anyhow::Result<()> {
        let rollup = self.report(query, which).await?;
        let source = rollup.basis.source();
        ensure!(source == pb::Source::Rollup, "it is answered from {}", source.as_str_name());
        let echo = rollup.basis.query.as_ref().context("an answer tells its query")?;
        let (as_of_time, known_at_time) = (echo.as_of_time, echo.known_at_time);
        let query = pb::ReportQuery { as_of_time, known_at_time, ..query.clone() };
        let facts = self.report(&query, which).await?;
        ensure!(facts.basis.source() == pb::Source::Facts, "instants are answered from the facts");
        let rows = |report: &Report| report.rows.iter().map(|(row, _)| row.clone()).collect::<Vec<_>>();
        let (of_rollup, of_facts) = (rows(&rollup), rows(&facts));
        ensure!(of_rollup == of_facts, "rollups have the rows {of_rollup:?}\nand facts {of_facts:?}");
        for ((row, rollup), (_, facts)) in rollup.rows.iter().zip(&facts.rows) {
            let found = beyond_rounding(rollup, facts);
            ensure!(found.is_empty(), "{row:?}: from rollups, against the facts, {}", found.join(", "));
        }
        facts.agrees(which, meant, |figures| figures)
    }

    async fn report(&self, query: &pb::ReportQuery, which: Which) -> anyhow::Result<Report> {
        let mut client = self.services.endpoints.reporting(&self.caller())?;
        let query = Some(query.clone());
        match which {
            Which::Mql => {
                let answer = client.get_mql_report(pb::GetMqlReportRequest { query }).await?.into_inner();
                let rows = answer.rows.iter().chain(&answer.total);
                Report::of(answer.basis, rows.map(|row| (row.key.as_ref(), of_mql_row(row))))
            }
            Which::Sql => {
                let answer = client.get_sql_report(pb::GetSqlReportRequest { query }).await?.into_inner();
                let rows = answer.rows.iter().chain(&answer.total).chain(&answer.cohort_total);
                Report::of(answer.basis, rows.map(|row| (row.key.as_ref(), of_sql_row(row))))
            }
            Which::Velocity(from, to, unit) => {
                let request = pb::GetVelocityReportRequest {
                    query,
                    start_milestone: to_milestone(from).into(),
                    end_milestone: to_milestone(to).into(),
                    time_unit: to_unit(unit).into(),
                    ..pb::GetVelocityReportRequest::default()
                };
                let answer = client.get_velocity_report(request).await?.into_inner();
                let rows = answer.rows.iter().chain(&answer.total).chain(&answer.cohort_total);
                Report::of(answer.basis, rows.map(|row| (row.key.as_ref(), of_velocity_row(row))))
            }
        }
    }
}

impl Report {
    fn of<'a>(
        basis: Option<pb::ReportBasis>,
        rows: impl Iterator<Item = (Option<&'a pb::RowKey>, Figures)>,
    ) -> anyhow::Result<Self> {
        let rows = rows.map(|(key, figures)| Ok((Row::of(key)?, figures)));
        Ok(Self { basis: basis.context("a basis")?, rows: rows.collect::<anyhow::Result<_>>()? })
    }

    /// Every row says what the view says, of the figures that are `meant`.
    fn agrees(&self, which: Which, view: &View, meant: impl Fn(Figures) -> Figures) -> anyhow::Result<()> {
        let query = self.basis.query.as_ref().context("an answer tells its query")?;
        let range = Period::range(query.start_date.parse()?, query.end_date.parse()?).context("a range")?;
        let asked = Asked {
            as_of: query.as_of_time.as_ref().and_then(from_timestamp).context("an instant")?,
            range: span_of(&range, ZONE),
            by_owner: query.breakdown() == pb::Dimension::Owner,
            skip_policy: match query.skip_policy() {
                pb::SkipPolicy::Strict => SkipPolicy::Strict,
                _ => SkipPolicy::ImplyPassed,
            },
        };
        for (row, seen) in &self.rows {
            let figures = match which {
                Which::Mql => view.mql(row, &asked),
                Which::Sql => view.sql(row, &asked),
                Which::Velocity(Milestone::Captured, ..) => continue,
                Which::Velocity(from, to, unit) => view.velocity(row, &asked, (from, to), unit),
            };
            let found = differences(&meant(seen.clone()), &meant(figures));
            ensure!(found.is_empty(), "{row:?}: from the facts, against the model, {}", found.join(", "));
        }
        Ok(())
    }
}

/// The velocities in all units of the stage that clocks measure, and in one of all others that rollups keep.
fn asked_of_now(kind: pb::PeriodKind) -> Vec<Which> {
    let (from, to) = (Milestone::Mql, Milestone::Decided);
    let units = [Unit::Business, Unit::BusinessDays, Unit::Calendar, Unit::CalendarDays];
    let of_clocks = units.map(|unit| Which::Velocity(from, to, unit));
    let others = Pair::ALL.iter().skip(1).map(|(_, _, from, to)| Which::Velocity(*from, *to, Unit::Calendar));
    let mut which = vec![Which::Mql, Which::Sql];
    which.extend(of_clocks);
    if kind == pb::PeriodKind::Month {
        which.extend(others);
    }
    which
}

fn to_milestone(milestone: Milestone) -> pb::Milestone {
    pb::Milestone::from_str_name(&format!("MILESTONE_{}", milestone.as_str())).unwrap_or_default()
}
