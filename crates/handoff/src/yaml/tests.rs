//! What people write is read as it stands, what is written is read back, and what does not fit is told with its place.

use handoff_proto::qualification::v1::criterion::Role;
use handoff_proto::qualification::v1::predicate::Test;
use handoff_proto::qualification::v1::publish::Mode;
use handoff_proto::qualification::v1::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

const CRITERIA: &str = include_str!("../../../../docs/examples/criteria-b2b.yaml");
const MODEL: &str = include_str!("../../../../docs/examples/scoring-model.yaml");

fn read<M: Message + Name + Default>(text: &str) -> Document<M> {
    match Document::parse(text).unwrap() {
        Ok(document) => document,
        Err(faults) => panic!("{}", Unusable { file: "it.yaml".to_owned(), faults }),
    }
}

fn faults<M: Message + Name + Default + fmt::Debug>(text: &str) -> String {
    let faults = Document::<M>::parse(text).unwrap().expect_err("must be refused");
    Unusable { file: "it.yaml".to_owned(), faults }.to_string()
}

#[test]
fn the_examples_come_back_as_they_were_read() {
    let criteria = read::<CriteriaSet>(CRITERIA).message;
    assert_eq!(read::<CriteriaSet>(&to_yaml(&criteria).unwrap()).message, criteria);
    let model = read::<ScoringModel>(MODEL).message;
    assert_eq!(read::<ScoringModel>(&to_yaml(&model).unwrap()).message, model);
    insta::assert_snapshot!("criteria_yaml", to_yaml(&criteria).unwrap());
    insta::assert_snapshot!("model_yaml", to_yaml(&model).unwrap());
}

#[test]
fn a_scalar_is_its_characters() {
    let texts = r#"[12.10, 007, NO, 2026-03-27, true, 1e3, "null", 'it''s', "a: b", 1000000 EUR]"#;
    let predicate = read::<Predicate>(&format!("in: {texts}")).message;
    let Some(Test::In(values)) = predicate.test else { panic!("a list") };
    let expected = ["12.10", "007", "NO", "2026-03-27", "true", "1e3", "null", "it's", "a: b", "1000000 EUR"];
    assert_eq!(values.values, expected);
}

#[test]
fn every_fault_is_told_with_its_line_and_column() {
    insta::assert_snapshot!(faults::<CriteriaSet>(
        "kind: b2b
criterias: []
criteria:
  - key: size
    lable: Size
    attribute:
    predicate: {rnage: {min: 50}}
    gate: true
    points: 5
    on_unknown: [BLOCK]
    max_age_months: 1.5
    sensitive: yes
  - key: {a: b}
    predicate: {equals: Retail, in: [Retail]}
    gate: false
  - predicate:
      in: Retail
      range: 50
  - company
"
    ));
}

#[test]
fn what_is_no_document_is_told_once() {
    for (text, told) in [
        ("", "it.yaml:1:1: the file says nothing"),
        ("# kind: B2B\n", "it.yaml:2:1: the file says nothing"),
        ("kind: B2B\nkind: B2C\n", "it.yaml:2:1: kind is there twice: the first stands on line 1"),
        (
            "kind: &k B2B\n---\nkind: B2C\n",
            "it.yaml:2:1: a second document begins here: put it into a file of its own",
        ),
        ("kind: !!str B2B", "it.yaml:1:13: a tag (`!`) is not understood: leave it out, or quote the text"),
        ("[a, b]: c", "it.yaml:1:1: is no name of a field"),
        ("~", "it.yaml:1:1: has fields of its own: kind, criteria"),
    ] {
        assert_eq!(faults::<CriteriaSet>(text), told, "{text:?}");
    }
    let alias = faults::<CriteriaSet>("criteria:\n  - &a {key: a}\n  - *a\n");
    assert_eq!(alias, "it.yaml:3:5: a reference (`*`) is not understood: write out what it stands for");
    let broken = faults::<CriteriaSet>("kind: B2B\n criteria: [\n");
    assert!(broken.starts_with("it.yaml:2:"), "{broken}");
    let deep = |depth: usize| faults::<CriteriaSet>(&"[".repeat(depth));
    assert!(deep(100).ends_with("is nested too deeply"), "{}", deep(100));
    assert!(deep(100_000).contains("limit"), "{}", deep(100_000));
}

#[test]
fn a_field_of_the_request_is_found_in_the_file() {
    let document = read::<CriteriaSet>(CRITERIA);
    let line = |path: &str| {
        let place = document.place(path);
        CRITERIA.lines().nth(place.line - 1).unwrap().trim()
    };
    assert_eq!(line("kind"), "kind: B2B");
    assert_eq!(line("criteria[2].penalty"), "penalty: -5");
    assert_eq!(
        line("criteria[0].predicate.in.values[3]"),
        "predicate: {in: [Germany, Austria, Switzerland, Italy]}"
    );
    assert_eq!(document.place("criteria[0].predicate.in.values[3]").column, 53);
    // What is not there is looked for in what is around it.
    assert_eq!(line("criteria[0].label.x"), "label: We sell in its country");
    assert_eq!(line("criteria[1].penalty"), "- key: no_competitor");
    assert_eq!(line("criteria[99].key"), "criteria:");
}

