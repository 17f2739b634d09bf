//! Import: order, whole or not at all, repeats, conflicts, and many items.

use handoff_domain::actor::Side;
use handoff_proto::common::v1::{ErrorReason, Money};
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::history_entry::Entry;
use handoff_proto::qualification::v1::import_request::Subject;
use handoff_proto::qualification::v1::import_response::Result as Outcome;
use handoff_runtime::client::Caller;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic_types::StatusExt;

use crate::harness::{Client, World, lead, read, without_ids};

const START: i64 = 1_700_000_000;

fn at(day: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds: START + day * 86_400, nanos: 0 })
}

fn entry(day: i64, entry: Entry) -> pb::HistoryEntry {
    pb::HistoryEntry { occur_time: at(day), entry: Some(entry), ..pb::HistoryEntry::default() }
}

fn item(key: &str, history: Vec<pb::HistoryEntry>) -> pb::ImportRequest {
    pb::ImportRequest {
        source_key: key.to_owned(),
        subject: Some(Subject::Lead(lead(key))),
        capture_time: at(0),
        history,
    }
}

/// From the first visit to a won deal.
fn whole_life() -> Vec<pb::HistoryEntry> {
    let amount = Some(Money { currency_code: "EUR".into(), units: 900, nanos: 0 });
    vec![
        entry(
            1,
            Entry::Activity(pb::ImportedActivity {
                r#type: "EBOOK_DOWNLOADED".into(),
                properties: [("title".to_owned(), "A guide".to_owned())].into(),
            }),
        ),
        entry(2, Entry::Nurtured(pb::ImportedNurture { segment: "starters".into() })),
        entry(3, Entry::Qualified(pb::ImportedQualification {})),
        entry(4, Entry::Assigned(pb::ImportedAssignment { owner: "users/sara".into() })),
        entry(
            4,
            Entry::Contact(pb::ImportedContact {
                outcome: pb::ContactOutcome::Attempted.into(),
                direction: pb::ContactDirection::Outbound.into(),
                human: true,
                medium: "PHONE".into(),
                made_by: "users/sara".into(),
            }),
        ),
        entry(5, Entry::Accepted(pb::ImportedAcceptance { decided_by: "users/sara".into() })),
        entry(
            6,
            Entry::Outcome(pb::ImportedOutcome {
                outcome: pb::Outcome::OpportunityOpened.into(),
                ..pb::ImportedOutcome::default()
            }),
        ),
        entry(
            9,
            Entry::Outcome(pb::ImportedOutcome {
                outcome: pb::Outcome::Won.into(),
                amount,
                reason: String::new(),
            }),
        ),
    ]
}

async fn import(client: &mut Client, items: Vec<pb::ImportRequest>) -> Vec<pb::ImportResponse> {
    let sent = items.len();
    let mut stream = client.import(tokio_stream::iter(items)).await.expect("a stream").into_inner();
    let mut answers = Vec::with_capacity(sent);
    while let Some(answer) = stream.message().await.expect("an answer") {
        answers.push(answer);
    }
    assert_eq!(answers.len(), sent);
    answers
}

fn imported(answer: &pb::ImportResponse) -> &pb::ImportedItem {
    match &answer.result {
        Some(Outcome::Imported(item)) => item,
        other => panic!("it is in: {other:?}"),
    }
}

fn refused(answer: &pb::ImportResponse) -> &pb::RefusedItem {
    match &answer.result {
        Some(Outcome::Refused(item)) => item,
        other => panic!("it is refused: {other:?}"),
    }
}

fn told(item: &pb::RefusedItem) -> String {
    let facts: Vec<_> = item.facts.iter().map(|(name, value)| format!("fact {name}: {value}")).collect();
    let fields: Vec<_> =
        item.violations.iter().map(|found| format!("field {}: {}", found.field, found.description)).collect();
    let head =
        format!("{:?}: {}\nreason {}", Code::from(item.code), item.message, item.reason().as_str_name());
    without_ids(&[vec![head], facts, fields].concat().join("\n"))
}

