//! WatchHandoffs: the handoffs that changed behind a position, as they are now, and then every further one (R25).

use std::collections::BTreeSet;

use handoff_domain::error::Error;
use handoff_domain::id::{TeamId, TenantId, UserId};
use handoff_proto::event::v1::Payload;
use handoff_proto::name::Collection;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::limits;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::database::Database;
use handoff_store::error::StoreError;
use handoff_store::qualification::handoff::{self, HandoffRow};
use handoff_store::{log, tx};
use prost::Message;
use tonic::{Request, Response, Status};

use crate::app::{App, Call};
use crate::convert;
use crate::convert::event::handoffs_of;
use crate::feed::{self, Messages, Page, Source, refuse_the_future};

pub(crate) async fn watch_handoffs(
    app: &App,
    request: Request<pb::WatchHandoffsRequest>,
) -> Result<Response<Messages<pb::WatchHandoffsResponse>>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    check.check(request.after_position.is_none_or(|after| after >= 0), "after_position", "is negative");
    let owner = check.optional_slug_name("owner", &request.owner, "users");
    let team = check.optional_slug_name("team", &request.team, "teams");
    check.finish().map_err(from_error)?;
    let after = match request.after_position {
        Some(after) => after,
        None => app.read(&call, |tx, tenant| Box::pin(feed::head(tx, tenant))).await?,
    };
    let tenant = call.tenant.id;
    let filter = Filter {
        owner: owner.map(|slug| UserId::from_slug(tenant, &slug)),
        team: team.map(|slug| TeamId::from_slug(tenant, &slug)),
        open: request.open,
    };
    Ok(feed::follow(app, after, Changed { database: app.background(), tenant, filter }))
}

#[derive(Debug, Clone, Copy)]
struct Filter {
    owner: Option<UserId>,
    team: Option<TeamId>,
    open: bool,
}

impl Filter {
    fn takes(self, row: &HandoffRow) -> bool {
        let handoff = &row.handoff;
        self.owner.is_none_or(|owner| handoff.owner == Some(owner))
            && self.team.is_none_or(|team| handoff.team == Some(team))
            && (!self.open || handoff.state.is_open())
    }
}

struct Changed {
    database: Database,
    tenant: TenantId,
    filter: Filter,
}

/// Handoffs that events behind a position are about.
struct Behind {
    rows: Vec<HandoffRow>,
    position: i64,
    head: i64,
}

async fn behind(tx: &mut tx::Tx, tenant: TenantId, after: i64) -> Result<Behind, StoreError> {
    let head = feed::head(tx, tenant).await?;
    let events =
        log::load_after(tx, tenant, after, limits::EVENTS_PER_MESSAGE, limits::EVENT_BYTES_PER_MESSAGE)
            .await?;
    let position = events.last().map_or(head, |event| event.position);
    let mut changed = BTreeSet::new();
    for event in &events {
        let payload = Payload::decode(event.payload.as_slice())
            .map_err(|_| StoreError::defect("the payload of an event cannot be read"))?;
        changed.extend(handoffs_of(&payload));
    }
    let changed: Vec<_> = changed.into_iter().collect();
    Ok(Behind { rows: handoff::load(tx, tenant, &changed).await?, position, head })
}

impl Source for Changed {
    type Message = pb::WatchHandoffsResponse;

    async fn page(&self, after: i64) -> Result<Page<Self::Message>, Error> {
        let (tenant, filter) = (self.tenant, self.filter);
        let read = self.database.read(tenant, None, move |tx| Box::pin(behind(tx, tenant, after)));
        let Behind { rows, position, head } = read.await?;
        refuse_the_future(after, head)?;
        let (handoffs, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| filter.takes(row));
        let others = others.into_iter().map(|row| Collection::Handoffs.name(row.handoff.id.0));
        Ok(Page {
            is_news: !rows.is_empty(),
            position,
            more: position < head,
            message: pb::WatchHandoffsResponse {
                handoffs: handoffs.into_iter().map(convert::handoff::handoff).collect(),
                others: others.collect(),
                position,
            },
        })
    }
}
