//! GetLead: a lead with the history of its stages.

use handoff_domain::error::Error;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::qualification::{dossier, stage_change};
use tonic::{Request, Response, Status};

use super::{fields, lead};
use crate::app::{App, Call};
use crate::convert;

pub(crate) async fn get_lead(
    app: &App,
    request: Request<pb::GetLeadRequest>,
) -> Result<Response<pb::GetLeadResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let which = fields::lead_ref(&mut check, "lead", request.lead.as_ref());
    check.finish().map_err(from_error)?;

    let names = lead::names(&which);
    let found = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move {
                let found = dossier::load(tx, tenant, &names).await?;
                let Some(dossier) = found.dossiers.into_values().next() else { return Ok(None) };
                let history = stage_change::load_of_lead(tx, tenant, dossier.lead.id).await?;
                Ok(Some((dossier, history)))
            })
        })
        .await?;
    let (dossier, history) = found.ok_or_else(|| from_error(Error::not_found(lead::described(&which))))?;
    Ok(Response::new(pb::GetLeadResponse {
        lead: Some(convert::lead::lead(&dossier)),
        stage_history: history.iter().map(convert::lead::stage_change).collect(),
    }))
}
