//! Handoff's public API as Rust: generated messages and services, the names of resources and the descriptor set.
//!
//! `src/gen` is made from `proto/` by `./x generate` and committed, so that building needs no protobuf compiler; a
//! test proves it fresh. Nothing here knows a rule of the domain.

pub mod method;
pub mod name;

/// Shared words: sides, money, targets, ratios, error reasons.
pub mod common {
    /// Version 1.
    #[allow(missing_docs, clippy::all)]
    pub mod v1 {
        include!("gen/handoff.common.v1.rs");
    }
}

/// The logs and their events.
pub mod event {
    /// Version 1.
    #[allow(missing_docs, clippy::all)]
    pub mod v1 {
        include!("gen/handoff.event.v1.rs");
    }
}

/// The qualification service.
pub mod qualification {
    /// Version 1.
    #[allow(missing_docs, clippy::all)]
    pub mod v1 {
        include!("gen/handoff.qualification.v1.rs");
    }
}

/// The SLA service.
pub mod sla {
    /// Version 1.
    #[allow(missing_docs, clippy::all)]
    pub mod v1 {
        include!("gen/handoff.sla.v1.rs");
    }
}

/// The reporting service.
pub mod reporting {
    /// Version 1.
    #[allow(missing_docs, clippy::all)]
    pub mod v1 {
        include!("gen/handoff.reporting.v1.rs");
    }
}

/// The compiled protos (a `google.protobuf.FileDescriptorSet` with all imports), for reflection and JSON.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!("gen/descriptor_set.binpb");
