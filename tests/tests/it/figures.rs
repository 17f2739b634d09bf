//! Reports of the command line as JSON, each asked for as anybody does and once more as of the instants that it answered.
//! The first comes from the rollups where they have what is asked, the second always from the facts, which are exact;
//! the two have to agree, percentiles within the error that the first one states.

use anyhow::{Context, ensure};
use handoff_domain::actor::Side;
use handoff_runtime::client::Caller;
use handoff_tests::process::handoff;
use handoff_tests::settled::settled;
use handoff_tests::together::Together;
use serde_json::{Map, Value};

/// A tenant and its reports.
pub(crate) struct Reports<'s> {
    pub(crate) services: &'s Together,
    pub(crate) tenant: &'static str,
}

impl<'s> Reports<'s> {
    /// Founds the tenant.
    pub(crate) async fn found(
        services: &'s Together,
        tenant: &'static str,
        zone: &str,
        currency: &str,
    ) -> anyhow::Result<Self> {
        let create = ["tenant", "create", tenant, "--time-zone", zone, "--currency-code", currency];
        services.endpoints.ask(&create).await?;
        Ok(Self { services, tenant })
    }

    pub(crate) fn caller(&self) -> Caller {
        Caller::user(self.tenant, "tests", Side::Marketing)
    }

    /// Waits until what was imported has come to everybody. Then no law may be broken.
    pub(crate) async fn settle(&self) -> anyhow::Result<()> {
        let url = self.services.database().context("a scratch database")?.url();
        settled(&url, self.tenant).await?;
        handoff(["verify", "--database-url", &url, "--tenant", self.tenant]).await?.well().map(drop)
    }

    /// What `handoff report …` says by the facts, when it has said the same by the rollups.
    pub(crate) async fn report(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let served = self.ask(arguments, "SOURCE_ROLLUP").await?;
        let basis = &served["basis"];
        let instant = |name: &str| basis["query"][name].as_str().context("a report says what it is of");
        let again = ["--as-of-time", instant("asOfTime")?, "--known-at-time", instant("knownAtTime")?];
        let exact = self.report_of_facts(&[arguments, &again].concat()).await?;
        let slack = Slack {
            share: basis["percentileError"].as_str().map_or(Ok(0.0), str::parse)?,
            is_of_days: served["timeUnit"].as_str().is_some_and(|unit| unit.ends_with("_DAYS")),
        };
        check_agree(&served, &exact, slack, &arguments.join(" "));
        Ok(exact)
    }

    /// The same of what the rollups do not have: the facts answer at once.
    pub(crate) async fn report_of_facts(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        self.ask(arguments, "SOURCE_FACTS").await
    }

    async fn ask(&self, arguments: &[&str], source: &str) -> anyhow::Result<Value> {
        let asked = [&["--tenant", self.tenant, "report"], arguments].concat();
        let answer = self.services.endpoints.ask(&asked).await?;
        ensure!(answer["basis"]["source"] == source, "{asked:?} is not of {source}: {}", answer["basis"]);
        Ok(answer)
    }

    /// How long it takes between two milestones.
    pub(crate) async fn velocity(
        &self,
        between: [&str; 2],
        unit: &str,
        more: &[&str],
    ) -> anyhow::Result<Value> {
        let [start, end] = between;
        let named = ["velocity", "--start-milestone", start, "--end-milestone", end, "--time-unit", unit];
        let asked = [&named, more].concat();
        if is_rolled_up(between, unit) {
            self.report(&asked).await
        } else {
            self.report_of_facts(&asked).await
        }
    }
}

/// Whether the rollups have a velocity: those of the declared pairs, and in business time what sla logged.
fn is_rolled_up(between: [&str; 2], unit: &str) -> bool {
    const BY_THE_CALENDAR: [[&str; 2]; 5] = [
        ["mql", "accepted"],
        ["captured", "mql"],
        ["captured", "won"],
        ["mql", "first_attempt"],
        ["accepted", "won"],
    ];
    between == ["mql", "decided"] || (BY_THE_CALENDAR.contains(&between) && !unit.starts_with("business"))
}

