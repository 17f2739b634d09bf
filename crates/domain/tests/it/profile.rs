//! The catalogue of attributes (R13, R14, slip 6).

mod of_person;

use handoff_domain::error::Error;
use handoff_domain::profile::{AttributeDefinition, AttributeKey, Catalogue, Subject};
use handoff_domain::value::ValueType;

fn key(text: &str) -> AttributeKey {
    text.parse().expect("a key")
}

fn attribute(name: &str) -> AttributeDefinition {
    AttributeDefinition {
        key: key(name),
        subject: Subject::Organisation,
        value_type: ValueType::Number,
        sensitive: false,
        label: "Number of shops".to_owned(),
    }
}

fn fields(result: Result<(), Error>) -> Vec<String> {
    match result {
        Ok(()) => Vec::new(),
        Err(Error::Invalid(violations)) => violations.into_iter().map(|violation| violation.field).collect(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn r13_and_r14_are_standard_attributes_with_their_types() {
    let catalogue = Catalogue::default();
    let type_of = |name: &str| catalogue.get(&key(name)).map(|attribute| attribute.value_type);
    for (name, of) in [
        ("annual_revenue", ValueType::Money),
        ("employees", ValueType::Number),
        ("industry", ValueType::Text),
        ("income_level", ValueType::Text),
        ("gender", ValueType::Text),
        ("age", ValueType::Number),
        ("birth_date", ValueType::Date),
        ("interests", ValueType::List),
        ("biggest_challenge", ValueType::Text),
    ] {
        assert_eq!(type_of(name), Some(of), "{name}");
    }
}

#[test]
fn every_standard_attribute_could_have_been_defined_by_a_tenant() {
    let mut catalogue = Catalogue::default();
    let all: Vec<AttributeDefinition> = catalogue.iter().cloned().collect();
    assert_eq!(all.len(), 26, "no two have one key");
    for definition in all {
        assert_eq!(catalogue.define(definition.clone()), Ok(()), "{}", definition.key);
    }
    assert_eq!(catalogue, Catalogue::default());
}

#[test]
fn slip_6_age_and_gender_alone_are_sensitive_from_the_start() {
    let catalogue = Catalogue::default();
    let sensitive = catalogue.iter().filter(|attribute| attribute.sensitive);
    let sensitive: Vec<&str> = sensitive.map(|attribute| attribute.key.as_str()).collect();
    assert_eq!(sensitive, ["age", "birth_date", "gender"]);
}

#[test]
fn a_tenant_adds_an_attribute_and_changes_its_label_and_marks_it_sensitive() {
    let mut catalogue = Catalogue::default();
    assert_eq!(catalogue.define(attribute("shops")), Ok(()));
    let changed = AttributeDefinition { label: "Shops".to_owned(), sensitive: true, ..attribute("shops") };
    assert_eq!(catalogue.define(changed.clone()), Ok(()));
    assert_eq!(catalogue.get(&key("shops")), Some(&changed));
}

#[test]
fn a_type_and_a_subject_never_change_and_what_is_sensitive_stays_so() {
    let mut catalogue = Catalogue::default();
    assert_eq!(catalogue.define(AttributeDefinition { sensitive: true, ..attribute("shops") }), Ok(()));
    let other = AttributeDefinition {
        value_type: ValueType::Text,
        subject: Subject::Person,
        label: " ".to_owned(),
        ..attribute("shops")
    };
    let before = catalogue.clone();
    assert_eq!(
        fields(catalogue.define(other)),
        ["attribute.label", "attribute.value_type", "attribute.subject", "attribute.sensitive"]
    );
    assert_eq!(catalogue, before, "a refusal changes nothing");
}

#[test]
fn a_label_has_100_characters_and_not_one_more() {
    let mut catalogue = Catalogue::default();
    let labelled = |length: usize| AttributeDefinition { label: "ä".repeat(length), ..attribute("shops") };
    assert_eq!(fields(catalogue.define(labelled(100))), [""; 0]);
    assert_eq!(fields(catalogue.define(labelled(101))), ["attribute.label"]);
    assert_eq!(fields(catalogue.define(labelled(0))), ["attribute.label"]);
}

#[test]
fn a_tenant_has_500_attributes_and_not_one_more() {
    let mut catalogue = Catalogue::default();
    for index in catalogue.iter().count()..500 {
        assert_eq!(catalogue.define(attribute(&format!("a{index}"))), Ok(()));
    }
    assert_eq!(fields(catalogue.define(attribute("shops"))), ["attribute.key"]);
    assert_eq!(fields(catalogue.define(attribute("a499"))), [""; 0], "one that is there may change");
}

#[test]
fn what_is_sent_is_kept_as_the_attribute_says_and_never_repeated_when_it_is_wrong() {
    let catalogue = Catalogue::default();
    let tidy = |texts: &[(&str, &str)]| {
        let texts = texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        catalogue.tidy("lead.person.attributes", &texts)
    };
    let sent = [("employees", " 50.0 "), ("interests", "crm;e-mail"), ("Ada's cat", " Tom "), ("age", " ")];
    let kept = [("Ada's cat", " Tom "), ("employees", "50"), ("interests", "crm; e-mail")];
    assert_eq!(tidy(&sent), Ok(kept.map(|(name, text)| (name.to_owned(), text.to_owned())).into()));

    let violations = tidy(&[("employees", "about Ada"), ("budget", "Ada"), ("ada", "Ada")]).expect_err("two");
    let fields: Vec<&str> = violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["lead.person.attributes.budget", "lead.person.attributes.employees"]);
    for violation in violations {
        assert!(!violation.description.contains("Ada"), "{}", violation.description);
        assert!(violation.description.ends_with("; leave it out where it is not known"));
    }
}

#[test]
fn a_subject_comes_back_from_its_name() {
    for subject in Subject::ALL {
        assert_eq!(Subject::from_name(subject.as_str()), Some(*subject));
    }
}
