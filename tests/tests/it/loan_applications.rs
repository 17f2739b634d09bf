//! Loan applications of a bank, imported and reported by the command line, against the control totals that came with
//! them: hours by the clock and in office hours, to the digits given.
//!
//! A second tenant has the same applications with an offer as the opportunity: the mapping of the first gives an accepted
//! application back when it is declined, offer or not, and then it never was an opportunity.

use std::fs;

use anyhow::Context;
use handoff_proto::sla::v1 as sla;
use handoff_tests::company::mapping;
use handoff_tests::together::Together;
use tempfile::TempDir;
use uuid::Uuid;

use crate::figures::{Reports, check_close, check_equal, check_ratio, number, row};
use crate::totals::{Totals, folder};

/// From the first application to the end of the last.
const EVER: [&str; 6] = ["--start-date", "2011-10-01", "--end-date", "2012-04-01", "--period-kind", "custom"];
/// The months in which applications came.
const MONTHS: [&str; 4] = ["--start-date", "2011-10-01", "--end-date", "2011-12-01"];

/// An offer is an opportunity, and every application an MQL from the start.
const OFFERS: &str = r#"
kind = "leads"
source = "offers"
key = ["case_id"]
[file]
zone = "Europe/Amsterdam"
[lead]
external_id = "case_id"
kind = { constant = "B2C" }
captured = "created_at"
[[history]]
event = "MQL"
at = "created_at"
[[history]]
event = "OPPORTUNITY_OPENED"
at = "first_offer_sent_at"
# Without an offer it ends as an MQL.
[[history]]
event = "REJECTED"
at = "declined_at"
reason = { constant = "NO_NEED_NOW" }
if_missing = ["first_offer_sent_at"]
[[history]]
event = "REJECTED"
at = "cancelled_at"
reason = { constant = "NO_NEED_NOW" }
if_missing = ["first_offer_sent_at"]
"#;

/// Figures that no metric defines.
const UNDEFINED: &[(&str, &str)] = &[
    ("A_variants", "how many ways there are through the process: no metric counts ways"),
    (
        "created_inside_business_hours",
        "no metric splits arrivals by opening hours; M20 keeps all in its numerator",
    ),
    ("created_weekend", "the same"),
    ("durations.*.naive_local_differs_from_absolute", "how wrong a naive clock would be"),
    (
        "durations.*.within_end_of_business_day_*",
        "what comes after hours is taken for the next business day's; M6 counts business days from the local date",
    ),
    ("reached.finalized_at", "no milestone"),
    ("reached.first_offer_back_at", "no milestone"),
    ("reached.last_event_at", "no milestone"),
    ("reached.offer_accepted_at", "no milestone"),
    ("work_item_wait.*", "waiting of work items: they are no milestones of a lead"),
];

#[tokio::test]
#[cfg_attr(not(test_data), ignore = "HANDOFF_TEST_DATA is not set")]
async fn the_loan_applications_agree_with_their_control_totals() -> anyhow::Result<()> {
    let totals = Totals::of("loan_applications")?;
    let services = Together::on_scratch().await?;
    let loans = Reports::found(&services, "loans", "Europe/Amsterdam", "EUR").await?;
    let offers = Reports::found(&services, "offers", "Europe/Amsterdam", "EUR").await?;
    let scratch = TempDir::new()?;
    let offers_map = scratch.path().join("offers.toml");
    fs::write(&offers_map, OFFERS)?;
    let file = folder().join("loan_applications/applications_2011-10_2011-11.csv");
    for (reports, map) in [(&loans, mapping("loan-applications.toml")), (&offers, offers_map)] {
        put_office(reports).await?;
        // What PostgreSQL knows of the tables lacks the tenant that comes now: reports must not depend on it.
        services.database().context("a scratch database")?.run("analyze").await?;
        let counts = services.endpoints.import(reports.tenant, "leads", &file, &map).await?;
        check_equal(&counts[0]["created"], totals.figure(&["cases"])?, "cases");
        check_equal(&counts[0]["refused"], 0.0, "refused");
        reports.settle().await?;
    }
    check_counts(&totals, &loans).await?;
    check_decisions(&totals, &loans).await?;
    check_arrivals(&totals, &offers).await?;
    check_durations(&totals, &loans, "created_at->first_contact_at", ["captured", "first_attempt"]).await?;
    check_durations(&totals, &loans, "created_at->approved_at", ["captured", "won"]).await?;
    check_durations(&totals, &loans, "preaccepted_at->accepted_at", ["mql", "accepted"]).await?;
    check_durations(&totals, &offers, "created_at->first_offer_sent_at", ["captured", "opportunity"]).await?;
    totals.all_are_compared_but(UNDEFINED);
    services.stop().await
}

