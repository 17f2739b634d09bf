//! Two leads that are one person, and two again: edge cases 9 and 10, and 8 as far as they meet it.

use chrono::TimeDelta;
use handoff_domain::error::{Error, Reason};
use handoff_domain::id::{HandoffId, LeadId};
use handoff_domain::qualification::Answer;
use handoff_domain::qualification::command::*;
use handoff_domain::qualification::event::Event;
use handoff_domain::qualification::record::*;
use handoff_domain::qualification::rejection::RejectionReason;
use handoff_domain::qualification::stage::Stage;

use super::world::{
    World, accept, ada, assign, by_email, capture, importer, line, mia, outcome, qualify, reject,
};

pub(super) fn merge(survivor: LeadRef, duplicate: LeadRef) -> Command {
    let (survivor_version, duplicate_version) = (None, None);
    Command::MergeLeads(MergeLeads { survivor, duplicate, survivor_version, duplicate_version })
}

pub(super) fn unmerge(lead: LeadRef) -> Command {
    Command::UnmergeLead(UnmergeLead { lead, version: None })
}

pub(super) fn visit(lead: LeadRef) -> Command {
    let (kind, properties) = ("EBOOK_DOWNLOADED".to_owned(), [].into());
    Command::RecordActivity(RecordActivity { lead, kind, properties, occurred_at: None })
}

fn merge_ids(survivor: LeadId, duplicate: LeadId) -> Command {
    merge(LeadRef::Id(survivor), LeadRef::Id(duplicate))
}

/// Lea, and an hour later Bob, who is Lea as well.
fn two(world: &mut World) -> (LeadId, LeadId) {
    let lea = world.lead(capture("lea@example.org"));
    world.wait(TimeDelta::hours(1));
    (lea, world.lead(capture("bob@example.org")))
}

fn merged(world: &mut World) -> (LeadId, LeadId) {
    let (lea, bob) = two(world);
    world.ok(&mia(), merge_ids(lea, bob));
    (lea, bob)
}

#[test]
fn edge_09_the_earliest_capture_and_its_origin_survive_whoever_does() {
    let mut world = World::new();
    let first = world.lead(capture("lea@example.org"));
    world.wait(TimeDelta::days(3));
    let mut late = capture("bob@example.org");
    late.origin = Some(Origin { channel: Channel::Sales, ..Origin::default() });
    let survivor = world.lead(late);
    assert_eq!(world.ok(&mia(), merge_ids(survivor, first)), Answer::Lead(survivor));
    let whole = world.state.whole(survivor).expect("it is there").into_owned();
    let earliest = &world.state.dossier(first).expect("it is there").lead;
    assert_eq!((whole.lead.captured_at, &whole.lead.origin), (earliest.captured_at, &earliest.origin));
    let handoff = world.qualify(survivor);
    assert_eq!(world.handoff(handoff).snapshot.origin.channel, Channel::Marketing);
    // By itself it keeps its own first touch: that is what it has again after an unmerge.
    let own = &world.state.dossier(survivor).expect("it is there").lead;
    assert_eq!(own.origin.channel, Channel::Sales);
}

#[test]
fn edge_09_of_two_open_handoffs_the_later_is_withdrawn_and_names_the_first() {
    for survivor_waits_longer in [true, false] {
        let mut world = World::new();
        let (lea, bob) = two(&mut world);
        let (one, other) = if survivor_waits_longer { (lea, bob) } else { (bob, lea) };
        let first = world.qualify(one);
        world.wait(TimeDelta::hours(1));
        let later = world.qualify(other);
        let before = world.log.len();
        world.ok(&mia(), merge_ids(lea, bob));
        assert_eq!(world.events_since(before), ["HandoffWithdrawn", "LeadMerged"]);
        let withdrawn = world.handoff(later);
        assert_eq!(withdrawn.state, HandoffState::Withdrawn);
        assert_eq!(withdrawn.withdrawal, Some(WithdrawalReason::Merged));
        assert_eq!(withdrawn.superseded_by, Some(first));
        assert_eq!((withdrawn.lead, world.handoff(first).lead), (other, one), "handoffs stay what they were");
        assert!(world.handoff(first).state.is_open());
        assert_eq!(world.state.whole(lea).expect("it is there").lead.stage, Stage::Mql);
    }
}

