//! The Olist marketing funnel, imported and reported by the command line, against the control totals that came with the
//! data: every figure to the digits given there. First contact is capture and MQL; a won deal is a customer through
//! skipped stages.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::Context;
use handoff_domain::actor::Side;
use handoff_runtime::client::Caller;
use handoff_tests::apart::Apart;
use handoff_tests::company::mapping;
use serde_json::Value;

const TENANT: &str = "olist";
/// The months of the first contacts.
const FUNNEL: [&str; 4] = ["--start-date", "2017-06-01", "--end-date", "2018-06-01"];
/// And those of the deals.
const EVER: [&str; 6] = ["--start-date", "2017-06-01", "--end-date", "2018-12-01", "--period-kind", "custom"];

fn folder() -> PathBuf {
    PathBuf::from(env::var_os("HANDOFF_TEST_DATA").expect("the tests are ignored without it"))
}

/// A table of the control totals: its rows as objects by column.
fn totals(table: &str) -> anyhow::Result<Vec<Value>> {
    let totals: Value = serde_json::from_str(&fs::read_to_string(folder().join("control_totals.json"))?)?;
    let table = &totals["olist"][table];
    let columns = table["columns"].as_array().context("columns")?;
    let names = || columns.iter().map(|column| column.as_str().unwrap_or_default().to_owned());
    let rows = table["rows"].as_array().context("rows")?.iter();
    Ok(rows.map(|row| names().zip(row.as_array().into_iter().flatten().cloned()).collect()).collect())
}

/// Both files, and reports that rest on them. Gives what the imports printed.
async fn import(services: &Apart) -> anyhow::Result<[Value; 2]> {
    let file = |name: &str| folder().join("olist").join(name);
    let import = async |kind: &str, file: &Path, map: &str| {
        services.endpoints.import(TENANT, kind, file, &mapping(map)).await
    };
    let leads =
        import("leads", &file("olist_marketing_qualified_leads_dataset.csv"), "olist-leads.toml").await?;
    let deals = import("history", &file("olist_closed_deals_dataset.csv"), "olist-deals.toml").await?;
    services.endpoints.reports_catch_up(&caller()).await?;
    Ok([leads, deals])
}

async fn found(services: &Apart) -> anyhow::Result<()> {
    let create = ["tenant", "create", TENANT, "--time-zone", "UTC", "--currency-code", "BRL"];
    services.endpoints.ask(&create).await.map(drop)
}

fn caller() -> Caller {
    Caller::user(TENANT, "tests", Side::Marketing)
}

async fn report(services: &Apart, arguments: &[&str]) -> anyhow::Result<Value> {
    services.endpoints.ask(&[&["--tenant", TENANT, "report"], arguments].concat()).await
}

/// A count, which JSON has as text, or a decimal.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// The quotient to the six digits that the control totals give.
fn six_digits(ratio: &Value) -> Option<f64> {
    number(&ratio["value"]).map(|value| (value * 1e6).round() / 1e6)
}

fn check_count(reported: &Value, expected: &Value, row: &Value) {
    assert!(number(reported).is_some(), "{reported}");
    assert_eq!(number(reported), number(expected), "{row}");
}

fn check_ratio(ratio: &Value, [numerator, denominator, value]: [&Value; 3], row: &Value) {
    check_count(&ratio["numerator"], numerator, row);
    check_count(&ratio["denominator"], denominator, row);
    assert_eq!(six_digits(ratio), value.as_f64(), "{row}");
}

/// The row of a report for a month, or for a value of its dimension.
fn row<'r>(report: &'r Value, field: &str, key: &str) -> anyhow::Result<&'r Value> {
    let rows = report["rows"].as_array().context("a report has rows")?;
    rows.iter().find(|row| row["key"][field] == key).with_context(|| format!("no row of {field} {key:?}"))
}

#[tokio::test]
#[cfg_attr(not(test_data), ignore = "HANDOFF_TEST_DATA is not set")]
async fn the_olist_funnel_agrees_with_its_control_totals() -> anyhow::Result<()> {
    let services = Apart::start().await?;
    found(&services).await?;
    let [leads, deals] = import(&services).await?;
    assert_eq!((&leads[0]["created"], &leads[0]["refused"]), (&"8000".into(), &"0".into()));
    assert_eq!((&deals[0]["changed"], &deals[0]["refused"]), (&"842".into(), &"0".into()));
    check_mqls(&services).await?;
    check_conversion(&services).await?;
    check_velocity(&services).await?;
    services.stop().await
}

