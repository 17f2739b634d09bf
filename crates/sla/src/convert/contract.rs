//! Contracts on the wire, and whether they are signed, which is shown wherever they are.

use handoff_domain::sla::Contract;
use handoff_proto::name::Collection;
use handoff_proto::sla::v1 as pb;
use handoff_runtime::convert;

use super::{calendar_name, count};

/// A contract that runs by the calendar called `calendar`.
pub(crate) fn contract(contract: &Contract, calendar: &str) -> pb::Contract {
    pb::Contract {
        name: Collection::Contracts.name(contract.id.0),
        version: count(contract.version),
        signature_state: signature_state(contract).into(),
        decide_target: Some(convert::to_target(contract.decide)),
        calendar: calendar_name(calendar),
        effective_time: Some(convert::to_timestamp(contract.effective_from)),
    }
}

/// Whether both sides have signed it.
pub(crate) fn signature_state(contract: &Contract) -> pb::SignatureState {
    if contract.is_signed { pb::SignatureState::Signed } else { pb::SignatureState::Unsigned }
}
