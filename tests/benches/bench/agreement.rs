//! What both sides of a tenant agree on, so that leads are judged: they fit, and what they do is counted, but whoever only
//! reads stays under the threshold for ever.

use anyhow::Context;
use handoff_domain::actor::Side;
use handoff_proto::common::v1 as common;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::version_content::Content;
use handoff_proto::qualification::v1::version_service_client::VersionServiceClient;
use handoff_runtime::client::Peer;

use crate::ids::request_id;
use crate::services::{Connections, Tenant};

/// The people who sign.
const SIGNERS: [(&str, Side, common::Side); 2] =
    [("mia", Side::Marketing, common::Side::Marketing), ("sara", Side::Sales, common::Side::Sales)];

/// Has a tenant's two sides sign criteria and a scoring model with this threshold, in effect from now on.
pub(crate) async fn agree(connections: &Connections, tenant: &Tenant, threshold: u32) -> anyhow::Result<()> {
    for (name, _, side) in SIGNERS {
        let (name, side) = (format!("users/{name}"), side.into());
        tenant.put_user(pb::User { name, side, active: true, ..pb::User::default() }).await?;
    }
    let both = signers(connections, tenant);
    sign(both.clone(), "criteria-sets/b2b", Content::CriteriaSet(criteria())).await?;
    sign(both, "scoring-model", Content::ScoringModel(model(threshold))).await
}

/// Has them sign another scoring model, in effect from now on: a webinar gives so many points, a visit of the prices gives
/// three, 50 are enough, and so many leads a business day may become MQLs because of it.
pub(crate) async fn publish(
    connections: &Connections,
    tenant: &Tenant,
    webinar: &str,
    per_business_day: i32,
) -> anyhow::Result<()> {
    let mut model = model(50);
    model.rules[1].points = webinar.to_owned();
    let prices = pb::PropertyFilter {
        property: "page".to_owned(),
        value_type: pb::ValueType::Text.into(),
        predicate: Some(pb::Predicate { test: Some(pb::predicate::Test::Equals("/pricing".to_owned())) }),
    };
    model.rules.push(pb::ScoringRule { filters: vec![prices], ..rule("prices", "WEBSITE_VISIT", "3", "9") });
    let mode = pb::publish::Mode::CappedPerBusinessDay(per_business_day);
    model.publish = Some(pb::Publish { mode: Some(mode) });
    sign(signers(connections, tenant), "scoring-model", Content::ScoringModel(model)).await
}

fn signers(connections: &Connections, tenant: &Tenant) -> [VersionServiceClient<Peer>; 2] {
    SIGNERS
        .map(|(name, side, _)| VersionServiceClient::new(connections.speaking_for(&tenant.slug, name, side)))
}

async fn sign(
    mut both: [VersionServiceClient<Peer>; 2],
    subject: &str,
    content: Content,
) -> anyhow::Result<()> {
    let content = Some(pb::VersionContent { content: Some(content) });
    let request = pb::DraftVersionRequest { request_id: request_id(), subject: subject.to_owned(), content };
    let version = both[0].draft_version(request).await?.into_inner().version.context("a version")?;
    let (name, content_hash) = (version.name, version.content_hash);
    let request = pb::SubmitVersionRequest { request_id: request_id(), name: name.clone() };
    both[0].submit_version(request).await?;
    for client in &mut both {
        let (name, content_hash) = (name.clone(), content_hash.clone());
        client.sign_version(pb::SignVersionRequest { request_id: request_id(), name, content_hash }).await?;
    }
    let request = pb::ScheduleVersionRequest { request_id: request_id(), name, effective_time: None };
    both[1].schedule_version(request).await?;
    Ok(())
}

/// A lead for which all of it holds.
pub(crate) fn fitting_lead() -> pb::Lead {
    let attributes = [("employees", "120"), ("country", "IT")];
    let attributes = attributes.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let person = pb::Person { attributes, ..pb::Person::default() };
    pb::Lead { kind: pb::LeadKind::B2b.into(), person: Some(person), ..pb::Lead::default() }
}

/// At least fifty employees are worth 30 points; the country must be Italy.
fn criteria() -> pb::CriteriaSet {
    let criterion = |key: &str, attribute: &str, test, role| pb::Criterion {
        key: key.to_owned(),
        label: key.to_owned(),
        attribute: attribute.to_owned(),
        predicate: Some(pb::Predicate { test: Some(test) }),
        on_unknown: pb::UnknownPolicy::Neutral.into(),
        role: Some(role),
        ..pb::Criterion::default()
    };
    let many = pb::predicate::Test::Range(pb::Range { min: "50".to_owned(), ..pb::Range::default() });
    let italy = pb::predicate::Test::In(pb::Values { values: vec!["IT".to_owned()] });
    let criteria = vec![
        criterion("enough_people", "employees", many, pb::criterion::Role::Points("30".to_owned())),
        criterion("italian", "country", italy, pb::criterion::Role::Gate(pb::Gate {})),
    ];
    pb::CriteriaSet { kind: pb::LeadKind::B2b.into(), criteria }
}

/// An e-book gives two points that halve in thirty days, and all of them together no more than 30.
fn model(threshold: u32) -> pb::ScoringModel {
    pb::ScoringModel {
        rules: vec![
            rule("ebook", "EBOOK_DOWNLOADED", "2", "30"),
            rule("webinar", "WEBINAR_ATTENDED", "25", ""),
        ],
        thresholds: Some(pb::Thresholds {
            fit: "25".to_owned(),
            up: threshold.to_string(),
            ..pb::Thresholds::default()
        }),
        publish: Some(pb::Publish { mode: Some(pb::publish::Mode::NewEventsOnly(pb::NewEventsOnly {})) }),
        ..pb::ScoringModel::default()
    }
}

/// Points for activities of a type that halve in thirty days, and no more than a cap.
fn rule(key: &str, kind: &str, points: &str, cap: &str) -> pb::ScoringRule {
    pb::ScoringRule {
        key: key.to_owned(),
        label: key.to_owned(),
        types: vec![kind.to_owned()],
        points: points.to_owned(),
        decay: Some(pb::Decay { decay: Some(pb::decay::Decay::HalfLifeDays(30)) }),
        bounds: Some(pb::Bounds { cap: cap.to_owned(), ..pb::Bounds::default() }),
        ..pb::ScoringRule::default()
    }
}
