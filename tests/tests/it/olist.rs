//! The Olist marketing funnel, imported and reported by the command line, against the control totals that came with the
//! data: every figure to the digits given there. First contact is capture and MQL; a won deal is a customer through
//! skipped stages, and an SQL by implication. Then both files once more, which changes nothing.

use std::path::Path;

use anyhow::Context;
use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
use handoff_tests::company::mapping;
use handoff_tests::together::Together;
use serde_json::{Value, json};

use crate::figures::{Reports, check_close, check_equal, check_ratio, number, row};
use crate::totals::{Totals, folder};

/// The months of the first contacts.
const FUNNEL: [&str; 4] = ["--start-date", "2017-06-01", "--end-date", "2018-06-01"];
/// And those of the deals.
const EVER: [&str; 6] = ["--start-date", "2017-06-01", "--end-date", "2018-12-01", "--period-kind", "custom"];

/// Figures that no metric defines.
const UNDEFINED: &[(&str, &str)] = &[
    ("dq_negative.0.d", "no metric is a date; the sample is counted as invalid"),
    ("dq_negative.0.fdays", "the same deal in parts of a day"),
    ("dq_negative.0.mql_id", "no metric is an id"),
    ("dq_negative.0.won", "no metric is a date"),
    (
        "lag_adjusted_14d.*.ratio",
        "deals over leads of another range: M13 does that with costs; both parts are compared",
    ),
    ("leads_per_business_day.*.br", "needs Brazil's holidays, which are not in the data"),
    ("leads_per_business_day.*.per_br_bizday", "needs Brazil's holidays, which are not in the data"),
    (
        "leads_per_business_day.*.weekday_leads_per_mon_fri",
        "M20 keeps arrivals on closed days in its numerator",
    ),
    ("mql_by_origin.*.pct", "no metric is a share; the count is compared"),
    ("totals.0.first_*", "no metric is a date"),
    ("totals.0.landing_pages", "an attribute, and no dimension of a report"),
    ("totals.0.last_*", "no metric is a date"),
    ("totals.0.sdrs", "the mapping leaves them out: a skipped acceptance has no owner"),
    ("totals.0.srs", "the same"),
    ("velocity_days.0.median_disc", "M6 takes linear percentiles"),
    ("velocity_days.0.min", "M6 has no shortest"),
    ("velocity_days.0.p25", "M6 has no 25th percentile"),
    ("velocity_days.0.p75", "of samples with the negative one; M6 leaves it out"),
    ("velocity_days.0.p90", "of samples with the negative one; M6 leaves it out"),
    ("velocity_days.0.p90_disc", "M6 takes linear percentiles"),
];

/// Both files. Gives what the imports printed.
async fn import(reports: &Reports<'_>) -> anyhow::Result<[Value; 2]> {
    let file = |name: &str| folder().join("olist").join(name);
    let import = async |kind: &str, file: &Path, map: &str| {
        reports.services.endpoints.import(reports.tenant, kind, file, &mapping(map)).await
    };
    Ok([
        import("leads", &file("olist_marketing_qualified_leads_dataset.csv"), "olist-leads.toml").await?,
        import("history", &file("olist_closed_deals_dataset.csv"), "olist-deals.toml").await?,
    ])
}

#[tokio::test]
#[cfg_attr(not(test_data), ignore = "HANDOFF_TEST_DATA is not set")]
async fn the_olist_funnel_agrees_with_its_control_totals() -> anyhow::Result<()> {
    let totals = Totals::of("olist")?;
    let services = Together::on_scratch().await?;
    let reports = Reports::found(&services, "olist", "UTC", "BRL").await?;
    let [leads, deals] = import(&reports).await?;
    assert_eq!((&leads[0]["created"], &leads[0]["refused"]), (&json!("8000"), &json!("0")));
    assert_eq!((&deals[0]["changed"], &deals[0]["refused"]), (&json!("842"), &json!("0")));
    reports.settle().await?;
    check_mqls(&totals, &reports).await?;
    check_conversion(&totals, &reports).await?;
    check_lagged(&totals, &reports).await?;
    check_velocity(&totals, &reports).await?;
    totals.all_are_compared_but(UNDEFINED);

    let (head, _) = services.endpoints.heads(&reports.caller()).await?;
    let [leads, deals] = import(&reports).await?;
    assert_eq!((&leads[0]["unchanged"], &deals[0]["unchanged"]), (&json!("8000"), &json!("842")));
    assert_eq!(services.endpoints.heads(&reports.caller()).await?.0, head);
    reports.settle().await?;
    services.stop().await
}