#[test]
fn edge_08_handoffs_on_two_lines_both_wait_on() {
    let mut world = World::new();
    let (lea, bob) = two(&mut world);
    let hats = match world.ok(&mia(), qualify(bob, "hats")) {
        Answer::Handoff(handoff) => handoff,
        other => panic!("{other:?}"),
    };
    let default = world.qualify(lea);
    world.ok(&mia(), merge_ids(lea, bob));
    assert!(world.handoff(default).state.is_open() && world.handoff(hats).state.is_open());
    let again = world.refused(&mia(), qualify(lea, "hats"), Reason::HandoffOpen);
    assert!(again.to_string().contains(&hats.to_string()), "{again}");
}

#[test]
fn whatever_names_a_merged_lead_reaches_the_survivor() {
    let mut world = World::new();
    let (lea, bob) = merged(&mut world);
    world.ok(&mia(), visit(LeadRef::Id(bob)));
    world.ok(&mia(), visit(by_email("bob@example.org")));
    let of: Vec<LeadId> = world.state.changes().activities.iter().map(|activity| activity.lead).collect();
    assert_eq!(of, [lea, lea]);
    // What is said under the other address is said of the same person, and does not change the address.
    let mut named = capture("bob@example.org");
    named.person.given_name = Some("Lea".to_owned());
    assert_eq!(world.lead(named), lea);
    let person = &world.state.dossier(lea).expect("it is there").person;
    assert_eq!(
        (person.email.as_deref(), person.given_name.as_deref()),
        (Some("lea@example.org"), Some("Lea"))
    );
    let handoff = match world.ok(&mia(), qualify(bob, "default")) {
        Answer::Handoff(handoff) => handoff,
        other => panic!("{other:?}"),
    };
    assert_eq!(world.handoff(handoff).lead, lea);
}

#[test]
fn names_that_were_two_people_s_are_no_conflict_once_those_are_one() {
    let mut world = World::new();
    let mut with_id = capture("lea@example.org");
    with_id.person.external_id = Some("C-1".to_owned());
    let lea = world.lead(with_id);
    let bob = world.lead(capture("bob@example.org"));
    let mut both = capture("bob@example.org");
    both.person.external_id = Some("C-1".to_owned());
    world.refused(&mia(), Command::CaptureLead(Box::new(both.clone())), Reason::IdentityConflict);
    world.ok(&mia(), merge_ids(lea, bob));
    assert_eq!(world.lead(both), lea);
    assert_eq!(world.state.lead_with_email("bob@example.org"), Some(bob), "both stay findable");
    assert_eq!(world.state.lead_with_email("lea@example.org"), Some(lea));
}

#[test]
fn what_began_on_a_merged_lead_is_finished_there_and_counts_for_the_survivor() {
    let mut world = World::new();
    let (lea, bob) = two(&mut world);
    let handoff = world.qualify(bob);
    world.ok(&mia(), assign(handoff, "ada"));
    world.ok(&mia(), merge_ids(lea, bob));
    world.ok(&ada(), accept(handoff));
    let deal = world.opportunity(lea, Outcome::Opened { amount: None });
    let same = world.opportunity(lea, Outcome::Won { amount: None });
    assert_eq!(deal, same);
    assert_eq!(world.handoff(handoff).lead, bob);
    let whole = world.state.whole(lea).expect("it is there").into_owned();
    assert_eq!(whole.lead.stage, Stage::Customer);
    assert!(whole.lead.customer_since.is_some());
    assert!(whole.opportunities.contains_key(&deal) && whole.handoffs.contains_key(&handoff));
    // Never a new customer again: the person bought, whichever lead it was.
    world.ok(&mia(), qualify(lea, "default"));
    world.ok(&ada(), outcome(lea, Outcome::Won { amount: None }));
    let new: Vec<bool> = world
        .log
        .iter()
        .filter_map(|logged| match &logged.event {
            Event::OpportunityWon(won) => Some(won.new_customer),
            _ => None,
        })
        .collect();
    assert_eq!(new, [true, false]);
}

