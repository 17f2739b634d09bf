//! Nurture and its segments (R12).

use chrono::TimeDelta;
use handoff_domain::error::Reason;
use handoff_domain::id::LeadId;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::command::{Command, LeadRef, NurtureLead, RejectHandoff};
use handoff_domain::qualification::record::Track;
use handoff_domain::qualification::rejection::RejectionReason;

use super::world::{World, ada, capture, line, mia, qualify, rejection};

fn nurture(lead: LeadId, segment: &str) -> Command {
    let (lead, segment) = (LeadRef::Id(lead), segment.to_owned());
    Command::NurtureLead(NurtureLead { lead, line: line("default"), segment })
}

fn track(world: &World, lead: LeadId) -> &Track {
    &world.state.records().dossiers[&lead].tracks[&line("default")]
}

/// The changes of a lead with the segments on both sides.
fn segments(world: &World, lead: LeadId) -> Vec<(Option<&str>, Option<&str>)> {
    let rows = world.state.changes().history.iter().filter(|row| row.lead == lead);
    rows.map(|row| (row.from_segment.as_deref(), row.to_segment.as_deref())).collect()
}

#[test]
fn a_lead_goes_to_a_segment_of_nurture_and_to_another_one() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    world.ok(&mia(), nurture(lead, "b2b"));
    assert_eq!((world.stage(lead), track(&world, lead).segment.as_deref()), (Stage::Nurture, Some("b2b")));
    let since = track(&world, lead).stage_since;
    world.wait(TimeDelta::days(3));
    world.ok(&mia(), nurture(lead, "b2b-events"));
    assert_eq!(track(&world, lead).segment.as_deref(), Some("b2b-events"));
    assert_eq!(track(&world, lead).stage_since, since, "it is in nurture as long as it was");
    assert_eq!(
        segments(&world, lead),
        [(None, None), (None, Some("b2b")), (Some("b2b"), Some("b2b-events"))],
        "a change of the segment alone is a row of the history"
    );
}

#[test]
fn who_is_in_the_segment_already_is_left_there() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    world.ok(&mia(), nurture(lead, "b2b"));
    let count = world.log.len();
    world.ok(&mia(), nurture(lead, "b2b"));
    assert_eq!(world.log.len(), count, "nothing happened");
}

#[test]
fn a_rejected_lead_goes_to_the_segment_that_sales_says_and_leaves_it_as_an_mql() {
    let mut world = World::new();
    let (lead, id) = world.assigned();
    let segment = Some("next-year".to_owned());
    let command = RejectHandoff { segment, ..rejection(id, RejectionReason::NoBudgetNow) };
    world.ok(&ada(), Command::RejectHandoff(command));
    assert_eq!(track(&world, lead).segment.as_deref(), Some("next-year"));
    world.wait(TimeDelta::days(31));
    world.ok(&mia(), qualify(lead, "default"));
    assert_eq!(track(&world, lead).segment, None);
    assert_eq!(segments(&world, lead)[2..], [(None, Some("next-year")), (Some("next-year"), None)]);
}

#[test]
fn only_marketing_nurtures_and_only_who_is_not_with_sales() {
    let mut world = World::new();
    let free = world.lead(capture("lea@example.org"));
    world.refused(&ada(), nurture(free, "b2b"), Reason::WrongSide);
    let (lead, _) = world.assigned();
    world.refused(&mia(), nurture(lead, "b2b"), Reason::IllegalState);
}
