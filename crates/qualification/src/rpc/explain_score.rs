//! ExplainScore: why a lead stands where it stands, from its activities and what both sides have agreed on. No score that
//! was kept is asked, so what is told here is what one must be.

mod deeds;
mod hindsight;

use chrono::{DateTime, NaiveDate, Utc};
use handoff_domain::calendar::{Calendar, Definition, local};
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_domain::profile::{Catalogue, Profile};
use handoff_domain::promotion::{InEffect, Quota};
use handoff_domain::qualification::command::LeadRef;
use handoff_domain::qualification::record::{Agreement, ProductLine};
use handoff_domain::qualification::standing::{Agreed, Facts, Place, Standing, Wait};
use handoff_domain::qualification::state::Dossier;
use handoff_domain::rates::Rates;
use handoff_domain::score::{ByHand, Scorer};
use handoff_domain::version::{CriteriaKind, Subject};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::convert::to_timestamp;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::error::StoreError;
use handoff_store::log;
use handoff_store::qualification::{attribute, by_hand, currency_rate, stage_change, tenant, version};
use handoff_store::tx::Tx;
use tonic::{Request, Response, Status};

use self::deeds::{Count, Deeds};
use self::hindsight::Hindsight;
use super::{fields, lead};
use crate::app::{App, Call};
use crate::convert;
use crate::people;

/// What is asked for.
struct Question {
    lead: LeadRef,
    day: Option<NaiveDate>,
    line: ProductLine,
}

pub(crate) async fn explain_score(
    app: &App,
    request: Request<pb::ExplainScoreRequest>,
) -> Result<Response<pb::ExplainScoreResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let question = Question {
        lead: fields::lead_ref(&mut check, "lead", request.lead.as_ref()),
        day: fields::day_if_given(&mut check, "day", &request.day),
        line: fields::line(&mut check, "product_line", &request.product_line),
    };
    check.finish().map_err(from_error)?;
    let answer = app.read(&call, move |tx, tenant| Box::pin(answer(tx, tenant, question))).await?;
    answer.map(Response::new).map_err(from_error)
}

