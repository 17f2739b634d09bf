//! Explanations as people see them.

use handoff_proto::qualification::v1::{FitLine, MissingPart, ScoreLine, ScoreOutlook};
use prost_types::Timestamp;

use super::*;

fn fit_line(label: &str, answer: CriterionAnswer, value: &str, points: &str, why: &str) -> FitLine {
    FitLine {
        criterion: label.to_lowercase(),
        label: label.to_owned(),
        answer: answer.into(),
        value: value.to_owned(),
        points: points.to_owned(),
        why: why.to_owned(),
        ..FitLine::default()
    }
}

fn score_line(kind: ScoreLineKind, label: &str, points: &str, why: &str) -> ScoreLine {
    ScoreLine {
        kind: kind.into(),
        key: label.to_lowercase(),
        label: label.to_owned(),
        points: points.to_owned(),
        why: why.to_owned(),
        ..ScoreLine::default()
    }
}

fn basis() -> ExplanationBasis {
    ExplanationBasis {
        day: "2026-03-30".to_owned(),
        time_zone: "Europe/Rome".to_owned(),
        criteria_version: "criteria-sets/b2b/versions/3".to_owned(),
        scoring_model_version: "scoring-model/versions/2".to_owned(),
        log_position: 4_711,
        // 10:00 in Rome.
        read_time: Some(Timestamp { seconds: 1_774_857_600, nanos: 0 }),
        ..ExplanationBasis::default()
    }
}

/// A shop of unknown size that complained once and hangs on to what it read, some of which was told late.
fn shop() -> ExplainScoreResponse {
    use CriterionAnswer::{Match, Unknown};
    use ScoreLineKind::{GroupCap, Rule};
    let part = |text: &str| MissingPart { text: text.to_owned(), ..MissingPart::default() };
    let ahead = "2026-04-11: the fit may change, as a value is no longer fresh or a rate begins";
    let fit = FitScore {
        points: "12.5".to_owned(),
        threshold: "10".to_owned(),
        gates_hold: false,
        lines: vec![
            fit_line("Company size", Unknown, "", "0", "not known: blocks until it is known"),
            fit_line("Vertical", Match, "Retail", "12.5", "Retail, which is Retail: 12.5 points"),
        ],
    };
    let behaviour = BehaviourScore {
        points: "19.125".to_owned(),
        up: "30".to_owned(),
        down: "24".to_owned(),
        lines: vec![
            score_line(
                Rule,
                "Download",
                "29.125",
                "3 counted, the latest today: 29.125 of 30 points are left",
            ),
            score_line(Rule, "Complaint", "-6", "1 counted, the latest 10 days ago: -6 points"),
            score_line(GroupCap, "Content", "-4", "the group gives no more than 25.125 points"),
        ],
    };
    let explanation = Explanation {
        lead: "leads/019b0000-0000-7000-8000-000000000001".to_owned(),
        headline: "No candidate: a criterion stands in the way; 10.875 points more of behaviour are needed."
            .to_owned(),
        missing: vec![
            part("the criterion “Company size”"),
            part("10.875 points more of behaviour"),
            part("Employees"),
        ],
        outlook: vec![ScoreOutlook { text: ahead.to_owned(), ..ScoreOutlook::default() }],
        fit: Some(fit),
        behaviour: Some(behaviour),
        would_have_qualified_date: "2026-03-19".to_owned(),
        ..Explanation::default()
    };
    ExplainScoreResponse { explanation: Some(explanation), basis: Some(basis()) }
}

#[test]
fn a_page_goes_from_what_becomes_of_a_lead_to_what_its_points_are_made_of() {
    insta::assert_snapshot!("explanation_page", explanation_page(&shop(), Tz::Europe__Rome));
}

#[test]
fn a_page_says_nothing_of_what_there_is_not() {
    let explanation = Explanation {
        lead: "leads/019b0000-0000-7000-8000-000000000001".to_owned(),
        headline: "No candidate: no scoring model is in effect.".to_owned(),
        ..Explanation::default()
    };
    let basis =
        ExplanationBasis { criteria_version: String::new(), scoring_model_version: String::new(), ..basis() };
    let answer = ExplainScoreResponse { explanation: Some(explanation), basis: Some(basis) };
    insta::assert_snapshot!("explanation_page_of_nothing", explanation_page(&answer, Tz::Europe__Rome));
}

#[test]
fn a_spreadsheet_gets_a_row_for_each_line() {
    let mut csv = Vec::new();
    shop().grid(Tz::UTC).write_csv(&mut csv).unwrap();
    insta::assert_snapshot!("explanation_csv", String::from_utf8(csv).unwrap());
}