/// Monday to Friday 09-17 in Amsterdam, once without holidays and once with the one that is no Sunday.
async fn put_office(reports: &Reports<'_>) -> anyhow::Result<()> {
    let mut client = reports.services.endpoints.sla(&reports.caller())?;
    let hours = |weekday: i32| sla::WeeklyHours {
        weekday,
        hours: Some(sla::LocalInterval { open: "09:00".into(), close: "17:00".into() }),
    };
    let closed = sla::CalendarException {
        date: "2011-12-26".into(),
        display_name: "Boxing Day".into(),
        hours: Vec::new(),
    };
    for (slug, exceptions) in [("office", Vec::new()), ("office-with-holidays", vec![closed])] {
        let calendar = sla::Calendar {
            name: format!("calendars/{slug}"),
            display_name: slug.to_owned(),
            time_zone: "Europe/Amsterdam".into(),
            weekly_hours: (sla::Weekday::Monday as i32..=sla::Weekday::Friday as i32).map(hours).collect(),
            exceptions,
            version: 0,
        };
        let request_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, slug.as_bytes()).to_string();
        client.put_calendar(sla::PutCalendarRequest { request_id, calendar: Some(calendar) }).await?;
    }
    Ok(())
}

/// How far applications came, and how they ended.
async fn check_counts(totals: &Totals, loans: &Reports<'_>) -> anyhow::Result<()> {
    let reached = |what: &str| totals.figure(&["reached", what]);
    for unit in ["handoff", "lead"] {
        // Every application is one hand-over of one lead.
        let asked = [&["mql", "--unit", unit], &EVER[..]].concat();
        let mqls =
            if unit == "lead" { loans.report_of_facts(&asked).await? } else { loans.report(&asked).await? };
        check_equal(&mqls["total"]["mqlCount"], reached("preaccepted_at")?, unit);
        let efficiency = &mqls["total"]["cohortEfficiency"];
        check_equal(&efficiency["numerator"], reached("accepted_at")?, unit);
        check_equal(&efficiency["denominator"], reached("preaccepted_at")?, unit);
        check_equal(&mqls["total"]["periodEfficiency"]["numerator"], reached("accepted_at")?, unit);
    }
    let sqls = loans.report(&[&["sql"], &EVER[..]].concat()).await?;
    let sqls = &sqls["total"];
    check_equal(&sqls["sqlCount"], reached("accepted_at")?, "SQLs");
    check_equal(&sqls["wonCount"], reached("approved_at")?, "won");
    check_equal(&sqls["wonCount"], totals.figure(&["outcome", "approved"])?, "won");

    let ways = Ways::of(totals)?;
    let rejected = ways.declined_as_mql + ways.cancelled_as_mql;
    check_equal(&sqls["acceptanceRate"]["numerator"], reached("accepted_at")?, "accepted");
    check_equal(&sqls["acceptanceRate"]["denominator"], reached("accepted_at")? + rejected, "decided");
    let by_reason = |reason: &str| {
        let counts = sqls["rejections"].as_array().into_iter().flatten();
        counts.filter(|count| count["reason"] == reason).map(|count| number(&count["count"])).sum::<f64>()
    };
    let reasons = ["OTHER", "NO_NEED_NOW"].map(by_reason);
    assert_eq!(reasons, [ways.declined_as_mql, ways.cancelled_as_mql], "{sqls:#}");
    // Every application ends once: before the hand-over, as an MQL, as an SQL, or approved. What is given back after
    // the acceptance is no rejection.
    let handed_over = loans.velocity(["captured", "mql"], "calendar", &EVER).await?;
    check_equal(&handed_over["total"]["sampleCount"], reached("preaccepted_at")?, "handed over");
    check_equal(&handed_over["total"]["openCount"], ways.declined_unseen, "never handed over");
    let given_back = loans.velocity(["accepted", "lost"], "calendar", &EVER).await?;
    check_equal(&given_back["total"]["sampleCount"], ways.given_back, "given back");
    let approved = loans.velocity(["accepted", "won"], "calendar", &EVER).await?;
    check_equal(&approved["total"]["sampleCount"], ways.approved, "approved");
    let ended = ways.declined_unseen + rejected + ways.given_back;
    assert_eq!(ended, totals.figure(&["outcome", "declined"])? + totals.figure(&["outcome", "cancelled"])?);
    assert_eq!(ended, reached("declined_at")? + reached("cancelled_at")?);

    let cohorts = loans.report(&[&["sql", "--basis", "cohort"], &MONTHS[..]].concat()).await?;
    for month in totals.names(&["cases_by_month"]) {
        let ratio = &row(&cohorts, "period", &month)?["leadToCustomer"];
        check_equal(&ratio["denominator"], totals.figure(&["cases_by_month", &month])?, &month);
        check_close(number(&ratio["value"]), totals.figure(&["conversion_by_month", &month])?, &month);
    }
    check_equal(&cohorts["total"]["leadToCustomer"]["denominator"], reached("created_at")?, "created");
    Ok(())
}

/// How many applications went which way.
struct Ways {
    declined_unseen: f64,
    declined_as_mql: f64,
    cancelled_as_mql: f64,
    given_back: f64,
    approved: f64,
}

