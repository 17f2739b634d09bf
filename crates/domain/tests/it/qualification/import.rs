//! Imports: whole or not at all, once, and by the rules of the machine.

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::error::{Error, Reason};
use handoff_domain::qualification::command::{CaptureLead, Command, Entry, Import, Past, Subject};
use handoff_domain::qualification::record::*;
use handoff_domain::qualification::rejection::{Attribution, RejectionReason};
use handoff_domain::qualification::{Answer, Stage};

use super::world::{World, at, by_email, capture, importer};

fn digest(text: &str) -> Digest {
    let mut bytes = [0; 32];
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    Digest(bytes)
}

fn source(kind: SourceKind, key: &str, content: &str) -> Source {
    Source { key: SourceKey { kind, key: digest(key) }, content: digest(content) }
}

fn entry(key: &str, occurred_at: &str, past: Past) -> Entry {
    let source = source(past.source_kind(), key, key);
    Entry { source, occurred_at: at(occurred_at), line: ProductLine::default(), past }
}

fn row(key: &str, content: &str, lead: CaptureLead) -> Subject {
    Subject::Capture { source: source(SourceKind::Lead, key, content), lead: Box::new(lead) }
}

fn captured_at(email: &str, when: DateTime<Utc>) -> CaptureLead {
    CaptureLead { occurred_at: Some(when), ..capture(email) }
}

fn import(subject: Subject, entries: Vec<Entry>) -> Command {
    Command::Import(Import { subject, entries })
}

/// A lead of last year that sales took, called, met and won.
fn story() -> Command {
    let contact = |kind| Past::Contact {
        by: Some("ada".to_owned()),
        kind,
        direction: Direction::Outbound,
        human: true,
        channel: "PHONE".to_owned(),
    };
    let activity = Past::Activity { kind: "EBOOK_DOWNLOAD".to_owned(), properties: Default::default() };
    import(
        row("r1", "v1", captured_at("lea@example.org", at("2025-01-02T09:00:00Z"))),
        vec![
            entry("e1", "2025-01-03T09:00:00Z", activity),
            entry("e2", "2025-01-04T09:00:00Z", Past::Nurtured { segment: Some("guides".to_owned()) }),
            entry("e3", "2025-01-05T09:00:00Z", Past::Qualified),
            entry("e4", "2025-01-05T10:00:00Z", Past::Assigned { owner: "ada".to_owned() }),
            entry("e5", "2025-01-05T11:00:00Z", contact(ContactKind::Attempt)),
            entry("e6", "2025-01-05T12:00:00Z", Past::Accepted { by: Some("ada".to_owned()) }),
            entry("e7", "2025-01-06T09:00:00Z", contact(ContactKind::Meeting)),
            entry("e8", "2025-01-07T09:00:00Z", Past::OpportunityOpened { amount: None }),
            entry("e9", "2025-02-07T09:00:00Z", Past::Won { amount: None }),
        ],
    )
}

#[test]
fn a_row_lands_with_its_whole_history() {
    let mut world = World::new();
    let Answer::Imported { lead, created, entries_new } = world.ok(&importer(), story()) else {
        panic!("an import answers as one")
    };
    assert!(created);
    assert_eq!(entries_new, 9);
    assert_eq!(world.stage(lead), Stage::Customer);
    let dossier = world.state.dossier(lead).expect("captured");
    assert_eq!(dossier.lead.captured_at, at("2025-01-02T09:00:00Z"));
    let handoff = dossier.handoffs.values().next().expect("one");
    assert!(handoff.imported && !handoff.implied);
    assert_eq!(handoff.mql_at, at("2025-01-05T09:00:00Z"));
    assert_eq!(handoff.decided_at, Some(at("2025-01-05T12:00:00Z")));
    assert_eq!(handoff.firsts.attempt_at, Some(at("2025-01-05T11:00:00Z")));
    assert_eq!(handoff.firsts.meeting_at, Some(at("2025-01-06T09:00:00Z")));
    assert!(world.state.changes().history.iter().all(|row| row.imported));
}

#[test]
fn edge_12_importing_again_changes_nothing() {
    let mut world = World::new();
    world.ok(&importer(), story());
    let count = world.log.len();
    let Answer::Imported { created, entries_new, .. } = world.ok(&importer(), story()) else {
        panic!("an import answers as one")
    };
    assert_eq!((created, entries_new), (false, 0));
    assert!(world.events_since(count).is_empty());
}

