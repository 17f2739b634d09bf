//! New ids, as the services make them: of this instant and ten random bytes.

use handoff_domain::id::IdSource;
use handoff_runtime::clock;
use handoff_store::entropy;
use uuid::Uuid;

/// One that nobody has.
pub(crate) fn fresh() -> Uuid {
    IdSource::new(clock::now(), &mut entropy::ten_bytes).next()
}

/// A request id of its own, as requests carry it.
pub(crate) fn request_id() -> String {
    fresh().to_string()
}
