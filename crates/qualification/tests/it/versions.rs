//! VersionService: criteria sets and scoring models from draft to signature to effect (R16), over the wire.

mod refused;

use handoff_domain::actor::Side;
use handoff_proto::common::v1 as common;
use handoff_proto::common::v1::VersionState;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::version_service_client::VersionServiceClient;
use handoff_runtime::client::{Caller, Peer};
use tonic::{Code, Status};

use crate::events::events;
use crate::harness::{World, request_id, user};

type Client = VersionServiceClient<Peer>;

const B2B: &str = "criteria-sets/b2b";
const FIRST: &str = "criteria-sets/b2b/versions/1";
const SECOND: &str = "criteria-sets/b2b/versions/2";

fn mia(world: &World) -> Client {
    world.versions(Caller::user("acme", "mia", Side::Marketing))
}

fn sara(world: &World) -> Client {
    world.versions(Caller::user("acme", "sara", Side::Sales))
}

/// A set of one criterion that gives so many points.
fn criteria(points: &str) -> pb::VersionContent {
    let criterion = pb::Criterion {
        key: "enough_people".into(),
        label: "At least fifty employees".into(),
        attribute: "employees".into(),
        predicate: Some(pb::Predicate {
            test: Some(pb::predicate::Test::Range(pb::Range { min: "50".into(), ..pb::Range::default() })),
        }),
        on_unknown: pb::UnknownPolicy::Neutral.into(),
        role: Some(pb::criterion::Role::Points(points.into())),
        ..pb::Criterion::default()
    };
    let set = pb::CriteriaSet { kind: pb::LeadKind::B2b.into(), criteria: vec![criterion] };
    pb::VersionContent { content: Some(pb::version_content::Content::CriteriaSet(set)) }
}

fn drafting(points: &str) -> pb::DraftVersionRequest {
    pb::DraftVersionRequest { request_id: request_id(), subject: B2B.into(), content: Some(criteria(points)) }
}

async fn draft(client: &mut Client, points: &str) -> common::Version {
    let drafted = client.draft_version(drafting(points)).await.expect("drafted").into_inner();
    drafted.version.expect("a version")
}

async fn submit(client: &mut Client, name: &str) -> Result<common::Version, Status> {
    let request = pb::SubmitVersionRequest { request_id: request_id(), name: name.into() };
    client.submit_version(request).await.map(|answer| answer.into_inner().version.expect("a version"))
}

async fn sign(client: &mut Client, name: &str, content_hash: &str) -> Result<common::Version, Status> {
    let content_hash = content_hash.to_owned();
    let request = pb::SignVersionRequest { request_id: request_id(), name: name.into(), content_hash };
    client.sign_version(request).await.map(|answer| answer.into_inner().version.expect("a version"))
}

async fn withdraw(client: &mut Client, name: &str) -> Result<common::Version, Status> {
    let request = pb::WithdrawVersionRequest { request_id: request_id(), name: name.into() };
    client.withdraw_version(request).await.map(|answer| answer.into_inner().version.expect("a version"))
}

async fn take_back(client: &mut Client, name: &str) -> Result<common::Version, Status> {
    let request = pb::WithdrawSignatureRequest { request_id: request_id(), name: name.into() };
    client.withdraw_signature(request).await.map(|answer| answer.into_inner().version.expect("a version"))
}

/// At an instant, or now.
async fn schedule(client: &mut Client, name: &str, at: Option<&str>) -> Result<common::Version, Status> {
    let instant = |at: &str| at.parse().map(handoff_runtime::convert::to_timestamp).expect("an instant");
    let effective_time = at.map(instant);
    let request = pb::ScheduleVersionRequest { request_id: request_id(), name: name.into(), effective_time };
    client.schedule_version(request).await.map(|answer| answer.into_inner().version.expect("a version"))
}

async fn read(client: &mut Client, name: &str) -> pb::GetVersionResponse {
    let request = pb::GetVersionRequest { name: name.into() };
    client.get_version(request).await.expect("a version").into_inner()
}

/// A version with these points that both sides have signed.
async fn agreed(world: &World, points: &str) -> common::Version {
    let (mut marketing, mut sales) = (mia(world), sara(world));
    let version = draft(&mut marketing, points).await;
    submit(&mut marketing, &version.name).await.expect("submitted");
    sign(&mut marketing, &version.name, &version.content_hash).await.expect("signed");
    sign(&mut sales, &version.name, &version.content_hash).await.expect("signed")
}

/// Puts a user as another, or gone.
async fn put(world: &World, slug: &str, side: common::Side, active: bool) {
    let user = pb::User { active, ..user(slug, side, "") };
    let request = pb::PutUserRequest { request_id: request_id(), user: Some(user) };
    world.marketing().put_user(request).await.expect("changed");
}

