//! `handoff import leads|activities|history FILE --map MAP.toml`. A row that is refused is told with file, line, column
//! and reason, and the rest goes on; the exit status says whether there was one.

use std::cell::RefCell;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use handoff_proto::common::v1::{ErrorReason, Side};
use handoff_proto::qualification::v1::{ImportEffect, RefusedItem, import_response};
use indicatif::{ProgressBar, ProgressStyle};

use super::Outcome;
use crate::import::{Item, Kind, Mapping, Plan, Problem, Read, Reader};
use crate::session::Session;
use crate::upload::upload;
use crate::view::{Cell, Column, Grid, show_count};

/// What to import.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What the file tells about.
    #[arg(value_enum)]
    kind: Kind,
    /// The export: a text file with a header and a row per line.
    file: PathBuf,
    /// The mapping file: which column means what.
    #[arg(long, value_name = "MAP.toml")]
    map: PathBuf,
}

/// How many rows came to what.
#[derive(Debug, Default)]
struct Counts {
    created: i64,
    changed: i64,
    unchanged: i64,
    nothing: i64,
    refused: i64,
}

/// Imports it.
pub(crate) async fn run(arguments: Arguments, session: &mut Session<'_>) -> anyhow::Result<Outcome> {
    let mapping = read_mapping(&arguments)?;
    let name = arguments.file.display().to_string();
    let file = File::open(&arguments.file).with_context(|| format!("cannot read {name}"))?;
    let length = file.metadata().map(|metadata| metadata.len()).unwrap_or_default();
    let reader = Reader::new(file, &mapping).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    let mut service = session.qualification(Side::System).await?;

    let bar = progress_bar(length);
    let counts = RefCell::new(Counts::default());
    let output = RefCell::new(&mut session.output);
    let refuse = |problem: &Problem| bar.suspend(|| output.borrow_mut().say(&format!("{name}:{problem}")));
    let reader = RefCell::new(reader);
    let items = std::iter::from_fn(|| {
        loop {
            match reader.borrow_mut().read()? {
                Read::Item(mut item) => {
                    let request = std::mem::take(&mut item.request);
                    return Some((item, request));
                }
                Read::Nothing => counts.borrow_mut().nothing += 1,
                Read::Problems(problems) => {
                    problems.iter().for_each(&refuse);
                    counts.borrow_mut().refused += 1;
                }
            }
        }
    });
    let imported = upload(&mut service, items, |item, result| {
        let mut counts = counts.borrow_mut();
        match result {
            import_response::Result::Imported(imported) => match imported.effect() {
                ImportEffect::Created => counts.created += 1,
                ImportEffect::Changed => counts.changed += 1,
                ImportEffect::Unchanged | ImportEffect::Unspecified => counts.unchanged += 1,
            },
            import_response::Result::Refused(refused) => {
                problems_of(&refused, &item, reader.borrow().plan()).iter().for_each(&refuse);
                counts.refused += 1;
            }
        }
        bar.set_position(reader.borrow().bytes_read());
    })
    .await;
    bar.finish_and_clear();
    let counts = counts.into_inner();
    // What was answered is in, even if the stream broke afterwards.
    session.output.grid(&counts.to_grid(), session.global.format)?;
    imported.context("the import broke off; import the file again: what is in stays as it is")?;
    if counts.refused == 0 {
        return Ok(Outcome::Done);
    }
    let refused = show_count(counts.refused);
    session.output.say(&format!("{refused} rows were refused; correct them and import the file again."));
    Ok(Outcome::RowsRefused)
}

fn read_mapping(arguments: &Arguments) -> anyhow::Result<Mapping> {
    let place = arguments.map.display();
    let text = std::fs::read_to_string(&arguments.map).with_context(|| format!("cannot read {place}"))?;
    let mut mapping = Mapping::from_toml(&text).map_err(|error| anyhow::anyhow!("{place}: {error}"))?;
    if mapping.kind() != arguments.kind {
        bail!("{place} is a mapping of {}: `handoff import {0}`, or another mapping", mapping.kind());
    }
    let folder = arguments.file.parent().unwrap_or(Path::new(""));
    mapping.open_lookups(folder).map_err(|error| anyhow::anyhow!("{place}: {error}"))?;
    Ok(mapping)
}

/// What the service says about a row, by the columns that filled the fields it complains about.
fn problems_of(refused: &RefusedItem, item: &Item, plan: &Plan) -> Vec<Problem> {
    let problem = |column: Option<&str>, reason: String| Problem {
        line: item.line,
        column: column.map(str::to_owned),
        reason,
    };
    if refused.violations.is_empty() {
        let mut facts: Vec<String> =
            refused.facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
        facts.sort();
        if refused.reason() != ErrorReason::Unspecified {
            facts.insert(0, refused.reason().as_str_name().trim_start_matches("ERROR_REASON_").to_owned());
        }
        let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
        return vec![problem(None, format!("{}{facts}", refused.message))];
    }
    let told = refused.violations.iter().map(|violation| match plan.column_of(item, &violation.field) {
        Some(column) => problem(Some(column), violation.description.clone()),
        None => problem(None, format!("{}: {}", violation.field, violation.description)),
    });
    told.collect()
}

impl Counts {
    fn to_grid(&self) -> Grid {
        let count = |count: i64| Cell::new(show_count(count), count.to_string());
        Grid::record(vec![
            (Column::number("Rows with a new lead", "created"), count(self.created)),
            (Column::number("Rows with something new about a known lead", "changed"), count(self.changed)),
            (Column::number("Rows that were known", "unchanged"), count(self.unchanged)),
            (Column::number("Rows that tell nothing", "nothing"), count(self.nothing)),
            (Column::number("Rows refused", "refused"), count(self.refused)),
        ])
    }
}

/// Visible on a terminal only.
fn progress_bar(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes}, {eta} to go");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[cfg(test)]
mod tests {
    use handoff_proto::qualification::v1::FieldViolation;

    use super::*;

    const MAPPING: &str =
        "kind = \"leads\"\nsource = \"crm\"\n[lead]\nemail = \"E-mail\"\ncaptured = \"At\"\n";

    /// What is told about the only row when the service answers `refused`.
    fn told(refused: &RefusedItem) -> String {
        let mapping = Mapping::from_toml(MAPPING).unwrap();
        let file: &[u8] = b"E-mail,At\nada,2026-03-30T10:00:00Z\n";
        let mut reader = Reader::new(file, &mapping).unwrap();
        let Some(Read::Item(item)) = reader.read() else { panic!("the row is good") };
        let problems = problems_of(refused, &item, reader.plan());
        problems.iter().map(|problem| format!("leads.csv:{problem}")).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_refused_field_is_told_by_its_column() {
        let violation = |field: &str, description: &str| FieldViolation {
            field: field.to_owned(),
            description: description.to_owned(),
        };
        let violations =
            vec![violation("lead.person.email", "has no @"), violation("source_key", "is too long")];
        assert_eq!(
            told(&RefusedItem { violations, ..RefusedItem::default() }),
            "leads.csv:2: column \"E-mail\": has no @\nleads.csv:2: source_key: is too long"
        );
    }

    #[test]
    fn a_refusal_of_the_state_is_told_with_its_facts() {
        let refused = RefusedItem {
            message: "the handoff is decided".to_owned(),
            reason: ErrorReason::IllegalState.into(),
            facts: [("state".to_owned(), "ACCEPTED".to_owned())].into(),
            ..RefusedItem::default()
        };
        assert_eq!(told(&refused), "leads.csv:2: the handoff is decided (ILLEGAL_STATE, state ACCEPTED)");
    }
}
