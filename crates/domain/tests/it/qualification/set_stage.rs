//! Stages that are set in the CRM (R23, R24).

use chrono::TimeDelta;
use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::{Error, Reason};
use handoff_domain::id::LeadId;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::command::{Command, LeadRef, SetStage, UpdateTenant};
use handoff_domain::qualification::record::{HandoffState, Trigger};
use handoff_domain::qualification::rejection::RejectionReason;

use super::world::{World, actor, ada, capture, line, mia};

fn crm() -> Actor {
    actor("services/crm", Side::Marketing)
}

/// As the CRM says it, which has seen everything.
fn set(world: &World, lead: LeadId, value: &str, user: &str) -> SetStage {
    SetStage {
        lead: LeadRef::Id(lead),
        line: line("default"),
        value: value.to_owned(),
        last_position: world.state.position(),
        user: Some(user.to_owned()),
        reason: None,
        note: None,
    }
}

fn takes_over(world: &mut World, lead: LeadId, value: &str, user: &str) {
    let command = set(world, lead, value, user);
    world.ok(&crm(), Command::SetStage(command));
}

#[test]
fn r24_sales_ready_in_the_crm_makes_an_mql_that_sales_accepts_there_and_sells_to() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    takes_over(&mut world, lead, "mql", "mia");
    assert_eq!(world.stage(lead), Stage::Mql);
    takes_over(&mut world, lead, "SQL", "ada");
    let dossier = &world.state.records().dossiers[&lead];
    let handoff = dossier.handoffs.values().next().expect("a handoff").clone();
    assert_eq!((handoff.state, handoff.trigger), (HandoffState::Accepted, Trigger::SalesReady));
    assert_eq!(handoff.decided_by.as_deref(), Some("users/ada"), "the user decided, and not the CRM");
    assert!(handoff.implied_assignment && handoff.owner == Some(world.user("ada")));
    for value in ["OPPORTUNITY", "CUSTOMER", "LEAD"] {
        takes_over(&mut world, lead, value, "ada");
    }
    assert_eq!(
        world.history(lead)[1..],
        ["1 LEAD>>MQL", "1 MQL>>SQL", "1 SQL>>OPPORTUNITY", "1 OPPORTUNITY>>CUSTOMER", "2 CUSTOMER>>LEAD"]
    );
    assert_eq!(world.log.last().expect("an event").actor, crm(), "the log says who asked");
}

#[test]
fn ways_back_reject_return_and_give_up_by_the_rules_of_each_side() {
    let mut world = World::new();
    let (lead, handoff) = world.assigned();
    let back = SetStage { reason: Some("NO_BUDGET_NOW".to_owned()), ..set(&world, lead, "NURTURE", "ada") };
    world.ok(&crm(), Command::SetStage(back));
    assert_eq!(world.handoff(handoff).reason, Some(RejectionReason::NoBudgetNow));
    let out = SetStage { reason: Some("SPAM".to_owned()), ..set(&world, lead, "DISQUALIFIED", "mia") };
    world.ok(&crm(), Command::SetStage(out));
    assert_eq!(world.stage(lead), Stage::Disqualified);

    let other = world.lead(capture("leo@example.org"));
    takes_over(&mut world, other, "SQL", "ada");
    assert_eq!(world.history(other)[1..], ["1 LEAD>MQL>SQL"], "sales took whom nobody had handed over");
    let back = SetStage { reason: Some("SILENT".to_owned()), ..set(&world, other, "NURTURE", "ada") };
    world.ok(&crm(), Command::SetStage(back));
    takes_over(&mut world, other, "OPPORTUNITY", "ada");
    takes_over(&mut world, other, "NURTURE", "ada");
    assert_eq!(
        world.history(other)[2..],
        ["1 SQL>>NURTURE", "1 NURTURE>MQL+SQL>OPPORTUNITY", "1 OPPORTUNITY>>NURTURE"]
    );
}

