//! A process that is replaced under load: nobody who honours GOAWAY notices.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context, ensure};
use handoff_proto::event::v1::SubscribeEventsRequest;
use handoff_proto::qualification::v1::{self as pb, import_request::Subject};
use handoff_runtime::{clock, convert};
use handoff_store::scratch::ScratchDatabase;
use handoff_tests::apart::{Apart, Name};
use handoff_tests::company::Company;
use handoff_tests::polite::Polite;
use handoff_tests::process::{Process, command};
use handoff_tests::waiting::until;
use prost::Message;
use tokio::task::JoinSet;
use uuid::Uuid;

const TENANT: &str = "acme";
const HEADERS: [(&str, &str); 3] =
    [("handoff-tenant", TENANT), ("handoff-user", "users/tests"), ("handoff-side", "SYSTEM")];
const CALLERS: usize = 8;
const IMPORTED: usize = 50;

/// An id that nothing else in this test has.
fn id() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    Uuid::from_u64_pair(0x4000, 0x8000_0000_0000_0000 | LAST.fetch_add(1, Ordering::SeqCst)).to_string()
}

fn captured(external_id: String) -> pb::Lead {
    let person = pb::Person { external_id, ..pb::Person::default() };
    pb::Lead { person: Some(person), ..pb::Lead::default() }
}

fn capture() -> (&'static str, Vec<pb::CaptureLeadRequest>) {
    let request = pb::CaptureLeadRequest {
        request_id: id(),
        lead: Some(captured(id())),
        ..pb::CaptureLeadRequest::default()
    };
    ("/handoff.qualification.v1.QualificationService/CaptureLead", vec![request])
}

fn import() -> (&'static str, Vec<pb::ImportRequest>) {
    let item = |_| {
        let key = id();
        pb::ImportRequest {
            source_key: format!("tests/{key}"),
            subject: Some(Subject::Lead(captured(key))),
            capture_time: Some(convert::to_timestamp(clock::now())),
            history: Vec::new(),
        }
    };
    ("/handoff.qualification.v1.QualificationService/Import", (0..IMPORTED).map(item).collect())
}

fn subscribe() -> (&'static str, Vec<SubscribeEventsRequest>) {
    ("/handoff.event.v1.EventLogService/SubscribeEvents", vec![SubscribeEventsRequest::default()])
}

/// Calls one after the other until told to stop. By then it must have moved on to the second address.
async fn call<M: Message>(
    addresses: [SocketAddr; 2],
    answered: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    make: impl Fn() -> (&'static str, Vec<M>),
) -> anyhow::Result<()> {
    let mut client = Polite::new(&addresses, &HEADERS)?;
    while !stop.load(Ordering::SeqCst) {
        let (path, messages) = make();
        let answer = client.call(path, &messages).await.with_context(|| path.to_owned())?;
        ensure!(answer.status == 0, "{path}: {answer:?}");
        answered.fetch_add(1, Ordering::SeqCst);
    }
    ensure!(client.address() == addresses[1], "it was never told to go away");
    Ok(())
}

/// Follows the log to its end, which only a server that stops makes.
async fn follow(address: SocketAddr) -> anyhow::Result<()> {
    let mut client = Polite::new(&[address], &HEADERS)?;
    let (path, messages) = subscribe();
    let answer = client.call(path, &messages).await.with_context(|| path.to_owned())?;
    ensure!(answer.status == 0 && answer.messages > 0, "{path}: {answer:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_honours_goaway_sees_no_failed_call_when_a_process_is_replaced() -> anyhow::Result<()> {
    let database = ScratchDatabase::new().await?;
    let mut services = Apart::on(&database.url(), &["--drain-wait", "1s"]).await?;
    Company::found(&services.endpoints, TENANT, &[]).await?;
    let other = services.another(Name::Qualification).await?;
    let address = |endpoint: &str| -> anyhow::Result<SocketAddr> {
        Ok(endpoint.trim_start_matches("http://").parse()?)
    };
    let addresses = [address(&services.endpoints.qualification)?, address(&other.endpoint())?];

    let (answered, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut calls = JoinSet::new();
    for _ in 0..CALLERS {
        calls.spawn(call(addresses, Arc::clone(&answered), Arc::clone(&stop), capture));
    }
    for _ in 0..2 {
        calls.spawn(call(addresses, Arc::clone(&answered), Arc::clone(&stop), import));
        calls.spawn(follow(addresses[0]));
    }
    let more = async |calls: u64| {
        let target = answered.load(Ordering::SeqCst) + calls;
        until("calls are answered", async || Ok((answered.load(Ordering::SeqCst) >= target).then_some(())))
            .await
    };
    more(200).await?;
    services.stop_one(Name::Qualification).await?;
    more(200).await?;
    stop.store(true, Ordering::SeqCst);
    while let Some(ended) = calls.join_next().await {
        ended??;
    }
    other.stop().await?;
    services.stop().await
}

#[tokio::test]
async fn asked_twice_a_process_stops_at_once() -> anyhow::Result<()> {
    let database = ScratchDatabase::new().await?;
    let mut command = command("handoff-qualification")?;
    command.args(["--database-url", &database.url(), "--listen", "127.0.0.1:0"]);
    command.args(["--health-listen", "127.0.0.1:0", "--insecure-dev", "--drain-wait", "5m"]);
    let mut process = Process::start(command)?;
    process.logs("that it serves", |line| line.contains("\"serving\"").then_some(())).await?;
    process.ask_to_stop()?;
    process.logs("that it stops", |line| line.contains("once more to stop at once").then_some(())).await?;
    let ended = process.stop().await?;
    assert_eq!(ended.status.code(), Some(128 + 15), "{}", ended.stderr);
    Ok(())
}
