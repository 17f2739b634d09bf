//! What a row of the velocity report says, wherever its figures come from.

use handoff_domain::metric::exact::Exact;
use handoff_domain::metric::ratio::Ratio;
use handoff_domain::metric::velocity::Velocity;
use handoff_domain::metric::verdict::{Statistic, Verdict};
use handoff_domain::target::{Target, Unit};
use handoff_proto::reporting::v1 as pb;
use handoff_runtime::convert::{to_target, to_unit};

use super::{Figures, Line};
use crate::convert::figure::{count, decimal, in_unit, length, ratio, whole};
use crate::convert::word;

/// M6 to M9.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VelocityFigures {
    /// The unit of `measured`.
    pub(crate) unit: Unit,
    pub(crate) measured: Velocity,
    /// None where the report is not about the stage that a clock measures.
    pub(crate) sla_attainment: Option<Ratio>,
    /// What `verdicts` are about.
    pub(crate) statistic: Statistic,
    pub(crate) verdicts: Vec<Verdict>,
}

impl Figures for VelocityFigures {
    fn named(&self) -> Vec<(String, Option<Exact>)> {
        let time = |value: Option<Exact>| value.map(|value| in_unit(value, self.unit));
        let it = &self.measured;
        let named = [
            ("sample_count", whole(it.n)),
            ("invalid_count", whole(it.invalid_n)),
            ("mean", time(it.mean)),
            ("median", time(it.median)),
            ("p75", time(it.p75)),
            ("p90", time(it.p90)),
            ("max", time(it.max.map(Exact::whole))),
            ("open_count", whole(it.open.n)),
            ("open_oldest", time(it.open.oldest.map(Exact::whole))),
            ("median_with_waiting", time(it.median_with_waiting)),
        ];
        let within = it.within.iter().enumerate();
        let within = within.map(|(place, (_, within))| (format!("within_counts[{place}]"), whole(*within)));
        let attained = self.sla_attainment.map(|ratio| ("sla_attainment".to_owned(), ratio.value().ok()));
        let named = named.map(|(name, value)| (name.to_owned(), value));
        named.into_iter().chain(within).chain(attained).collect()
    }
}

/// The row on the wire.
pub(crate) fn row(line: Line<VelocityFigures>) -> pb::VelocityRow {
    let VelocityFigures { unit, measured, sla_attainment, statistic, verdicts } = line.figures;
    let show = |value: Option<Exact>| value.map(|value| length(value, unit));
    pb::VelocityRow {
        key: Some(line.key),
        sample_count: count(measured.n),
        invalid_count: count(measured.invalid_n),
        mean: show(measured.mean),
        median: show(measured.median),
        p75: show(measured.p75),
        p90: show(measured.p90),
        max: show(measured.max.map(Exact::whole)),
        within_counts: measured.within.iter().map(|(_, within)| count(*within)).collect(),
        open_count: count(measured.open.n),
        open_oldest: show(measured.open.oldest.map(Exact::whole)),
        median_with_waiting: show(measured.median_with_waiting),
        sla_attainment: sla_attainment.map(ratio),
        verdicts: verdicts.iter().map(|verdict| judged(verdict, statistic)).collect(),
        changes: line.changes,
    }
}

fn judged(verdict: &Verdict, statistic: Statistic) -> pb::SlaVerdict {
    let unit = verdict.target.unit();
    let target = match verdict.target {
        Target::Business(time) | Target::Calendar(time) => time.num_microseconds().unwrap_or(i64::MAX),
        Target::BusinessDays(days) => i64::from(days),
    };
    let judged = match verdict.judgement {
        None => pb::Verdict::Unspecified,
        Some(judgement) if judgement.is_adhering => pb::Verdict::Adhering,
        Some(_) => pb::Verdict::NotAdhering,
    };
    pb::SlaVerdict {
        target: Some(to_target(verdict.target)),
        time_unit: to_unit(unit).into(),
        statistic: word::to_statistic(statistic).into(),
        statistic_value: verdict.figure.map(|figure| length(figure, unit)),
        target_value: length(Exact::whole(target), unit),
        sample_count: count(verdict.velocity.n),
        verdict: judged.into(),
        overshoot: verdict.judgement.and_then(|judgement| judgement.overshoot).map(decimal),
    }
}
