//! WatchStageChanges: the changes of stage and nurture segment behind a position, and then every further one (R12, R23).

use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::database::Database;
use tonic::{Request, Response, Status};

use super::stage_change::{self, Filter};
use crate::app::{App, Call};
use crate::feed::{self, Messages, Page, Source, refuse_the_future};

/// Changes in one message at most.
const CHANGES: i64 = 500;

pub(crate) async fn watch_stage_changes(
    app: &App,
    request: Request<pb::WatchStageChangesRequest>,
) -> Result<Response<Messages<pb::WatchStageChangesResponse>>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let after = request.after_position;
    check.check(after >= 0, "after_position", "is negative");
    let filter = Filter::of(&mut check, request.filter.as_ref());
    check.finish().map_err(from_error)?;
    let changes = Behind { database: app.background(), tenant: call.tenant.id, filter };
    Ok(feed::follow(app, after, changes))
}

struct Behind {
    database: Database,
    tenant: TenantId,
    filter: Filter,
}

impl Source for Behind {
    type Message = pb::WatchStageChangesResponse;

    async fn page(&self, after: i64) -> Result<Page<Self::Message>, Error> {
        let (tenant, filter) = (self.tenant, self.filter.clone());
        let read = self.database.read(tenant, None, move |tx| {
            Box::pin(async move { stage_change::page(tx, tenant, after, CHANGES, &filter).await })
        });
        let found = read.await?;
        refuse_the_future(after, found.head)?;
        Ok(Page {
            is_news: !found.changes.is_empty(),
            position: found.position,
            more: found.position < found.head,
            message: pb::WatchStageChangesResponse { changes: found.changes, position: found.position },
        })
    }
}
