//! Handoffs that stand where a method about decisions needs them, and who speaks for which side.

use anyhow::Context;
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::client::Caller;
use handoff_tests::endpoints::Endpoints;
use uuid::Uuid;

/// Whoever may call a method, as far as sides say: user and side.
pub(super) fn speaker(method: &str) -> (&'static str, &'static str) {
    const OF_SALES: [&str; 3] = ["AcceptHandoff", "RejectHandoff", "ResolveDispute"];
    const OF_MARKETING: [&str; 3] = ["WithdrawHandoff", "DisputeHandoff", "NurtureLead"];
    if OF_SALES.contains(&method) || method.ends_with("Version") || method == "WithdrawSignature" {
        ("users/bob", "SALES")
    } else if OF_MARKETING.contains(&method) {
        ("users/mia", "MARKETING")
    } else {
        ("services/tests", "SYSTEM")
    }
}

/// Whether a method is about a handoff.
pub(super) fn needs_handoff(method: &str) -> bool {
    method.contains("Handoff") || ["ListClocks", "ResolveDispute", "ExplainRouting"].contains(&method)
}

/// Takes an owned handoff to where the method needs it.
pub(super) async fn decide(endpoints: &Endpoints, method: &str, handoff: &str) -> anyhow::Result<()> {
    let id = || Uuid::now_v7().to_string();
    if !["DisputeHandoff", "ResolveDispute"].contains(&method) {
        return Ok(());
    }
    let rejected = pb::RejectHandoffRequest {
        request_id: id(),
        name: handoff.to_owned(),
        reason: "WRONG_SIZE".into(),
        ..pb::RejectHandoffRequest::default()
    };
    let bob = Caller::user("acme", "bob", Side::Sales);
    endpoints.qualification(&bob)?.reject_handoff(rejected).await.context("rejected")?;
    if method == "ResolveDispute" {
        let disputed = pb::DisputeHandoffRequest {
            request_id: id(),
            name: handoff.to_owned(),
            note: "it fits".into(),
            etag: String::new(),
        };
        let mia = Caller::user("acme", "mia", Side::Marketing);
        endpoints.decisions(&mia)?.dispute_handoff(disputed).await.context("disputed")?;
    }
    Ok(())
}
