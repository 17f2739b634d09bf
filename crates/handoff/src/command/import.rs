//! `handoff import leads|activities|history FILE --map MAP.toml`. A row that is refused is told with file, line, column
//! and reason, and the rest goes on, unless `--strict` says otherwise; the exit status says whether there was one. A
//! service that goes away is waited for, and an import that was killed can be resumed.

mod count;
mod journal;
mod progress;
mod refusal;
mod rows;

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use handoff_proto::common::v1::Side;

use super::Outcome;
use crate::import::{Kind, Mapping, Read, Reader};
use crate::session::Session;
use crate::upload::upload;
use crate::view::show_count;

use journal::Journal;
use progress::Progress;
use rows::Rows;

/// What to import.
///
/// A file can be imported again at any time: what is in stays as it is. Rows that cannot be understood, or that the
/// service refuses, are told on stderr with their line and column, and the exit status is then 3.
///
/// When the connection breaks or the service restarts, the import waits for it and sends again what was not answered;
/// a row that turns out to be in then is counted apart ("resent"), because nobody knows any more whether it was new.
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
    /// Tolerate no refused row: nothing is sent unless all rows of the file can be understood, and the import stops at
    /// the first row that the service refuses. Rows that were on their way then may be in; the counts say how many are.
    #[arg(long)]
    strict: bool,
    /// Go on where an import of this file was killed or gave up. The rows before are read but not sent, and must tell
    /// what they told then; rows that it got in during its last second count as known.
    #[arg(long)]
    resume: bool,
    /// How many seconds a service may be away before the import gives up; 0 gives up at once.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    patience: u64,
    /// Where to note how far an import has come; `handoff` in the user's state folder (XDG) unless given.
    #[arg(long, env = "HANDOFF_STATE_FOLDER", value_name = "FOLDER")]
    state_folder: Option<PathBuf>,
}

/// Imports it.
pub(crate) async fn run(arguments: Arguments, session: &mut Session<'_>) -> anyhow::Result<Outcome> {
    let mapping = read_mapping(&arguments)?;
    let name = arguments.file.display().to_string();
    let (reader, bytes) = open(&arguments, &mapping)?;
    if arguments.strict && !check(&arguments, &mapping, session)? {
        return Ok(Outcome::RowsRefused);
    }
    let journal = journal(&arguments, session)?;
    let begun = match &journal {
        Some(journal) if arguments.resume => journal.read()?,
        _ => None,
    };
    let mut service = session.qualification(Side::System).await?;

    let mut output = session.output.reborrow();
    if arguments.resume && begun.is_none() {
        output.say("no import of this file was left unfinished: it is sent from its beginning");
    }
    let can_resume = journal.is_some();
    let mut rows = Rows::new(name, reader, &mut output, Progress::new(bytes), journal, arguments.strict);
    if let Some(begun) = &begun {
        rows.skip(begun)?;
    }
    let imported = upload(&mut service, &mut rows, Duration::from_secs(arguments.patience)).await;
    let (counts, was_stopped) = rows.end(imported.is_ok());
    // What was answered is in, even if the stream broke afterwards.
    session.output.grid(&counts.to_grid(), session.global.format)?;
    if let Err(failure) = imported {
        let way = if can_resume { "the same command with --resume" } else { "the same command" };
        let rows = show_count(counts.rows());
        session.output.say(&format!("the import broke off after {rows} rows; to go on: {way}"));
        return Err(failure);
    }
    if counts.refused == 0 {
        return Ok(Outcome::Done);
    }
    let (refused, are_in) = (show_count(counts.refused), show_count(counts.are_in()));
    session.output.say(&if was_stopped {
        format!("stopped at the first row that was refused (--strict); {are_in} rows are in")
    } else {
        format!("{refused} rows were refused; correct them and import the file again.")
    });
    Ok(Outcome::RowsRefused)
}

/// The file from its beginning, and how long it is.
fn open(arguments: &Arguments, mapping: &Mapping) -> anyhow::Result<(Reader<File>, u64)> {
    let name = arguments.file.display();
    let file = File::open(&arguments.file).with_context(|| format!("cannot read {name}"))?;
    let bytes = file.metadata().map(|metadata| metadata.len()).unwrap_or_default();
    let reader = Reader::new(file, mapping).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    Ok((reader, bytes))
}

/// Whether every row can be understood; tells those that cannot.
fn check(arguments: &Arguments, mapping: &Mapping, session: &mut Session<'_>) -> anyhow::Result<bool> {
    let (mut reader, _) = open(arguments, mapping)?;
    let mut refused = 0;
    while let Some(read) = reader.read() {
        if let Read::Problems(problems) = read {
            refused += 1;
            for problem in problems {
                session.output.say(&format!("{}:{problem}", arguments.file.display()));
            }
        }
    }
    if refused > 0 {
        let refused = show_count(refused);
        session.output.say(&format!("{refused} rows cannot be understood: nothing was sent (--strict)"));
    }
    Ok(refused == 0)
}

/// Where it is noted how far the import has come; none where nobody has a state folder.
fn journal(arguments: &Arguments, session: &Session<'_>) -> anyhow::Result<Option<Journal>> {
    let Some(folder) = arguments.state_folder.clone().or_else(journal::state_folder) else {
        if arguments.resume {
            bail!("there is no state folder to resume from: name one with --state-folder");
        }
        return Ok(None);
    };
    let kind = arguments.kind.to_string();
    let import = [session.global.qualification.as_str(), session.tenant()?, &kind];
    Ok(Some(Journal::of(&folder, &arguments.file, &import)))
}

fn read_mapping(arguments: &Arguments) -> anyhow::Result<Mapping> {
    let place = arguments.map.display();
    let text = std::fs::read_to_string(&arguments.map).with_context(|| format!("cannot read {place}"))?;
    let mapping = Mapping::from_toml(&text).map_err(|error| anyhow::anyhow!("{place}: {error}"))?;
    if mapping.kind() != arguments.kind {
        bail!("{place} is a mapping of {}: `handoff import {0}`, or another mapping", mapping.kind());
    }
    Ok(mapping)
}
