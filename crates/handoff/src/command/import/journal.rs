//! How far the import of a file has come, written down beside it for `--resume`: a small file in the state folder,
//! replaced as a whole about once a second and removed when the import has ended.
//!
//! It is a help and no record: what is in is known by the service, and without a journal everything is sent again and
//! changes nothing. It says of the rows before its mark only that they were dealt with, and knows them again by a digest
//! of what they told, so that neither another file nor another mapping can pass for the one that was begun.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs, io};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::count::Counts;

/// How often it is written: what a killed import sends again is what it sent since.
const EVERY: Duration = Duration::from_secs(1);
const VERSION: u32 = 1;

/// A place in a file: the rows before it, and what they told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// How many rows come before.
    pub(super) rows: u64,
    digest: [u8; 32],
}

impl Mark {
    /// The place behind one more row, which told `content`.
    pub(super) fn behind(self, content: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(self.digest).chain_update(content).finalize();
        Self { rows: self.rows + 1, digest: digest.into() }
    }

    fn digest(self) -> String {
        self.digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What is written down.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    version: u32,
    /// For whoever looks into it.
    file: PathBuf,
    rows: u64,
    digest: String,
    counts: Counts,
}

/// What an earlier import had done.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) rows: u64,
    digest: String,
    pub(super) counts: Counts,
}

impl Begun {
    /// Whether the rows before `mark` are those that it dealt with.
    pub(super) fn is_at(&self, mark: Mark) -> bool {
        self.rows == mark.rows && self.digest == mark.digest()
    }
}

/// The journal of one file's import.
#[derive(Debug)]
pub(super) struct Journal {
    place: PathBuf,
    file: PathBuf,
    written: Instant,
    has_failed: bool,
}

impl Journal {
    /// The journal of `file` in `folder`; `import` is all else that makes it the same import: service, tenant, kind.
    pub(super) fn of(folder: &Path, file: &Path, import: &[&str]) -> Self {
        let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
        let mut name = Sha256::new().chain_update(file.as_os_str().as_encoded_bytes());
        for part in import {
            name.update([0]);
            name.update(part);
        }
        let name: String = name.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let place = folder.join("imports").join(format!("{name}.json"));
        Self { place, file, written: Instant::now(), has_failed: false }
    }

    /// What an earlier import wrote down; `None` where there is nothing.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn read(&self) -> anyhow::Result<Option<Begun>> {
        let place = self.place.display();
        let text = match fs::read_to_string(&self.place) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {place}")),
        };
        let note: Note =
            serde_json::from_str(&text).with_context(|| format!("{place} is not as it was written"))?;
        if note.version != VERSION {
            bail!("{place} was written by another version of handoff: import without --resume");
        }
        Ok(Some(Begun { rows: note.rows, digest: note.digest, counts: note.counts }))
    }

    /// Notes that everything before `mark` is dealt with, if the last note is old enough.
    pub(super) fn note(&mut self, mark: Mark, counts: Counts) -> io::Result<()> {
        if self.has_failed || self.written.elapsed() < EVERY {
            return Ok(());
        }
        self.write(mark, counts)
    }

    /// Notes it now. Whoever reads finds the old note or the new one, whole.
    pub(super) fn write(&mut self, mark: Mark, counts: Counts) -> io::Result<()> {
        self.written = Instant::now();
        let note = Note {
            version: VERSION,
            file: self.file.clone(),
            rows: mark.rows,
            digest: mark.digest(),
            counts,
        };
        let fresh = self.place.with_extension("new");
        let written = (|| {
            fs::create_dir_all(self.place.parent().unwrap_or(Path::new(".")))?;
            // Not synced: a power cut that loses the note costs sending the rows again.
            fs::write(&fresh, serde_json::to_vec(&note)?)?;
            fs::rename(&fresh, &self.place)
        })();
        // Said once; the import does not depend on it.
        self.has_failed |= written.is_err();
        written
    }

    /// Forgets it: the import has come to its end.
    pub(super) fn remove(&self) {
        // One that was never written, or that stays, is found out by its digest.
        let _ = fs::remove_file(&self.place);
    }
}

/// Where programs of a person keep what is theirs to remember: XDG's state folder.
pub(super) fn state_folder() -> Option<PathBuf> {
    let folder = |variable| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))?;
    Some(state.join("handoff"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(rows: &[&str]) -> Mark {
        rows.iter().fold(Mark::default(), |mark, row| mark.behind(row.as_bytes()))
    }

    #[test]
    fn a_journal_knows_the_rows_again_that_it_saw() {
        let folder = tempfile::tempdir().unwrap();
        let journal = || Journal::of(folder.path(), Path::new("/exports/leads.csv"), &["acme", "leads"]);
        assert!(journal().read().unwrap().is_none(), "there is nothing to go on with");
        let counts = Counts { created: 2, refused: 1, ..Counts::default() };
        journal().write(mark(&["ada", "eve", "?"]), counts).unwrap();

        let begun = journal().read().unwrap().unwrap();
        assert_eq!((begun.rows, begun.counts), (3, counts));
        assert!(begun.is_at(mark(&["ada", "eve", "?"])));
        for other in [&["ada", "eve"][..], &["ada", "eva", "?"], &["ada", "eve", "?", "bob"]] {
            assert!(!begun.is_at(mark(other)), "{other:?}");
        }
        let another = Journal::of(folder.path(), Path::new("/exports/leads.csv"), &["umbrella", "leads"]);
        assert!(another.read().unwrap().is_none(), "each tenant has a journal of its own");
        journal().remove();
        assert!(journal().read().unwrap().is_none());
    }

    #[test]
    fn a_journal_that_is_none_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::of(folder.path(), Path::new("leads.csv"), &[]);
        journal.write(mark(&["ada"]), Counts::default()).unwrap();
        fs::write(&journal.place, "{}").unwrap();
        let error = journal.read().unwrap_err().to_string();
        assert!(error.ends_with("is not as it was written"), "{error}");
    }

    #[test]
    fn notes_are_not_written_for_every_row_and_failing_to_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::of(folder.path(), Path::new("leads.csv"), &[]);
        journal.note(mark(&["ada"]), Counts::default()).unwrap();
        assert!(journal.read().unwrap().is_none(), "a second has not passed");
        fs::write(folder.path().join("imports"), "in the way").unwrap();
        assert!(journal.write(mark(&["ada"]), Counts::default()).is_err());
        assert!(journal.note(mark(&["ada"]), Counts::default()).is_ok());
    }
}
