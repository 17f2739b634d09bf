//! A message as text: fields in the order of the proto, what is short on one line.

use prost_reflect::{DynamicMessage, Kind, ReflectMessage, Value};

use super::read::{is_mark, list_within, words};
use super::tree::is_null;

/// The longest list or message that is put on one line, in characters.
const LINE: usize = 90;
/// A step to the right.
const STEP: &str = "  ";

/// The message as a document.
pub(super) fn message(message: &DynamicMessage) -> String {
    match tree(message) {
        Form::Fields(fields) if !fields.is_empty() => block(&Form::Fields(fields), ""),
        form => format!("{}\n", flow(&form)),
    }
}

/// What is to be written, without its layout.
enum Form {
    Scalar(String),
    Items(Vec<Form>),
    Fields(Vec<(String, Form)>),
}

fn tree(message: &DynamicMessage) -> Form {
    let of = message.descriptor();
    if let Some(list) = list_within(&of) {
        return form(&message.get_field(&list), &list.kind());
    }
    if is_mark(&of) {
        return Form::Scalar("true".to_owned());
    }
    let given = of.fields().filter(|field| message.has_field(field));
    let form = |field: prost_reflect::FieldDescriptor| {
        (field.name().to_owned(), form(&message.get_field(&field), &field.kind()))
    };
    Form::Fields(given.map(form).collect())
}

fn form(value: &Value, kind: &Kind) -> Form {
    match (value, kind) {
        (Value::List(items), kind) => Form::Items(items.iter().map(|item| form(item, kind)).collect()),
        (Value::Message(message), _) => tree(message),
        (Value::String(text), _) => Form::Scalar(scalar(text)),
        (Value::EnumNumber(number), Kind::Enum(of)) => {
            let word = words(of).into_iter().find(|(_, other)| other == number).map(|(word, _)| word);
            Form::Scalar(word.unwrap_or_else(|| number.to_string()))
        }
        (Value::Bool(is), _) => Form::Scalar(is.to_string()),
        (Value::I32(number), _) => Form::Scalar(number.to_string()),
        // No message that is written as YAML has a field of another kind; a test reads them all.
        (other, _) => Form::Scalar(scalar(&format!("{other:?}"))),
    }
}

/// A text as it stands, or in quotation marks where it would be read as something else.
fn scalar(text: &str) -> String {
    let is_word = |text: &str| {
        text.starts_with(char::is_alphanumeric)
            && !text.ends_with(' ')
            && text.chars().all(|c| c.is_alphanumeric() || " -_./@'+%&€".contains(c))
    };
    let is_plain = is_word(text.strip_prefix('-').filter(|rest| is_number(rest)).unwrap_or(text));
    // JSON's quotation is YAML's too.
    if is_plain && !is_null(text) { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// On one line.
fn flow(form: &Form) -> String {
    match form {
        Form::Scalar(text) => text.clone(),
        Form::Items(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Form::Fields(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}: {}", flow(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// On a line for each field and item, `indent` to the right.
fn block(form: &Form, indent: &str) -> String {
    let deeper = format!("{indent}{STEP}");
    match form {
        Form::Fields(fields) => {
            let lines = fields.iter().map(|(name, value)| match is_short(value) {
                true => format!("{indent}{name}: {}\n", flow(value)),
                false => format!("{indent}{name}:\n{}", block(value, &deeper)),
            });
            lines.collect()
        }
        Form::Items(items) => {
            let lines = items.iter().map(|item| match item {
                Form::Fields(fields) if !fields.is_empty() => {
                    // The first field stands on the line of the hyphen.
                    let lines = block(item, &deeper);
                    format!("{indent}- {}", lines.trim_start())
                }
                other => format!("{indent}- {}\n", flow(other)),
            });
            lines.collect()
        }
        Form::Scalar(text) => format!("{indent}{text}\n"),
    }
}

/// Whether it reads well on one line: scalars, lists of them, and what holds only such, up to a length.
fn is_short(form: &Form) -> bool {
    let is_flat = match form {
        Form::Scalar(_) => return true,
        Form::Items(items) => items.iter().all(|item| matches!(item, Form::Scalar(_))),
        Form::Fields(fields) => fields.iter().all(|(_, value)| is_short(value)),
    };
    is_flat && flow(form).chars().count() <= LINE
}
