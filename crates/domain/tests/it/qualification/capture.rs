//! Capturing leads: who is a lead, and when two descriptions are of the same one.

use chrono::TimeDelta;
use handoff_domain::error::{Error, Reason};
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::command::{CaptureLead, Command, LeadRef, RecordActivity};
use handoff_domain::qualification::record::{Channel, LeadKind, Origin, Person};

use super::world::{World, at, by_email, capture, mia};

fn from_crm(external_id: &str, email: Option<&str>) -> CaptureLead {
    let person = Person {
        external_id: Some(external_id.to_owned()),
        email: email.map(str::to_owned),
        ..Person::default()
    };
    CaptureLead { person, ..CaptureLead::default() }
}

fn run(command: CaptureLead) -> Command {
    Command::CaptureLead(Box::new(command))
}

#[test]
fn an_unidentified_visitor_is_no_lead() {
    let mut world = World::new();
    let nobody = Person { given_name: Some("Lea".to_owned()), ..Person::default() };
    world.refused(&mia(), run(CaptureLead { person: nobody, ..CaptureLead::default() }), Reason::LeadUnknown);
    let blank = Person { email: Some("  ".to_owned()), ..Person::default() };
    world.refused(&mia(), run(CaptureLead { person: blank, ..CaptureLead::default() }), Reason::LeadUnknown);
}

#[test]
fn a_number_alone_makes_a_lead() {
    let mut world = World::new();
    let person = Person { phone: Some("+39 055 0000".to_owned()), ..Person::default() };
    let lead = world.lead(CaptureLead { person, ..CaptureLead::default() });
    assert_eq!(world.stage(lead), Stage::Lead);
    assert_eq!(world.history(lead), ["1 ->>LEAD"]);
}

#[test]
fn the_same_address_in_any_notation_is_the_same_lead() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    assert_eq!(world.lead(capture(" Lea@Example.ORG ")), lead);
    assert_eq!(world.state.find_lead(&by_email("LEA@example.org")), Some(lead));
}

#[test]
fn absent_fields_stay_as_they_are_and_the_origin_is_never_touched() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    let mut more = capture("lea@example.org");
    more.kind = None;
    more.person.given_name = Some("Lea".to_owned());
    more.origin = Some(Origin { channel: Channel::Sales, ..Origin::default() });
    world.lead(more);
    let dossier = world.state.dossier(lead).expect("captured");
    assert_eq!(dossier.lead.kind, LeadKind::B2b);
    assert_eq!(dossier.lead.origin.channel, Channel::Marketing);
    assert_eq!(dossier.person.given_name.as_deref(), Some("Lea"));
    assert_eq!(dossier.person.email.as_deref(), Some("lea@example.org"));
}

#[test]
fn saying_the_same_again_makes_no_event() {
    let mut world = World::new();
    world.lead(capture("lea@example.org"));
    let count = world.log.len();
    world.lead(capture("lea@example.org"));
    assert!(world.events_since(count).is_empty());
}

#[test]
fn an_external_id_of_one_lead_and_an_address_of_another_are_refused_naming_both() {
    let mut world = World::new();
    let (one, other) = (world.lead(from_crm("C-1", None)), world.lead(capture("lea@example.org")));
    let command = run(from_crm("C-1", Some("lea@example.org")));
    let Error::AlreadyExists { facts, .. } = world.refused(&mia(), command, Reason::IdentityConflict) else {
        panic!("a collision is no refusal by state")
    };
    assert_eq!(facts["lead_by_external_id"], format!("leads/{one}"));
    assert_eq!(facts["lead_by_email"], format!("leads/{other}"));
}

#[test]
fn an_address_shared_by_two_records_of_the_crm_does_not_move_the_lead() {
    let mut world = World::new();
    world.lead(from_crm("C-1", Some("lea@example.org")));
    world.refused(&mia(), run(from_crm("C-2", Some("lea@example.org"))), Reason::IdentityConflict);
}

#[test]
fn a_lead_found_by_address_gets_its_external_id() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    assert_eq!(world.lead(from_crm("C-1", Some("lea@example.org"))), lead);
    assert_eq!(world.state.find_lead(&LeadRef::ExternalId("C-1".to_owned())), Some(lead));
}

#[test]
fn a_lead_is_no_longer_found_by_its_old_address() {
    let mut world = World::new();
    let lead = world.lead(from_crm("C-1", Some("lea@example.org")));
    world.lead(from_crm("C-1", Some("lea@new.example.org")));
    assert_eq!(world.state.find_lead(&by_email("lea@example.org")), None);
    assert_eq!(world.state.find_lead(&by_email("lea@new.example.org")), Some(lead));
}

#[test]
fn what_is_no_address_is_refused_by_field() {
    let mut world = World::new();
    for email in ["lea", "@example.org", "lea@", "lea@@example.org", "lea lea@example.org"] {
        world.invalid(&mia(), run(capture(email)), "lead.person.email");
    }
}

#[test]
fn edge_14_what_lies_in_the_future_beyond_tolerance_is_refused() {
    let mut world = World::new();
    let mut command = capture("lea@example.org");
    command.occurred_at = Some(world.now + TimeDelta::minutes(5) + TimeDelta::microseconds(1));
    world.invalid(&mia(), run(command.clone()), "occurred_at");
    command.occurred_at = Some(world.now + TimeDelta::minutes(5));
    world.lead(command);
}

#[test]
fn a_stale_version_is_refused() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    let mut command = capture("lea@example.org");
    command.version = Some(world.state.dossier(lead).expect("captured").lead.version - 1);
    assert_eq!(world.run(&mia(), run(command)), Err(Error::Stale { resource: format!("leads/{lead}") }));
}

#[test]
fn personal_values_are_in_the_personal_part_of_the_event_only() {
    let mut world = World::new();
    world.lead(from_crm("C-1", Some("lea@example.org")));
    let mut event = world.log.last().expect("captured").event.clone();
    assert_eq!(event.person().and_then(|person| person.external_id.as_deref()), Some("C-1"));
    *event.person_mut().expect("a person") = Person::default();
    let text = format!("{event:?}");
    assert!(!text.contains("C-1") && !text.contains("example.org"));
}

#[test]
fn an_activity_keeps_its_local_date_and_changes_no_lead() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    let version = world.state.dossier(lead).expect("captured").lead.version;
    let activity = |kind: &str| {
        Command::RecordActivity(RecordActivity {
            lead: by_email("lea@example.org"),
            kind: kind.to_owned(),
            properties: [("url".to_owned(), "/guide".to_owned())].into(),
            occurred_at: Some(at("2026-03-01T23:30:00Z")),
        })
    };
    world.ok(&mia(), activity("EBOOK_DOWNLOAD"));
    let recorded = &world.state.changes().activities[0];
    assert_eq!(recorded.local_date, at("2026-03-02T00:00:00Z").date_naive(), "Rome is an hour ahead");
    assert_eq!(world.state.dossier(lead).expect("captured").lead.version, version);
    world.invalid(&mia(), activity(" "), "kind");
}

#[test]
fn an_activity_of_nobody_is_not_found() {
    let mut world = World::new();
    let command = RecordActivity {
        lead: by_email("lea@example.org"),
        kind: "VISIT".to_owned(),
        properties: Default::default(),
        occurred_at: None,
    };
    let error = world.run(&mia(), Command::RecordActivity(command)).expect_err("nobody is there");
    assert!(matches!(&error, Error::NotFound { resource } if !resource.contains("example.org")), "{error}");
}
