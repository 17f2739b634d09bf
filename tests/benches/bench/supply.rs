//! Handoffs that wait to be accepted, each once.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use uuid::Uuid;

/// Handed out in order, to whoever asks.
#[derive(Debug)]
pub(crate) struct Supply {
    handoffs: Vec<Uuid>,
    at: AtomicUsize,
}

impl Supply {
    pub(crate) fn new(handoffs: Vec<Uuid>) -> Self {
        Self { handoffs, at: AtomicUsize::new(0) }
    }

    /// The next one.
    ///
    /// # Errors
    /// When all are gone.
    pub(crate) fn next(&self) -> anyhow::Result<Uuid> {
        let at = self.at.fetch_add(1, Ordering::Relaxed);
        self.handoffs.get(at).copied().context("the supply of handoffs is used up")
    }
}
