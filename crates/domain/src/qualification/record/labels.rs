//! A tenant's own words for stages and sides (R5), and the field of its CRM that carries the stage (R23). Words only: what a
//! stage means, and what it is called in the API, in the log and in the store, is the same for everybody.

use std::collections::BTreeMap;

use crate::actor::Side;
use crate::error::Violation;
use crate::qualification::stage::Stage;

/// What the CRM's field is called where nobody said so.
const FIELD: &str = "Lead Stage";

/// The words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// For stages.
    pub stages: BTreeMap<Stage, String>,
    /// For sides.
    pub sides: BTreeMap<Side, String>,
    /// What the CRM calls the field that carries the stage.
    pub crm_field: Option<String>,
    /// What stands in it, where that is another word.
    pub crm_values: BTreeMap<Stage, String>,
}

impl Labels {
    /// What the CRM calls the field that carries the stage.
    pub fn crm_field(&self) -> &str {
        self.crm_field.as_deref().unwrap_or(FIELD)
    }

    /// What stands in the CRM's field for a stage.
    pub fn crm_value(&self, stage: Stage) -> &str {
        let said = self.crm_values.get(&stage).or_else(|| self.stages.get(&stage));
        said.map_or(stage.as_str(), String::as_str)
    }

    /// The stage for which a value stands in the CRM's field.
    pub fn stage(&self, crm_value: &str) -> Option<Stage> {
        let wanted = folded(crm_value);
        Stage::ALL.iter().copied().find(|stage| folded(self.crm_value(*stage)) == wanted)
    }

    /// What is wrong with it: a value of the CRM's field that stands for two stages.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        let mut taken = BTreeMap::new();
        let mut violations = Vec::new();
        for stage in Stage::ALL {
            if let Some(other) = taken.insert(folded(self.crm_value(*stage)), stage) {
                let description =
                    format!("would be the same for {other} and for {stage}: a CRM could not tell them apart");
                violations.push(Violation { field: "crm_field.values".to_owned(), description });
            }
        }
        violations
    }
}

/// As values are compared: people and CRMs are careless about case and blanks.
fn folded(value: &str) -> String {
    value.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_was_said_for_the_field_or_the_label_or_the_name() {
        let mut labels = Labels::default();
        assert_eq!((labels.crm_field(), labels.crm_value(Stage::Mql)), ("Lead Stage", "MQL"));
        labels.stages.insert(Stage::Mql, "Qualified".to_owned());
        assert_eq!(labels.crm_value(Stage::Mql), "Qualified");
        labels.crm_values.insert(Stage::Mql, "2 - Qualified".to_owned());
        assert_eq!(labels.crm_value(Stage::Mql), "2 - Qualified");
        assert_eq!(labels.stage(" 2 - qualified"), Some(Stage::Mql));
        assert_eq!(labels.stage("MQL"), None, "another word stands there");
        assert_eq!(labels.violations(), []);
    }

    #[test]
    fn one_value_for_two_stages_is_refused() {
        let stages = [(Stage::Mql, "sql".to_owned())].into();
        let violations = Labels { stages, ..Labels::default() }.violations();
        assert_eq!(violations.len(), 1);
        assert!(violations[0].description.contains("for MQL and for SQL"), "{violations:?}");
    }
}
