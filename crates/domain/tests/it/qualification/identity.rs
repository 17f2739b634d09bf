//! Who is who by the ids of systems of record: what names a lead, what changes with what, and what is refused.

use std::collections::{BTreeMap, BTreeSet};

use handoff_domain::error::{Error, Reason};
use handoff_domain::id::LeadId;
use handoff_domain::qualification::Answer;
use handoff_domain::qualification::command::{CaptureLead, Command, LeadRef};
use handoff_domain::qualification::record::Person;
use handoff_domain::qualification::state::State;
use proptest::prelude::*;

use super::merge::{merge, unmerge};
use super::world::{World, by_email, mia};

/// A person with these ids: of the CRM by its external id, of every other system by its name.
fn person<const N: usize>(ids: [(&str, &str); N], email: Option<&str>) -> Person {
    let mut person = Person { email: email.map(str::to_owned), ..Person::default() };
    for (system, id) in ids {
        if system == "crm" {
            person.external_id = Some(id.to_owned());
        } else {
            person.record_ids.insert(system.to_owned(), id.to_owned());
        }
    }
    person
}

fn described(person: Person) -> CaptureLead {
    CaptureLead { person, ..CaptureLead::default() }
}

fn run(person: Person) -> Command {
    Command::CaptureLead(Box::new(described(person)))
}

fn in_system(system: &str, id: &str) -> LeadRef {
    LeadRef::RecordId { system: system.to_owned(), id: id.to_owned() }
}

/// The facts of the refusal.
fn conflict(world: &mut World, person: Person) -> BTreeMap<String, String> {
    match world.refused(&mia(), run(person), Reason::IdentityConflict) {
        Error::AlreadyExists { facts, .. } => facts,
        other => panic!("a collision is no refusal by state: {other}"),
    }
}

#[test]
fn an_id_of_any_system_of_record_makes_a_lead_known_and_names_it() {
    let mut world = World::new();
    let lead = world.lead(described(person([("billing", " B-1 ")], None)));
    assert_eq!(world.state.find_lead(&in_system("billing", "B-1")), Some(lead));
    assert_eq!(world.state.find_lead(&in_system("warehouse", "B-1")), None, "ids are of their system");
    let more = person([("billing", "B-1"), ("warehouse", "B-1"), ("crm", "C-1")], Some("lea@example.org"));
    assert_eq!(world.lead(described(more)), lead);
    for by in [in_system("warehouse", "B-1"), LeadRef::ExternalId("C-1".into()), by_email("lea@example.org")]
    {
        assert_eq!(world.state.find_lead(&by), Some(lead), "{by:?}");
    }
    world.qualify(lead);
}

#[test]
fn a_blank_id_says_nothing() {
    let mut world = World::new();
    world.refused(&mia(), run(person([("billing", " ")], None)), Reason::LeadUnknown);
    let lead = world.lead(described(person([("billing", "B-1")], Some("lea@example.org"))));
    world.lead(described(person([("billing", "")], Some("lea@example.org"))));
    assert_eq!(world.state.find_lead(&in_system("billing", "B-1")), Some(lead));
}

#[test]
fn a_number_beside_a_record_id_names_nobody() {
    let mut world = World::new();
    let number = |ids| Person { phone: Some("+39 06 69812345".to_owned()), ..ids };
    let one = world.lead(described(number(person([], None))));
    let other = world.lead(described(number(person([("billing", "B-1")], None))));
    assert_ne!(one, other);
}

#[test]
fn ids_and_addresses_of_two_leads_are_refused_naming_both() {
    let mut world = World::new();
    let crm = world.lead(described(person([("crm", "C-1")], None)));
    let billing = world.lead(described(person([("billing", "B-1")], None)));
    let warehouse = world.lead(described(person([("warehouse", "W-1")], None)));
    let mail = world.lead(described(person([], Some("lea@example.org"))));
    let name = |lead: LeadId| format!("leads/{lead}");

    let facts = conflict(&mut world, person([("crm", "C-1"), ("warehouse", "W-1")], None));
    assert_eq!(facts["lead_by_external_id"], name(crm));
    assert_eq!(facts["lead_by_record_id"], name(warehouse));
    assert_eq!(
        facts["way_out"],
        "leave out the external id or the id in warehouse, whichever is not the person's"
    );
    let facts = conflict(&mut world, person([("billing", "B-1"), ("warehouse", "W-1")], None));
    assert_eq!(facts["lead_by_record_id"], name(billing));
    assert_eq!(facts["other_lead_by_record_id"], name(warehouse));
    let facts = conflict(&mut world, person([("billing", "B-1")], Some("lea@example.org")));
    assert_eq!(facts["lead_by_record_id"], name(billing));
    assert_eq!(facts["lead_by_email"], name(mail));
}

