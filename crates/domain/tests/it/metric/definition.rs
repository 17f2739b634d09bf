//! The definitions in words.

use std::collections::HashSet;

use handoff_domain::metric::{Metric, describe};

#[test]
fn every_metric_is_described_and_found_by_its_id_and_its_name() {
    let mut names = HashSet::new();
    for metric in Metric::ALL {
        let definition = describe(metric);
        assert_eq!(Metric::from_name(definition.id), Some(metric));
        assert_eq!(Metric::from_name(definition.name), Some(metric));
        assert!(names.insert(definition.id) && names.insert(definition.name), "{}", definition.id);
        assert_eq!(definition.id, format!("{metric:?}"));
        assert!(!definition.formula.is_empty() && !definition.unit.is_empty(), "{}", definition.id);
        assert!(!definition.requirements.is_empty(), "{}", definition.id);
    }
    assert_eq!(Metric::from_name("M99"), None);
}

#[test]
fn the_inverted_sentence_of_the_sources_is_told_beside_the_efficiency() {
    for metric in [Metric::M3, Metric::M4] {
        let note = describe(metric).note;
        assert!(note.contains("upside down") && note.contains("40 %, not 250 %"), "{note}");
    }
}