#[test]
fn edge_10_after_an_unmerge_each_has_its_own_again_and_what_happened_meanwhile_stays_where_it_happened() {
    let mut world = World::new();
    let (lea, bob) = two(&mut world);
    let rejected = world.qualify(bob);
    world.ok(&mia(), assign(rejected, "ada"));
    world.ok(&ada(), reject(rejected, RejectionReason::NoBudgetNow));
    let was = world.state.dossier(bob).expect("it is there").clone();
    world.ok(&mia(), merge_ids(lea, bob));
    world.refused(&mia(), qualify(lea, "default"), Reason::CooldownActive);
    world.wait(TimeDelta::days(40));
    let meanwhile = world.qualify(lea);
    world.ok(&mia(), visit(LeadRef::Id(bob)));
    assert_eq!(world.ok(&mia(), unmerge(LeadRef::Id(bob))), Answer::Lead(bob));
    let mut is = world.state.dossier(bob).expect("it is there").clone();
    is.lead.version = was.lead.version;
    assert_eq!(is, was);
    assert_eq!(world.handoff(meanwhile).lead, lea);
    assert_eq!(world.state.survivor(bob), bob);
    assert_eq!(world.state.changes().activities[0].lead, lea);
    assert_eq!(world.lead(capture("bob@example.org")), bob, "its address is its own again");
}

#[test]
fn edge_10_whoever_lost_a_handoff_to_the_merge_is_handed_over_anew() {
    let mut world = World::new();
    let (lea, bob) = two(&mut world);
    let first = world.qualify(lea);
    world.wait(TimeDelta::hours(1));
    let later = world.qualify(bob);
    world.ok(&mia(), merge_ids(lea, bob));
    world.wait(TimeDelta::hours(1));
    let before = world.log.len();
    world.ok(&mia(), unmerge(LeadRef::Id(bob)));
    assert_eq!(world.events_since(before), ["LeadUnmerged", "LeadQualified"]);
    let dossier = world.state.dossier(bob).expect("it is there");
    let anew = dossier.open_handoff(&ProductLine::default()).expect("it waits for sales again");
    assert_eq!((anew.cycle, anew.mql_at, anew.trigger), (2, world.now, Trigger::SalesReady));
    assert_eq!(world.handoff(later).state, HandoffState::Withdrawn, "what is over stays over");
    assert!(world.handoff(first).state.is_open());
}

#[test]
fn edge_10_nobody_is_handed_over_anew_whom_something_else_keeps_from_it() {
    let lost = |world: &mut World| {
        let (lea, bob) = two(world);
        world.qualify(lea);
        world.qualify(bob);
        world.ok(&mia(), merge_ids(lea, bob));
        (lea, bob)
    };
    // Consent that was withdrawn meanwhile is said of the person, and so of both.
    let mut world = World::new();
    let (_, bob) = lost(&mut world);
    let refuses = CaptureLead { suppression: Some(Suppression::Consent), ..capture("lea@example.org") };
    world.lead(refuses);
    world.ok(&mia(), unmerge(LeadRef::Id(bob)));
    assert_eq!(world.stage(bob), Stage::Nurture);
    assert_eq!(world.state.dossier(bob).map(|bob| bob.lead.suppression), Some(Suppression::Consent));
    // A third lead that left tells nothing of two that are still one.
    let mut world = World::new();
    let (lea, bob) = lost(&mut world);
    let zoe = world.lead(capture("zoe@example.org"));
    world.ok(&mia(), merge_ids(lea, zoe));
    let before = world.log.len();
    world.ok(&mia(), unmerge(LeadRef::Id(zoe)));
    assert_eq!(world.events_since(before), ["LeadUnmerged"]);
    assert_eq!(world.stage(bob), Stage::Nurture);
}

