//! What the RPCs of versions share: names, one step of a version, and reading a subject.

use chrono::{DateTime, Utc};
use handoff_domain::profile::Catalogue;
use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::{ChangeVersion, VersionStep};
use handoff_domain::qualification::record::Agreement;
use handoff_domain::version::Subject;
use handoff_proto::common::v1 as common;
use handoff_runtime::clock;
use handoff_runtime::violations::Violations;
use handoff_store::batch::RequestKey;
use handoff_store::log;
use handoff_store::qualification::{attribute, version};
use tonic::Status;

use super::unexpected;
use crate::app::{App, Call};
use crate::convert;
use crate::ledger::Told;

/// The fault of a subject.
const SUBJECT: &str = "is criteria-sets/b2b, criteria-sets/b2c or scoring-model";
/// The fault of a version's name.
const NAME: &str = "is not the name of a version: criteria-sets/b2b/versions/3, scoring-model/versions/3";

/// A subject whose versions are kept here.
pub(super) fn subject(check: &mut Violations, field: &str, text: &str) -> Subject {
    let subject = text.parse().ok().filter(|subject| is_ours(*subject));
    check.check(subject.is_some(), field, SUBJECT);
    subject.unwrap_or(Subject::ScoringModel)
}

/// A version by its name.
pub(super) fn name(check: &mut Violations, field: &str, text: &str) -> (Subject, u32) {
    let name = Subject::parse_version_name(text).filter(|(subject, _)| is_ours(*subject));
    check.check(name.is_some(), field, NAME);
    name.unwrap_or((Subject::ScoringModel, 0))
}

/// Contracts are sla's.
pub(super) fn is_ours(subject: Subject) -> bool {
    matches!(subject, Subject::CriteriaSet(_) | Subject::ScoringModel)
}

/// Carries out a step; gives the version as it is then, and whether it was so before.
pub(super) async fn change(
    app: &App,
    call: Call,
    request: RequestKey,
    (subject, step): (Subject, VersionStep),
    size: usize,
) -> Result<(common::Version, bool), Status> {
    let command = Command::ChangeVersion(Box::new(ChangeVersion { subject, step }));
    match app.change(call, request, command, size).await?.told {
        Told::Version { version, unchanged } => Ok((*version, unchanged)),
        other => Err(unexpected(other)),
    }
}

/// All versions of a subject as they stand now, and the database's now, by which decisions are made too: what was due has
/// happened, whether or not a command has noted it.
pub(super) async fn read(
    app: &App,
    call: &Call,
    subject: Subject,
) -> Result<(Agreement, DateTime<Utc>), Status> {
    let rows = app.read(call, move |tx, tenant| {
        Box::pin(async move {
            let now = log::load_head_with_time(tx, tenant).await?.map(|(_, now)| now);
            let catalogue = Catalogue::with(attribute::load(tx, tenant).await?);
            let agreements =
                convert::version::agreements(version::load(tx, tenant, &[subject]).await?, &catalogue)?;
            Ok((agreements, now))
        })
    });
    let (mut agreements, now) = rows.await?;
    let mut agreement = agreements.pop().unwrap_or_else(|| Agreement::new(subject));
    // A tenant without a log has no versions.
    let now = now.unwrap_or_else(clock::now);
    agreement.versions = agreement.versions.settled(now);
    Ok((agreement, now))
}
