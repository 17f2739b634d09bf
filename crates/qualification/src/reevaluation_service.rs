//! The RPCs of `handoff.qualification.v1.ReevaluationService`, one line each: which file answers which.

use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::reevaluation_service_server::ReevaluationService;
use tonic::{Request, Response, Status};

use crate::app::App;
use crate::rpc;

/// The server half.
#[derive(Debug, Clone)]
pub(crate) struct Reevaluations {
    app: App,
}

impl Reevaluations {
    /// Serves with these parts.
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl ReevaluationService for Reevaluations {
    async fn get_reevaluation(
        &self,
        r: Request<pb::GetReevaluationRequest>,
    ) -> Answer<pb::GetReevaluationResponse> {
        rpc::get_reevaluation::get_reevaluation(&self.app, r).await
    }

    async fn list_reevaluations(
        &self,
        r: Request<pb::ListReevaluationsRequest>,
    ) -> Answer<pb::ListReevaluationsResponse> {
        rpc::list_reevaluations::list_reevaluations(&self.app, r).await
    }

    async fn list_reevaluated_leads(
        &self,
        r: Request<pb::ListReevaluatedLeadsRequest>,
    ) -> Answer<pb::ListReevaluatedLeadsResponse> {
        rpc::list_reevaluated_leads::list_reevaluated_leads(&self.app, r).await
    }
}
