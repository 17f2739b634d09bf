//! What the RPCs of re-evaluations share: names, finding one, and why there is none.

use handoff_domain::error::{Error, Reason};
use handoff_domain::id::TenantId;
use handoff_domain::qualification::reevaluation::Reevaluation;
use handoff_domain::version::{Subject, VersionState};
use handoff_runtime::violations::Violations;
use handoff_store::error::StoreError;
use handoff_store::qualification::reevaluation::Key;
use handoff_store::qualification::{reevaluation, version};
use handoff_store::tx::Tx;

use super::version::is_ours;
use crate::convert::reevaluation::BELOW_VERSION;

/// The fault of a name.
const NAME: &str = "is not the name of a re-evaluation: scoring-model/versions/3/reevaluation, criteria-sets/b2b/versions/2/reevaluation";

/// The version whose re-evaluation is named.
pub(super) fn name(check: &mut Violations, field: &str, text: &str) -> Key {
    let version = text.strip_suffix(BELOW_VERSION).and_then(Subject::parse_version_name);
    let version = version.filter(|(subject, _)| is_ours(*subject));
    check.check(version.is_some(), field, NAME);
    version.unwrap_or((Subject::ScoringModel, 0))
}

/// The re-evaluation of a version, or why there is none.
pub(super) async fn find(
    tx: &mut Tx,
    tenant: TenantId,
    (subject, number): Key,
) -> Result<Result<Reevaluation, Error>, StoreError> {
    if let Some(found) = reevaluation::load(tx, tenant, (subject, number)).await? {
        return Ok(Ok(found));
    }
    let name = subject.version_name(number);
    let versions = version::load(tx, tenant, &[subject]).await?;
    let Some(version) = versions.iter().find(|version| version.number == number) else {
        return Ok(Err(Error::not_found(format!("{name}{BELOW_VERSION}"))));
    };
    Ok(Err(none(&name, version.state)))
}

/// The version is there, and has no re-evaluation.
fn none(version: &str, state: VersionState) -> Error {
    let way_out = match state {
        VersionState::Effective | VersionState::Retired => {
            "nothing is to be done: no model published SHADOW or CAPPED was in effect when it took effect, so that each lead is \
             judged when something of its own happens"
        }
        _ => {
            "wait until it is in effect: leads are looked at then, if the model in effect is published SHADOW or CAPPED"
        }
    };
    let facts =
        [("version", version.to_owned()), ("state", state.to_string()), ("way_out", way_out.to_owned())];
    Error::refused(Reason::NotReevaluated, facts)
}