#[test]
fn edge_12_other_content_under_the_same_key_is_a_conflict_and_nothing_of_the_row_lands() {
    let mut world = World::new();
    world.ok(&importer(), story());
    let mut clash = entry("e3", "2025-01-05T09:00:00Z", Past::Qualified);
    clash.source.content = digest("something else");
    let mut more = captured_at("lea@example.org", at("2025-01-02T09:00:00Z"));
    more.person.given_name = Some("Lea".to_owned());
    let command = import(row("r1", "v2", more), vec![clash]);
    let Error::AlreadyExists { facts, .. } = world.refused(&importer(), command, Reason::SourceKeyConflict)
    else {
        panic!("a conflict is a collision")
    };
    assert_eq!(facts["entry"], "0");
}

#[test]
fn edge_12_an_entry_of_another_lead_under_the_same_key_is_a_conflict() {
    let mut world = World::new();
    world.ok(&importer(), story());
    let other = row("r2", "v1", captured_at("bob@example.org", at("2025-01-02T09:00:00Z")));
    let command = import(other, vec![entry("e3", "2025-01-05T09:00:00Z", Past::Qualified)]);
    world.refused(&importer(), command, Reason::SourceKeyConflict);
}

#[test]
fn a_lead_is_upserted_by_its_row_and_an_old_row_does_not_undo_what_was_said_since() {
    let mut world = World::new();
    let mut first = captured_at("lea@example.org", at("2025-01-02T09:00:00Z"));
    first.person.phone = Some("1".to_owned());
    let mut second = first.clone();
    second.person.phone = Some("2".to_owned());
    let old = import(row("r1", "v1", first), Vec::new());
    let Answer::Imported { lead, .. } = world.ok(&importer(), old.clone()) else {
        panic!("an import answers as one")
    };
    world.lead(second);
    world.ok(&importer(), old);
    let phone = |world: &World| world.state.dossier(lead).expect("captured").person.phone.clone();
    assert_eq!(phone(&world).as_deref(), Some("2"));
    let mut third = captured_at("lea@example.org", at("2025-01-02T09:00:00Z"));
    third.person.phone = Some("3".to_owned());
    world.ok(&importer(), import(row("r1", "v2", third), Vec::new()));
    assert_eq!(phone(&world).as_deref(), Some("3"));
}

#[test]
fn a_lead_with_a_number_alone_is_found_again_by_its_row() {
    let mut world = World::new();
    let mut lead = CaptureLead::default();
    lead.person.phone = Some("+39 055 0000".to_owned());
    world.ok(&importer(), import(row("r1", "v1", lead.clone()), Vec::new()));
    lead.person.family_name = Some("Rossi".to_owned());
    let answer = world.ok(&importer(), import(row("r1", "v2", lead), Vec::new()));
    assert!(matches!(answer, Answer::Imported { created: false, .. }));
    assert_eq!(world.state.records().dossiers.len(), 1);
}

#[test]
fn a_row_lands_whole_or_not_at_all_and_the_refusal_names_the_entry() {
    let mut world = World::new();
    let entries = vec![
        entry("e1", "2025-01-05T09:00:00Z", Past::Qualified),
        entry("e2", "2025-01-06T09:00:00Z", Past::Qualified),
    ];
    let subject = row("r1", "v1", captured_at("lea@example.org", at("2025-01-02T09:00:00Z")));
    let Error::Refused { facts, .. } =
        world.refused(&importer(), import(subject, entries), Reason::HandoffOpen)
    else {
        panic!("a refusal by state")
    };
    assert_eq!(facts["entry"], "1");
    assert_eq!(world.state.find_lead(&by_email("lea@example.org")), None);
}

#[test]
fn edge_14_an_entry_of_the_future_is_refused_by_its_field() {
    let mut world = World::new();
    let mut late = entry("e1", "2025-01-05T09:00:00Z", Past::Qualified);
    late.occurred_at = world.now + TimeDelta::minutes(6);
    let subject = row("r1", "v1", capture("lea@example.org"));
    world.invalid(&importer(), import(subject, vec![late]), "entries[0].occurred_at");
}

