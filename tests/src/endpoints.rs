//! Where the three services are, and the two ways in: the command line, as a person has it, and gRPC.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context;
use handoff_proto::event::v1::GetLogHeadRequest;
use handoff_proto::event::v1::event_log_service_client::EventLogServiceClient;
use handoff_proto::qualification::v1::catalogue_service_client::CatalogueServiceClient;
use handoff_proto::qualification::v1::decision_service_client::DecisionServiceClient;
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_proto::qualification::v1::reevaluation_service_client::ReevaluationServiceClient;
use handoff_proto::qualification::v1::routing_service_client::RoutingServiceClient;
use handoff_proto::qualification::v1::score_service_client::ScoreServiceClient;
use handoff_proto::qualification::v1::stage_service_client::StageServiceClient;
use handoff_proto::qualification::v1::version_service_client::VersionServiceClient;
use handoff_proto::reporting::v1::reporting_service_client::ReportingServiceClient;
use handoff_proto::reporting::v1::{GetMqlReportRequest, ReportQuery};
use handoff_proto::sla::v1::sla_service_client::SlaServiceClient;
use handoff_runtime::client::{Caller, Peer, connect_lazy};
use handoff_runtime::limits;
use serde_json::Value;
use tokio::process::Command;

use crate::process::{self, Ended, Process};
use crate::waiting::until;

/// Addresses as clients take them: `http://127.0.0.1:7431`.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// Qualification.
    pub qualification: String,
    /// Sla.
    pub sla: String,
    /// Reporting.
    pub reporting: String,
}

impl Endpoints {
    /// The command line with these arguments, against these services.
    ///
    /// # Errors
    /// Where it was not built.
    pub fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> anyhow::Result<Command> {
        let mut command = process::command("handoff")?;
        command
            .args(["--qualification", &self.qualification])
            .args(["--sla", &self.sla, "--reporting", &self.reporting])
            .args(arguments)
            .stdin(Stdio::null());
        Ok(command)
    }

    /// Runs the command line to its end.
    ///
    /// # Errors
    /// When it cannot be run, or does not end; how it ends is for the caller to judge.
    pub async fn handoff(&self, arguments: &[&str]) -> anyhow::Result<Ended> {
        let ended = Process::start(self.command(arguments)?)?.ended().await;
        ended.with_context(|| format!("handoff {}", arguments.join(" ")))
    }

    /// Runs the command line with `--format json` and reads what it answers.
    ///
    /// # Errors
    /// When it fails, or answers anything but JSON.
    pub async fn ask(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let said = self.handoff(&[&["--format", "json"], arguments].concat()).await?;
        let answer = said.well().and_then(|answer| Ok(serde_json::from_str(&answer)?));
        answer.with_context(|| format!("handoff {}", arguments.join(" ")))
    }

    /// Imports a file; gives the counts that the command line prints.
    ///
    /// # Errors
    /// When anything but a well ended import came of it.
    pub async fn import(&self, tenant: &str, kind: &str, file: &Path, map: &Path) -> anyhow::Result<Value> {
        let (file, map) = (file.to_string_lossy(), map.to_string_lossy());
        self.ask(&["--tenant", tenant, "import", kind, &file, "--map", &map]).await
    }

    /// A client of qualification.
    ///
    /// # Errors
    /// For an address that is none.
    pub fn qualification(&self, caller: &Caller) -> anyhow::Result<QualificationServiceClient<Peer>> {
        Ok(QualificationServiceClient::new(connect_lazy(&self.qualification, caller)?)
            .max_decoding_message_size(limits::ANSWER_BYTES))
    }

    /// A client of what qualification keeps of versions.
    ///
    /// # Errors
    /// For an address that is none.
    pub fn versions(&self, caller: &Caller) -> anyhow::Result<VersionServiceClient<Peer>> {
        Ok(VersionServiceClient::new(connect_lazy(&self.qualification, caller)?))
    }

    /// A client of what qualification says of routing.
    ///
    /// # Errors
    /// For an address that is none.
    pub fn routing(&self, caller: &Caller) -> anyhow::Result<RoutingServiceClient<Peer>> {
        Ok(RoutingServiceClient::new(connect_lazy(&self.qualification, caller)?))
    }