#[test]
fn where_the_external_id_names_the_lead_its_other_ids_change_with_it() {
    let mut world = World::new();
    let lead = world.lead(described(person([("crm", "C-1"), ("billing", "B-1")], Some("lea@example.org"))));
    let moved = person([("crm", "C-1"), ("billing", "B-2")], Some("lea@new.example.org"));
    assert_eq!(world.lead(described(moved)), lead);
    assert_eq!(world.state.find_lead(&in_system("billing", "B-2")), Some(lead));
    assert_eq!(world.state.find_lead(&in_system("billing", "B-1")), None);
    let other = world.lead(described(person([("billing", "B-1")], None)));
    assert_ne!(other, lead, "whoever has the id now is somebody else");
}

#[test]
fn a_lead_that_a_record_id_names_takes_over_a_new_address_and_ids_that_it_lacked() {
    let mut world = World::new();
    let lead = world.lead(described(person([("billing", "B-1")], Some("lea@example.org"))));
    let moved =
        person([("billing", "B-1"), ("warehouse", "W-1"), ("crm", "C-1")], Some("lea@new.example.org"));
    assert_eq!(world.lead(described(moved)), lead);
    assert_eq!(world.state.find_lead(&by_email("lea@example.org")), None);
    assert_eq!(world.state.find_lead(&by_email("lea@new.example.org")), Some(lead));
}

#[test]
fn what_two_records_share_does_not_move_the_lead_from_one_to_the_other() {
    let shared = |ids| person(ids, Some("office@example.org"));
    for (first, second, way_out) in [
        (
            shared([("billing", "B-1")]),
            shared([("billing", "B-2")]),
            "the address belongs to a lead with another id in billing: leave out one",
        ),
        (
            shared([("crm", "C-1")]),
            shared([("crm", "C-2")]),
            "the address belongs to a lead with another external id: leave out one",
        ),
        (
            person([("crm", "C-1"), ("partner", "P-1")], None),
            person([("crm", "C-2"), ("partner", "P-1")], None),
            "the id in partner belongs to a lead with another external id: leave out one",
        ),
        (
            person([("billing", "B-1"), ("partner", "P-1")], None),
            person([("billing", "B-2"), ("partner", "P-1")], None),
            "the id in partner belongs to a lead with another id in billing: leave out one",
        ),
    ] {
        let mut world = World::new();
        let lead = world.lead(described(first.clone()));
        let facts = conflict(&mut world, second);
        let fact = if first.email.is_some() { "lead_by_email" } else { "lead_by_record_id" };
        assert_eq!(facts[fact], format!("leads/{lead}"));
        assert_eq!(facts["way_out"], way_out);
        assert_eq!(world.lead(described(first)), lead, "it is the first record's still");
    }
}

#[test]
fn edge_10_ids_of_a_merged_lead_find_the_survivor_and_are_its_own_again_after_an_unmerge() {
    let mut world = World::new();
    let lea = world.lead(described(person([("billing", "B-1")], Some("lea@example.org"))));
    let bob = world.lead(described(person([("billing", "B-2"), ("warehouse", "W-2")], None)));
    let was = world.state.dossier(bob).expect("it is there").person.clone();
    world.ok(&mia(), merge(LeadRef::Id(lea), LeadRef::Id(bob)));
    let whole = world.state.whole(lea).expect("it is there").person.clone();
    assert_eq!(whole.record_ids, person([("billing", "B-1"), ("warehouse", "W-2")], None).record_ids);

    // Either names the person, and neither contradicts the other.
    let mut named = person([("billing", "B-2")], Some("lea@example.org"));
    named.given_name = Some("Lea".to_owned());
    assert_eq!(world.lead(described(named)), lea);
    assert_eq!(world.state.lead_with_record_id("billing", "B-1"), Some(lea));
    assert_eq!(world.state.lead_with_record_id("billing", "B-2"), Some(bob));
    conflict(&mut world, person([("warehouse", "W-3")], Some("lea@example.org")));

    world.ok(&mia(), unmerge(LeadRef::Id(bob)));
    assert_eq!(world.state.dossier(bob).expect("it is there").person, was);
    assert_eq!(world.lead(described(person([("warehouse", "W-2")], None))), bob);
}

/// A name of the small world of the law: its kind and its number.
type Name = (Kind, u8);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    External,
    Billing,
    Warehouse,
    Email,
}

const KINDS: [Kind; 4] = [Kind::External, Kind::Billing, Kind::Warehouse, Kind::Email];
const NUMBERS: u8 = 3;

fn as_ref((kind, number): Name) -> LeadRef {
    match kind {
        Kind::External => LeadRef::ExternalId(format!("C-{number}")),
        Kind::Billing => in_system("billing", &format!("R-{number}")),
        Kind::Warehouse => in_system("warehouse", &format!("R-{number}")),
        Kind::Email => by_email(&format!("lead{number}@example.org")),
    }
}

fn of_names(said: &BTreeMap<Kind, u8>) -> Person {
    let mut person = Person::default();
    for name in said.iter().map(|(kind, number)| (*kind, *number)) {
        match as_ref(name) {
            LeadRef::ExternalId(id) => person.external_id = Some(id),
            LeadRef::RecordId { system, id } => drop(person.record_ids.insert(system, id)),
            LeadRef::Email(email) => person.email = Some(email),
            LeadRef::Id(_) => unreachable!("nobody is described by our key"),
        }
    }
    person
}

