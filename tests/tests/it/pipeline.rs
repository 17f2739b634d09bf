//! A CRM's pipeline with its accounts, imported and reported by the command line, against the control totals that came
//! with the data. Its rows are opportunities through skipped stages; the 500 that nobody has engaged have no date, and are
//! refused one by one.

use std::collections::BTreeMap;

use anyhow::Context;
use handoff_tests::company::mapping;
use handoff_tests::together::Together;
use serde_json::Value;

use crate::figures::{Reports, amount, check_close, check_equal, number, row};
use crate::totals::{Totals, folder};

/// From the first engagement to the last close.
const EVER: [&str; 6] = ["--start-date", "2016-10-01", "--end-date", "2018-01-01", "--period-kind", "custom"];
const MONTHS: [&str; 4] = ["--start-date", "2017-03-01", "--end-date", "2018-01-01"];

/// Figures that no metric defines.
const UNDEFINED: &[(&str, &str)] = &[
    ("*.win_rate", "won of won and lost: no metric is that ratio; both of its parts are compared"),
    ("by_emp_band.*", "bands of a number are no dimension of a report"),
    ("by_rev_band.*", "bands of a number are no dimension of a report"),
    ("dq_product_join.*", "read without the translation: a test of the importer compares it"),
    ("overall.0.avg_won_value", "M28"),
    ("overall.0.first_*", "no metric is a date"),
    ("overall.0.last_*", "no metric is a date"),
    ("overall.0.median_won_value", "no metric takes percentiles of amounts"),
    ("velocity.*.min", "M6 has no shortest"),
    ("velocity.*.p25", "M6 has no 25th percentile"),
];

#[tokio::test]
#[cfg_attr(not(test_data), ignore = "HANDOFF_TEST_DATA is not set")]
async fn the_crm_pipeline_agrees_with_its_control_totals() -> anyhow::Result<()> {
    let totals = Totals::of("maven_crm")?;
    let services = Together::on_scratch().await?;
    let reports = Reports::found(&services, "pipeline", "UTC", "USD").await?;
    let stages = stages(&totals)?;
    let refused = import(&reports).await?;
    assert_eq!(refused.values().sum::<f64>(), stages["Prospecting"]);
    reports.settle().await?;

    let won = number(&lengths(&reports, "won", &totals, 0).await?["sampleCount"]);
    let lost = lengths(&reports, "lost", &totals, 1).await?;
    assert_eq!((won, number(&lost["sampleCount"])), (stages["Won"], stages["Lost"]));
    let open = reports.velocity(["opportunity", "won"], "calendar", &EVER).await?;
    check_equal(&open["total"]["openCount"], stages["Engaging"], "engaging");

    let overall = totals.row("overall")?;
    let sql = reports.report(&[&["sql", "--basis", "cohort"], &EVER[..]].concat()).await?;
    let created = number(&sql["total"]["leadToCustomer"]["denominator"]);
    assert_eq!(created + stages["Prospecting"], overall.number("opps")?);
    assert_eq!((won, number(&lost["sampleCount"])), (overall.number("won")?, overall.number("lost")?));
    assert_eq!(stages["Engaging"] + stages["Prospecting"], overall.number("open")?);
    check_sectors(&totals, &reports, &refused).await?;
    check_closes(&totals, &reports).await?;
    totals.all_are_compared_but(UNDEFINED);
    services.stop().await
}

fn stages(totals: &Totals) -> anyhow::Result<BTreeMap<String, f64>> {
    let stage = |row: crate::totals::Row<'_>| Ok((row.text("deal_stage")?.to_owned(), row.number("n")?));
    totals.rows("stage_counts")?.into_iter().map(stage).collect()
}

/// Imports it; how many rows of each sector were refused, each by its line and column.
async fn import(reports: &Reports<'_>) -> anyhow::Result<BTreeMap<String, f64>> {
    let file = folder().join("maven_crm/sales_pipeline.csv");
    let (name, map) = (file.to_string_lossy(), mapping("crm-pipeline.toml"));
    let map = map.to_string_lossy();
    let arguments = ["--format", "json", "--tenant", reports.tenant, "import", "leads", &name, "--map", &map];
    let ended = reports.services.endpoints.handoff(&arguments).await?;
    assert_eq!(ended.status.code(), Some(3), "{}", ended.stderr);
    let counts: Value = serde_json::from_str(&ended.stdout)?;
    check_equal(&counts[0]["created"], 8_300.0, "created");
    check_equal(&counts[0]["refused"], 500.0, "refused");

    let undated = undated(&file)?;
    let told: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with(&*name)).collect();
    let expected: Vec<String> = undated
        .keys()
        .map(|line| format!("{name}:{line}: column \"engage_date\": a time is needed"))
        .collect();
    assert_eq!(told, expected);
    let mut by_sector = BTreeMap::new();
    undated.into_values().for_each(|sector| *by_sector.entry(sector).or_insert(0.0) += 1.0);
    Ok(by_sector)
}

