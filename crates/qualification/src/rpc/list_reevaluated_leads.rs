//! ListReevaluatedLeads: pages of the leads that a re-evaluation found to change, those with the most points first.

use handoff_domain::id::LeadId;
use handoff_domain::points::Points;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::page::Binding;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::qualification::reevaluation::findings;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::catalogue::{PAGE, PAGE_MAX, page};
use super::reevaluation::{find, name};
use crate::app::{App, Call};
use crate::convert;

pub(crate) async fn list_reevaluated_leads(
    app: &App,
    request: Request<pb::ListReevaluatedLeadsRequest>,
) -> Result<Response<pb::ListReevaluatedLeadsResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let tokens = Binding::new("ListReevaluatedLeads", call.tenant.id).with(&request.parent);
    let mut check = Violations::new();
    let key = name(&mut check, "parent", &request.parent);
    let size = check.page_size(request.page_size, PAGE, PAGE_MAX);
    let after: Option<(i64, Uuid)> = check.take(tokens.key(&request.page_token));
    check.finish().map_err(from_error)?;

    let after = after.map(|(milli, lead)| (Points::from_milli(milli), LeadId(lead)));
    // One more than asked for tells whether there is another page.
    let (parent, found) = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move {
                Ok((find(tx, tenant, key).await?, findings(tx, tenant, key, after, size + 1).await?))
            })
        })
        .await?;
    parent.map_err(from_error)?;
    let (page, more) = page(found.iter(), size);
    let last = page.last().filter(|_| more);
    Ok(Response::new(pb::ListReevaluatedLeadsResponse {
        next_page_token: last.map(|it| tokens.token(&(it.points.milli(), it.lead.0))).unwrap_or_default(),
        leads: page.into_iter().map(convert::reevaluation::lead).collect(),
    }))
}
