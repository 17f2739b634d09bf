//! The RPCs of `handoff.qualification.v1.StageService`, one line each: which file answers which.

use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::stage_service_server::StageService;
use tonic::{Request, Response, Status};

use crate::app::App;
use crate::{feed, rpc};

/// The server half.
#[derive(Debug, Clone)]
pub(crate) struct Stages {
    app: App,
}

impl Stages {
    /// Serves with these parts.
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl StageService for Stages {
    type WatchStageChangesStream = feed::Messages<pb::WatchStageChangesResponse>;

    async fn list_stage_changes(
        &self,
        r: Request<pb::ListStageChangesRequest>,
    ) -> Answer<pb::ListStageChangesResponse> {
        rpc::list_stage_changes::list_stage_changes(&self.app, r).await
    }

    async fn watch_stage_changes(
        &self,
        r: Request<pb::WatchStageChangesRequest>,
    ) -> Answer<Self::WatchStageChangesStream> {
        rpc::watch_stage_changes::watch_stage_changes(&self.app, r).await
    }

    async fn set_stage(&self, r: Request<pb::SetStageRequest>) -> Answer<pb::SetStageResponse> {
        rpc::set_stage::set_stage(&self.app, r).await
    }

    async fn nurture_lead(&self, r: Request<pb::NurtureLeadRequest>) -> Answer<pb::NurtureLeadResponse> {
        rpc::nurture_lead::nurture_lead(&self.app, r).await
    }

    async fn list_nurtured_leads(
        &self,
        r: Request<pb::ListNurturedLeadsRequest>,
    ) -> Answer<pb::ListNurturedLeadsResponse> {
        rpc::list_nurtured_leads::list_nurtured_leads(&self.app, r).await
    }
}
