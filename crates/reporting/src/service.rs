//! The RPCs of `handoff.reporting.v1.ReportingService`, one line each: which file answers which.

use handoff_proto::reporting::v1 as pb;
use handoff_proto::reporting::v1::reporting_service_server::ReportingService;
use tonic::{Request, Response, Status};

use crate::app::App;
use crate::rpc;

/// The server half.
#[derive(Debug, Clone)]
pub(crate) struct Reporting {
    app: App,
}

impl Reporting {
    /// Serves with these parts.
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl ReportingService for Reporting {
    async fn get_mql_report(&self, r: Request<pb::GetMqlReportRequest>) -> Answer<pb::GetMqlReportResponse> {
        rpc::get_mql_report::get_mql_report(&self.app, r).await
    }

    async fn get_sql_report(&self, r: Request<pb::GetSqlReportRequest>) -> Answer<pb::GetSqlReportResponse> {
        rpc::get_sql_report::get_sql_report(&self.app, r).await
    }

    async fn get_velocity_report(
        &self,
        r: Request<pb::GetVelocityReportRequest>,
    ) -> Answer<pb::GetVelocityReportResponse> {
        rpc::get_velocity_report::get_velocity_report(&self.app, r).await
    }

    async fn plan_goal(&self, r: Request<pb::PlanGoalRequest>) -> Answer<pb::PlanGoalResponse> {
        rpc::plan_goal::plan_goal(r)
    }
}
