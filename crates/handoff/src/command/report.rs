//! `handoff report mql|sql|velocity|plan`. The service resolves what is left out and says so beneath the figures; only the
//! range has to be known here.

use chrono::{Months, NaiveDate};
use clap::{Args, Subcommand};
use handoff_proto::common::v1::TimeUnit;
use handoff_proto::reporting::v1::{
    Basis, CountUnit, Dimension, DimensionFilter, GetMqlReportRequest, GetSqlReportRequest,
    GetVelocityReportRequest, Milestone, PeriodKind, ReportBasis, ReportQuery, SkipPolicy, VerdictStatistic,
};
use handoff_runtime::clock;
use prost_types::Timestamp;

use super::target::{parse_seconds, parse_time};
use crate::arguments::Format;
use crate::session::{Session, full_name};
use crate::view::without_formulas;
use crate::word;

/// Which report.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// MQLs: how many, how efficient, per business day.
    Mql(Query),
    /// SQLs: how many, how sales decides and why, what becomes of them.
    Sql(Query),
    /// How long it takes from one milestone to another, and whether the SLA is kept.
    Velocity(Velocity),
    /// From a revenue goal back to the deals, SQLs, MQLs, leads and visits that it takes.
    Plan(super::plan::Arguments),
}

/// What every report takes.
#[derive(Debug, Default, Args)]
pub(crate) struct Query {
    /// How the range is cut.
    #[arg(long, value_parser = word::flag::<PeriodKind>())]
    period_kind: Option<PeriodKind>,
    /// First local date; five months before the end unless given.
    #[arg(long)]
    start_date: Option<NaiveDate>,
    /// Local date after the last one; tomorrow unless given.
    #[arg(long)]
    end_date: Option<NaiveDate>,
    /// IANA time zone whose midnights bound the periods; the tenant's unless given.
    #[arg(long, default_value = "")]
    time_zone: String,
    /// What puts a record into a period; with both there are rows by each.
    #[arg(long, value_parser = word::flag::<Basis>())]
    basis: Option<Basis>,
    /// Hold every figure against the period before.
    #[arg(long)]
    compare: bool,
    /// What is counted.
    #[arg(long, value_parser = word::flag::<CountUnit>())]
    unit: Option<CountUnit>,
    /// What a skipped stage counts for.
    #[arg(long, value_parser = word::flag::<SkipPolicy>())]
    skip_policy: Option<SkipPolicy>,
    /// Only what had happened by then.
    #[arg(long, value_parser = parse_time)]
    as_of_time: Option<Timestamp>,
    /// Only what had been recorded by then.
    #[arg(long, value_parser = parse_time)]
    known_at_time: Option<Timestamp>,
    /// A row per value of this dimension in each period.
    #[arg(long, value_parser = word::flag::<Dimension>())]
    breakdown: Option<Dimension>,
    /// Only records that match, as `source=google`; may be given several times.
    #[arg(long = "filter", value_parser = parse_filter, value_name = "DIMENSION=VALUE")]
    filters: Vec<DimensionFilter>,
    /// The calendar of business days and business time, as `default`.
    #[arg(long)]
    calendar: Option<String>,
    /// Say beneath the figures how each of them is defined.
    #[arg(long)]
    definitions: bool,
}

/// What the velocity report takes besides.
#[derive(Debug, Args)]
pub(crate) struct Velocity {
    #[command(flatten)]
    query: Query,
    /// From where.
    #[arg(long, value_parser = word::flag::<Milestone>())]
    start_milestone: Option<Milestone>,
    /// To where.
    #[arg(long, value_parser = word::flag::<Milestone>())]
    end_milestone: Option<Milestone>,
    /// What it is measured in.
    #[arg(long, value_parser = word::flag::<TimeUnit>())]
    time_unit: Option<TimeUnit>,
    /// Count how many took at most this long: 1h, or a number of days where the unit is days; may be given several
    /// times.
    #[arg(long = "limit", value_name = "LENGTH")]
    limits: Vec<String>,
    /// What is compared with the target.
    #[arg(long, value_parser = word::flag::<VerdictStatistic>())]
    verdict_statistic: Option<VerdictStatistic>,
}

