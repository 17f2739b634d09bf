//! The one place where the domain's errors become gRPC statuses, with google.rpc details: ErrorInfo (a reason of
//! `handoff.common.v1.ErrorReason`, in the domain `handoff`, with its facts), BadRequest, ResourceInfo, RetryInfo and
//! RequestInfo. No text of a database or a driver gets here: the domain's error has no room for one.

use std::time::Duration;

use handoff_domain::error::{Error, Facts, Reason, Violation};
use http::HeaderMap;
use http_body::Frame;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::request::CallId;

/// The domain of ErrorInfo.
pub const DOMAIN: &str = "handoff";
/// When to come back after a limit was reached or the store could not be reached.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The status for `error`.
pub fn from_error(error: Error) -> Status {
    let message = error.to_string();
    match error {
        Error::Invalid(violations) => build(Code::InvalidArgument, message, bad_request(violations)),
        Error::NotFound { resource } => {
            let mut details = ErrorDetails::new();
            // Facts of other tenants are not found either, and look exactly the same.
            details.set_resource_info(kind(&resource), resource.as_str(), "", "");
            build(Code::NotFound, message, details)
        }
        Error::AlreadyExists { reason, facts } => build(Code::AlreadyExists, message, info(reason, facts)),
        Error::Refused { reason, facts } => build(refusal_code(reason), message, info(reason, facts)),
        Error::Stale { resource } => {
            let mut details = info(Reason::EtagMismatch, Facts::new());
            details.set_resource_info(kind(&resource), resource.as_str(), "", "");
            build(Code::Aborted, message, details)
        }
        Error::Denied { .. } => build(Code::PermissionDenied, message, ErrorDetails::new()),
        Error::Exhausted { reason } => build(Code::ResourceExhausted, message, retry(reason)),
        Error::Expired => {
            build(Code::DeadlineExceeded, message, info(Reason::DeadlineExceeded, Facts::new()))
        }
        Error::Busy { reason } => build(Code::Unavailable, message, retry(reason)),
        Error::Internal => internal(),
    }
}

/// The answer to a call whose deadline passed while it was being worked on.
pub(crate) fn deadline_exceeded() -> Status {
    build(
        Code::DeadlineExceeded,
        "the deadline passed; a change may have been made or not: repeat it with the same request id",
        info(Reason::DeadlineExceeded, Facts::new()),
    )
}

/// The answer to a call that was cut, or came to its end early, because the process stops.
pub fn stopping() -> Status {
    let mut details = ErrorDetails::new();
    details.set_retry_info(Some(RETRY_AFTER));
    build(Code::Unavailable, "the service is stopping; repeat the call with the same request id", details)
}

/// The answer to a call for which the process has no room, or none for its tenant.
pub(crate) fn too_many_calls() -> Status {
    let message =
        "the service, or its tenant, has as many calls at once as it may have; repeat it in a moment";
    build(Code::ResourceExhausted, message, retry(Reason::TooManyCalls))
}

/// The answer to a call of a tenant that may make its next one after `wait`.
pub(crate) fn rate_exceeded(wait: Duration) -> Status {
    let mut details = info(Reason::RateExceeded, Facts::new());
    details.set_retry_info(Some(wait));
    build(Code::ResourceExhausted, "the tenant calls more often than it may", details)
}

/// The end of a stream that was silent for too long or is old. Whoever wants to go on comes back at once.
pub(crate) fn stream_over() -> Status {
    let mut details = info(Reason::StreamOver, Facts::new());
    details.set_retry_info(Some(Duration::ZERO));
    build(Code::Unavailable, "the stream was silent for long or got old; open it again", details)
}

/// Whether this is the end of a stream that is to be opened again, and no failure.
pub(crate) fn is_stream_over(status: &Status) -> bool {
    status.get_details_error_info().is_some_and(|info| info.reason == Reason::StreamOver.as_str())
}

/// The end of a stream that says this: a bare end would look like success, or like a lost connection.
pub(crate) fn end_of_stream<D>(status: &Status) -> Frame<D> {
    let mut trailers = HeaderMap::new();
    if status.add_header(&mut trailers).is_err() {
        // Only texts that no header can carry get here, and ours are plain.
        trailers.insert("grpc-status", (Code::Internal as i32).into());
    }
    Frame::trailers(trailers)
}

/// The answer to a call that hit a defect. What it was is in the log, under the call's id.
pub(crate) fn internal() -> Status {
    build(Code::Internal, "internal error", ErrorDetails::new())
}

/// The answer to a caller that nobody vouches for.
pub(crate) fn unauthenticated(message: impl Into<String>) -> Status {
    build(Code::Unauthenticated, message, ErrorDetails::new())
}

/// The answer to a caller who may not do that.
pub(crate) fn denied(message: impl Into<String>) -> Status {
    build(Code::PermissionDenied, message, ErrorDetails::new())
}

/// The answer to a call of something that is no method.
pub(crate) fn no_method() -> Status {
    build(Code::Unimplemented, "there is no method of exactly this name", ErrorDetails::new())
}