    /// A client of what qualification says of scores.
    ///
    /// # Errors
    /// For an address that is none.
    pub fn scores(&self, caller: &Caller) -> anyhow::Result<ScoreServiceClient<Peer>> {
        Ok(ScoreServiceClient::new(connect_lazy(&self.qualification, caller)?))
    }

    /// A client of qualification, for stages that others keep.
    ///
    /// # Errors
    /// For an address that is none.
    pub fn stages(&self, caller: &Caller) -> anyhow::Result<StageServiceClient<Peer>> {
        Ok(StageServiceClient::new(connect_lazy(&self.qualification, caller)?))
    }

    /// A client of decisions, and of what becomes of them.
    ///
    /// # Errors
    /// For an address that is none.
    pub fn decisions(&self, caller: &Caller) -> anyhow::Result<DecisionServiceClient<Peer>> {
        Ok(DecisionServiceClient::new(connect_lazy(&self.qualification, caller)?))
    }

    /// A client of what qualification says of versions that took effect.
    ///
    /// # Errors
    /// For an address that is none.
    pub fn reevaluations(&self, caller: &Caller) -> anyhow::Result<ReevaluationServiceClient<Peer>> {
        Ok(ReevaluationServiceClient::new(connect_lazy(&self.qualification, caller)?))
    }

    /// A client of qualification, for attributes, types of activity and rates.
    ///
    /// # Errors
    /// For an address that is none.
    pub fn catalogue(&self, caller: &Caller) -> anyhow::Result<CatalogueServiceClient<Peer>> {
        Ok(CatalogueServiceClient::new(connect_lazy(&self.qualification, caller)?))
    }

    /// A client of sla.
    ///
    /// # Errors
    /// For an address that is none.
    pub fn sla(&self, caller: &Caller) -> anyhow::Result<SlaServiceClient<Peer>> {
        Ok(SlaServiceClient::new(connect_lazy(&self.sla, caller)?)
            .max_decoding_message_size(limits::ANSWER_BYTES))
    }

    /// A client of reporting.
    ///
    /// # Errors
    /// For an address that is none.
    pub fn reporting(&self, caller: &Caller) -> anyhow::Result<ReportingServiceClient<Peer>> {
        Ok(ReportingServiceClient::new(connect_lazy(&self.reporting, caller)?)
            .max_decoding_message_size(limits::ANSWER_BYTES))
    }

    /// The last position of the tenant's log in qualification and in sla.
    ///
    /// # Errors
    /// When one of the two does not answer.
    pub async fn heads(&self, caller: &Caller) -> anyhow::Result<(i64, i64)> {
        let head = async |endpoint: &str| {
            let mut log = EventLogServiceClient::new(connect_lazy(endpoint, caller)?);
            anyhow::Ok(log.get_log_head(GetLogHeadRequest::default()).await?.into_inner().position)
        };
        Ok((head(&self.qualification).await?, head(&self.sla).await?))
    }

    /// Waits until reports rest on everything that qualification's log holds now, and on all that sla's holds. What
    /// sla has yet to make of qualification's is for the caller to wait for.
    ///
    /// # Errors
    /// When it takes too long, or a service refuses.
    pub async fn reports_catch_up(&self, caller: &Caller) -> anyhow::Result<()> {
        let (qualification, sla) = self.heads(caller).await?;
        let mut reporting = self.reporting(caller)?;
        until("reports rest on everything that happened", async || {
            let query = ReportQuery {
                start_date: "2026-01-01".into(),
                end_date: "2026-01-02".into(),
                ..ReportQuery::default()
            };
            let request = GetMqlReportRequest { query: Some(query) };
            let answer = match reporting.get_mql_report(request).await {
                Ok(answer) => answer.into_inner(),
                // Reporting has not heard of the tenant yet.
                Err(refusal) if refusal.code() == tonic::Code::NotFound => return Ok(None),
                Err(refusal) => return Err(refusal.into()),
            };
            let positions = answer.basis.context("a report says what it rests on")?.positions;
            let seen =
                |log: &str| positions.iter().find(|seen| seen.log == log).map_or(0, |seen| seen.position);
            Ok((seen("qualification") >= qualification && seen("sla") >= sla).then_some(()))
        })
        .await
    }
}
