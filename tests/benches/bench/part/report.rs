//! The MQL, the SQL and the velocity report over twelve months, at a hundred thousand hand-overs and at a million, beside
//! raw SQL over the facts that gives the same main figures; all three are held to be equal. The facts are made in bulk
//! (floor/facts.sql), and the service builds its rollups from them, as it does after an upgrade.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use handoff_domain::actor::Side;
use handoff_proto::reporting::v1 as pb;
use handoff_proto::reporting::v1::reporting_service_client::ReportingServiceClient;
use handoff_runtime::client::{Caller, Peer, connect};
use handoff_runtime::shutdown::Shutdown;
use handoff_store::batch::Limits;
use handoff_tests::waiting::until;

use super::Setting;
use crate::floor::database::Database;
use crate::floor::facts::{MqlMonth, SqlMonth, VelocityMonth};
use crate::load::Sample;
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::rounds::Rounds;
use crate::services::{Connections, Services, Tenant};

const HANDOFFS: [usize; 2] = [100_000, 1_000_000];
/// Calls of each report in a round, and of each statement.
const CALLS: usize = 40;
const STATEMENTS: usize = 3;
/// How long rollups of the million may take to build.
const PATIENCE: Duration = Duration::from_secs(900);

/// A report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Report {
    Mql,
    Sql,
    Velocity,
}

/// What was seen of a report at one size.
struct Seen {
    report: Report,
    handoffs: usize,
    p50_ms: Rounds,
    p95_ms: Rounds,
    raw_ms: Rounds,
}

/// A tenant with so many hand-overs, and who asks about them.
struct Asked {
    handoffs: usize,
    tenant: Tenant,
    reports: ReportingServiceClient<Peer>,
}

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let rounds = setting.rounds(5);
    let mut database = Database::create(setting.postgres, "report").await?;
    let mut remarks = Vec::new();
    let tenants = found(&mut database).await?;
    for (handoffs, tenant) in &tenants {
        setting.say(&format!("making {handoffs} hand-overs"));
        let took = database.make_facts(tenant.id, *handoffs).await?.as_secs_f64();
        remarks.push(format!("{handoffs} hand-overs were made in {took:.0} s, three facts each"));
    }
    database.settle().await?;
    let rolls_up = database.has_rollups().await?;
    if rolls_up {
        database.forget_rollups().await?;
    }
    let services = Services::all(database.url(), Limits::default()).await?;
    if rolls_up {
        setting.say("waiting for the rollups");
        let took = built(&mut database, tenants.len()).await?.as_secs_f64();
        let handoffs: usize = HANDOFFS.iter().sum();
        let rate = handoffs as f64 / took;
        remarks.push(format!("the rollups of both were built in {took:.0} s, {rate:.0} hand-overs a second"));
        database.settle().await?;
    } else {
        remarks.push("this build keeps no rollups: the reports are computed from facts".to_owned());
    }

    let mut asked = Vec::new();
    for (handoffs, tenant) in tenants {
        let caller = Caller::user(&tenant.slug, "bob", Side::Sales);
        let reports = ReportingServiceClient::new(connect(&services.reporting, &caller).await?);
        asked.push(Asked { handoffs, tenant, reports });
    }
    let mut seen = Vec::new();
    for report in [Report::Mql, Report::Sql, Report::Velocity] {
        for asked in &mut asked {
            report.check(asked, &mut database, rolls_up).await?;
            let (p50_ms, p95_ms, raw_ms) = Default::default();
            seen.push(Seen { report, handoffs: asked.handoffs, p50_ms, p95_ms, raw_ms });
        }
    }
    for round in 1..=rounds {
        setting.say(&format!("round {round} of {rounds}"));
        for seen in &mut seen {
            let Some(asked) = asked.iter_mut().find(|asked| asked.handoffs == seen.handoffs) else {
                continue;
            };
            seen.round(asked, &mut database).await?;
        }
    }
    services.stop().await;
    database.drop().await?;
    Ok(outcome(&seen, remarks))
}

