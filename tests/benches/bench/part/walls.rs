//! What the walls cost: durable RecordActivity of one tenant with row-level security and without, and by verified access
//! tokens instead of headers that are believed. Each has a database and a service of its own; they take turns.

use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use handoff_qualification::Config;
use handoff_runtime::client::{Credentials, TokenFile};
use handoff_store::batch::Limits;
use handoff_tests::issuer::TokenIssuer;

use super::Setting;
use crate::floor::database::Database;
use crate::load::{End, Load};
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::population::Population;
use crate::series::Series;
use crate::services::{Connections, Services};

/// Short, and many to a round: what a shared host does to one of them it then does to all.
const LOAD: Load = Load { in_flight: 256, end: End::After(Duration::from_secs(1)) };
const TURNS: usize = 4;

/// How a service is walled.
struct Walls {
    name: &'static str,
    /// Its name again, for a database.
    database: &'static str,
    row_level_security: bool,
    tokens: bool,
}

const BOTH: Walls = Walls {
    name: "row-level security, tokens",
    database: "walls_both",
    row_level_security: true,
    tokens: true,
};
const ROWS: Walls = Walls {
    name: "row-level security, headers",
    database: "walls_rows",
    row_level_security: true,
    tokens: false,
};
const NONE: Walls =
    Walls { name: "neither", database: "walls_none", row_level_security: false, tokens: false };

struct Ground {
    walls: Walls,
    database: Database,
    services: Services,
    population: Population,
    series: Series,
}

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let issuer = TokenIssuer::new()?;
    let mut grounds = Vec::new();
    for walls in [BOTH, ROWS, NONE] {
        grounds.push(Ground::lay(setting, &issuer, walls).await?);
    }
    let rounds = setting.rounds(7);
    for round in 1..=rounds {
        setting.say(&format!("round {round} of {rounds}"));
        for _ in 0..TURNS {
            // Nobody is always first.
            grounds.rotate_left(1);
            for ground in &mut grounds {
                ground.slice(setting).await?;
            }
        }
    }
    grounds.sort_by_key(|ground| (!ground.walls.tokens, !ground.walls.row_level_security));
    for ground in &mut grounds {
        let recorded = ground.series.calls;
        ground.database.check(recorded, "select count(*) from qualification.activity").await?;
    }
    let outcome = outcome(&grounds);
    for ground in grounds {
        ground.services.stop().await;
        ground.database.drop().await?;
    }
    outcome
}

impl Ground {
    async fn lay(setting: &Setting<'_>, issuer: &TokenIssuer, walls: Walls) -> anyhow::Result<Self> {
        let mut database = Database::create(setting.postgres, walls.database).await?;
        if !walls.row_level_security {
            database.lift_row_level_security().await?;
        }
        let mut options: Vec<String> = [
            "qualification",
            "--database-url",
            database.url(),
            "--listen",
            "127.0.0.1:0",
            "--drain-wait",
            "0s",
        ]
        .map(str::to_owned)
        .into();
        let mut credentials = Credentials::default();
        if walls.tokens {
            let roles = ["READER", "MEMBER", "ADMIN", "OPERATOR"];
            options.extend(issuer.options());
            let token = issuer.token("services/bench", "*", "SYSTEM", &roles)?;
            credentials.token = Some(TokenFile::open(&token)?);
        } else {
            options.push("--insecure-dev".to_owned());
        }
        let config = Config::try_parse_from(options).context("the options of a service")?;
        let services = Services::qualification_of(config, Limits::default()).await?;
        let connections = Connections::open_with(&credentials, &services.qualification).await?;
        let population = Population::found(&connections, 1).await?;
        database.settle().await?;
        Ok(Self { walls, database, services, population, series: Series::default() })
    }

    async fn slice(&mut self, setting: &Setting<'_>) -> anyhow::Result<()> {
        let start = setting.reading(&mut self.database).await?;
        let sample = LOAD.drive(|task| self.population.recorder(task)).await?;
        let end = setting.reading(&mut self.database).await?;
        self.series.add(&sample, start, end);
        Ok(())
    }
}

/// Of those with both walls, with the rows' alone and with neither, in this order.
fn outcome(grounds: &[Ground]) -> anyhow::Result<Outcome> {
    let [both, rows, none] = grounds else { anyhow::bail!("three were measured") };
    let columns = &["walls", "calls/s", "p50 ms", "p99 ms", "processors here", "in Postgres", "log B/call"];
    let mut table = Table::new("RecordActivity, one tenant, 256 in flight", columns);
    for ground in grounds {
        let mut cells = vec![Cell::word(ground.walls.name)];
        cells.extend(ground.series.speed());
        cells.extend(ground.series.cost());
        table.row(cells);
    }
    let claim = |what: &str, with: &Ground, without: &Ground| Claim {
        figure: format!("durable RecordActivity, {what}"),
        value: with.series.calls_per_second.against(&without.series.calls_per_second),
        decimals: 3,
        goal: 0.95,
        floor: 0.85,
        better: Better::Higher,
    };
    let claims = vec![
        claim("row-level security on ÷ off", rows, none),
        claim("verified tokens ÷ headers that are believed", both, rows),
    ];
    Ok(Outcome { tables: vec![table], claims, remarks: Vec::new() })
}
