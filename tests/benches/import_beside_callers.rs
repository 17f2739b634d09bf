//! What an import costs the people who work meanwhile: AcceptHandoff and RecordActivity, some callers on the importing
//! tenant and some on another one, without an import and beside one, in turns. The ratio of the two is the figure.
//!
//! A private Postgres with fsync on, the qualification service and the clients all share the processors.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Parser;
use handoff_domain::actor::Side;
use handoff_domain::id::IdSource;
use handoff_proto::common::v1::Side as PbSide;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::history_entry::Entry;
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_qualification::{Config, start};
use handoff_runtime::client::{Caller, Peer, connect};
use handoff_runtime::config::ServiceConfig;
use handoff_runtime::shutdown::Shutdown;
use handoff_runtime::{clock, convert};
use handoff_store::entropy;
use handoff_tests::postgres::Postgres;
use tokio::task::JoinSet;
use uuid::Uuid;

type Client = QualificationServiceClient<Peer>;

/// The importing tenant, and one that only works.
const TENANTS: [&str; 2] = ["importing", "working"];

/// AcceptHandoff and RecordActivity with and without an import.
#[derive(Debug, Parser)]
struct Arguments {
    /// Rounds without and with an import in turn.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// How long each half of a round lasts.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Callers of each tenant, each with one call at a time.
    #[arg(long, default_value_t = 4)]
    callers: usize,
    /// Handoffs of each tenant that wait to be accepted.
    #[arg(long, default_value_t = 12_000)]
    handoffs: u64,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Milliseconds of the calls of one tenant: accepted, recorded.
type Seen = [[Vec<f64>; 2]; 2];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let postgres = Postgres::start().await?;
    let shutdown = Shutdown::new();
    let config = Config { service: ServiceConfig::on_loopback(postgres.url()?) };
    let running = start(config, shutdown.clone()).await?;
    let endpoint = running.endpoint();
    let mut supplies = Vec::new();
    for tenant in TENANTS {
        eprintln!("{tenant}: {} handoffs …", arguments.handoffs);
        supplies.push(Arc::new(found(&endpoint, tenant, arguments.handoffs).await?));
    }

    let (mut quiet, mut busy, mut imported) = (Seen::default(), Seen::default(), Vec::new());
    let time = Duration::from_secs(arguments.seconds);
    for round in 1..=arguments.rounds {
        eprintln!("round {round} of {} …", arguments.rounds);
        call(&endpoint, &supplies, arguments.callers, time, &mut quiet).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let import =
            tokio::spawn(import_until(client(&endpoint, TENANTS[0], "mia").await?, round, stop.clone()));
        let started = Instant::now();
        call(&endpoint, &supplies, arguments.callers, time, &mut busy).await?;
        stop.store(true, Ordering::Relaxed);
        imported.push(import.await?? as f64 / started.elapsed().as_secs_f64());
    }

    let rate = imported.iter().sum::<f64>() / imported.len().max(1) as f64;
    eprintln!("{rate:.0} items a second were imported beside the callers");
    eprintln!("tenant     call              p50 ms  beside  ratio    p99 ms  beside  ratio");
    for (tenant, name) in TENANTS.iter().enumerate() {
        for (kind, call) in ["AcceptHandoff", "RecordActivity"].iter().enumerate() {
            let (without, with) = (&mut quiet[tenant][kind], &mut busy[tenant][kind]);
            let [p50, p50_with] = [percentile(without, 50), percentile(with, 50)];
            let [p99, p99_with] = [percentile(without, 99), percentile(with, 99)];
            eprintln!(
                "{name:<10} {call:<16} {p50:>7.1} {p50_with:>7.1} {:>6.2}   {p99:>7.1} {p99_with:>7.1} {:>6.2}",
                p50_with / p50,
                p99_with / p99
            );
            println!(
                "{{\"tenant\":\"{name}\",\"call\":\"{call}\",\"p50_ms\":{p50:.3},\"p50_ms_beside\":{p50_with:.3},\
                 \"p99_ms\":{p99:.3},\"p99_ms_beside\":{p99_with:.3},\"imported_per_second\":{rate:.0}}}"
            );
        }
    }
    shutdown.request();
    running.join().await;
    Ok(())
}

/// What is there to be accepted, in no particular order.
struct Supply {
    handoffs: Vec<String>,
    leads: Vec<String>,
    next: AtomicU64,
}

