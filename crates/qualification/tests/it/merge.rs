//! MergeLeads, UnmergeLead and FindDuplicates: leads that are one person, over the wire (edge cases 9 and 10).

mod refused;

use futures_util::future::join_all;
use handoff_domain::actor::Side;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::{HandoffState, Likeness, Stage};
use handoff_runtime::client::Caller;
use tonic::{Code, Status};

use crate::events::events;
use crate::harness::{Client, World, accept, assigned, by_name, capture, lead, qualify, read, request_id};

pub(crate) fn merging(survivor: &str, duplicate: &str) -> pb::MergeLeadsRequest {
    pb::MergeLeadsRequest {
        request_id: request_id(),
        survivor: by_name(survivor),
        duplicate: by_name(duplicate),
        ..pb::MergeLeadsRequest::default()
    }
}

pub(crate) fn unmerging(lead: &str) -> pb::UnmergeLeadRequest {
    pb::UnmergeLeadRequest {
        request_id: request_id(),
        lead: by_name(lead),
        ..pb::UnmergeLeadRequest::default()
    }
}

async fn merge(client: &mut Client, survivor: &str, duplicate: &str) -> Result<pb::Lead, Status> {
    let answer = client.merge_leads(merging(survivor, duplicate)).await;
    answer.map(|answer| answer.into_inner().lead.expect("the survivor"))
}

async fn unmerge(client: &mut Client, lead: &str) -> Result<pb::Lead, Status> {
    let answer = client.unmerge_lead(unmerging(lead)).await;
    answer.map(|answer| answer.into_inner().lead.expect("the lead"))
}

async fn handoff(client: &mut Client, name: &str) -> pb::Handoff {
    let request = pb::GetHandoffRequest { name: name.to_owned() };
    client.get_handoff(request).await.expect("read").into_inner().handoff.expect("it")
}

fn by_email(name: &str) -> Option<pb::LeadRef> {
    Some(pb::LeadRef { lead: Some(pb::lead_ref::Lead::Email(format!("{name}@lead.example"))) })
}

#[tokio::test]
async fn edge_09_merged_leads_are_one_person_and_of_two_open_handoffs_the_later_is_withdrawn() {
    let (world, mut clock) = World::at("2026-03-02T09:00:00Z").await;
    let mut client = world.marketing();
    let (first, one) = assigned(&world, "first").await;
    clock.set("2026-03-02T10:00:00Z".parse().expect("an instant")).await.expect("a superuser");
    let (second, other) = assigned(&world, "second").await;
    let captured = read(&mut client, &first).await.lead.expect("it").capture_time;

    let survivor = merge(&mut client, &second, &first).await.expect("merged");
    assert_eq!((&survivor.name, &survivor.merged_leads), (&second, &vec![first.clone()]));
    assert_eq!(survivor.capture_time, captured, "the earliest capture survives");
    assert_eq!(survivor.stage(), Stage::Mql);
    assert_eq!(survivor.tracks[0].latest_handoff, one.name, "what waits for sales is the first");

    let withdrawn = handoff(&mut client, &other.name).await;
    assert_eq!(withdrawn.state(), HandoffState::Withdrawn);
    assert_eq!((withdrawn.withdrawal_reason.as_str(), &withdrawn.superseded_by), ("MERGED", &one.name));
    assert_eq!((&withdrawn.lead, &withdrawn.name), (&second, &other.name), "handoffs stay what they were");

    let merged = read(&mut client, &first).await.lead.expect("it");
    assert_eq!((merged.stage(), &merged.merged_into), (Stage::Merged, &second));
    // Nobody waits twice: neither name lets the person be handed over again.
    for name in [&first, &second] {
        let refused = qualify(&mut client, name).await.expect_err("it waits");
        assert_eq!(refused.code(), Code::FailedPrecondition);
    }
    let accepted = accept(&mut world.sales(), &one.name).await.expect("accepted");
    assert_eq!(accepted.lead, first);
    assert_eq!(read(&mut client, &second).await.lead.expect("it").stage(), Stage::Sql);
    world.stop().await;
}

