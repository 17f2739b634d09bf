//! GetHandoff.

use handoff_domain::error::Error;
use handoff_domain::id::HandoffId;
use handoff_proto::name::Collection;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::qualification::{handoff, handoff_route};
use tonic::{Request, Response, Status};

use crate::app::{App, Call};
use crate::convert;

pub(crate) async fn get_handoff(
    app: &App,
    request: Request<pb::GetHandoffRequest>,
) -> Result<Response<pb::GetHandoffResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let id = HandoffId(check.name("name", &request.name, Collection::Handoffs));
    check.finish().map_err(from_error)?;

    let found = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move {
                let kept = handoff_route::load(tx, tenant, &[id]).await?;
                Ok((handoff::load(tx, tenant, &[id]).await?, kept))
            })
        })
        .await?;
    let (found, kept) = found;
    let row = found.first().ok_or_else(|| from_error(Error::not_found(request.name)))?;
    Ok(Response::new(pb::GetHandoffResponse {
        handoff: Some(convert::handoff::with_route(row, kept.first())),
    }))
}
