//! `handoff tenant create|update|show`.

use clap::{Args, Subcommand};
use handoff_proto::common::v1::{Side, Target};
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_proto::qualification::v1::{
    CreateTenantRequest, CrmField, Defaults, GetTenantRequest, SideLabel, Stage, StageLabel, Tenant,
    UpdateTenantRequest,
};
use prost_types::{Duration, FieldMask};

use super::target::{parse_target, parse_time_span};
use crate::session::{Session, full_name, request_id};
use crate::word::{self, Word};

/// What is to be done with tenants.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create a tenant with a starter contract.
    Create(Create),
    /// Change its words, the field of its CRM, or its waiting times; what is not given stays.
    Update(Box<Update>),
    /// Show the tenant that is chosen with --tenant.
    Show,
}

/// A new tenant.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Its name: lower-case letters, digits and hyphens, as `acme`.
    name: String,
    /// Its IANA time zone, as `Europe/Rome`.
    #[arg(long)]
    time_zone: String,
    /// Its currency by ISO 4217, as `EUR`.
    #[arg(long)]
    currency_code: String,
    /// The month in which its fiscal year starts.
    #[arg(long, default_value_t = 1)]
    fiscal_year_start_month: i32,
    /// How long sales may take to decide: `2 business days` (unless given), `8h business` or `48h calendar`.
    #[arg(long, value_parser = parse_target)]
    starter_target: Option<Target>,
}

/// What to change.
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The tenant's word for a stage, as `MQL=Qualified`; give all of them, the others are called by their names again.
    #[arg(long, value_name = "STAGE=WORD", value_parser = parse_label::<Stage>)]
    stage_label: Vec<(Stage, String)>,
    /// The tenant's word for a side, as `SALES=Account management`; give both.
    #[arg(long, value_name = "SIDE=WORD", value_parser = parse_label::<Side>)]
    side_label: Vec<(Side, String)>,
    /// What the CRM calls the field that carries the stage.
    #[arg(long)]
    crm_field: Option<String>,
    /// What stands in that field for a stage, as `MQL=2 - Qualified`; give all that differ from the tenant's words.
    #[arg(long, value_name = "STAGE=VALUE", value_parser = parse_label::<Stage>)]
    crm_value: Vec<(Stage, String)>,
    /// How long a recycled lead stays out of reach of sales, as `30d`.
    #[arg(long, value_parser = parse_time_span)]
    cooldown: Option<Duration>,
    /// How long a decision may be corrected, as `24h`.
    #[arg(long, value_parser = parse_time_span)]
    correction_grace: Option<Duration>,
    /// How long a rejection may be disputed, as `5d`.
    #[arg(long, value_parser = parse_time_span)]
    dispute_window: Option<Duration>,
    /// How long after its end a figure may still move, as `5d`.
    #[arg(long, value_parser = parse_time_span)]
    settlement_delay: Option<Duration>,
}

/// `MQL=Qualified`.
fn parse_label<W: Word>(text: &str) -> Result<(W, String), String> {
    let (name, label) = text.split_once('=').ok_or_else(|| format!("{text:?} has no ="))?;
    Ok((word::parse(&name.trim().to_uppercase())?, label.trim().to_owned()))
}

impl Update {
    /// The request over the tenant as it is: what is taken whole keeps what was not given.
    fn over(self, now: &Tenant) -> UpdateTenantRequest {
        let mut paths = Vec::new();
        let mut tenant = Tenant { etag: now.etag.clone(), ..Tenant::default() };
        let stages = |labels: Vec<(Stage, String)>| {
            let label = |(stage, label): (Stage, String)| StageLabel { stage: stage.into(), label };
            labels.into_iter().map(label).collect::<Vec<_>>()
        };
        if !self.stage_label.is_empty() {
            tenant.stage_labels = stages(self.stage_label);
            paths.push("stage_labels");
        }
        if !self.side_label.is_empty() {
            let label = |(side, label): (Side, String)| SideLabel { side: side.into(), label };
            tenant.side_labels = self.side_label.into_iter().map(label).collect();
            paths.push("side_labels");
        }
        if self.crm_field.is_some() || !self.crm_value.is_empty() {
            let before = now.crm_field.clone().unwrap_or_default();
            let values = if self.crm_value.is_empty() { before.values } else { stages(self.crm_value) };
            tenant.crm_field = Some(CrmField { name: self.crm_field.unwrap_or(before.name), values });
            paths.push("crm_field");
        }
        let given = [self.cooldown, self.correction_grace, self.dispute_window, self.settlement_delay];
        if given.iter().any(Option::is_some) {
            let [cooldown, correction_grace, dispute_window, settlement_delay] = given;
            let before = now.defaults.unwrap_or_default();
            tenant.defaults = Some(Defaults {
                cooldown: cooldown.or(before.cooldown),
                correction_grace: correction_grace.or(before.correction_grace),
                dispute_window: dispute_window.or(before.dispute_window),
                settlement_delay: settlement_delay.or(before.settlement_delay),
            });
            paths.push("defaults");
        }
        let update_mask = Some(FieldMask { paths: paths.into_iter().map(str::to_owned).collect() });
        UpdateTenantRequest { request_id: request_id(), tenant: Some(tenant), update_mask }
    }
}

/// Does it.
pub(crate) async fn run(command: Command, session: &mut Session<'_>) -> anyhow::Result<()> {
    match command {
        Command::Create(create) => {
            let tenant = Tenant {
                name: full_name("tenants", &create.name),
                time_zone: create.time_zone,
                currency_code: create.currency_code,
                fiscal_year_start_month: create.fiscal_year_start_month,
                starter_target: create.starter_target,
                ..Tenant::default()
            };
            // Nobody is of the tenant yet: whoever creates it speaks for the system and names it in the request.
            let peer = session.peer(&session.global.qualification, None, Side::System).await?;
            let request = CreateTenantRequest { request_id: request_id(), tenant: Some(tenant) };
            let answer = QualificationServiceClient::new(peer).create_tenant(request).await?.into_inner();
            session.global.tenant = Some(create.name);
            session.show(&answer).await
        }
        Command::Update(update) => {
            let mut service = session.qualification(Side::Marketing).await?;
            let now = service.get_tenant(GetTenantRequest {}).await?.into_inner().tenant.unwrap_or_default();
            let answer = service.update_tenant(update.over(&now)).await?.into_inner();
            session.show(&answer).await
        }
        Command::Show => {
            let mut service = session.qualification(Side::Marketing).await?;
            let answer = service.get_tenant(GetTenantRequest {}).await?.into_inner();
            session.show(&answer).await
        }
    }
}
