//! ListHandoffs: by date or by score, narrowed by what people ask for (R25).
//!
//! The list walks the index that knows most of what was asked for and passes by what the other filters leave out. A page looks at
//! so many handoffs at most, so that no filter makes it slow: it may be short then, and its token goes on.

use std::collections::HashMap;

use handoff_domain::id::{HandoffId, LeadId, TeamId, TenantId, UserId};
use handoff_domain::points::Points;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::record::{HandoffState, ProductLine};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::page::Binding;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::error::StoreError;
use handoff_store::qualification::handoff_page::{self, Passed, Place, Walk};
use handoff_store::qualification::{handoff, track};
use handoff_store::tx::Tx;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::fields;
use crate::app::{App, Call};
use crate::convert::{self, word};

const PAGE: i64 = 100;
const PAGE_MAX: i64 = 1_000;
/// Handoffs that a page looks at, at most.
const LOOKS_AT: usize = 5_000;
/// Those that are looked at together, at least.
const STRIDE: usize = 500;

/// What is asked for.
#[derive(Debug, Clone, Default)]
struct Filter {
    state: Option<HandoffState>,
    owner: Option<UserId>,
    team: Option<TeamId>,
    persona: Option<String>,
    stage: Option<Stage>,
    line: Option<ProductLine>,
    open: bool,
    min_score: Option<Points>,
    below_score: Option<Points>,
    by_score: bool,
}

pub(crate) async fn list_handoffs(
    app: &App,
    request: Request<pb::ListHandoffsRequest>,
) -> Result<Response<pb::ListHandoffsResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let size = check.page_size(request.page_size, PAGE, PAGE_MAX);
    let filter = Filter::of(&mut check, &request, call.tenant.id);
    let list = binding(&request, call.tenant.id);
    let after: Option<(i64, Uuid)> = check.take(list.key(&request.page_token));
    check.finish().map_err(from_error)?;

    let after = after.map_or(Place::START, |(rank, id)| Place { rank, handoff: HandoffId(id) });
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let (rows, next) = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move {
                let (ids, next) = filter.page(tx, tenant, after, size).await?;
                let mut rows: HashMap<_, _> = handoff::load(tx, tenant, &ids)
                    .await?
                    .into_iter()
                    .map(|row| (row.handoff.id, row))
                    .collect();
                Ok((ids.iter().filter_map(|id| rows.remove(id)).collect::<Vec<_>>(), next))
            })
        })
        .await?;
    Ok(Response::new(pb::ListHandoffsResponse {
        next_page_token: next.map(|next| list.token(&(next.rank, next.handoff.0))).unwrap_or_default(),
        handoffs: rows.iter().map(convert::handoff::handoff).collect(),
    }))
}

/// A page's token is good for the very same question.
fn binding(request: &pb::ListHandoffsRequest, tenant: TenantId) -> Binding {
    [
        &request.state.to_string(),
        &request.owner,
        &request.team,
        &request.persona,
        &request.stage.to_string(),
        &request.product_line,
        &request.open.to_string(),
        &request.min_score,
        &request.below_score,
        &request.order.to_string(),
    ]
    .into_iter()
    .fold(Binding::new("ListHandoffs", tenant), |list, filter| list.with(filter))
}

impl Filter {
    fn of(check: &mut Violations, request: &pb::ListHandoffsRequest, tenant: TenantId) -> Self {
        let asked: Option<pb::HandoffState> = check.optional_choice("state", request.state);
        let state = asked.and_then(word::from_state);
        check.check(state.is_some() || asked.is_none(), "state", "is a state that no handoff can be in yet");
        let stage: Option<pb::Stage> = check.optional_choice("stage", request.stage);
        let known = stage.and_then(word::from_stage);
        check.check(
            known.is_some() || stage.is_none(),
            "stage",
            "is no stage that a lead can stand in on a product line",
        );
        let owner = check.optional_slug_name("owner", &request.owner, "users");
        let team = check.optional_slug_name("team", &request.team, "teams");
        let by_score = request.order() == pb::HandoffOrder::Score;
        check.optional_choice::<pb::HandoffOrder>("order", request.order);
        check.check(
            !by_score || request.open,
            "order",
            "SCORE is an order of what waits for a decision: set open too",
        );
        Self {
            state,
            owner: owner.map(|slug| UserId::from_slug(tenant, &slug)),
            team: team.map(|slug| TeamId::from_slug(tenant, &slug)),
            persona: check.text("persona", &request.persona, fields::LABEL_LENGTH),
            stage: known,
            line: fields::line_if_given(check, "product_line", &request.product_line),
            open: request.open,
            min_score: fields::points_if_given(check, "min_score", &request.min_score),
            below_score: fields::points_if_given(check, "below_score", &request.below_score),
            by_score,
        }
    }