fn signers(version: &common::Version) -> Vec<&str> {
    version.signatures.iter().map(|signature| signature.user.as_str()).collect()
}

/// The names of the events of versions, in order.
async fn told(world: &World) -> Vec<String> {
    let of_versions = |kind: &String| kind.contains("Version") || kind.contains("Signature");
    events(world).await.into_iter().map(|event| event.r#type).filter(of_versions).collect()
}

#[tokio::test]
async fn r16_both_sides_sign_exactly_what_takes_effect_on_monday() {
    let (world, mut clock) = World::at("2026-03-06T09:00:00Z").await;
    let (mut marketing, mut sales) = (mia(&world), sara(&world));

    // Marketing drafts, sales signs, and then marketing changes a weight.
    let first = draft(&mut marketing, "30").await;
    assert_eq!((first.name.as_str(), first.state()), (FIRST, VersionState::Draft));
    assert_eq!(submit(&mut marketing, FIRST).await.expect("submitted").state(), VersionState::InReview);
    let signed = sign(&mut sales, FIRST, &first.content_hash).await.expect("signed");
    assert_eq!((signed.state(), signers(&signed)), (VersionState::InReview, vec!["users/sara"]));
    assert_eq!(signed.missing_signatures, [common::Side::Marketing as i32]);
    let changed = draft(&mut marketing, "40").await;
    assert_eq!((changed.state(), signers(&changed)), (VersionState::Draft, vec![]), "the signature is void");
    assert_ne!(changed.content_hash, first.content_hash);

    // Both sign what it says now, and it takes effect on Monday.
    submit(&mut marketing, FIRST).await.expect("submitted");
    sign(&mut marketing, FIRST, &changed.content_hash).await.expect("signed");
    let approved = sign(&mut sales, FIRST, &changed.content_hash).await.expect("signed");
    assert_eq!(approved.state(), VersionState::Approved);
    assert_eq!(signers(&approved), ["users/mia", "users/sara"]);
    let monday = Some("2026-03-09T08:00:00Z");
    let scheduled = schedule(&mut sales, FIRST, monday).await.expect("scheduled");
    assert_eq!(scheduled.state(), VersionState::Scheduled);

    // Whatever is asked for then finds it in effect since Monday at eight.
    clock.set("2026-03-09T10:00:00Z".parse().expect("an instant")).await.expect("moved");
    let second = draft(&mut sales, "50").await;
    assert_eq!((second.name.as_str(), second.state()), (SECOND, VersionState::Draft));
    let found = read(&mut marketing, B2B).await;
    let version = found.version.expect("a version");
    assert_eq!((version.name.as_str(), version.state()), (FIRST, VersionState::Effective));
    assert_eq!(version.effective_from_time, scheduled.effective_from_time);
    assert_eq!(found.content, Some(criteria("40")));
    let log = events(&world).await;
    let effective = log.iter().find(|event| event.r#type == "VersionEffective").expect("it is in the log");
    assert_eq!(effective.occur_time, scheduled.effective_from_time);
    assert_eq!(
        told(&world).await,
        [
            "VersionDrafted",
            "VersionSubmitted",
            "VersionSigned",
            "VersionDrafted",
            "VersionSubmitted",
            "VersionSigned",
            "VersionSigned",
            "VersionApproved",
            "VersionScheduled",
            "VersionEffective",
            "VersionDrafted",
        ]
    );
    world.stop().await;
}

#[tokio::test]
async fn a_version_says_what_it_changes_and_until_when_it_holds() {
    let world = World::new().await;
    let (mut marketing, mut sales) = (mia(&world), sara(&world));
    agreed(&world, "30").await;
    let first = schedule(&mut marketing, FIRST, None).await.expect("in effect");
    assert_eq!(first.state(), VersionState::Effective);
    let found = read(&mut sales, FIRST).await;
    assert_eq!(found.compared_with, "", "nothing was in effect before");
    assert!(found.changes.iter().all(|change| change.before.is_none() && change.after.is_some()));

    agreed(&world, "40").await;
    let found = read(&mut sales, SECOND).await;
    assert_eq!((found.compared_with.as_str(), found.content), (FIRST, Some(criteria("40"))));
    let changes: Vec<_> = found
        .changes
        .iter()
        .map(|it| (it.path.as_str(), it.before.as_deref(), it.after.as_deref()))
        .collect();
    let role = "criteria.enough_people.role";
    assert_eq!(changes, [(role, Some("WEIGHTED, 30 points"), Some("WEIGHTED, 40 points"))]);

    // What is planned is known before.
    let planned = schedule(&mut sales, SECOND, Some("2099-01-05T08:00:00Z")).await.expect("scheduled");
    let all = || pb::ListVersionsRequest { subject: B2B.into(), ..pb::ListVersionsRequest::default() };
    let versions = marketing.list_versions(all()).await.expect("a list").into_inner().versions;
    let page = pb::ListVersionsRequest { page_size: 1, ..all() };
    let first = marketing.list_versions(page.clone()).await.expect("a page").into_inner();
    let next = pb::ListVersionsRequest { page_token: first.next_page_token, ..page };
    let second = marketing.list_versions(next).await.expect("a page").into_inner();
    assert_eq!([first.versions, second.versions].concat(), versions, "page by page it is the same");
    assert_eq!(second.next_page_token, "");
    let states: Vec<_> = versions.iter().map(|version| (version.name.as_str(), version.state())).collect();
    assert_eq!(states, [(FIRST, VersionState::Effective), (SECOND, VersionState::Scheduled)]);
    assert_eq!(versions[0].effective_until_time, planned.effective_from_time);
    assert_eq!(versions[1], planned);
    world.stop().await;
}

#[tokio::test]
async fn to_have_nothing_in_effect_any_more_takes_both_keys_too() {
    let world = World::new().await;
    let (mut marketing, mut sales) = (mia(&world), sara(&world));
    agreed(&world, "30").await;
    schedule(&mut marketing, FIRST, None).await.expect("in effect");
    let nothing = Some(pb::VersionContent { content: None });
    let request = pb::DraftVersionRequest { content: nothing.clone(), ..drafting("0") };
    let end = marketing.draft_version(request).await.expect("drafted").into_inner().version.expect("it");
    submit(&mut marketing, SECOND).await.expect("submitted");
    sign(&mut marketing, SECOND, &end.content_hash).await.expect("signed");
    sign(&mut sales, SECOND, &end.content_hash).await.expect("signed");
    let ended = schedule(&mut sales, SECOND, None).await.expect("at once");
    assert_eq!(ended.state(), VersionState::Retired);
    let missing = sales.get_version(pb::GetVersionRequest { name: B2B.into() }).await.expect_err("nothing");
    assert_eq!(missing.code(), Code::NotFound);
    assert_eq!(read(&mut sales, SECOND).await.content, nothing);
    world.stop().await;
}

#[tokio::test]
async fn a_scoring_model_takes_the_same_way_and_is_kept_in_one_order() {
    let world = World::new().await;
    let rule = |key: &str| pb::ScoringRule {
        key: key.into(),
        label: format!("Rule {key}"),
        types: vec![key.to_uppercase()],
        points: "10".into(),
        ..pb::ScoringRule::default()
    };
    let thresholds = pb::Thresholds { fit: "0".into(), up: "50".into(), down: "40".into() };
    let publish = pb::publish::Mode::NewEventsOnly(pb::NewEventsOnly {});
    let model = pb::ScoringModel {
        rules: vec![rule("visit"), rule("demo")],
        thresholds: Some(thresholds),
        publish: Some(pb::Publish { mode: Some(publish) }),
        ..pb::ScoringModel::default()
    };
    let content = pb::VersionContent { content: Some(pb::version_content::Content::ScoringModel(model)) };
    let request = pb::DraftVersionRequest {
        request_id: request_id(),
        subject: "scoring-model".into(),
        content: Some(content),
    };
    let mut client = mia(&world);
    let drafted = client.draft_version(request).await.expect("drafted").into_inner();
    assert_eq!(drafted.version.expect("a version").name, "scoring-model/versions/1");
    let found = read(&mut client, "scoring-model").await.content.and_then(|content| content.content);
    let Some(pb::version_content::Content::ScoringModel(kept)) = found else { panic!("a model: {found:?}") };
    let keys: Vec<&str> = kept.rules.iter().map(|rule| rule.key.as_str()).collect();
    assert_eq!(keys, ["demo", "visit"]);
    world.stop().await;
}

#[tokio::test]
async fn a_repeated_request_gets_its_answer_again_and_writes_nothing() {
    let world = World::new().await;
    let (mut marketing, mut sales) = (mia(&world), sara(&world));
    let request = drafting("30");
    let first = marketing.draft_version(request.clone()).await.expect("drafted").into_inner();
    assert!(!first.unchanged);
    let head = events(&world).await.len();
    assert_eq!(marketing.draft_version(request.clone()).await.expect("again").into_inner(), first);
    // Another request that wants the same finds it so.
    let same = marketing.draft_version(drafting("30")).await.expect("as it is").into_inner();
    assert_eq!((same.unchanged, same.version.as_ref()), (true, first.version.as_ref()));
    assert_eq!(events(&world).await.len(), head);
    let other = pb::DraftVersionRequest { request_id: request.request_id, ..drafting("40") };
    let reused = marketing.draft_version(other).await.expect_err("another body");
    assert_eq!(reused.code(), Code::AlreadyExists);

    submit(&mut marketing, FIRST).await.expect("submitted");
    let content_hash = first.version.expect("a version").content_hash;
    let request = pb::SignVersionRequest { request_id: request_id(), name: FIRST.into(), content_hash };
    let signed = sales.sign_version(request.clone()).await.expect("signed").into_inner();
    let head = events(&world).await.len();
    assert_eq!(sales.sign_version(request).await.expect("again").into_inner(), signed);
    assert_eq!(events(&world).await.len(), head);
    world.stop().await;
}

#[tokio::test]
async fn what_is_taken_back_is_a_draft_without_signatures() {
    let world = World::new().await;
    let (mut marketing, mut sales) = (mia(&world), sara(&world));
    agreed(&world, "30").await;
    let back = take_back(&mut sales, FIRST).await.expect("taken back");
    assert_eq!((back.state(), signers(&back)), (VersionState::Draft, vec![]));
    let again = agreed(&world, "30").await;
    assert_eq!(again.state(), VersionState::Approved);
    let back = withdraw(&mut marketing, FIRST).await.expect("taken back");
    assert_eq!((back.state(), back.content_hash), (VersionState::Draft, again.content_hash));
    world.stop().await;
}

#[tokio::test]
async fn edge_29_whoever_leaves_or_changes_side_before_the_approval_has_not_signed() {
    let world = World::new().await;
    let (mut marketing, mut sales) = (mia(&world), sara(&world));
    let version = draft(&mut marketing, "30").await;
    for (side, active, reason) in
        [(common::Side::Sales, false, "SIGNER_LEFT"), (common::Side::Marketing, true, "SIGNER_CHANGED_SIDE")]
    {
        put(&world, "sara", common::Side::Sales, true).await;
        submit(&mut marketing, FIRST).await.expect("submitted");
        sign(&mut sales, FIRST, &version.content_hash).await.expect("signed");
        put(&world, "sara", side, active).await;
        let found = read(&mut marketing, FIRST).await.version.expect("a version");
        assert_eq!((found.state(), signers(&found)), (VersionState::Draft, vec![]));
        let log = events(&world).await;
        let last = log.last().and_then(|event| event.payload.as_ref()).and_then(|it| it.fact.as_ref());
        let Some(Fact::SignatureWithdrawn(withdrawn)) = last else { panic!("{last:?}") };
        assert_eq!(withdrawn.reason().as_str_name(), format!("WITHDRAWAL_REASON_{reason}"));
        assert_eq!(withdrawn.signed_by, "users/sara");
    }
    world.stop().await;
}

#[tokio::test]
async fn edge_29_what_both_have_signed_stands_when_one_leaves() {
    let world = World::new().await;
    agreed(&world, "30").await;
    put(&world, "sara", common::Side::Sales, false).await;
    let effective = schedule(&mut mia(&world), FIRST, None).await.expect("in effect");
    assert_eq!((effective.state(), signers(&effective).len()), (VersionState::Effective, 2));
    world.stop().await;
}

#[tokio::test]
async fn another_tenants_versions_are_not_there() {
    let world = World::new().await;
    world.create_tenant("other").await;
    let version = agreed(&world, "30").await;
    let mut eve = world.versions(Caller::user("other", "eve", Side::Sales));
    let list = pb::ListVersionsRequest { subject: B2B.into(), ..pb::ListVersionsRequest::default() };
    let listed = eve.list_versions(list).await.expect("none");
    assert_eq!(listed.into_inner().versions, []);
    for name in [FIRST, SECOND] {
        let request = pb::GetVersionRequest { name: name.into() };
        let missing = vec![
            eve.get_version(request).await.expect_err("not there"),
            submit(&mut eve, name).await.expect_err("not there"),
            sign(&mut eve, name, &version.content_hash).await.expect_err("not there"),
            take_back(&mut eve, name).await.expect_err("not there"),
            withdraw(&mut eve, name).await.expect_err("not there"),
            schedule(&mut eve, name, None).await.expect_err("not there"),
        ];
        for status in missing {
            assert_eq!(status.code(), Code::NotFound, "{status:?}");
        }
    }
    // Theirs begin with 1, whatever others have.
    assert_eq!(draft(&mut eve, "1").await.name, FIRST);
    world.stop().await;
}
