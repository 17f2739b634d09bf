//! Judging a lead whose time has come: it becomes an MQL, a candidate, or none any more, on each of its tracks; and how
//! long nothing has to be looked at from then on. What a case comes to is [`crate::promotion`]'s business.

use chrono::NaiveDate;

use crate::error::Error;
use crate::id::LeadId;
use crate::profile::Profile;
use crate::promotion::{self, Case, Emission, Ground, InEffect, Lack, Quota, Verdict};
use crate::qualification::command::{JudgeCause, JudgeLead, LeadRef};
use crate::qualification::decide::Answer;
use crate::qualification::decide::draft::{Draft, Occasion};
use crate::qualification::decide::qualify_lead::promoted;
use crate::qualification::event::{CandidateEntered, CandidateLeft, Event};
use crate::qualification::record::{Digest, Judged, Merit, ProductLine, Trigger};
use crate::qualification::standing::{Agreed, Facts, Place, Standing};
use crate::qualification::state::Watch;
use crate::score::Engagement;
use crate::version::Document;

pub(super) fn judge_lead(draft: &mut Draft<'_, '_>, command: &JudgeLead) -> Result<Answer, Error> {
    let lead = draft.lead(&LeadRef::Id(command.lead))?;
    let answer = Answer::Judged(lead);
    if lead != command.lead {
        // It was merged meanwhile: whom it counts for is judged.
        draft.watch(Watch { lead: command.lead, ceiling: None, is_candidate: false, due_at: None });
        return Ok(answer);
    }
    if command.cause == JudgeCause::Due && !draft.state().is_due(lead) {
        // Somebody else was quicker.
        return Ok(answer);
    }
    if draft.state().model().is_some() && !is_loaded(draft, lead) {
        // Its counting began anew in this very batch. It stays due.
        return Ok(answer);
    }
    let lines: Vec<ProductLine> = draft.whole(lead).tracks.keys().cloned().collect();
    for line in &lines {
        judge_track(draft, lead, line, command.cause)?;
    }
    let quota = quota(draft)?;
    let watch = with_standing(draft, lead, |standing| watch(draft, lead, &lines, standing, quota));
    draft.watch(watch?);
    Ok(answer)
}

fn is_loaded(draft: &Draft<'_, '_>, lead: LeadId) -> bool {
    draft.state().is_counted(lead) && draft.state().engagement(lead).is_some()
}

fn judge_track(
    draft: &mut Draft<'_, '_>,
    lead: LeadId,
    line: &ProductLine,
    cause: JudgeCause,
) -> Result<(), Error> {
    let published = match cause {
        JudgeCause::Due => None,
        JudgeCause::Published => draft.state().model().map(|model| model.says.model().publish),
    };
    let mut quota = quota(draft)?;
    let emission = with_standing(draft, lead, |standing| {
        let case = Case { published, ..standing.case(place(draft, lead, line)) };
        promotion::decide(&case, &mut quota, &draft.state().rulebook().calendar).emission
    })?;
    let (occurred_at, line) = (draft.now(), line.clone());
    let person = lead;
    let lead = draft.state().acting(person, &line);
    match emission {
        None => {}
        Some(Emission::CandidateEntered { ground }) => {
            draft.emit(Event::CandidateEntered(CandidateEntered { occurred_at, lead, line, ground }));
        }
        Some(Emission::CandidateLeft) => {
            draft.emit(Event::CandidateLeft(CandidateLeft { occurred_at, lead, line }));
        }
        Some(Emission::LeadQualified { ground }) => {
            let trigger = match ground {
                Ground::FastTrack => Trigger::FastTrack,
                Ground::Thresholds => Trigger::Score,
                Ground::Published => Trigger::Published,
            };
            let merit = merit(draft, person)?;
            promoted(draft, person, &line, trigger, merit, Occasion::live(occurred_at))?;
        }
    }
    Ok(())
}

/// The places that are left today for leads of a published model.
fn quota(draft: &Draft<'_, '_>) -> Result<Quota, Error> {
    let tenant = draft.tenant()?;
    Ok(draft.state().rulebook().quota(draft.now(), tenant.published_on, tenant.published))
}