#[test]
fn marketing_takes_an_mql_back_with_a_word_to_sales() {
    let mut world = World::new();
    let (lead, handoff) = world.assigned();
    let silent = Command::SetStage(set(&world, lead, "NURTURE", "mia"));
    world.invalid(&crm(), silent, "note");
    let back = SetStage { note: Some("the wrong list".to_owned()), ..set(&world, lead, "NURTURE", "mia") };
    world.ok(&crm(), Command::SetStage(back));
    assert_eq!(world.handoff(handoff).state, HandoffState::Withdrawn);
}

#[test]
fn what_stands_there_already_is_an_echo_however_old() {
    let mut world = World::new();
    let (lead, _) = world.assigned();
    let count = world.log.len();
    let echo = SetStage { last_position: 0, ..set(&world, lead, "MQL", "ada") };
    world.ok(&crm(), Command::SetStage(echo));
    assert_eq!(world.log.len(), count);
}

#[test]
fn what_was_set_without_knowing_of_the_last_change_is_refused() {
    let mut world = World::new();
    let (lead, _) = world.assigned();
    let before = set(&world, lead, "SQL", "ada");
    let back = SetStage { reason: Some("NO_NEED_NOW".to_owned()), ..set(&world, lead, "NURTURE", "ada") };
    world.ok(&crm(), Command::SetStage(back));
    let stale = Error::Stale { resource: format!("leads/{lead}") };
    assert_eq!(world.run(&crm(), Command::SetStage(before)), Err(stale));
}

#[test]
fn the_guards_of_the_machine_hold_for_the_crm_too() {
    let mut world = World::new();
    let (lead, _) = world.assigned();
    let command = Command::SetStage(set(&world, lead, "SQL", "mia"));
    world.refused(&crm(), command, Reason::WrongSide);
    let command = Command::SetStage(set(&world, lead, "NURTURE", "ada"));
    world.invalid(&crm(), command, "reason");
    let command = SetStage { reason: Some("BECAUSE".to_owned()), ..set(&world, lead, "NURTURE", "ada") };
    world.invalid(&crm(), Command::SetStage(command), "reason");
    let command = Command::SetStage(set(&world, lead, "LEAD", "ada"));
    world.refused(&crm(), command, Reason::IllegalState);
    let command = Command::SetStage(set(&world, lead, "Neither", "ada"));
    world.invalid(&crm(), command, "value");
    let command = Command::SetStage(set(&world, lead, "SQL", "nobody"));
    assert_eq!(world.run(&crm(), command), Err(Error::not_found("users/nobody".to_owned())));

    let back = SetStage { reason: Some("NO_NEED_NOW".to_owned()), ..set(&world, lead, "NURTURE", "ada") };
    world.ok(&crm(), Command::SetStage(back));
    let command = Command::SetStage(set(&world, lead, "MQL", "mia"));
    world.refused(&crm(), command, Reason::CooldownActive);
    world.wait(TimeDelta::days(31));
    takes_over(&mut world, lead, "MQL", "mia");
    assert_eq!(world.stage(lead), Stage::Mql);
}

#[test]
fn who_asks_for_nobody_decides_itself() {
    let mut world = World::new();
    let (lead, handoff) = world.assigned();
    let own = SetStage { user: None, ..set(&world, lead, "SQL", "") };
    world.ok(&ada(), Command::SetStage(own));
    assert_eq!(world.handoff(handoff).decided_by.as_deref(), Some("users/ada"));
}

#[test]
fn r23_values_are_those_of_the_tenant() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    let values = [(Stage::Mql, "2 - Sales ready".to_owned())].into();
    let crm_field = Some((Some("Lead Status".to_owned()), values));
    let update = UpdateTenant { crm_field, ..UpdateTenant::default() };
    world.ok(&mia(), Command::UpdateTenant(Box::new(update)));
    let command = Command::SetStage(set(&world, lead, "MQL", "mia"));
    world.invalid(&crm(), command, "value");
    takes_over(&mut world, lead, "2 - sales READY", "mia");
    assert_eq!(world.stage(lead), Stage::Mql);
}
