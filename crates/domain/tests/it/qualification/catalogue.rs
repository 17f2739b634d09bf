//! The tenant's vocabulary in the write model: attributes, types of activity and rates as commands, and what they mean for
//! whoever captures leads and drafts criteria (R8, R9, R13, R14).

use handoff_domain::activity::ActivityType;
use handoff_domain::criteria::{CriteriaSet, Criterion, OnUnknown, Role};
use handoff_domain::error::Error;
use handoff_domain::predicate::Predicate;
use handoff_domain::profile::{AttributeDefinition, Profile, Subject as Whom};
use handoff_domain::qualification::command::{
    CaptureLead, ChangeVersion, Command, LeadRef, RecordActivity, VersionStep,
};
use handoff_domain::qualification::event::Event;
use handoff_domain::qualification::record::{Content, LeadKind};
use handoff_domain::qualification::state::{Stamp, State};
use handoff_domain::qualification::{Answer, Keys, needs};
use handoff_domain::rates::Rate;
use handoff_domain::value::ValueType;
use handoff_domain::version::{CriteriaKind, Subject};

use super::loading::load;
use super::world::{World, at, capture, mia};

fn shops() -> AttributeDefinition {
    AttributeDefinition {
        key: "shops".parse().expect("a key"),
        subject: Whom::Organisation,
        value_type: ValueType::Number,
        sensitive: false,
        label: "Number of shops".to_owned(),
    }
}

fn visited() -> ActivityType {
    let minutes = ("minutes".parse().expect("a key"), ValueType::Number);
    ActivityType {
        kind: "SHOP_VISITED".parse().expect("a name"),
        label: "Shop visited".to_owned(),
        properties: [minutes].into(),
    }
}

fn rate(rate: &str) -> Rate {
    Rate {
        from: "USD".parse().expect("a currency"),
        to: "EUR".parse().expect("a currency"),
        day: "2026-03-01".parse().expect("a date"),
        rate: Rate::parse(rate).expect("a rate"),
    }
}

/// A lead with attributes.
fn lead_with<const N: usize>(attributes: [(&str, &str); N]) -> CaptureLead {
    let mut lead = capture("lea@example.org");
    lead.person.attributes = attributes.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    lead
}

fn run(lead: CaptureLead) -> Command {
    Command::CaptureLead(Box::new(lead))
}

/// The fields of a refusal.
fn fields(refused: Result<Answer, Error>) -> Vec<String> {
    match refused {
        Err(Error::Invalid(violations)) => violations.into_iter().map(|violation| violation.field).collect(),
        other => panic!("{other:?}"),
    }
}

/// A criteria set that asks whether the number of shops is known.
fn asks_for_shops() -> Command {
    let criterion = Criterion {
        key: "has_shops".to_owned(),
        label: "Has shops".to_owned(),
        attribute: "shops".parse().expect("a key"),
        predicate: Predicate::Exists,
        role: Role::Gate,
        on_unknown: OnUnknown::Neutral,
        max_age_months: None,
        sensitive: false,
    };
    let set = CriteriaSet { kind: LeadKind::B2b, criteria: vec![criterion] };
    let (subject, step) =
        (Subject::CriteriaSet(CriteriaKind::B2b), VersionStep::Draft(Content::Criteria(set)));
    Command::ChangeVersion(Box::new(ChangeVersion { subject, step }))
}

#[test]
fn saying_the_same_again_changes_nothing() {
    let mut world = World::new();
    let puts =
        [Command::PutAttribute(shops()), Command::PutActivityType(visited()), Command::PutRate(rate("0.9"))];
    let before = world.log.len();
    for _ in 0..2 {
        puts.iter().for_each(|put| drop(world.ok(&mia(), put.clone())));
    }
    let names: Vec<_> = world.log[before..].iter().map(|logged| logged.event.name()).collect();
    assert_eq!(names, ["AttributeChanged", "ActivityTypeChanged", "RateSet"]);
    world.ok(&mia(), Command::PutRate(rate("0.95")));
    assert_eq!(world.state.rate(rate("1")), Some(rate("0.95")), "of a pair and a day the last one counts");
}

#[test]
fn a_standard_attribute_is_there_without_an_event_and_may_get_another_label() {
    let mut world = World::new();
    let employees =
        world.state.catalogue().get(&"employees".parse().expect("a key")).cloned().expect("standard");
    let before = world.log.len();
    world.ok(&mia(), Command::PutAttribute(employees.clone()));
    assert_eq!(world.log.len(), before);
    let renamed = AttributeDefinition { label: "Staff".to_owned(), ..employees };
    world.ok(&mia(), Command::PutAttribute(renamed.clone()));
    assert_eq!(world.state.catalogue().get(&renamed.key), Some(&renamed));
}

#[test]
fn what_criteria_rely_on_is_refused_to_change() {
    let mut world = World::new();
    world.ok(&mia(), Command::PutAttribute(shops()));
    world.ok(&mia(), Command::PutActivityType(visited()));
    let text = AttributeDefinition { value_type: ValueType::Text, ..shops() };
    assert_eq!(fields(world.run(&mia(), Command::PutAttribute(text))), ["attribute.value_type"]);
    let bare = ActivityType { properties: Default::default(), ..visited() };
    let missing = ["activity_type.properties.minutes"];
    assert_eq!(fields(world.run(&mia(), Command::PutActivityType(bare))), missing);
    let same = Rate { to: rate("1").from, ..rate("1") };
    assert_eq!(fields(world.run(&mia(), Command::PutRate(same))), ["currency_rate.to_currency_code"]);
}