#[tokio::test]
async fn a_life_is_imported_as_history() {
    let world = World::new().await;
    let mut client = world.marketing();
    let answers = import(&mut client, vec![item("ada", whole_life())]).await;
    let item = imported(&answers[0]);
    assert_eq!(item.effect(), pb::ImportEffect::Created);

    let found = read(&mut client, &item.lead).await;
    let found_lead = found.lead.expect("the lead");
    assert_eq!(found_lead.stage(), pb::Stage::Customer);
    assert_eq!(found_lead.capture_time, at(0));
    let stages: Vec<_> = found.stage_history.iter().map(pb::StageChange::to_stage).collect();
    use pb::Stage::{Customer, Lead, Mql, Nurture, Opportunity, Sql};
    assert_eq!(stages, [Lead, Nurture, Mql, Sql, Opportunity, Customer]);
    let request = pb::GetHandoffRequest { name: found_lead.tracks[0].latest_handoff.clone() };
    let handoff = client.get_handoff(request).await.expect("read").into_inner().handoff.expect("it");
    assert!(handoff.imported);
    assert_eq!((handoff.mql_time, handoff.decide_time), (at(3), at(5)));
    assert_eq!((handoff.owner.as_str(), handoff.decided_by.as_str()), ("users/sara", "users/sara"));
    assert_eq!(handoff.first_attempt_time, at(4));
    world.stop().await;
}