/// The reader and the writer know four kinds of fields; a new one would need a form that people can write.
#[test]
fn every_field_has_a_form() {
    use prost_reflect::Kind;
    let mut seen = vec![crate::descriptor::of::<VersionContent>().unwrap()];
    let mut next = 0;
    while let Some(message) = seen.get(next).cloned() {
        next += 1;
        for field in message.fields() {
            assert!(!field.is_map(), "{}", field.full_name());
            match field.kind() {
                Kind::Message(inner) if !seen.contains(&inner) => seen.push(inner),
                Kind::Message(_) | Kind::String | Kind::Bool | Kind::Int32 | Kind::Enum(_) => {}
                other => panic!("{} is {other:?}", field.full_name()),
            }
        }
    }
    assert!(seen.len() > 10, "{seen:?}");
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => "[a-zA-Z][a-z ]{0,6}",
        1 => "\\PC{0,12}",
        1 => any::<String>(),
        1 => proptest::sample::select(vec![
            "", " ", "~", "null", "true", "no", "-", "- a", "-5", "-5.25", "--1", "007", "1e3", "? a", "a: b", "a #b",
            "#a", "[a]", "{a}", "a, b", "&a", "*a", "!a", "%a", "@a", "`a`", "'a'", "\"a\"", "|", ">", "---", "...",
            "a\nb", "\ta", "a\\b", "\u{85}", "\u{2028}", "\u{feff}", "\u{0}", "é", "crm; e-mail", "https://acme.com/?q=1#x",
        ]).prop_map(String::from),
    ]
}

fn predicate() -> impl Strategy<Value = Predicate> {
    let values = || vec(text(), 0..4).prop_map(|values| Values { values });
    let range = (text(), text(), any::<bool>(), any::<bool>()).prop_map(
        |(min, max, min_exclusive, max_exclusive)| Range { min, max, min_exclusive, max_exclusive },
    );
    let test = prop_oneof![
        text().prop_map(Test::Equals),
        values().prop_map(Test::In),
        values().prop_map(Test::NotIn),
        range.prop_map(Test::Range),
        values().prop_map(Test::Contains),
        Just(Test::Exists(Exists {})),
    ];
    option::weighted(0.9, test).prop_map(|test| Predicate { test })
}

fn criteria() -> impl Strategy<Value = CriteriaSet> {
    let role = option::of(prop_oneof![Just(Role::Gate(Gate {})), text().prop_map(Role::Points)]);
    let criterion = (text(), text(), option::of(predicate()), role, 0..4, any::<i32>(), any::<bool>())
        .prop_map(|(key, label, predicate, role, on_unknown, max_age_months, sensitive)| Criterion {
            key,
            label,
            predicate,
            role,
            on_unknown,
            max_age_months,
            sensitive,
            ..Criterion::default()
        });
    (0..4, vec(criterion, 0..4)).prop_map(|(kind, criteria)| CriteriaSet { kind, criteria })
}

fn model() -> impl Strategy<Value = ScoringModel> {
    let bounds = || option::of((text(), text()).prop_map(|(cap, floor)| Bounds { cap, floor }));
    let linear = (any::<i32>(), any::<i32>())
        .prop_map(|(rate_permille, period_days)| LinearDecay { rate_permille, period_days });
    let decay = prop_oneof![
        linear.prop_map(decay::Decay::Linear),
        any::<i32>().prop_map(decay::Decay::HalfLifeDays),
        any::<i32>().prop_map(decay::Decay::WindowDays),
    ];
    let decay = option::of(option::of(decay).prop_map(|decay| Decay { decay }));
    let filter = (text(), 0..7, option::of(predicate()))
        .prop_map(|(property, value_type, predicate)| PropertyFilter { property, value_type, predicate });
    let rule = (text(), vec(text(), 0..3), vec(filter, 0..3), decay, any::<i32>(), bounds(), text())
        .prop_map(|(key, types, filters, decay, repeat_cap, bounds, group)| ScoringRule {
            key,
            types,
            filters,
            decay,
            repeat_cap,
            bounds,
            group,
            ..ScoringRule::default()
        });
    let mode = prop_oneof![
        Just(Mode::NewEventsOnly(NewEventsOnly {})),
        Just(Mode::Shadow(Shadow {})),
        any::<i32>().prop_map(Mode::CappedPerBusinessDay),
    ];
    (vec(rule, 0..4), bounds(), vec(text(), 0..3), option::of(mode)).prop_map(
        |(rules, total, fast_track, mode)| ScoringModel {
            rules,
            total,
            fast_track,
            publish: Some(Publish { mode }),
            ..ScoringModel::default()
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(criteria in criteria(), model in model()) {
        let text = to_yaml(&criteria).unwrap();
        prop_assert_eq!(read::<CriteriaSet>(&text).message, criteria, "{}", text);
        let text = to_yaml(&model).unwrap();
        prop_assert_eq!(read::<ScoringModel>(&text).message, model, "{}", text);
    }
}