#[tokio::test]
async fn every_name_of_a_merged_lead_reaches_the_survivor_and_an_activity_costs_no_more() {
    let world = World::new().await;
    let mut client = world.marketing();
    let (lea, bob) = (capture(&mut client, "lea").await, capture(&mut client, "bob").await);
    merge(&mut client, &lea, &bob).await.expect("merged");
    // By its id, in a batch that asks no more than whether it is there, and by its address.
    for lead in [by_name(&bob), by_email("bob"), by_name(&lea)] {
        let request = pb::RecordActivityRequest {
            request_id: request_id(),
            lead,
            r#type: "PAGE_VISITED".into(),
            ..pb::RecordActivityRequest::default()
        };
        client.record_activity(request).await.expect("recorded");
    }
    assert_eq!(capture(&mut client, "bob").await, lea);
    let found = client.get_lead(pb::GetLeadRequest { lead: by_email("bob") }).await.expect("found");
    let found = found.into_inner().lead.expect("it");
    assert_eq!(
        (found.name, found.person.expect("known").email),
        (lea.clone(), "lea@lead.example".to_owned())
    );
    let events = events(&world).await;
    let of = events.iter().filter_map(|event| match event.payload.as_ref()?.fact.as_ref()? {
        Fact::ActivityRecorded(fact) => Some(format!("leads/{}", fact.lead_id)),
        _ => None,
    });
    assert_eq!(of.collect::<Vec<_>>(), [lea.clone(), lea.clone(), lea]);
    world.stop().await;
}

#[tokio::test]
async fn edge_10_an_unmerge_gives_each_its_own_and_hands_over_anew_whom_the_merge_took_back() {
    let world = World::new().await;
    let mut client = world.marketing();
    let (lea, one) = assigned(&world, "lea").await;
    let (bob, other) = assigned(&world, "bob").await;
    let before = read(&mut client, &bob).await.lead.expect("it");
    merge(&mut client, &lea, &bob).await.expect("merged");
    let after = unmerge(&mut client, &bob).await.expect("unmerged");
    assert_eq!((after.name.as_str(), after.merged_into.as_str()), (bob.as_str(), ""));
    assert_eq!((&after.person, &after.origin), (&before.person, &before.origin));
    assert_eq!(after.capture_time, before.capture_time);
    assert_eq!(after.stage(), Stage::Mql, "it waits for sales again");
    assert_ne!(after.tracks[0].latest_handoff, other.name, "with a handoff of its own");
    assert_eq!(after.tracks[0].cycle, 2);
    let survivor = read(&mut client, &lea).await.lead.expect("it");
    assert_eq!((survivor.merged_leads.len(), &survivor.tracks[0].latest_handoff), (0, &one.name));
    assert_eq!(capture(&mut client, "bob").await, bob, "its address is its own again");
    let told: Vec<String> = events(&world).await.iter().map(|event| event.r#type.clone()).collect();
    let ends = ["HandoffWithdrawn", "LeadMerged", "LeadUnmerged", "LeadQualified"];
    assert_eq!(told[told.len() - 4..], ends);
    world.stop().await;
}

#[tokio::test]
async fn a_merge_that_is_asked_for_twice_is_done_once_and_answered_twice() {
    let world = World::new().await;
    let mut client = world.marketing();
    let (lea, bob) = (capture(&mut client, "lea").await, capture(&mut client, "bob").await);
    let request = merging(&lea, &bob);
    let first = client.merge_leads(request.clone()).await.expect("merged").into_inner();
    let again = client.merge_leads(request).await.expect("merged").into_inner();
    assert_eq!(first, again);
    let request = unmerging(&bob);
    let first = client.unmerge_lead(request.clone()).await.expect("unmerged").into_inner();
    let again = client.unmerge_lead(request).await.expect("unmerged").into_inner();
    assert_eq!(first, again);
    let merges = events(&world).await.iter().filter(|event| event.r#type == "LeadMerged").count();
    assert_eq!(merges, 1);
    world.stop().await;
}

/// Whatever comes first, nobody loses anything: either the handoff is accepted and then merged, or it is withdrawn and
/// the acceptance learns so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_merge_and_acceptances_at_once_each_handoff_ends_once() {
    let world = World::new().await;
    for round in 0..8 {
        let (lea, one) = assigned(&world, &format!("lea{round}")).await;
        let (bob, other) = assigned(&world, &format!("bob{round}")).await;
        let acceptances = [one.name.clone(), other.name.clone()].map(|name| {
            let mut client = world.caller(Caller::user("acme", "sara", Side::Sales));
            async move { accept(&mut client, &name).await }
        });
        let mut merger = world.marketing();
        let (merged, accepted) =
            tokio::join!(async { merge(&mut merger, &lea, &bob).await }, join_all(acceptances));
        merged.expect("merged");
        let mut client = world.sales();
        for (answer, name) in accepted.iter().zip([&one.name, &other.name]) {
            let now = handoff(&mut client, name).await;
            match answer {
                Ok(_) => assert_eq!(now.state(), HandoffState::Accepted),
                Err(refused) => {
                    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
                    assert_eq!(
                        (now.state(), now.withdrawal_reason.as_str()),
                        (HandoffState::Withdrawn, "MERGED")
                    );
                }
            }
        }
        assert!(accepted.iter().any(Result::is_ok), "one of the two goes on");
        assert_eq!(read(&mut client, &lea).await.lead.expect("it").stage(), Stage::Sql);
    }
    world.stop().await;
}

async fn capture_person(client: &mut Client, person: pb::Person) -> String {
    let lead = pb::Lead { person: Some(person), ..pb::Lead::default() };
    let request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(lead),
        ..pb::CaptureLeadRequest::default()
    };
    client.capture_lead(request).await.expect("captured").into_inner().lead.expect("it").name
}

