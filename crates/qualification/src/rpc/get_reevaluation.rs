//! GetReevaluation: how far a re-evaluation has come, and what it found.

use handoff_proto::qualification::v1 as pb;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::qualification::reevaluation::tallies;
use tonic::{Request, Response, Status};

use super::reevaluation::{find, name};
use crate::app::{App, Call};
use crate::convert;

pub(crate) async fn get_reevaluation(
    app: &App,
    request: Request<pb::GetReevaluationRequest>,
) -> Result<Response<pb::GetReevaluationResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let key = name(&mut check, "name", &request.name);
    check.finish().map_err(from_error)?;

    let (found, tallies) = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move { Ok((find(tx, tenant, key).await?, tallies(tx, tenant, &[key]).await?)) })
        })
        .await?;
    let found = found.map_err(from_error)?;
    let tally = tallies.get(&key).cloned().unwrap_or_default();
    let reevaluation = Some(convert::reevaluation::reevaluation(&found, &tally));
    Ok(Response::new(pb::GetReevaluationResponse { reevaluation }))
}
