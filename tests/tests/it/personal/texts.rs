//! Personal values in every place of a request that holds a text, by its descriptor.

use std::collections::HashMap;

use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value,
};

/// How deep messages are filled. The protos' own are not deeper.
const DEPTH: usize = 6;

/// A message with a text in every place; of each `oneof` the member whose turn it is by `turn`. Numbers are 1, which is
/// also something of every enum.
pub(super) fn filled(message: &MessageDescriptor, text: &str, turn: usize) -> DynamicMessage {
    fill(message, text, turn, DEPTH)
}

/// How many turns it takes until every member of every `oneof` had its own.
pub(super) fn turns(message: &MessageDescriptor) -> usize {
    members(message, DEPTH).max(1)
}

fn members(descriptor: &MessageDescriptor, depth: usize) -> usize {
    let own = descriptor.oneofs().map(|oneof| oneof.fields().count());
    let inner = descriptor.fields().filter_map(|field| match field.kind() {
        Kind::Message(inner) if depth > 0 && !field.is_map() => Some(members(&inner, depth - 1)),
        _ => None,
    });
    own.chain(inner).max().unwrap_or(0)
}

fn fill(descriptor: &MessageDescriptor, text: &str, turn: usize, depth: usize) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        let skipped = field.containing_oneof().is_some_and(|oneof| {
            let place = oneof.fields().position(|member| member == field);
            place != Some(turn % oneof.fields().count())
        });
        if skipped || depth == 0 {
            continue;
        }
        let value = match field.kind() {
            Kind::Message(inner) if !field.is_map() => {
                one_or_list(&field, Value::Message(fill(&inner, text, turn, depth - 1)))
            }
            Kind::Enum(_) => one_or_list(&field, Value::EnumNumber(1)),
            Kind::Int32 => one_or_list(&field, Value::I32(1)),
            Kind::Int64 => one_or_list(&field, Value::I64(1)),
            _ => match with_text(&field, text) {
                Some(value) => value,
                None => continue,
            },
        };
        message.set_field(&field, value);
    }
    message
}

/// `message` with one of its texts replaced, or put where there is none: once for each, those of messages within it
/// included; with the name of the field.
pub(super) fn each_replaced(message: &DynamicMessage, text: &str) -> Vec<(String, DynamicMessage)> {
    let mut all = Vec::new();
    for field in message.descriptor().fields() {
        let with = |value: Value| {
            let mut message = message.clone();
            message.set_field(&field, value);
            message
        };
        if let Some(value) = with_text(&field, text) {
            all.push((field.name().to_owned(), with(value)));
            continue;
        }
        if !message.has_field(&field) {
            continue;
        }
        match message.get_field(&field).as_ref() {
            Value::Message(inner) => all.extend(
                each_replaced(inner, text)
                    .into_iter()
                    .map(|(name, inner)| (format!("{}.{name}", field.name()), with(Value::Message(inner)))),
            ),
            Value::List(items) => {
                for (place, item) in items.iter().enumerate() {
                    let Value::Message(item) = item else { continue };
                    all.extend(each_replaced(item, text).into_iter().map(|(name, item)| {
                        let mut items = items.clone();
                        items[place] = Value::Message(item);
                        (format!("{}.{name}", field.name()), with(Value::List(items)))
                    }));
                }
            }
            _ => {}
        }
    }
    all
}

/// What a field holds that holds nothing but this text.
fn with_text(field: &FieldDescriptor, text: &str) -> Option<Value> {
    let value = Value::String(text.to_owned());
    match field.kind() {
        Kind::String => Some(one_or_list(field, value)),
        Kind::Bytes => Some(one_or_list(field, Value::Bytes(text.as_bytes().to_vec().into()))),
        Kind::Message(entry) if field.is_map() => {
            let held = match entry.map_entry_value_field().kind() {
                Kind::String => value,
                other => Value::default_value(&other),
            };
            Some(Value::Map(HashMap::from([(MapKey::String(text.to_owned()), held)])))
        }
        _ => None,
    }
}

fn one_or_list(field: &FieldDescriptor, value: Value) -> Value {
    if field.is_list() { Value::List(vec![value]) } else { value }
}