#[test]
fn the_past_is_exempt_from_guards() {
    let mut world = World::new();
    let mut suppressed = captured_at("lea@example.org", at("2025-01-02T09:00:00Z"));
    suppressed.suppression = Some(Suppression::Competitor);
    let rejected = Past::Rejected {
        by: Some("mia".to_owned()),
        reason: RejectionReason::NoBudgetNow,
        disposition: None,
        note: None,
    };
    // Suppressed, before any contract, decided by marketing, and back a day after it was recycled.
    let entries = vec![
        entry("e1", "2025-01-05T09:00:00Z", Past::Qualified),
        entry("e2", "2025-01-06T09:00:00Z", rejected),
        entry("e3", "2025-01-07T09:00:00Z", Past::Qualified),
    ];
    let Answer::Imported { lead, .. } = world.ok(&importer(), import(row("r1", "v1", suppressed), entries))
    else {
        panic!("an import answers as one")
    };
    assert_eq!(world.history(lead)[2..], ["1 MQL>>NURTURE", "2 NURTURE>>MQL"]);
    let dossier = world.state.dossier(lead).expect("captured");
    let first = dossier.handoffs.values().find(|handoff| handoff.cycle == 1).expect("two cycles");
    assert_eq!(first.owner, Some(world.user("mia")), "whoever rejected it must have had it");
    assert_eq!(first.attribution, Some(Attribution::Timing));
}

#[test]
fn an_sql_that_is_given_back_was_accepted_and_never_rejected() {
    for to in [Stage::Nurture, Stage::Disqualified] {
        let mut world = World::new();
        let entries = vec![
            entry("e1", "2025-01-05T09:00:00Z", Past::Qualified),
            entry("e2", "2025-01-06T09:00:00Z", Past::Accepted { by: None }),
            entry("e3", "2025-01-09T09:00:00Z", Past::Returned { to, reason: "BANKRUPT".to_owned() }),
        ];
        let subject = row("r1", "v1", captured_at("lea@example.org", at("2025-01-02T09:00:00Z")));
        let Answer::Imported { lead, .. } = world.ok(&importer(), import(subject, entries)) else {
            panic!("an import answers as one")
        };
        assert_eq!(world.stage(lead), to);
        let handoff =
            world.state.dossier(lead).expect("captured").handoffs.values().next().expect("one").clone();
        assert_eq!((handoff.state, handoff.reason), (HandoffState::Accepted, None));
        assert_eq!(handoff.decided_at, Some(at("2025-01-06T09:00:00Z")));
        let last = world.state.changes().history.last().cloned().expect("a move");
        assert_eq!((last.from, last.to, last.handoff), (Some(Stage::Sql), to, Some(handoff.id)));
        assert_eq!(last.reason.as_deref(), Some("BANKRUPT"));
    }
}

#[test]
fn only_an_sql_can_be_given_back() {
    let returned = || Past::Returned { to: Stage::Nurture, reason: "SILENT".to_owned() };
    let before: [&[Past]; 3] = [
        &[],
        &[Past::Qualified],
        &[Past::Qualified, Past::Accepted { by: None }, Past::Won { amount: None }],
    ];
    for before in before {
        let mut world = World::new();
        let mut entries: Vec<Entry> = before
            .iter()
            .enumerate()
            .map(|(index, past)| entry(&format!("e{index}"), "2025-01-05T09:00:00Z", past.clone()))
            .collect();
        entries.push(entry("last", "2025-01-09T09:00:00Z", returned()));
        let subject = row("r1", "v1", captured_at("lea@example.org", at("2025-01-02T09:00:00Z")));
        world.refused(&importer(), import(subject, entries), Reason::IllegalState);
    }
}

#[test]
fn edge_05_an_acceptance_without_an_mql_skips_it() {
    let mut world = World::new();
    let entries = vec![entry("e1", "2025-01-05T09:00:00Z", Past::Accepted { by: None })];
    let subject = row("r1", "v1", captured_at("lea@example.org", at("2025-01-02T09:00:00Z")));
    let Answer::Imported { lead, .. } = world.ok(&importer(), import(subject.clone(), entries.clone()))
    else {
        panic!("an import answers as one")
    };
    assert_eq!(world.history(lead)[1..], ["1 LEAD>MQL>SQL"]);
    assert!(world.state.dossier(lead).expect("captured").handoffs.is_empty());
    let count = world.log.len();
    world.ok(&importer(), import(subject, entries));
    assert!(world.events_since(count).is_empty(), "a skip remembers its entry too");
}

