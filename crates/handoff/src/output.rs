//! Where words go: data to stdout, everything else to stderr, so that a pipe gets the data alone.

use std::io::{self, BufRead, Write};

use chrono_tz::Tz;

use crate::arguments::Format;
use crate::view::{Grid, Labels, View, to_json};

/// Both streams, and whoever sits before them.
pub(crate) struct Output<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    /// What somebody types; absent where nobody sits at a terminal.
    person: Option<&'a mut dyn BufRead>,
}

impl<'a> Output<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self { out, err, person: None }
    }

    /// With somebody who can be asked.
    pub(crate) fn with_person(self, person: &'a mut dyn BufRead) -> Self {
        Self { person: Some(person), ..self }
    }

    /// The same streams for a while.
    pub(crate) fn reborrow(&mut self) -> Output<'_> {
        // A reborrow of what is in an option has to be spelled out, or it would keep the longer lifetime.
        let person: Option<&mut dyn BufRead> = match &mut self.person {
            Some(person) => Some(&mut **person),
            None => None,
        };
        Output { out: &mut *self.out, err: &mut *self.err, person }
    }

    /// Writes an answer. What it rests on stands beneath a table; under CSV it goes to stderr, in JSON it is part of
    /// the answer.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub(crate) fn show<V: View>(
        &mut self,
        answer: &V,
        format: Format,
        zone: Tz,
        labels: &Labels,
    ) -> anyhow::Result<()> {
        match format {
            Format::Json => writeln!(self.out, "{}", to_json(answer)?)?,
            Format::Csv => {
                self.grid(&answer.grid(zone), format)?;
                answer.notes(zone).iter().for_each(|note| self.say(note));
            }
            Format::Table => {
                self.grid(&answer.grid(zone).labelled(labels), format)?;
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

    /// Writes data that has its own line breaks.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        write!(self.out, "{text}")
    }

    /// What somebody answers; none where nobody sits at a terminal.
    ///
    /// # Errors
    /// When the terminal cannot be read.
    pub(crate) fn ask(&mut self, question: &str) -> io::Result<Option<String>> {
        let Some(person) = &mut self.person else { return Ok(None) };
        // Nobody answers what he does not see.
        write!(self.err, "{question} ")?;
        self.err.flush()?;
        let mut answer = String::new();
        person.read_line(&mut answer)?;
        Ok(Some(answer.trim().to_owned()))
    }

    /// Tells people something. That nobody listens is no reason to stop.
    pub(crate) fn say(&mut self, text: &str) {
        let _ = writeln!(self.err, "{text}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_sits_at_a_terminal_is_asked_and_nobody_else() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        assert_eq!(Output::new(&mut out, &mut err).ask("Sign?").unwrap(), None);
        let mut person: &[u8] = b" yes\n";
        let mut output = Output::new(&mut out, &mut err).with_person(&mut person);
        assert_eq!(output.reborrow().ask("Sign?").unwrap().as_deref(), Some("yes"));
        assert_eq!(output.ask("Again?").unwrap().as_deref(), Some(""), "whoever has left says nothing");
        assert_eq!((out.as_slice(), err.as_slice()), (&b""[..], &b"Sign? Again? "[..]));
    }
}
