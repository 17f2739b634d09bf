//! Making a lead an MQL, by hand or by the `sales-ready` mark (R24): the explicit gate of the hand-over.

use crate::error::{Error, Reason};
use crate::id::{HandoffId, LeadId};
use crate::qualification::command::QualifyLead;
use crate::qualification::decide::draft::{Draft, Occasion};
use crate::qualification::decide::find_owner::find_owner;
use crate::qualification::decide::judge_lead::{in_the_way, merit};
use crate::qualification::decide::skip::begin_again;
use crate::qualification::decide::{Answer, refusal};
use crate::qualification::event::{Event, LeadQualified, Step};
use crate::qualification::record::{Merit, ProductLine, Suppression, Trigger};
use crate::qualification::stage::{Stage, Transition};

pub(super) fn qualify_lead(draft: &mut Draft<'_, '_>, command: &QualifyLead) -> Result<Answer, Error> {
    if !matches!(command.trigger, Trigger::Manual | Trigger::SalesReady) {
        return Err(Error::invalid("trigger", "is MANUAL or SALES_READY"));
    }
    let lead = draft.lead(&command.lead)?;
    guard(draft, lead)?;
    let merit = Some(merit(draft, lead)?);
    let occasion = Occasion::live(draft.now());
    let cause = Cause { trigger: command.trigger, merit, occasion };
    let handoff = hand_over(draft, lead, &command.line, cause, guard_last)?;
    Ok(Answer::Handoff(handoff))
}

/// A lead with a ground that no guard holds back.
pub(super) fn promoted(
    draft: &mut Draft<'_, '_>,
    lead: LeadId,
    line: &ProductLine,
    trigger: Trigger,
    merit: Merit,
    occasion: Occasion,
) -> Result<HandoffId, Error> {
    hand_over(draft, lead, line, Cause { trigger, merit: Some(merit), occasion }, |_, _| Ok(()))
}

/// The past as an import tells it: no guard but the machine.
pub(super) fn qualified(
    draft: &mut Draft<'_, '_>,
    lead: LeadId,
    line: &ProductLine,
    occasion: Occasion,
) -> Result<HandoffId, Error> {
    hand_over(draft, lead, line, Cause { trigger: Trigger::Imported, merit: None, occasion }, |_, _| Ok(()))
}

/// Why a lead becomes an MQL.
pub(super) struct Cause {
    pub(super) trigger: Trigger,
    pub(super) merit: Option<Merit>,
    pub(super) occasion: Occasion,
}

fn guard(draft: &Draft<'_, '_>, lead: LeadId) -> Result<(), Error> {
    let tenant = draft.tenant()?;
    let dossier = draft.whole(lead);
    let name = || ("lead", refusal::lead_id_name(lead));
    if !dossier.person.is_known() {
        let way_out = "give an e-mail address, a telephone number, an external id or a record id";
        return Err(Error::refused(Reason::LeadUnknown, [name(), ("way_out", way_out.to_owned())]));
    }
    if dossier.lead.suppression != Suppression::None {
        return Err(refusal::lead_suppressed(lead, dossier.lead.suppression));
    }
    if tenant.contract_effective_from.is_none_or(|from| from > draft.now()) {
        let from = tenant.contract_effective_from.map_or_else(|| "never".to_owned(), refusal::instant);
        let way_out = ("way_out", "qualify again once a contract is in effect; the lead stays".to_owned());
        return Err(Error::refused(Reason::NoContractInEffect, [("effective_from", from), way_out]));
    }
    Ok(())
}

/// Judged after the stage: of a lead whose handoff is open, that is the more telling reason.
fn guard_last(draft: &Draft<'_, '_>, lead: LeadId) -> Result<(), Error> {
    guard_cooldown(draft, lead)?;
    guard_gates(draft, lead)
}

/// No score is needed by hand, but what both sides signed as a gate holds for everybody.
fn guard_gates(draft: &Draft<'_, '_>, lead: LeadId) -> Result<(), Error> {
    let criteria = in_the_way(draft, lead)?;
    if criteria.is_empty() {
        return Ok(());
    }
    let facts = [
        ("lead", refusal::lead_id_name(lead)),
        ("criteria", criteria.join(", ")),
        ("way_out", "complete or correct what these criteria ask about; the lead stays".to_owned()),
    ];
    Err(Error::refused(Reason::GatesNotHeld, facts))
}

fn guard_cooldown(draft: &Draft<'_, '_>, lead: LeadId) -> Result<(), Error> {
    let Some(until) = draft.whole(lead).lead.cooldown_until.filter(|until| *until > draft.now()) else {
        return Ok(());
    };
    let facts = [
        ("lead", refusal::lead_id_name(lead)),
        ("until", refusal::instant(until)),
        ("way_out", "qualify again when the cool-down is over".to_owned()),
    ];
    Err(Error::refused(Reason::CooldownActive, facts))
}

/// Hands the person over, on the track on which it stands.
pub(super) fn hand_over(
    draft: &mut Draft<'_, '_>,
    lead: LeadId,
    line: &ProductLine,
    cause: Cause,
    last_guard: impl FnOnce(&Draft<'_, '_>, LeadId) -> Result<(), Error>,
) -> Result<HandoffId, Error> {
    let Cause { trigger, merit, occasion } = cause;
    if let Some(open) = draft.whole(lead).open_handoff(line) {
        return Err(refusal::handoff_open(open));
    }
    last_guard(draft, lead)?;
    let snapshot = draft.whole(lead).snapshot();
    let lead = draft.state().acting(lead, line);
    begin_again(draft, lead, line, occasion);
    let dossier = draft.dossier(lead);
    let from = dossier.stage(line);
    if !Transition::Qualified.allows(Some(from), Stage::Mql) {
        let way_out = "only a lead in LEAD, NURTURE or CUSTOMER can be qualified";
        return Err(refusal::lead_stands_elsewhere(lead, line, from, way_out));
    }
    let had_one = dossier.tracks.get(line).is_some_and(|track| track.cycle_has_handoff);
    let cycle = dossier.cycle(line) + u32::from(had_one);
    let handoff = draft.context.ids.next();
    draft.emit(Event::LeadQualified(LeadQualified {
        occurred_at: occasion.at,
        lead,
        handoff,
        step: Step { line: line.clone(), cycle, from: Some(from), to: Stage::Mql },
        trigger,
        snapshot,
        merit,
        imported: occasion.imported,
        source: occasion.source,
    }));
    if !occasion.imported {
        find_owner(draft, handoff)?;
    }
    Ok(handoff)
}
