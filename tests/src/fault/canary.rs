//! Whether everything works: a hand-over that has to get through all services. How long that takes after a restart is
//! the recovery.

use std::time::Duration;

use anyhow::bail;
use handoff_domain::actor::Side;
use handoff_proto::reporting::v1::{GetMqlReportRequest, ReportQuery};
use handoff_proto::sla::v1::ListClocksRequest;
use handoff_runtime::client::Caller;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::endpoints::Endpoints;
use crate::fault::journey::{Guide, found, marketing};
use crate::fault::ledger::Ledger;
use crate::fault::patience::{answered, done};
use crate::fault::random::Random;
use crate::waiting::until;

/// Its tenant, which nobody else uses: what others wait for does not count.
pub const TENANT: &str = "canary";

/// The canary.
#[derive(Debug)]
pub struct Canary {
    endpoints: Endpoints,
    guide: Guide,
    songs: u64,
}

impl Canary {
    /// Founds its tenant.
    ///
    /// # Errors
    /// When that is refused.
    pub async fn hatch(endpoints: &Endpoints, seed: u64) -> anyhow::Result<Self> {
        let mut random = Random::new(seed, u64::MAX);
        found(endpoints, TENANT, &mut random).await?;
        let guide = Guide::new(std::slice::from_ref(endpoints), TENANT, random, 1, &watch::Sender::new(0))?;
        Ok(Self { endpoints: endpoints.clone(), guide, songs: 0 })
    }

    /// Hands a lead over and waits until sla has its clock and reporting its fact. The time since `start`.
    ///
    /// # Errors
    /// When one of the three refuses, or it takes too long.
    pub async fn sing(&mut self, start: Instant) -> anyhow::Result<Duration> {
        self.songs += 1;
        let lead = self.guide.capture(&format!("S-{}", self.songs)).await?;
        let handoff = self.guide.qualify(&lead).await?;
        let sla = self.endpoints.sla(&marketing(TENANT))?;
        let request = ListClocksRequest { handoff, ..ListClocksRequest::default() };
        until("sla has the clock", async || {
            let clocks =
                done(&sla, &request, |mut client, request| async move { client.list_clocks(request).await });
            Ok((!clocks.await?.clocks.is_empty()).then_some(()))
        })
        .await?;
        self.until_reported().await?;
        Ok(start.elapsed())
    }

    /// What it was promised.
    pub fn ledger(&self) -> Ledger {
        self.guide.ledger.clone()
    }

    async fn until_reported(&self) -> anyhow::Result<()> {
        let reporting = self.endpoints.reporting(&Caller::user(TENANT, "tests", Side::System))?;
        let today = handoff_runtime::clock::now().date_naive();
        let query = ReportQuery {
            start_date: (today - chrono::TimeDelta::days(2)).to_string(),
            end_date: (today + chrono::TimeDelta::days(2)).to_string(),
            ..ReportQuery::default()
        };
        let request = GetMqlReportRequest { query: Some(query) };
        until("reporting has the fact", async || {
            let report = answered(&reporting, &request, |mut client, request| async move {
                client.get_mql_report(request).await
            });
            match report.await? {
                Ok(report) => {
                    let counted = report.total.map_or(0, |total| total.mql_count);
                    Ok((u64::try_from(counted)? >= self.songs).then_some(()))
                }
                // It has not heard of the tenant yet.
                Err(status) if status.code() == tonic::Code::NotFound => Ok(None),
                Err(status) => bail!(status),
            }
        })
        .await
    }
}
