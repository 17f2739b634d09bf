//! The proof on a live database: reads a tenant in one snapshot and shows that its logs are whole and that everything
//! else is what they say. State, clocks and facts are computed anew from the events by folds that share no code
//! with the services, and compared row by row.
//!
//! It changes nothing, needs no service, and may run while all of them do. What it finds is told by law, with ids and
//! positions and never with a personal value.
//!
//! # Where things are
//! - `law` the laws; `docket` what was found.
//! - `tenant` the order of it all; `log`, `request` and `cursor` what is judged of the logs themselves.
//! - `state` qualification's fold, `sla` sla's, `facts` that of what reporting must know; each with the tables beside it.
//! - `person` what is personal; `agreement` hand-overs and their clocks; `session` what the server holds open.
//!
//! A log that is broken cannot be folded: what rests on it is then not judged, and the docket says so.

mod agreement;
mod cursor;
mod docket;
mod event;
mod facts;
mod law;
mod log;
mod person;
mod request;
mod session;
mod sla;
mod state;
mod tenant;
mod word;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use handoff_domain::id::TenantId;
use handoff_store::database::ConnectError;
use handoff_store::error::StoreError;
use handoff_store::verify::Reader;
use handoff_store::verify::session::Size;

pub use docket::{Finding, Violation};
pub use law::Law;

use docket::Docket;

/// What to prove.
#[derive(Debug, Clone)]
pub struct Options {
    /// The tenants, by slug; none means all.
    pub tenants: Vec<String>,
    /// How many violations of each law are told.
    pub told: usize,
    /// How long a session of ours may sit idle in a transaction; the server itself ends one after ten seconds.
    pub idle_max: TimeDelta,
}

impl Default for Options {
    fn default() -> Self {
        Self { tenants: Vec::new(), told: 10, idle_max: TimeDelta::seconds(15) }
    }
}

/// What was proved, and what was not.
#[derive(Debug, Clone)]
pub struct Report {
    /// By law; every law is there.
    pub findings: BTreeMap<Law, Finding>,
    /// How many tenants were read.
    pub tenants: u64,
    /// How many events.
    pub events: u64,
    /// How long all of it took.
    pub took: Duration,
}

impl Report {
    /// Whether no law is broken.
    pub fn is_clean(&self) -> bool {
        self.findings.values().all(|finding| finding.violations == 0)
    }
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The next tenant, with how many come before it, and how many there are.
    Tenant {
        /// Its key.
        tenant: TenantId,
        /// How many were read before.
        done: usize,
        /// How many there are.
        of: usize,
    },
    /// So many events of a tenant's log have been read.
    Events {
        /// Whose log: `qualification`.
        log: &'static str,
        /// How many.
        read: u64,
    },
}

/// Why nothing could be proved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The database cannot be used.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It failed while it was read.
    #[error("the database cannot be read; the user has to own the tables, or be a superuser")]
    Store(#[from] StoreError),
    /// No directory knows the tenant.
    #[error("there is no tenant {0}")]
    UnknownTenant(String),
}

/// Proves the laws on the database at `url`, as the owner of its tables; `told` hears how far it is.
///
/// # Errors
/// See [`VerifyError`]. A violation is no error: it is in the report.
pub async fn verify(
    url: &str,
    options: &Options,
    mut told: impl FnMut(Progress),
) -> Result<Report, VerifyError> {
    let start = Instant::now();
    let reader = Reader::connect(url).await?;
    let tenants = tenants(&reader, options).await?;
    let mut docket = Docket::new(options.told);
    let mut events = 0;
    for (done, tenant) in tenants.iter().enumerate() {
        told(Progress::Tenant { tenant: *tenant, done, of: tenants.len() });
        docket.turn_to(tenant);
        events += tenant::judge(&reader, *tenant, &mut docket, &mut told).await?;
    }
    docket.turn_to("");
    session::judge(&reader, options.idle_max, &mut docket).await?;
    Ok(Report {
        findings: docket.into_findings(),
        tenants: tenants.len() as u64,
        events,
        took: start.elapsed(),
    })
}

/// What every table and index takes on the disk, table by table, on the database at `url`.
///
/// # Errors
/// See [`VerifyError`].
pub async fn sizes(url: &str) -> Result<Vec<Size>, VerifyError> {
    let reader = Reader::connect(url).await?;
    let mut tx = reader.directories().await?;
    let mut sizes = Vec::new();
    handoff_store::verify::session::each_size(&mut tx, |size| sizes.push(size)).await?;
    handoff_store::verify::end(tx).await?;
    Ok(sizes)
}

async fn tenants(reader: &Reader, options: &Options) -> Result<Vec<TenantId>, VerifyError> {
    let mut tx = reader.directories().await?;
    let all = handoff_store::verify::log::tenants(&mut tx).await?;
    handoff_store::verify::end(tx).await?;
    if options.tenants.is_empty() {
        return Ok(all);
    }
    let chosen = options.tenants.iter().map(|slug| {
        let tenant = TenantId::from_slug(slug);
        if all.contains(&tenant) { Ok(tenant) } else { Err(VerifyError::UnknownTenant(slug.clone())) }
    });
    chosen.collect()
}
