//! `handoff verify`: the proof on a live database. It needs only the database; services may be running.
//!
//! Exits with 0 when every law holds, 1 when one is broken, 2 when it could not look.

use std::path::{Path, PathBuf};

use clap::Args;
use handoff_runtime::config::DatabaseLocation;
use handoff_store::embedded::{self, Embedded, EmbeddedError};
use handoff_verify::{Finding, Law, Progress, Report, Violation, sizes, verify};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::Outcome;
use crate::arguments::{Format, Global};
use crate::failure;
use crate::output::Output;
use crate::view::{Cell, Column, Grid, show_count};

/// A law is broken.
const VIOLATED: u8 = 1;
/// Nothing could be proved.
const COULD_NOT_RUN: u8 = 2;

/// Which database, and how much is told.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Its user owns the tables.
    #[command(flatten)]
    database: DatabaseLocation,
    /// The private Postgres in this folder instead, which is started unless it runs.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["database_url", "database_url_file"])]
    data_folder: Option<PathBuf>,
    /// Tell instead what every table and index takes on the disk.
    #[arg(long)]
    sizes: bool,
    /// How many violations of each law are told.
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    told: usize,
}

/// Proves every law for the tenant that is chosen, or for all.
pub(crate) async fn run(
    arguments: Arguments,
    global: Global,
    output: &mut Output<'_>,
) -> anyhow::Result<Outcome> {
    let looked = look(&arguments, &global, output).await;
    looked.or_else(|reason| {
        output.say(&failure::explain(&reason));
        Ok(Outcome::Exit(COULD_NOT_RUN))
    })
}

async fn look(arguments: &Arguments, global: &Global, output: &mut Output<'_>) -> anyhow::Result<Outcome> {
    let said = arguments.database.url().map_err(anyhow::Error::msg)?;
    let (url, server) = match (said, &arguments.data_folder) {
        (_, Some(folder)) => reach(folder).await?,
        (Some(url), None) => (url.expose().to_owned(), None),
        (None, None) => anyhow::bail!("which database? Name it with --database-url or --data-folder"),
    };
    let looked = if arguments.sizes {
        tell_sizes(&url, global.format, output).await.map(|()| Outcome::Done)
    } else {
        prove(&url, arguments, global, output).await
    };
    if let Some(server) = server {
        spawn_blocking(move || server.stop()).await??;
    }
    looked
}

async fn prove(
    url: &str,
    arguments: &Arguments,
    global: &Global,
    output: &mut Output<'_>,
) -> anyhow::Result<Outcome> {
    let tenants = global.tenant.iter().filter(|slug| !slug.is_empty()).cloned().collect();
    let options =
        handoff_verify::Options { tenants, told: arguments.told, ..handoff_verify::Options::default() };
    let report = verify(url, &options, |progress| tell(&progress, output)).await?;
    show(&report, global.format, output)?;
    Ok(if report.is_clean() { Outcome::Done } else { Outcome::Exit(VIOLATED) })
}

async fn tell_sizes(url: &str, format: Format, output: &mut Output<'_>) -> anyhow::Result<()> {
    let mut grid = Grid::new(vec![
        Column::text("Table", "table"),
        Column::text("Index", "index"),
        Column::number("Rows, about", "rows"),
        Column::number("Bytes", "bytes"),
        Column::number("Bytes per row", "bytes_per_row"),
    ]);
    let mut total = 0;
    for size in sizes(url).await? {
        total += size.bytes;
        let count = |count: i64| Cell::new(show_count(count), count.to_string());
        let per_row = if size.rows > 0 { (size.bytes / size.rows).to_string() } else { String::new() };
        grid.push(vec![
            Cell::text(size.table),
            Cell::text(size.index.unwrap_or_default()),
            count(size.rows),
            count(size.bytes),
            Cell::text(per_row),
        ]);
    }
    output.grid(&grid, format)?;
    output.say(&format!("{} bytes in all.", show_count(total)));
    Ok(())
}