/// In one snapshot.
async fn answer(
    tx: &mut Tx,
    id: TenantId,
    question: Question,
) -> Result<Result<pb::ExplainScoreResponse, Error>, StoreError> {
    let Question { lead, day, line } = question;
    let nobody = || Ok(Err(Error::not_found(lead::described(&lead))));
    let Some(tenant) = tenant::load(tx, id).await? else { return nobody() };
    let Some((head, now)) = log::load_head_with_time(tx, id).await? else { return nobody() };
    // Whoever names a lead that was merged asks about the person.
    let state = people::load(tx, id, lead::names(&lead)).await?;
    let person = state.find_lead(&lead).map(|lead| state.survivor(lead));
    let Some(dossier) = person.and_then(|person| state.whole(person)) else { return nobody() };
    let members = state.members(dossier.lead.id);

    let today = local::date(tenant.zone, now);
    let day = day.unwrap_or(today);
    if day > today {
        let way_out =
            format!("is no later than today, {today}: what time alone will change is told in the outlook");
        return Ok(Err(Error::invalid("day", way_out)));
    }
    let is_over = day < today;
    let as_of = if is_over { local::last_instant(tenant.zone, day) } else { now };

    let catalogue = Catalogue::with(attribute::load(tx, id).await?);
    let rates: Rates = currency_rate::load(tx, id).await?.into_iter().collect();
    let agreements = agreements(tx, id, &dossier, &catalogue).await?;
    let of = |subject| agreements.iter().find(|it| Some(it.versions.subject()) == subject);
    let criteria = of(criteria_of(&dossier)).map_or(InEffect::No, |it| it.criteria_in_effect(as_of));
    let model = of(Some(Subject::ScoringModel)).map_or(InEffect::No, |it| it.model_in_effect(as_of));
    let model = model.try_map(|(version, model)| {
        let scorer = Scorer::new(model.clone());
        scorer.map(|scorer| (version, scorer)).map_err(|_| StoreError::defect("a version breaks a rule"))
    })?;

    let mut history = Vec::new();
    for member in &members {
        history.extend(stage_change::load_of_lead(tx, id, *member).await?);
    }
    history.sort_by_key(|change| change.position);
    let wait = Wait::at(&history, &line, as_of);
    let by_hand = ByHand::of_all(by_hand::load(tx, id, &members).await?.values());
    let settled_at = wait.since.max(by_hand.since_on(day));
    let place = if is_over {
        Place { settled_at, ..Place::at(&history, &line, as_of) }
    } else {
        let settled_at = dossier.settled_at(&line).max(by_hand.since());
        Place { settled_at, ..Place::of(dossier.tracks.get(&line)) }
    };
    let count = model.as_ref().now().map(|(_, scorer)| {
        let (tenant, members) = (id, members.as_slice());
        Count { tenant, members, scorer, rates: &rates, by_hand: &by_hand, day, settled_at }
    });
    let deeds = match count {
        Some(count) => count.deeds(tx, is_over.then_some(day), None).await?,
        None => Deeds::default(),
    };

    // How many places an earlier day had left nobody kept.
    let publishes = of(Some(Subject::ScoringModel)).filter(|_| !is_over).map(Agreement::publishes);
    let quota = Quota::of(&publishes.unwrap_or_default(), now, tenant.published_on, tenant.published);
    let calendar = Calendar::new(Definition::office_hours(tenant.zone));

    let agreed = Agreed {
        criteria: criteria.map(|(_, set)| set),
        model: model.as_ref().map(|(_, scorer)| scorer),
        contract: tenant.contract_in_effect(as_of),
    };
    let facts = Facts {
        lead: &dossier.lead,
        is_known: dossier.person.is_known(),
        profile: &Profile::of(&dossier.person, &catalogue),
        engagement: &deeds.engagement,
        fast_track_at: deeds.fast_track_at,
        rates: &rates,
    };
    let explanation = Standing::of(as_of, day, agreed, facts).explain(place, &catalogue, (quota, &calendar));
    let thresholds = agreed.model.now().map(|scorer| scorer.model().thresholds);
    let date = |at: DateTime<Utc>| local::date(tenant.zone, at);
    let would_have = match count {
        Some(count) => {
            let free_at = [
                wait.since,
                criteria.now().and_then(|(version, _)| version.effective_from),
                model.as_ref().now().and_then(|(version, _)| version.effective_from),
                tenant.contract_effective_from,
                dossier.lead.cooldown_until,
            ];
            let start = free_at.into_iter().flatten().max().map_or(NaiveDate::MIN, date);
            let days = start..wait.until.map_or(day, date);
            let (tenant, history, line) = (&tenant, history.as_slice(), &line);
            let hindsight = Hindsight { tenant, days, agreed, facts, history, line, count };
            hindsight.would_have_qualified_on(tx, &deeds).await?
        }
        None => None,
    };
    Ok(Ok(pb::ExplainScoreResponse {
        explanation: Some(convert::explanation::explanation(
            dossier.lead.id,
            explanation,
            thresholds,
            would_have,
        )),
        basis: Some(pb::ExplanationBasis {
            day: day.to_string(),
            time_zone: tenant.zone.to_string(),
            as_of_time: Some(to_timestamp(as_of)),
            criteria_version: criteria.now().map(|(version, _)| version.name()).unwrap_or_default(),
            scoring_model_version: model.as_ref().now().map(|(it, _)| it.name()).unwrap_or_default(),
            log_position: head.position,
            read_time: Some(to_timestamp(now)),
        }),
    }))
}

/// The criteria set and the scoring model, of those that are about the lead.
async fn agreements(
    tx: &mut Tx,
    tenant: TenantId,
    dossier: &Dossier,
    catalogue: &Catalogue,
) -> Result<Vec<Agreement>, StoreError> {
    let subjects: Vec<Subject> = criteria_of(dossier).into_iter().chain([Subject::ScoringModel]).collect();
    convert::version::agreements(version::load(tx, tenant, &subjects).await?, catalogue)
}

/// None for a lead of unknown kind.
fn criteria_of(dossier: &Dossier) -> Option<Subject> {
    CriteriaKind::of(dossier.lead.kind).map(Subject::CriteriaSet)
}
