//! What comes of a lead, stages skipped and not.

use chrono::TimeDelta;
use handoff_domain::error::Reason;
use handoff_domain::money::Money;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::command::{Command, LeadRef, Outcome, RecordOutcome};
use handoff_domain::qualification::record::{HandoffState, OpportunityState, ProductLine};
use handoff_domain::qualification::rejection::RejectionReason;
use rust_decimal::Decimal;

use super::world::{World, accept, ada, capture, outcome, reject};

const OPENED: Outcome = Outcome::Opened { amount: None };
const WON: Outcome = Outcome::Won { amount: None };
const LOST: Outcome = Outcome::Lost { reason: None };

fn euros(cents: i64) -> Option<Money> {
    Some(Money::new(Decimal::new(cents, 2), "EUR".parse().expect("a currency")).expect("in range"))
}

#[test]
fn a_deal_goes_from_sql_over_opportunity_to_customer() {
    let mut world = World::new();
    let (lead, handoff) = world.assigned();
    world.ok(&ada(), accept(handoff));
    let opened = world.opportunity(lead, OPENED);
    let won = world.opportunity(lead, Outcome::Won { amount: euros(1_050) });
    assert_eq!(opened, won, "the deal that was opened is the one that was won");
    let deal = &world.state.dossier(lead).expect("captured").opportunities[&won];
    assert_eq!((deal.state, deal.amount, deal.handoff), (OpportunityState::Won, euros(1_050), Some(handoff)));
    assert!(deal.new_customer);
    assert_eq!(world.history(lead)[2..], ["1 MQL>>SQL", "1 SQL>>OPPORTUNITY", "1 OPPORTUNITY>>CUSTOMER"]);
}

#[test]
fn a_lost_deal_goes_back_to_nurture() {
    let mut world = World::new();
    let (lead, handoff) = world.assigned();
    world.ok(&ada(), accept(handoff));
    world.opportunity(lead, OPENED);
    let lost = world.opportunity(lead, Outcome::Lost { reason: Some("PRICE".to_owned()) });
    let deal = &world.state.dossier(lead).expect("captured").opportunities[&lost];
    assert_eq!((deal.state, deal.lost_reason.as_deref()), (OpportunityState::Lost, Some("PRICE")));
    assert_eq!(world.stage(lead), Stage::Nurture);
}

#[test]
fn edge_05_skipped_stages_are_one_row_and_make_no_handoff() {
    for (result, row, handoffs) in [
        (OPENED, "1 LEAD>MQL+SQL>OPPORTUNITY", 0),
        (WON, "1 LEAD>MQL+SQL+OPPORTUNITY>CUSTOMER", 0),
        (LOST, "1 LEAD>MQL+SQL+OPPORTUNITY>NURTURE", 0),
    ] {
        let mut world = World::new();
        let lead = world.lead(capture("lea@example.org"));
        world.opportunity(lead, result);
        assert_eq!(world.history(lead)[1..], [row]);
        assert_eq!(world.state.dossier(lead).expect("captured").handoffs.len(), handoffs);
    }
}

#[test]
fn edge_05_a_skip_out_of_mql_closes_the_handoff_as_accepted_by_implication() {
    let mut world = World::new();
    let (lead, id) = world.assigned();
    let count = world.log.len();
    world.opportunity(lead, WON);
    assert_eq!(world.events_since(count), ["HandoffAccepted", "StageSkipped", "OpportunityWon"]);
    let handoff = world.handoff(id);
    assert_eq!((handoff.state, handoff.implied), (HandoffState::Accepted, true));
    assert_eq!(world.history(lead)[2..], ["1 MQL>SQL+OPPORTUNITY>CUSTOMER"]);
    assert!(world.state.dossier(lead).expect("captured").open_handoff(&ProductLine::default()).is_none());
}

#[test]
fn edge_06_moves_back_keep_every_entry_in_the_history() {
    let mut world = World::new();
    let (lead, handoff) = world.assigned();
    world.ok(&ada(), accept(handoff));
    world.opportunity(lead, OPENED);
    world.opportunity(lead, LOST);
    world.wait(TimeDelta::days(1));
    world.qualify(lead);
    let entries = world.history(lead);
    assert_eq!(entries[1], "1 LEAD>>MQL", "the first entry is still there");
    assert_eq!(entries[5], "2 NURTURE>>MQL", "and the last is another row");
}

#[test]
fn edge_15_a_deal_won_before_its_mql_is_taken_as_it_is() {
    let mut world = World::new();
    let (lead, id) = world.assigned();
    let earlier = world.now - TimeDelta::days(3);
    let (by, line) = (LeadRef::Id(lead), ProductLine::default());
    let command = RecordOutcome { lead: by, line, outcome: WON, occurred_at: Some(earlier) };
    world.ok(&ada(), Command::RecordOutcome(command));
    let handoff = world.handoff(id);
    assert!(handoff.decided_at < Some(handoff.mql_at), "nothing is reordered or moved");
    assert_eq!(world.state.dossier(lead).expect("captured").lead.customer_since, Some(earlier));
    assert_eq!(world.stage(lead), Stage::Customer);
}

#[test]
fn a_second_open_deal_on_a_line_is_refused() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    world.opportunity(lead, OPENED);
    world.refused(&ada(), outcome(lead, OPENED), Reason::IllegalState);
}

#[test]
fn a_customers_deal_told_twice_is_refused_and_the_next_one_is_a_new_cycle() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    world.opportunity(lead, WON);
    world.refused(&ada(), outcome(lead, WON), Reason::IllegalState);
    world.refused(&ada(), outcome(lead, LOST), Reason::IllegalState);
    world.opportunity(lead, OPENED);
    world.opportunity(lead, WON);
    assert_eq!(
        world.history(lead)[2..],
        ["2 CUSTOMER>>LEAD", "2 LEAD>MQL+SQL>OPPORTUNITY", "2 OPPORTUNITY>>CUSTOMER"]
    );
}

#[test]
fn a_lost_deal_told_twice_is_refused_and_the_next_one_is_not() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    world.opportunity(lead, LOST);
    world.refused(&ada(), outcome(lead, LOST), Reason::IllegalState);
    world.opportunity(lead, OPENED);
    world.opportunity(lead, LOST);
    assert_eq!(world.history(lead)[2..], ["1 NURTURE>MQL+SQL>OPPORTUNITY", "1 OPPORTUNITY>>NURTURE"]);
}

#[test]
fn edge_05_a_deal_lost_unseen_leads_a_lead_in_nurture_past_everything_and_back() {
    let mut world = World::new();
    let (lead, handoff) = world.assigned();
    world.ok(&ada(), reject(handoff, RejectionReason::NoBudgetNow));
    assert_eq!(world.stage(lead), Stage::Nurture);
    world.opportunity(lead, LOST);
    assert_eq!(world.history(lead)[3..], ["1 NURTURE>MQL+SQL+OPPORTUNITY>NURTURE"]);
}

#[test]
fn a_deal_does_not_bring_less_than_nothing() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    world.invalid(&ada(), outcome(lead, Outcome::Won { amount: euros(-1) }), "amount");
    world.opportunity(lead, Outcome::Won { amount: euros(0) });
}

#[test]
fn edge_14_an_outcome_of_the_future_is_refused() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    let occurred_at = Some(world.now + TimeDelta::minutes(6));
    let (by, line) = (LeadRef::Id(lead), ProductLine::default());
    let command = RecordOutcome { lead: by, line, outcome: WON, occurred_at };
    world.invalid(&ada(), Command::RecordOutcome(command), "occurred_at");
}
