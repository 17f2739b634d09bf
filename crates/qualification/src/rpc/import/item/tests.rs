//! An item's limits, at the limit and one beyond (docs/LIMITS.md).

use chrono::DateTime;

use super::*;

fn faults(item: &pb::ImportRequest) -> Vec<String> {
    match parse(item, DateTime::UNIX_EPOCH) {
        Err(Error::Invalid(found)) => found.into_iter().map(|fault| fault.field).collect(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => Vec::new(),
    }
}

fn item(key: usize, entries: usize, entry_key: usize) -> pb::ImportRequest {
    let entry = pb::HistoryEntry {
        source_key: "k".repeat(entry_key),
        occur_time: Some(prost_types::Timestamp::default()),
        entry: Some(pb::history_entry::Entry::Qualified(pb::ImportedQualification {})),
        ..pb::HistoryEntry::default()
    };
    pb::ImportRequest {
        source_key: "ä".repeat(key),
        subject: Some(Whose::Lead(pb::Lead::default())),
        history: vec![entry; entries],
        ..pb::ImportRequest::default()
    }
}

#[test]
fn an_item_has_its_entries_and_its_keys_their_lengths() {
    assert_eq!(faults(&item(400, 200, 400)), [""; 0]);
    assert_eq!(faults(&item(401, 1, 1)), ["source_key"]);
    assert_eq!(faults(&item(1, 201, 1)), ["history"]);
    assert_eq!(faults(&item(1, 1, 401)), ["history[0].source_key"]);
}
