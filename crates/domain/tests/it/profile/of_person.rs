//! From what is kept of a person to what criteria ask about (R13, R14).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use handoff_domain::profile::{Attribute, Catalogue, Profile};
use handoff_domain::qualification::record::Person;
use handoff_domain::value::{Value, ValueType};

use super::{attribute, key};

fn texts<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn times<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, DateTime<Utc>> {
    pairs.map(|(name, at)| (name.to_owned(), at.parse().expect("a time"))).into()
}

/// Every attribute of a profile: key, type, text, and the date of its verification.
fn lines(profile: &Profile) -> Vec<String> {
    let line = |(key, attribute): (_, &Attribute)| {
        let (of, text) = (attribute.value.value_type(), attribute.value.to_text());
        let verified = attribute.verified_at.map_or("never".to_owned(), |at| at.date_naive().to_string());
        format!("{key} {of} {text} {verified}")
    };
    profile.iter().map(line).collect()
}

#[test]
fn attributes_are_typed_as_the_catalogue_says_and_know_when_they_were_verified() {
    let mut catalogue = Catalogue::default();
    catalogue.define(attribute("shops")).expect("a new attribute");
    let person = Person {
        attributes: texts([("employees", "120"), ("shops", "7"), ("interests", "crm;e-mail")]),
        verified: times([("employees", "2026-01-31T23:00:00Z")]),
        ..Person::default()
    };
    assert_eq!(
        lines(&Profile::of(&person, &catalogue)),
        ["employees NUMBER 120 2026-01-31", "interests LIST crm; e-mail never", "shops NUMBER 7 never"]
    );
}

#[test]
fn address_number_and_organisation_are_attributes_too_and_win_over_free_text_of_their_names() {
    let person = Person {
        email: Some("lea@acme.example".to_owned()),
        phone: Some("+39 055 0000".to_owned()),
        organisation: Some("Acme".to_owned()),
        given_name: Some("Lea".to_owned()),
        attributes: texts([("email", "other@example.org")]),
        verified: times([("email", "2026-03-27T12:00:00Z")]),
        ..Person::default()
    };
    assert_eq!(
        lines(&Profile::of(&person, &Catalogue::default())),
        [
            "email TEXT lea@acme.example 2026-03-27",
            "organisation TEXT Acme never",
            "phone TEXT +39 055 0000 never"
        ]
    );
}

#[test]
fn free_text_and_what_came_before_its_definition_are_nothing_that_criteria_see() {
    let mut catalogue = Catalogue::default();
    catalogue.define(attribute("shops")).expect("a new attribute");
    let person = Person {
        attributes: texts([("shops", "a few"), ("nickname", "Lea"), ("No Key", "1"), ("age", "")]),
        ..Person::default()
    };
    assert_eq!(Profile::of(&person, &catalogue), Profile::default());
}

#[test]
fn every_standard_attribute_reaches_its_criteria() {
    let catalogue = Catalogue::default();
    for definition in catalogue.iter() {
        let text = match definition.value_type {
            ValueType::Text | ValueType::List => "x",
            ValueType::Number => "1",
            ValueType::Money => "1 EUR",
            ValueType::Date => "2026-03-27",
            ValueType::Boolean => "true",
        };
        let key = &definition.key;
        let person = Person { attributes: texts([(key.as_str(), text)]), ..Person::default() };
        let expected = Value::parse(definition.value_type, text).expect("a value");
        let profile = Profile::of(&person, &catalogue);
        assert_eq!(profile.get(key).map(|attribute| &attribute.value), Some(&expected), "{key}");
    }
}

#[test]
fn a_new_value_is_verified_by_nobody_until_somebody_says_so() {
    let mut known = Person {
        email: Some("lea@acme.example".to_owned()),
        attributes: texts([("employees", "120")]),
        verified: times([("employees", "2026-01-01T00:00:00Z"), ("email", "2026-01-01T00:00:00Z")]),
        ..Person::default()
    };
    let newer = Person {
        email: Some("lea@other.example".to_owned()),
        attributes: texts([("employees", "130")]),
        verified: times([("email", "2025-12-01T00:00:00Z")]),
        ..Person::default()
    };
    let changes = known.changes_by(&newer);
    assert_eq!(changes, newer);
    known.merge(&changes);
    assert_eq!(known.verified, times([("email", "2025-12-01T00:00:00Z")]));
    let employees = Profile::of(&known, &Catalogue::default());
    assert_eq!(employees.get(&key("employees")).and_then(|attribute| attribute.verified_at), None);
}

#[test]
fn of_the_same_value_the_later_verification_counts() {
    let mut known = Person {
        attributes: texts([("employees", "120")]),
        verified: times([("employees", "2026-02-01T00:00:00Z")]),
        ..Person::default()
    };
    let said = |verified| Person { attributes: texts([("employees", "120")]), verified, ..Person::default() };
    for nothing_new in [times([]), times([("employees", "2026-01-01T00:00:00Z")])] {
        assert_eq!(known.changes_by(&said(nothing_new)), Person::default());
    }
    let later = times([("employees", "2026-03-01T00:00:00Z")]);
    let changes = known.changes_by(&said(later.clone()));
    assert_eq!(changes, Person { verified: later.clone(), ..Person::default() });
    known.merge(&changes);
    assert_eq!(known, said(later));
}
