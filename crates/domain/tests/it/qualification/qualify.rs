//! Making MQLs: the guards, the cycles and the lines.

use chrono::TimeDelta;
use handoff_domain::error::{Error, Reason};
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::command::{Command, LeadRef, Outcome, QualifyLead};
use handoff_domain::qualification::event::{Event, TenantChanged};
use handoff_domain::qualification::record::{HandoffState, ProductLine, Suppression, Trigger};
use handoff_domain::qualification::rejection::RejectionReason;

use super::world::{World, accept, ada, assign, capture, line, mia, outcome, qualify, reject};

#[test]
fn a_qualified_lead_has_a_handoff_without_an_owner_and_with_its_dimensions() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    let id = world.qualify(lead);
    let handoff = world.handoff(id);
    assert_eq!((handoff.state, handoff.owner, handoff.cycle), (HandoffState::PendingRoute, None, 1));
    assert_eq!(handoff.mql_at, world.now);
    assert_eq!(handoff.snapshot.origin.campaign.as_deref(), Some("guide"));
    assert_eq!(world.stage(lead), Stage::Mql);
    assert_eq!(world.history(lead), ["1 ->>LEAD", "1 LEAD>>MQL"]);
}

#[test]
fn a_lead_that_nobody_knows_is_not_found() {
    let mut world = World::new();
    let lead = LeadRef::ExternalId("C-9".to_owned());
    let command = QualifyLead { lead, line: ProductLine::default(), trigger: Trigger::Manual };
    let answer = world.run(&mia(), Command::QualifyLead(command));
    assert!(matches!(answer, Err(Error::NotFound { .. })));
}

#[test]
fn a_live_qualification_does_not_pass_for_an_imported_one() {
    let mut world = World::new();
    let lead = LeadRef::Id(world.lead(capture("lea@example.org")));
    let command = QualifyLead { lead, line: ProductLine::default(), trigger: Trigger::Imported };
    world.invalid(&mia(), Command::QualifyLead(command), "trigger");
}

#[test]
fn a_suppressed_lead_is_refused() {
    let mut world = World::new();
    for suppression in Suppression::ALL.iter().filter(|suppression| **suppression != Suppression::None) {
        let mut command = capture(&format!("{suppression}@example.org"));
        command.suppression = Some(*suppression);
        let lead = world.lead(command);
        world.refused(&mia(), qualify(lead, "default"), Reason::LeadSuppressed);
    }
}

#[test]
fn a_lead_with_an_open_handoff_is_refused_naming_it() {
    let mut world = World::new();
    let (lead, handoff) = world.assigned();
    let Error::Refused { facts, .. } = world.refused(&mia(), qualify(lead, "default"), Reason::HandoffOpen)
    else {
        panic!("a refusal by state")
    };
    assert_eq!(facts["handoff"], format!("handoffs/{handoff}"));
    assert_eq!(facts["state"], "ASSIGNED");
}

#[test]
fn edge_28_without_a_contract_in_effect_the_lead_is_refused_and_stays() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    let mut tenant = world.state.tenant().expect("founded").clone();
    let from = world.now + TimeDelta::days(1);
    for effective_from in [None, Some(from)] {
        tenant.contract_effective_from = effective_from;
        let changed = TenantChanged { occurred_at: world.now, tenant: tenant.clone() };
        world.apply(Event::TenantChanged(changed), &mia());
        world.refused(&mia(), qualify(lead, "default"), Reason::NoContractInEffect);
        assert_eq!(world.stage(lead), Stage::Lead);
    }
    world.now = from;
    world.qualify(lead);
}

#[test]
fn edge_07_a_recycled_lead_waits_for_its_cooldown_and_comes_back_in_a_new_cycle() {
    let mut world = World::new();
    let (lead, first) = world.assigned();
    world.ok(&ada(), reject(first, RejectionReason::NoBudgetNow));
    world.wait(TimeDelta::days(30) - TimeDelta::microseconds(1));
    let Error::Refused { facts, .. } =
        world.refused(&mia(), qualify(lead, "default"), Reason::CooldownActive)
    else {
        panic!("a refusal by state")
    };
    assert_eq!(facts["until"], "2026-04-01T09:00:00Z");
    world.wait(TimeDelta::microseconds(1));
    let second = world.qualify(lead);
    assert_eq!((world.handoff(first).cycle, world.handoff(second).cycle), (1, 2));
    assert_eq!(world.history(lead)[2..], ["1 MQL>>NURTURE", "2 NURTURE>>MQL"]);
}

#[test]
fn edge_07_a_customer_who_is_qualified_again_starts_a_new_cycle_and_is_never_new_again() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    world.opportunity(lead, Outcome::Won { amount: None });
    let since = world.state.dossier(lead).expect("captured").lead.customer_since;
    world.wait(TimeDelta::days(90));
    let handoff = world.qualify(lead);
    assert_eq!(world.handoff(handoff).cycle, 2);
    world.ok(&ada(), accept(handoff));
    let again = world.opportunity(lead, Outcome::Won { amount: None });
    let dossier = world.state.dossier(lead).expect("captured");
    assert!(!dossier.opportunities[&again].new_customer);
    assert_eq!(dossier.lead.customer_since, since);
    let rows = world.history(lead);
    assert_eq!(rows[2..4], ["2 CUSTOMER>>LEAD", "2 LEAD>>MQL"]);
}

#[test]
fn edge_07_new_interest_lifts_the_suppression_of_a_customer() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    world.opportunity(lead, Outcome::Won { amount: None });
    let mut command = capture("lea@example.org");
    command.suppression = Some(Suppression::Customer);
    world.lead(command);
    world.refused(&mia(), qualify(lead, "default"), Reason::LeadSuppressed);
    world.opportunity(lead, Outcome::Opened { amount: None });
    assert_eq!(world.state.dossier(lead).expect("captured").lead.suppression, Suppression::None);
}

#[test]
fn edge_08_two_product_lines_are_handed_over_at_once() {
    let mut world = World::new();
    let (lead, shoes) = world.assigned();
    world.ok(&mia(), qualify(lead, "hats"));
    let hats = world.state.dossier(lead).expect("captured").open_handoff(&line("hats")).expect("open").id;
    world.ok(&ada(), accept(shoes));
    assert_eq!(world.stage(lead), Stage::Sql, "the most advanced of its tracks");
    world.ok(&mia(), assign(hats, "sam"));
    world.ok(&ada(), reject(hats, RejectionReason::WrongSize));
    assert_eq!(world.stage(lead), Stage::Sql);
    let dossier = world.state.dossier(lead).expect("captured");
    assert_eq!(dossier.stage(&line("hats")), Stage::Nurture);
}

#[test]
fn what_is_further_on_cannot_be_qualified() {
    let mut world = World::new();
    let (lead, handoff) = world.assigned();
    world.ok(&ada(), accept(handoff));
    world.refused(&mia(), qualify(lead, "default"), Reason::IllegalState);
    world.ok(&ada(), outcome(lead, Outcome::Opened { amount: None }));
    let Error::Refused { facts, .. } = world.refused(&mia(), qualify(lead, "default"), Reason::IllegalState)
    else {
        panic!("a refusal by state")
    };
    assert_eq!(facts["state"], "OPPORTUNITY");
}
