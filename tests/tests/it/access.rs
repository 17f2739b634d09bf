//! Who may call what: every method that the protos declare, with every role, on the real services; and every method that
//! takes a name, with what belongs to another tenant.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use handoff_domain::actor::Side;
use handoff_proto::common::v1::Role;
use handoff_proto::method::{METHODS, Method};
use handoff_proto::qualification::v1::ListHandoffsRequest;
use handoff_runtime::client::Caller;
use handoff_runtime::identity::roles::word;
use handoff_runtime::identity::{ROLES_HEADER, Roles, SIDE_HEADER, TENANT_HEADER, USER_HEADER};
use handoff_tests::endpoints::Endpoints;
use handoff_tests::life::Life;
use handoff_tests::raw;
use handoff_tests::together::Together;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Value, json};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use uuid::Uuid;

/// A connection to the service that has the method. The log is every service's; qualification's stands for all.
async fn channel(endpoints: &Endpoints, method: &Method) -> anyhow::Result<Channel> {
    let endpoint = match method.path.split('.').nth(1) {
        Some("qualification" | "event") => &endpoints.qualification,
        Some("sla") => &endpoints.sla,
        Some("reporting") => &endpoints.reporting,
        other => anyhow::bail!("{other:?} is no service that is known"),
    };
    Ok(Endpoint::from_shared(endpoint.clone())?.connect().await?)
}

/// The headers of a SYSTEM principal, for whom no rule about sides stands in the way, with one role.
fn with_role(role: Role) -> [(&'static str, &'static str); 4] {
    [
        (USER_HEADER, "services/tests"),
        (SIDE_HEADER, "SYSTEM"),
        (TENANT_HEADER, "acme"),
        (ROLES_HEADER, word(role)),
    ]
}

#[tokio::test]
async fn a_method_is_for_exactly_the_roles_that_its_proto_names() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let mut asked = 0;
    for method in METHODS {
        let channel = channel(&services.endpoints, method).await?;
        for role in Roles::ALL {
            // A body that cannot be decoded: whoever may not call must hear so before anybody looks at it.
            let status = raw::call(&channel, method.path, &with_role(role), &[0xff; 8]).await?;
            let is_denied = status.code() == Code::PermissionDenied;
            let may = method.roles.contains(&role);
            ensure!(is_denied != may, "{} as {}: {status:?}", method.path, word(role));
            ensure!(
                !matches!(status.code(), Code::Unauthenticated | Code::Unimplemented),
                "{} as {}: {status:?}",
                method.path,
                word(role)
            );
            if is_denied {
                let named = method.roles.iter().all(|role| status.message().contains(word(*role)));
                ensure!(named, "the roles that may are told: {status:?}");
            }
            asked += 1;
        }
        let nobody = raw::call(&channel, method.path, &[], &[0xff; 8]).await?;
        ensure!(nobody.code() == Code::Unauthenticated, "{}: {nobody:?}", method.path);
    }
    ensure!(asked == METHODS.len() * Roles::ALL.len() && asked >= 150, "{asked}");
    services.stop().await
}

#[tokio::test]
async fn another_spelling_of_a_method_is_no_method() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    for method in METHODS {
        let channel = channel(&services.endpoints, method).await?;
        let headers = with_role(*method.roles.first().context("somebody may call it")?);
        let (service, name) = method.path[1..].split_once('/').context("a service and a method")?;
        for path in [
            format!("//{service}/{name}"),
            format!("/{service}//{name}"),
            format!("/{service}/{name}/"),
            format!("/{service}/./{name}"),
            format!("/{service}/x/../{name}"),
            format!("/{service}%2F{name}"),
            format!("/{service}/%{:02X}{}", name.as_bytes()[0], &name[1..]),
            format!("/{}/{name}", service.to_lowercase()),
            format!("/{service}/{}", name.to_uppercase()),
            format!("/{service}/{name}%00"),
            format!("/{service}/"),
            format!("/{service}"),
        ] {
            let status = raw::call(&channel, &path, &headers, &[]).await?;
            ensure!(status.code() == Code::Unimplemented, "{path}: {status:?}");
        }
    }
    services.stop().await
}

/// An id that nothing has yet.
fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// A request of each method that names something of a tenant; `REQUEST`, `LEAD` and `HANDOFF` stand for the ids.
fn naming() -> Vec<(&'static str, Value)> {
    let lead = || json!({"name": "LEAD"});
    let id = || json!("REQUEST");
    vec![
        ("GetLead", json!({"lead": lead()})),
        ("ExplainScore", json!({"lead": lead()})),
        ("AdjustScore", json!({"requestId": id(), "lead": lead(), "points": "5", "note": "A call"})),
        ("ResetScore", json!({"requestId": id(), "lead": lead()})),
        ("MergeLeads", json!({"requestId": id(), "survivor": lead(), "duplicate": lead()})),
        ("UnmergeLead", json!({"requestId": id(), "lead": lead()})),
        ("NurtureLead", json!({"requestId": id(), "lead": lead(), "segment": "later"})),
        ("SetStage", json!({"requestId": id(), "lead": lead(), "value": "MQL", "lastPosition": "1000000"})),
        ("FindDuplicates", json!({"lead": lead()})),
        ("RecordActivity", json!({"requestId": id(), "lead": lead(), "type": "VISIT"})),
        ("QualifyLead", json!({"requestId": id(), "lead": lead()})),
        ("AssignHandoff", json!({"requestId": id(), "name": "HANDOFF", "owner": "users/eve"})),
        ("GetHandoff", json!({"name": "HANDOFF"})),
        ("ExplainRouting", json!({"name": "HANDOFF"})),
        ("AcceptHandoff", json!({"requestId": id(), "name": "HANDOFF"})),
        ("RejectHandoff", json!({"requestId": id(), "name": "HANDOFF", "reason": "WRONG_SIZE"})),
        ("WithdrawHandoff", json!({"requestId": id(), "name": "HANDOFF", "note": "A mistake"})),
        ("DisputeHandoff", json!({"requestId": id(), "name": "HANDOFF", "note": "It fits"})),
        (
            "ResolveDispute",
            json!({"requestId": id(), "name": "HANDOFF", "note": "Right", "ruling": "DISPUTE_RULING_UPHELD"}),
        ),
        (
            "RecordContact",
            json!({"requestId": id(), "lead": lead(), "outcome": "CONTACT_OUTCOME_ATTEMPTED",
                "direction": "CONTACT_DIRECTION_OUTBOUND", "human": true, "medium": "PHONE"}),
        ),
        ("RecordOutcome", json!({"requestId": id(), "lead": lead(), "outcome": "OUTCOME_WON"})),
        ("ListClocks", json!({"handoff": "HANDOFF"})),
    ]
}