#[test]
fn a_second_file_tells_what_came_of_leads_of_the_first() {
    let mut world = World::new();
    let subject = row("r1", "v1", captured_at("lea@example.org", at("2025-01-02T09:00:00Z")));
    let qualified = vec![entry("e1", "2025-01-02T09:00:00Z", Past::Qualified)];
    world.ok(&importer(), import(subject, qualified));
    let won = vec![entry("e2", "2025-03-02T09:00:00Z", Past::Won { amount: None })];
    let Answer::Imported { lead, created, entries_new } =
        world.ok(&importer(), import(Subject::Existing(by_email("lea@example.org")), won.clone()))
    else {
        panic!("an import answers as one")
    };
    assert_eq!((created, entries_new), (false, 1));
    assert_eq!(world.history(lead)[2..], ["1 MQL>SQL+OPPORTUNITY>CUSTOMER"]);
    let nobody = import(Subject::Existing(by_email("bob@example.org")), won);
    assert!(matches!(world.run(&importer(), nobody), Err(Error::NotFound { .. })));
}

#[test]
fn a_customers_next_deal_in_the_past_is_a_new_cycle() {
    let mut world = World::new();
    let subject = row("r1", "v1", captured_at("lea@example.org", at("2025-01-02T09:00:00Z")));
    let entries = vec![
        entry("e1", "2025-02-02T09:00:00Z", Past::Won { amount: None }),
        entry("e2", "2025-06-02T09:00:00Z", Past::Won { amount: None }),
    ];
    let Answer::Imported { lead, .. } = world.ok(&importer(), import(subject, entries)) else {
        panic!("an import answers as one")
    };
    let deals = world.state.dossier(lead).expect("captured").opportunities.values();
    assert_eq!(deals.filter(|deal| deal.new_customer).count(), 1);
    assert_eq!(world.history(lead)[2], "2 CUSTOMER>>LEAD");
}

#[test]
fn leads_are_given_up_or_nurtured_only_before_they_are_handed_over() {
    let mut world = World::new();
    let subject = |key: &str| row(key, "v1", capture(&format!("{key}@example.org")));
    let given_up = || entry("e1", "2025-01-05T09:00:00Z", Past::Disqualified { reason: "SPAM".to_owned() });
    let Answer::Imported { lead, .. } = world.ok(&importer(), import(subject("a"), vec![given_up()])) else {
        panic!("an import answers as one")
    };
    assert_eq!(world.stage(lead), Stage::Disqualified);
    let mql = || entry("e2", "2025-01-05T09:00:00Z", Past::Qualified);
    let nurtured = entry("e3", "2025-01-06T09:00:00Z", Past::Nurtured { segment: None });
    let mut out = given_up();
    out.source.key.key = digest("e4");
    for second in [nurtured, out] {
        let command = import(subject("b"), vec![mql(), second]);
        world.refused(&importer(), command, Reason::IllegalState);
    }
}

#[test]
fn decisions_need_an_open_handoff_and_users_who_exist() {
    let mut world = World::new();
    let subject = || row("r1", "v1", captured_at("lea@example.org", at("2025-01-02T09:00:00Z")));
    let to_ada = entry("e1", "2025-01-05T09:00:00Z", Past::Assigned { owner: "ada".to_owned() });
    world.refused(&importer(), import(subject(), vec![to_ada]), Reason::IllegalState);
    let entries = vec![
        entry("e1", "2025-01-05T09:00:00Z", Past::Qualified),
        entry("e2", "2025-01-05T10:00:00Z", Past::Assigned { owner: "zoe".to_owned() }),
    ];
    let answer = world.run(&importer(), import(subject(), entries));
    assert_eq!(answer, Err(Error::not_found("users/zoe")));
}

#[test]
fn keys_are_of_the_kind_that_they_name() {
    let mut world = World::new();
    let wrong = Subject::Capture {
        source: source(SourceKind::Outcome, "r1", "v1"),
        lead: Box::new(capture("lea@example.org")),
    };
    world.invalid(&importer(), import(wrong, Vec::new()), "source");
    let mut wrong = entry("e1", "2025-01-05T09:00:00Z", Past::Qualified);
    wrong.source.key.kind = SourceKind::Contact;
    let subject = row("r1", "v1", capture("lea@example.org"));
    world.invalid(&importer(), import(subject, vec![wrong]), "entries[0].source");
}
