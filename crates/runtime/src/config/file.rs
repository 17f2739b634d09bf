//! The configuration file: TOML with a table for each concern and, in sections named after the services, the same tables
//! for one of them. It is read into values that know their line; which of them count, and whether they are good, is
//! judged where all sources meet ([`super::settings`]).
//!
//! It refuses what it does not know. Lines of the file are never repeated in a fault: one may hold a password.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// The sections: a service each.
const SERVICES: [&str; 3] = ["qualification", "sla", "reporting"];
/// What only some services can be told; the others pass it over, so that one file serves all.
const OF_SOME: [(&str, &str); 2] = [("peer", "qualification"), ("peer", "sla")];
/// How alike two words must be (Jaro-Winkler) for one to be meant by the other.
const ALIKE: f64 = 0.8;

/// What the file may say: a setting of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) table: String,
    pub(super) key: String,
    pub(super) kind: Kind,
}

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    /// A text, or a number where that says it: `5`, `"5m"`.
    Time,
    Switch,
    /// Texts, or one.
    List,
}

/// What the file says for a setting, as an argument would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) values: Vec<String>,
    pub(super) line: usize,
}

/// A file, for one service.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    text: String,
}

impl File {
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let text =
            fs::read_to_string(path).map_err(|error| format!("--config {}: {error}", path.display()))?;
        Ok(Self { path: path.to_owned(), text })
    }

    /// What the file says to `service` for each of `known`, in their order.
    pub(super) fn say(&self, service: &str, known: &[Known], faults: &mut Vec<String>) -> Vec<Option<Said>> {
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        let mut reader = Reader { file: self, known, said: vec![None; known.len()], faults: Vec::new() };
        for error in &errors {
            let line = error.span().map_or(1, |span| self.line(span.start));
            reader.fault(line, error.message());
        }
        // What was made of a file that is no TOML is not worth telling.
        if errors.is_empty() {
            reader.root(table.get_ref(), service);
        }
        let Reader { said, faults: mut found, .. } = reader;
        // In the order of the file: a table's keys come sorted by name.
        found.sort_by_key(|(line, _)| *line);
        faults.extend(found.into_iter().map(|(_, fault)| fault));
        said
    }

    fn line(&self, offset: usize) -> usize {
        let end = offset.min(self.text.len());
        self.text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count() + 1
    }
}

struct Reader<'a> {
    file: &'a File,
    known: &'a [Known],
    said: Vec<Option<Said>>,
    faults: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn fault(&mut self, line: usize, what: impl AsRef<str>) {
        let path = self.file.path.display();
        self.faults.push((line, format!("{path}, line {line}: {}", what.as_ref())));
    }

    fn root(&mut self, root: &DeTable<'_>, service: &str) {
        for (name, value) in root {
            if !SERVICES.contains(&word(name)) {
                self.table(name, value, None);
            }
        }
        // After the shared tables, because its word counts more.
        for (name, value) in root {
            let section = word(name);
            if !SERVICES.contains(&section) {
                continue;
            }
            let Some(tables) = value.get_ref().as_table() else {
                self.fault(self.file.line(name.span().start), format!("[{section}] is a section of tables"));
                continue;
            };
            if section == service {
                tables.iter().for_each(|(name, value)| self.table(name, value, Some(section)));
            }
        }
    }

    fn table(&mut self, name: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>, section: Option<&str>) {
        let line = self.file.line(name.span().start);
        let table = word(name);
        let full = section.map_or_else(|| table.to_owned(), |section| format!("{section}.{table}"));
        let known = self.known.iter().any(|known| known.table == table);
        match value.get_ref().as_table() {
            Some(keys) if known => {
                keys.iter().for_each(|(key, value)| self.setting(table, &full, key, value));
            }
            Some(_) => {
                let tables = self.known.iter().map(|known| (known.table.as_str(), known.table.as_str()));
                let sections = SERVICES.iter().filter(|_| section.is_none()).map(|name| (*name, *name));
                let meant = alike(table, tables.chain(sections));
                let meant = meant.map(|meant| format!("; is [{meant}] meant?")).unwrap_or_default();
                self.fault(line, format!("there is no table [{full}]{meant}"));
            }
            None => {
                let meant = self.meant(table);
                self.fault(line, format!("{full} stands in no table{meant}"));
            }
        }
    }

    fn setting(
        &mut self,
        table: &str,
        full: &str,
        key: &Spanned<DeString<'_>>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let line = self.file.line(key.span().start);
        let name = word(key);
        let Some(place) = self.known.iter().position(|known| known.table == table && known.key == name)
        else {
            if !OF_SOME.contains(&(table, name)) {
                let meant = self.meant(name);
                self.fault(line, format!("there is no setting {full}.{name}{meant}"));
            }
            return;
        };
        match values(value.get_ref(), self.known[place].kind) {
            Ok(values) => self.said[place] = Some(Said { values, line }),
            Err(wanted) => {
                let found = value.get_ref().type_str();
                self.fault(line, format!("{full}.{name} is {wanted}, and not of the type {found}"));
            }
        }
    }

    /// The setting that comes nearest to a word, as an advice.
    fn meant(&self, word: &str) -> String {
        let full: Vec<(String, String)> = self
            .known
            .iter()
            .flat_map(|Known { table, key, .. }| {
                let place = format!("{table}.{key}");
                [(key.clone(), place.clone()), (format!("{table}-{key}"), place)]
            })
            .collect();
        let pairs = full.iter().map(|(word, place)| (word.as_str(), place.as_str()));
        alike(word, pairs).map(|place| format!("; is {place} meant?")).unwrap_or_default()
    }
}

fn word<'a>(name: &'a Spanned<DeString<'_>>) -> &'a str {
    let text: &Cow<'_, str> = name.get_ref();
    text
}

/// The second of the pair whose first is most like `word`, if any is like it.
fn alike<'a>(word: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Option<&'a str> {
    let word = word.to_lowercase().replace('_', "-");
    let likeness = |other: &str| strsim::jaro_winkler(&word, other);
    let scored = pairs.map(|(other, told)| (likeness(other), told)).filter(|(score, _)| *score >= ALIKE);
    // The first of equals: in the order in which they are known.
    scored
        .fold(None, |best: Option<(f64, &str)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        })
        .map(|(_, told)| told)
}

/// The values as arguments, or what they should have been.
fn values(value: &DeValue<'_>, kind: Kind) -> Result<Vec<String>, &'static str> {
    match (kind, value) {
        (Kind::Text | Kind::Time, DeValue::String(text)) => Ok(vec![text.to_string()]),
        (Kind::Text, _) => Err("a text"),
        (Kind::Number | Kind::Time, DeValue::Integer(number)) if number.radix() == 10 => {
            Ok(vec![number.as_str().trim_start_matches('+').to_owned()])
        }
        (Kind::Number | Kind::Time, DeValue::Float(number)) => Ok(vec![number.as_str().to_owned()]),
        (Kind::Time, _) => Err("a text or a number"),
        (Kind::Number, _) => Err("a number"),
        (Kind::Switch, DeValue::Boolean(on)) => Ok(vec![on.to_string()]),
        (Kind::Switch, _) => Err("true or false"),
        (Kind::List, DeValue::String(text)) => Ok(vec![text.to_string()]),
        (Kind::List, DeValue::Array(items)) => {
            let texts = items.iter().map(|item| item.get_ref().as_str().map(str::to_owned));
            texts.collect::<Option<_>>().ok_or("a list of texts")
        }
        (Kind::List, _) => Err("a list of texts"),
    }
}
