//! What accompanies a request besides its body: an id to find it by in the logs, and the key under which a mutating
//! one is remembered.

use std::fmt;
use std::sync::Arc;

use handoff_domain::id::IdSource;
use handoff_store::batch::RequestKey;
use handoff_store::entropy;
use http::HeaderMap;
use prost::Message;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::clock;

/// The header in which a caller, or a mesh before us, may name the call.
pub const HEADER: &str = "x-request-id";
const LONGEST: usize = 128;

tokio::task_local! {
    static CURRENT: CallId;
}

/// The id of one call, for logs and error details. It promises nothing about repeats: that is the `request_id` field's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallId(Id);

/// Ours become text only where somebody reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Id {
    Given(Arc<str>),
    Ours(Uuid),
}

impl CallId {
    /// The caller's, if it is short and plain enough to be repeated in a log, else a new one. One without a letter may be
    /// somebody's telephone number.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
        let plain = |text: &&str| {
            (1..=LONGEST).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte))
                && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        };
        match given.filter(plain) {
            Some(text) => Self(Id::Given(text.into())),
            None => Self(Id::Ours(IdSource::new(clock::now(), &mut entropy::ten_bytes).next())),
        }
    }

    /// The id of the call that this task works for, if it works for one.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Runs `future` as work for this call.
    pub(crate) async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// Runs `poll` as work for this call.
    pub(crate) fn enter<T>(&self, poll: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self.clone(), poll)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Id::Given(text) => f.write_str(text),
            Id::Ours(id) => id.fmt(f),
        }
    }
}

/// The key of a mutating request: its id, its method, and a hash of the rest.
///
/// `rest` is the request with its `request_id` cleared, so that the hash tells bodies apart and nothing else. The
/// encoding is the same in every process because the generated maps are ordered.
pub fn key(id: Uuid, method: &'static str, rest: &impl Message) -> RequestKey {
    RequestKey { id, method, hash: Sha256::digest(rest.encode_to_vec()).into() }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn named(value: &'static str) -> CallId {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_static(value));
        CallId::of(&headers)
    }

    #[test]
    fn a_plain_id_of_the_caller_is_kept() {
        assert_eq!(named("abc-1/2").to_string(), "abc-1/2");
    }

    #[test]
    fn anything_else_gets_an_id_of_ours() {
        let long: &'static str = Box::leak("a".repeat(LONGEST + 1).into_boxed_str());
        for bad in ["", "two words", "ada@example.com", "+49-151-2345678", "00491512345678", long] {
            assert_ne!(named(bad).to_string(), bad);
        }
        assert_ne!(CallId::of(&HeaderMap::new()), CallId::of(&HeaderMap::new()));
    }
}
