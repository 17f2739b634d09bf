//! What a row of the MQL report says, wherever its figures come from.

use handoff_domain::metric::exact::Exact;
use handoff_domain::metric::ratio::Ratio;
use handoff_proto::reporting::v1 as pb;

use super::{Figures, Line};
use crate::convert::figure::{count, decimal, ratio, whole};

/// M1, M3, M4, M20 and M21.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MqlFigures {
    pub(crate) mql_count: u64,
    pub(crate) first_time_mql_count: u64,
    pub(crate) implied_mql_count: u64,
    pub(crate) cohort_efficiency: Ratio,
    pub(crate) matured_cohort_efficiency: Ratio,
    pub(crate) period_efficiency: Ratio,
    /// Its denominator is the number of business days.
    pub(crate) per_business_day: Ratio,
    pub(crate) growth_to_hold: Option<Exact>,
}

impl Figures for MqlFigures {
    fn named(&self) -> Vec<(String, Option<Exact>)> {
        let named = [
            ("mql_count", whole(self.mql_count)),
            ("first_time_mql_count", whole(self.first_time_mql_count)),
            ("implied_mql_count", whole(self.implied_mql_count)),
            ("cohort_efficiency", self.cohort_efficiency.value().ok()),
            ("matured_cohort_efficiency", self.matured_cohort_efficiency.value().ok()),
            ("period_efficiency", self.period_efficiency.value().ok()),
            ("business_days", whole(self.per_business_day.denominator)),
            ("mql_per_business_day", self.per_business_day.value().ok()),
        ];
        named.map(|(name, value)| (name.to_owned(), value)).into()
    }
}

/// The row on the wire.
pub(crate) fn row(line: Line<MqlFigures>) -> pb::MqlRow {
    let figures = line.figures;
    pb::MqlRow {
        key: Some(line.key),
        mql_count: count(figures.mql_count),
        first_time_mql_count: count(figures.first_time_mql_count),
        implied_mql_count: count(figures.implied_mql_count),
        cohort_efficiency: Some(ratio(figures.cohort_efficiency)),
        matured_cohort_efficiency: Some(ratio(figures.matured_cohort_efficiency)),
        period_efficiency: Some(ratio(figures.period_efficiency)),
        business_days: count(figures.per_business_day.denominator),
        mql_per_business_day: Some(ratio(figures.per_business_day)),
        growth_to_hold: figures.growth_to_hold.map(decimal),
        changes: line.changes,
    }
}