/// The lines of the rows without a date, with their sectors. The file has no quotes and no line breaks in its cells.
fn undated(pipeline: &std::path::Path) -> anyhow::Result<BTreeMap<usize, String>> {
    let accounts = std::fs::read_to_string(pipeline.with_file_name("accounts.csv"))?;
    let sectors: BTreeMap<&str, &str> = accounts
        .lines()
        .filter_map(|line| line.split_once(','))
        .filter_map(|(account, rest)| Some((account, rest.split(',').next()?)))
        .collect();
    let text = std::fs::read_to_string(pipeline)?;
    let header: Vec<&str> = text.lines().next().context("a header")?.split(',').collect();
    let place = |name: &str| header.iter().position(|column| *column == name).context("a column");
    let (account, engaged) = (place("account")?, place("engage_date")?);
    let rows = text
        .lines()
        .enumerate()
        .skip(1)
        .map(|(index, line)| (index + 1, line.split(',').collect::<Vec<_>>()));
    let undated = rows.filter(|(_, cells)| cells[engaged].is_empty());
    Ok(undated.map(|(line, cells)| (line, sectors.get(cells[account]).unwrap_or(&"").to_string())).collect())
}

/// Days from the engagement to the end of an opportunity.
async fn lengths(reports: &Reports<'_>, end: &str, totals: &Totals, index: usize) -> anyhow::Result<Value> {
    let mut report = reports.velocity(["captured", end], "calendar_days", &EVER).await?;
    let total = report["total"].take();
    let row = totals.rows("velocity")?.into_iter().nth(index).context("a row")?;
    assert_eq!(row.text("deal_stage")?.to_lowercase(), end);
    check_equal(&total["sampleCount"], row.number("n")?, end);
    check_equal(&total["invalidCount"], 0.0, end);
    for statistic in ["mean", "median", "p75", "p90", "max"] {
        check_close(number(&total[statistic]), row.number(statistic)?, &format!("{end} {statistic}"));
    }
    Ok(total)
}

/// The row of a persona.
fn of<'r>(report: &'r Value, persona: &str) -> anyhow::Result<&'r Value> {
    row(report, "value", persona)
}

/// By the accounts' sector, which the mapping calls the persona. The rows that were refused are opportunities all the
/// same in the control totals, and open ones.
async fn check_sectors(
    totals: &Totals,
    reports: &Reports<'_>,
    refused: &BTreeMap<String, f64>,
) -> anyhow::Result<()> {
    let by_persona = [&["--breakdown", "persona"], &EVER[..]].concat();
    let cohorts = reports.report(&[&["sql", "--basis", "cohort"], &by_persona[..]].concat()).await?;
    let closed = reports.report(&[&["sql"], &by_persona[..]].concat()).await?;
    let lost = reports.velocity(["captured", "lost"], "calendar", &by_persona).await?;
    let open = reports.velocity(["opportunity", "won"], "calendar", &by_persona).await?;
    for total in totals.rows("by_sector")? {
        let sector = total.text("sector")?;
        let persona = if sector == "(no account)" { "" } else { sector };
        let refused = refused.get(persona).copied().unwrap_or_default();
        let created = number(&of(&cohorts, persona)?["leadToCustomer"]["denominator"]);
        assert_eq!(created + refused, total.number("opps")?, "{sector}");
        check_equal(&of(&cohorts, persona)?["leadToCustomer"]["numerator"], total.number("won")?, sector);
        let count = |report: &Value, field: &str| of(report, persona).map_or(0.0, |row| number(&row[field]));
        assert_eq!(count(&closed, "wonCount"), total.number("won")?, "{sector}");
        assert_eq!(count(&lost, "sampleCount"), total.number("lost")?, "{sector}");
        assert_eq!(count(&open, "openCount") + refused, total.number("open")?, "{sector}");
        let won = of(&closed, persona).map_or(0.0, |row| amount(&row["wonAmounts"]));
        assert_eq!(won, total.number("won_value")?, "{sector}");
    }
    let won = amount(&closed["total"]["wonAmounts"]);
    assert_eq!(won, totals.row("overall")?.number("won_value")?);
    Ok(())
}

/// By the month of the close.
async fn check_closes(totals: &Totals, reports: &Reports<'_>) -> anyhow::Result<()> {
    let closed = reports.report(&[&["sql"], &MONTHS[..]].concat()).await?;
    let lost = reports.velocity(["captured", "lost"], "calendar", &MONTHS).await?;
    for total in totals.rows("by_close_month")? {
        let month = total.text("month")?;
        let (won, lost) = (row(&closed, "period", month)?, row(&lost, "period", month)?);
        check_equal(&won["wonCount"], total.number("won")?, month);
        assert_eq!(amount(&won["wonAmounts"]), total.number("won_value")?, "{month}");
        check_equal(&lost["sampleCount"], total.number("lost")?, month);
        let ended = number(&won["wonCount"]) + number(&lost["sampleCount"]);
        assert_eq!((ended, 0.0), (total.number("opps")?, total.number("open")?), "{month}");
    }
    Ok(())
}