impl Ways {
    /// Sums the ways through the process, which name every state.
    fn of(totals: &Totals) -> anyhow::Result<Self> {
        let ways = totals.names(&["A_variants_top15"]);
        let sum = |has: &dyn Fn(&str) -> bool| {
            let ways = ways.iter().filter(|way| has(way));
            ways.map(|way| totals.figure(&["A_variants_top15", way])).sum::<anyhow::Result<f64>>()
        };
        let (mql, sql) = ("A_PREACCEPTED", "A_ACCEPTED");
        Ok(Self {
            declined_unseen: sum(&|way| !way.contains(mql) && way.ends_with("A_DECLINED"))?,
            declined_as_mql: sum(&|way| {
                way.contains(mql) && !way.contains(sql) && way.ends_with("A_DECLINED")
            })?,
            cancelled_as_mql: sum(&|way| {
                way.contains(mql) && !way.contains(sql) && way.ends_with("A_CANCELLED")
            })?,
            given_back: sum(&|way| {
                way.contains(sql) && (way.ends_with("A_DECLINED") || way.ends_with("A_CANCELLED"))
            })?,
            approved: sum(&|way| way.contains("A_APPROVED"))?,
        })
    }
}

/// How long decisions took and whether they came in time (M7 to M9), where facts and rollups have to agree: of these the
/// totals hold only how many there are.
async fn check_decisions(totals: &Totals, loans: &Reports<'_>) -> anyhow::Result<()> {
    let decided = totals.figure(&["reached", "preaccepted_at"])?;
    for unit in ["calendar", "calendar_days", "business", "business_days"] {
        let report = loans.velocity(["mql", "decided"], unit, &EVER).await?;
        check_equal(&report["total"]["sampleCount"], decided, unit);
    }
    Ok(())
}

/// Applications per business day (M20): where each is an MQL at once, they are the MQLs.
async fn check_arrivals(totals: &Totals, offers: &Reports<'_>) -> anyhow::Result<()> {
    let months = offers.report(&[&["mql", "--calendar", "office"], &MONTHS[..]].concat()).await?;
    for month in totals.names(&["leads_per_business_day"]) {
        let figure = |name: &str| totals.figure(&["leads_per_business_day", &month, name]);
        let row = row(&months, "period", &month)?;
        let per_day = serde_json::json!(figure("per_day")?);
        check_ratio(&row["mqlPerBusinessDay"], figure("leads")?, figure("mon_fri")?, &per_day, &month);
    }
    // M21: from 21 business days in October to 22.
    let days = |month: &str| totals.figure(&["leads_per_business_day", month, "mon_fri"]);
    let growth = &row(&months, "period", "2011-11")?["growthToHold"];
    check_close(number(growth), days("2011-10")? / days("2011-11")? - 1.0, "growth to hold");
    Ok(())
}

/// A duration by the clock, in office hours, and in office hours with the holiday.
async fn check_durations(
    totals: &Totals,
    reports: &Reports<'_>,
    name: &str,
    between: [&str; 2],
) -> anyhow::Result<()> {
    let ways = [
        ("calendar", "office", "calendar_h", "within_calendar"),
        ("business", "office", "business_h", "within_business"),
        ("business", "office-with-holidays", "business_h_nl_holidays", "within_business_nl_holidays"),
    ];
    for (unit, calendar, hours, within) in ways {
        let limits = totals.names(&["durations", name, within]);
        let asked: Vec<String> = limits.iter().map(|limit| limit.replace("min", "m")).collect();
        let mut more = [&EVER[..], &["--calendar", calendar]].concat();
        more.extend(asked.iter().flat_map(|limit| ["--limit", limit.as_str()]));
        let report = reports.velocity(between, unit, &more).await?;
        let total = &report["total"];
        let figure = |path: &[&str]| totals.figure(&[&["durations", name], path].concat());
        check_equal(&total["sampleCount"], figure(&["n"])?, name);
        check_equal(&total["invalidCount"], figure(&["negative_excluded"])?, name);
        for statistic in ["mean", "median", "p90", "max"] {
            let expected = figure(&[hours, statistic])?;
            check_close(
                number(&total[statistic]) / 3_600.0,
                expected,
                &format!("{name} {hours} {statistic}"),
            );
        }
        for (limit, counted) in limits.iter().zip(total["withinCounts"].as_array().into_iter().flatten()) {
            check_equal(counted, figure(&[within, limit])?, &format!("{name} {within} {limit}"));
        }
        assert_eq!(total["withinCounts"].as_array().map(Vec::len), Some(limits.len()), "{name} {within}");
    }
    let end = name.split("->").nth(1).unwrap_or_default();
    assert_eq!(totals.figure(&["durations", name, "n"])?, totals.figure(&["reached", end])?, "{name}");
    // Who did not come so far waits, was rejected, or was given back.
    let cohort = [&EVER[..], &["--basis", "cohort"]].concat();
    let reached = number(&reports.velocity(between, "calendar", &cohort).await?["total"]["sampleCount"]);
    let start = totals.figure(&["durations", name, "started_but_not_reached"])? + reached;
    let begun = if between[0] == "mql" { ["reached", "preaccepted_at"] } else { ["reached", "created_at"] };
    assert_eq!(start, totals.figure(&begun)?, "{name}");
    Ok(())
}
