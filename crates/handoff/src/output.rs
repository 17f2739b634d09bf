//! Where words go: data to stdout, everything else to stderr, so that a pipe gets the data alone.

use std::io::{self, Write};

use chrono_tz::Tz;

use crate::arguments::Format;
use crate::view::{Grid, View, to_json};

/// Both streams.
pub(crate) struct Output<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
}

impl<'a> Output<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self { out, err }
    }

    /// The same streams for a while.
    pub(crate) fn reborrow(&mut self) -> Output<'_> {
        Output { out: &mut *self.out, err: &mut *self.err }
    }

    /// Writes an answer. What it rests on stands beneath a table; under CSV it goes to stderr, in JSON it is part of
    /// the answer.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub(crate) fn show<V: View>(&mut self, answer: &V, format: Format, zone: Tz) -> anyhow::Result<()> {
        match format {
            Format::Json => writeln!(self.out, "{}", to_json(answer)?)?,
            Format::Csv => {
                self.grid(&answer.grid(zone), format)?;
                answer.notes(zone).iter().for_each(|note| self.say(note));
            }
            Format::Table => {
                self.grid(&answer.grid(zone), format)?;
                let notes = answer.notes(zone);
                if !notes.is_empty() {
                    writeln!(self.out, "\n{}", notes.join("\n"))?;
                }
            }
        }
        Ok(())
    }

    /// Writes rows that are no answer of a service; JSON is a list of objects with texts.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub(crate) fn grid(&mut self, grid: &Grid, format: Format) -> anyhow::Result<()> {
        match format {
            Format::Table => writeln!(self.out, "{}", grid.to_table())?,
            Format::Csv => grid.write_csv(self.out)?,
            Format::Json => writeln!(self.out, "{}", grid.to_json()?)?,
        }
        Ok(())
    }

    /// Writes a line of data.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// Tells people something. That nobody listens is no reason to stop.
    pub(crate) fn say(&mut self, text: &str) {
        let _ = writeln!(self.err, "{text}");
    }
}
