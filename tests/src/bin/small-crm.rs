//! A small CRM, for the tests of `StageService`: a table of leads with one field that carries the stage, in a file. It follows
//! Handoff from the position that it has, echoes every change back, as careless systems do, and sends what its users set,
//! each with the position up to which it knew everything. It may be killed anywhere: what it has to send is in its file first.
//!
//! `small-crm QUALIFICATION TENANT FILE EDITS`: a line of EDITS is `external id|value|user|reason`.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use anyhow::Context;
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1::stage_service_client::StageServiceClient;
use handoff_proto::qualification::v1::{
    LeadRef, LeadStageChange, SetStageRequest, WatchStageChangesRequest, WatchStageChangesResponse, lead_ref,
};
use handoff_runtime::client::{Caller, Peer, connect_lazy};
use serde_json::{Value, json};
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};
use uuid::Uuid;

/// How long it listens before it looks whether a user has set something.
const LISTENS: Duration = Duration::from_millis(50);

struct Crm {
    service: StageServiceClient<Peer>,
    edits: PathBuf,
    file: PathBuf,
    /// `position`, `fields` as users see them, `known` as Handoff said, `edits_read`, and `outbox`: what is to be sent, or null.
    table: Value,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [endpoint, tenant, file, edits] = arguments.as_slice() else { anyhow::bail!("four arguments") };
    let caller = Caller::user(tenant, "crm", Side::Marketing);
    let service = StageServiceClient::new(connect_lazy(endpoint, &caller)?);
    let table = match fs::read_to_string(file) {
        Ok(text) => serde_json::from_str(&text)?,
        Err(_) => json!({"position": 0, "fields": {}, "known": {}, "edits_read": 0, "outbox": null}),
    };
    let mut crm = Crm { service, edits: edits.into(), file: file.into(), table };
    println!("runs");
    loop {
        if let Err(status) = crm.work().await {
            // Handoff is away or ends the stream, or the connection broke: it goes on from its file.
            anyhow::ensure!(is_away(&status), "{status:?}");
            let _ = timeout(LISTENS, std::future::pending::<()>()).await;
        }
    }
}

impl Crm {
    async fn work(&mut self) -> Result<(), Status> {
        self.send_outbox().await?;
        let after_position = self.table["position"].as_i64().unwrap_or_default();
        let request = WatchStageChangesRequest { after_position, filter: None };
        let mut messages = self.service.watch_stage_changes(request).await?.into_inner();
        loop {
            self.take_edit();
            self.send_outbox().await?;
            if let Ok(message) = timeout(LISTENS, next(&mut messages)).await {
                let Some(message) = message? else { return Ok(()) };
                self.take_over(&message).await?;
            }
        }
    }

    /// What Handoff says counts, but for what a user has set and Handoff has not judged yet.
    async fn take_over(&mut self, message: &WatchStageChangesResponse) -> Result<(), Status> {
        for change in &message.changes {
            let id = change.external_id.as_str();
            self.table["known"][id] = json!(change.new_value);
            if self.table["outbox"]["id"] != json!(id) {
                self.table["fields"][id] = json!(change.new_value);
            }
        }
        self.table["position"] = json!(message.position);
        self.save();
        for change in &message.changes {
            self.echo(change).await?;
        }
        Ok(())
    }

    /// Tells Handoff what it has just told us.
    async fn echo(&mut self, change: &LeadStageChange) -> Result<(), Status> {
        let request = SetStageRequest {
            request_id: Uuid::now_v7().to_string(),
            lead: by_external_id(&change.external_id),
            value: change.new_value.clone(),
            last_position: change.position,
            ..SetStageRequest::default()
        };
        match self.service.set_stage(request).await {
            Err(status) if is_away(&status) => Err(status),
            _ => Ok(()),
        }
    }

    /// A user sets a field, and sees it at once.
    fn take_edit(&mut self) {
        let edits = fs::read_to_string(&self.edits).unwrap_or_default();
        let read =
            self.table["edits_read"].as_u64().and_then(|read| usize::try_from(read).ok()).unwrap_or_default();
        // A line that is still being written has no end.
        let Some(edit) = edits.split_inclusive('\n').filter(|line| line.ends_with('\n')).nth(read) else {
            return;
        };
        let mut parts = edit.trim_end().split('|');
        let mut part = || parts.next().unwrap_or_default();
        let (id, value, user, reason) = (part(), part(), part(), part());
        self.table["fields"][id] = json!(value);
        self.table["outbox"] = json!({
            "id": id, "value": value, "user": user, "reason": reason,
            "request_id": Uuid::now_v7().to_string(), "last_position": self.table["position"],
        });
        self.table["edits_read"] = json!(read + 1);
        self.save();
    }

    /// Sends what a user set, the same request however often; what is refused is put back.
    async fn send_outbox(&mut self) -> Result<(), Status> {
        let edit = self.table["outbox"].clone();
        let Some(id) = edit["id"].as_str() else { return Ok(()) };
        let text = |name: &str| edit[name].as_str().unwrap_or_default().to_owned();
        let request = SetStageRequest {
            request_id: text("request_id"),
            lead: by_external_id(id),
            value: text("value"),
            last_position: edit["last_position"].as_i64().unwrap_or_default(),
            user: text("user"),
            reason: text("reason"),
            ..SetStageRequest::default()
        };
        match self.service.set_stage(request).await {
            Ok(_) => println!("took {id} {}", text("value")),
            Err(status) if is_away(&status) => return Err(status),
            Err(status) => {
                println!("put back {id} {:?}", status.code());
                self.table["fields"][id] = self.table["known"][id].clone();
            }
        }
        self.table["outbox"] = Value::Null;
        self.save();
        Ok(())
    }

    /// Whole or not at all.
    fn save(&self) {
        let written = write(&self.file, &self.table.to_string());
        written.expect("the test's folder can be written");
    }
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    let beside = file.with_extension("new");
    fs::write(&beside, text)?;
    fs::rename(&beside, file).context("it is the same folder")
}

async fn next(
    messages: &mut Streaming<WatchStageChangesResponse>,
) -> Result<Option<WatchStageChangesResponse>, Status> {
    messages.message().await
}

/// Whether nobody answered: a connection that breaks under a call is told as UNKNOWN.
fn is_away(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Unknown)
}

fn by_external_id(id: &str) -> Option<LeadRef> {
    Some(LeadRef { lead: Some(lead_ref::Lead::ExternalId(id.to_owned())) })
}