/// Methods whose requests name nothing that a tenant owns by an id: their own words (slugs, times, filters) mean something
/// else in each tenant, or they make something new.
const NAMELESS: [&str; 48] = [
    "CreateTenant",
    "GetTenant",
    "UpdateTenant",
    "PutTeam",
    "PutUser",
    "ListUsers",
    "CaptureLead",
    "ListHandoffs",
    // A segment, a line, a position; `two_tenants_follow_each_its_own` asks for another's.
    "ListStageChanges",
    "WatchStageChanges",
    "WatchHandoffs",
    "ListNurturedLeads",
    "Import",
    // Users, teams and calendars by their slugs.
    "PutRoutingPlan",
    "GetRoutingPlan",
    "SetAvailability",
    "SetTeamCalendar",
    // Subjects and numbers of versions; `qualification/tests/it/versions.rs` asks for foreign ones.
    "DraftVersion",
    "GetVersion",
    "ListVersions",
    "SubmitVersion",
    "SignVersion",
    "WithdrawSignature",
    "WithdrawVersion",
    "ScheduleVersion",
    // The same; `qualification/tests/it/reevaluation/refused.rs` asks for a foreign one.
    "GetReevaluation",
    "ListReevaluations",
    "ListReevaluatedLeads",
    // Keys, names and currencies; `qualification/tests/it/catalogue/refused.rs` asks for foreign ones.
    "PutAttribute",
    "ListAttributes",
    "PutActivityType",
    "ListActivityTypes",
    "PutCurrencyRate",
    "ListCurrencyRates",
    "PutCalendar",
    "GetCalendar",
    "ListCalendars",
    "ImportHolidays",
    "GetContract",
    "PreviewDeadline",
    "PreviewElapsed",
    "ListBreaches",
    "GetMqlReport",
    "GetSqlReport",
    "GetVelocityReport",
    "PlanGoal",
    // Their tenants are keys; `qualification/tests/it/events.rs` asks for foreign ones.
    "SubscribeEvents",
    "GetLogHead",
];

#[tokio::test]
async fn what_is_another_tenants_is_answered_like_what_is_nobodys() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let life = Life::begin(&services.endpoints, "acme").await?;
    life.live(10).await?;
    let acme = Caller::user("acme", "eve", Side::Sales);
    let listed = services
        .endpoints
        .qualification(&acme)?
        .list_handoffs(ListHandoffsRequest::default())
        .await?
        .into_inner();
    let theirs = listed.handoffs.first().context("acme has handoffs")?;
    Life::begin(&services.endpoints, "globex").await?;

    let pool = DescriptorPool::decode(handoff_proto::DESCRIPTOR_SET)?;
    let mut covered: BTreeSet<&str> = NAMELESS.into();
    for (name, request) in naming() {
        let method = METHODS.iter().find(|method| method.path.ends_with(&format!("/{name}")));
        let method = method.with_context(|| format!("{name} is a method"))?;
        let service = method.path[1..].split('/').next().unwrap_or_default();
        let input = pool
            .get_service_by_name(service)
            .and_then(|service| service.methods().find(|method| method.name() == name))
            .context("it is in the descriptors")?
            .input();
        let channel = channel(&services.endpoints, method).await?;
        let ask = async |lead: &str, handoff: &str| -> anyhow::Result<Status> {
            let text = request.to_string().replace("REQUEST", &new_id());
            let text = text
                .replace("\"LEAD\"", &format!("\"{lead}\""))
                .replace("\"HANDOFF\"", &format!("\"{handoff}\""));
            let message =
                DynamicMessage::deserialize(input.clone(), &mut serde_json::Deserializer::from_str(&text))?;
            let headers = [(USER_HEADER, "users/eve"), (SIDE_HEADER, "SALES"), (TENANT_HEADER, "globex")];
            raw::call(&channel, method.path, &headers, &message.encode_to_vec()).await
        };
        let foreign = ask(&theirs.lead, &theirs.name).await?;
        let (lead, handoff) = (format!("leads/{}", new_id()), format!("handoffs/{}", new_id()));
        let random = ask(&lead, &handoff).await?;
        let told = |status: &Status, lead: &str, handoff: &str| {
            (status.code(), status.message().replace(lead, "LEAD").replace(handoff, "HANDOFF"))
        };
        ensure!(
            told(&foreign, &theirs.lead, &theirs.name) == told(&random, &lead, &handoff),
            "{name}: {foreign:?} and {random:?}"
        );
        covered.insert(name);
    }
    let missing: Vec<_> = METHODS
        .iter()
        .filter(|method| !covered.iter().any(|name| method.path.ends_with(&format!("/{name}"))))
        .collect();
    ensure!(missing.is_empty(), "say of these whether they name something: {missing:?}");
    services.stop().await
}
