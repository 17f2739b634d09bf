//! What the service says about a row, by the columns that filled the fields it complains about.

use handoff_proto::common::v1::ErrorReason;
use handoff_proto::qualification::v1::RefusedItem;

use crate::import::{Item, Plan, Problem};

/// Everything that is wrong with the row, a problem each.
pub(super) fn problems_of(refused: &RefusedItem, item: &Item, plan: &Plan) -> Vec<Problem> {
    let problem = |column: Option<&str>, reason: String| Problem {
        line: item.line,
        column: column.map(str::to_owned),
        reason,
    };
    if refused.violations.is_empty() {
        let mut facts: Vec<String> =
            refused.facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
        facts.sort();
        if refused.reason() != ErrorReason::Unspecified {
            facts.insert(0, refused.reason().as_str_name().trim_start_matches("ERROR_REASON_").to_owned());
        }
        let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
        return vec![problem(None, format!("{}{facts}", refused.message))];
    }
    let told = refused.violations.iter().map(|violation| match plan.column_of(item, &violation.field) {
        Some(column) => problem(Some(column), violation.description.clone()),
        None => problem(None, format!("{}: {}", violation.field, violation.description)),
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use handoff_proto::qualification::v1::FieldViolation;

    use super::*;
    use crate::import::{Mapping, Read, Reader};

    const MAPPING: &str =
        "kind = \"leads\"\nsource = \"crm\"\n[lead]\nemail = \"E-mail\"\ncaptured = \"At\"\n";

    /// What is told about the only row when the service answers `refused`.
    fn told(refused: &RefusedItem) -> String {
        let mapping = Mapping::from_toml(MAPPING).unwrap();
        let file: &[u8] = b"E-mail,At\nada,2026-03-30T10:00:00Z\n";
        let mut reader = Reader::new(file, &mapping).unwrap();
        let Some(Read::Item(item)) = reader.read() else { panic!("the row is good") };
        let problems = problems_of(refused, &item, reader.plan());
        problems.iter().map(|problem| format!("leads.csv:{problem}")).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_refused_field_is_told_by_its_column() {
        let violation = |field: &str, description: &str| FieldViolation {
            field: field.to_owned(),
            description: description.to_owned(),
        };
        let violations =
            vec![violation("lead.person.email", "has no @"), violation("source_key", "is too long")];
        assert_eq!(
            told(&RefusedItem { violations, ..RefusedItem::default() }),
            "leads.csv:2: column \"E-mail\": has no @\nleads.csv:2: source_key: is too long"
        );
    }

    #[test]
    fn a_refusal_of_the_state_is_told_with_its_facts() {
        let refused = RefusedItem {
            message: "the handoff is decided".to_owned(),
            reason: ErrorReason::IllegalState.into(),
            facts: [("state".to_owned(), "ACCEPTED".to_owned())].into(),
            ..RefusedItem::default()
        };
        assert_eq!(told(&refused), "leads.csv:2: the handoff is decided (ILLEGAL_STATE, state ACCEPTED)");
    }
}