#[test]
fn edge_39_who_is_merged_with_somebody_who_must_not_be_handed_over_is_in_nobody_s_hands() {
    for suppressed_survives in [true, false] {
        let mut world = World::new();
        let refuses = CaptureLead { suppression: Some(Suppression::Consent), ..capture("lea@example.org") };
        let (lea, bob) = (world.lead(refuses), world.lead(capture("bob@example.org")));
        let handoff = world.qualify(bob);
        let (survivor, duplicate) = if suppressed_survives { (lea, bob) } else { (bob, lea) };
        world.ok(&mia(), merge_ids(survivor, duplicate));
        assert_eq!(world.handoff(handoff).withdrawal, Some(WithdrawalReason::Consent));
        world.refused(&mia(), qualify(survivor, "default"), Reason::LeadSuppressed);
        let consents = CaptureLead { suppression: Some(Suppression::None), ..capture("bob@example.org") };
        world.lead(consents);
        world.qualify(survivor);
    }
}

#[test]
fn merges_of_merges_are_undone_one_by_one() {
    let mut world = World::new();
    let (lea, bob) = two(&mut world);
    let zoe = world.lead(capture("zoe@example.org"));
    world.ok(&mia(), merge_ids(bob, zoe));
    world.ok(&mia(), merge_ids(lea, bob));
    assert_eq!(world.state.survivor(zoe), lea);
    assert_eq!(world.state.members(lea), [lea, bob, zoe]);
    let before = world.log.len();
    world.ok(&mia(), unmerge(LeadRef::Id(zoe)));
    let Event::LeadUnmerged(event) = &world.log[before].event else { panic!("{:?}", world.log[before]) };
    assert_eq!((event.from, event.survivor, &event.leads), (bob, lea, &vec![zoe]));
    assert_eq!(world.state.survivor(zoe), zoe);
    world.ok(&mia(), merge_ids(zoe, lea));
    world.ok(&mia(), unmerge(LeadRef::Id(lea)));
    assert_eq!(world.state.members(lea), [lea, bob], "what was merged into it before goes with it");
}

#[test]
fn a_lead_is_not_merged_twice_nor_with_itself_nor_taken_apart_from_nobody() {
    let mut world = World::new();
    let (lea, bob) = two(&mut world);
    world.invalid(&mia(), merge_ids(lea, lea), "duplicate");
    let alone = world.refused(&mia(), unmerge(LeadRef::Id(lea)), Reason::IllegalState);
    assert!(alone.to_string().contains(&lea.to_string()), "{alone}");
    world.ok(&mia(), merge_ids(lea, bob));
    let twice = world.refused(&mia(), merge_ids(lea, bob), Reason::IllegalState);
    assert!(twice.to_string().contains(&format!("leads/{lea}")), "{twice}");
    world.invalid(&mia(), merge_ids(bob, lea), "duplicate");
    let nobody = world.run(&mia(), merge(by_email("zoe@example.org"), LeadRef::Id(lea)));
    assert!(matches!(nobody, Err(Error::NotFound { .. })), "{nobody:?}");
}

#[test]
fn whoever_read_another_version_of_either_is_refused() {
    let mut world = World::new();
    let (lea, bob) = two(&mut world);
    let version = |world: &World, lead| world.state.whole(lead).map(|whole| whole.lead.version);
    let command = |survivor_version, duplicate_version| {
        let (survivor, duplicate) = (LeadRef::Id(lea), LeadRef::Id(bob));
        Command::MergeLeads(MergeLeads { survivor, duplicate, survivor_version, duplicate_version })
    };
    for stale in [command(Some(1), None), command(version(&world, lea), Some(1))] {
        assert!(matches!(world.run(&mia(), stale), Err(Error::Stale { .. })));
    }
    let (read, other) = (version(&world, lea), version(&world, bob));
    world.ok(&mia(), command(read, other));
    assert!(version(&world, lea) > read, "the survivor is another one now");
    let undo = |version| Command::UnmergeLead(UnmergeLead { lead: LeadRef::Id(bob), version });
    assert!(matches!(world.run(&mia(), undo(other)), Err(Error::Stale { .. })));
    let merged = world.state.dossier(bob).map(|bob| bob.lead.version);
    world.ok(&mia(), undo(merged));
}

