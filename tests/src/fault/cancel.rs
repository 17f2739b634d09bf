//! Calls that are given up at random times, more at once than there are connections. A caller who goes away must leave
//! nothing behind: no transaction, no tenant, no half of an effect. Whatever became of a call, the same request sent
//! again gets its answer, and its effect is there once.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream};
use handoff_proto::qualification::v1 as pb;
use handoff_store::scratch::ScratchDatabase;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::apart::Apart;
use crate::endpoints::Endpoints;
use crate::fault::Toll;
use crate::fault::audit::{Findings, audit};
use crate::fault::journey::{Client, by_name, found, marketing};
use crate::fault::ledger::{Ledger, Promise};
use crate::fault::load::TENANTS;
use crate::fault::patience::{answered, done};
use crate::fault::random::Random;

/// Connections of the service, and calls at once.
const CONNECTIONS: &str = "4";
const AT_ONCE: usize = 64;

/// A tenant with a lead that things happen to.
struct Subject {
    tenant: &'static str,
    client: Client,
    external_id: String,
    lead: String,
}

/// Gives up that many calls, or lets them finish where they are quick.
///
/// # Errors
/// When something does not start, or answers what it should not.
pub async fn at_random_times(seed: u64, calls: u64) -> anyhow::Result<Toll> {
    let database = ScratchDatabase::new().await?;
    let services = Apart::on(&database.url(), &["--database-connections", CONNECTIONS]).await?;
    let mut random = Random::new(seed, 0);
    let mut subjects = Vec::new();
    for tenant in TENANTS {
        subjects.push(subject(&services.endpoints, tenant, &mut random).await?);
    }

    let drawn: Vec<_> = (0..calls)
        .map(|call| {
            let subject = &subjects[usize::try_from(call).unwrap_or_default() % subjects.len()];
            // Moments of every magnitude: from at once to past the end of a call.
            let patience = Duration::from_micros(random.below(1 << (call % 17)));
            (subject, activity(subject, &mut random), random.below(4), patience)
        })
        .collect();
    let finished = stream::iter(&drawn)
        .map(|(subject, request, kind, patience)| timeout(*patience, send(subject, request.clone(), *kind)))
        .buffer_unordered(AT_ONCE)
        .filter(|ended| std::future::ready(matches!(ended, Ok(Ok(())))))
        .count()
        .await;
    let cancelled = calls - u64::try_from(finished)?;

    let probed = probe(&subjects).await;
    // Whoever was given up asks again.
    let written = drawn.iter().filter(|(_, _, kind, _)| *kind < WRITES);
    let mut ledgers = BTreeMap::<_, Ledger>::new();
    for subject in &subjects {
        let ledger = ledgers.entry(subject.tenant).or_default();
        ledger.tried.insert(subject.external_id.clone());
        ledger.leads.insert(subject.external_id.clone(), subject.lead.clone());
    }
    let promises: Vec<_> = stream::iter(written)
        .map(|(subject, request, ..)| async move {
            done(&subject.client, request, |mut client, request| async move {
                client.record_activity(request).await
            })
            .await?;
            let id: Uuid = request.request_id.parse()?;
            anyhow::Ok((subject.tenant, id))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let acknowledged = u64::try_from(promises.len() + finished)?;
    for (tenant, request) in promises {
        let ledger = ledgers.entry(tenant).or_default();
        ledger.promises.push(Promise { request, event: "ActivityRecorded" });
    }
    let mut findings = audit(&services.endpoints, &database.url(), &ledgers, Instant::now()).await?;
    findings.broken.extend(probed?.broken);
    services.stop().await?;
    Ok(Toll {
        scenario: "calls are given up",
        faults: (cancelled, "cancelled calls"),
        acknowledged,
        findings,
        recoveries: Vec::new(),
    })
}

async fn subject(
    endpoints: &Endpoints,
    tenant: &'static str,
    random: &mut Random,
) -> anyhow::Result<Subject> {
    found(endpoints, tenant, random).await?;
    let client = endpoints.qualification(&marketing(tenant))?;
    let external_id = format!("X-{tenant}");
    let person = pb::Person { external_id: external_id.clone(), ..pb::Person::default() };
    let request = pb::CaptureLeadRequest {
        request_id: random.uuid().to_string(),
        lead: Some(pb::Lead { person: Some(person), ..pb::Lead::default() }),
        ..pb::CaptureLeadRequest::default()
    };
    let answer =
        done(&client, &request, |mut client, request| async move { client.capture_lead(request).await })
            .await?;
    let lead = answer.lead.context("an answer has its lead")?.name;
    Ok(Subject { tenant, client, external_id, lead })
}

fn activity(subject: &Subject, random: &mut Random) -> pb::RecordActivityRequest {
    pb::RecordActivityRequest {
        request_id: random.uuid().to_string(),
        lead: by_name(&subject.lead),
        r#type: "PAGE_VISITED".into(),
        ..pb::RecordActivityRequest::default()
    }
}

/// Kinds of calls below this one write.
const WRITES: u64 = 2;

/// One call of a kind, without a second try.
async fn send(subject: &Subject, request: pb::RecordActivityRequest, kind: u64) -> Result<(), tonic::Status> {
    let mut client = subject.client.clone();
    match kind {
        0..WRITES => client.record_activity(request).await.map(drop),
        2 => client.get_lead(pb::GetLeadRequest { lead: request.lead }).await.map(drop),
        _ => client.list_handoffs(pb::ListHandoffsRequest::default()).await.map(drop),
    }
}

/// Asks through every connection, for one tenant and the other in turn: each must see its own lead and not the other's.
async fn probe(subjects: &[Subject]) -> anyhow::Result<Findings> {
    let pairs = subjects.iter().flat_map(|asking| subjects.iter().map(move |asked| (asking, asked)));
    let broken: Vec<Option<String>> = stream::iter(pairs.cycle().take(AT_ONCE * 8))
        .map(|(asking, asked)| async move {
            let request = pb::GetLeadRequest { lead: by_name(&asked.lead) };
            let answer = answered(&asking.client, &request, |mut client, request| async move {
                client.get_lead(request).await
            });
            let is_own = asking.tenant == asked.tenant;
            let (seen, told) = (answer.await?, format!("{} asks {}", asking.tenant, asked.lead));
            anyhow::Ok(match seen {
                Ok(answer) if is_own && answer.lead.as_ref().is_some_and(|lead| lead.name == asked.lead) => {
                    None
                }
                Err(status) if !is_own && status.code() == tonic::Code::NotFound => None,
                other => Some(format!("{told} and hears {other:?}")),
            })
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(Findings { broken: broken.into_iter().flatten().collect(), ..Findings::default() })
}
