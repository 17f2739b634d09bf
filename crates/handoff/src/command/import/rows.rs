//! The rows of a file on their way into the service: read when there is room for them, counted when they are dealt
//! with, in the order of the file.

use std::ops::ControlFlow;

use anyhow::bail;
use handoff_proto::qualification::v1::{ImportRequest, import_response};
use prost::Message;
use tonic::Status;

use super::count::Counts;
use super::journal::{Begun, Journal, Mark};
use super::progress::Progress;
use super::refusal::problems_of;
use crate::import::{Item, Problem, Read, Reader};
use crate::output::Output;
use crate::upload::{Answer, Source};

/// A file that is being imported.
pub(super) struct Rows<'o, R> {
    name: String,
    reader: Reader<R>,
    output: &'o mut Output<'o>,
    progress: Progress,
    journal: Option<Journal>,
    /// Whether the first row that is refused is the last.
    is_strict: bool,
    was_stopped: bool,
    /// Of the rows that were dealt with: everything before `done`, and after it what was on its way when a strict
    /// import stopped.
    counts: Counts,
    done: Mark,
    /// Of the rows that were read and that no item on its way stands for.
    idle: Counts,
    read: Mark,
}

/// A row on its way.
pub(super) struct Place {
    item: Box<Item>,
    /// The rows that came to nothing or were refused between the item before and this one.
    before: Counts,
    /// The place behind the row.
    mark: Mark,
}

impl<'o, R: std::io::Read> Rows<'o, R> {
    pub(super) fn new(
        name: String,
        reader: Reader<R>,
        output: &'o mut Output<'o>,
        progress: Progress,
        journal: Option<Journal>,
        is_strict: bool,
    ) -> Self {
        Self {
            name,
            reader,
            output,
            progress,
            journal,
            is_strict,
            was_stopped: false,
            counts: Counts::default(),
            done: Mark::default(),
            idle: Counts::default(),
            read: Mark::default(),
        }
    }

    /// Passes over the rows that an earlier import dealt with.
    ///
    /// # Errors
    /// When those rows tell something else now.
    pub(super) fn skip(&mut self, begun: &Begun) -> anyhow::Result<()> {
        while self.read.rows < begun.rows {
            let Some(read) = self.reader.read() else { break };
            self.read = self.read.behind(&content(&read));
        }
        if !begun.is_at(self.read) {
            bail!(
                "{} or its mapping has changed within the {} rows that were dealt with: import it without --resume",
                self.name,
                begun.rows
            );
        }
        (self.done, self.counts) = (self.read, begun.counts);
        self.progress.begins_at(begun.rows, self.reader.bytes_read());
        Ok(())
    }

    /// Ends it; the counts of all rows that were dealt with, and whether a strict import stopped early. What was not
    /// finished is kept in mind for `--resume`.
    pub(super) fn end(mut self, is_finished: bool) -> (Counts, bool) {
        self.progress.end();
        let is_whole = is_finished && !self.was_stopped;
        if is_whole {
            self.counts += self.idle;
        }
        if let Some(mut journal) = self.journal.take() {
            if is_whole {
                journal.remove();
            } else if self.done.rows > 0 {
                let written = journal.write(self.done, self.counts);
                self.told_of(written);
            }
        }
        (self.counts, self.was_stopped)
    }

    fn refuse(&mut self, problems: &[Problem]) {
        for problem in problems {
            self.progress.say(&format!("{}:{problem}", self.name), self.output);
        }
    }

    fn told_of(&mut self, written: std::io::Result<()>) {
        if let Err(error) = written {
            let text = format!("cannot note how far the import has come, so it cannot be resumed: {error}");
            self.progress.say(&text, self.output);
        }
    }
}

impl<R: std::io::Read> Source for Rows<'_, R> {
    type Place = Place;

    fn next(&mut self) -> Option<(Place, ImportRequest)> {
        loop {
            let read = self.reader.read()?;
            self.read = self.read.behind(&content(&read));
            match read {
                Read::Item(mut item) => {
                    let request = std::mem::take(&mut item.request);
                    let before = std::mem::take(&mut self.idle);
                    return Some((Place { item, before, mark: self.read }, request));
                }
                Read::Nothing => self.idle.nothing += 1,
                Read::Problems(problems) => {
                    self.refuse(&problems);
                    self.idle.refused += 1;
                }
            }
        }
    }

    fn answered(&mut self, place: Place, answer: Answer) -> ControlFlow<()> {
        self.counts += place.before;
        match answer.result {
            import_response::Result::Imported(item) => self.counts.imported(&item, answer.sent_again),
            import_response::Result::Refused(refused) => {
                let problems = problems_of(&refused, &place.item, self.reader.plan());
                self.refuse(&problems);
                self.counts.refused += 1;
                self.was_stopped |= self.is_strict;
            }
        }
        if self.was_stopped {
            // A resumed import begins with the row that was refused.
            return ControlFlow::Break(());
        }
        self.done = place.mark;
        if let Some(journal) = &mut self.journal {
            let noted = journal.note(self.done, self.counts);
            self.told_of(noted);
        }
        self.progress.at(&self.counts, self.reader.bytes_read(), self.output);
        ControlFlow::Continue(())
    }

    fn broke(&mut self, why: &Status) {
        let text = format!(
            "the connection broke after {} rows ({}); waiting for the service to come back",
            self.counts.rows(),
            why.message()
        );
        self.progress.say(&text, self.output);
    }

    fn goes_on(&mut self) {
        self.progress.say("the service is back; the import goes on", self.output);
    }
}

/// What a row told, so that it can be known again.
fn content(read: &Read) -> Vec<u8> {
    match read {
        Read::Item(item) => item.request.encode_to_vec(),
        Read::Nothing => Vec::new(),
        Read::Problems(problems) => {
            let told = problems.iter().map(|problem| format!("{:?} {}\n", problem.column, problem.reason));
            told.collect::<String>().into_bytes()
        }
    }
}