#[test]
fn a_contact_counts_for_the_handoff_that_waits_whoever_s_it_is() {
    let mut world = World::new();
    let (lea, bob) = two(&mut world);
    let handoff = world.qualify(bob);
    world.ok(&mia(), merge_ids(lea, bob));
    let call = RecordContact {
        lead: LeadRef::Id(lea),
        line: None,
        kind: ContactKind::Attempt,
        direction: Direction::Outbound,
        human: true,
        channel: "PHONE".to_owned(),
        occurred_at: None,
    };
    world.ok(&ada(), Command::RecordContact(call));
    assert_eq!(world.handoff(handoff).firsts.attempt_at, Some(world.now));
}

#[test]
fn an_item_that_was_imported_for_a_merged_lead_is_known_as_the_survivor_s() {
    let item = |kind, key| SourceKey { kind, key: Digest([key; 32]) };
    let content = Digest([7; 32]);
    let import = |world: &World| {
        let source = Source { key: item(SourceKind::Lead, 1), content };
        let subject = Subject::Capture { source, lead: Box::new(capture("bob@example.org")) };
        let past = Past::Activity { kind: "VISIT".to_owned(), properties: [].into() };
        let source = Source { key: item(SourceKind::Activity, 2), content };
        let entries = vec![Entry { source, occurred_at: world.now, line: line("default"), past }];
        Command::Import(Import { subject, entries })
    };
    let mut world = World::new();
    let lea = world.lead(capture("lea@example.org"));
    let item = import(&world);
    world.ok(&importer(), item.clone());
    world.ok(&mia(), merge(LeadRef::Id(lea), by_email("bob@example.org")));
    let before = world.log.len();
    let again = world.ok(&importer(), item);
    assert_eq!(again, Answer::Imported { lead: lea, created: false, entries_new: 0 });
    assert!(world.events_since(before).is_empty());
}

fn by_phone(number: &str) -> CaptureLead {
    let person = Person { phone: Some(number.to_owned()), ..Person::default() };
    CaptureLead { person, ..CaptureLead::default() }
}

#[test]
fn r07_a_number_names_somebody_only_where_nothing_better_does_and_nobody_else_has_it() {
    let mut world = World::new();
    let lea = world.lead(by_phone("+39 06 698 12345"));
    assert_eq!(world.lead(by_phone("0039-06-69812345")), lea, "one number in another notation");
    let kept = world.state.dossier(lea).and_then(|dossier| dossier.person.phone.clone());
    assert_eq!(kept.as_deref(), Some("0039-06-69812345"), "as it was given last");
    // Whoever has an address of its own may only share a switchboard.
    let mut colleague = capture("bob@example.org");
    colleague.person.phone = Some("+390669812345".to_owned());
    let bob = world.lead(colleague);
    assert_ne!(bob, lea);
    let several = Command::CaptureLead(Box::new(by_phone("+39 06 69812345")));
    let error = world.refused(&mia(), several.clone(), Reason::IdentityConflict);
    assert!(error.to_string().contains(&bob.to_string()), "{error}");
    assert!(!error.to_string().contains("69812345"), "a number is personal: {error}");
    // Once they are one person the number names that person again.
    world.ok(&mia(), merge_ids(bob, lea));
    assert_eq!(world.ok(&mia(), several), Answer::Lead(bob));
}

#[test]
fn r07_a_number_that_nobody_can_compare_names_nobody() {
    let mut world = World::new();
    let one = world.lead(by_phone("698 12345"));
    let other = world.lead(by_phone("698 12345"));
    assert_ne!(one, other, "whose country is it?");
}

#[test]
fn a_decision_about_a_handoff_of_a_merged_lead_is_the_person_s() {
    let mut world = World::new();
    let (lea, bob) = two(&mut world);
    let handoff: HandoffId = world.qualify(bob);
    world.ok(&mia(), assign(handoff, "ada"));
    world.ok(&mia(), merge_ids(lea, bob));
    world.ok(&ada(), reject(handoff, RejectionReason::NoBudgetNow));
    let whole = world.state.whole(lea).expect("it is there").into_owned();
    assert!(whole.lead.cooldown_until.is_some());
    world.refused(&mia(), qualify(lea, "default"), Reason::CooldownActive);
}
