//! What VersionService refuses: code, message, reason, facts with the way out, and fields, as snapshots.

use handoff_domain::actor::Side;
use handoff_proto::common::v1 as common;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::client::Caller;
use tonic::Status;

use super::{
    B2B, FIRST, SECOND, agreed, criteria, draft, drafting, mia, put, sara, schedule, sign, submit, take_back,
    withdraw,
};
use crate::harness::{World, request_id, told};

fn check<T: std::fmt::Debug>(name: &str, answer: Result<T, Status>) {
    insta::assert_snapshot!(name.to_owned(), told(&answer.expect_err(name)));
}

#[tokio::test]
async fn every_broken_rule_of_a_request_is_told_at_once() {
    let world = World::new().await;
    let mut client = mia(&world);
    let mut content = criteria("half");
    if let Some(pb::version_content::Content::CriteriaSet(set)) = &mut content.content {
        set.kind = 99;
        set.criteria[0].attribute = "Shoe size".into();
    }
    let request = pb::DraftVersionRequest {
        request_id: "7".into(),
        subject: "contract".into(),
        content: Some(content),
    };
    check("invalid_draft_version", client.draft_version(request).await);
    let broken = || "criteria-sets/b2b/versions/01".to_owned();
    check("invalid_get_version", client.get_version(pb::GetVersionRequest { name: broken() }).await);
    let request = pb::GetVersionRequest { name: "criteria-sets".into() };
    check("invalid_get_version_of_a_subject", client.get_version(request).await);
    check("invalid_list_versions", client.list_versions(pb::ListVersionsRequest::default()).await);
    check("invalid_submit_version", client.submit_version(pb::SubmitVersionRequest::default()).await);
    let request =
        pb::SignVersionRequest { request_id: String::new(), name: broken(), content_hash: "abc".into() };
    check("invalid_sign_version", client.sign_version(request).await);
    let request = pb::WithdrawSignatureRequest { request_id: "7".into(), name: "contract/versions/1".into() };
    check("invalid_withdraw_signature", client.withdraw_signature(request).await);
    let request = pb::WithdrawVersionRequest { request_id: "7".into(), name: broken() };
    check("invalid_withdraw_version", client.withdraw_version(request).await);
    let effective_time = Some(prost_types::Timestamp { seconds: 0, nanos: -1 });
    let request = pb::ScheduleVersionRequest { request_id: String::new(), name: broken(), effective_time };
    check("invalid_schedule_version", client.schedule_version(request).await);
    world.stop().await;
}

#[tokio::test]
async fn refusals_of_a_draft() {
    let world = World::new().await;
    let mut client = mia(&world);
    let mut system = world.versions(Caller::user("acme", "operator", Side::System));
    check("draft_wrong_side", system.draft_version(drafting("30")).await);
    let wrong = pb::DraftVersionRequest { subject: "scoring-model".into(), ..drafting("30") };
    check("draft_of_another_subject", client.draft_version(wrong).await);
    let wrong = pb::DraftVersionRequest { subject: "criteria-sets/b2c".into(), ..drafting("30") };
    check("draft_of_another_kind", client.draft_version(wrong).await);
    let nothing = Some(pb::VersionContent { content: None });
    let request = pb::DraftVersionRequest { content: nothing, ..drafting("30") };
    check("draft_with_nothing_to_end", client.draft_version(request).await);
    let mut faulty = criteria("30");
    if let Some(pb::version_content::Content::CriteriaSet(set)) = &mut faulty.content {
        set.criteria[0].role = Some(pb::criterion::Role::Points("10001".into()));
        set.criteria.push(set.criteria[0].clone());
    }
    let request = pb::DraftVersionRequest { content: Some(faulty), ..drafting("30") };
    check("draft_that_breaks_the_rules_of_a_set", client.draft_version(request).await);
    let mut nobody = world.versions(Caller::user("nowhere", "eve", Side::Marketing));
    check("draft_for_an_unknown_tenant", nobody.draft_version(drafting("30")).await);
    world.stop().await;
}

#[tokio::test]
async fn refusals_of_a_signature() {
    let world = World::new().await;
    let (mut marketing, mut sales) = (mia(&world), sara(&world));
    let read = draft(&mut marketing, "30").await.content_hash;
    check("sign_a_draft", sign(&mut sales, FIRST, &read).await);
    check("sign_what_is_not_there", sign(&mut sales, SECOND, &read).await);
    submit(&mut marketing, FIRST).await.expect("submitted");
    draft(&mut marketing, "40").await;
    let now = submit(&mut marketing, FIRST).await.expect("submitted").content_hash;
    check("sign_what_was_changed_since", sign(&mut sales, FIRST, &read).await);
    let crm = "services/crm".to_owned();
    let mut program = world.versions(Caller { principal: crm, ..Caller::user("acme", "sara", Side::Sales) });
    check("sign_as_a_program", sign(&mut program, FIRST, &now).await);
    let mut turncoat = world.versions(Caller::user("acme", "sara", Side::Marketing));
    check("sign_for_the_other_side", sign(&mut turncoat, FIRST, &now).await);
    sign(&mut sales, FIRST, &now).await.expect("signed");
    let mut sam = world.versions(Caller::user("acme", "sam", Side::Sales));
    check("sign_what_the_side_has_signed", sign(&mut sam, FIRST, &now).await);

    // Who signed for one side and has come to the other turns no second key.
    sign(&mut marketing, FIRST, &now).await.expect("signed");
    put(&world, "sara", common::Side::Marketing, true).await;
    check("sign_for_both_sides", sign(&mut turncoat, FIRST, &now).await);
    world.stop().await;
}

#[tokio::test]
async fn refusals_on_the_way_to_effect() {
    let world = World::new().await;
    let (mut marketing, mut sales) = (mia(&world), sara(&world));
    let version = draft(&mut marketing, "30").await;
    submit(&mut marketing, FIRST).await.expect("submitted");
    sign(&mut sales, FIRST, &version.content_hash).await.expect("signed");
    check("schedule_what_one_side_has_signed", schedule(&mut sales, FIRST, None).await);
    sign(&mut marketing, FIRST, &version.content_hash).await.expect("signed");
    check("submit_what_is_approved", submit(&mut marketing, FIRST).await);
    let past = schedule(&mut sales, FIRST, Some("2026-01-05T08:00:00Z")).await;
    check("schedule_in_the_past", past);
    schedule(&mut sales, FIRST, Some("2099-01-05T08:00:00Z")).await.expect("scheduled");
    check("schedule_anew", schedule(&mut sales, FIRST, None).await);

    withdraw(&mut sales, FIRST).await.expect("taken back");
    agreed(&world, "30").await;
    schedule(&mut sales, FIRST, None).await.expect("in effect");
    check("submit_what_is_in_effect", submit(&mut marketing, FIRST).await);
    check("withdraw_what_is_in_effect", withdraw(&mut marketing, FIRST).await);
    check("take_a_signature_back_from_what_is_in_effect", take_back(&mut marketing, FIRST).await);
    let request = pb::GetVersionRequest { name: "scoring-model".into() };
    check("get_what_was_never_agreed", marketing.get_version(request).await);
    let request = pb::SubmitVersionRequest { request_id: request_id(), name: format!("{B2B}/versions/7") };
    check("submit_what_is_not_there", marketing.submit_version(request).await);
    world.stop().await;
}
