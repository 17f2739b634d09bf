//! A tenant as its own people would set it up and feed it: by the command line, with the CRM mapping that comes with
//! Handoff.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use handoff_domain::actor::Side;
use handoff_runtime::client::Caller;
use serde_json::Value;
use tempfile::TempDir;

use crate::endpoints::Endpoints;
use crate::process::Ended;
use crate::sources;

/// The columns of `crm-leads.toml`.
const CRM_COLUMNS: [&str; 23] = [
    "Lead ID",
    "Email",
    "Phone",
    "First Name",
    "Last Name",
    "Company",
    "Type",
    "Created",
    "Sourced By",
    "Lead Source",
    "Campaign",
    "Qualified On",
    "Assigned On",
    "Owner",
    "First Call",
    "Accepted On",
    "Rejected On",
    "Rejection Reason",
    "Rejection Note",
    "Opportunity On",
    "Won On",
    "Amount",
    "Lost On",
];

/// A mapping file that comes with the command line, by its name.
pub fn mapping(name: &str) -> PathBuf {
    sources::root().join("crates/handoff/mappings").join(name)
}

/// An export of the CRM, a row per list of (column, value); what is left out is empty.
pub fn crm_export(rows: &[&[(&str, &str)]]) -> String {
    let mut text = CRM_COLUMNS.join(",");
    for row in rows {
        let cells = CRM_COLUMNS.map(|column| row.iter().find(|(name, _)| *name == column));
        text.push('\n');
        text.push_str(&cells.map(|cell| cell.map_or("", |(_, value)| value)).join(","));
    }
    text
}

/// A tenant with the sales user `bob` of the team `north`.
#[derive(Debug)]
pub struct Company {
    endpoints: Endpoints,
    slug: &'static str,
    files: TempDir,
}

impl Company {
    /// Founds it in Rome; `extra` are further arguments of `handoff tenant create`.
    ///
    /// # Errors
    /// When one of the commands fails.
    pub async fn found(endpoints: &Endpoints, slug: &'static str, extra: &[&str]) -> anyhow::Result<Self> {
        let create = ["tenant", "create", slug, "--time-zone", "Europe/Rome", "--currency-code", "EUR"];
        endpoints.ask(&[&create, extra].concat()).await?;
        let company = Self { endpoints: endpoints.clone(), slug, files: tempfile::tempdir()? };
        company.ask(&["team", "put", "north", "--team-side", "sales"]).await?;
        company.ask(&["user", "put", "bob", "--user-side", "sales", "--team", "north"]).await?;
        Ok(company)
    }

    /// A person of marketing, for calls past the command line.
    pub fn caller(&self) -> Caller {
        Caller::user(self.slug, "mia", Side::Marketing)
    }

    /// Runs a command for this tenant as `bob`.
    ///
    /// # Errors
    /// When it cannot be run; how it ends is for the caller to judge.
    pub async fn handoff(&self, arguments: &[&str]) -> anyhow::Result<Ended> {
        self.endpoints.handoff(&[&["--tenant", self.slug, "--user", "bob"], arguments].concat()).await
    }

    /// What a command for this tenant answers, as JSON.
    ///
    /// # Errors
    /// When it fails.
    pub async fn ask(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        self.endpoints.ask(&[&["--tenant", self.slug, "--user", "bob"], arguments].concat()).await
    }

    /// Writes an export of the CRM, a row per list of (column, value); what is left out is empty.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_crm(&self, rows: &[&[(&str, &str)]]) -> anyhow::Result<PathBuf> {
        let path = self.files.path().join("leads.csv");
        fs::write(&path, crm_export(rows))?;
        Ok(path)
    }

    /// Imports an export of the CRM; the counts of the command line.
    ///
    /// # Errors
    /// When the import fails, or refuses a row.
    pub async fn import_crm(&self, rows: &[&[(&str, &str)]]) -> anyhow::Result<Value> {
        let file = self.write_crm(rows)?;
        self.endpoints.import(self.slug, "leads", &file, &mapping("crm-leads.toml")).await
    }

    /// Captures a lead by its id in the CRM and hands it over; the name of the handoff.
    ///
    /// # Errors
    /// When one of the commands fails.
    pub async fn hand_over(&self, lead: &str) -> anyhow::Result<String> {
        self.import_crm(&[&[("Lead ID", lead), ("Created", "01/10/2025"), ("Sourced By", "Marketing")]])
            .await?;
        let answer = self.ask(&["lead", "qualify", lead]).await?;
        Ok(answer["handoff"]["name"].as_str().context("a handoff has a name")?.to_owned())
    }
}
