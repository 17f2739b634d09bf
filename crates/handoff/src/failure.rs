//! What went wrong, as people need it: what, which field, why, and the way out. All of it comes from the details of the
//! status (google.rpc); only the way out is ours, for it is a command of this program.

use handoff_proto::common::v1::ErrorReason;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// The failure in as many lines as it needs, without a line break at its end.
pub(crate) fn explain(failure: &anyhow::Error) -> String {
    match failure.downcast_ref::<Status>() {
        Some(status) => explain_status(status),
        None => {
            let mut lines = vec![format!("error: {failure:#}")];
            lines.extend(way_out_of(failure).map(|way| format!("  try: {way}")));
            lines.join("\n")
        }
    }
}

/// A refusal of a service.
fn explain_status(status: &Status) -> String {
    let details = status.get_error_details();
    let mut lines = vec![format!("error: {}", status.message())];
    if let Some(bad_request) = details.bad_request() {
        let violations = bad_request.field_violations.iter();
        lines.extend(violations.map(|violation| format!("  {}: {}", violation.field, violation.description)));
    }
    let reason = details.error_info().map(|info| info.reason.as_str()).unwrap_or_default();
    if let Some(info) = details.error_info() {
        let mut facts: Vec<_> = info.metadata.iter().collect();
        facts.sort();
        lines.extend(facts.into_iter().map(|(name, value)| format!("  {name}: {value}")));
        lines.push(format!("  reason: {reason}"));
    }
    if let Some(way) = way_out(ErrorReason::from_str_name(&format!("ERROR_REASON_{reason}")), status.code()) {
        lines.push(format!("  try: {way}"));
    }
    if let Some(request) = details.request_info().filter(|_| status.code() == Code::Internal) {
        lines.push(format!("  the service's log says more under the request id {}", request.request_id));
    }
    lines.join("\n")
}

/// What to do about a reason, or about the code where there is none.
pub(crate) fn way_out(reason: Option<ErrorReason>, code: Code) -> Option<&'static str> {
    Some(match (reason, code) {
        (Some(ErrorReason::TenantNotFound), _) => "`handoff tenant create`, or another tenant with --tenant",
        (Some(ErrorReason::NameTaken), _) => "another name",
        (Some(ErrorReason::LeadUnknown), _) => {
            "an e-mail address, a phone number or an external id of the lead"
        }
        (Some(ErrorReason::LeadSuppressed), _) => "another lead: this one must not be handed over",
        (Some(ErrorReason::CooldownActive), _) => "again after that time",
        (Some(ErrorReason::HandoffOpen), _) => "`handoff accept` or `handoff reject` for the open one first",
        (Some(ErrorReason::NoContractInEffect), _) => "again once a contract is in effect",
        (Some(ErrorReason::IllegalState), _) => {
            "`handoff list` or `handoff lead show`, to see where it stands"
        }
        (Some(ErrorReason::WrongSide), _) => "--side with the side that may",
        (Some(ErrorReason::OwnerNotAvailable), _) => {
            "`handoff user list`, for an active user of the sales side"
        }
        (Some(ErrorReason::SourceKeyConflict), _) => {
            "key columns in the mapping that tell the two apart, or the row as it was imported before"
        }
        (Some(ErrorReason::IdentityConflict), _) => {
            "one of the two leads, or the other's e-mail address or id"
        }
        (Some(ErrorReason::RequestIdReused), _) => "the command once more: it takes a new request id",
        (Some(ErrorReason::EtagMismatch), _) => "to read it again, and decide again",
        (Some(ErrorReason::DeadlineExceeded | ErrorReason::QueueFull | ErrorReason::StoreUnavailable), _) => {
            "again in a moment"
        }
        (Some(ErrorReason::Unspecified) | None, Code::Unauthenticated) => {
            "--tenant and --user, and `--insecure-dev` where the service is started"
        }
        (Some(ErrorReason::Unspecified) | None, Code::Unavailable) => {
            "`handoff up`, which starts all services"
        }
        (Some(ErrorReason::Unspecified) | None, _) => return None,
    })
}

/// What to do when a service was never reached.
fn way_out_of(failure: &anyhow::Error) -> Option<&'static str> {
    use handoff_runtime::service::StartError;

    match failure.downcast_ref::<StartError>()? {
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
    fn an_internal_error_tells_where_to_look() {
        let details = ErrorDetails::with_request_info("0190-7", "");
        insta::assert_snapshot!(explained(Code::Internal, "internal error", details));
    }

    #[test]
    fn every_reason_has_a_way_out() {
        for reason in (1..).map_while(|number| ErrorReason::try_from(number).ok()) {
            assert!(way_out(Some(reason), Code::FailedPrecondition).is_some(), "{reason:?}");
        }
    }

    #[test]
    fn another_failure_is_told_with_its_causes() {
        let failure = anyhow::anyhow!("no such file").context("cannot read leads.csv");
        assert_eq!(explain(&failure), "error: cannot read leads.csv: no such file");
    }
}
