//! FindDuplicates: leads that may be the same person as one (R7). It looks, and decides nothing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use handoff_domain::error::Error;
use handoff_domain::id::LeadId;
use handoff_domain::qualification::State;
use handoff_domain::qualification::duplicate::{Likeness, likenesses};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::qualification::{dossier, duplicate};
use tonic::{Request, Response, Status};

use super::fields;
use super::lead::{described, names};
use crate::app::{App, Call};
use crate::convert::{lead, word};
use crate::people;

/// Leads in an answer.
const MOST: usize = 50;

pub(crate) async fn find_duplicates(
    app: &App,
    request: Request<pb::FindDuplicatesRequest>,
) -> Result<Response<pb::FindDuplicatesResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let wanted = fields::lead_ref(&mut check, "lead", request.lead.as_ref());
    check.finish().map_err(from_error)?;

    let names = names(&wanted);
    let of = wanted.clone();
    let found = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move {
                let ours = people::load(tx, tenant, names).await?;
                let Some(lead) = ours.find_lead(&of).map(|lead| ours.survivor(lead)) else { return Ok(None) };
                let members = ours.members(lead);
                // One more than fits: then there are more.
                let limit = i64::try_from(MOST).unwrap_or(i64::MAX) + 1;
                let leads = duplicate::find(tx, tenant, &members, limit).await?;
                let names = dossier::Names { leads, ..dossier::Names::default() };
                Ok(Some((ours, lead, people::load(tx, tenant, names).await?)))
            })
        })
        .await?;
    let (ours, lead, others) = found.ok_or_else(|| from_error(Error::not_found(described(&wanted))))?;
    let mut alike: Vec<_> = alike(&ours, lead, &others).into_iter().collect();
    alike.sort_by_key(|(lead, found)| (found.first().copied(), Reverse(found.len()), *lead));
    let more = alike.len() > MOST;
    alike.truncate(MOST);
    let duplicates = alike.into_iter().filter_map(|(lead, found)| told(&others, lead, &found)).collect();
    Ok(Response::new(pb::FindDuplicatesResponse { duplicates, more }))
}

/// What each of the others, as the person that it is, has in common with any lead that is this person.
fn alike(ours: &State, lead: LeadId, others: &State) -> BTreeMap<LeadId, BTreeSet<Likeness>> {
    let mut alike: BTreeMap<LeadId, BTreeSet<Likeness>> = BTreeMap::new();
    let members = ours.members(lead);
    for other in others.records().dossiers.values() {
        for one in members.iter().filter_map(|member| ours.dossier(*member)) {
            let found = likenesses(&one.person, &other.person);
            alike.entry(others.survivor(other.lead.id)).or_default().extend(found);
        }
    }
    alike.retain(|_, found| !found.is_empty());
    alike
}

fn told(others: &State, id: LeadId, found: &BTreeSet<Likeness>) -> Option<pb::Duplicate> {
    let whole = others.whole(id)?;
    let lead = lead::lead(&whole);
    let likenesses = found.iter().map(|likeness| word::likeness(*likeness).into()).collect();
    Some(pb::Duplicate { lead: Some(lead), likenesses })
}
