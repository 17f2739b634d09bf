//! What happened to a version of a criteria set or the scoring model. The facts are those of [`crate::version`], which
//! knows only the lines that people sign; what the lines say as data stands beside them.

use super::Event;
use crate::qualification::record::Content;
use crate::version;
use crate::version::VersionEvent;

/// A version was written, or is a draft again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionDrafted {
    /// What happened.
    pub drafted: version::VersionDrafted,
    /// What the lines of the document say, as data.
    pub content: Content,
}

impl Event {
    /// What happened to a version of ours; of one that was drafted `content` tells what it says.
    pub(in crate::qualification) fn of_version(
        event: VersionEvent,
        content: impl Fn(&version::VersionDrafted) -> Content,
    ) -> Self {
        match event {
            VersionEvent::VersionDrafted(drafted) => {
                let content = content(&drafted);
                Self::VersionDrafted(VersionDrafted { drafted, content })
            }
            VersionEvent::VersionSubmitted(event) => Self::VersionSubmitted(event),
            VersionEvent::VersionSigned(event) => Self::VersionSigned(event),
            VersionEvent::SignatureWithdrawn(event) => Self::SignatureWithdrawn(event),
            VersionEvent::VersionApproved(event) => Self::VersionApproved(event),
            VersionEvent::VersionScheduled(event) => Self::VersionScheduled(event),
            VersionEvent::VersionEffective(event) => Self::VersionEffective(event),
            VersionEvent::VersionRetired(event) => Self::VersionRetired(event),
        }
    }
}
