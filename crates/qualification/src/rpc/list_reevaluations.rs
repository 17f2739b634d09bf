//! ListReevaluations: pages of a tenant's re-evaluations, the latest first.

use chrono::{DateTime, Utc};
use handoff_domain::version::Subject;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::page::Binding;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::qualification::reevaluation::{list, tallies};
use tonic::{Request, Response, Status};

use super::catalogue::{PAGE, PAGE_MAX, page};
use crate::app::{App, Call};
use crate::convert;

pub(crate) async fn list_reevaluations(
    app: &App,
    request: Request<pb::ListReevaluationsRequest>,
) -> Result<Response<pb::ListReevaluationsResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let tokens = Binding::new("ListReevaluations", call.tenant.id);
    let mut check = Violations::new();
    let size = check.page_size(request.page_size, PAGE, PAGE_MAX);
    let before: Option<(DateTime<Utc>, String)> = check.take(tokens.key(&request.page_token));
    check.finish().map_err(from_error)?;

    // What this list gave out can be read.
    let before = before.and_then(|(at, version)| {
        let (subject, number) = Subject::parse_version_name(&version)?;
        Some((at, subject, number))
    });
    // One more than asked for tells whether there is another page.
    let (found, tallies) = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move {
                let found = list(tx, tenant, before, size + 1).await?;
                let keys: Vec<_> = found.iter().map(|it| (it.subject, it.number)).collect();
                Ok((found, tallies(tx, tenant, &keys).await?))
            })
        })
        .await?;
    let (page, more) = page(found.iter(), size);
    let last = page.last().filter(|_| more);
    let token = last.map(|it| tokens.token(&(it.effective_from, it.subject.version_name(it.number))));
    let told = page.into_iter().map(|it| {
        let tally = tallies.get(&(it.subject, it.number)).cloned().unwrap_or_default();
        convert::reevaluation::reevaluation(it, &tally)
    });
    let reevaluations = told.collect();
    Ok(Response::new(pb::ListReevaluationsResponse {
        reevaluations,
        next_page_token: token.unwrap_or_default(),
    }))
}