fn person(email: &str, phone: &str, name: [&str; 2], organisation: &str) -> pb::Person {
    pb::Person {
        email: email.into(),
        phone: phone.into(),
        given_name: name[0].into(),
        family_name: name[1].into(),
        organisation: organisation.into(),
        ..pb::Person::default()
    }
}

#[tokio::test]
async fn r07_duplicates_are_told_with_what_speaks_for_them_the_likeliest_first() {
    let world = World::new().await;
    let mut client = world.marketing();
    let lea = person("lea.rossi@acme.example", "+39 06 698 12345", ["Lea", "Rossi"], "Acme");
    let lea = capture_person(&mut client, lea).await;
    let nobody = ["", ""];
    let tagged = capture_person(&mut client, person("learossi+news@acme.example", "", nobody, "")).await;
    let switchboard =
        capture_person(&mut client, person("bob@x.example", "0039-06-69812345", nobody, "")).await;
    let colleague = capture_person(&mut client, person("lr@x.example", "", ["LEA", "rossi"], "ACME")).await;
    let namesake = capture_person(&mut client, person("l@acme.example", "", ["Lea", "Rossi"], "")).await;
    for other in [
        person("zoe@acme.example", "+39 06 698 12346", ["Zoe", "Rossi"], "Acme"),
        person("lea@y.example", "", ["Lea", "Rossi"], "Globex"),
    ] {
        capture_person(&mut client, other).await;
    }
    let find = async |client: &mut Client, name: &str| {
        let request = pb::FindDuplicatesRequest { lead: by_name(name) };
        let answer = client.find_duplicates(request).await.expect("found").into_inner();
        assert!(!answer.more);
        let told = answer.duplicates.iter().map(|found| {
            let likenesses: Vec<Likeness> = found.likenesses().collect();
            (found.lead.as_ref().expect("it").name.clone(), likenesses)
        });
        told.collect::<Vec<_>>()
    };
    let expected = [
        (tagged.clone(), vec![Likeness::Mailbox]),
        (switchboard.clone(), vec![Likeness::Phone]),
        (colleague.clone(), vec![Likeness::NameAndOrganisation]),
        (namesake.clone(), vec![Likeness::NameAndDomain]),
    ];
    assert_eq!(find(&mut client, &lea).await, expected);
    // Who was merged is no duplicate any more; what is alike with it, is alike with the person.
    merge(&mut client, &tagged, &lea).await.expect("merged");
    assert_eq!(find(&mut client, &tagged).await, expected[1..]);
    merge(&mut client, &colleague, &namesake).await.expect("merged");
    let both = vec![Likeness::NameAndOrganisation, Likeness::NameAndDomain];
    assert_eq!(find(&mut client, &lea).await, [expected[1].clone(), (colleague, both)]);
    world.stop().await;
}