#[tokio::test]
async fn an_item_lands_whole_or_not_at_all_and_stops_no_other() {
    let world = World::new().await;
    let mut client = world.marketing();
    let no_handoff = vec![
        entry(1, Entry::Activity(pb::ImportedActivity { r#type: "VISIT".into(), ..Default::default() })),
        entry(2, Entry::Accepted(pb::ImportedAcceptance { decided_by: "users/nobody".into() })),
        entry(3, Entry::Assigned(pb::ImportedAssignment { owner: "users/sara".into() })),
    ];
    let items = vec![item("first", vec![]), item("second", no_handoff), item("third", whole_life())];
    let answers = import(&mut client, items).await;
    assert_eq!(answers.iter().map(|answer| answer.index).collect::<Vec<_>>(), [0, 1, 2]);
    imported(&answers[0]);
    insta::assert_snapshot!(told(refused(&answers[1])));
    imported(&answers[2]);
    let by_email = pb::lead_ref::Lead::Email("second@lead.example".into());
    let request = pb::GetLeadRequest { lead: Some(pb::LeadRef { lead: Some(by_email) }) };
    let refusal = client.get_lead(request).await.expect_err("nothing of it is in");
    assert_eq!(refusal.code(), Code::NotFound);
    world.stop().await;
}

#[tokio::test]
async fn every_broken_rule_of_an_item_is_told_with_its_place() {
    let world = World::new().await;
    let mut client = world.marketing();
    let broken = pb::ImportRequest {
        source_key: String::new(),
        subject: None,
        capture_time: None,
        history: vec![
            pb::HistoryEntry::default(),
            pb::HistoryEntry {
                product_line: "No Slug".into(),
                ..entry(1, Entry::Assigned(pb::ImportedAssignment { owner: "sara".into() }))
            },
            entry(2, Entry::Rejected(pb::ImportedRejection { reason: "OTHER".into(), ..Default::default() })),
            entry(3, Entry::Contact(pb::ImportedContact::default())),
            entry(4, Entry::Outcome(pb::ImportedOutcome::default())),
            entry(5, Entry::Activity(pb::ImportedActivity::default())),
            entry(6, Entry::Disqualified(pb::ImportedDisqualification::default())),
            entry(
                7,
                Entry::Returned(pb::ImportedReturn {
                    disposition: pb::RejectionDisposition::ReturnToRouting.into(),
                    ..Default::default()
                }),
            ),
        ],
    };
    let answers = import(&mut client, vec![broken]).await;
    insta::assert_snapshot!(told(refused(&answers[0])));
    world.stop().await;
}

#[tokio::test]
async fn a_user_whom_nobody_knows_is_told_with_the_field() {
    let world = World::new().await;
    let mut client = world.marketing();
    let contact = pb::ImportedContact {
        outcome: pb::ContactOutcome::Attempted.into(),
        direction: pb::ContactDirection::Outbound.into(),
        human: true,
        medium: "PHONE".into(),
        made_by: "users/nobody".into(),
    };
    let nobody = || "users/nobody".to_owned();
    let handed_over = |last| {
        vec![
            entry(1, Entry::Qualified(pb::ImportedQualification {})),
            entry(2, Entry::Assigned(pb::ImportedAssignment { owner: "users/sara".into() })),
            last,
        ]
    };
    let items = vec![
        item("a", handed_over(entry(3, Entry::Assigned(pb::ImportedAssignment { owner: nobody() })))),
        item("b", handed_over(entry(3, Entry::Accepted(pb::ImportedAcceptance { decided_by: nobody() })))),
        item("c", vec![entry(3, Entry::Contact(contact))]),
    ];
    let answers = import(&mut client, items).await;
    let fields: Vec<_> = answers.iter().map(|answer| refused(answer).violations[0].field.clone()).collect();
    assert_eq!(
        fields,
        ["history[2].assigned.owner", "history[2].accepted.decided_by", "history[0].contact.made_by"]
    );
    assert_eq!(refused(&answers[0]).violations[0].description, "there is no user users/nobody");
    world.stop().await;
}

#[tokio::test]
async fn what_would_refuse_every_item_ends_the_stream_and_is_told_once() {
    let world = World::new().await;
    let mut client = world.caller(Caller::user("nobody", "mia", Side::Marketing));
    let items: Vec<_> = (0..3).map(|number| item(&format!("lead-{number}"), vec![])).collect();
    let mut stream = client.import(tokio_stream::iter(items)).await.expect("a stream").into_inner();
    let refusal = stream.message().await.expect_err("there is no such tenant");
    assert_eq!(refusal.code(), Code::NotFound);
    assert_eq!(refusal.get_details_error_info().expect("a reason").reason, "TENANT_NOT_FOUND");
    assert!(stream.message().await.expect("the end").is_none());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_service_answers_what_it_took_and_says_that_it_stops() {
    let world = World::new().await;
    let mut client = world.marketing();
    // A sender without end: only the service can end this stream.
    let (sender, items) = mpsc::channel(16);
    let sending = tokio::spawn(async move {
        let mut sent = 0;
        while sender.send(item(&format!("lead-{sent}"), vec![])).await.is_ok() {
            sent += 1;
        }
    });
    let mut stream = client.import(ReceiverStream::new(items)).await.expect("a stream").into_inner();
    let mut answered = 0;
    let end = loop {
        match stream.message().await {
            Ok(Some(answer)) => {
                assert_eq!(imported(&answer).effect(), pb::ImportEffect::Created);
                answered += 1;
                if answered == 300 {
                    world.ask_to_stop();
                }
            }
            Ok(None) => panic!("the sender has not ended"),
            Err(end) => break end,
        }
    };
    assert_eq!(end.code(), Code::Unavailable);
    assert!(answered >= 300);
    sending.await.expect("the sender ends with the stream");
    // Well within the time of the drain, after which it would be cut.
    world.stop().await;
}

#[tokio::test]
async fn importing_again_changes_nothing() {
    let world = World::new().await;
    let mut client = world.marketing();
    let items = || vec![item("ada", whole_life()), item("eve", vec![])];
    let first = import(&mut client, items()).await;
    let second = import(&mut client, items()).await;
    for (first, second) in first.iter().zip(&second) {
        let (first, second) = (imported(first), imported(second));
        assert_eq!(first.lead, second.lead);
        assert_eq!((second.effect(), second.position), (pb::ImportEffect::Unchanged, 0));
    }
    world.stop().await;
}

#[tokio::test]
async fn entries_that_were_added_are_told_and_the_others_passed_over() {
    let world = World::new().await;
    let mut client = world.marketing();
    let life = whole_life();
    import(&mut client, vec![item("ada", life[..3].to_vec())]).await;
    let answers = import(&mut client, vec![item("ada", life)]).await;
    assert_eq!(imported(&answers[0]).effect(), pb::ImportEffect::Changed);
    let found = read(&mut client, &imported(&answers[0]).lead).await;
    assert_eq!(found.stage_history.len(), 6);
    world.stop().await;
}

#[tokio::test]
async fn other_content_under_the_same_key_is_a_conflict_but_for_the_leads_own_fields() {
    let world = World::new().await;
    let mut client = world.marketing();
    import(&mut client, vec![item("ada", whole_life())]).await;
    let mut changed = item("ada", whole_life());
    if let Some(Subject::Lead(lead)) = &mut changed.subject {
        lead.persona = "cto".into();
    }
    let answers = import(&mut client, vec![changed]).await;
    assert_eq!(imported(&answers[0]).effect(), pb::ImportEffect::Changed);
    let found = read(&mut client, &imported(&answers[0]).lead).await.lead.expect("the lead");
    assert_eq!(found.persona, "cto");

    let mut rewritten = whole_life();
    rewritten[2].occur_time = at(2);
    let answers = import(&mut client, vec![item("ada", rewritten)]).await;
    let refusal = refused(&answers[0]);
    assert_eq!(refusal.reason(), ErrorReason::SourceKeyConflict);
    insta::assert_snapshot!(told(refusal));
    world.stop().await;
}

#[tokio::test]
async fn history_can_be_told_of_a_lead_that_is_there() {
    let world = World::new().await;
    let mut client = world.marketing();
    let name = crate::harness::capture(&mut client, "ada").await;
    let visit = Entry::Activity(pb::ImportedActivity { r#type: "VISIT".into(), ..Default::default() });
    let of = |reference: pb::lead_ref::Lead| pb::ImportRequest {
        source_key: "visit-1".into(),
        subject: Some(Subject::LeadRef(pb::LeadRef { lead: Some(reference) })),
        capture_time: None,
        history: vec![entry(1, visit.clone())],
    };
    use pb::lead_ref::Lead;
    let items = vec![of(Lead::Email("ada@lead.example".into())), of(Lead::ExternalId("nobody".into()))];
    let answers = import(&mut client, items).await;
    assert_eq!(imported(&answers[0]).lead, name);
    assert_eq!(Code::from(refused(&answers[1]).code), Code::NotFound);
    world.stop().await;
}

#[tokio::test]
async fn items_of_one_stream_see_what_earlier_ones_made() {
    let world = World::new().await;
    let mut client = world.marketing();
    let mut items = Vec::new();
    for number in 0..50 {
        items.push(item(&format!("lead-{number}"), vec![]));
        items.push(pb::ImportRequest {
            source_key: format!("history-{number}"),
            subject: Some(Subject::LeadRef(pb::LeadRef {
                lead: Some(pb::lead_ref::Lead::Email(format!("lead-{number}@lead.example"))),
            })),
            capture_time: None,
            history: vec![entry(3, Entry::Qualified(pb::ImportedQualification {}))],
        });
    }
    for answer in import(&mut client, items).await {
        imported(&answer);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_at_once_wait_for_each_other_and_none_is_refused() {
    let world = World::new().await;
    let streams = (0..6).map(|stream| {
        let mut client = world.marketing();
        let items = (0..1_000).map(|number| item(&format!("lead-{stream}-{number}"), vec![])).collect();
        async move { import(&mut client, items).await }
    });
    for answers in futures_util::future::join_all(streams).await {
        answers.iter().for_each(|answer| assert_eq!(imported(answer).effect(), pb::ImportEffect::Created));
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_who_takes_no_answer_to_ten_thousand_items_loses_none_and_holds_up_nobody() {
    const ITEMS: usize = 10_500;
    let world = World::new().await;
    world.create_tenant("umbrella").await;
    let (sender, items) = mpsc::channel(1);
    let (told, mut sent) = tokio::sync::watch::channel(0);
    tokio::spawn(async move {
        for number in 0..ITEMS {
            if sender.send(item(&format!("lead-{number}"), vec![])).await.is_err() {
                return;
            }
            told.send_replace(number + 1);
        }
    });
    let mut slow = world.marketing();
    let mut answers = slow.import(ReceiverStream::new(items)).await.expect("a stream").into_inner();
    sent.wait_for(|sent| *sent >= 10_000).await.expect("ten thousand without an answer");

    let mut client = world.caller(Caller::user("umbrella", "mia", Side::Marketing));
    let others = (0..500).map(|number| item(&format!("lead-{number}"), vec![])).collect();
    import(&mut client, others).await.iter().for_each(|answer| {
        imported(answer);
    });

    for index in 0..ITEMS {
        let answer = answers.message().await.expect("an answer").expect("all are answered");
        assert_eq!(usize::try_from(answer.index).expect("a small number"), index);
        assert_eq!(imported(&answer).effect(), pb::ImportEffect::Created, "item {index}");
    }
    assert!(answers.message().await.expect("the end").is_none());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_items_are_answered_in_their_order_and_a_second_time_unchanged() {
    let world = World::new().await;
    let mut client = world.marketing();
    let items = || {
        (0..5_000).map(|number| {
            let history = if number % 5 == 0 { whole_life() } else { Vec::new() };
            item(&format!("lead-{number}"), history)
        })
    };
    for expected in [pb::ImportEffect::Created, pb::ImportEffect::Unchanged] {
        let answers = import(&mut client, items().collect()).await;
        for (index, answer) in answers.iter().enumerate() {
            assert_eq!(answer.index, i64::try_from(index).expect("a small number"));
            assert_eq!(imported(answer).effect(), expected, "item {index}");
        }
    }
    world.stop().await;
}
