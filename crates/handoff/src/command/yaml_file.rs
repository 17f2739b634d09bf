//! A YAML file that says what a message of the API is to hold: read whole, every fault at its place, and what a service
//! refuses of it at its place too.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use prost::{Message, Name};
use tonic::Status;
use tonic_types::StatusExt;

use crate::yaml::{Document, Fault, Unusable};

/// The file.
#[derive(Debug, Args)]
pub(crate) struct YamlFile {
    /// The YAML file; its fields are those of the API.
    file: PathBuf,
}

impl YamlFile {
    /// What it says.
    ///
    /// # Errors
    /// If there is no such file, and with everything that is wrong with it.
    pub(crate) fn read<M: Message + Name + Default>(&self) -> anyhow::Result<Document<M>> {
        let place = self.file.display();
        let text = std::fs::read_to_string(&self.file).with_context(|| format!("cannot read {place}"))?;
        Ok(Document::parse(&text)?.map_err(|faults| Unusable { file: place.to_string(), faults })?)
    }

    /// That a field of it is wrong.
    pub(crate) fn unusable<M>(&self, document: &Document<M>, path: &str, what: String) -> Unusable
    where
        M: Message + Name + Default,
    {
        let fault = Fault { place: document.place(path), path: path.to_owned(), what };
        Unusable { file: self.file.display().to_string(), faults: vec![fault] }
    }

    /// A refusal of what the file says, with the places that it speaks of; any other as it is. `prefix` is what the paths
    /// of its fields begin with in the request.
    pub(crate) fn with_places<M>(
        &self,
        refusal: anyhow::Error,
        document: &Document<M>,
        prefix: &str,
    ) -> anyhow::Error
    where
        M: Message + Name + Default,
    {
        let Some(status) = refusal.downcast_ref::<Status>() else { return refusal };
        let found = status.get_details_bad_request().map(|found| found.field_violations).unwrap_or_default();
        let faults: Option<Vec<Fault>> = found
            .into_iter()
            .map(|found| {
                let path = found.field.strip_prefix(prefix)?.to_owned();
                Some(Fault { place: document.place(&path), path, what: found.description })
            })
            .collect();
        match faults {
            Some(faults) if !faults.is_empty() => {
                Unusable { file: self.file.display().to_string(), faults }.into()
            }
            _ => refusal,
        }
    }
}
