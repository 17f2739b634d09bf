//! GetContract: the contract in effect now, signed or not.

use handoff_domain::error::Error;
use handoff_proto::sla::v1 as pb;
use handoff_runtime::clock;
use handoff_runtime::status::from_error;
use handoff_store::sla::{calendar, contract};
use tonic::{Request, Response, Status};

use crate::app::{App, Call};
use crate::convert;

pub(crate) async fn get_contract(
    app: &App,
    request: Request<pb::GetContractRequest>,
) -> Result<Response<pb::GetContractResponse>, Status> {
    let call = Call::of(&request)?;
    let now = clock::now();
    let found = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move {
                let Some(contract) = contract::load_in_effect(tx, tenant, now).await? else {
                    return Ok(None);
                };
                let calendars = calendar::load(tx, tenant, &[contract.calendar]).await?;
                Ok(calendars.into_iter().next().map(|calendar| (contract, calendar)))
            })
        })
        .await?;
    let (contract, calendar) = found.ok_or_else(|| from_error(Error::not_found("contracts")))?;
    let contract = convert::contract::contract(&contract, &calendar.slug);
    Ok(Response::new(pb::GetContractResponse { contract: Some(contract) }))
}
