//! The RPCs of `handoff.qualification.v1.RoutingService`, one line each: which file answers which.

use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::routing_service_server::RoutingService;
use tonic::{Request, Response, Status};

use crate::app::App;
use crate::rpc;

/// The server half.
#[derive(Debug, Clone)]
pub(crate) struct Routing {
    app: App,
}

impl Routing {
    /// Serves with these parts.
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl RoutingService for Routing {
    async fn put_routing_plan(
        &self,
        r: Request<pb::PutRoutingPlanRequest>,
    ) -> Answer<pb::PutRoutingPlanResponse> {
        rpc::put_routing_plan::put_routing_plan(&self.app, r).await
    }

    async fn get_routing_plan(
        &self,
        r: Request<pb::GetRoutingPlanRequest>,
    ) -> Answer<pb::GetRoutingPlanResponse> {
        rpc::get_routing_plan::get_routing_plan(&self.app, r).await
    }

    async fn explain_routing(
        &self,
        r: Request<pb::ExplainRoutingRequest>,
    ) -> Answer<pb::ExplainRoutingResponse> {
        rpc::explain_routing::explain_routing(&self.app, r).await
    }

    async fn set_availability(
        &self,
        r: Request<pb::SetAvailabilityRequest>,
    ) -> Answer<pb::SetAvailabilityResponse> {
        rpc::set_availability::set_availability(&self.app, r).await
    }

    async fn set_team_calendar(
        &self,
        r: Request<pb::SetTeamCalendarRequest>,
    ) -> Answer<pb::SetTeamCalendarResponse> {
        rpc::set_team_calendar::set_team_calendar(&self.app, r).await
    }
}
