//! The RPCs of `handoff.qualification.v1.QualificationService`, one line each: which file answers which.

use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::qualification_service_server::QualificationService;
use tonic::{Request, Response, Status, Streaming};

use crate::app::App;
use crate::{feed, rpc};

/// The server half.
#[derive(Debug, Clone)]
pub(crate) struct Qualification {
    app: App,
}

impl Qualification {
    /// Serves with these parts.
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl QualificationService for Qualification {
    type ImportStream = rpc::import::Answers;
    type WatchHandoffsStream = feed::Messages<pb::WatchHandoffsResponse>;

    async fn create_tenant(&self, r: Request<pb::CreateTenantRequest>) -> Answer<pb::CreateTenantResponse> {
        rpc::create_tenant::create_tenant(&self.app, r).await
    }

    async fn get_tenant(&self, r: Request<pb::GetTenantRequest>) -> Answer<pb::GetTenantResponse> {
        rpc::get_tenant::get_tenant(&self.app, r).await
    }

    async fn update_tenant(&self, r: Request<pb::UpdateTenantRequest>) -> Answer<pb::UpdateTenantResponse> {
        rpc::update_tenant::update_tenant(&self.app, r).await
    }

    async fn put_team(&self, r: Request<pb::PutTeamRequest>) -> Answer<pb::PutTeamResponse> {
        rpc::put_team::put_team(&self.app, r).await
    }

    async fn put_user(&self, r: Request<pb::PutUserRequest>) -> Answer<pb::PutUserResponse> {
        rpc::put_user::put_user(&self.app, r).await
    }

    async fn list_users(&self, r: Request<pb::ListUsersRequest>) -> Answer<pb::ListUsersResponse> {
        rpc::list_users::list_users(&self.app, r).await
    }

    async fn capture_lead(&self, r: Request<pb::CaptureLeadRequest>) -> Answer<pb::CaptureLeadResponse> {
        rpc::capture_lead::capture_lead(&self.app, r).await
    }

    async fn get_lead(&self, r: Request<pb::GetLeadRequest>) -> Answer<pb::GetLeadResponse> {
        rpc::get_lead::get_lead(&self.app, r).await
    }

    async fn merge_leads(&self, r: Request<pb::MergeLeadsRequest>) -> Answer<pb::MergeLeadsResponse> {
        rpc::merge_leads::merge_leads(&self.app, r).await
    }

    async fn unmerge_lead(&self, r: Request<pb::UnmergeLeadRequest>) -> Answer<pb::UnmergeLeadResponse> {
        rpc::unmerge_lead::unmerge_lead(&self.app, r).await
    }

    async fn find_duplicates(
        &self,
        r: Request<pb::FindDuplicatesRequest>,
    ) -> Answer<pb::FindDuplicatesResponse> {
        rpc::find_duplicates::find_duplicates(&self.app, r).await
    }

    async fn record_activity(
        &self,
        r: Request<pb::RecordActivityRequest>,
    ) -> Answer<pb::RecordActivityResponse> {
        rpc::record_activity::record_activity(&self.app, r).await
    }

    async fn qualify_lead(&self, r: Request<pb::QualifyLeadRequest>) -> Answer<pb::QualifyLeadResponse> {
        rpc::qualify_lead::qualify_lead(&self.app, r).await
    }

    async fn assign_handoff(
        &self,
        r: Request<pb::AssignHandoffRequest>,
    ) -> Answer<pb::AssignHandoffResponse> {
        rpc::assign_handoff::assign_handoff(&self.app, r).await
    }

    async fn get_handoff(&self, r: Request<pb::GetHandoffRequest>) -> Answer<pb::GetHandoffResponse> {
        rpc::get_handoff::get_handoff(&self.app, r).await
    }

    async fn list_handoffs(&self, r: Request<pb::ListHandoffsRequest>) -> Answer<pb::ListHandoffsResponse> {
        rpc::list_handoffs::list_handoffs(&self.app, r).await
    }

    async fn watch_handoffs(
        &self,
        r: Request<pb::WatchHandoffsRequest>,
    ) -> Answer<Self::WatchHandoffsStream> {
        rpc::watch_handoffs::watch_handoffs(&self.app, r).await
    }

    async fn accept_handoff(
        &self,
        r: Request<pb::AcceptHandoffRequest>,
    ) -> Answer<pb::AcceptHandoffResponse> {
        rpc::accept_handoff::accept_handoff(&self.app, r).await
    }

    async fn reject_handoff(
        &self,
        r: Request<pb::RejectHandoffRequest>,
    ) -> Answer<pb::RejectHandoffResponse> {
        rpc::reject_handoff::reject_handoff(&self.app, r).await
    }

    async fn withdraw_handoff(
        &self,
        r: Request<pb::WithdrawHandoffRequest>,
    ) -> Answer<pb::WithdrawHandoffResponse> {
        rpc::withdraw_handoff::withdraw_handoff(&self.app, r).await
    }

    async fn record_contact(
        &self,
        r: Request<pb::RecordContactRequest>,
    ) -> Answer<pb::RecordContactResponse> {
        rpc::record_contact::record_contact(&self.app, r).await
    }

    async fn record_outcome(
        &self,
        r: Request<pb::RecordOutcomeRequest>,
    ) -> Answer<pb::RecordOutcomeResponse> {
        rpc::record_outcome::record_outcome(&self.app, r).await
    }

    async fn import(&self, r: Request<Streaming<pb::ImportRequest>>) -> Answer<Self::ImportStream> {
        rpc::import::import(&self.app, r)
    }
}
