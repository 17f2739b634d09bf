//! Versions, criteria and models as people see them.

use chrono_tz::Tz;
use handoff_proto::common::v1::Signature;
use handoff_proto::qualification::v1::{CriteriaSet, ScoringModel};
use prost_types::Timestamp;

use super::*;
use crate::view::{criteria_page, scoring_model_page};
use crate::yaml::Document;

const ZONE: Tz = Tz::Europe__Rome;

fn shown(answer: &impl View) -> String {
    format!("{}\n\n{}", answer.grid(ZONE).to_table(), answer.notes(ZONE).join("\n"))
}

/// 2026-03-30 10:00 in Rome, and so many seconds.
fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds: 1_774_857_600 + seconds, nanos: 0 })
}

fn version(number: u32, state: VersionState) -> Version {
    Version {
        name: format!("criteria-sets/b2b/versions/{number}"),
        state: state.into(),
        content_hash: "f7db6014de32a33afe21e5deb34549c0baf6f6550eab56462047aefe77412470".to_owned(),
        signatures: vec![Signature {
            user: "users/mia".to_owned(),
            side: Side::Marketing.into(),
            sign_time: at(60),
        }],
        drafted_by: "users/mia".to_owned(),
        draft_time: at(0),
        missing_signatures: vec![Side::Sales.into()],
        ..Version::default()
    }
}

fn change(path: &str, before: Option<&str>, after: Option<&str>) -> VersionChange {
    let text = |text: Option<&str>| text.map(str::to_owned);
    VersionChange { path: path.to_owned(), before: text(before), after: text(after) }
}

#[test]
fn a_version_in_review_says_who_has_to_sign_and_what_it_changes() {
    let mut answer = GetVersionResponse {
        version: Some(version(3, VersionState::InReview)),
        changes: vec![
            change("criteria.employees.predicate", Some("is at least 50"), Some("is at least 100")),
            change("criteria.phone.label", None, Some("Can be called")),
            change("criteria.region.label", Some("Near"), None),
            change("criteria", Some(""), Some("employees, phone")),
        ],
        compared_with: "criteria-sets/b2b/versions/2".to_owned(),
        ..GetVersionResponse::default()
    };
    insta::assert_snapshot!("version_table", shown(&answer));
    answer.changes.clear();
    assert_eq!(answer.notes(ZONE), ["It changes nothing, against criteria-sets/b2b/versions/2"]);
    answer.compared_with.clear();
    assert_eq!(answer.notes(ZONE), ["It changes nothing, there was nothing before"]);
}

#[test]
fn versions_of_a_subject() {
    let in_effect = Version {
        effective_from_time: at(86_400),
        missing_signatures: Vec::new(),
        ..version(2, VersionState::Effective)
    };
    let versions = vec![in_effect.clone(), version(3, VersionState::InReview)];
    let answer = ListVersionsResponse { versions, next_page_token: String::new() };
    insta::assert_snapshot!("versions_table", shown(&answer));
    let mut csv = Vec::new();
    answer.grid(Tz::UTC).write_csv(&mut csv).unwrap();
    insta::assert_snapshot!("versions_csv", String::from_utf8(csv).unwrap());
    insta::assert_snapshot!("version_heading", version_heading(&in_effect, ZONE).join("\n"));
}

/// The examples of docs/CRITERIA.md, as pages.
#[test]
fn criteria_and_models_are_pages() {
    fn read<M: prost::Message + prost::Name + Default>(text: &str) -> M {
        Document::parse(text).unwrap().expect("the example can be read").message
    }
    let page = |(grid, notes): (Grid, Vec<String>)| format!("{}\n\n{}", grid.to_table(), notes.join("\n"));
    let criteria: CriteriaSet = read(include_str!("../../../../../docs/examples/criteria-b2b.yaml"));
    insta::assert_snapshot!("criteria_page", page(criteria_page(&criteria)));
    let model: ScoringModel = read(include_str!("../../../../../docs/examples/scoring-model.yaml"));
    insta::assert_snapshot!("model_page", page(scoring_model_page(&model)));
}