/// The tenants, as all services come to know of them; the services are stopped again.
async fn found(database: &mut Database) -> anyhow::Result<Vec<(usize, Tenant)>> {
    let services = Services::all(database.url(), Limits::default()).await?;
    let connections = Connections::open(&services.qualification).await?;
    let mut tenants = Vec::new();
    for handoffs in HANDOFFS {
        tenants.push((handoffs, connections.found(&format!("of-{handoffs}"), Side::Sales).await?));
    }
    let unheard = async || Ok((database.events_unheard().await? == 0).then_some(()));
    until("sla and reporting have heard of the tenants", unheard).await?;
    services.stop().await;
    Ok(tenants)
}

/// Waits until every tenant has rollups; how long that took.
async fn built(database: &mut Database, tenants: usize) -> anyhow::Result<Duration> {
    let started = Instant::now();
    while database.rolled_up().await? < i64::try_from(tenants)? {
        if started.elapsed() > PATIENCE {
            bail!("the rollups are not built after {PATIENCE:?}");
        }
        Shutdown::new().pause(Duration::from_millis(100)).await;
    }
    Ok(started.elapsed())
}

impl Seen {
    async fn round(&mut self, asked: &mut Asked, database: &mut Database) -> anyhow::Result<()> {
        let mut times = Vec::new();
        for _ in 0..CALLS {
            let sent = Instant::now();
            self.report.ask(asked).await?;
            times.push(sent.elapsed());
        }
        let sample = Sample::of(times);
        self.p50_ms.push(sample.percentile_ms(50));
        self.p95_ms.push(sample.percentile_ms(95));
        let mut times = Vec::new();
        for _ in 0..STATEMENTS {
            let sent = Instant::now();
            self.report.raw(asked, database).await?;
            times.push(sent.elapsed());
        }
        self.raw_ms.push(Sample::of(times).percentile_ms(50));
        Ok(())
    }
}

/// What a report says of its months, in the shape of the statement that says the same.
#[derive(Debug, PartialEq)]
enum Said {
    Mql(Vec<MqlMonth>),
    Sql(Vec<SqlMonth>),
    Velocity(Vec<VelocityMonth>),
}

impl Report {
    fn name(self) -> &'static str {
        match self {
            Self::Mql => "MQL",
            Self::Sql => "SQL",
            Self::Velocity => "velocity",
        }
    }

    /// The report and where it comes from.
    async fn ask(self, asked: &mut Asked) -> anyhow::Result<(Said, pb::ReportBasis)> {
        let query = Some(pb::ReportQuery {
            start_date: "2025-11-01".into(),
            end_date: "2026-11-01".into(),
            ..pb::ReportQuery::default()
        });
        let start = |key: Option<pb::RowKey>| key.unwrap_or_default().start_date;
        Ok(match self {
            Self::Mql => {
                let answer =
                    asked.reports.get_mql_report(pb::GetMqlReportRequest { query }).await?.into_inner();
                let months = answer.rows.into_iter().map(|row| MqlMonth {
                    start: start(row.key),
                    mqls: row.mql_count,
                    accepted: row.cohort_efficiency.unwrap_or_default().numerator,
                });
                (Said::Mql(months.collect()), answer.basis.unwrap_or_default())
            }
            Self::Sql => {
                let answer =
                    asked.reports.get_sql_report(pb::GetSqlReportRequest { query }).await?.into_inner();
                let months = answer.rows.into_iter().map(|row| {
                    let rate = row.acceptance_rate.unwrap_or_default();
                    SqlMonth {
                        start: start(row.key),
                        accepted: row.sql_count,
                        rejected: rate.denominator - rate.numerator,
                        won: row.won_count,
                    }
                });
                (Said::Sql(months.collect()), answer.basis.unwrap_or_default())
            }
            Self::Velocity => {
                let request = pb::GetVelocityReportRequest { query, ..Default::default() };
                let answer = asked.reports.get_velocity_report(request).await?.into_inner();
                let number = |text: Option<String>| text.unwrap_or_default().parse::<f64>();
                let mut months = Vec::new();
                for row in answer.rows {
                    let (mean, p90) = (number(row.mean)?, number(row.p90)?);
                    months.push(VelocityMonth {
                        start: start(row.key),
                        samples: row.sample_count,
                        mean,
                        p90,
                    });
                }
                (Said::Velocity(months), answer.basis.unwrap_or_default())
            }
        })
    }

    /// The same by SQL.
    async fn raw(self, asked: &Asked, database: &mut Database) -> anyhow::Result<Said> {
        let tenant = asked.tenant.id;
        Ok(match self {
            Self::Mql => Said::Mql(database.mql(tenant).await?),
            Self::Sql => Said::Sql(database.sql(tenant).await?),
            Self::Velocity => Said::Velocity(database.velocity(tenant).await?),
        })
    }

    /// Both say the same.
    async fn check(self, asked: &mut Asked, database: &mut Database, rolls_up: bool) -> anyhow::Result<()> {
        let (said, basis) = self.ask(asked).await?;
        let is_from_facts = basis.source() == pb::Source::Facts;
        ensure!(is_from_facts != rolls_up, "{} comes from {:?}", self.name(), basis.source());
        let raw = self.raw(asked, database).await?;
        ensure!(said.agrees_with(&raw), "{}: the report says {said:?}, SQL {raw:?}", self.name());
        Ok(())
    }
}