/// The answer to a token that cannot be judged yet.
pub(crate) fn keys_unavailable() -> Status {
    let mut details = ErrorDetails::new();
    details.set_retry_info(Some(RETRY_AFTER));
    build(Code::Unavailable, "the issuer's keys are not available", details)
}

fn build(code: Code, message: impl Into<String>, mut details: ErrorDetails) -> Status {
    if let Some(id) = CallId::current() {
        details.set_request_info(id.to_string(), "");
    }
    Status::with_error_details(code, message, details)
}

fn info(reason: Reason, facts: Facts) -> ErrorDetails {
    let mut details = ErrorDetails::new();
    details.set_error_info(
        reason.as_str(),
        DOMAIN,
        facts.into_iter().collect::<std::collections::HashMap<_, _>>(),
    );
    details
}

fn retry(reason: Reason) -> ErrorDetails {
    let mut details = info(reason, Facts::new());
    details.set_retry_info(Some(RETRY_AFTER));
    details
}

fn bad_request(violations: Vec<Violation>) -> ErrorDetails {
    let fields: Vec<FieldViolation> =
        violations.into_iter().map(|found| FieldViolation::new(found.field, found.description)).collect();
    ErrorDetails::with_bad_request(fields)
}

/// A side that may not do something lacks permission; a tenant that is not there is not found; every other refusal is
/// about the state.
fn refusal_code(reason: Reason) -> Code {
    match reason {
        Reason::WrongSide => Code::PermissionDenied,
        Reason::TenantNotFound | Reason::NotReevaluated => Code::NotFound,
        _ => Code::FailedPrecondition,
    }
}

/// The collection in a resource's name: `leads` of `leads/…`.
fn kind(resource: &str) -> &str {
    resource.split_once('/').map_or(resource, |(collection, _)| collection)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use handoff_proto::common::v1::ErrorReason;

    use super::*;

    fn check(error: Error, code: Code) -> (Status, ErrorDetails) {
        let status = from_error(error);
        assert_eq!(status.code(), code, "{status:?}");
        let details = status.get_error_details();
        (status, details)
    }

    #[test]
    fn the_domains_reasons_and_the_protos_are_the_same() {
        let wire: BTreeSet<String> = (1..1_000)
            .filter_map(|number| ErrorReason::try_from(number).ok())
            .map(|reason| reason.as_str_name().trim_start_matches("ERROR_REASON_").to_owned())
            .collect();
        let domain: BTreeSet<String> = Reason::ALL.iter().map(|(_, name)| (*name).to_owned()).collect();
        assert_eq!(wire, domain);
    }

    #[test]
    fn every_violation_is_told_with_its_field() {
        let error = Error::Invalid(vec![
            Violation { field: "lead.email".into(), description: "has no @".into() },
            Violation { field: "request_id".into(), description: "is required".into() },
        ]);
        let (_, details) = check(error, Code::InvalidArgument);
        let fields: Vec<&str> = details
            .bad_request()
            .expect("BadRequest")
            .field_violations
            .iter()
            .map(|v| v.field.as_str())
            .collect();
        assert_eq!(fields, ["lead.email", "request_id"]);
    }

    #[test]
    fn a_refusal_carries_its_reason_and_its_facts() {
        let (_, details) = check(
            Error::refused(Reason::IllegalState, [("state", "ACCEPTED".to_owned())]),
            Code::FailedPrecondition,
        );
        let info = details.error_info().expect("ErrorInfo");
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("ILLEGAL_STATE", "handoff"));
        assert_eq!(info.metadata["state"], "ACCEPTED");
    }

    #[test]
    fn the_wrong_side_is_denied() {
        check(Error::refused(Reason::WrongSide, [("side", "SALES".to_owned())]), Code::PermissionDenied);
    }

    #[test]
    fn what_is_not_found_is_named() {
        let (_, details) = check(Error::not_found("leads/7"), Code::NotFound);
        let resource = details.resource_info().expect("ResourceInfo");
        assert_eq!((resource.resource_type.as_str(), resource.resource_name.as_str()), ("leads", "leads/7"));
    }

    #[test]
    fn a_stale_record_aborts_and_a_busy_store_says_when_to_return() {
        let (_, details) = check(Error::Stale { resource: "leads/7".into() }, Code::Aborted);
        assert_eq!(details.error_info().expect("ErrorInfo").reason, "ETAG_MISMATCH");
        let (_, details) = check(Error::Busy { reason: Reason::StoreUnavailable }, Code::Unavailable);
        assert_eq!(details.retry_info().expect("RetryInfo").retry_delay, Some(RETRY_AFTER));
        let (_, details) = check(Error::Exhausted { reason: Reason::QueueFull }, Code::ResourceExhausted);
        assert!(details.retry_info().is_some());
        check(Error::Expired, Code::DeadlineExceeded);
    }

    #[tokio::test]
    async fn an_error_names_the_call_that_it_belongs_to() {
        let mut headers = http::HeaderMap::new();
        headers.insert(crate::request::HEADER, http::HeaderValue::from_static("call-7"));
        let status = CallId::of(&headers).scope(async { from_error(Error::Internal) }).await;
        assert_eq!(status.get_details_request_info().expect("RequestInfo").request_id, "call-7");
        assert_eq!(status.message(), "internal error");
    }
}
