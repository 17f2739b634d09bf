//! Versions: where they stand, who has to sign, and what they change.

use std::fmt::Write;

use chrono_tz::Tz;
use handoff_proto::common::v1::{Side, Version, VersionChange, VersionState};
use handoff_proto::qualification::v1::{
    GetVersionResponse, ListVersionsResponse, ScheduleVersionResponse, SignVersionResponse,
    SubmitVersionResponse, WithdrawSignatureResponse, WithdrawVersionResponse,
};

use super::{Cell, Column, Grid, View, quantity, show_time};
use crate::word;

macro_rules! views {
    ($($response:ty),+ $(,)?) => {
        $(impl View for $response {
            fn grid(&self, zone: Tz) -> Grid {
                Grid::record(fields(&self.version.clone().unwrap_or_default(), zone))
            }
        })+
    };
}

views!(
    SubmitVersionResponse,
    SignVersionResponse,
    WithdrawSignatureResponse,
    WithdrawVersionResponse,
    ScheduleVersionResponse,
);

impl View for GetVersionResponse {
    fn grid(&self, zone: Tz) -> Grid {
        Grid::record(fields(&self.version.clone().unwrap_or_default(), zone))
    }

    /// The changes are for whoever has to sign them.
    fn notes(&self, _zone: Tz) -> Vec<String> {
        let against = match self.compared_with.as_str() {
            "" => "there was nothing before".to_owned(),
            other => format!("against {other}"),
        };
        if self.changes.is_empty() {
            return vec![format!("It changes nothing, {against}")];
        }
        let lines = self.changes.iter().map(|change| format!("  {}", show_change(change)));
        std::iter::once(format!("What it changes, {against}:")).chain(lines).collect()
    }
}

impl View for ListVersionsResponse {
    fn grid(&self, zone: Tz) -> Grid {
        let mut columns: Vec<Column> =
            fields(&Version::default(), zone).into_iter().map(|(column, _)| column).collect();
        // People compare versions by what happened to them; the hash is for whoever signs one.
        columns[2] = Column::text("Content hash", "content_hash").shown_if(false);
        let mut grid = Grid::new(columns);
        for version in &self.versions {
            grid.push(fields(version, zone).into_iter().map(|(_, cell)| cell).collect());
        }
        grid
    }
}

/// A line about a version, for what stands beneath its content.
pub(crate) fn version_heading(version: &Version, zone: Tz) -> Vec<String> {
    let mut line = format!("{}: {}", version.name, word::show::<VersionState>(version.state));
    // Nothing that is written to a text fails.
    let _ = match &version.effective_from_time {
        Some(from) => write!(line, " from {}", show_time(Some(from), zone)),
        None => Ok(()),
    };
    let _ = match signatures(version).as_str() {
        "" => Ok(()),
        signed => write!(line, ", signed by {signed}"),
    };
    let mut lines = vec![line, format!("Content hash {}", version.content_hash)];
    if !version.missing_signatures.is_empty() {
        lines.push(format!("Still to be signed by {}", missing(version)));
    }
    lines
}

fn fields(version: &Version, zone: Tz) -> Vec<(Column, Cell)> {
    vec![
        (Column::text("Version", "name"), Cell::text(&version.name)),
        (Column::text("State", "state"), Cell::text(word::show::<VersionState>(version.state))),
        (Column::text("Content hash", "content_hash"), Cell::text(&version.content_hash)),
        (
            Column::text("Signed by", "signatures"),
            Cell::new(or_none(signatures(version)), signatures(version)),
        ),
        (
            Column::text("Still to sign", "missing_signatures"),
            Cell::new(or_none(missing(version)), missing(version)),
        ),
        (Column::text("Written by", "drafted_by"), Cell::text(&version.drafted_by)),
        (
            Column::text(format!("Written, {zone}"), "draft_time"),
            quantity::time(version.draft_time.as_ref(), zone),
        ),
        (
            Column::text("In effect from", "effective_from_time"),
            quantity::time(version.effective_from_time.as_ref(), zone),
        ),
        (
            Column::text("until", "effective_until_time"),
            quantity::time(version.effective_until_time.as_ref(), zone),
        ),
    ]
}

/// `users/mia (MARKETING), users/sam (SALES)`.
fn signatures(version: &Version) -> String {
    let signed = version.signatures.iter();
    let signed = signed.map(|it| format!("{} ({})", it.user, word::show::<Side>(it.side)));
    signed.collect::<Vec<_>>().join(", ")
}

fn missing(version: &Version) -> String {
    let sides = version.missing_signatures.iter().map(|side| word::show::<Side>(*side));
    sides.collect::<Vec<_>>().join(", ")
}

fn or_none(text: String) -> String {
    if text.is_empty() { quantity::NONE.to_owned() } else { text }
}

/// `criteria.employees.predicate: is at least 50 becomes is at least 100`.
fn show_change(change: &VersionChange) -> String {
    let shown = |text: &str| if text.is_empty() { "(empty)".to_owned() } else { text.to_owned() };
    let path = &change.path;
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!("{path}: {} becomes {}", shown(before), shown(after)),
        (None, Some(after)) => format!("{path}: new, {}", shown(after)),
        (Some(before), None) => format!("{path}: removed, was {}", shown(before)),
        (None, None) => format!("{path}: unchanged"),
    }
}

#[cfg(test)]
mod tests;
