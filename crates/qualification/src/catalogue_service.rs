//! The RPCs of `handoff.qualification.v1.CatalogueService`, one line each: which file answers which.

use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::catalogue_service_server::CatalogueService;
use tonic::{Request, Response, Status};

use crate::app::App;
use crate::rpc;

/// The server half.
#[derive(Debug, Clone)]
pub(crate) struct Vocabulary {
    app: App,
}

impl Vocabulary {
    /// Serves with these parts.
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl CatalogueService for Vocabulary {
    async fn put_attribute(&self, r: Request<pb::PutAttributeRequest>) -> Answer<pb::PutAttributeResponse> {
        rpc::put_attribute::put_attribute(&self.app, r).await
    }

    async fn list_attributes(
        &self,
        r: Request<pb::ListAttributesRequest>,
    ) -> Answer<pb::ListAttributesResponse> {
        rpc::list_attributes::list_attributes(&self.app, r).await
    }

    async fn put_activity_type(
        &self,
        r: Request<pb::PutActivityTypeRequest>,
    ) -> Answer<pb::PutActivityTypeResponse> {
        rpc::put_activity_type::put_activity_type(&self.app, r).await
    }

    async fn list_activity_types(
        &self,
        r: Request<pb::ListActivityTypesRequest>,
    ) -> Answer<pb::ListActivityTypesResponse> {
        rpc::list_activity_types::list_activity_types(&self.app, r).await
    }

    async fn put_currency_rate(
        &self,
        r: Request<pb::PutCurrencyRateRequest>,
    ) -> Answer<pb::PutCurrencyRateResponse> {
        rpc::put_currency_rate::put_currency_rate(&self.app, r).await
    }

    async fn list_currency_rates(
        &self,
        r: Request<pb::ListCurrencyRatesRequest>,
    ) -> Answer<pb::ListCurrencyRatesResponse> {
        rpc::list_currency_rates::list_currency_rates(&self.app, r).await
    }
}