impl Said {
    /// Equal: to the last one in counts, to a millionth in means, and within the histogram's error in percentiles.
    fn agrees_with(&self, raw: &Self) -> bool {
        match (self, raw) {
            (Self::Velocity(said), Self::Velocity(raw)) => {
                let near = |said: f64, raw: f64, error: f64| (said - raw).abs() <= raw.abs() * error;
                said.len() == raw.len()
                    && said.iter().zip(raw).all(|(said, raw)| {
                        said.start == raw.start
                            && said.samples == raw.samples
                            && near(said.mean, raw.mean, 1e-6)
                            && near(said.p90, raw.p90, HISTOGRAM_ERROR)
                    })
            }
            _ => self == raw,
        }
    }
}

/// The relative error that docs/METRICS.md states for percentiles of a rollup, and room for the rounding of the last
/// place.
const HISTOGRAM_ERROR: f64 = 0.02;

fn outcome(seen: &[Seen], remarks: Vec<String>) -> Outcome {
    let mut table = Table::new(
        "reports over twelve months, a row a month",
        &["report", "hand-overs", "p50 ms", "p95 ms", "raw SQL, ms", "p95 ÷ that of the smaller"],
    );
    let mut claims = Vec::new();
    for one in seen {
        let [small, large] = HANDOFFS;
        let smaller = seen.iter().find(|other| other.report == one.report && other.handoffs == small);
        let growth = smaller.filter(|_| one.handoffs == large).map(|small| one.p95_ms.against(&small.p95_ms));
        table.row([
            Cell::word(one.report.name()),
            Cell::word(one.handoffs),
            Cell::spread(&one.p50_ms, 1),
            Cell::spread(&one.p95_ms, 1),
            Cell::spread(&one.raw_ms, 1),
            growth.as_ref().map_or(Cell::word("-"), |growth| Cell::spread(growth, 2)),
        ]);
        let Some(growth) = growth else { continue };
        let name = one.report.name();
        claims.push(Claim {
            figure: format!("{name} report at {large} hand-overs, p95 in ms"),
            value: one.p95_ms.clone(),
            decimals: 1,
            goal: 30.0,
            floor: 100.0,
            better: Better::Lower,
        });
        claims.push(Claim {
            figure: format!("{name} report, p95 at {large} ÷ p95 at {small} hand-overs"),
            value: growth,
            decimals: 2,
            goal: 1.25,
            floor: 1.5,
            better: Better::Lower,
        });
    }
    Outcome { tables: vec![table], claims, remarks }
}
