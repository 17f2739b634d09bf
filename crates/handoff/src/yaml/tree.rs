//! YAML as a tree of texts, every one with its place. Knows nothing of messages.

use std::fmt;
use std::str::Chars;

use yaml_rust2::parser::{Event, Parser};
use yaml_rust2::scanner::{Marker, ScanError, TScalarStyle};

use super::Fault;

/// Nothing of ours is nested half as deeply.
const DEPTH: usize = 32;

/// A line and a column, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl From<Marker> for Place {
    fn from(mark: Marker) -> Self {
        Self { line: mark.line(), column: mark.col() + 1 }
    }
}

/// Something that stands in a file.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where.
    pub place: Place,
    /// What.
    pub content: Content,
}

/// What stands there.
#[derive(Debug, Clone)]
pub enum Content {
    /// The characters of a scalar.
    Text(String),
    /// A key without a value, or a value that says that there is none.
    Nothing,
    /// Items in their order.
    List(Vec<Node>),
    /// In the order in which they stand; no key comes twice.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where it stands.
    pub place: Place,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Where the field of a path stands, as far as the path leads. Steps that the file does not write, the `values` of a
    /// list, are passed over.
    pub(super) fn find(&self, path: &str) -> Place {
        let (mut node, mut place) = (self, self.place);
        for step in path.split(['.', '[', ']']).filter(|step| !step.is_empty()) {
            match &node.content {
                Content::Map(entries) => {
                    let Some(entry) = entries.iter().find(|entry| entry.key == step) else { break };
                    (node, place) = (&entry.value, entry.place);
                }
                Content::List(items) => match step.parse::<usize>().ok().map(|index| items.get(index)) {
                    Some(Some(item)) => (node, place) = (item, item.place),
                    Some(None) => break,
                    None => {}
                },
                Content::Text(_) | Content::Nothing => break,
            }
        }
        place
    }
}

/// Reads one document.
///
/// # Errors
/// The first thing for which it is no YAML, or none that is understood here.
pub fn parse(text: &str) -> Result<Node, Fault> {
    let mut events = Events(Parser::new_from_str(text));
    let root = loop {
        match events.next()? {
            (Event::StreamStart | Event::DocumentStart, _) => {}
            (Event::StreamEnd, mark) => return Err(fault(mark, "the file says nothing")),
            (event, mark) => break events.node(event, mark, 0)?,
        }
    };
    loop {
        match events.next()? {
            (Event::DocumentEnd, _) => {}
            (Event::StreamEnd, _) => return Ok(root),
            (_, mark) => {
                return Err(fault(mark, "a second document begins here: put it into a file of its own"));
            }
        }
    }
}

struct Events<'a>(Parser<Chars<'a>>);

impl Events<'_> {
    fn next(&mut self) -> Result<(Event, Marker), Fault> {
        self.0.next_token().map_err(|error: ScanError| {
            let what = format!("this is no YAML: {}", error.info());
            fault(*error.marker(), &what)
        })
    }

    fn node(&mut self, event: Event, mark: Marker, depth: usize) -> Result<Node, Fault> {
        if depth > DEPTH {
            return Err(fault(mark, "is nested too deeply"));
        }
        let content = match event {
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => {
                return Err(fault(mark, "a tag (`!`) is not understood: leave it out, or quote the text"));
            }
            Event::Scalar(text, TScalarStyle::Plain, ..) if is_null(&text) => Content::Nothing,
            Event::Scalar(text, ..) => Content::Text(text),
            Event::SequenceStart(..) => Content::List(self.list(depth)?),
            Event::MappingStart(..) => Content::Map(self.map(depth)?),
            Event::Alias(_) => {
                return Err(fault(mark, "a reference (`*`) is not understood: write out what it stands for"));
            }
            _ => return Err(fault(mark, "this is no YAML: a value was expected")),
        };
        // A mapping is where its first key is: its own mark stands behind that.
        let place = match &content {
            Content::Map(entries) => entries.first().map(|entry| entry.place),
            _ => None,
        };
        Ok(Node { place: place.unwrap_or(mark.into()), content })
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, Fault> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items),
                (event, mark) => items.push(self.node(event, mark, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Vec<Entry>, Fault> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, mark) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(entries);
            }
            let Content::Text(key) = self.node(event, mark, depth + 1)?.content else {
                return Err(fault(mark, "is no name of a field"));
            };
            if let Some(before) = entries.iter().find(|entry| entry.key == key) {
                let what = format!("{key} is there twice: the first stands on line {}", before.place.line);
                return Err(fault(mark, &what));
            }
            let (event, value_mark) = self.next()?;
            let mut value = self.node(event, value_mark, depth + 1)?;
            // Nothing stands nowhere: its mark is that of whatever comes next.
            if matches!(value.content, Content::Nothing) {
                value.place = mark.into();
            }
            entries.push(Entry { key, place: mark.into(), value });
        }
    }
}

/// What YAML calls null.
pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn fault(mark: Marker, what: &str) -> Fault {
    Fault { place: mark.into(), path: String::new(), what: what.to_owned() }
}
