//! The memory of each service as a process of its own, the programs as they are built: after their start, after some
//! traffic, and under load. What a process holds is what the kernel says: RSS counts pages that processes share once for
//! each of them, PSS shares them out.

use std::fs;
use std::time::Duration;

use anyhow::Context;
use handoff_domain::actor::Side;
use handoff_proto::reporting::v1::reporting_service_client::ReportingServiceClient;
use handoff_proto::reporting::v1::{GetMqlReportRequest, GetVelocityReportRequest, ReportQuery};
use handoff_runtime::client::{Caller, connect};
use handoff_runtime::shutdown::Shutdown;
use handoff_tests::process::{Process, command};
use handoff_tests::waiting::until;
use serde_json::Value;

use super::Setting;
use crate::floor::database::Database;
use crate::load::{End, Load};
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::population::Population;
use crate::rounds::Rounds;
use crate::services::Connections;

/// How long nothing happens before memory is read.
const REST: Duration = Duration::from_secs(3);
/// Leads that are captured, handed over and accepted one after the other: a minute of a busy office.
const SMALL_TRAFFIC: usize = 60;
/// The reading that counts as idle: whoever has never been called holds less, and is of no use yet.
const IDLE: &str = "some traffic";
const LOAD: Load = Load { in_flight: 64, end: End::After(Duration::from_secs(8)) };

/// What a process holds, in MB of a million bytes.
#[derive(Debug, Clone, Copy)]
struct Held {
    rss: f64,
    pss: f64,
    /// Of `rss`: what is not pages of files, so heap and stacks.
    own: f64,
    highest: f64,
    threads: u32,
}

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let mut database = Database::create(setting.postgres, "memory").await?;
    let url = database.url().to_owned();
    let qualification = Service::start("qualification", &url, &[]).await?;
    let peer = qualification.endpoint.clone();
    let sla = Service::start("sla", &url, &["--qualification", &peer]).await?;
    let peers = ["--qualification", &peer, "--sla", &sla.endpoint];
    let reporting = Service::start("reporting", &url, &peers).await?;
    let endpoint = reporting.endpoint.clone();
    let services = [qualification, sla, reporting];

    let mut table = Table::new(
        "memory of the services, MB",
        &["after", "service", "RSS", "PSS", "heap and stacks", "highest RSS", "threads"],
    );
    let mut claims = Vec::new();
    let mut read = |after: &str, table: &mut Table| -> anyhow::Result<()> {
        for service in &services {
            let (name, held) = (service.name, Held::of(&service.process)?);
            table.row([
                Cell::word(after),
                Cell::word(name),
                Cell::number(held.rss, 1),
                Cell::number(held.pss, 1),
                Cell::number(held.own, 1),
                Cell::number(held.highest, 1),
                Cell::word(held.threads),
            ]);
            if after == IDLE {
                claims.push(Claim {
                    figure: format!("idle memory of {name}, RSS in MB"),
                    value: Rounds::once(held.rss),
                    decimals: 1,
                    goal: 25.0,
                    floor: 64.0,
                    better: Better::Lower,
                });
            }
        }
        Ok(())
    };
    setting.say("resting after the start");
    rest().await;
    read("the start", &mut table)?;

    setting.say("some traffic");
    let connections = Connections::open(&peer).await?;
    let tenant = connections.found("memory", Side::Sales).await?;
    tenant.put_bob().await?;
    for number in 0..SMALL_TRAFFIC {
        tenant.capture_and_accept(number).await?;
    }
    heard(&mut database).await?;
    let caller = Caller::user("memory", "bob", Side::Sales);
    let mut reports = ReportingServiceClient::new(connect(&endpoint, &caller).await?);
    for _ in 0..SMALL_TRAFFIC {
        let query = || {
            let (start_date, end_date) = ("2026-01-01".into(), "2027-01-01".into());
            Some(ReportQuery { start_date, end_date, ..ReportQuery::default() })
        };
        reports.get_mql_report(GetMqlReportRequest { query: query() }).await?;
        let request = GetVelocityReportRequest { query: query(), ..GetVelocityReportRequest::default() };
        reports.get_velocity_report(request).await?;
    }
    rest().await;
    read(IDLE, &mut table)?;

    setting.say("64 in flight");
    let population = Population::found(&connections, 16).await?;
    let recorded = LOAD.drive(|task| population.recorder(task)).await?;
    let captured = LOAD.drive(|task| population.capturer(task)).await?;
    read("load", &mut table)?;
    heard(&mut database).await?;
    rest().await;
    read("load, at rest again", &mut table)?;
    database.check(recorded.calls(), "select count(*) from qualification.activity").await?;
    let leads = captured.calls() + Population::LEADS + SMALL_TRAFFIC;
    database.check(leads, "select count(*) from reporting.lead_fact where known_to is null").await?;

    for service in services {
        service.process.stop().await?.well()?;
    }
    database.drop().await?;
    let remark = format!(
        "load: {:.0} activities and {:.0} captures a second",
        recorded.calls_per_second(),
        captured.calls_per_second()
    );
    Ok(Outcome { tables: vec![table], claims, remarks: vec![remark] })
}

/// A service as a process of its own.
struct Service {
    name: &'static str,
    process: Process,
    endpoint: String,
}

impl Service {
    /// Starts it and waits until it serves.
    async fn start(name: &'static str, url: &str, peers: &[&str]) -> anyhow::Result<Self> {
        let mut command = command(&format!("handoff-{name}"))?;
        command.args(["--database-url", url, "--listen", "127.0.0.1:0"]);
        command.args(["--health-listen", "127.0.0.1:0", "--insecure-dev"]).args(peers);
        let mut process = Process::start(command)?;
        // A line of the log, as a machine reads it: stderr is no terminal here.
        let serving = |line: &str| {
            let line: Value = serde_json::from_str(line).ok()?;
            (line["message"] == "serving").then(|| line["address"].as_str().map(str::to_owned)).flatten()
        };
        let address = process.logs("where it serves", serving).await.context(name)?;
        Ok(Self { name, process, endpoint: format!("http://{address}") })
    }
}

async fn rest() {
    Shutdown::new().pause(REST).await;
}

/// Waits until sla and reporting have heard everything.
async fn heard(database: &mut Database) -> anyhow::Result<()> {
    let unheard = async || Ok((database.events_unheard().await? == 0).then_some(()));
    until("sla and reporting have heard everything", unheard).await
}

impl Held {
    fn of(process: &Process) -> anyhow::Result<Self> {
        let pid = process.pid()?.as_raw_nonzero();
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        Ok(Self {
            rss: megabytes(&rollup, "Rss:")?,
            pss: megabytes(&rollup, "Pss:")?,
            own: megabytes(&status, "RssAnon:")?,
            highest: megabytes(&status, "VmHWM:")?,
            threads: field(&status, "Threads:")?.parse()?,
        })
    }
}

/// A size that the kernel gives in units of 1,024 bytes.
fn megabytes(text: &str, name: &str) -> anyhow::Result<f64> {
    Ok(field(text, name)?.parse::<f64>()? * 1_024.0 / 1e6)
}

fn field<'a>(text: &'a str, name: &str) -> anyhow::Result<&'a str> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next())
        .with_context(|| format!("the kernel tells no {name}"))
}
