//! What went wrong, as people need it: what, which field, why, and the way out. All of it comes from the details of the
//! status (google.rpc); only the way out is ours, for it is a command of this program.

use handoff_proto::common::v1::ErrorReason;
use handoff_runtime::service::StartError;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::yaml::Unusable;

/// The failure in as many lines as it needs, without a line break at its end.
pub(crate) fn explain(failure: &anyhow::Error) -> String {
    if let Some(StartError::Configuration { faults }) = start_error(failure) {
        return faults.iter().map(|fault| format!("error: {fault}")).collect::<Vec<_>>().join("\n");
    }
    if let Some(unusable) = failure.downcast_ref::<Unusable>() {
        return format!("error: the file cannot be used\n{unusable}");
    }
    match failure.chain().find_map(|cause| cause.downcast_ref::<Status>()) {
        Some(status) => explain_status(status),
        None => {
            let way = way_out_of(failure).map(|way| format!("\n  try: {way}"));
            format!("error: {}{}", one_line(failure), way.unwrap_or_default())
        }
    }
}

/// Whether what was said, or a file that it names, cannot be used.
pub(crate) fn is_configuration(failure: &anyhow::Error) -> bool {
    failure.is::<Unusable>() || matches!(start_error(failure), Some(StartError::Configuration { .. }))
}

fn start_error(failure: &anyhow::Error) -> Option<&StartError> {
    failure.chain().find_map(|cause| cause.downcast_ref::<StartError>())
}

/// The failure and its causes; drivers like to repeat their causes' words.
fn one_line(failure: &anyhow::Error) -> String {
    failure.chain().map(ToString::to_string).fold(String::new(), |line, cause| {
        if line.is_empty() {
            cause
        } else if line.contains(&cause) {
            line
        } else {
            format!("{line}: {cause}")
        }
    })
}

/// A refusal of a service.
fn explain_status(status: &Status) -> String {
    let details = status.get_error_details();
    let info = details.error_info();
    let reason = info.and_then(|info| ErrorReason::from_str_name(&format!("ERROR_REASON_{}", info.reason)));
    let violations =
        details.bad_request().map(|request| request.field_violations.as_slice()).unwrap_or_default();
    let what = match reason.and_then(meaning) {
        _ if !violations.is_empty() => "the request is not valid",
        Some((meaning, _)) => meaning,
        None if status.message().is_empty() => status.code().description(),
        None => status.message(),
    };
    let mut lines = vec![format!("error: {what}")];
    lines.extend(
        violations.iter().map(|violation| format!("  {}: {}", violation.field, violation.description)),
    );
    let mut way = reason.and_then(meaning).map(|(_, way)| way.to_owned());
    if let Some(info) = info {
        lines.push(format!("  reason: {}", info.reason));
        let mut facts: Vec<_> = info.metadata.iter().collect();
        facts.sort();
        for (name, value) in facts {
            // What the state allows instead is known best by who refused.
            match name.as_str() {
                "way_out" => way = Some(value.clone()),
                _ => lines.push(format!("  {name}: {value}")),
            }
        }
    }
    let kind = details.resource_info().map(|resource| resource.resource_type.as_str()).unwrap_or_default();
    let way = way.or_else(|| way_out_by_code(status.code(), kind).map(str::to_owned));
    lines.extend(way.map(|way| format!("  try: {way}")));
    if let Some(request) = details.request_info().filter(|_| status.code() == Code::Internal) {
        lines.push(format!("  the service's log says more under the request id {}", request.request_id));
    }
    lines.join("\n")
}

/// What a reason means, and what to do about it.
fn meaning(reason: ErrorReason) -> Option<(&'static str, &'static str)> {
    Some(match reason {
        ErrorReason::Unspecified => return None,
        ErrorReason::TenantNotFound => {
            ("there is no such tenant", "`handoff tenant create`, or another tenant with --tenant")
        }
        ErrorReason::NameTaken => ("the name is taken", "another name"),
        ErrorReason::LeadUnknown => {
            ("the lead is not known (R7)", "an e-mail address, a phone number or an id of the lead")
        }
        ErrorReason::LeadSuppressed => ("the lead must not be handed over", "another lead"),
        ErrorReason::CooldownActive => ("the lead is in its cool-down", "again after that time"),
        ErrorReason::HandoffOpen => {
            ("the lead has an open hand-over", "`handoff accept` or `handoff reject` for the open one first")
        }
        ErrorReason::NoContractInEffect => ("no contract is in effect", "again once one is"),
        ErrorReason::GatesNotHeld => (
            "criteria that both sides signed stand in the lead's way",
            "`handoff lead explain`, to see what they ask about",
        ),
        ErrorReason::IllegalState => (
            "its present state does not allow that",
            "`handoff list` or `handoff lead show`, to see where it stands",
        ),
        ErrorReason::WrongSide => ("your side may not do that", "--side with the side that may"),
        ErrorReason::OwnerNotAvailable => (
            "the owner cannot be given hand-overs",
            "`handoff user list`, for an active user of the sales side",
        ),
        ErrorReason::SourceKeyConflict => (
            "the same key was imported before with other content",
            "key columns in the mapping that tell the two apart, or the row as it was before",
        ),
        ErrorReason::IdentityConflict => (
            "the ids and the e-mail address are not those of one lead",
            "again without the one that is not the person's",
        ),
        ErrorReason::RequestIdReused => {
            ("the request id came before with another body", "the command once more: it takes a new one")
        }
        ErrorReason::EtagMismatch => {
            ("it has changed since it was read", "to read it again, and decide again")
        }
        ErrorReason::DeadlineExceeded => ("the deadline passed before it was started", "again in a moment"),
        ErrorReason::QueueFull => ("the tenant's queue is full", "again in a moment"),
        ErrorReason::StoreUnavailable => ("the database cannot be reached for now", "again in a moment"),
        ErrorReason::TooManyCalls => ("the service has as many calls as it takes", "again in a moment"),
        ErrorReason::RateExceeded => ("the tenant calls more often than it may", "again in a moment"),
        ErrorReason::StreamOver => {
            ("the stream is as old as one may get", "it once more: it goes on from there")
        }
        ErrorReason::SignerNotAvailable => (
            "only an active user of a side signs for it",
            "--side with the side you speak for, and --user with an active user of it (`handoff user list`)",
        ),
        ErrorReason::ContentChanged => {
            ("it says something else than what was read", "`handoff version show`, and sign what it says now")
        }
        ErrorReason::AlreadySigned => {
            ("that side has signed", "`handoff version show`, to see who has to sign")
        }
        ErrorReason::SignedForOtherSide => {
            ("one person cannot sign for both sides", "--user with somebody else of this side")
        }
        ErrorReason::NotSignedByBoth => {
            ("it is not signed by both sides", "`handoff version submit`, and a signature of each side")
        }
        ErrorReason::CalendarUnknown => (
            "qualification knows no such calendar",
            "`handoff calendar list`, `handoff calendar apply` to make it, and again a moment later",
        ),
        ErrorReason::NotReevaluated => (
            "leads were not re-evaluated for it",
            "`handoff reevaluation list`, for the versions that have one",
        ),
        ErrorReason::DisputeWindowOver => (
            "it is too late to dispute the rejection",
            "`handoff qualify`, when the cool-down of the lead is over",
        ),
        ErrorReason::OwnDispute => (
            "nobody judges in a cause of his own",
            "--user with somebody of sales who neither disputed nor rejected",
        ),
        ErrorReason::NewerHandoff => (
            "the lead was handed over again since",
            "`handoff resolve-dispute --ruling upheld`: what sales says of the newer hand-over holds",
        ),
    })
}

