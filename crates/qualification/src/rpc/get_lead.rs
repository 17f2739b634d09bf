//! GetLead: a lead with the history of its stages. Its name shows the record itself, merged or not; an address or an
//! id of a system of record is a person's, and shows the survivor.

use handoff_domain::error::Error;
use handoff_domain::qualification::command::LeadRef;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::qualification::stage_change;
use tonic::{Request, Response, Status};

use super::{fields, lead};
use crate::app::{App, Call};
use crate::convert;
use crate::people;

pub(crate) async fn get_lead(
    app: &App,
    request: Request<pb::GetLeadRequest>,
) -> Result<Response<pb::GetLeadResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let which = fields::lead_ref(&mut check, "lead", request.lead.as_ref());
    check.finish().map_err(from_error)?;

    let (names, wanted) = (lead::names(&which), which.clone());
    let found = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move {
                let state = people::load(tx, tenant, names).await?;
                let Some(named) = state.find_lead(&wanted) else { return Ok(None) };
                let id = if matches!(wanted, LeadRef::Id(_)) { named } else { state.survivor(named) };
                let mut history = Vec::new();
                for member in state.members(id) {
                    history.extend(stage_change::load_of_lead(tx, tenant, member).await?);
                }
                history.sort_by_key(|change| change.position);
                Ok(state.whole(id).map(|whole| (convert::lead::lead(&whole), history)))
            })
        })
        .await?;
    let (found, history) = found.ok_or_else(|| from_error(Error::not_found(lead::described(&which))))?;
    Ok(Response::new(pb::GetLeadResponse {
        lead: Some(found),
        stage_history: history.iter().map(convert::lead::stage_change).collect(),
    }))
}