/// All callers at once, each with a call after the other: accept, record, accept …
async fn call(
    endpoint: &str,
    supplies: &[Arc<Supply>],
    callers: usize,
    time: Duration,
    seen: &mut Seen,
) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    for (tenant, supply) in supplies.iter().enumerate() {
        for _ in 0..callers {
            let (supply, mut client) = (Arc::clone(supply), client(endpoint, TENANTS[tenant], "sara").await?);
            tasks.spawn(async move {
                let mut took = [Vec::new(), Vec::new()];
                while started.elapsed() < time {
                    let next = supply.next.fetch_add(1, Ordering::Relaxed) as usize;
                    let Some(name) = supply.handoffs.get(next).cloned() else {
                        bail!("no handoff is left to be accepted: more with --handoffs")
                    };
                    let sent = Instant::now();
                    let (request_id, etag) = (request_id(), String::new());
                    client.accept_handoff(pb::AcceptHandoffRequest { request_id, name, etag }).await?;
                    took[0].push(sent.elapsed().as_secs_f64() * 1e3);
                    let sent = Instant::now();
                    let lead = supply.leads[next % supply.leads.len()].clone();
                    client
                        .record_activity(pb::RecordActivityRequest {
                            request_id: self::request_id(),
                            lead: Some(pb::LeadRef { lead: Some(pb::lead_ref::Lead::Name(lead)) }),
                            r#type: "VISIT".into(),
                            ..pb::RecordActivityRequest::default()
                        })
                        .await?;
                    took[1].push(sent.elapsed().as_secs_f64() * 1e3);
                }
                Ok((tenant, took))
            });
        }
    }
    while let Some(done) = tasks.join_next().await {
        let (tenant, took) = done??;
        for (kind, took) in took.into_iter().enumerate() {
            seen[tenant][kind].extend(took);
        }
    }
    Ok(())
}

/// Imports ever more leads with a history each; how many were answered.
async fn import_until(mut client: Client, round: u32, stop: Arc<AtomicBool>) -> anyhow::Result<u64> {
    let items = (0_u64..).map_while(move |number| {
        (!stop.load(Ordering::Relaxed)).then(|| item(&format!("round-{round}-{number}"), "users/sam"))
    });
    let mut answers = client.import(tokio_stream::iter(items)).await?.into_inner();
    let mut answered = 0;
    while answers.message().await?.is_some() {
        answered += 1;
    }
    Ok(answered)
}

/// A tenant with people, and with leads that wait for Sara.
async fn found(endpoint: &str, tenant: &str, handoffs: u64) -> anyhow::Result<Supply> {
    let mut system = QualificationServiceClient::new(connect(endpoint, &Caller::service("benchmark")).await?);
    let founded = pb::Tenant {
        name: format!("tenants/{tenant}"),
        time_zone: "Europe/Rome".into(),
        currency_code: "EUR".into(),
        ..pb::Tenant::default()
    };
    let request_id = request_id();
    system.create_tenant(pb::CreateTenantRequest { request_id, tenant: Some(founded) }).await?;
    let mut client = client(endpoint, tenant, "mia").await?;
    for slug in ["sara", "sam"] {
        let user = Some(pb::User {
            name: format!("users/{slug}"),
            side: PbSide::Sales.into(),
            active: true,
            ..pb::User::default()
        });
        client.put_user(pb::PutUserRequest { request_id: self::request_id(), user }).await?;
    }
    let items: Vec<_> = (0..handoffs).map(|number| item(&format!("first-{number}"), "users/sara")).collect();
    let mut answers = client.import(tokio_stream::iter(items)).await?.into_inner();
    let mut leads = Vec::new();
    while let Some(answer) = answers.message().await? {
        match answer.result.context("an answer")? {
            pb::import_response::Result::Imported(item) => leads.push(item.lead),
            pb::import_response::Result::Refused(item) => bail!("{item:?}"),
        }
    }
    let (mut names, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListHandoffsRequest {
            page_size: 1_000,
            page_token,
            owner: "users/sara".into(),
            ..pb::ListHandoffsRequest::default()
        };
        let page = client.list_handoffs(request).await?.into_inner();
        names.extend(page.handoffs.into_iter().map(|handoff| handoff.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(Supply { handoffs: names, leads, next: AtomicU64::new(0) });
        }
    }
}

fn item(key: &str, owner: &str) -> pb::ImportRequest {
    let then = Some(convert::to_timestamp(clock::now() - chrono::TimeDelta::days(3)));
    let entry =
        |entry| pb::HistoryEntry { occur_time: then, entry: Some(entry), ..pb::HistoryEntry::default() };
    let person = pb::Person { email: format!("{key}@example.com"), ..pb::Person::default() };
    let lead = pb::Lead { person: Some(person), ..pb::Lead::default() };
    pb::ImportRequest {
        source_key: key.to_owned(),
        subject: Some(pb::import_request::Subject::Lead(lead)),
        capture_time: then,
        history: vec![
            entry(Entry::Qualified(pb::ImportedQualification {})),
            entry(Entry::Assigned(pb::ImportedAssignment { owner: owner.to_owned() })),
        ],
    }
}

async fn client(endpoint: &str, tenant: &str, user: &str) -> anyhow::Result<Client> {
    let side = if user == "mia" { Side::Marketing } else { Side::Sales };
    let peer = connect(endpoint, &Caller::user(tenant, user, side)).await?;
    Ok(QualificationServiceClient::new(peer).max_decoding_message_size(handoff_runtime::limits::ANSWER_BYTES))
}

fn percentile(times: &mut [f64], percent: usize) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times.get(times.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
}

fn request_id() -> String {
    let id: Uuid = IdSource::new(clock::now(), &mut entropy::ten_bytes).next();
    id.to_string()
}
