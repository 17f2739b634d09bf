//! GetRoutingPlan.

use handoff_domain::error::Error;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::status::from_error;
use handoff_store::qualification::routing;
use prost::Message;
use tonic::{Request, Response, Status};

use crate::app::{App, Call};
use crate::convert::cycle;

pub(crate) async fn get_routing_plan(
    app: &App,
    request: Request<pb::GetRoutingPlanRequest>,
) -> Result<Response<pb::GetRoutingPlanResponse>, Status> {
    let call = Call::of(&request)?;
    let found = app.read(&call, |tx, tenant| Box::pin(routing::load_plan(tx, tenant))).await?;
    let row = found.ok_or_else(|| from_error(Error::not_found("routing-plan")))?;
    // What is stored is what was sent, as far as this build knows it.
    let plan = pb::RoutingPlan::decode(row.content.as_slice()).map_err(|_| from_error(Error::Internal))?;
    Ok(Response::new(pb::GetRoutingPlanResponse { plan: Some(plan), number: cycle(row.number) }))
}
