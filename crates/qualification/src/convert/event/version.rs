//! What happened to versions of criteria sets and the scoring model.

use handoff_domain::qualification::event::VersionDrafted;
use handoff_domain::version::{
    ContentHash, DraftCause, SignatureWithdrawn, VersionApproved, VersionEffective, VersionRetired,
    VersionScheduled, VersionSigned, VersionSubmitted, WithdrawalReason,
};
use handoff_proto::event::v1 as pb;
use handoff_runtime::convert::{to_side, to_timestamp};

use crate::convert::version_content;

pub(super) fn drafted(event: &VersionDrafted) -> pb::VersionDrafted {
    let VersionDrafted { drafted, content } = event;
    let cause = match drafted.cause {
        DraftCause::Edit => pb::DraftCause::Edit,
        DraftCause::Withdrawal => pb::DraftCause::Withdrawal,
    };
    pb::VersionDrafted {
        version: drafted.subject.version_name(drafted.number),
        content: Some(version_content::to_proto(content)),
        content_hash: bytes(drafted.hash),
        drafted_by: drafted.by.clone(),
        cause: cause.into(),
    }
}

pub(super) fn submitted(event: &VersionSubmitted) -> pb::VersionSubmitted {
    pb::VersionSubmitted { version: event.subject.version_name(event.number), submitted_by: event.by.clone() }
}

pub(super) fn signed(event: &VersionSigned) -> pb::VersionSigned {
    pb::VersionSigned {
        version: event.subject.version_name(event.number),
        content_hash: bytes(event.hash),
        signed_by: event.signed_by.clone(),
        side: to_side(event.side).into(),
    }
}

pub(super) fn signature_withdrawn(event: &SignatureWithdrawn) -> pb::SignatureWithdrawn {
    let reason = match event.reason {
        WithdrawalReason::Withdrawn => pb::WithdrawalReason::Withdrawn,
        WithdrawalReason::SignerLeft => pb::WithdrawalReason::SignerLeft,
        WithdrawalReason::SignerChangedSide => pb::WithdrawalReason::SignerChangedSide,
    };
    pb::SignatureWithdrawn {
        version: event.subject.version_name(event.number),
        signed_by: event.signed_by.clone(),
        side: to_side(event.side).into(),
        reason: reason.into(),
    }
}

pub(super) fn approved(event: &VersionApproved) -> pb::VersionApproved {
    let version = event.subject.version_name(event.number);
    pb::VersionApproved { version, content_hash: bytes(event.hash) }
}

pub(super) fn scheduled(event: &VersionScheduled) -> pb::VersionScheduled {
    pb::VersionScheduled {
        version: event.subject.version_name(event.number),
        effective_from_time: Some(to_timestamp(event.effective_from)),
        scheduled_by: event.by.clone(),
    }
}

pub(super) fn effective(event: &VersionEffective) -> pb::VersionEffective {
    pb::VersionEffective {
        version: event.subject.version_name(event.number),
        content_hash: bytes(event.hash),
        signed: event.signed,
    }
}

pub(super) fn retired(event: &VersionRetired) -> pb::VersionRetired {
    pb::VersionRetired { version: event.subject.version_name(event.number) }
}

fn bytes(hash: ContentHash) -> Vec<u8> {
    hash.as_bytes().to_vec()
}
