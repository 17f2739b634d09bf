//! Words: an enum of the domain and the proto enum that says the same.

use handoff_domain::metric::dimension::Dimension;
use handoff_domain::metric::milestone::Milestone;
use handoff_domain::metric::verdict::Statistic;
use handoff_domain::metric::{Basis, CountUnit, SkipPolicy};
use handoff_domain::period::PeriodKind;
use handoff_proto::reporting::v1 as pb;

/// Defines both directions. On the wire there is one value more, "unspecified".
macro_rules! words {
    ($($domain:ident as $wire:ident: $from:ident, $to:ident { $($ours:ident),+ $(,)? })+) => {$(
        #[doc = concat!("The `", stringify!($domain), "` on the wire, if it says one.")]
        pub(crate) fn $from(word: pb::$wire) -> Option<$domain> {
            match word {
                $(pb::$wire::$ours => Some($domain::$ours),)+
                pb::$wire::Unspecified => None,
            }
        }

        #[doc = concat!("A `", stringify!($domain), "` for the wire.")]
        pub(crate) fn $to(word: $domain) -> pb::$wire {
            match word {
                $($domain::$ours => pb::$wire::$ours,)+
            }
        }
    )+};
}

words! {
    PeriodKind as PeriodKind: period_kind, to_period_kind { Day, IsoWeek, Month, Quarter, Year, Custom }
    CountUnit as CountUnit: count_unit, to_count_unit { Handoff, Lead }
    SkipPolicy as SkipPolicy: skip_policy, to_skip_policy { ImplyPassed, Strict }
    Dimension as Dimension: dimension, to_dimension {
        Origin, Source, Medium, Campaign, Kind, Owner, Team, Persona,
    }
    Milestone as Milestone: milestone, to_milestone {
        Captured, Mql, Assigned, Decided, Accepted, FirstAttempt, FirstConnect, FirstMeeting, Opportunity, Won, Lost,
    }
    Statistic as VerdictStatistic: statistic, to_statistic { Mean, P90 }
}

/// By what rows are made, PERIOD first, if a basis on the wire says it.
pub(crate) fn bases(word: pb::Basis) -> Option<&'static [Basis]> {
    match word {
        pb::Basis::Unspecified => None,
        pb::Basis::Period => Some(&[Basis::Period]),
        pb::Basis::Cohort => Some(&[Basis::Cohort]),
        pb::Basis::CohortAndPeriod => Some(&[Basis::Period, Basis::Cohort]),
    }
}

/// By what rows are made, for the wire.
pub(crate) fn to_bases(bases: &[Basis]) -> pb::Basis {
    match bases {
        [] => pb::Basis::Unspecified,
        [one] => to_basis(*one),
        [..] => pb::Basis::CohortAndPeriod,
    }
}

/// What one row is by, for the wire.
pub(crate) fn to_basis(basis: Basis) -> pb::Basis {
    match basis {
        Basis::Period => pb::Basis::Period,
        Basis::Cohort => pb::Basis::Cohort,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_and_are_called_the_same() {
        for (word, name) in Dimension::ALL {
            assert_eq!(dimension(to_dimension(word)), Some(word));
            assert_eq!(to_dimension(word).as_str_name(), format!("DIMENSION_{name}"));
        }
        for (word, name) in Milestone::ALL {
            assert_eq!(milestone(to_milestone(word)), Some(word));
            assert_eq!(to_milestone(word).as_str_name(), format!("MILESTONE_{name}"));
        }
        for word in [pb::Basis::Period, pb::Basis::Cohort, pb::Basis::CohortAndPeriod] {
            assert_eq!(bases(word).map(to_bases), Some(word));
        }
        for word in [PeriodKind::Day, PeriodKind::IsoWeek, PeriodKind::Month, PeriodKind::Custom] {
            assert_eq!(to_period_kind(word).as_str_name(), format!("PERIOD_KIND_{word}"));
        }
    }
}