/// Where a track of the lead stands.
fn place(draft: &Draft<'_, '_>, lead: LeadId, line: &ProductLine) -> Place {
    let since = draft.state().score(lead).and_then(|score| score.since);
    let dossier = draft.whole(lead);
    let settled_at = dossier.settled_at(line).max(since);
    Place { settled_at, ..Place::of(dossier.tracks.get(line)) }
}

/// The lead, judged by what is in effect now.
fn with_standing<T>(
    draft: &Draft<'_, '_>,
    lead: LeadId,
    ask: impl FnOnce(&Standing<'_>) -> T,
) -> Result<T, Error> {
    let now = draft.now();
    let tenant = draft.tenant()?;
    let (state, dossier) = (draft.state(), draft.whole(lead));
    let rules = state.rulebook();
    let (criteria, model) = (rules.criteria(dossier.lead.kind, now), rules.model(now));
    let nothing = Engagement::default();
    let profile = Profile::of(&dossier.person, &rules.catalogue);
    let contract = match tenant.contract_effective_from {
        Some(from) if from <= now => InEffect::Yes(()),
        Some(from) => InEffect::From(from),
        None => InEffect::No,
    };
    let agreed =
        Agreed { criteria: criteria.map(|term| &term.says), model: model.map(|term| &term.says), contract };
    let facts = Facts {
        lead: &dossier.lead,
        is_known: dossier.person.is_known(),
        profile: &profile,
        engagement: state.engagement(lead).unwrap_or(&nothing),
        fast_track_at: state.score(lead).and_then(|score| score.fast_track_at),
        rates: &rules.rates,
    };
    Ok(ask(&Standing::of(now, now.with_timezone(&tenant.zone).date_naive(), agreed, facts)))
}

/// What is kept of the judgement with a handoff.
pub(super) fn merit(draft: &Draft<'_, '_>, lead: LeadId) -> Result<Merit, Error> {
    let now = draft.now();
    let kind = draft.whole(lead).lead.kind;
    let rules = draft.state().rulebook();
    let criteria = rules.criteria(kind, now).now().map(|term| term.number);
    // What the lead did is not always loaded when somebody hands it over by hand.
    let model = rules.model(now).now().filter(|_| is_loaded(draft, lead)).map(|term| term.number);
    with_standing(draft, lead, |standing| {
        let judged = |version: Option<u32>, points| Some(Judged { version: version?, points: points? });
        Merit {
            fit: judged(criteria, standing.fitness().now().map(|fitness| fitness.points)),
            behaviour: judged(model, standing.behaviour().now().map(|behaviour| behaviour.points)),
            digest: Digest(*Document::from(standing.contributions()).hash().as_bytes()),
        }
    })
}

/// The criteria that stand in the lead's way, by key; none where no criteria are in effect.
pub(super) fn in_the_way(draft: &Draft<'_, '_>, lead: LeadId) -> Result<Vec<String>, Error> {
    with_standing(draft, lead, |standing| standing.in_the_way())
}

/// Until when nothing has to be looked at.
fn watch(
    draft: &Draft<'_, '_>,
    lead: LeadId,
    lines: &[ProductLine],
    standing: &Standing<'_>,
    mut quota: Quota,
) -> Watch {
    let mut watch = Watch { lead, ceiling: None, is_candidate: false, due_at: None };
    let (rules, now) = (draft.state().rulebook(), draft.now());
    for line in lines {
        let place = place(draft, lead, line);
        // Who waits for a place waits for the next business day.
        let verdict = promotion::decide(&standing.case(place), &mut quota, &rules.calendar).verdict;
        watch.is_candidate |= place.candidate.is_some();
        let lacks_behaviour =
            matches!(&verdict, Verdict::NotACandidate { lacks } if matches!(lacks[..], [Lack::Behaviour(_)]));
        // Those who wait for a place are taken by what they come to, the best first.
        if lacks_behaviour || place.candidate == Some(Ground::Published) {
            watch.ceiling = standing.ceiling();
        }
        if place.handoff_open
            || matches!(&verdict, Verdict::NotACandidate { lacks } if matches!(lacks[..], [Lack::Stage(_)]))
        {
            continue;
        }
        let changes_on: Option<NaiveDate> = standing.changes_on(&verdict);
        let zone = rules.calendar.definition().time_zone;
        let again = verdict.judge_again_at(changes_on, zone, &rules.calendar).filter(|at| *at > now);
        watch.due_at = [watch.due_at, again].into_iter().flatten().min();
    }
    watch
}
