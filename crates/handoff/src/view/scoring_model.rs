//! A scoring model as a page: a row for each rule, and beneath what holds for all of them.

use handoff_proto::qualification::v1::publish::Mode;
use handoff_proto::qualification::v1::{Bounds, Decay, ScoringModel, ScoringRule, decay};

use super::predicate::show_predicate;
use super::{Cell, Column, Grid};

/// The rules, and what is to be said of all of them.
pub(crate) fn scoring_model_page(model: &ScoringModel) -> (Grid, Vec<String>) {
    let rules = &model.rules;
    let mut grid = Grid::new(vec![
        Column::text("Rule", "label"),
        Column::text("Key", "key"),
        Column::text("Counts", "types"),
        Column::text("Only if", "filters").shown_if(rules.iter().any(|rule| !rule.filters.is_empty())),
        Column::number("Points", "points"),
        Column::text("Fade", "decay"),
        Column::text("A day", "repeat_cap").shown_if(rules.iter().any(|rule| rule.repeat_cap != 0)),
        Column::text("Limits", "bounds").shown_if(rules.iter().any(|rule| rule.bounds.is_some())),
        Column::text("Group", "group").shown_if(rules.iter().any(|rule| !rule.group.is_empty())),
    ]);
    for rule in rules {
        let cap = rule.repeat_cap;
        let repeats = if cap == 0 {
            Cell::new("all", "")
        } else {
            Cell::new(format!("{cap} at most"), cap.to_string())
        };
        grid.push(vec![
            Cell::text(&rule.label),
            Cell::text(&rule.key),
            Cell::text(rule.types.join(", ")),
            Cell::text(filters(rule)),
            Cell::text(&rule.points),
            Cell::text(fade(rule.decay.as_ref())),
            repeats,
            Cell::text(limits(rule.bounds.as_ref())),
            Cell::text(&rule.group),
        ]);
    }
    (grid, notes(model))
}

fn notes(model: &ScoringModel) -> Vec<String> {
    let mut notes: Vec<String> = model
        .groups
        .iter()
        .map(|group| {
            format!("Group {} ({}): {}", group.key, group.label, or_none(limits(group.bounds.as_ref())))
        })
        .collect();
    if model.total.is_some() {
        notes.push(format!("In total: {}", or_none(limits(model.total.as_ref()))));
    }
    let thresholds = model.thresholds.clone().unwrap_or_default();
    notes.push(format!(
        "A lead is a candidate from {} points of behaviour on, with a fit of {} or more, and until it has less than {}",
        thresholds.up, thresholds.fit, thresholds.down
    ));
    if !model.fast_track.is_empty() {
        notes.push(format!("Needs no points: {}", model.fast_track.join(", ")));
    }
    let mode = model.publish.as_ref().and_then(|publish| publish.mode.as_ref());
    notes.extend(mode.map(|mode| match mode {
        Mode::NewEventsOnly(_) => "Leads of today are judged at their next event".to_owned(),
        Mode::Shadow(_) => "Leads are judged for a report, and nothing happens to them".to_owned(),
        Mode::CappedPerBusinessDay(count) => {
            format!("Leads of today are judged at once, and {count} a business day may become MQLs")
        }
    }));
    notes
}

fn filters(rule: &ScoringRule) -> String {
    let filters = rule.filters.iter();
    let filters = filters.map(|it| format!("{} {}", it.property, show_predicate(it.predicate.as_ref())));
    filters.collect::<Vec<_>>().join(" and ")
}

fn fade(decay: Option<&Decay>) -> String {
    match decay.and_then(|decay| decay.decay.as_ref()) {
        None => "never".to_owned(),
        Some(decay::Decay::Linear(linear)) => {
            format!("{} ‰ in {} days", linear.rate_permille, linear.period_days)
        }
        Some(decay::Decay::HalfLifeDays(days)) => format!("by half in {days} days"),
        Some(decay::Decay::WindowDays(days)) => format!("at once after {days} days"),
    }
}

fn limits(bounds: Option<&Bounds>) -> String {
    let Some(Bounds { cap, floor }) = bounds else { return String::new() };
    match (floor.as_str(), cap.as_str()) {
        ("", "") => String::new(),
        ("", cap) => format!("at most {cap}"),
        (floor, "") => format!("at least {floor}"),
        (floor, cap) => format!("from {floor} to {cap}"),
    }
}

fn or_none(limits: String) -> String {
    if limits.is_empty() { "no limit".to_owned() } else { limits }
}
