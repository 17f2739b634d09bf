//! A small CRM, a process of its own, in step with Handoff both ways: through restarts of either, conflicts and replays (R23,
//! R24).

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;

use anyhow::{Context, ensure};
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::lead_ref::Lead;
use handoff_runtime::client::Caller;
use handoff_store::scratch::ScratchDatabase;
use handoff_tests::apart::{Apart, Name};
use handoff_tests::company::Company;
use handoff_tests::fault::audit::broken_laws;
use handoff_tests::process::{Process, command};
use handoff_tests::waiting::until;
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

/// The services, the CRM, and the files of the CRM.
struct World {
    services: Apart,
    crm: Option<Process>,
    files: TempDir,
}

impl World {
    async fn start_crm(&mut self) -> anyhow::Result<()> {
        let mut program = command("small-crm")?;
        program.arg(&self.services.endpoints.qualification).arg("acme");
        program.arg(self.files.path().join("table")).arg(self.files.path().join("edits"));
        let mut crm = Process::start(program)?;
        crm.says("it runs", |line| (line == "runs").then_some(())).await?;
        self.crm = Some(crm);
        Ok(())
    }

    async fn kill_crm(&mut self) -> anyhow::Result<()> {
        self.crm.take().context("it runs")?.kill().await.map(drop)
    }

    /// A user of the CRM sets a lead's field.
    fn edit(&self, id: &str, value: &str, user: &str, reason: &str) -> anyhow::Result<()> {
        let path = self.files.path().join("edits");
        let mut edits = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(writeln!(edits, "{id}|{value}|users/{user}|{reason}")?)
    }

    /// What the CRM's process says that it did.
    async fn says(&mut self, what: &str) -> anyhow::Result<()> {
        let crm = self.crm.as_mut().context("it runs")?;
        crm.says(what, |line| (line == what).then_some(())).await
    }

