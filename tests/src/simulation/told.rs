//! What a caller is told, as far as services and model must agree: that it was done, or the code and the reason of the
//! refusal.

use handoff_domain::error::Error;
use handoff_proto::qualification::v1::RefusedItem;
use handoff_runtime::status::from_error;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Done, or refused and how.
pub type Told = Result<(), String>;

/// A refusal of a call.
pub fn refused(status: &Status) -> String {
    let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    format!("{:?} {reason}", status.code())
}

/// A refusal of an item of an import.
pub fn item_refused(item: &RefusedItem) -> String {
    let reason = match item.reason() {
        handoff_proto::common::v1::ErrorReason::Unspecified => "",
        reason => reason.as_str_name().trim_start_matches("ERROR_REASON_"),
    };
    format!("{:?} {reason}", Code::from(item.code))
}

/// A refusal of the domain, as the service would tell it.
pub fn decided<T>(result: Result<T, Error>) -> Told {
    result.map(drop).map_err(|error| refused(&from_error(error)))
}
