//! What a row of the SQL report says, wherever its figures come from.

use handoff_domain::metric::exact::Exact;
use handoff_domain::metric::ratio::Ratio;
use handoff_domain::money::Money;
use handoff_proto::reporting::v1 as pb;
use handoff_runtime::convert::to_money;

use super::{Figures, Line};
use crate::convert::figure::{count, ratio, whole};

/// M2, M3, M4, M5 and M25.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SqlFigures {
    pub(crate) sql_count: u64,
    pub(crate) cohort_efficiency: Ratio,
    pub(crate) period_efficiency: Ratio,
    pub(crate) acceptance_rate: Ratio,
    pub(crate) acceptance_rate_with_expired: Ratio,
    pub(crate) acceptance_rate_without_routing: Ratio,
    pub(crate) acceptance_rate_with_overturned: Ratio,
    /// The most frequent first.
    pub(crate) rejections: Vec<pb::RejectionCount>,
    /// None where the report is about something that leads do not have.
    pub(crate) lead_to_customer: Option<Ratio>,
    pub(crate) won_count: u64,
    /// One per currency.
    pub(crate) won_amounts: Vec<Money>,
}

impl Figures for SqlFigures {
    fn named(&self) -> Vec<(String, Option<Exact>)> {
        let share = |ratio: Ratio| ratio.value().ok();
        let named = [
            ("sql_count", whole(self.sql_count)),
            ("cohort_efficiency", share(self.cohort_efficiency)),
            ("period_efficiency", share(self.period_efficiency)),
            ("acceptance_rate", share(self.acceptance_rate)),
            ("acceptance_rate_with_expired", share(self.acceptance_rate_with_expired)),
            ("acceptance_rate_without_routing", share(self.acceptance_rate_without_routing)),
            ("acceptance_rate_with_overturned", share(self.acceptance_rate_with_overturned)),
            ("lead_to_customer", self.lead_to_customer.and_then(share)),
            ("won_count", whole(self.won_count)),
        ];
        let amounts = self.won_amounts.iter().map(|money| {
            (format!("won_amounts.{}", money.currency()), Some(Exact::from_decimal(money.amount())))
        });
        named.map(|(name, value)| (name.to_owned(), value)).into_iter().chain(amounts).collect()
    }
}

/// The row on the wire.
pub(crate) fn row(line: Line<SqlFigures>) -> pb::SqlRow {
    let figures = line.figures;
    pb::SqlRow {
        key: Some(line.key),
        sql_count: count(figures.sql_count),
        cohort_efficiency: Some(ratio(figures.cohort_efficiency)),
        period_efficiency: Some(ratio(figures.period_efficiency)),
        acceptance_rate: Some(ratio(figures.acceptance_rate)),
        acceptance_rate_with_expired: Some(ratio(figures.acceptance_rate_with_expired)),
        acceptance_rate_without_routing: Some(ratio(figures.acceptance_rate_without_routing)),
        acceptance_rate_with_overturned: Some(ratio(figures.acceptance_rate_with_overturned)),
        rejections: figures.rejections,
        lead_to_customer: figures.lead_to_customer.map(ratio),
        won_count: count(figures.won_count),
        won_amounts: figures.won_amounts.iter().map(to_money).collect(),
        changes: line.changes,
    }
}
