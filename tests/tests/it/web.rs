//! A service as a process that pages in browsers may call: by buf's client of gRPC-Web, which is a stranger's, and over bare
//! HTTP/1.1 what only browsers do. And what it holds in memory of a bomb of compressed messages.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::future::join_all;
use handoff_proto::event::v1::GetLogHeadRequest;
use handoff_store::scratch::ScratchDatabase;
use handoff_tests::alone::Alone;
use handoff_tests::clients::path_with_clients;
use handoff_tests::company::Company;
use handoff_tests::memory::{forget_highest, resident};
use handoff_tests::process::{Ended, Process, command};
use handoff_tests::sources;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use prost::Message;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::process::Command;
use tonic::codegen::Bytes;

const ORIGIN: &str = "https://app.example.com";
const HEAD: &str = "/handoff.event.v1.EventLogService/GetLogHead";
/// By how much a service may grow for bombs, in bytes: a fraction of what one of them unpacks to.
const GROWTH_MAX: u64 = 64 << 20;
/// What a bomb unpacks to: about a thousand times what is sent.
const BOMB_BYTES: usize = 512 << 20;
const BOMBS: usize = 16;

/// A call by `buf curl`, as Mia of marketing.
async fn buf(service: &Alone, method: &str, arguments: &[&str]) -> anyhow::Result<Ended> {
    let mut command = Command::new("buf");
    command.current_dir(sources::root()).env("PATH", path_with_clients()?);
    command.args(["curl", "--protocol", "grpcweb", "--schema", "proto", "-H", &format!("origin: {ORIGIN}")]);
    for header in ["handoff-tenant: acme", "handoff-user: users/mia", "handoff-side: MARKETING"] {
        command.args(["-H", header]);
    }
    command.args(arguments).arg(format!("http://{}/{method}", service.address));
    Process::start(command)?.ended().await
}

#[tokio::test]
#[cfg_attr(not(test_clients), ignore = "HANDOFF_TEST_CLIENTS is not set")]
async fn a_strangers_client_of_grpc_web_works_over_http1() -> anyhow::Result<()> {
    let database = ScratchDatabase::new().await?;
    let options = ["--insecure-dev", "--grpc-web-origins", ORIGIN, "--compression", "--stream-idle", "1s"];
    let service = Alone::start(&database.url(), &options).await?;
    Company::found(&service.endpoints(), "acme", &[]).await?;

    let capture = r#"{"requestId": "0198e4a2-7c1e-7000-8000-000000000001",
        "lead": {"kind": "LEAD_KIND_B2B", "person": {"email": "grace@example.com"}}}"#;
    let service_name = "handoff.qualification.v1.QualificationService";
    for (time, created) in [("the first time", true), ("the same request again", true)] {
        let said = buf(&service, &format!("{service_name}/CaptureLead"), &["-d", capture]).await?.well()?;
        let answer: Value = serde_json::from_str(&said)?;
        ensure!(answer["created"] == created, "{time}: {answer:#}");
    }
    let head = buf(&service, "handoff.event.v1.EventLogService/GetLogHead", &["-d", "{}"]).await?.well()?;
    let head: Value = serde_json::from_str(&head)?;
    ensure!(head["position"].as_str().is_some_and(|position| position != "0"), "{head:#}");

    // Its details come through, and where there is nothing but a status too.
    let refused = buf(&service, &format!("{service_name}/CaptureLead"), &["-d", "{}"]).await?;
    ensure!(
        refused.stderr.contains("invalid_argument") && refused.stderr.contains("request_id"),
        "{}",
        refused.stderr
    );
    let unknown = ["-d", "{}", "-H", "handoff-roles: OPERATOR"];
    let refused = buf(&service, "handoff.event.v1.EventLogService/GetLogHead", &unknown).await?;
    ensure!(refused.stderr.contains("permission_denied"), "{}", refused.stderr);

    // A stream brings what there is, and its end when nothing came for a while.
    let seen = buf(&service, "handoff.event.v1.EventLogService/SubscribeEvents", &["-d", "{}"]).await?;
    ensure!(seen.stdout.contains("tenantUid") && seen.stdout.contains("leadCaptured"), "{seen:?}");
    ensure!(seen.stderr.contains("unavailable") && seen.stderr.contains("open it again"), "{seen:?}");
    service.stop().await
}