/// By month, by origin, per business day; who became a customer is an SQL too, by skipped stages.
async fn check_mqls(totals: &Totals, reports: &Reports<'_>) -> anyhow::Result<()> {
    let by_month = reports.report(&[&["mql"], &FUNNEL[..]].concat()).await?;
    for total in totals.rows("mql_by_month")? {
        let month = total.text("month")?;
        check_equal(&row(&by_month, "period", month)?["mqlCount"], total.number("mqls")?, month);
    }
    check_equal(&by_month["total"]["mqlCount"], totals.row("totals")?.number("mqls")?, "all");
    let months = totals.rows("leads_per_business_day")?;
    for pair in months.windows(2) {
        let [before, month] = [&pair[0], &pair[1]].map(|row| row.number("mf"));
        let (month, before, label) = (month?, before?, pair[1].text("month")?);
        check_close(number(&row(&by_month, "period", label)?["growthToHold"]), before / month - 1.0, label);
    }
    let by_day = reports.report(&[&["mql", "--period-kind", "day"], &FUNNEL[..]].concat()).await?;
    for total in totals.rows("leads_per_business_day")? {
        let month = total.text("month")?;
        let row = row(&by_month, "period", month)?;
        let (mqls, days) = (total.number("mqls")?, total.number("mf")?);
        check_equal(&row["businessDays"], days, month);
        check_ratio(&row["mqlPerBusinessDay"], mqls, days, total.get("per_mon_fri")?, month);
        assert_eq!(on_weekdays(&by_day, month)?, total.number("mqls_on_mon_fri")?, "{month}");
    }
    let by_origin = reports.report(&[&["mql", "--breakdown", "source"], &EVER[..]].concat()).await?;
    for total in totals.rows("mql_by_origin")? {
        let origin = total.text("origin")?;
        check_equal(&row(&by_origin, "value", source(origin))?["mqlCount"], total.number("mqls")?, origin);
    }
    Ok(())
}

/// What arrived from Monday to Friday in a month.
fn on_weekdays(by_day: &Value, month: &str) -> anyhow::Result<f64> {
    let mut sum = 0.0;
    for row in by_day["rows"].as_array().context("rows")? {
        let date: NaiveDate = row["key"]["startDate"].as_str().context("a date")?.parse()?;
        let is_weekday = !matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        if is_weekday && date.to_string().starts_with(month) {
            sum += number(&row["mqlCount"]);
        }
    }
    Ok(sum)
}

/// An empty cell is no source.
fn source(origin: &str) -> &str {
    if origin == "(empty)" { "" } else { origin }
}