/// Shows it.
pub(crate) async fn run(command: Command, session: &mut Session<'_>) -> anyhow::Result<()> {
    let today = clock::now().date_naive();
    let mut service = session.reporting().await?;
    match command {
        Command::Mql(query) => {
            let request = GetMqlReportRequest { query: Some(query.to_message(today)) };
            let mut answer = service.get_mql_report(request).await?.into_inner();
            brief(&mut answer.basis, query.definitions, session);
            session.show(&answer).await
        }
        Command::Sql(query) => {
            let request = GetSqlReportRequest { query: Some(query.to_message(today)) };
            let mut answer = service.get_sql_report(request).await?.into_inner();
            brief(&mut answer.basis, query.definitions, session);
            session.show(&answer).await
        }
        Command::Velocity(velocity) => {
            let request = velocity.to_message(today)?;
            let mut answer = service.get_velocity_report(request).await?.into_inner();
            brief(&mut answer.basis, velocity.query.definitions, session);
            session.show(&answer).await?;
            if !velocity.limits.is_empty() {
                session.output.say(&format!("`within` counts up to {}.", velocity.limits.join(" / ")));
            }
            Ok(())
        }
        Command::Plan(plan) => {
            let answer = service.plan_goal(plan.to_message()).await?.into_inner();
            session.show(&answer).await
        }
    }
}

/// Programs get every word, people those that they asked for.
fn brief(basis: &mut Option<ReportBasis>, definitions: bool, session: &Session<'_>) {
    if !definitions && session.global.format != Format::Json {
        without_formulas(basis);
    }
}

impl Query {
    /// As the API takes it; `today` in UTC is near enough, for the service moves both ends to their periods.
    fn to_message(&self, today: NaiveDate) -> ReportQuery {
        let end = self.end_date.unwrap_or_else(|| today.succ_opt().unwrap_or(today));
        let start = self.start_date.unwrap_or_else(|| end - Months::new(5));
        ReportQuery {
            period_kind: self.period_kind.unwrap_or_default().into(),
            start_date: start.to_string(),
            end_date: end.to_string(),
            time_zone: self.time_zone.clone(),
            basis: self.basis.unwrap_or_default().into(),
            unit: self.unit.unwrap_or_default().into(),
            skip_policy: self.skip_policy.unwrap_or_default().into(),
            as_of_time: self.as_of_time,
            known_at_time: self.known_at_time,
            breakdown: self.breakdown.unwrap_or_default().into(),
            filters: self.filters.clone(),
            calendar: self.calendar.as_ref().map(|name| full_name("calendars", name)).unwrap_or_default(),
            compare_previous: self.compare,
        }
    }
}

impl Velocity {
    fn to_message(&self, today: NaiveDate) -> anyhow::Result<GetVelocityReportRequest> {
        let limits: Result<Vec<i64>, String> = self
            .limits
            .iter()
            .map(|text| match self.time_unit.unwrap_or_default() {
                TimeUnit::BusinessDays | TimeUnit::CalendarDays => {
                    text.parse().map_err(|_| format!("--limit {text}: give a number of days"))
                }
                _ => parse_seconds(text).map_err(|error| format!("--limit {text}: {error}")),
            })
            .collect();
        Ok(GetVelocityReportRequest {
            query: Some(self.query.to_message(today)),
            start_milestone: self.start_milestone.unwrap_or_default().into(),
            end_milestone: self.end_milestone.unwrap_or_default().into(),
            time_unit: self.time_unit.unwrap_or_default().into(),
            limits: limits.map_err(anyhow::Error::msg)?,
            verdict_statistic: self.verdict_statistic.unwrap_or_default().into(),
        })
    }
}

fn parse_filter(text: &str) -> Result<DimensionFilter, String> {
    let (dimension, value) = text.split_once('=').ok_or("give DIMENSION=VALUE, as source=google")?;
    let dimension = word::parse::<Dimension>(&dimension.to_uppercase())?;
    let value = match dimension {
        Dimension::Owner if !value.is_empty() => full_name("users", value),
        Dimension::Team if !value.is_empty() => full_name("teams", value),
        _ => value.to_owned(),
    };
    Ok(DimensionFilter { dimension: dimension.into(), value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_six_months_up_to_today_unless_given() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let message = Query::default().to_message(today);
        assert_eq!((message.start_date.as_str(), message.end_date.as_str()), ("2026-06-23", "2026-11-23"));
        assert_eq!(message.period_kind(), PeriodKind::Unspecified);
    }

    #[test]
    fn a_filter_is_a_dimension_and_a_value() {
        let filter = parse_filter("source=a=b").unwrap();
        assert_eq!((filter.dimension(), filter.value.as_str()), (Dimension::Source, "a=b"));
        assert_eq!(parse_filter("source=").unwrap().value, "");
        assert_eq!(parse_filter("team=north").unwrap().value, "teams/north");
        assert_eq!(parse_filter("owner=users/bob").unwrap().value, "users/bob");
        assert_eq!(parse_filter("owner=").unwrap().value, "");
        assert!(parse_filter("source").is_err());
        assert!(parse_filter("colour=red").is_err_and(|error| error.contains("ORIGIN, SOURCE")));
    }
}