/// Whom each name names.
fn names(state: &State) -> BTreeMap<Name, LeadId> {
    let all = KINDS.iter().flat_map(|kind| (0..NUMBERS).map(|number| (*kind, number)));
    all.filter_map(|name| Some((name, state.survivor(state.find_lead(&as_ref(name))?)))).collect()
}

#[derive(Debug, Clone)]
enum Op {
    Capture(BTreeMap<Kind, u8>),
    Merge(Name, Name),
    Unmerge(Name),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let name = || (prop::sample::select(KINDS.to_vec()), 0..NUMBERS);
    let said = prop::collection::btree_map(prop::sample::select(KINDS.to_vec()), 0..NUMBERS, 0..4);
    let op = prop_oneof![
        8 => said.prop_map(Op::Capture),
        1 => (name(), name()).prop_map(|(one, other)| Op::Merge(one, other)),
        1 => name().prop_map(Op::Unmerge),
    ];
    prop::collection::vec(op, 1..40)
}

/// What the law says must come of a description: nobody is known, a conflict, or somebody; nobody yet if it is new.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Unknown,
    Conflict,
    Somebody(Option<LeadId>),
}

fn expected(before: &BTreeMap<Name, LeadId>, said: &BTreeMap<Kind, u8>) -> Expected {
    let meant: BTreeMap<Kind, LeadId> =
        said.iter().filter_map(|(kind, number)| Some((*kind, *before.get(&(*kind, *number))?))).collect();
    let leads: BTreeSet<LeadId> = meant.values().copied().collect();
    let Some(lead) = leads.first().copied() else {
        return if said.is_empty() { Expected::Unknown } else { Expected::Somebody(None) };
    };
    // An id that names nobody, of a kind of which the lead has one.
    let is_another = |kind: &Kind| {
        !meant.contains_key(kind) && before.iter().any(|((of, _), whose)| of == kind && *whose == lead)
    };
    let contradicts = said.keys().filter(|kind| **kind != Kind::Email).any(is_another);
    if leads.len() > 1 || (!meant.contains_key(&Kind::External) && contradicts) {
        Expected::Conflict
    } else {
        Expected::Somebody(Some(lead))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Who is meant follows from whom the names name. Every name that is said names the lead from then on, and no name of
    /// anybody else is touched. An external id is never lost, a record id only where the external id says so, and an address
    /// only where an id does; saying it again changes nothing.
    #[test]
    fn names_name_whom_they_named_unless_a_better_one_says_otherwise(ops in ops()) {
        let mut world = World::new();
        for op in ops {
            let before = names(&world.state);
            let said = match op {
                Op::Merge(one, other) => {
                    drop(world.run(&mia(), merge(as_ref(one), as_ref(other))));
                    prop_assert_eq!(names(&world.state).len(), before.len(), "a merge takes no name away");
                    continue;
                }
                Op::Unmerge(name) => {
                    drop(world.run(&mia(), unmerge(as_ref(name))));
                    prop_assert_eq!(names(&world.state).len(), before.len(), "an unmerge takes no name away");
                    continue;
                }
                Op::Capture(said) => said,
            };
            let answer = world.run(&mia(), run(of_names(&said)));
            let lead = match (expected(&before, &said), answer) {
                (Expected::Unknown, Err(Error::Refused { reason: Reason::LeadUnknown, .. }))
                | (Expected::Conflict, Err(Error::AlreadyExists { reason: Reason::IdentityConflict, .. })) => continue,
                (Expected::Somebody(whom), Ok(Answer::Lead(lead))) => {
                    prop_assert!(whom.map_or(!before.values().any(|it| *it == lead), |it| it == lead));
                    lead
                }
                (expected, answer) => return Err(TestCaseError::fail(format!("{expected:?}, but {answer:?}"))),
            };
            let after = names(&world.state);
            for (kind, number) in &said {
                prop_assert_eq!(after.get(&(*kind, *number)), Some(&lead), "{:?} {}", kind, number);
            }
            let found_by = |kind| said.get(&kind).is_some_and(|number| before.contains_key(&(kind, *number)));
            for (name, whose) in &before {
                if after.get(name) == Some(whose) {
                    continue;
                }
                prop_assert!(!after.contains_key(name) && *whose == lead && said.contains_key(&name.0), "{:?}", name);
                let says_so: &[Kind] = match name.0 {
                    Kind::External => &[],
                    Kind::Billing | Kind::Warehouse => &[Kind::External],
                    Kind::Email => &[Kind::External, Kind::Billing, Kind::Warehouse],
                };
                prop_assert!(says_so.iter().any(|kind| found_by(*kind)), "{:?} was lost to {:?}", name, said);
            }
            let length = world.log.len();
            prop_assert_eq!(world.run(&mia(), run(of_names(&said))), Ok(Answer::Lead(lead)));
            prop_assert_eq!(world.events_since(length), [""; 0]);
        }
    }
}
