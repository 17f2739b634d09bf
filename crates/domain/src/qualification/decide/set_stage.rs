//! Taking over a stage that was set in the CRM (R23, R24): it does what the stage means, by the same rules as if the user had
//! done it here. What stands there already is an echo, and what was set without knowing of the last change is refused.

use crate::actor::Side;
use crate::error::Error;
use crate::id::LeadId;
use crate::qualification::command::{
    AcceptHandoff, LeadRef, Outcome, QualifyLead, RecordOutcome, RejectHandoff, SetStage, WithdrawHandoff,
};
use crate::qualification::decide::draft::{Draft, Occasion};
use crate::qualification::decide::skip::begin_again;
use crate::qualification::decide::{
    Answer, accept_handoff, import, qualify_lead, record_outcome, refusal, reject_handoff, return_sql,
    set_aside, withdraw_handoff,
};
use crate::qualification::record::{ProductLine, Trigger};
use crate::qualification::rejection::{Disposition, RejectionReason};
use crate::qualification::stage::{Stage, Transition};
use crate::qualification::state::user_slug;

pub(super) fn set_stage(draft: &mut Draft<'_, '_>, command: &SetStage) -> Result<Answer, Error> {
    let to = stage(draft, &command.value)?;
    if let Some(user) = &command.user {
        draft.speak_for(user)?;
    }
    let person = draft.lead(&command.lead)?;
    let lead = draft.state().acting(person, &command.line);
    let dossier = draft.dossier(lead);
    let from = dossier.stage(&command.line);
    if from == to {
        return Ok(Answer::Lead(person));
    }
    let last_change = dossier.tracks.get(&command.line).map_or(0, |track| track.version);
    if last_change > command.last_position {
        return Err(Error::Stale { resource: refusal::lead_id_name(lead) });
    }
    let way =
        Way { lead, line: &command.line, reason: command.reason.as_deref(), note: command.note.as_deref() };
    way.go(draft, from, to)?;
    Ok(Answer::Lead(person))
}

/// The stage for which a value stands in the CRM's field.
fn stage(draft: &Draft<'_, '_>, value: &str) -> Result<Stage, Error> {
    let stage = draft.tenant()?.labels.stage(value);
    // Somebody chose the values, and may have chosen anything: they are not repeated.
    stage.ok_or_else(|| {
        Error::invalid(
            "value",
            "stands for no stage; GetTenant tells the words of the tenant and its CRM's field",
        )
    })
}

/// From one stage to another.
struct Way<'a> {
    lead: LeadId,
    line: &'a ProductLine,
    reason: Option<&'a str>,
    note: Option<&'a str>,
}

impl Way<'_> {
    fn go(&self, draft: &mut Draft<'_, '_>, from: Stage, to: Stage) -> Result<(), Error> {
        let occasion = Occasion::live(draft.now());
        match (from, to) {
            (_, Stage::Mql) => {
                let (lead, line) = (LeadRef::Id(self.lead), self.line.clone());
                let command = QualifyLead { lead, line, trigger: Trigger::SalesReady };
                qualify_lead::qualify_lead(draft, &command).map(drop)
            }
            (Stage::Mql, Stage::Sql) => self.accept(draft),
            (Stage::Mql, Stage::Nurture | Stage::Disqualified) => self.give_back(draft, to),
            (Stage::Lead, Stage::Nurture) => {
                draft.only_marketing()?;
                set_aside::nurture(draft, self.lead, self.line, None, occasion)
            }
            (Stage::Lead | Stage::Nurture, Stage::Disqualified) => {
                draft.only_marketing()?;
                let reason = self.reason("a lead is given up for")?;
                set_aside::disqualify(draft, self.lead, self.line, reason, occasion)
            }
            (Stage::Sql, Stage::Nurture | Stage::Disqualified) => {
                draft.only_sales()?;
                let reason = self.reason("an SQL is given back for")?;
                return_sql::return_sql(draft, self.lead, self.line, to, reason, occasion)
            }
            // Sales took whom marketing had not handed over yet: the stages between are skipped.
            (from, Stage::Sql) if Transition::Skipped.allows(Some(from), Stage::Sql) => {
                draft.only_sales()?;
                let by = user_slug(draft.speaker()).map(str::to_owned);
                import::accepted(draft, self.lead, self.line, by.as_deref(), occasion)
            }
            (_, Stage::Opportunity) => self.deal(draft, Outcome::Opened { amount: None }),
            (_, Stage::Customer) => self.deal(draft, Outcome::Won { amount: None }),
            (Stage::Opportunity, Stage::Nurture) => {
                self.deal(draft, Outcome::Lost { reason: self.reason.map(str::to_owned) })
            }
            (Stage::Customer, Stage::Lead) => {
                begin_again(draft, self.lead, self.line, occasion);
                Ok(())
            }
            _ => {
                let way_out = format!("no way leads from {from} to {to}: put the CRM's field back to {from}");
                Err(refusal::lead_stands_elsewhere(self.lead, self.line, from, &way_out))
            }
        }
    }

    fn accept(&self, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
        let handoff = import::open_handoff(draft, self.lead, self.line)?;
        accept_handoff::accept_handoff(draft, &AcceptHandoff { handoff, version: None }).map(drop)
    }

    /// An MQL goes back: marketing withdraws it, sales rejects it.
    fn give_back(&self, draft: &mut Draft<'_, '_>, to: Stage) -> Result<(), Error> {
        let handoff = import::open_handoff(draft, self.lead, self.line)?;
        if draft.speaker().side == Side::Marketing && to == Stage::Nurture {
            let note = self.note.unwrap_or_default().to_owned();
            let command = WithdrawHandoff { handoff, note, cooldown: None, version: None };
            return withdraw_handoff::withdraw_handoff(draft, &command).map(drop);
        }
        draft.only_sales()?;
        let reason = self.reason("sales rejects for")?;
        let reason = RejectionReason::from_name(reason).ok_or_else(|| {
            let names: Vec<&str> = RejectionReason::ALL.iter().map(|reason| reason.as_str()).collect();
            Error::invalid("reason", format!("is not one of {}", names.join(", ")))
        })?;
        let disposition = if to == Stage::Nurture { Disposition::Recycle } else { Disposition::Disqualify };
        let command = RejectHandoff {
            handoff,
            reason,
            disposition: Some(disposition),
            segment: None,
            note: self.note.map(str::to_owned),
            version: None,
        };
        reject_handoff::reject_handoff(draft, &command).map(drop)
    }

    fn deal(&self, draft: &mut Draft<'_, '_>, outcome: Outcome) -> Result<(), Error> {
        let (lead, line) = (LeadRef::Id(self.lead), self.line.clone());
        let command = RecordOutcome { lead, line, outcome, occurred_at: None };
        record_outcome::record_outcome(draft, &command).map(drop)
    }

    fn reason(&self, what: &str) -> Result<&str, Error> {
        self.reason.ok_or_else(|| Error::invalid("reason", format!("is required: {what} a reason")))
    }
}