#[tokio::test]
async fn a_browser_asks_first_and_hears_whether_its_page_may_call() -> anyhow::Result<()> {
    let database = ScratchDatabase::new().await?;
    let service = Alone::start(&database.url(), &["--insecure-dev", "--grpc-web-origins", ORIGIN]).await?;
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    for (origin, status) in [(ORIGIN, 200), ("https://evil.example", 403)] {
        let ask = Request::options(format!("http://{}{HEAD}", service.address))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type,x-grpc-web");
        let answer = client.request(ask.body(Empty::new())?).await?;
        assert_eq!(answer.status(), status, "{origin}");
        let allowed = answer.headers().get("access-control-allow-origin");
        assert_eq!(allowed.is_some_and(|allowed| allowed == ORIGIN), status == 200, "{allowed:?}");
        ensure!(answer.into_body().collect().await?.to_bytes().is_empty(), "nothing to read");
    }
    service.stop().await
}

#[tokio::test]
async fn an_origin_that_is_none_refuses_the_start() -> anyhow::Result<()> {
    let database = ["--database-url", "postgres://nowhere/none", "--insecure-dev"];
    for origins in ["*", "https://app.example.com/", "app.example.com", "https://app.example.com,*"] {
        let mut command = command("handoff-sla")?;
        command.args(database).args(["--grpc-web-origins", origins]);
        let told = Process::start(command)?.ended().await?.refused(2)?;
        ensure!(told.contains("--grpc-web-origins") && told.contains("https://app.example.com"), "{told}");
    }
    Ok(())
}

/// A message of zeros, compressed, in a frame that says so.
fn bomb() -> anyhow::Result<Bytes> {
    // What a message would begin with: its only field, as long as all the rest.
    let begin = GetLogHeadRequest { tenant_uid: "\0".into() }.encode_to_vec();
    let mut encoder = GzEncoder::new(vec![1, 0, 0, 0, 0], Compression::default());
    encoder.write_all(&begin[..1])?;
    let zeros = vec![0; 1 << 20];
    for _ in 0..BOMB_BYTES >> 20 {
        encoder.write_all(&zeros)?;
    }
    let mut frame = encoder.finish()?;
    let length = u32::try_from(frame.len() - 5)?;
    frame[1..5].copy_from_slice(&length.to_be_bytes());
    Ok(frame.into())
}

/// Gives the code of gRPC that it is answered.
async fn throw(service: &Alone, bomb: Bytes, headers: &[(&str, &str)]) -> anyhow::Result<String> {
    let tcp = TcpStream::connect(service.address).await?;
    let (sender, connection) = h2::client::handshake(tcp).await?;
    let connection = tokio::spawn(connection);
    let mut request = Request::post(format!("http://{}{HEAD}", service.address))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-encoding", "gzip");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (answer, mut body) = sender.ready().await?.send_request(request.body(())?, false)?;
    // Who is refused before it was read need not have sent it all.
    let _ = body.send_data(bomb, true);
    let answer = answer.await?;
    connection.abort();
    let code = answer.headers().get("grpc-status").context("a refusal and nothing else")?;
    Ok(code.to_str()?.to_owned())
}

#[tokio::test]
async fn a_bomb_of_compressed_messages_is_refused_without_the_memory_of_it() -> anyhow::Result<()> {
    let database = ScratchDatabase::new().await?;
    let service = Alone::start(&database.url(), &["--insecure-dev", "--compression"]).await?;
    let bomb = bomb()?;
    ensure!(BOMB_BYTES / bomb.len() > 900, "a bomb of {} bytes is none", bomb.len());
    let ada = [("handoff-tenant", "acme"), ("handoff-user", "users/ada"), ("handoff-side", "SALES")];
    // Warm, and still small.
    assert_eq!(throw(&service, bomb.clone(), &ada).await?, "8", "RESOURCE_EXHAUSTED");
    forget_highest(service.pid()?)?;
    let before = resident(service.pid()?)?.now;
    let thrown = tokio::time::timeout(
        Duration::from_secs(60),
        join_all((0..BOMBS).map(|_| throw(&service, bomb.clone(), &ada))),
    );
    for code in thrown.await? {
        assert_eq!(code?, "8");
    }
    assert_eq!(throw(&service, bomb.clone(), &[]).await?, "16", "UNAUTHENTICATED, whatever it sends");
    let grown = resident(service.pid()?)?.highest.saturating_sub(before);
    println!(
        "{BOMBS} bombs of {} bytes, {} unpacked: +{:.1} MiB",
        bomb.len(),
        BOMB_BYTES,
        grown as f64 / f64::from(1 << 20)
    );
    ensure!(grown < GROWTH_MAX, "the service grew by {grown} bytes");
    service.stop().await
}
