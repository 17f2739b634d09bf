//! Messages of the API as YAML, so that what two departments agree on can live in a repository, and be read and compared
//! there by people who write no protobuf.
//!
//! The fields are those of the protos, found by their descriptors, so a new field needs no code here. Three things are
//! written as people write them: a message that only holds a list is that list (`in: [a, b]`), a message that holds
//! nothing is `true` (`gate: true`), and values of enums go without their prefix (`on_unknown: NEUTRAL`).
//!
//! Read strictly, every fault at once, each with its line and column: a misspelt field would silently change what is
//! agreed on. A scalar is its characters as they stand, never a number on the way, so `12.10` loses no digit and the
//! country code `NO` is no boolean. References, tags and second documents are refused: whoever signs should not have to
//! look elsewhere for what is meant.

mod read;
pub mod tree;
mod write;

#[cfg(test)]
mod tests;

use std::fmt;

use prost::{Message, Name};

use tree::{Node, Place};

/// A message that was read, and where each of its fields stood.
#[derive(Debug)]
pub(crate) struct Document<M> {
    pub(crate) message: M,
    root: Node,
}

impl<M: Message + Name + Default> Document<M> {
    /// Reads a message.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Result<Self, Vec<Fault>>> {
        let root = match tree::parse(text) {
            Ok(root) => root,
            Err(fault) => return Ok(Err(vec![fault])),
        };
        Ok(message(&root)?.map(|message| Self { message, root }))
    }

    /// Where a field stands, or the nearest thing around it that does: `criteria[2].predicate.range.min`.
    pub(crate) fn place(&self, path: &str) -> Place {
        self.root.find(path)
    }
}

/// The message of a tree, which may be a part of a document.
///
/// # Errors
/// If it is no message of the API; within, everything that is wrong with the tree.
pub fn message<M: Message + Name + Default>(root: &Node) -> anyhow::Result<Result<M, Vec<Fault>>> {
    match read::message(root, crate::descriptor::of::<M>()?) {
        Ok(message) => Ok(Ok(message.transcode_to()?)),
        Err(faults) => Ok(Err(faults)),
    }
}

/// The message, a line break at its end. What is absent or as it is when left out has no line.
///
/// # Errors
/// If it is no message of the API.
pub(crate) fn to_yaml<M: Message + Name>(message: &M) -> anyhow::Result<String> {
    Ok(write::message(&crate::descriptor::reflect(message)?))
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// The field: `criteria[2].predicate`; empty for the document as a whole.
    pub path: String,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = if self.path.is_empty() { "" } else { ": " };
        write!(f, "{}: {}{colon}{}", self.place, self.path, self.what)
    }
}

/// A file that cannot be used. Each fault is a line of its own that begins with the file's name, as compilers write them,
/// so that editors find the place.
#[derive(Debug)]
pub struct Unusable {
    /// Its name.
    pub file: String,
    /// All that is wrong with it.
    pub faults: Vec<Fault>,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.faults.iter().map(|fault| format!("{}:{fault}", self.file)).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Unusable {}
