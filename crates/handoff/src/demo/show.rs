//! The reports that reveal what is wrong with the sample's company.

use chrono::{Months, NaiveDate};
use handoff_proto::reporting::v1::{
    Dimension, GetMqlReportRequest, GetSqlReportRequest, GetVelocityReportRequest, PeriodKind, ReportQuery,
};

use super::Sample;
use super::company::TIME_ZONE;
use crate::session::Session;
use crate::view::without_formulas;

/// Shows the MQL, SQL and velocity reports, each with a word on what to look at.
pub(crate) async fn show(session: &mut Session<'_>, sample: Sample) -> anyhow::Result<()> {
    let today = sample.until.with_timezone(&TIME_ZONE).date_naive();
    let mut service = session.reporting().await?;

    say(
        session,
        "The MQL report of the last six months: how many, how many of them became SQLs, and per business day.",
    );
    let query = query(today, 5, PeriodKind::Month, Dimension::Unspecified);
    let mut answer = service.get_mql_report(GetMqlReportRequest { query: Some(query) }).await?.into_inner();
    without_formulas(&mut answer.basis);
    session.show(&answer).await?;

    say(
        session,
        "The SQL report by source over eighteen months: look at what sales accepts of leadmarket, and why not.",
    );
    let query = self::query(today, 18, PeriodKind::Custom, Dimension::Source);
    let mut answer = service.get_sql_report(GetSqlReportRequest { query: Some(query) }).await?.into_inner();
    without_formulas(&mut answer.basis);
    session.show(&answer).await?;

    say(session, "The velocity report by team, with the SLA's verdict: north is dropping the ball.");
    let query = self::query(today, 18, PeriodKind::Custom, Dimension::Team);
    let request = GetVelocityReportRequest { query: Some(query), ..GetVelocityReportRequest::default() };
    let mut answer = service.get_velocity_report(request).await?.into_inner();
    without_formulas(&mut answer.basis);
    session.show(&answer).await
}

fn say(session: &mut Session<'_>, text: &str) {
    session.output.say(&format!("\n{text}\n"));
}

fn query(today: NaiveDate, months: u32, period_kind: PeriodKind, breakdown: Dimension) -> ReportQuery {
    ReportQuery {
        period_kind: period_kind.into(),
        start_date: (today - Months::new(months)).to_string(),
        end_date: today.succ_opt().unwrap_or(today).to_string(),
        breakdown: breakdown.into(),
        ..ReportQuery::default()
    }
}