    fn table(&self) -> Value {
        let text = fs::read_to_string(self.files.path().join("table")).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn lead(&self, id: &str) -> anyhow::Result<pb::Lead> {
        let caller = Caller::user("acme", "mia", Side::Marketing);
        let request = pb::GetLeadRequest { lead: by_id(id) };
        let answer = self.services.endpoints.qualification(&caller)?.get_lead(request).await?;
        answer.into_inner().lead.context("a lead")
    }

    /// Waits until the CRM has nothing to send and every field says where its lead stands.
    async fn in_step(&self, leads: &[&str]) -> anyhow::Result<()> {
        let mut stages = BTreeMap::new();
        for id in leads {
            let stage = self.lead(id).await?.stage().as_str_name().trim_start_matches("STAGE_").to_owned();
            stages
                .insert((*id).to_owned(), if stage == "MQL" { "2 - Sales ready".to_owned() } else { stage });
        }
        until(&format!("the CRM says {stages:?}"), async || {
            let table = self.table();
            let is_so = |(id, stage): (&String, &String)| table["fields"][id] == stage.as_str();
            Ok((table["outbox"].is_null() && stages.iter().all(is_so)).then_some(()))
        })
        .await
    }
}

fn by_id(id: &str) -> Option<pb::LeadRef> {
    Some(pb::LeadRef { lead: Some(Lead::ExternalId(id.to_owned())) })
}

const LEADS: [&str; 3] = ["C-1", "C-2", "C-3"];

#[tokio::test]
async fn r23_a_crm_stays_in_step_both_ways_through_restarts_conflicts_and_replays() -> anyhow::Result<()> {
    let database = ScratchDatabase::new().await?;
    let services = Apart::on(&database.url(), &[]).await?;
    let acme = Company::found(&services.endpoints, "acme", &[]).await?;
    acme.ask(&["user", "put", "mia", "--user-side", "marketing"]).await?;
    acme.ask(&["tenant", "update", "--crm-field", "Lead Status", "--crm-value", "MQL=2 - Sales ready"])
        .await?;
    let mut world = World { services, crm: None, files: TempDir::new()? };
    world.start_crm().await?;

    // Leads come, and the CRM hears of them.
    let mut marketing = world.services.endpoints.qualification(&acme.caller())?;
    for id in LEADS {
        let person = pb::Person { external_id: id.to_owned(), ..pb::Person::default() };
        let lead = Some(pb::Lead { person: Some(person), ..pb::Lead::default() });
        let request_id = Uuid::now_v7().to_string();
        let request = pb::CaptureLeadRequest { request_id, lead, ..pb::CaptureLeadRequest::default() };
        marketing.capture_lead(request).await?;
    }
    world.in_step(&LEADS).await?;

    // Marketing marks one as sales-ready there (R24), sales accepts it there.
    world.edit("C-1", "2 - sales ready", "mia", "")?;
    world.says("took C-1 2 - sales ready").await?;
    world.in_step(&LEADS).await?;
    world.edit("C-1", "SQL", "bob", "")?;
    world.says("took C-1 SQL").await?;
    world.in_step(&LEADS).await?;
    assert_eq!(world.lead("C-1").await?.stage(), pb::Stage::Sql);

    // What the machine refuses is put back: marketing accepts nothing.
    acme.ask(&["lead", "qualify", "C-2"]).await?;
    world.in_step(&LEADS).await?;
    world.edit("C-2", "SQL", "mia", "")?;
    world.says("put back C-2 PermissionDenied").await?;
    world.in_step(&LEADS).await?;
    assert_eq!(world.lead("C-2").await?.stage(), pb::Stage::Mql);

    // Qualification is killed while the CRM follows, and sends; it starts again, and nothing is lost.
    world.services.kill_one(Name::Qualification).await?;
    world.edit("C-2", "SQL", "bob", "")?;
    world.services.start_one(Name::Qualification).await?;
    world.says("took C-2 SQL").await?;
    world.in_step(&LEADS).await?;

    // The CRM is killed, and both sides go on meanwhile: its user's edit comes too late, and Handoff's change stands.
    world.kill_crm().await?;
    world.edit("C-3", "DISQUALIFIED", "mia", "SPAM")?;
    acme.ask(&["nurture", "send", "C-3", "--segment", "later"]).await?;
    let mut table = world.table();
    table["outbox"] = serde_json::json!({
        "id": "C-3", "value": "DISQUALIFIED", "user": "users/mia", "reason": "SPAM",
        "request_id": Uuid::now_v7().to_string(), "last_position": table["position"],
    });
    table["edits_read"] = serde_json::json!(table["edits_read"].as_u64().context("a number")? + 1);
    fs::write(world.files.path().join("table"), table.to_string())?;
    world.start_crm().await?;
    world.says("put back C-3 Aborted").await?;
    world.in_step(&LEADS).await?;
    assert_eq!(world.lead("C-3").await?.stage(), pb::Stage::Nurture);

    // A replay: the CRM was killed after its request had been done and before it knew. The same request is sent again.
    world.edit("C-2", "OPPORTUNITY", "bob", "")?;
    world.says("took C-2 OPPORTUNITY").await?;
    world.in_step(&LEADS).await?;
    let sent = head(&world).await?;
    world.kill_crm().await?;
    let mut table = world.table();
    let request_id = Uuid::now_v7().to_string();
    let again = |request_id: &str| pb::SetStageRequest {
        request_id: request_id.to_owned(),
        lead: by_id("C-2"),
        value: "CUSTOMER".into(),
        last_position: sent,
        user: "users/bob".into(),
        ..pb::SetStageRequest::default()
    };
    let crm = Caller::user("acme", "crm", Side::Marketing);
    world.services.endpoints.stages(&crm)?.set_stage(again(&request_id)).await?;
    table["outbox"] = serde_json::json!({
        "id": "C-2", "value": "CUSTOMER", "user": "users/bob", "reason": "", "request_id": request_id,
        "last_position": sent,
    });
    fs::write(world.files.path().join("table"), table.to_string())?;
    world.start_crm().await?;
    world.says("took C-2 CUSTOMER").await?;
    world.in_step(&LEADS).await?;

    // All that was echoed came to nothing: each lead went exactly the way that somebody meant.
    for (id, stages) in [
        ("C-1", vec!["LEAD", "MQL", "SQL"]),
        ("C-2", vec!["LEAD", "MQL", "SQL", "OPPORTUNITY", "CUSTOMER"]),
        ("C-3", vec!["LEAD", "NURTURE"]),
    ] {
        let shown = acme.ask(&["lead", "show", id]).await?;
        let history = shown["stageHistory"].as_array().context("a history")?;
        let went: Vec<_> = history.iter().filter_map(|row| row["toStage"].as_str()).collect();
        let meant: Vec<_> = stages.iter().map(|stage| format!("STAGE_{stage}")).collect();
        assert_eq!(went, meant, "{id}");
    }
    let (_, broken) = broken_laws(&database.url()).await?;
    ensure!(broken.is_empty(), "{broken:?}");
    world.kill_crm().await?;
    world.services.stop().await
}

/// The end of the log.
async fn head(world: &World) -> anyhow::Result<i64> {
    let caller = Caller::user("acme", "mia", Side::Marketing);
    let request = pb::ListStageChangesRequest { page_size: 1_000, ..pb::ListStageChangesRequest::default() };
    let answer = world.services.endpoints.stages(&caller)?.list_stage_changes(request).await?;
    Ok(answer.into_inner().position)
}
