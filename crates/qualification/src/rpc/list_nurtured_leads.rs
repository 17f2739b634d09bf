//! ListNurturedLeads: who is in nurture, or in one segment of it (R12).

use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::qualification::Stage;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::page::Binding;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::error::StoreError;
use handoff_store::qualification::dossier::{self, Names};
use handoff_store::qualification::track::{self, Place};
use handoff_store::tx::Tx;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::stage_change;
use crate::app::{App, Call};
use crate::{convert, feed};

const PAGE: i64 = 100;
const PAGE_MAX: i64 = 1_000;

pub(crate) async fn list_nurtured_leads(
    app: &App,
    request: Request<pb::ListNurturedLeadsRequest>,
) -> Result<Response<pb::ListNurturedLeadsResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let size = check.page_size(request.page_size, PAGE, PAGE_MAX);
    let segment = stage_change::segment(&mut check, "segment", request.segment.as_deref());
    let list =
        Binding::new("ListNurturedLeads", call.tenant.id).with(stage_change::segment_word(segment.as_ref()));
    let after: Option<(Uuid, String)> = check.take(list.key(&request.page_token));
    check.finish().map_err(from_error)?;

    let after = after.map_or((LeadId(Uuid::nil()), String::new()), |(lead, line)| (LeadId(lead), line));
    let (leads, next, position) = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move {
                let mut places = places(tx, tenant, segment.as_ref(), &after, size + 1).await?;
                let shown = usize::try_from(size).unwrap_or(usize::MAX);
                let more = places.len() > shown;
                places.truncate(shown);
                let next = places.last().filter(|_| more).map(|(lead, line)| (lead.0, line.clone()));
                Ok((nurtured(tx, tenant, places).await?, next, feed::head(tx, tenant).await?))
            })
        })
        .await?;
    Ok(Response::new(pb::ListNurturedLeadsResponse {
        leads,
        next_page_token: next.map(|place| list.token(&place)).unwrap_or_default(),
        position,
    }))
}

async fn places(
    tx: &mut Tx,
    tenant: TenantId,
    segment: Option<&Option<String>>,
    after: &Place,
    limit: i64,
) -> Result<Vec<Place>, StoreError> {
    match segment {
        None => track::list_nurtured(tx, tenant, after, limit).await,
        Some(None) => track::list_without_segment(tx, tenant, after, limit).await,
        Some(Some(segment)) => track::list_of_segment(tx, tenant, segment, after, limit).await,
    }
}

/// Those who are written to: a lead that was merged into another is written to as that one.
async fn nurtured(
    tx: &mut Tx,
    tenant: TenantId,
    places: Vec<Place>,
) -> Result<Vec<pb::NurturedLead>, StoreError> {
    let names = Names { leads: places.iter().map(|(lead, _)| *lead).collect(), ..Names::default() };
    let found = dossier::load(tx, tenant, &names).await?.dossiers;
    let in_nurture = places.into_iter().filter_map(|(lead, line)| {
        let dossier = found.get(&lead).filter(|dossier| dossier.lead.merged_into.is_none())?;
        let track = dossier.tracks.values().find(|track| track.line.as_str() == line)?;
        (track.stage == Stage::Nurture).then(|| convert::lead::nurtured(dossier, track))
    });
    Ok(in_nurture.collect())
}
