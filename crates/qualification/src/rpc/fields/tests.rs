//! Each length and each number of values, at its limit and one beyond (docs/LIMITS.md).

use super::*;

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// The fields that `judge` finds faults in.
fn faults(judge: impl FnOnce(&mut Violations)) -> Vec<String> {
    let mut check = Violations::new();
    judge(&mut check);
    match check.finish() {
        Err(handoff_domain::error::Error::Invalid(found)) => {
            found.into_iter().map(|fault| fault.field).collect()
        }
        _ => Vec::new(),
    }
}

fn long(characters: usize) -> String {
    // Of two bytes each: characters are what is counted.
    "ä".repeat(characters)
}

fn check_person(field: &str, longest: usize, person: impl Fn(String) -> pb::Person) {
    let judge = |characters| {
        let person = person(long(characters));
        faults(|check| drop(super::person(check, "person", Some(&person), NOW)))
    };
    assert_eq!(judge(longest), [""; 0], "{field}");
    assert_eq!(judge(longest + 1), [format!("person.{field}")], "{field}");
}

#[test]
fn texts_of_a_person_have_their_length_and_not_one_character_more() {
    let none = pb::Person::default;
    check_person("external_id", 200, |text| pb::Person { external_id: text, ..none() });
    check_person("phone", 64, |text| pb::Person { phone: text, ..none() });
    check_person("given_name", 200, |text| pb::Person { given_name: text, ..none() });
    check_person("family_name", 200, |text| pb::Person { family_name: text, ..none() });
    check_person("organisation", 200, |text| pb::Person { organisation: text, ..none() });
    let domain = "@example.com";
    check_person("email", 254, |text| {
        let name: String = text.chars().skip(domain.len()).collect();
        pb::Person { email: name + domain, ..none() }
    });
}

#[test]
fn free_values_have_their_number_and_their_lengths() {
    let judge = |number: usize, name: usize, value: usize| {
        let given = (0..number).map(|index| (format!("{index:0name$}"), long(value))).collect();
        faults(|check| drop(values(check, "attributes", &given)))
    };
    assert_eq!(judge(64, 64, 1_000), [""; 0]);
    assert_eq!(judge(65, 64, 1_000), ["attributes"]);
    assert_eq!(judge(1, 65, 1_000), ["attributes"]);
    assert_eq!(judge(1, 64, 1_001), ["attributes"]);
}

#[test]
fn record_ids_have_their_number_and_their_lengths() {
    let judge = |given: BTreeMap<String, String>| faults(|check| drop(record_ids(check, "ids", &given)));
    let of = |number: usize| (0..number).map(|index| (format!("system-{index}"), long(200))).collect();
    assert_eq!(judge(of(16)), [""; 0]);
    assert_eq!(judge(of(17)), ["ids"]);
    let one = |system: &str, id: String| judge([(system.to_owned(), id)].into());
    assert_eq!(one("billing", long(201)), ["ids.billing"]);
    assert_eq!(one(&"a".repeat(63), long(1)), [""; 0]);
    for system in [&"a".repeat(64), "a", "Billing", "ada@lead.example"] {
        assert_eq!(one(system, long(1)), ["ids"], "and what it is called is not repeated");
    }
    let blank = record_ids(&mut Violations::new(), "ids", &[("billing".to_owned(), " ".to_owned())].into());
    assert!(blank.is_empty());
}

#[test]
fn a_record_id_names_a_system_and_an_id_of_its_length() {
    let judge = |system: &str, id: String| {
        let record_id = pb::RecordId { system: system.to_owned(), id };
        let lead = pb::LeadRef { lead: Some(pb::lead_ref::Lead::RecordId(record_id)) };
        faults(|check| drop(lead_ref(check, "lead", Some(&lead))))
    };
    assert_eq!(judge("billing", long(200)), [""; 0]);
    assert_eq!(judge("billing", long(201)), ["lead.record_id.id"]);
    assert_eq!(judge("", String::new()), ["lead.record_id.system", "lead.record_id.id"]);
}

#[test]
fn origins_codes_labels_and_notes_have_their_lengths() {
    let origin = |text: String| pb::Origin {
        source: text.clone(),
        medium: text.clone(),
        campaign: text,
        ..pb::Origin::default()
    };
    for (characters, expected) in [(200, vec![]), (201, vec!["o.source", "o.medium", "o.campaign"])] {
        assert_eq!(faults(|check| drop(super::origin(check, "o", &origin(long(characters))))), expected);
    }
    for (characters, expected) in [(64, vec![]), (65, vec!["kind"])] {
        assert_eq!(faults(|check| drop(code(check, "kind", &"A".repeat(characters)))), expected);
    }
    for (characters, expected) in [(1_000, vec![]), (1_001, vec!["note"])] {
        let judge =
            |check: &mut Violations| drop(note(check, "note", &long(characters), RejectionReason::Other));
        assert_eq!(faults(judge), expected);
    }
    for (characters, expected) in [(100, vec![]), (101, vec!["reason"])] {
        let lost = pb::Outcome::Lost.into();
        assert_eq!(faults(|check| drop(outcome(check, "", lost, None, &long(characters)))), expected);
    }
    for (characters, expected) in [(100, vec![]), (101, vec!["lead.persona"])] {
        let lead = pb::Lead { persona: long(characters), ..pb::Lead::default() };
        assert_eq!(faults(|check| drop(capture(check, "lead", Some(&lead), None, NOW))), expected);
    }
}

#[test]
fn what_was_verified_is_said_with_it_and_not_before_its_time() {
    let judge = |name: &str, at: DateTime<Utc>| {
        let person = pb::Person {
            email: "lea@example.org".into(),
            attributes: [("employees".to_owned(), "120".to_owned())].into(),
            verify_times: [(name.to_owned(), handoff_runtime::convert::to_timestamp(at))].into(),
            ..pb::Person::default()
        };
        let lead = pb::Lead { person: Some(person), ..pb::Lead::default() };
        faults(|check| drop(capture(check, "lead", Some(&lead), None, NOW)))
    };
    assert_eq!(judge("employees", NOW), [""; 0]);
    assert_eq!(judge("email", NOW), [""; 0]);
    let soon = NOW + chrono::TimeDelta::minutes(5);
    assert_eq!(judge("email", soon), [""; 0]);
    let field = ["lead.person.verify_times"];
    assert_eq!(judge("email", soon + chrono::TimeDelta::microseconds(1)), field);
    for not_said in ["phone", "given_name", "annual_revenue"] {
        assert_eq!(judge(not_said, NOW), field, "{not_said}");
    }
}
