//! The RPCs of `handoff.qualification.v1.VersionService`, one line each: which file answers which.

use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::version_service_server::VersionService;
use tonic::{Request, Response, Status};

use crate::app::App;
use crate::rpc;

/// The server half.
#[derive(Debug, Clone)]
pub(crate) struct Versions {
    app: App,
}

impl Versions {
    /// Serves with these parts.
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl VersionService for Versions {
    async fn draft_version(&self, r: Request<pb::DraftVersionRequest>) -> Answer<pb::DraftVersionResponse> {
        rpc::draft_version::draft_version(&self.app, r).await
    }

    async fn get_version(&self, r: Request<pb::GetVersionRequest>) -> Answer<pb::GetVersionResponse> {
        rpc::get_version::get_version(&self.app, r).await
    }

    async fn list_versions(&self, r: Request<pb::ListVersionsRequest>) -> Answer<pb::ListVersionsResponse> {
        rpc::list_versions::list_versions(&self.app, r).await
    }

    async fn submit_version(
        &self,
        r: Request<pb::SubmitVersionRequest>,
    ) -> Answer<pb::SubmitVersionResponse> {
        rpc::submit_version::submit_version(&self.app, r).await
    }

    async fn sign_version(&self, r: Request<pb::SignVersionRequest>) -> Answer<pb::SignVersionResponse> {
        rpc::sign_version::sign_version(&self.app, r).await
    }

    async fn withdraw_signature(
        &self,
        r: Request<pb::WithdrawSignatureRequest>,
    ) -> Answer<pb::WithdrawSignatureResponse> {
        rpc::withdraw_signature::withdraw_signature(&self.app, r).await
    }

    async fn withdraw_version(
        &self,
        r: Request<pb::WithdrawVersionRequest>,
    ) -> Answer<pb::WithdrawVersionResponse> {
        rpc::withdraw_version::withdraw_version(&self.app, r).await
    }

    async fn schedule_version(
        &self,
        r: Request<pb::ScheduleVersionRequest>,
    ) -> Answer<pb::ScheduleVersionResponse> {
        rpc::schedule_version::schedule_version(&self.app, r).await
    }
}
