//! PutRoutingPlan: to whom handoffs go.

use handoff_domain::error::Error;
use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::PutRoutingPlan;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::{catalogue, unexpected};
use crate::app::{App, Call};
use crate::convert::{cycle, routing};
use crate::ledger::Told;

pub(crate) async fn put_routing_plan(
    app: &App,
    request: Request<pb::PutRoutingPlanRequest>,
) -> Result<Response<pb::PutRoutingPlanResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    check.check(request.plan.is_some(), "plan", "is required");
    // The batch judges by the catalogue as it is then: an attribute never goes or changes its type.
    let catalogue = catalogue::attributes(app, &call).await?;
    let plan = request.plan.as_ref().and_then(|plan| routing::plan(&mut check, plan, &catalogue));
    check.finish().map_err(from_error)?;
    // What cannot be read was told above.
    let plan = plan.ok_or_else(|| from_error(Error::Internal))?;

    let request = key(id, "PutRoutingPlan", &request);
    let command = Command::PutRoutingPlan(PutRoutingPlan { plan });
    match app.change(call, request, command, size).await?.told {
        Told::Plan { plan, number } => {
            Ok(Response::new(pb::PutRoutingPlanResponse { plan: Some(*plan), number: cycle(number) }))
        }
        other => Err(unexpected(other)),
    }
}
