//! The API's enums as people write them in mapping files, read them in tables and give them as flags: `ISO_WEEK`. The
//! prefix that protobuf demands is left out, and the value that means "not given" has no word.

use std::ffi::OsStr;
use std::marker::PhantomData;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command};
use handoff_proto::{common, qualification, reporting, sla};

/// An enum of the API.
pub(crate) trait Word: Copy + Default + Into<i32> + TryFrom<i32> + Send + Sync + 'static {
    /// What every value's full name begins with: `LEAD_KIND_`.
    const PREFIX: &'static str;

    /// `LEAD_KIND_B2B`.
    fn full_name(self) -> &'static str;

    /// `B2B`; empty for the value that means "not given".
    fn word(self) -> &'static str {
        if self.into() == 0 {
            ""
        } else {
            self.full_name().strip_prefix(Self::PREFIX).unwrap_or(self.full_name())
        }
    }
}

macro_rules! words {
    ($($type:ty: $prefix:literal),+ $(,)?) => {
        $(impl Word for $type {
            const PREFIX: &'static str = $prefix;

            fn full_name(self) -> &'static str {
                self.as_str_name()
            }
        })+
    };
}

words! {
    common::v1::Side: "SIDE_",
    common::v1::TimeUnit: "TIME_UNIT_",
    common::v1::VersionState: "VERSION_STATE_",
    qualification::v1::AttributeSubject: "ATTRIBUTE_SUBJECT_",
    qualification::v1::ContactDirection: "CONTACT_DIRECTION_",
    qualification::v1::CriterionAnswer: "CRITERION_ANSWER_",
    qualification::v1::HandoffOrder: "HANDOFF_ORDER_",
    qualification::v1::DisputeRuling: "DISPUTE_RULING_",
    qualification::v1::HandoffState: "HANDOFF_STATE_",
    qualification::v1::LeadKind: "LEAD_KIND_",
    qualification::v1::LeftOutReason: "LEFT_OUT_REASON_",
    qualification::v1::Likeness: "LIKENESS_",
    qualification::v1::OriginChannel: "ORIGIN_CHANNEL_",
    qualification::v1::QualificationTrigger: "QUALIFICATION_TRIGGER_",
    qualification::v1::ReevaluationChange: "REEVALUATION_CHANGE_",
    qualification::v1::ReevaluationMode: "REEVALUATION_MODE_",
    qualification::v1::ReevaluationState: "REEVALUATION_STATE_",
    qualification::v1::RejectionDisposition: "REJECTION_DISPOSITION_",
    qualification::v1::RejectionAttribution: "REJECTION_ATTRIBUTION_",
    qualification::v1::RoutingMethod: "ROUTING_METHOD_",
    qualification::v1::ScoreLineKind: "SCORE_LINE_KIND_",
    qualification::v1::Stage: "STAGE_",
    qualification::v1::Suppression: "SUPPRESSION_",
    qualification::v1::UnknownPolicy: "UNKNOWN_POLICY_",
    qualification::v1::ValueType: "VALUE_TYPE_",
    reporting::v1::Basis: "BASIS_",
    reporting::v1::CountUnit: "COUNT_UNIT_",
    reporting::v1::Dimension: "DIMENSION_",
    reporting::v1::Milestone: "MILESTONE_",
    reporting::v1::PeriodKind: "PERIOD_KIND_",
    reporting::v1::SkipPolicy: "SKIP_POLICY_",
    reporting::v1::Source: "SOURCE_",
    reporting::v1::Verdict: "VERDICT_",
    reporting::v1::VerdictStatistic: "VERDICT_STATISTIC_",
    sla::v1::ClockKind: "CLOCK_KIND_",
    sla::v1::ClockState: "CLOCK_STATE_",
    sla::v1::SignatureState: "SIGNATURE_STATE_",
    sla::v1::Weekday: "WEEKDAY_",
}

/// Every value that has a word. The API numbers its values from 1 without a gap.
pub(crate) fn values<T: Word>() -> impl Iterator<Item = T> {
    (1..).map_while(|number| T::try_from(number).ok())
}

/// The value of a word, as mapping files write it.
pub(crate) fn parse<T: Word>(text: &str) -> Result<T, String> {
    values().find(|value: &T| value.word() == text).ok_or_else(|| {
        let words = values::<T>().map(Word::word).collect::<Vec<_>>().join(", ");
        format!("{text:?} is none of {words}")
    })
}

/// The word of a number that came over the wire; empty for "not given", the number itself if it is newer than we.
pub(crate) fn show<T: Word>(number: i32) -> String {
    T::try_from(number).map_or_else(|_| number.to_string(), |value| value.word().to_owned())
}

/// Takes a word as a flag's value, in lower case and with hyphens too: `iso-week`.
pub(crate) fn flag<T: Word>() -> impl TypedValueParser<Value = T> {
    Flag(PhantomData)
}

#[derive(Clone)]
struct Flag<T>(PhantomData<T>);

impl<T: Word> Flag<T> {
    fn words() -> PossibleValuesParser {
        PossibleValuesParser::new(values::<T>().map(Word::word))
    }
}

impl<T: Word> TypedValueParser for Flag<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, flag: Option<&Arg>, text: &OsStr) -> Result<T, clap::Error> {
        let word = text.to_string_lossy().to_uppercase().replace('-', "_");
        if let Ok(value) = parse::<T>(&word) {
            return Ok(value);
        }
        // What is none of the words is refused as it was written, with all of them.
        let word = Self::words().parse_ref(command, flag, text)?;
        parse::<T>(&word).map_err(|error| clap::Error::raw(clap::error::ErrorKind::InvalidValue, error))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(values::<T>().map(|value| PossibleValue::new(value.word()))))
    }
}

#[cfg(test)]
mod tests {
    use handoff_proto::reporting::v1::PeriodKind;

    use super::*;

    #[test]
    fn a_word_comes_back_from_its_value() {
        for kind in values::<PeriodKind>() {
            assert_eq!(parse(kind.word()), Ok(kind));
        }
        assert_eq!(show::<PeriodKind>(PeriodKind::IsoWeek.into()), "ISO_WEEK");
        assert_eq!(show::<PeriodKind>(0), "");
        assert_eq!(show::<PeriodKind>(99), "99");
    }

    #[test]
    fn a_flag_is_a_word_in_either_case_with_hyphens_or_without() {
        let command = Command::new("it").arg(Arg::new("basis").value_parser(flag::<reporting::v1::Basis>()));
        for text in ["COHORT_AND_PERIOD", "cohort_and_period", "cohort-and-period"] {
            let given = command.clone().try_get_matches_from(["it", text]).unwrap();
            let basis = given.get_one::<reporting::v1::Basis>("basis").copied();
            assert_eq!(basis, Some(reporting::v1::Basis::CohortAndPeriod), "{text}");
        }
        assert!(command.try_get_matches_from(["it", "both"]).is_err());
    }

    #[test]
    fn other_words_are_refused_with_the_right_ones() {
        let error = parse::<PeriodKind>("WEEK").unwrap_err();
        assert_eq!(error, "\"WEEK\" is none of DAY, ISO_WEEK, MONTH, QUARTER, YEAR, CUSTOM");
    }
}
