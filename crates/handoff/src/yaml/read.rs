//! A tree as a message. What a value may be, a point, a date or an amount, is for the service to say: here it is text.

use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value};

use super::Fault;
use super::tree::{Content, Node};

/// The message of a tree.
///
/// # Errors
/// Everything that does not fit.
pub(super) fn message(root: &Node, of: MessageDescriptor) -> Result<DynamicMessage, Vec<Fault>> {
    let mut reader = Reader { faults: Vec::new() };
    let message = reader.message(root, "", of);
    match message {
        Some(message) if reader.faults.is_empty() => Ok(message),
        _ => Err(reader.faults),
    }
}

/// The only field of a message that merely holds a list, which is written as that list.
pub(super) fn list_within(of: &MessageDescriptor) -> Option<FieldDescriptor> {
    let mut fields = of.fields();
    fields.next().filter(|field| field.is_list() && fields.next().is_none())
}

/// Whether a message holds nothing, so that all it says is that it is there.
pub(super) fn is_mark(of: &MessageDescriptor) -> bool {
    of.fields().next().is_none()
}

/// The values of an enum with their words; the one that means "not given" has none.
pub(super) fn words(of: &EnumDescriptor) -> Vec<(String, i32)> {
    let unspecified = of.get_value(0);
    let prefix = unspecified.as_ref().and_then(|value| value.name().strip_suffix("UNSPECIFIED"));
    let prefix = prefix.unwrap_or_default();
    let word = |name: &str| name.strip_prefix(prefix).unwrap_or(name).to_owned();
    let given = of.values().filter(|value| value.number() != 0);
    given.map(|value| (word(value.name()), value.number())).collect()
}

struct Reader {
    faults: Vec<Fault>,
}

impl Reader {
    /// Notes what is wrong with a node.
    fn refuse<T>(&mut self, node: &Node, path: &str, what: impl Into<String>) -> Option<T> {
        self.faults.push(Fault { place: node.place, path: path.to_owned(), what: what.into() });
        None
    }

    fn message(&mut self, node: &Node, path: &str, of: MessageDescriptor) -> Option<DynamicMessage> {
        if let Some(list) = list_within(&of) {
            let mut message = DynamicMessage::new(of);
            message.set_field(&list, self.list(node, path, &list)?);
            return Some(message);
        }
        if is_mark(&of) {
            return match &node.content {
                Content::Text(text) if text == "true" => Some(DynamicMessage::new(of)),
                _ => self.refuse(node, path, "is true, or left out"),
            };
        }
        let Content::Map(entries) = &node.content else {
            return self.refuse(node, path, format!("has fields of its own: {}", names(&of)));
        };
        let mut message = DynamicMessage::new(of.clone());
        for entry in entries {
            let path = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
            let mut refuse = |what| self.faults.push(Fault { place: entry.place, path: path.clone(), what });
            let Some(field) = of.get_field_by_name(&entry.key) else {
                refuse(format!("is no field here; what is: {}", names(&of)));
                continue;
            };
            let other = field.containing_oneof().and_then(|group| {
                let other = group.fields().find(|other| message.has_field(other))?;
                Some(other.name().to_owned())
            });
            if let Some(other) = other {
                refuse(format!("cannot stand beside {other}: leave one of them out"));
                continue;
            }
            let value = if field.is_list() {
                self.list(&entry.value, &path, &field)
            } else {
                self.value(&entry.value, &path, &field)
            };
            if let Some(value) = value {
                message.set_field(&field, value);
            }
        }
        Some(message)
    }

    fn list(&mut self, node: &Node, path: &str, field: &FieldDescriptor) -> Option<Value> {
        let Content::List(items) = &node.content else {
            return self.refuse(node, path, "is a list: `[a, b]`, or an item on each line after a hyphen");
        };
        let values = items.iter().enumerate();
        let values = values.filter_map(|(index, item)| self.value(item, &format!("{path}[{index}]"), field));
        Some(Value::List(values.collect()))
    }

    fn value(&mut self, node: &Node, path: &str, field: &FieldDescriptor) -> Option<Value> {
        if matches!(node.content, Content::Nothing) {
            return self.refuse(node, path, "has no value: give it one, or leave it out");
        }
        let kind = field.kind();
        if let Kind::Message(of) = kind {
            return self.message(node, path, of).map(Value::Message);
        }
        let Content::Text(text) = &node.content else {
            return self.refuse(
                node,
                path,
                "is a single value; quote a text that begins with a bracket or a brace",
            );
        };
        match kind {
            Kind::String => Some(Value::String(text.clone())),
            Kind::Bool => match text.as_str() {
                "true" => Some(Value::Bool(true)),
                "false" => Some(Value::Bool(false)),
                _ => self.refuse(node, path, "is true or false"),
            },
            Kind::Int32 => match text.parse() {
                Ok(number) => Some(Value::I32(number)),
                Err(_) => self.refuse(node, path, "is a whole number, without marks between its digits"),
            },
            Kind::Enum(of) => {
                let words = words(&of);
                let found = words.iter().find(|(word, _)| word == text);
                let number = found.map(|(_, number)| Value::EnumNumber(*number));
                let all: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
                number.or_else(|| self.refuse(node, path, format!("is one of {}", all.join(", "))))
            }
            // No message that is written as YAML has a field of another kind; a test reads them all.
            _ => self.refuse(node, path, "cannot be written in YAML"),
        }
    }
}

fn names(of: &MessageDescriptor) -> String {
    let names: Vec<String> = of.fields().map(|field| field.name().to_owned()).collect();
    names.join(", ")
}
