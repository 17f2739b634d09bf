//! Why a lead stands where it stands: for people a page, from what becomes of the lead down to what its points are made of;
//! for spreadsheets a row for each line.

use chrono_tz::Tz;
use handoff_proto::qualification::v1::{
    BehaviourScore, CriterionAnswer, ExplainScoreResponse, Explanation, ExplanationBasis, FitScore,
    ScoreLineKind,
};

use super::quantity::NONE;
use super::{Cell, Column, Grid, View, show_time};
use crate::word;

/// What people read, without a line break at its end.
pub(crate) fn explanation_page(answer: &ExplainScoreResponse, zone: Tz) -> String {
    let explanation = answer.explanation.clone().unwrap_or_default();
    let mut parts = vec![explanation.headline.clone()];
    parts.extend(listed("Missing:", explanation.missing.iter().map(|missing| &missing.text)));
    parts.extend(listed("If nothing else happens:", explanation.outlook.iter().map(|ahead| &ahead.text)));
    parts.extend(hindsight(&explanation));
    parts.extend(explanation.fit.as_ref().map(fit_part));
    parts.extend(explanation.behaviour.as_ref().map(behaviour_part));
    parts.push(foot(&explanation, &answer.basis.clone().unwrap_or_default(), zone));
    parts.join("\n\n")
}

fn listed<'a>(title: &str, texts: impl Iterator<Item = &'a String>) -> Option<String> {
    let lines: Vec<String> = texts.map(|text| format!("\n  {text}")).collect();
    (!lines.is_empty()).then(|| format!("{title}{}", lines.concat()))
}

/// What came too late.
fn hindsight(explanation: &Explanation) -> Option<String> {
    let day = Some(&explanation.would_have_qualified_date).filter(|day| !day.is_empty())?;
    Some(format!("Part of what it did was recorded late. In time, it would have become an MQL on {day}."))
}

fn fit_part(fit: &FitScore) -> String {
    let mut grid = Grid::new(vec![
        Column::text("Criterion", "label"),
        Column::text("Holds", "answer"),
        Column::number("Points", "points"),
        Column::text("Why", "why"),
    ]);
    for line in &fit.lines {
        let holds = match line.answer() {
            CriterionAnswer::Match => "yes",
            CriterionAnswer::NoMatch => "no",
            CriterionAnswer::Unknown => "unknown",
            CriterionAnswer::Unspecified => NONE,
        };
        grid.push([&line.label, holds, &line.points, &line.why].map(Cell::text).into());
    }
    grid.push(["In all", "", &fit.points, ""].map(Cell::text).into());
    let needed = match fit.threshold.as_str() {
        "" => String::new(),
        least => format!("; a candidate needs {least}"),
    };
    let gates = if fit.gates_hold { "" } else { "; a criterion stands in the way" };
    format!("Fit {}{needed}{gates}\n\n{}", fit.points, grid.to_table())
}

fn behaviour_part(behaviour: &BehaviourScore) -> String {
    let mut grid = Grid::new(vec![
        Column::text("Behaviour", "label"),
        Column::number("Points", "points"),
        Column::text("Why", "why"),
    ]);
    for line in &behaviour.lines {
        grid.push([&line.label, &line.points, &line.why].map(Cell::text).into());
    }
    grid.push(["In all", &behaviour.points, ""].map(Cell::text).into());
    let BehaviourScore { points, up, down, .. } = behaviour;
    format!("Behaviour {points}; a candidate needs {up}, and stays one down to {down}\n\n{}", grid.to_table())
}

/// Of whom and of when it is, and by what.
fn foot(explanation: &Explanation, basis: &ExplanationBasis, zone: Tz) -> String {
    let versions = [&basis.criteria_version, &basis.scoring_model_version].map(String::as_str);
    let versions: Vec<&str> = versions.into_iter().filter(|version| !version.is_empty()).collect();
    let by = match versions.as_slice() {
        [] => "no version is in effect".to_owned(),
        versions => format!("by {}", versions.join(" and ")),
    };
    format!(
        "{} on {} ({}), {by}; read {} at log position {}",
        explanation.lead,
        basis.day,
        basis.time_zone,
        show_time(basis.read_time.as_ref(), zone),
        basis.log_position
    )
}

impl View for ExplainScoreResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        let mut grid = Grid::new(vec![
            Column::text("Of", "score"),
            Column::text("Kind", "kind"),
            Column::text("Key", "key"),
            Column::text("Label", "label"),
            Column::text("Answer", "answer"),
            Column::text("Value", "value"),
            Column::number("Points", "points"),
            Column::text("Why", "why"),
        ]);
        let explanation = self.explanation.clone().unwrap_or_default();
        for line in explanation.fit.iter().flat_map(|fit| &fit.lines) {
            let answer = word::show::<CriterionAnswer>(line.answer);
            let cells = ["FIT", "CRITERION", &line.criterion, &line.label, &answer, &line.value];
            let row = cells.into_iter().chain([line.points.as_str(), &line.why]);
            grid.push(row.map(Cell::text).collect());
        }
        for line in explanation.behaviour.iter().flat_map(|behaviour| &behaviour.lines) {
            let kind = word::show::<ScoreLineKind>(line.kind);
            let cells = ["BEHAVIOUR", &kind, &line.key, &line.label, "", ""];
            let row = cells.into_iter().chain([line.points.as_str(), &line.why]);
            grid.push(row.map(Cell::text).collect());
        }
        grid
    }

    fn notes(&self, zone: Tz) -> Vec<String> {
        let explanation = self.explanation.clone().unwrap_or_default();
        let foot = foot(&explanation, &self.basis.clone().unwrap_or_default(), zone);
        let hindsight = hindsight(&explanation);
        [explanation.headline].into_iter().chain(hindsight).chain([foot]).collect()
    }
}

#[cfg(test)]
mod tests;