#[tokio::test]
async fn at_most_fifty_duplicates_are_told_and_that_there_are_more() {
    let world = World::new().await;
    let mut client = world.marketing();
    let people = (0..52).map(|number| {
        let mut client = client.clone();
        let person = person(&format!("p{number}@x.example"), "+39 06 698 12345", ["", ""], "");
        async move { capture_person(&mut client, person).await }
    });
    let names = join_all(people).await;
    let request = pb::FindDuplicatesRequest { lead: by_name(&names[0]) };
    let answer = client.find_duplicates(request).await.expect("found").into_inner();
    assert_eq!((answer.duplicates.len(), answer.more), (50, true));
    world.stop().await;
}

#[tokio::test]
async fn r07_a_number_alone_names_the_lead_that_has_it() {
    let world = World::new().await;
    let mut client = world.marketing();
    let lea = capture_person(&mut client, person("", "+39 06 698 12345", ["", ""], "")).await;
    assert_eq!(capture_person(&mut client, person("", "0039 06 69812345", ["Lea", ""], "")).await, lea);
    let bob = capture_person(&mut client, person("bob@x.example", "+390669812345", ["", ""], "")).await;
    assert_ne!(bob, lea);
    world.stop().await;
}

#[tokio::test]
async fn a_lead_of_another_tenant_is_nobody_s() {
    let world = World::new().await;
    world.create_tenant("globex").await;
    let mut client = world.marketing();
    let (lea, bob) = (capture(&mut client, "lea").await, capture(&mut client, "bob").await);
    let mut foreign = world.caller(Caller::user("globex", "eve", Side::Marketing));
    assert_eq!(merge(&mut foreign, &lea, &bob).await.expect_err("foreign").code(), Code::NotFound);
    assert_eq!(unmerge(&mut foreign, &bob).await.expect_err("foreign").code(), Code::NotFound);
    let request = pb::FindDuplicatesRequest { lead: by_name(&lea) };
    assert_eq!(foreign.find_duplicates(request).await.expect_err("foreign").code(), Code::NotFound);
    world.stop().await;
}

#[tokio::test]
async fn whoever_read_another_version_of_either_lead_is_aborted() {
    let world = World::new().await;
    let mut client = world.marketing();
    let (lea, bob) = (capture(&mut client, "lea").await, capture(&mut client, "bob").await);
    let etag = read(&mut client, &bob).await.lead.expect("it").etag;
    let named = pb::Lead { persona: "buyer".into(), ..lead("bob") };
    let request =
        pb::CaptureLeadRequest { request_id: request_id(), lead: Some(named), ..Default::default() };
    client.capture_lead(request).await.expect("changed");
    let stale = pb::MergeLeadsRequest { duplicate_etag: etag, ..merging(&lea, &bob) };
    assert_eq!(client.merge_leads(stale).await.expect_err("stale").code(), Code::Aborted);
    let fresh = read(&mut client, &bob).await.lead.expect("it").etag;
    client
        .merge_leads(pb::MergeLeadsRequest { duplicate_etag: fresh, ..merging(&lea, &bob) })
        .await
        .expect("merged");
    let stale = pb::UnmergeLeadRequest { etag: "1".into(), ..unmerging(&bob) };
    assert_eq!(client.unmerge_lead(stale).await.expect_err("stale").code(), Code::Aborted);
    let etag = read(&mut client, &bob).await.lead.expect("it").etag;
    client.unmerge_lead(pb::UnmergeLeadRequest { etag, ..unmerging(&bob) }).await.expect("unmerged");
    world.stop().await;
}
