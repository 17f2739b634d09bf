//! The RPCs of `handoff.sla.v1.SlaService`, one line each: which file answers which.

use handoff_proto::sla::v1 as pb;
use handoff_proto::sla::v1::sla_service_server::SlaService;
use tonic::{Request, Response, Status};

use crate::app::App;
use crate::rpc;

/// The server half.
#[derive(Debug, Clone)]
pub(crate) struct Sla {
    app: App,
}

impl Sla {
    /// Serves with these parts.
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl SlaService for Sla {
    async fn put_calendar(&self, r: Request<pb::PutCalendarRequest>) -> Answer<pb::PutCalendarResponse> {
        rpc::put_calendar::put_calendar(&self.app, r).await
    }

    async fn get_calendar(&self, r: Request<pb::GetCalendarRequest>) -> Answer<pb::GetCalendarResponse> {
        rpc::get_calendar::get_calendar(&self.app, r).await
    }

    async fn list_calendars(
        &self,
        r: Request<pb::ListCalendarsRequest>,
    ) -> Answer<pb::ListCalendarsResponse> {
        rpc::list_calendars::list_calendars(&self.app, r).await
    }

    async fn import_holidays(
        &self,
        r: Request<pb::ImportHolidaysRequest>,
    ) -> Answer<pb::ImportHolidaysResponse> {
        rpc::import_holidays::import_holidays(&self.app, r).await
    }

    async fn get_contract(&self, r: Request<pb::GetContractRequest>) -> Answer<pb::GetContractResponse> {
        rpc::get_contract::get_contract(&self.app, r).await
    }

    async fn preview_deadline(
        &self,
        r: Request<pb::PreviewDeadlineRequest>,
    ) -> Answer<pb::PreviewDeadlineResponse> {
        rpc::preview_deadline::preview_deadline(&self.app, r).await
    }

    async fn preview_elapsed(
        &self,
        r: Request<pb::PreviewElapsedRequest>,
    ) -> Answer<pb::PreviewElapsedResponse> {
        rpc::preview_elapsed::preview_elapsed(&self.app, r).await
    }

    async fn list_clocks(&self, r: Request<pb::ListClocksRequest>) -> Answer<pb::ListClocksResponse> {
        rpc::list_clocks::list_clocks(&self.app, r).await
    }

    async fn list_breaches(&self, r: Request<pb::ListBreachesRequest>) -> Answer<pb::ListBreachesResponse> {
        rpc::list_breaches::list_breaches(&self.app, r).await
    }
}
