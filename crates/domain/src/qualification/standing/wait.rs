//! The last stretch of a line in which the lead could have become an MQL: what is told in hindsight is about its days.

use chrono::{DateTime, Utc};

use crate::qualification::record::ProductLine;
use crate::qualification::stage::{Stage, Transition};
use crate::qualification::state::StageChange;

/// From when until when a line stood where leads become MQLs from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wait {
    /// When it came there; none if it stood there from the start.
    pub since: Option<DateTime<Utc>>,
    /// When it left, as an MQL or otherwise; none if it stands there.
    pub until: Option<DateTime<Utc>>,
}

impl Wait {
    /// The last one that began by `at`, by the history of the lead's stages in the order in which it was written.
    pub fn at(history: &[StageChange], line: &ProductLine, at: DateTime<Utc>) -> Self {
        let mut wait = Self::default();
        for change in history.iter().filter(|it| it.line == *line && it.occurred_at <= at) {
            let waits = Transition::Qualified.allows(Some(change.to), Stage::Mql);
            if !waits && wait.until.is_none() {
                wait.until = Some(change.occurred_at);
            } else if waits && wait.until.is_some() {
                wait = Self { since: Some(change.occurred_at), until: None };
            }
        }
        wait
    }
}
