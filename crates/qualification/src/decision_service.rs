//! The RPCs of `handoff.qualification.v1.DecisionService`, one line each: which file answers which.

use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::decision_service_server::DecisionService;
use tonic::{Request, Response, Status};

use crate::app::App;
use crate::rpc;

/// The server half.
#[derive(Debug, Clone)]
pub(crate) struct Decisions {
    app: App,
}

impl Decisions {
    /// Serves with these parts.
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl DecisionService for Decisions {
    async fn dispute_handoff(
        &self,
        r: Request<pb::DisputeHandoffRequest>,
    ) -> Answer<pb::DisputeHandoffResponse> {
        rpc::dispute_handoff::dispute_handoff(&self.app, r).await
    }

    async fn resolve_dispute(
        &self,
        r: Request<pb::ResolveDisputeRequest>,
    ) -> Answer<pb::ResolveDisputeResponse> {
        rpc::resolve_dispute::resolve_dispute(&self.app, r).await
    }
}