/// The Postgres in a folder: started here, or another process's that runs there.
async fn reach(folder: &Path) -> anyhow::Result<(String, Option<Embedded>)> {
    let options = embedded::Options::new(folder);
    match spawn_blocking(move || Embedded::start(&options)).await? {
        Ok(server) => Ok((server.url("postgres"), Some(server))),
        Err(EmbeddedError::InUse { folder, .. }) => Ok((embedded::url_in(&folder, "postgres"), None)),
        Err(failure) => Err(failure.into()),
    }
}

fn tell(progress: &Progress, output: &mut Output<'_>) {
    match progress {
        Progress::Tenant { tenant, done, of } if *of > 1 => {
            output.say(&format!("Tenant {} of {of}, {tenant}.", done + 1));
        }
        Progress::Tenant { .. } => {}
        Progress::Events { log, read } => {
            output.say(&format!("{} events of {log}.", show_count(*read as i64)))
        }
    }
}

fn show(report: &Report, format: Format, output: &mut Output<'_>) -> anyhow::Result<()> {
    if format == Format::Json {
        output.line(&to_json(report).to_string())?;
        return Ok(());
    }
    output.grid(&laws(report), format)?;
    if format == Format::Table {
        for (law, violation) in violations(report) {
            output.line(&format!("\n{}: {}", law.name(), law.says()))?;
            output.line(&format!("  {}", describe(violation)))?;
        }
    }
    let seconds = report.took.as_secs_f64();
    let broken: u64 = report.findings.values().map(|finding| finding.violations).sum();
    output.say(&format!(
        "{} events of {} tenants in {seconds:.1} s; {}.",
        show_count(report.events as i64),
        report.tenants,
        if broken == 0 {
            "every law holds".to_owned()
        } else {
            format!("{} violations", show_count(broken as i64))
        },
    ));
    Ok(())
}

fn violations(report: &Report) -> impl Iterator<Item = (Law, &Violation)> {
    report.findings.iter().flat_map(|(law, finding)| finding.first.iter().map(|violation| (*law, violation)))
}

fn describe(violation: &Violation) -> String {
    let Violation { tenant, place, expected, found } = violation;
    let tenant = if tenant.is_empty() { String::new() } else { format!("{tenant}, ") };
    format!("{tenant}{place}: expected {expected}, found {found}")
}

fn laws(report: &Report) -> Grid {
    let mut grid = Grid::new(vec![
        Column::text("Law", "law"),
        Column::number("Checked", "checked"),
        Column::number("Violations", "violations"),
        Column::number("Seconds", "seconds"),
        Column::text("", "remark"),
    ]);
    for (law, finding) in &report.findings {
        let Finding { checked, violations, took, not_judged, .. } = finding;
        let remark = match not_judged {
            0 => String::new(),
            tenants => format!("not judged for {tenants}: a log is broken"),
        };
        let count = |count: u64| Cell::new(show_count(count as i64), count.to_string());
        let seconds = format!("{:.3}", took.as_secs_f64());
        grid.push(vec![
            Cell::text(law.name()),
            count(*checked),
            count(*violations),
            Cell::text(seconds),
            Cell::text(remark),
        ]);
    }
    grid
}

/// One object: `clean`, `tenants`, `events`, `seconds`, and for each of `laws` its `law`, `says`, `checked`,
/// `violations`, `not_judged` (tenants), `seconds` and the `first` violations with `tenant`, `place`, `expected`, `found`.
fn to_json(report: &Report) -> Value {
    let told = |violation: &Violation| {
        let Violation { tenant, place, expected, found } = violation;
        json!({ "tenant": tenant, "place": place, "expected": expected, "found": found })
    };
    let laws = report.findings.iter().map(|(law, finding)| {
        json!({
            "law": law.name(),
            "says": law.says(),
            "checked": finding.checked,
            "violations": finding.violations,
            "not_judged": finding.not_judged,
            "seconds": finding.took.as_secs_f64(),
            "first": finding.first.iter().map(told).collect::<Vec<_>>(),
        })
    });
    json!({
        "clean": report.is_clean(),
        "tenants": report.tenants,
        "events": report.events,
        "seconds": report.took.as_secs_f64(),
        "laws": laws.collect::<Vec<_>>(),
    })
}