/// How much longer a percentile of the rollups may be.
#[derive(Debug, Clone, Copy)]
struct Slack {
    /// As the answer states it.
    share: f64,
    is_of_days: bool,
}

/// That an answer of the rollups is that of the facts, but for where it comes from and the percentiles' error.
#[track_caller]
fn check_agree(served: &Value, exact: &Value, slack: Slack, path: &str) {
    const PERCENTILES: [&str; 5] = ["median", "p75", "p90", "max", "medianWithWaiting"];
    match (served, exact) {
        (Value::Object(served), Value::Object(exact)) => {
            let names = |fields: &Map<String, Value>| fields.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(served), names(exact), "{path}");
            for (name, served) in served.iter().filter(|(name, _)| *name != "basis") {
                let (exact, path) = (&exact[name], format!("{path}: {name}"));
                // A length is rounded up to whole seconds, whatever its share, and who waits is kept by the hour.
                let (seconds, hours) = if slack.is_of_days { (0.0, 0.0) } else { (1.0, 3_600.0) };
                match name.as_str() {
                    name if PERCENTILES.contains(&name) => {
                        check_longer(served, exact, |exact| (exact * slack.share).max(seconds), &path);
                    }
                    "openOldest" => check_longer(served, exact, |_| hours, &path),
                    _ => check_agree(served, exact, slack, &path),
                }
            }
        }
        (Value::Array(served), Value::Array(exact)) => {
            assert_eq!(served.len(), exact.len(), "{path}");
            for (place, (served, exact)) in served.iter().zip(exact).enumerate() {
                check_agree(served, exact, slack, &format!("{path}[{place}]"));
            }
        }
        _ => assert_eq!(served, exact, "{path}"),
    }
}

/// That a length is the exact one or longer by no more than what may be added to it, or that there is none.
#[track_caller]
fn check_longer(served: &Value, exact: &Value, added: impl Fn(f64) -> f64, path: &str) {
    if served.is_null() || exact.is_null() {
        assert_eq!(served, exact, "{path}");
        return;
    }
    let (served, exact) = (number(served), number(exact));
    assert!(exact <= served && served <= exact + added(exact), "{path}: {served} for {exact}");
}

/// A number, which JSON has as text where it is a long or a decimal.
#[track_caller]
pub(crate) fn number(value: &Value) -> f64 {
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
    number.unwrap_or_else(|| panic!("{value} is no number"))
}

/// Equal, as counts and sums of money are.
#[track_caller]
pub(crate) fn check_equal(reported: &Value, expected: f64, what: &str) {
    assert_eq!(number(reported), expected, "{what}");
}

/// Equal to the digits given: at most six, of a binary double, so that a half may have been rounded either way.
#[track_caller]
pub(crate) fn check_close(reported: f64, expected: f64, what: &str) {
    assert!((reported - expected).abs() <= 5.1e-7, "{what}: {reported} is not {expected}");
}

/// A ratio by its parts, and its value to the digits given.
#[track_caller]
pub(crate) fn check_ratio(ratio: &Value, numerator: f64, denominator: f64, value: &Value, what: &str) {
    check_equal(&ratio["numerator"], numerator, what);
    check_equal(&ratio["denominator"], denominator, what);
    match value.as_f64() {
        Some(value) => check_close(number(&ratio["value"]), value, what),
        None => assert_eq!(ratio.get("value").and_then(Value::as_str).unwrap_or_default(), "", "{what}"),
    }
}

/// The row of a report for a month, or for a value of its dimension.
pub(crate) fn row<'r>(report: &'r Value, field: &str, key: &str) -> anyhow::Result<&'r Value> {
    let rows = report["rows"].as_array().context("a report has rows")?;
    rows.iter().find(|row| row["key"][field] == key).with_context(|| format!("no row of {field} {key:?}"))
}

/// The sum of amounts in one currency.
pub(crate) fn amount(amounts: &Value) -> f64 {
    let parts = amounts.as_array().into_iter().flatten();
    parts.map(|money| number(&money["units"]) + money["nanos"].as_f64().unwrap_or(0.0) / 1e9).sum()
}
