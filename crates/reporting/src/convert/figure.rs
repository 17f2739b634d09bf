//! Figures for the wire: exact until here, rounded once. Decimals have at most twelve places and no zeros at their end.

use handoff_domain::metric::exact::Exact;
use handoff_domain::metric::ratio::{Ratio, ZeroDenominator};
use handoff_domain::metric::{Metric, describe};
use handoff_domain::target::Unit;
use handoff_proto::common::v1 as common;
use handoff_proto::reporting::v1 as pb;

const PLACES: u32 = 12;
const MICROS_PER_SECOND: i128 = 1_000_000;

/// A count. There are never so many that it does not fit.
pub(crate) fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count as a number to calculate with.
pub(crate) fn whole(value: u64) -> Option<Exact> {
    Some(Exact::whole(count(value)))
}

/// A decimal.
pub(crate) fn decimal(value: Exact) -> String {
    value.to_decimal(PLACES).normalize().to_string()
}

/// A measured length of time, in microseconds or days, in the unit of a report: seconds or days.
pub(crate) fn in_unit(value: Exact, unit: Unit) -> Exact {
    match unit {
        Unit::BusinessDays | Unit::CalendarDays => value,
        Unit::Business | Unit::Calendar => {
            let seconds = value.denominator().checked_mul(MICROS_PER_SECOND);
            let seconds = seconds.and_then(|denominator| Exact::new(value.numerator(), denominator));
            seconds.expect("the denominator is a count or a hundred, far from 128 bits")
        }
    }
}

/// A measured length of time in the unit of a report, as a decimal.
pub(crate) fn length(value: Exact, unit: Unit) -> String {
    decimal(in_unit(value, unit))
}

/// A ratio: without a value, and with the reason, where there is nothing to divide by (edge case 1).
pub(crate) fn ratio(ratio: Ratio) -> common::Ratio {
    let value = ratio.value();
    common::Ratio {
        numerator: count(ratio.numerator),
        denominator: count(ratio.denominator),
        value: value.ok().map(decimal),
        reason: value.err().map(|_| ZeroDenominator::REASON.to_owned()).unwrap_or_default(),
        immature_count: count(ratio.n_immature),
    }
}

/// Metrics in words.
pub(crate) fn definitions(metrics: &[Metric]) -> Vec<pb::MetricDefinition> {
    let definition = |metric: &Metric| {
        let definition = describe(*metric);
        pb::MetricDefinition {
            metric: definition.id.to_owned(),
            display_name: definition.name.to_owned(),
            formula: definition.formula.to_owned(),
        }
    };
    metrics.iter().map(definition).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_of_a_hundred_is_forty_per_cent_and_none_of_none_is_no_value() {
        assert_eq!(ratio(Ratio::new(40, 100)).value.as_deref(), Some("0.4"));
        let nothing = ratio(Ratio::new(0, 0));
        assert_eq!((nothing.value, nothing.reason.as_str()), (None, "ZERO_DENOMINATOR"));
    }

    #[test]
    fn time_is_shown_in_seconds_and_days_in_days() {
        let half = |value| Exact::new(value, 2).expect("not over zero");
        assert_eq!(length(half(3_000_000), Unit::Business), "1.5");
        assert_eq!(length(half(1), Unit::Calendar), "0.0000005");
        assert_eq!(length(half(5), Unit::BusinessDays), "2.5");
        assert_eq!(length(Exact::whole(7), Unit::CalendarDays), "7");
    }
}
