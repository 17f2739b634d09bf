//! What all reports share: the key of a row, and the lines beneath that say what the figures rest on. A figure without
//! its basis, zone and unit is an opinion.

use chrono_tz::Tz;
use handoff_proto::reporting::v1::{
    Basis, CountUnit, Dimension, MetricDefinition, PeriodKind, ReportBasis, ReportQuery, RowKey, SkipPolicy,
    Source,
};

use super::clock::UNSIGNED;
use super::{Cell, Column, show_count, show_time};
use crate::word;

/// Columns of a row's key; the value of a breakdown only where there is one.
pub(crate) fn key_columns(basis: Option<&ReportBasis>) -> Vec<Column> {
    let breakdown = query(basis).breakdown;
    let title = sentence_case(&word::show::<Dimension>(breakdown));
    vec![
        Column::text("Period", "period"),
        Column::text("From", "start_date").shown_if(false),
        Column::text("Until", "end_date").shown_if(false),
        Column::text(title, "value").shown_if(breakdown != 0),
        Column::text("By", "basis").shown_if(query(basis).basis() == Basis::CohortAndPeriod),
        Column::text("Running", "running").shown_if(false),
    ]
}

/// Whether the figures are held against the period before.
pub(crate) fn is_compared(basis: Option<&ReportBasis>) -> bool {
    query(basis).compare_previous
}

/// The cells of a row's key. Where figures are compared, a period that is not over says so to people too.
pub(crate) fn key_cells(key: Option<&RowKey>, basis: Option<&ReportBasis>) -> Vec<Cell> {
    let key = key.cloned().unwrap_or_default();
    let running = if key.running && is_compared(basis) { " (running)" } else { "" };
    let value = match &key.value {
        None => Cell::new(if key.period == "total" { "" } else { "all" }, ""),
        Some(empty) if empty.is_empty() => Cell::new("(none)", ""),
        Some(value) => Cell::text(value),
    };
    vec![
        Cell::new(format!("{}{running}", key.period), key.period),
        Cell::text(key.start_date),
        Cell::text(key.end_date),
        value,
        Cell::text(word::show::<Basis>(key.basis)),
        Cell::text(key.running.to_string()),
    ]
}

/// What the figures rest on.
pub(crate) fn basis_notes(basis: Option<&ReportBasis>, zone: Tz) -> Vec<String> {
    let Some(basis) = basis else { return Vec::new() };
    let query = query(Some(basis));
    let filters: Vec<String> = query
        .filters
        .iter()
        .map(|filter| format!("{} = {:?}", word::show::<Dimension>(filter.dimension), filter.value))
        .collect();
    let only = if filters.is_empty() { String::new() } else { format!("; only {}", filters.join(" and ")) };
    let mut notes = vec![
        format!(
            "Basis {}; unit {}; skipped stages {}; {} to {} (exclusive) by {} in {}; business days by {}{only}",
            word::show::<Basis>(query.basis),
            word::show::<CountUnit>(query.unit),
            word::show::<SkipPolicy>(query.skip_policy),
            query.start_date,
            query.end_date,
            word::show::<PeriodKind>(query.period_kind),
            query.time_zone,
            query.calendar,
        ),
        format!(
            "As of {}; known at {}; from {}; read up to {}",
            show_time(query.as_of_time.as_ref(), zone),
            show_time(query.known_at_time.as_ref(), zone),
            word::show::<Source>(basis.source),
            positions(basis, zone),
        ),
    ];
    if query.compare_previous {
        notes.push(
            "Second lines: the change against the period before, relative for shares too (40 % after 50 % is -20.0 %); \
             a running period is a part held against a whole"
                .to_owned(),
        );
    }
    if basis.contract_unsigned {
        notes.push(UNSIGNED.to_owned());
    }
    notes.extend(definitions(basis));
    notes
}

/// Leaves out the formulas in words, for people who know them; the metrics are still named.
pub(crate) fn without_formulas(basis: &mut Option<ReportBasis>) {
    for metric in basis.iter_mut().flat_map(|basis| &mut basis.definitions) {
        metric.formula.clear();
    }
}

/// The metrics, each with its formula, or in one line without.
fn definitions(basis: &ReportBasis) -> Vec<String> {
    let named = |metric: &MetricDefinition| format!("{} {}", metric.metric, metric.display_name);
    if basis.definitions.iter().all(|metric| metric.formula.is_empty()) {
        let names: Vec<String> = basis.definitions.iter().map(named).collect();
        return vec![format!("Metrics {}; --definitions says them in words", names.join(", "))];
    }
    basis.definitions.iter().map(|metric| format!("{}: {}", named(metric), metric.formula)).collect()
}

/// The zone that bounds a report's periods.
pub(crate) fn report_zone(basis: Option<&ReportBasis>, otherwise: Tz) -> Tz {
    query(basis).time_zone.parse().unwrap_or(otherwise)
}

fn query(basis: Option<&ReportBasis>) -> ReportQuery {
    basis.and_then(|basis| basis.query.clone()).unwrap_or_default()
}

fn positions(basis: &ReportBasis, zone: Tz) -> String {
    let positions = basis.positions.iter().map(|seen| {
        let at = show_time(seen.record_time.as_ref(), zone);
        format!("{} {} ({at})", seen.log, show_count(seen.position))
    });
    positions.collect::<Vec<_>>().join(", ")
}

fn sentence_case(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| format!("{first}{}", letters.as_str().to_lowercase()))
}