/// By month, by origin, per business day; who became a customer is an SQL too, by skipped stages.
async fn check_mqls(services: &Apart) -> anyhow::Result<()> {
    let by_month = report(services, &[&["mql"], &FUNNEL[..]].concat()).await?;
    for total in totals("mql_by_month")? {
        let month = total["month"].as_str().context("a month")?;
        check_count(&row(&by_month, "period", month)?["mqlCount"], &total["mqls"], &total);
    }
    for total in totals("leads_per_business_day")? {
        let row = row(&by_month, "period", total["month"].as_str().context("a month")?)?;
        check_count(&row["businessDays"], &total["mf"], &total);
        let expected = [&total["mqls"], &total["mf"], &total["per_mon_fri"]];
        check_ratio(&row["mqlPerBusinessDay"], expected, &total);
    }
    for total in totals("conv_by_cohort")? {
        let row = row(&by_month, "period", total["cohort"].as_str().context("a month")?)?;
        check_ratio(&row["cohortEfficiency"], [&total["won"], &total["mqls"], &total["conv"]], &total);
    }
    let by_origin = report(services, &[&["mql", "--breakdown", "source"], &EVER[..]].concat()).await?;
    for total in totals("mql_by_origin")? {
        let origin = total["origin"].as_str().filter(|origin| *origin != "(empty)").unwrap_or_default();
        check_count(&row(&by_origin, "value", origin)?["mqlCount"], &total["mqls"], &total);
    }
    Ok(())
}

/// Of the cohort of a month, of all, by origin; and deals over MQLs of the same month.
async fn check_conversion(services: &Apart) -> anyhow::Result<()> {
    let of = async |basis: &str, more: &[&str]| {
        report(services, &[&["sql", "--basis", basis], more].concat()).await
    };
    let cohorts = of("cohort", &FUNNEL).await?;
    for total in totals("conv_by_cohort")? {
        let row = row(&cohorts, "period", total["cohort"].as_str().context("a month")?)?;
        check_ratio(&row["leadToCustomer"], [&total["won"], &total["mqls"], &total["conv"]], &total);
    }
    let overall = &totals("conv_overall")?[0];
    let expected = [&overall["won"], &overall["mqls"], &overall["conv"]];
    check_ratio(&cohorts["total"]["leadToCustomer"], expected, overall);

    let origins = of("cohort", &[&["--breakdown", "source"], &EVER[..]].concat()).await?;
    for total in totals("conv_by_origin")? {
        let origin = total["origin"].as_str().filter(|origin| *origin != "(empty)").unwrap_or_default();
        let row = row(&origins, "value", origin)?;
        check_ratio(&row["leadToCustomer"], [&total["won"], &total["mqls"], &total["conv"]], &total);
    }
    let months = of("period", &FUNNEL).await?;
    for total in totals("same_month_ratio")? {
        let row = row(&months, "period", total["month"].as_str().context("a month")?)?;
        check_ratio(&row["leadToCustomer"], [&total["deals"], &total["mqls"], &total["ratio"]], &total);
    }
    Ok(())
}

/// The control totals hold the deal that was won before its first contact; here it is left out and counted.
async fn check_velocity(services: &Apart) -> anyhow::Result<()> {
    const LIMITS: [&str; 8] = ["0", "7", "14", "30", "60", "90", "180", "365"];
    let mut arguments = vec!["velocity", "--start-milestone", "captured", "--end-milestone", "won"];
    arguments.extend(["--time-unit", "calendar_days"]);
    arguments.extend(EVER);
    arguments.extend(LIMITS.iter().flat_map(|limit| ["--limit", limit]));
    let total = &report(services, &arguments).await?["total"];
    assert_eq!((number(&total["sampleCount"]), number(&total["invalidCount"])), (Some(841.0), Some(1.0)));
    let mean = number(&total["mean"]).context("a mean")?;
    assert_eq!(format!("{mean:.6}"), "48.500595");
    assert_eq!((number(&total["median"]), number(&total["p90"])), (Some(14.0), Some(162.0)));
    let expected = &totals("cohort_within_all")?[0];
    for (within, limit) in total["withinCounts"].as_array().context("counts")?.iter().zip(LIMITS) {
        let all = number(&expected[format!("w{limit}")]).context("a count")?;
        assert_eq!(number(within), Some(all - 1.0), "within {limit} days");
    }
    Ok(())
}

#[tokio::test]
#[cfg_attr(not(test_data), ignore = "HANDOFF_TEST_DATA is not set")]
async fn importing_both_files_again_changes_nothing() -> anyhow::Result<()> {
    let services = Apart::start().await?;
    found(&services).await?;
    import(&services).await?;
    let (head, _) = services.endpoints.heads(&caller()).await?;
    let [leads, deals] = import(&services).await?;
    assert_eq!((&leads[0]["unchanged"], &deals[0]["unchanged"]), (&"8000".into(), &"842".into()));
    assert_eq!(services.endpoints.heads(&caller()).await?.0, head);
    services.stop().await
}
