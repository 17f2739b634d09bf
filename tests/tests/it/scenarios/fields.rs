//! The words of a mapping: each is taken once, and what nobody took is one that nobody knows.

use handoff::yaml::Fault;
use handoff::yaml::tree::{Content, Entry, Node, Place};

/// What is wrong so far.
#[derive(Debug, Default)]
pub(super) struct Faults(pub(super) Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, place: Place, path: &str, what: impl Into<String>) {
        self.0.push(Fault { place, path: path.to_owned(), what: what.into() });
    }
}

/// The words of a mapping that are still to be taken.
pub(super) struct Fields<'a> {
    pub(super) place: Place,
    left: Vec<&'a Entry>,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Those of a mapping; of anything else none, and that is a fault.
    pub(super) fn of(node: &'a Node, faults: &mut Faults) -> Self {
        let left = match &node.content {
            Content::Map(entries) => entries.iter().collect(),
            _ => {
                faults.add(node.place, "", "is a mapping of words");
                Vec::new()
            }
        };
        Self { place: node.place, left, asked: Vec::new() }
    }

    /// A word, if it is there.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'a Entry> {
        self.asked.push(key);
        let at = self.left.iter().position(|entry| entry.key == key)?;
        Some(self.left.remove(at))
    }

    /// A word as `read` understands it, or says why it does not.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        faults: &mut Faults,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let entry = self.take(key)?;
        let Content::Text(text) = &entry.value.content else {
            faults.add(entry.place, key, "is a single word or text");
            return None;
        };
        read(text).map_err(|what| faults.add(entry.place, key, what)).ok()
    }

    /// A word that must be there.
    pub(super) fn needed<T: Default>(
        &mut self,
        key: &'static str,
        faults: &mut Faults,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        if !self.left.iter().any(|entry| entry.key == key) {
            faults.add(self.place, key, "is missing");
        }
        self.read(key, faults, read).unwrap_or_default()
    }

    /// Words of the story's own, each with a text as `read` understands it.
    pub(super) fn map<T>(
        &mut self,
        key: &'static str,
        faults: &mut Faults,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<(String, T)> {
        let Some(entry) = self.take(key) else { return Vec::new() };
        let Content::Map(entries) = &entry.value.content else {
            faults.add(entry.place, key, "is a mapping of words to texts");
            return Vec::new();
        };
        let mut found = Vec::new();
        for entry in entries {
            let read = match &entry.value.content {
                Content::Text(text) => read(text),
                _ => Err("is a single word or text".to_owned()),
            };
            match read {
                Ok(value) => found.push((entry.key.clone(), value)),
                Err(what) => faults.add(entry.place, &entry.key, what),
            }
        }
        found
    }

    /// A list of things that the story says in this order, or nothing.
    pub(super) fn items(&mut self, key: &'static str, faults: &mut Faults) -> &'a [Node] {
        match self.take(key).map(|entry| (entry, &entry.value.content)) {
            Some((_, Content::List(items))) => items,
            Some((entry, _)) => {
                faults.add(entry.place, key, "is a list");
                &[]
            }
            None => &[],
        }
    }

    /// A list of words as `read` understands each.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        faults: &mut Faults,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let entry = self.take(key)?;
        let Content::List(items) = &entry.value.content else {
            faults.add(entry.place, key, "is a list: `[a, b]`");
            return None;
        };
        let mut list = Vec::new();
        for item in items {
            match &item.content {
                Content::Text(text) => match read(text) {
                    Ok(word) => list.push(word),
                    Err(what) => faults.add(item.place, key, what),
                },
                _ => faults.add(item.place, key, "is a list of words"),
            }
        }
        Some(list)
    }

    /// What is left is no word here.
    pub(super) fn end(self, faults: &mut Faults) {
        for entry in self.left {
            let what = format!("is no word here; what is: {}", self.asked.join(", "));
            faults.add(entry.place, &entry.key, what);
        }
    }
}

/// Any text.
pub(super) fn text(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

/// A word of an enum of the API, without its prefix.
pub(super) fn word<E>(
    of: &'static str,
    prefix: &str,
    from: impl Fn(&str) -> Option<E>,
    text: &str,
) -> Result<E, String> {
    from(&format!("{prefix}_{text}")).ok_or_else(|| format!("{text} is no word of {of}"))
}
