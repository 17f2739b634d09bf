//! A tenant's log as its readers see it: events in the order of their positions, the head, the cursors of consumers
//! and the personal values that lie apart. Appending is the batch's alone.
//!
//! The statements name no schema: each service has the same log tables in its own, and its connections find them by
//! their `search_path`.

pub mod cursor;
mod event;
mod head;
mod person;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::actor::Actor;
use handoff_domain::id::{EventId, TenantId};

pub use event::load_after;
pub(crate) use head::{create as create_head, touch as touch_head};
pub use head::{list as list_heads, load as load_head, load_with_time as load_head_with_time};
pub(crate) use person::time;
pub use person::{load_of_lead, time_text};

/// The end of a tenant's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Whose log.
    pub tenant: TenantId,
    /// The last position given out; 0 for a log without events.
    pub position: i64,
    /// The latest time that was recorded or promised: nothing will ever be recorded before it.
    pub recorded_at: DateTime<Utc>,
}

/// An event as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the tenant's log: 1, 2, 3 … without a gap.
    pub position: i64,
    /// Its id.
    pub event_id: EventId,
    /// Its name, `LeadQualified`.
    pub kind: String,
    /// The version of its payload's meaning.
    pub version: i16,
    /// When it happened in the world.
    pub occurred_at: DateTime<Utc>,
    /// When it was recorded: database time, never earlier than that of a lower position.
    pub recorded_at: DateTime<Utc>,
    /// Who did it.
    pub actor: Actor,
    /// The request that asked for it, if it was one.
    pub request_id: Option<Uuid>,
    /// The service's own encoding.
    pub payload: Vec<u8>,
    /// The trace in which it was made (W3C Trace Context), if that is known.
    pub traceparent: Option<String>,
}
