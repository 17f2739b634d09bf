//! What the RPCs that say something of a tenant share: its waiting times and its words.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use handoff_domain::actor::Side;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::record::Defaults;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::violations::Violations;

use super::fields;
use crate::convert::word;

/// Waiting times; what is left out is as usual.
pub(super) fn defaults(check: &mut Violations, given: Option<&pb::Defaults>) -> Defaults {
    let usual = Defaults::default();
    let Some(given) = given else { return usual };
    let mut waiting = |name: &str, value: Option<&prost_types::Duration>, usual: TimeDelta| {
        fields::waiting_time(check, &format!("tenant.defaults.{name}"), value).unwrap_or(usual)
    };
    Defaults {
        cooldown: waiting("cooldown", given.cooldown.as_ref(), usual.cooldown),
        correction_grace: waiting(
            "correction_grace",
            given.correction_grace.as_ref(),
            usual.correction_grace,
        ),
        dispute_window: waiting("dispute_window", given.dispute_window.as_ref(), usual.dispute_window),
        settlement_delay: waiting(
            "settlement_delay",
            given.settlement_delay.as_ref(),
            usual.settlement_delay,
        ),
    }
}

/// Words for stages.
pub(super) fn stage_labels(
    check: &mut Violations,
    field: &str,
    given: &[pb::StageLabel],
) -> BTreeMap<Stage, String> {
    let mut labels = BTreeMap::new();
    for (index, pb::StageLabel { stage, label }) in given.iter().enumerate() {
        let field = format!("{field}[{index}]");
        let label = check.required_text(&format!("{field}.label"), label, fields::LABEL_LENGTH);
        let stage = pb::Stage::try_from(*stage).ok().and_then(word::from_stage);
        let is_new = stage.is_none_or(|stage| labels.insert(stage, label).is_none());
        check.check(
            stage.is_some(),
            &format!("{field}.stage"),
            "is no stage that a lead can stand in on a product line",
        );
        check.check(is_new, &format!("{field}.stage"), "has a word already");
    }
    labels
}

/// Words for sides.
pub(super) fn side_labels(
    check: &mut Violations,
    field: &str,
    given: &[pb::SideLabel],
) -> BTreeMap<Side, String> {
    let mut labels = BTreeMap::new();
    for (index, pb::SideLabel { side, label }) in given.iter().enumerate() {
        let field = format!("{field}[{index}]");
        let label = check.required_text(&format!("{field}.label"), label, fields::LABEL_LENGTH);
        let side = check.side(&format!("{field}.side"), *side);
        let is_new = side.is_none_or(|side| labels.insert(side, label).is_none());
        check.check(is_new, &format!("{field}.side"), "has a word already");
        check.check(side != Some(Side::System), &format!("{field}.side"), "is MARKETING or SALES");
    }
    labels
}

/// What the CRM calls its field, if it is another name than usual, and what stands in it.
pub(super) fn crm_field(
    check: &mut Violations,
    given: Option<&pb::CrmField>,
) -> (Option<String>, BTreeMap<Stage, String>) {
    let Some(given) = given else { return (None, BTreeMap::new()) };
    let name = check.text("tenant.crm_field.name", &given.name, fields::LABEL_LENGTH);
    (name, stage_labels(check, "tenant.crm_field.values", &given.values))
}

#[cfg(test)]
mod tests {
    use handoff_domain::error::Error;

    use super::*;

    #[test]
    fn a_waiting_time_is_of_366_days_and_not_one_more() {
        let faults = |nanos: i32, seconds: i64| {
            let time = Some(prost_types::Duration { seconds, nanos });
            let given = pb::Defaults {
                cooldown: time,
                correction_grace: time,
                dispute_window: time,
                settlement_delay: time,
            };
            let mut check = Violations::new();
            defaults(&mut check, Some(&given));
            match check.finish() {
                Err(Error::Invalid(found)) => found.into_iter().map(|fault| fault.field).collect(),
                _ => Vec::new(),
            }
        };
        let most = 366 * 86_400;
        assert_eq!(faults(0, 0), [""; 0]);
        assert_eq!(faults(0, most), [""; 0]);
        let all = ["cooldown", "correction_grace", "dispute_window", "settlement_delay"];
        let all = all.map(|name| format!("tenant.defaults.{name}"));
        assert_eq!(faults(1_000, most), all);
        assert_eq!(faults(-1_000, 0), all);
    }

    #[test]
    fn words_are_of_100_characters_and_one_for_each_stage_and_side() {
        let faults = |stages: &[(pb::Stage, usize)]| {
            let label = |(stage, length): &(pb::Stage, usize)| pb::StageLabel {
                stage: (*stage).into(),
                label: "x".repeat(*length),
            };
            let given: Vec<_> = stages.iter().map(label).collect();
            let mut check = Violations::new();
            stage_labels(&mut check, "words", &given);
            match check.finish() {
                Err(Error::Invalid(found)) => found.into_iter().map(|fault| fault.field).collect(),
                _ => Vec::new(),
            }
        };
        assert_eq!(faults(&[(pb::Stage::Mql, 100), (pb::Stage::Sql, 1)]), [""; 0]);
        assert_eq!(faults(&[(pb::Stage::Mql, 101)]), ["words[0].label"]);
        assert_eq!(faults(&[(pb::Stage::Mql, 1), (pb::Stage::Mql, 1)]), ["words[1].stage"]);
        assert_eq!(faults(&[(pb::Stage::Merged, 1)]), ["words[0].stage"]);
    }
}
