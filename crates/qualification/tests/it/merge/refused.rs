//! What merging refuses: code, message, reason, facts with the way out, and fields, as snapshots.

use handoff_proto::qualification::v1 as pb;
use tonic::Status;

use super::{merging, unmerging};
use crate::harness::{World, capture, lead, request_id, told};

fn check<T: std::fmt::Debug>(name: &str, answer: Result<T, Status>) {
    insta::assert_snapshot!(name.to_owned(), told(&answer.expect_err(name)));
}

#[tokio::test]
async fn every_broken_rule_of_a_request_is_told_at_once() {
    let world = World::new().await;
    let mut client = world.marketing();
    let request = pb::MergeLeadsRequest {
        request_id: "7".into(),
        survivor_etag: "x".into(),
        duplicate_etag: "y".into(),
        ..pb::MergeLeadsRequest::default()
    };
    check("invalid_merge_leads", client.merge_leads(request).await);
    let request = pb::UnmergeLeadRequest { etag: "x".into(), ..pb::UnmergeLeadRequest::default() };
    check("invalid_unmerge_lead", client.unmerge_lead(request).await);
    check("invalid_find_duplicates", client.find_duplicates(pb::FindDuplicatesRequest::default()).await);
    world.stop().await;
}

#[tokio::test]
async fn a_merge_that_cannot_be_says_what_is_in_its_way() {
    let world = World::new().await;
    let mut client = world.marketing();
    let (lea, bob) = (capture(&mut client, "lea").await, capture(&mut client, "bob").await);
    check("merge_with_itself", client.merge_leads(merging(&lea, &lea)).await);
    check("unmerge_what_was_not_merged", client.unmerge_lead(unmerging(&lea)).await);
    client.merge_leads(merging(&lea, &bob)).await.expect("merged");
    check("merge_what_was_merged", client.merge_leads(merging(&lea, &bob)).await);
    check("merge_the_survivor_into_its_own", client.merge_leads(merging(&bob, &lea)).await);
    world.stop().await;
}

#[tokio::test]
async fn r07_a_number_that_several_people_have_names_none_of_them() {
    let world = World::new().await;
    let capture = async |email: &str| {
        let phone = "+39 06 698 12345".to_owned();
        let person = pb::Person { email: email.to_owned(), phone, ..pb::Person::default() };
        let request = pb::CaptureLeadRequest {
            request_id: request_id(),
            lead: Some(pb::Lead { person: Some(person), ..lead("x") }),
            ..pb::CaptureLeadRequest::default()
        };
        world.marketing().capture_lead(request).await
    };
    for email in ["lea@x.example", "bob@x.example"] {
        capture(email).await.expect("captured");
    }
    check("a_number_of_several", capture("").await);
    world.stop().await;
}
