//! What a row of a report says, by the names of its fields and in their words, so that two rows are compared and told
//! apart at a glance.

use std::collections::BTreeMap;

use anyhow::Context;
use handoff_domain::metric::Basis;
use handoff_domain::period::Period;
use handoff_proto::common::v1 as common;
use handoff_proto::reporting::v1 as pb;

/// The figures of a row. What has no value is not there.
pub type Figures = BTreeMap<String, String>;

/// Which row it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its period, or the whole range.
    pub period: Period,
    /// The value of the breakdown, empty for records without one.
    pub value: Option<String>,
    /// By what its figures are.
    pub basis: Basis,
}

/// The figures that depend on how long decisions take and how long sla gives.
const OF_AGE: [&str; 2] = ["immature_count", "matured_cohort_efficiency"];

/// The figures that rollups may give too high by a sixtieth and a little more.
const ROUNDED: [&str; 5] = ["median", "p75", "p90", "max", "open_oldest"];

/// The figure that hangs on the order of lengths, which rollups may change by rounding them: only the facts have it exactly.
const ORDERED: &str = "median_with_waiting";

impl Row {
    /// From the wire.
    ///
    /// # Errors
    /// When it is no row.
    pub fn of(key: Option<&pb::RowKey>) -> anyhow::Result<Self> {
        let key = key.context("a row has a key")?;
        let period = Period::range(key.start_date.parse()?, key.end_date.parse()?).context("a period")?;
        let basis = if key.basis() == pb::Basis::Cohort { Basis::Cohort } else { Basis::Period };
        Ok(Self { period, value: key.value.clone(), basis })
    }
}

/// A ratio as both sides write it.
pub fn ratio(numerator: u64, denominator: u64) -> String {
    format!("{numerator}/{denominator}")
}

/// The figures of a row of the MQL report.
pub fn of_mql_row(row: &pb::MqlRow) -> Figures {
    let cohort = row.cohort_efficiency.as_ref();
    collect([
        ("mql_count", Some(row.mql_count.to_string())),
        ("first_time_mql_count", Some(row.first_time_mql_count.to_string())),
        ("implied_mql_count", Some(row.implied_mql_count.to_string())),
        ("cohort_efficiency", shown(cohort)),
        ("immature_count", cohort.map(|cohort| cohort.immature_count.to_string())),
        ("matured_cohort_efficiency", shown(row.matured_cohort_efficiency.as_ref())),
        ("period_efficiency", shown(row.period_efficiency.as_ref())),
        ("mql_per_business_day", shown(row.mql_per_business_day.as_ref())),
    ])
}

/// The figures of a row of the SQL report.
pub fn of_sql_row(row: &pb::SqlRow) -> Figures {
    let rejections =
        row.rejections.iter().map(|it| (format!("rejections.{}", it.reason), it.count.to_string()));
    let amounts = row.won_amounts.iter().map(|it| {
        let nanos = i128::from(it.units) * 1_000_000_000 + i128::from(it.nanos);
        (format!("won_nanos.{}", it.currency_code), nanos.to_string())
    });
    let figures = collect([
        ("sql_count", Some(row.sql_count.to_string())),
        ("cohort_efficiency", shown(row.cohort_efficiency.as_ref())),
        ("period_efficiency", shown(row.period_efficiency.as_ref())),
        ("acceptance_rate", shown(row.acceptance_rate.as_ref())),
        ("acceptance_rate_without_routing", shown(row.acceptance_rate_without_routing.as_ref())),
        ("acceptance_rate_with_overturned", shown(row.acceptance_rate_with_overturned.as_ref())),
        ("lead_to_customer", shown(row.lead_to_customer.as_ref())),
        ("won_count", Some(row.won_count.to_string())),
    ]);
    figures.into_iter().chain(rejections).chain(amounts).collect()
}

/// The figures of a row of the velocity report.
pub fn of_velocity_row(row: &pb::VelocityRow) -> Figures {
    let verdicts = row.verdicts.iter().map(|it| {
        let value = it.statistic_value.clone().unwrap_or_default();
        ("verdict".to_owned(), format!("{} in {value}, {}", it.sample_count, it.verdict().as_str_name()))
    });
    let figures = collect([
        ("sample_count", Some(row.sample_count.to_string())),
        ("invalid_count", Some(row.invalid_count.to_string())),
        ("mean", row.mean.clone()),
        ("median", row.median.clone()),
        ("p75", row.p75.clone()),
        ("p90", row.p90.clone()),
        ("max", row.max.clone()),
        ("open_count", Some(row.open_count.to_string())),
        ("open_oldest", row.open_oldest.clone()),
        ("median_with_waiting", row.median_with_waiting.clone()),
        ("sla_attainment", shown(row.sla_attainment.as_ref())),
    ]);
    figures.into_iter().chain(verdicts).collect()
}

/// Figures by their names.
pub fn collect<const N: usize>(figures: [(&str, Option<String>); N]) -> Figures {
    figures.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn shown(ratio: Option<&common::Ratio>) -> Option<String> {
    ratio.map(|ratio| format!("{}/{}", ratio.numerator, ratio.denominator))
}

/// What tells figures apart, one line each.
pub fn differences(seen: &Figures, meant: &Figures) -> Vec<String> {
    let names = seen.keys().chain(meant.keys().filter(|name| !seen.contains_key(*name)));
    let pairs = names.map(|name| (name, seen.get(name), meant.get(name)));
    let differing = pairs.filter(|(_, seen, meant)| seen != meant);
    differing.map(|(name, seen, meant)| format!("{name} is {seen:?} and not {meant:?}")).collect()
}

/// The figures that rest on hand-overs alone.
#[must_use]
pub fn without_age(mut figures: Figures) -> Figures {
    figures.retain(|name, _| !OF_AGE.contains(&name.as_str()));
    figures
}

/// What of figures from rollups is not what the facts say: equal but for what is rounded, and that within its error.
pub fn beyond_rounding(rollup: &Figures, facts: &Figures) -> Vec<String> {
    let mut rollup = rollup.clone();
    rollup.remove(ORDERED);
    rollup.extend(facts.get_key_value(ORDERED).map(|(name, value)| (name.clone(), value.clone())));
    for name in ROUNDED {
        let of = |figures: &Figures| figures.get(name).and_then(|value| value.parse::<f64>().ok());
        if let (Some(rounded), Some(exact)) = (of(&rollup), of(facts))
            && exact <= rounded
            // An hour: those who wait are kept by that of their start.
            && rounded <= exact + exact / 60.0 + 3_600.0
        {
            rollup.insert(name.to_owned(), facts[name].clone());
        }
    }
    differences(&rollup, facts)
}