    /// The index that knows most of what is asked for.
    fn walk(&self) -> Walk {
        if self.by_score {
            return Walk::OpenByScore;
        }
        match (self.owner, self.team, &self.persona, self.state) {
            (Some(owner), ..) => Walk::Owner(owner),
            (_, Some(team), ..) if self.open => Walk::OpenOfTeam(team),
            (_, _, Some(persona), _) if self.open => Walk::OpenOfPersona(persona.clone()),
            (.., Some(state)) => Walk::State(state),
            _ => Walk::All,
        }
    }

    /// What is known of a handoff by itself.
    fn takes(&self, passed: &Passed) -> bool {
        let score = |points: Points| passed.score.is_some_and(|score| score >= points.milli());
        self.state.is_none_or(|state| state == passed.state)
            && self.owner.is_none_or(|owner| passed.owner == Some(owner))
            && self.team.is_none_or(|team| passed.team == Some(team))
            && self.persona.as_ref().is_none_or(|persona| passed.persona.as_ref() == Some(persona))
            && self.line.as_ref().is_none_or(|line| *line == passed.line)
            && (!self.open || passed.state.is_open())
            && self.min_score.is_none_or(score)
            && self.below_score.is_none_or(|points| passed.score.is_some_and(|score| score < points.milli()))
    }

    /// At most `size` handoffs behind a place, and where the next page goes on, if there is more.
    async fn page(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        after: Place,
        size: usize,
    ) -> Result<(Vec<HandoffId>, Option<Place>), StoreError> {
        let walk = self.walk();
        let (mut found, mut place, mut looked) = (Vec::new(), after, 0);
        loop {
            // One more than asked for tells whether there is another page.
            let stride = (size + 1).saturating_sub(found.len()).clamp(STRIDE, LOOKS_AT);
            let passed =
                handoff_page::next(tx, tenant, &walk, place, i64::try_from(stride).unwrap_or(i64::MAX))
                    .await?;
            let is_end = passed.len() < stride;
            let stages = self.stages(tx, tenant, &passed).await?;
            for it in &passed {
                let stands = |stage| stages.get(&(it.lead, it.line.as_str())) == Some(&(stage, it.cycle));
                if self.takes(it) && self.stage.is_none_or(stands) {
                    if found.len() == size {
                        return Ok((found, Some(place)));
                    }
                    found.push(it.handoff);
                }
                place = it.place(&walk);
            }
            looked += passed.len();
            if is_end {
                return Ok((found, None));
            }
            if looked >= LOOKS_AT {
                return Ok((found, Some(place)));
            }
        }
    }

    /// Where the leads stand, if that is asked.
    async fn stages<'p>(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        passed: &'p [Passed],
    ) -> Result<HashMap<(LeadId, &'p str), (Stage, i32)>, StoreError> {
        if self.stage.is_none() {
            return Ok(HashMap::new());
        }
        let tracks: Vec<_> = passed.iter().map(|it| (it.lead, it.line.as_str())).collect();
        let mut stages = HashMap::new();
        let found = track::stages(tx, tenant, &tracks).await?;
        let found: HashMap<_, _> = found
            .iter()
            .map(|(lead, line, stage, cycle)| ((*lead, line.as_str()), (*stage, *cycle)))
            .collect();
        for track in tracks {
            stages.extend(found.get(&track).map(|stands| (track, *stands)));
        }
        Ok(stages)
    }
}
