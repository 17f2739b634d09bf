//! The demo's folder: which sample lies in it, and whether it is all there. A second demo finds the first one's data;
//! one that was interrupted goes on with the same story, for an import changes nothing twice.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};

use super::Sample;

const NOTE: &str = "sample.toml";

/// The folder of a demo.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// The sample that lies in it, or will.
    pub(crate) sample: Sample,
    /// Whether all of it has been imported.
    pub(crate) is_complete: bool,
}

/// What is written down.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    seed: u64,
    leads: u64,
    /// RFC 3339.
    until: String,
    is_complete: bool,
}

impl Folder {
    /// The folder as it was left, or a new one for `wanted`.
    ///
    /// # Errors
    /// When it holds another sample than the wanted one, or cannot be written to.
    pub(crate) fn open(path: &Path, wanted: Sample) -> anyhow::Result<Self> {
        let place = path.display();
        fs::create_dir_all(path).with_context(|| format!("cannot make the folder {place}"))?;
        let mut folder = Self { path: path.to_owned(), sample: wanted, is_complete: false };
        match fs::read_to_string(path.join(NOTE)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => folder.write()?,
            Err(error) => return Err(error).with_context(|| format!("cannot read {place}/{NOTE}")),
            Ok(text) => {
                let note: Note = toml::from_str(&text)
                    .with_context(|| format!("{place}/{NOTE} is not as it was written"))?;
                if (note.seed, note.leads) != (wanted.seed, wanted.leads) {
                    bail!(
                        "{place} holds {} leads of seed {}: ask for those, or name another --folder",
                        note.leads,
                        note.seed
                    );
                }
                folder.sample.until =
                    note.until.parse().with_context(|| format!("{place}/{NOTE} has no time"))?;
                folder.is_complete = note.is_complete;
            }
        }
        Ok(folder)
    }

    /// Where its Postgres is.
    pub(crate) fn postgres(&self) -> PathBuf {
        self.path.join("postgres")
    }

    /// Remembers that all of the sample is in.
    ///
    /// # Errors
    /// When that cannot be written down.
    pub(crate) fn complete(&mut self) -> anyhow::Result<()> {
        self.is_complete = true;
        self.write()
    }

    fn write(&self) -> anyhow::Result<()> {
        let Sample { seed, leads, until } = self.sample;
        let until = until.to_rfc3339_opts(SecondsFormat::Micros, true);
        let note = toml::to_string(&Note { seed, leads, until, is_complete: self.is_complete })?;
        let place = self.path.join(NOTE);
        fs::write(&place, note).with_context(|| format!("cannot write {}", place.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_demo_finds_the_story_of_the_first() {
        let place = tempfile::tempdir().unwrap();
        let until = "2026-11-22T14:30:00.123456Z".parse().unwrap();
        let first = Sample { seed: 1, leads: 10, until };
        let mut folder = Folder::open(place.path(), first).unwrap();
        assert!(!folder.is_complete);
        folder.complete().unwrap();

        let later = Sample { until: "2026-11-23T00:00:00Z".parse().unwrap(), ..first };
        let again = Folder::open(place.path(), later).unwrap();
        assert_eq!((again.sample, again.is_complete), (first, true));
        let other = Folder::open(place.path(), Sample { seed: 2, ..first }).unwrap_err();
        assert!(other.to_string().contains("holds 10 leads of seed 1"), "{other}");
    }
}
