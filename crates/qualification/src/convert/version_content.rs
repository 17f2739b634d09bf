//! What a version says, on the wire.

use handoff_domain::profile::Catalogue;
use handoff_domain::qualification::record::Content;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::violations::Violations;
use pb::version_content::Content as Wire;

use super::{criteria_set, scoring_model};

/// What a version is to say, in the order in which it was sent; none if it cannot be read. Everything that is wrong is
/// noted, with its path in the request. `catalogue` says as what the values of criteria are read.
///
/// That it breaks no rule is for the domain to say, and so is the order of a model: its violations name places in what
/// was sent, so it is checked first and put in canonical order then.
pub(crate) fn from_proto(
    field: &str,
    content: Option<pb::VersionContent>,
    catalogue: &Catalogue,
    violations: &mut Violations,
) -> Option<Content> {
    match content.and_then(|content| content.content) {
        None => Some(Content::Nothing),
        Some(Wire::CriteriaSet(set)) => {
            let field = format!("{field}.criteria_set");
            criteria_set::from_proto(&field, &set, catalogue, violations).map(Content::Criteria)
        }
        Some(Wire::ScoringModel(model)) => {
            let field = format!("{field}.scoring_model");
            scoring_model::from_proto(&field, &model, violations).map(Content::Model)
        }
    }
}

/// What a version says, for the wire.
pub(crate) fn to_proto(content: &Content) -> pb::VersionContent {
    let content = match content {
        Content::Nothing => None,
        Content::Criteria(set) => Some(Wire::CriteriaSet(criteria_set::to_proto(set))),
        Content::Model(model) => Some(Wire::ScoringModel(scoring_model::to_proto(model))),
    };
    pb::VersionContent { content }
}

#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;
