//! Reports of the command line as JSON, asked for as of a day on which all the data had happened: the figures are exact
//! then, because they come from facts.

use anyhow::Context;
use handoff_domain::actor::Side;
use handoff_runtime::client::Caller;
use handoff_tests::apart::Apart;
use serde_json::Value;

/// After everything that is in the data.
const AS_OF: &str = "2020-01-01T00:00:00Z";

/// A tenant and its reports.
pub(crate) struct Reports<'s> {
    pub(crate) services: &'s Apart,
    pub(crate) tenant: &'static str,
}

impl<'s> Reports<'s> {
    /// Founds the tenant.
    pub(crate) async fn found(
        services: &'s Apart,
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

    /// `handoff report …`.
    pub(crate) async fn report(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let asked = [&["--tenant", self.tenant, "report"], arguments, &["--as-of-time", AS_OF]].concat();
        self.services.endpoints.ask(&asked).await
    }

    /// The total of a velocity.
    pub(crate) async fn velocity(
        &self,
        [start, end]: [&str; 2],
        unit: &str,
        more: &[&str],
    ) -> anyhow::Result<Value> {
        let between = ["velocity", "--start-milestone", start, "--end-milestone", end, "--time-unit", unit];
        self.report(&[&between, more].concat()).await
    }
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
