//! Protobuf's own JSON of an answer, made from the descriptors: names and forms are those of every protobuf library.

use prost::{Message, Name};
use prost_reflect::SerializeOptions;

use crate::descriptor;

/// The message as JSON over several lines, without a line break at its end. Fields without a value stand there too: a
/// program that looks for a count of zero should find it.
///
/// # Errors
/// When the message is not one of the API's.
pub(crate) fn to_json<M: Message + Name>(message: &M) -> anyhow::Result<String> {
    let dynamic = descriptor::reflect(message)?;
    let mut json = Vec::new();
    let mut serializer = serde_json::Serializer::pretty(&mut json);
    dynamic.serialize_with_options(&mut serializer, &SerializeOptions::new().skip_default_fields(false))?;
    Ok(String::from_utf8(json)?)
}

#[cfg(test)]
mod tests {
    use handoff_proto::reporting::v1::{MqlRow, RowKey};

    use super::*;

    #[test]
    fn json_is_that_of_protobuf() {
        let row = MqlRow {
            key: Some(RowKey { period: "2026-01".into(), ..RowKey::default() }),
            mql_count: 7,
            ..MqlRow::default()
        };
        insta::assert_snapshot!(to_json(&row).unwrap());
    }
}