#[test]
fn criteria_ask_about_the_tenants_own_attributes_once_they_are_defined() {
    let mut world = World::new();
    let unknown = ["content.criteria_set.criteria[0].attribute"];
    assert_eq!(fields(world.run(&mia(), asks_for_shops())), unknown);
    world.ok(&mia(), Command::PutAttribute(shops()));
    world.ok(&mia(), asks_for_shops());
}

#[test]
fn a_value_is_kept_in_the_form_of_its_type_and_free_text_as_it_is() {
    let mut world = World::new();
    let before = world.lead(lead_with([("shops", "a few"), ("nickname", " Lea "), ("age", " ")]));
    let person = |world: &World| world.state.dossier(before).expect("captured").person.clone();
    assert_eq!(person(&world).attributes["shops"], "a few", "nobody has defined it yet");
    assert_eq!(person(&world).attributes["nickname"], " Lea ");
    assert!(!person(&world).attributes.contains_key("age"), "a blank value says nothing");

    world.ok(&mia(), Command::PutAttribute(shops()));
    assert_eq!(Profile::of(&person(&world), world.state.catalogue()).iter().count(), 1, "the address alone");
    world.lead(lead_with([("shops", " 07.0 ")]));
    assert_eq!(person(&world).attributes["shops"], "7");
    let log = world.log.len();
    world.lead(lead_with([("shops", "7.00")]));
    assert_eq!(world.log.len(), log, "the same number in another notation");
}

#[test]
fn every_value_of_another_type_is_told_at_once_and_never_repeated() {
    let mut world = World::new();
    let mut lead = lead_with([("employees", "Ada"), ("budget", "Ada"), ("nickname", "Ada")]);
    lead.person.email = Some("Ada".to_owned());
    let refused = world.run(&mia(), run(lead));
    assert!(!format!("{refused:?}").contains("Ada"), "{refused:?}");
    assert_eq!(
        fields(refused),
        ["lead.person.email", "lead.person.attributes.budget", "lead.person.attributes.employees"]
    );
}

#[test]
fn what_was_verified_is_kept_with_its_value() {
    let mut world = World::new();
    let verified_at = at("2026-02-01T00:00:00Z");
    let mut lead = lead_with([("employees", "120")]);
    lead.person.verified = ["employees", "email", "phone"].map(|name| (name.to_owned(), verified_at)).into();
    let id = world.lead(lead);
    let person = &world.state.dossier(id).expect("captured").person;
    let names: Vec<_> = person.verified.keys().map(String::as_str).collect();
    assert_eq!(names, ["email", "employees"], "there is no telephone number to be sure of");
}

#[test]
fn an_activity_of_a_declared_type_is_recorded_whatever_its_properties_hold() {
    let mut world = World::new();
    world.ok(&mia(), Command::PutActivityType(visited()));
    world.lead(capture("lea@example.org"));
    for (kind, minutes) in [("SHOP_VISITED", "many"), ("NEVER_DECLARED", "3")] {
        world.ok(
            &mia(),
            Command::RecordActivity(RecordActivity {
                lead: LeadRef::Email("lea@example.org".to_owned()),
                kind: kind.to_owned(),
                properties: [("minutes".to_owned(), minutes.to_owned())].into(),
                occurred_at: None,
            }),
        );
    }
}

#[test]
fn the_catalogue_is_asked_for_only_where_it_is_needed() {
    let wants = |command: &Command| -> Keys { needs(command, &mia()) };
    assert!(!wants(&run(capture("lea@example.org"))).catalogue);
    assert!(wants(&run(lead_with([("shops", "7")]))).catalogue);

    let mut world = World::new();
    world.ok(&mia(), Command::PutAttribute(shops()));
    for command in [run(lead_with([("shops", "7.0")])), asks_for_shops()] {
        let (part, _) = load(&world.state, &command, &mia());
        assert_eq!(part.catalogue(), world.state.catalogue());
        world.ok(&mia(), command);
    }
    // The values of criteria are read by the catalogue, so whoever loads an agreement loads it too.
    let (part, _) = load(&world.state, &asks_for_shops(), &mia());
    assert!(part.agreement(Subject::CriteriaSet(CriteriaKind::B2b)).is_some());
    assert_eq!(part.catalogue(), world.state.catalogue());
}

#[test]
fn the_log_folds_to_the_vocabulary() {
    let mut world = World::new();
    world.ok(&mia(), Command::PutAttribute(shops()));
    world.ok(&mia(), Command::PutActivityType(visited()));
    world.ok(&mia(), Command::PutRate(rate("0.9")));
    let mut folded = State::new(world.state.tenant_id(), 0);
    for logged in &world.log {
        let (position, recorded_at) = (logged.position, logged.recorded_at);
        folded.apply(&logged.event, &Stamp { position, recorded_at, actor: &logged.actor });
    }
    assert_eq!(folded.records(), world.state.records());
    let changes = folded.changes();
    assert_eq!(changes.attributes.values().collect::<Vec<_>>(), [&5]);
    assert_eq!(changes.activity_types.values().collect::<Vec<_>>(), [&6]);
    assert_eq!(changes.rates.values().map(|(_, position)| position).collect::<Vec<_>>(), [&7]);
    assert!(world.log.iter().all(|logged| !matches!(logged.event, Event::LeadCaptured(_))));
}