/// Of the cohort of a month, of all, by origin; and deals over MQLs of the same month.
async fn check_conversion(totals: &Totals, reports: &Reports<'_>) -> anyhow::Result<()> {
    let of =
        async |basis: &str, more: &[&str]| reports.report(&[&["sql", "--basis", basis], more].concat()).await;
    let cohorts = of("cohort", &FUNNEL).await?;
    let by_month = reports.report(&[&["mql"], &FUNNEL[..]].concat()).await?;
    for total in totals.rows("conv_by_cohort")? {
        let month = total.text("cohort")?;
        let (won, mqls, value) = (total.number("won")?, total.number("mqls")?, total.get("conv")?);
        check_ratio(&row(&cohorts, "period", month)?["leadToCustomer"], won, mqls, value, month);
        check_ratio(&row(&by_month, "period", month)?["cohortEfficiency"], won, mqls, value, month);
    }
    let overall = totals.row("conv_overall")?;
    let (won, mqls) = (overall.number("won")?, overall.number("mqls")?);
    check_ratio(&cohorts["total"]["leadToCustomer"], won, mqls, overall.get("conv")?, "overall");

    let origins = of("cohort", &[&["--breakdown", "source"], &EVER[..]].concat()).await?;
    for total in totals.rows("conv_by_origin")? {
        let origin = total.text("origin")?;
        let ratio = &row(&origins, "value", source(origin))?["leadToCustomer"];
        check_ratio(ratio, total.number("won")?, total.number("mqls")?, total.get("conv")?, origin);
    }
    let months = of("period", &FUNNEL).await?;
    for total in totals.rows("same_month_ratio")? {
        let month = total.text("month")?;
        let row = row(&months, "period", month)?;
        for ratio in ["leadToCustomer", "periodEfficiency"] {
            let (deals, mqls) = (total.number("deals")?, total.number("mqls")?);
            check_ratio(&row[ratio], deals, mqls, total.get("ratio")?, month);
        }
    }
    let won = of("period", &["--start-date", "2017-12-01", "--end-date", "2018-12-01"]).await?;
    for total in totals.rows("deals_by_month")? {
        let month = total.text("month")?;
        for count in ["wonCount", "sqlCount"] {
            check_equal(&row(&won, "period", month)?[count], total.number("deals")?, month);
        }
    }
    check_equal(&won["total"]["wonCount"], totals.row("totals")?.number("deals")?, "all");
    Ok(())
}

/// MQLs of the range that lies a fortnight before a month, and the deals of the month.
async fn check_lagged(totals: &Totals, reports: &Reports<'_>) -> anyhow::Result<()> {
    let won = reports.report(&["sql", "--start-date", "2017-12-01", "--end-date", "2018-12-01"]).await?;
    for total in totals.rows("lag_adjusted_14d")? {
        let month = total.text("month")?;
        check_equal(&row(&won, "period", month)?["wonCount"], total.number("deals")?, month);
        let last: NaiveDate = total.text("mql_to")?.parse()?;
        let end = (last + TimeDelta::days(1)).to_string();
        let range =
            ["mql", "--period-kind", "custom", "--start-date", total.text("mql_from")?, "--end-date", &end];
        let mqls = reports.report(&range).await?;
        check_equal(&mqls["total"]["mqlCount"], total.number("mqls")?, month);
    }
    Ok(())
}

/// The control totals hold the deal that was won before its first contact; here it is left out and counted.
async fn check_velocity(totals: &Totals, reports: &Reports<'_>) -> anyhow::Result<()> {
    let within = totals.row("cohort_within_all")?;
    const LIMITS: [&str; 8] = ["0", "7", "14", "30", "60", "90", "180", "365"];
    let mut more = EVER.to_vec();
    more.extend(LIMITS.iter().flat_map(|limit| ["--limit", limit]));
    let report = reports.velocity(["captured", "won"], "calendar_days", &more).await?;
    let total = &report["total"];
    check_equal(&total["sampleCount"], 841.0, "valid");
    check_equal(&total["invalidCount"], 1.0, "invalid");
    check_close(number(&total["mean"]), 48.500595, "mean");
    assert_eq!(["median", "p90"].map(|name| number(&total[name])), [14.0, 162.0]);
    // With the deal that is left out it is theirs, to the digits given.
    let theirs = totals.row("velocity_days")?;
    let days = totals.row("dq_negative")?.number("days")?;
    check_equal(&total["sampleCount"], theirs.number("n")? - 1.0, "all");
    let mean = (number(&total["mean"]) * 841.0 + days) / theirs.number("n")?;
    check_close(mean, theirs.number("mean")?, "mean of all");
    for name in ["median", "max"] {
        check_equal(&total[name], theirs.number(name)?, "without the shortest they are the same");
    }
    for (counted, limit) in total["withinCounts"].as_array().context("counts")?.iter().zip(LIMITS) {
        check_equal(counted, within.number(&format!("w{limit}"))? - 1.0, limit);
    }
    check_equal(&total["sampleCount"], within.number("ever")? - 1.0, "ever");
    let cohort = reports.report(&[&["sql", "--basis", "cohort"], &EVER[..]].concat()).await?;
    check_equal(&cohort["total"]["leadToCustomer"]["denominator"], within.number("mqls")?, "all");
    Ok(())
}
