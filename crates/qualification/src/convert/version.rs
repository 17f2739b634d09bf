//! Versions of criteria sets and the scoring model: on the wire, and as rows, in which what a version says is its
//! message's bytes.

use std::collections::BTreeMap;

use handoff_domain::actor::Side;
use handoff_domain::profile::Catalogue;
use handoff_domain::qualification::record::{Agreement, Content, Wording};
use handoff_domain::version::{Change, Signature, Subject, Version, VersionState, Versions};
use handoff_proto::common::v1 as common;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::convert::{to_side, to_timestamp};
use handoff_runtime::violations::Violations;
use handoff_store::error::StoreError;
use handoff_store::qualification::version::VersionRow;
use prost::Message;

use crate::convert::version_content;

/// A version, beside the others of its subject: the next one says until when it is in effect.
pub(crate) fn version(versions: &Versions, version: &Version) -> common::Version {
    let follows = |other: &&Version| other.number > version.number;
    let has_begun = matches!(version.state, VersionState::Effective | VersionState::Retired);
    let replaced = || versions.list().iter().find(follows).and_then(|next| next.effective_from);
    let until = version.effective_until.or_else(|| if has_begun { replaced() } else { None });
    let missing = if version.state == VersionState::InReview { version.missing() } else { Vec::new() };
    common::Version {
        name: version.name(),
        state: state(version.state).into(),
        content_hash: version.hash.to_string(),
        signatures: signatures(&version.signatures),
        drafted_by: version.drafted_by.clone(),
        draft_time: Some(to_timestamp(version.drafted_at)),
        effective_from_time: version.effective_from.map(to_timestamp),
        effective_until_time: until.map(to_timestamp),
        missing_signatures: missing.into_iter().map(|side| to_side(side).into()).collect(),
    }
}

/// In the order of signing; of two that came at once marketing's is told first, as it is when it is read again.
fn signatures(signatures: &[Signature]) -> Vec<common::Signature> {
    let mut signatures: Vec<&Signature> = signatures.iter().collect();
    signatures.sort_by_key(|signature| (signature.signed_at, signature.side != Side::Marketing));
    let signature = |signature: &Signature| common::Signature {
        user: signature.signed_by.clone(),
        side: to_side(signature.side).into(),
        sign_time: Some(to_timestamp(signature.signed_at)),
    };
    signatures.into_iter().map(signature).collect()
}

/// Where a version stands.
pub(crate) fn state(state: VersionState) -> common::VersionState {
    match state {
        VersionState::Draft => common::VersionState::Draft,
        VersionState::InReview => common::VersionState::InReview,
        VersionState::Approved => common::VersionState::Approved,
        VersionState::Scheduled => common::VersionState::Scheduled,
        VersionState::Effective => common::VersionState::Effective,
        VersionState::Retired => common::VersionState::Retired,
    }
}

/// A line that differs.
pub(crate) fn change(change: Change) -> common::VersionChange {
    common::VersionChange { path: change.path, before: change.before, after: change.after }
}

/// The agreements that the rows are all versions of, of a tenant with these attributes.
///
/// # Errors
/// A defect for a content that this build cannot read.
pub(crate) fn agreements(rows: Vec<VersionRow>, catalogue: &Catalogue) -> Result<Vec<Agreement>, StoreError> {
    let mut subjects: BTreeMap<Subject, (Vec<Version>, BTreeMap<u32, Wording>)> = BTreeMap::new();
    for row in rows {
        let content = content(&row, catalogue)?;
        let (versions, wordings) = subjects.entry(row.subject).or_default();
        versions.push(Version {
            subject: row.subject,
            number: row.number,
            state: row.state,
            document: content.document(),
            hash: row.hash,
            signatures: row.signatures,
            effective_from: row.effective_from,
            effective_until: row.effective_until,
            drafted_by: row.drafted_by,
            drafted_at: row.drafted_at,
        });
        wordings.insert(row.number, Wording { content, position: row.position });
    }
    let agreement =
        |(subject, (versions, wordings))| Agreement { versions: Versions::load(subject, versions), wordings };
    Ok(subjects.into_iter().map(agreement).collect())
}

fn content(row: &VersionRow, catalogue: &Catalogue) -> Result<Content, StoreError> {
    let unreadable = || StoreError::defect("version.content holds what this build cannot read");
    let message = pb::VersionContent::decode(row.content.as_slice()).map_err(|_| unreadable())?;
    let mut violations = Violations::new();
    let content = version_content::from_proto("content", Some(message), catalogue, &mut violations);
    violations.finish().map_err(|_| unreadable())?;
    content.ok_or_else(unreadable)
}

/// The row of a version.
pub(crate) fn row(version: &Version, wording: &Wording) -> VersionRow {
    VersionRow {
        subject: version.subject,
        number: version.number,
        state: version.state,
        content: version_content::to_proto(&wording.content).encode_to_vec(),
        hash: version.hash,
        signatures: version.signatures.clone(),
        effective_from: version.effective_from,
        effective_until: version.effective_until,
        drafted_by: version.drafted_by.clone(),
        drafted_at: version.drafted_at,
        position: wording.position,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_on_the_wire_are_the_domains() {
        for word in VersionState::ALL {
            assert_eq!(state(*word).as_str_name(), format!("VERSION_STATE_{word}"));
        }
    }
}
