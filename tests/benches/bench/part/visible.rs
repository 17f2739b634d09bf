//! From an AcceptHandoff to a report that counts it: the time from sending the call until an SQL report has the SQL, when
//! nothing else happens and while 64 other calls accept without a pause. The commit lies within the call, so the times
//! are a little too long, never too short.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use chrono::TimeDelta;
use handoff_domain::actor::Side;
use handoff_proto::reporting::v1 as pb;
use handoff_proto::reporting::v1::reporting_service_client::ReportingServiceClient;
use handoff_runtime::client::{Caller, Peer, connect};
use handoff_runtime::clock;
use handoff_store::batch::Limits;
use handoff_tests::waiting::until;

use super::Setting;
use super::accept::Accepter;
use crate::floor::database::Database;
use crate::load::{End, Load, Sample};
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::rounds::Rounds;
use crate::services::{Connections, Services, waiting_lead};
use crate::supply::Supply;

/// Acceptances whose time is taken while nothing else happens, in a round.
const IDLE: usize = 100;
/// Acceptances of the load of a round.
const LOADED: usize = 8_000;
const LOAD: Load = Load { in_flight: 64, end: End::Calls(LOADED) };

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let rounds = setting.rounds(3);
    let mut database = Database::create(setting.postgres, "visible").await?;
    let services = Services::all(database.url(), Limits::default()).await?;
    let tenant = Connections::open(&services.qualification).await?.found("visible", Side::Sales).await?;
    tenant.put_bob().await?;
    // Half of the load's again for those whose time is taken beside it.
    let wanted = rounds * (IDLE + LOADED * 3 / 2);
    setting.say(&format!("importing {wanted} leads that wait to be accepted"));
    tenant.import((0..wanted).map(waiting_lead)).await?;
    let supply = Arc::new(Supply::new(database.open_handoffs(tenant.id).await?));
    heard(&mut database).await?;
    database.settle().await?;

    let caller = Caller::user(&tenant.slug, "bob", Side::Sales);
    let reports = ReportingServiceClient::new(connect(&services.reporting, &caller).await?);
    let mut prober = Prober { accepter: Accepter::new(&tenant, 0, &supply), reports };
    let (mut idle, mut loaded, mut rate) = (Vec::new(), Vec::new(), Rounds::default());
    let mut accepted = 0;
    for round in 1..=rounds {
        setting.say(&format!("round {round} of {rounds}"));
        let mut alone = Vec::new();
        for _ in 0..IDLE {
            alone.push(prober.probe().await?);
        }
        let running = tokio::spawn({
            let (tenant, supply) = (tenant.clone(), Arc::clone(&supply));
            async move { LOAD.drive(|task| Accepter::new(&tenant, task, &supply)).await }
        });
        let mut beside = Vec::new();
        while !running.is_finished() {
            beside.push(prober.probe().await?);
        }
        let sample = running.await??;
        rate.push(sample.calls_per_second());
        accepted += alone.len() + beside.len() + sample.calls();
        idle.push(Sample::of(alone));
        loaded.push(Sample::of(beside));
        heard(&mut database).await?;
    }
    let reported = prober.report().await?.total.unwrap_or_default().sql_count;
    ensure!(reported == i64::try_from(accepted)?, "{accepted} were accepted, the report has {reported}");
    services.stop().await;
    let sqls = "select count(*) from qualification.lead where stage = 'SQL'";
    database.check(accepted, sqls).await?;
    database.drop().await?;
    Ok(outcome(&idle, &loaded, &rate))
}

/// Waits until sla and reporting have heard everything.
async fn heard(database: &mut Database) -> anyhow::Result<()> {
    let unheard = async || Ok((database.events_unheard().await? == 0).then_some(()));
    until("sla and reporting have heard everything", unheard).await
}

fn outcome(idle: &[Sample], loaded: &[Sample], rate: &Rounds) -> Outcome {
    let mut table = Table::new(
        "from sending AcceptHandoff to the report that counts it",
        &["while", "taken", "p50 ms", "p99 ms", "slowest ms"],
    );
    let of = |samples: &[Sample], percent| -> Rounds {
        samples.iter().map(|sample| sample.percentile_ms(percent)).collect()
    };
    for (name, samples) in [("nothing else happens", idle), ("64 more are in flight", loaded)] {
        table.row([
            Cell::word(name),
            Cell::word(samples.iter().map(Sample::calls).sum::<usize>()),
            Cell::spread(&of(samples, 50), 1),
            Cell::spread(&of(samples, 99), 1),
            Cell::spread(&of(samples, 100), 1),
        ]);
    }
    let claim = |while_: &str, samples| Claim {
        figure: format!("commit to visible in a report, p99, {while_}, ms"),
        value: of(samples, 99),
        decimals: 0,
        goal: 1_000.0,
        floor: 5_000.0,
        better: Better::Lower,
    };
    let claims = vec![claim("idle", idle), claim("64 in flight", loaded)];
    Outcome { tables: vec![table], claims, remarks: vec![format!("the load accepted {rate:.0} a second")] }
}

/// One that accepts and asks the report until it is in.
struct Prober {
    accepter: Accepter,
    reports: ReportingServiceClient<Peer>,
}

impl Prober {
    async fn probe(&mut self) -> anyhow::Result<Duration> {
        let sent = Instant::now();
        let position: i64 = self.accepter.accept().await?.etag.parse()?;
        loop {
            let basis = self.report().await?.basis.context("a report says what it rests on")?;
            if basis.positions.iter().any(|seen| seen.log == "qualification" && seen.position >= position) {
                return Ok(sent.elapsed());
            }
            ensure!(sent.elapsed() < Duration::from_secs(60), "position {position} is not reported");
        }
    }

    /// The SQLs of today, whatever day it is in the tenant's zone.
    async fn report(&mut self) -> anyhow::Result<pb::GetSqlReportResponse> {
        let day = |days| (clock::now().date_naive() + TimeDelta::days(days)).to_string();
        let query = pb::ReportQuery {
            period_kind: pb::PeriodKind::Custom.into(),
            start_date: day(-1),
            end_date: day(2),
            ..pb::ReportQuery::default()
        };
        let request = pb::GetSqlReportRequest { query: Some(query) };
        Ok(self.reports.get_sql_report(request).await?.into_inner())
    }
}