/// What to do where no reason is given; `kind` is that of the resource.
fn way_out_by_code(code: Code, kind: &str) -> Option<&'static str> {
    match (code, kind) {
        (Code::NotFound, "tenants") => Some("`handoff tenant create`, or another tenant with --tenant"),
        (Code::NotFound, "handoffs") => Some("`handoff list`"),
        (Code::NotFound, "users") => Some("`handoff user list`"),
        (Code::Unauthenticated, _) => {
            Some("--tenant and --user, and --insecure-dev where the service is started")
        }
        (Code::Unavailable, _) => Some("`handoff up`, which starts all services"),
        _ => None,
    }
}

/// What to do when a service was not reached, or did not start.
fn way_out_of(failure: &anyhow::Error) -> Option<&'static str> {
    match start_error(failure)? {
        StartError::Listen { .. } => {
            Some("`handoff up --port` with another port, or stop what listens there")
        }
        StartError::Other { what, .. } if what.starts_with("no service answers") => {
            Some("`handoff up`, which starts all services, or the right address (see --help)")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tonic_types::{ErrorDetails, FieldViolation};

    use super::*;

    fn explained(code: Code, message: &str, details: ErrorDetails) -> String {
        explain(&Status::with_error_details(code, message, details).into())
    }

    #[test]
    fn every_field_is_told() {
        let details = ErrorDetails::with_bad_request([
            FieldViolation::new("tenant.time_zone", "is no IANA time zone; one looks like Europe/Rome"),
            FieldViolation::new("tenant.name", "is required"),
        ]);
        insta::assert_snapshot!(explained(Code::InvalidArgument, "the request is not valid", details));
    }

    #[test]
    fn a_refusal_tells_its_facts_and_the_way_out() {
        let facts = HashMap::from([
            ("state".to_owned(), "ACCEPTED".to_owned()),
            ("handoff".to_owned(), "handoffs/7".to_owned()),
        ]);
        let details = ErrorDetails::with_error_info("ILLEGAL_STATE", "handoff", facts);
        insta::assert_snapshot!(explained(
            Code::FailedPrecondition,
            "the handoff was decided already",
            details
        ));
    }

    #[test]
    fn what_the_service_advises_comes_first() {
        let facts =
            HashMap::from([("way_out".to_owned(), "only an open handoff can be accepted".to_owned())]);
        let details = ErrorDetails::with_error_info("ILLEGAL_STATE", "handoff", facts);
        let told = explained(Code::FailedPrecondition, "ILLEGAL_STATE", details);
        assert!(told.ends_with("  try: only an open handoff can be accepted"), "{told}");
    }

    #[test]
    fn a_missing_tenant_can_be_created() {
        let details = ErrorDetails::with_resource_info("tenants", "tenants/nope", "", "");
        insta::assert_snapshot!(explained(Code::NotFound, "tenants/nope was not found", details));
    }

    #[test]
    fn an_internal_error_tells_where_to_look() {
        let details = ErrorDetails::with_request_info("0190-7", "");
        insta::assert_snapshot!(explained(Code::Internal, "internal error", details));
    }

    #[test]
    fn every_reason_has_a_way_out() {
        for reason in (1..).map_while(|number| ErrorReason::try_from(number).ok()) {
            assert!(meaning(reason).is_some(), "{reason:?}");
        }
    }

    #[test]
    fn another_failure_is_told_with_its_causes() {
        let failure = anyhow::anyhow!("no such file").context("cannot read leads.csv");
        assert_eq!(explain(&failure), "error: cannot read leads.csv: no such file");
        let driver = anyhow::anyhow!("refused").context("tcp error: refused").context("nobody is there");
        assert_eq!(explain(&driver), "error: nobody is there: tcp error: refused");
    }
}
