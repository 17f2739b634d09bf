//! PutCurrencyRate: a rate between two currencies is as the caller says, from a day on.

use handoff_domain::error::Error;
use handoff_domain::qualification::Command;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::unexpected;
use crate::app::{App, Call};
use crate::convert::catalogue;
use crate::ledger::Told;

pub(crate) async fn put_currency_rate(
    app: &App,
    request: Request<pb::PutCurrencyRateRequest>,
) -> Result<Response<pb::PutCurrencyRateResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    check.check(request.currency_rate.is_some(), "currency_rate", "is required");
    let given = request.currency_rate.as_ref();
    let given = given.and_then(|given| catalogue::from_rate("currency_rate", given, &mut check));
    check.finish().map_err(from_error)?;
    // What cannot be read was told above.
    let given = given.ok_or_else(|| from_error(Error::Internal))?;

    let request = key(id, "PutCurrencyRate", &request);
    match app.change(call, request, Command::PutRate(given), size).await?.told {
        Told::Rate(rate) => Ok(Response::new(pb::PutCurrencyRateResponse { currency_rate: Some(rate) })),
        other => Err(unexpected(other)),
    }
}
