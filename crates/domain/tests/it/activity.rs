//! The types of activity (R8, R9).

use std::collections::BTreeMap;

use handoff_domain::activity::{ActivityKind, ActivityType, ActivityTypes};
use handoff_domain::error::Error;
use handoff_domain::profile::AttributeKey;
use handoff_domain::value::{Value, ValueType};

fn kind(name: &str) -> ActivityKind {
    name.parse().expect("a name")
}

fn key(name: &str) -> AttributeKey {
    name.parse().expect("a key")
}

fn declared(name: &str, properties: &[(&str, ValueType)]) -> ActivityType {
    let properties = properties.iter().map(|(name, of)| (key(name), *of)).collect();
    ActivityType { kind: kind(name), label: "Shop visited".to_owned(), properties }
}

fn sent(properties: &[(&str, &str)]) -> BTreeMap<String, String> {
    properties.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn fields(result: Result<(), Error>) -> Vec<String> {
    match result {
        Ok(()) => Vec::new(),
        Err(Error::Invalid(violations)) => violations.into_iter().map(|violation| violation.field).collect(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn r8_and_r9_are_standard_types() {
    let types = ActivityTypes::default();
    for name in [
        "EBOOK_DOWNLOADED",
        "WHITE_PAPER_DOWNLOADED",
        "CHECKLIST_DOWNLOADED",
        "GUIDE_DOWNLOADED",
        "CASE_STUDY_DOWNLOADED",
        "CALCULATOR_USED",
        "POST_READ",
        "TOOL_USED",
        "DEMO_REQUESTED",
    ] {
        assert!(types.get(&kind(name)).is_some(), "{name}");
    }
}

#[test]
fn every_standard_type_could_have_been_declared_by_a_tenant() {
    let mut types = ActivityTypes::default();
    let all: Vec<ActivityType> = types.iter().cloned().collect();
    assert_eq!(all.len(), 23, "no two have one name");
    for declared in all {
        assert_eq!(types.define(declared.clone()), Ok(()), "{}", declared.kind);
    }
    assert_eq!(types, ActivityTypes::default());
}

#[test]
fn declared_properties_are_typed_and_others_are_text() {
    let types = ActivityTypes::default();
    let attended = kind("WEBINAR_ATTENDED");
    let read = types.read(&attended, &sent(&[("minutes", "30"), ("title", " "), ("seat", "12")]));
    let number = Value::parse(ValueType::Number, "30").expect("a number");
    let text = Value::text("12").expect("a text");
    assert_eq!(read, BTreeMap::from([(key("minutes"), number), (key("seat"), text)]));
}

#[test]
fn an_activity_of_a_type_that_nobody_declared_is_allowed_and_holds_text() {
    let types = ActivityTypes::default();
    let visited = kind("SHOP_VISITED");
    let properties = sent(&[("minutes", "30"), ("A name", "x")]);
    let read = types.read(&visited, &properties);
    assert_eq!(read, BTreeMap::from([(key("minutes"), Value::text("30").expect("a text"))]));
}

#[test]
fn what_does_not_fit_its_declaration_is_left_out() {
    let mut types = ActivityTypes::default();
    assert_eq!(types.define(declared("SHOP_VISITED", &[("minutes", ValueType::Number)])), Ok(()));
    let read = types.read(&kind("SHOP_VISITED"), &sent(&[("minutes", "some"), ("shop", "Rome")]));
    assert_eq!(read.keys().map(AttributeKey::as_str).collect::<Vec<_>>(), ["shop"]);
}

#[test]
fn properties_are_added_and_never_change_or_go() {
    let mut types = ActivityTypes::default();
    let (number, text) = (ValueType::Number, ValueType::Text);
    assert_eq!(types.define(declared("SHOP_VISITED", &[("minutes", number)])), Ok(()));
    assert_eq!(types.define(declared("SHOP_VISITED", &[("minutes", number), ("shop", text)])), Ok(()));
    let before = types.clone();
    let wrong = ActivityType { label: String::new(), ..declared("SHOP_VISITED", &[("minutes", text)]) };
    assert_eq!(
        fields(types.define(wrong)),
        ["activity_type.label", "activity_type.properties.minutes", "activity_type.properties.shop"]
    );
    assert_eq!(types, before, "a refusal changes nothing");
}

#[test]
fn types_and_properties_have_their_numbers_and_not_one_more() {
    let mut types = ActivityTypes::default();
    let names: Vec<String> = (0..65).map(|index| format!("p{index}")).collect();
    let properties: Vec<(&str, ValueType)> =
        names.iter().map(|name| (name.as_str(), ValueType::Text)).collect();
    assert_eq!(fields(types.define(declared("A", &properties))), ["activity_type.properties"]);
    assert_eq!(fields(types.define(declared("A", &properties[..64]))), [""; 0]);
    for index in types.iter().count()..500 {
        assert_eq!(fields(types.define(declared(&format!("T{index}"), &[]))), [""; 0]);
    }
    assert_eq!(fields(types.define(declared("B", &[]))), ["activity_type.type"]);
}

#[test]
fn a_name_is_in_upper_snake_case_of_64_characters_and_not_one_more() {
    for good in ["A", "2ND_VISIT", &"A".repeat(64)] {
        assert!(good.parse::<ActivityKind>().is_ok(), "{good}");
    }
    for bad in ["", "a", "A-B", "A B", "Ä", &"A".repeat(65)] {
        assert!(bad.parse::<ActivityKind>().is_err(), "{bad}");
    }
}
