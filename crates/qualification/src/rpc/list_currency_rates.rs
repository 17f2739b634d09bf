//! ListCurrencyRates: pages of a tenant's rates, by currencies and day.

use chrono::NaiveDate;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::page::Binding;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::qualification::currency_rate;
use tonic::{Request, Response, Status};

use super::catalogue::{PAGE, PAGE_MAX, page};
use crate::app::{App, Call};
use crate::convert;

pub(crate) async fn list_currency_rates(
    app: &App,
    request: Request<pb::ListCurrencyRatesRequest>,
) -> Result<Response<pb::ListCurrencyRatesResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let list = Binding::new("ListCurrencyRates", call.tenant.id);
    let mut check = Violations::new();
    let size = check.page_size(request.page_size, PAGE, PAGE_MAX);
    let after: Option<(String, (String, String))> = check.take(list.key(&request.page_token));
    check.finish().map_err(from_error)?;

    // Before all of them: no currency is empty.
    let (from, (to, day)) = after.unwrap_or_default();
    let day: NaiveDate = day.parse().unwrap_or_default();
    // One more than asked for tells whether there is another page.
    let rates = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move { currency_rate::list(tx, tenant, (&from, &to, day), size + 1).await })
        })
        .await?;
    let (page, more) = page(rates.iter(), size);
    let last = page.last().filter(|_| more);
    let token = last.map(|it| list.token(&(it.from.to_string(), (it.to.to_string(), it.day.to_string()))));
    Ok(Response::new(pb::ListCurrencyRatesResponse {
        next_page_token: token.unwrap_or_default(),
        currency_rates: page.into_iter().map(convert::catalogue::rate).collect(),
    }))
}
