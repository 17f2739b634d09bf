//! What the domain's records say of each way of a lead through the MQL stage: its history, walked once from its
//! beginning.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use handoff_domain::metric::dimension::{Dimension, Dimensions};
use handoff_domain::metric::fact::{Acceptance, Decision, End, HandoffFact, LeadFact, WithdrawnReason};
use handoff_domain::metric::milestone::Stamp;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::record::{
    Direction, Handoff, HandoffState, OpportunityState, ProductLine, Ruling, Suppression, WithdrawalReason,
};
use handoff_domain::qualification::state::{Dossier, StageChange, State};

/// The leads that reports count.
pub(super) fn leads(state: &State) -> Vec<LeadFact> {
    // A lead that was merged counts for another, which was captured when the first of them was.
    let people = counted(state).filter(|dossier| dossier.lead.merged_into.is_none());
    let leads = people.filter_map(|dossier| state.whole(dossier.lead.id)).map(|whole| LeadFact {
        lead: whole.lead.id,
        captured_at: whole.lead.captured_at,
        customer_at: whole.lead.customer_since,
        imported: whole.lead.imported,
        dimensions: Dimensions::default(),
    });
    leads.collect()
}

/// Their ways through the MQL stage.
pub(super) fn passages(state: &State) -> Vec<HandoffFact> {
    counted(state).flat_map(|dossier| of_lead(state, dossier)).collect()
}

/// A test is in no report (edge case 41).
fn counted(state: &State) -> impl Iterator<Item = &Dossier> {
    let dossiers = state.records().dossiers.values();
    dossiers.filter(|dossier| dossier.lead.suppression != Suppression::Test)
}

fn of_lead(state: &State, dossier: &Dossier) -> Vec<HandoffFact> {
    let mut passages = BTreeMap::<&ProductLine, Vec<HandoffFact>>::new();
    // Since which position a cycle waits for its MQL, by line.
    let mut waiting = BTreeMap::<&ProductLine, i64>::new();
    for row in state.changes().history.iter().filter(|row| row.lead == dossier.lead.id) {
        let of_line = passages.entry(&row.line).or_default();
        if row.to == Stage::Lead {
            waiting.insert(&row.line, row.position);
        } else if row.reason.as_deref() == Some(Ruling::Overturned.as_str()) {
            // The same hand-over once more: how it ended lastly is known already.
            let same = of_line.iter_mut().rfind(|passage| passage.handoff == row.handoff);
            same.expect("an MQL before").overturned_at.get_or_insert(row.occurred_at);
        } else if row.to == Stage::Mql {
            let handoff = row.handoff.and_then(|id| dossier.handoffs.get(&id)).expect("an MQL is a handoff");
            let mut passage = passage(state, handoff);
            if let Some(since) = waiting.remove(&row.line) {
                let early = early_attempt(state, row, since);
                passage.first_attempt_at = passage.first_attempt_at.into_iter().chain(early).min();
            }
            of_line.push(passage);
        } else if row.skipped.contains(&Stage::Mql) {
            waiting.remove(&row.line);
            let end = End { at: row.occurred_at, decision: Decision::Accepted(Acceptance::Implied) };
            let mql = Some(Stamp::implied(row.occurred_at));
            let new = HandoffFact::new(row.lead, row.line.as_str(), row.cycle);
            of_line.push(HandoffFact { mql, end: Some(end), ..new });
        }
        if let Some(last) = of_line.iter_mut().rfind(|passage| passage.cycle == row.cycle) {
            came_of(last, dossier, row);
        }
    }
    passages.into_values().flatten().collect()
}

/// Who is called before the hand-over was called in the cycle that waited for it, as long as no handoff was there for the
/// call to count for.
fn early_attempt(state: &State, row: &StageChange, since: i64) -> Option<DateTime<Utc>> {
    let contacts = state.changes().contacts.iter().filter(|contact| {
        contact.lead == row.lead
            && contact.handoff.is_none()
            && (since..row.position).contains(&contact.version)
            && contact.human
            && contact.direction == Direction::Outbound
    });
    contacts.map(|contact| contact.occurred_at).min()
}

/// What a move beyond the MQL stage says.
fn came_of(passage: &mut HandoffFact, dossier: &Dossier, row: &StageChange) {
    let at = Some(row.occurred_at);
    let was_taken = matches!(row.from, Some(Stage::Sql | Stage::Opportunity));
    match row.to {
        Stage::Opportunity => passage.opportunity_at = at,
        Stage::Customer => {
            passage.won_at = at;
            let won = dossier.opportunities.values().find(|deal| {
                (&deal.line, deal.cycle, deal.state) == (&row.line, row.cycle, OpportunityState::Won)
            });
            passage.won_amount = won.and_then(|deal| deal.amount);
        }
        // Lost, perhaps unseen, or given back.
        Stage::Nurture | Stage::Disqualified if was_taken || row.skipped.contains(&Stage::Opportunity) => {
            passage.lost_at = at;
        }
        _ => {}
    }
}

fn passage(state: &State, handoff: &Handoff) -> HandoffFact {
    let owner = handoff.owner.and_then(|owner| state.records().users.get(&owner));
    let owner = owner.map_or(String::new(), |owner| format!("users/{}", owner.slug));
    let persona = handoff.snapshot.persona.clone().unwrap_or_default();
    HandoffFact {
        handoff: Some(handoff.id),
        mql: Some(Stamp::recorded(handoff.mql_at)),
        assigned_at: handoff.assigned_at,
        end: decision(handoff).zip(handoff.decided_at).map(|(decision, at)| End { at, decision }),
        first_attempt_at: handoff.firsts.attempt_at,
        first_connect_at: handoff.firsts.connect_at,
        first_meeting_at: handoff.firsts.meeting_at,
        imported: handoff.imported,
        dimensions: Dimensions::default().with(Dimension::Owner, owner).with(Dimension::Persona, persona),
        ..HandoffFact::new(handoff.lead, handoff.line.as_str(), handoff.cycle)
    }
}

fn decision(handoff: &Handoff) -> Option<Decision> {
    match handoff.state {
        HandoffState::PendingRoute | HandoffState::Assigned => None,
        HandoffState::Accepted => Some(Decision::Accepted(match (handoff.implied, handoff.auto) {
            (true, _) => Acceptance::Implied,
            (false, true) => Acceptance::Auto,
            (false, false) => Acceptance::Sales,
        })),
        HandoffState::Rejected | HandoffState::Disputed => Some(Decision::Rejected {
            reason: handoff.reason?.to_string(),
            attribution: handoff.attribution?,
        }),
        HandoffState::Withdrawn => Some(Decision::Withdrawn(match handoff.withdrawal {
            Some(WithdrawalReason::Test) => WithdrawnReason::Test,
            Some(WithdrawalReason::Merged) => WithdrawnReason::Merged,
            _ => WithdrawnReason::Other,
        })),
    }
}
