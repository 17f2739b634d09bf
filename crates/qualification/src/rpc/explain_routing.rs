//! ExplainRouting: what the plan says of a handoff now, and who could be given it. Reads everything in one snapshot and changes
//! nothing.

use handoff_domain::error::Error;
use handoff_domain::id::{HandoffId, TenantId};
use handoff_domain::qualification::State;
use handoff_domain::qualification::decide::explain_routing as explain;
use handoff_domain::qualification::rulebook::Rulebook;
use handoff_domain::rates::Rates;
use handoff_proto::name::Collection;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::clock;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::error::StoreError;
use handoff_store::log;
use handoff_store::qualification::{attribute, currency_rate, dossier, handoff_route, tenant};
use handoff_store::tx::Tx;
use tonic::{Request, Response, Status};

use crate::app::{App, Call};
use crate::convert::routing;
use crate::ledger;
use crate::people;

pub(crate) async fn explain_routing(
    app: &App,
    request: Request<pb::ExplainRoutingRequest>,
) -> Result<Response<pb::ExplainRoutingResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let id = HandoffId(check.name("name", &request.name, Collection::Handoffs));
    check.finish().map_err(from_error)?;

    let read = app.read(&call, move |tx, tenant| Box::pin(read(tx, tenant, id))).await?;
    let state = read.ok_or_else(|| from_error(Error::not_found(request.name)))?;
    let (handoff, roster) = (state.handoff(id), state.roster());
    let (Some(handoff), Some(roster)) = (handoff, roster) else { return Err(from_error(Error::Internal)) };
    let kept = state.dossier(handoff.lead).and_then(|dossier| dossier.routes.get(&id));
    let last = kept.and_then(|kept| kept.route.as_ref());
    let Some(explained) = explain(&state, id, clock::now()) else {
        // Without a plan there is nothing to explain.
        return Ok(Response::new(pb::ExplainRoutingResponse::default()));
    };
    let slug = |user| roster.user(user).map(|user| user.slug.clone());
    Ok(Response::new(routing::explained(&explained, last, slug)))
}

/// The handoff with its person, and whom there is to route to; none if there is no such handoff.
async fn read(tx: &mut Tx, tenant: TenantId, id: HandoffId) -> Result<Option<State>, StoreError> {
    let names = dossier::Names { handoffs: vec![id], ..dossier::Names::default() };
    let mut state = people::load(tx, tenant, names).await?;
    let Some(record) = tenant::load(tx, tenant).await?.filter(|_| state.handoff(id).is_some()) else {
        return Ok(None);
    };
    let catalogue = handoff_domain::profile::Catalogue::with(attribute::load(tx, tenant).await?);
    let rates: Rates = currency_rate::load(tx, tenant).await?.into_iter().collect();
    let (roster, desk) = ledger::load_staff(tx, tenant, &catalogue).await?;
    let now = log::load_head_with_time(tx, tenant).await?.map_or_else(clock::now, |(_, now)| now);
    let book = Rulebook::new(&[], catalogue, rates, record.zone);
    state.put_rules(std::sync::Arc::new(book), now);
    state.put_tenant(record);
    state.put_roster(roster, desk);
    handoff_route::load(tx, tenant, &[id]).await?.into_iter().for_each(|kept| state.put_route(kept));
    Ok(Some(state))
}
