//! What makes an imported item the same item: a digest of its key in the source, and one of its content. The key may
//! be a personal id, so only its digest is ever kept.

use handoff_domain::qualification::record::{Digest, Source, SourceKey, SourceKind};
use prost::Message;
use sha2::{Digest as _, Sha256};

/// Between the parts of a derived key: no key of a source holds it, because control characters are refused.
const SEPARATOR: [u8; 1] = [0x1f];

/// The identity of an item that the source names itself.
pub(super) fn named(kind: SourceKind, key: &str, content: &impl Message) -> Source {
    Source { key: SourceKey { kind, key: Digest(Sha256::digest(key).into()) }, content: digest(content) }
}

/// The identity of an entry without a key of its own: the `count`-th of its kind (`what`) in the item. More entries
/// behind it leave it as it is.
pub(super) fn derived(
    kind: SourceKind,
    item: &str,
    what: &str,
    count: usize,
    content: &impl Message,
) -> Source {
    let key = Sha256::new()
        .chain_update(item)
        .chain_update(SEPARATOR)
        .chain_update(what)
        .chain_update(SEPARATOR)
        .chain_update(count.to_string())
        .finalize();
    Source { key: SourceKey { kind, key: Digest(key.into()) }, content: digest(content) }
}

/// A digest of a message. Its bytes are the same in every process because the generated maps are ordered.
fn digest(content: &impl Message) -> Digest {
    Digest(Sha256::digest(content.encode_to_vec()).into())
}
