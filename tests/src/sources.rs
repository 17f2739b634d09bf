//! The sources of this workspace as a list of files, for tests that hold them to the rules of the house.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Folders that hold nothing anybody wrote here, besides the hidden ones.
const NOT_OURS: &[&str] = &["target", "handoff-data", "node_modules"];

/// The root of the workspace.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// One file of text.
#[derive(Debug)]
pub struct Source {
    /// Its path from the root of the workspace, with `/` between the parts.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl Source {
    /// Is it Rust that somebody wrote (and not the code that is made from the protos)?
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs") && !self.is_generated()
    }

    /// Is it written by a program?
    pub fn is_generated(&self) -> bool {
        self.path.contains("/gen/") || self.path.ends_with(".lock") || self.path.ends_with(".snap")
    }
}

/// Every file of text in the workspace but those in hidden folders and in folders of build results, sorted by path.
///
/// # Errors
/// Where a file cannot be read. Files that are not UTF-8 are passed over.
pub fn all() -> io::Result<Vec<Source>> {
    let root = root();
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type()?;
            if kind.is_dir() && !name.starts_with('.') && !NOT_OURS.contains(&name.as_str()) {
                folders.push(entry.path());
            } else if kind.is_file()
                && let Ok(text) = String::from_utf8(fs::read(entry.path())?)
            {
                let path = entry.path();
                let path = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
                sources.push(Source { path, text });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}
