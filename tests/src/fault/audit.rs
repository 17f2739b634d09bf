//! Reading everything back: what was promised, by the API and by the log; what sla and reporting made of it; and what
//! is still held in the database.

use std::collections::BTreeMap;

use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream};
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::reporting::v1::{GetMqlReportRequest, ReportQuery};
use handoff_proto::sla::v1::ListClocksRequest;
use handoff_runtime::client::Caller;
use handoff_store::sessions::open_transactions;
use serde_json::Value;
use tokio::time::Instant;

use crate::endpoints::Endpoints;
use crate::fault::journey::{by_external_id, marketing};
use crate::fault::ledger::Ledger;
use crate::fault::log::Log;
use crate::process;
use crate::waiting::until;

/// Questions in flight.
const AT_ONCE: usize = 32;

/// What was not as it should be.
#[derive(Debug, Default)]
pub struct Findings {
    /// What was promised and is not there.
    pub lost: Vec<String>,
    /// What is there more than once.
    pub twice: Vec<String>,
    /// Everything else.
    pub broken: Vec<String>,
    /// How many laws `handoff verify` checked.
    pub laws: u64,
}

/// Audits all tenants. `url` is the database's, for a superuser; nobody may have called since `quiet`.
///
/// # Errors
/// When something cannot be read.
pub async fn audit(
    endpoints: &Endpoints,
    url: &str,
    ledgers: &BTreeMap<&'static str, Ledger>,
    quiet: Instant,
) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    for (tenant, ledger) in ledgers {
        let log = Log::read(&endpoints.qualification, tenant).await?;
        check_promises(ledger, &log, &mut findings);
        check_leads(endpoints, tenant, ledger, &log, &mut findings).await?;
        check_handoffs(endpoints, tenant, ledger, &log, &mut findings).await?;
        check_clocks(endpoints, tenant, &log, &mut findings).await?;
        check_report(endpoints, tenant, &log, &mut findings).await?;
    }
    check_sessions(url, quiet, &mut findings).await?;
    check_laws(url, &mut findings).await?;
    Ok(findings)
}

/// `handoff verify` finds every law holding.
async fn check_laws(url: &str, findings: &mut Findings) -> anyhow::Result<()> {
    let (laws, broken) = broken_laws(url).await?;
    findings.laws = laws;
    findings.broken.extend(broken);
    Ok(())
}

/// How many laws `handoff verify` checks on the database at `url`, and what it finds broken.
///
/// # Errors
/// When it cannot be run.
pub async fn broken_laws(url: &str) -> anyhow::Result<(u64, Vec<String>)> {
    let said = process::handoff(["verify", "--database-url", url, "--format", "json"]).await?;
    let report: Value = serde_json::from_str(&said.stdout)
        .with_context(|| format!("handoff verify ended with {} and said\n{}", said.status, said.stderr))?;
    let laws = report["laws"].as_array().context("it tells of laws")?;
    let broken = laws.iter().filter(|law| law["violations"] != 0 || law["not_judged"] != 0);
    let mut broken: Vec<String> = broken.map(|law| format!("a law is broken: {law}")).collect();
    if report["clean"] != true && broken.is_empty() {
        broken.push(format!("handoff verify is not clean: {report}"));
    }
    Ok((u64::try_from(laws.len())?, broken))
}

/// Every promise is one event of its kind, and no request is more than that.
fn check_promises(ledger: &Ledger, log: &Log, findings: &mut Findings) {
    for promise in &ledger.promises {
        let key = (promise.request.to_string(), promise.event.to_owned());
        if !log.by_request.contains_key(&key) {
            findings.lost.push(format!("{} of request {}", key.1, key.0));
        }
    }
    let twice = log.by_request.iter().filter(|(_, count)| **count > 1);
    findings
        .twice
        .extend(twice.map(|((request, event), count)| format!("{count} {event} of request {request}")));
    for (what, counts) in
        [("captures", &log.captured), ("qualifications", &log.qualified), ("decisions", &log.decided)]
    {
        let twice = counts.iter().filter(|(_, count)| **count > 1);
        findings.twice.extend(twice.map(|(name, count)| format!("{count} {what} of {name}")));
    }
}

/// Every lead that was promised is there under its id and its name; there is none that nobody asked for.
async fn check_leads(
    endpoints: &Endpoints,
    tenant: &str,
    ledger: &Ledger,
    log: &Log,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let client = endpoints.qualification(&marketing(tenant))?;
    let found: Vec<Option<String>> = stream::iter(&ledger.leads)
        .map(|(id, name)| {
            let mut client = client.clone();
            async move {
                let request = pb::GetLeadRequest { lead: by_external_id(id) };
                match client.get_lead(request).await {
                    Ok(answer) => {
                        let found = answer.into_inner().lead.map(|lead| lead.name).unwrap_or_default();
                        Ok((found != *name).then(|| format!("lead {id} was {name} and is {found}")))
                    }
                    Err(status) if status.code() == tonic::Code::NotFound => {
                        Ok(Some(format!("lead {id}, {name}")))
                    }
                    Err(status) => Err(status),
                }
            }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    findings.lost.extend(found.into_iter().flatten());
    for name in ledger.leads.values().filter(|name| !log.captured.contains_key(*name)) {
        findings.lost.push(format!("the capture of {name}"));
    }
    if log.captured.len() > ledger.tried.len() {
        let (captured, tried) = (log.captured.len(), ledger.tried.len());
        findings.twice.push(format!("{captured} leads of {tried} that were sent"));
    }
    Ok(())
}

/// Every handoff is in the state that the last answer about it gave.
async fn check_handoffs(
    endpoints: &Endpoints,
    tenant: &str,
    ledger: &Ledger,
    log: &Log,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let mut client = endpoints.qualification(&marketing(tenant))?;
    let mut states = BTreeMap::new();
    let mut request = pb::ListHandoffsRequest { page_size: 1_000, ..pb::ListHandoffsRequest::default() };
    loop {
        let page = client.list_handoffs(request.clone()).await?.into_inner();
        states.extend(page.handoffs.into_iter().map(|handoff| (handoff.name.clone(), handoff.state())));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    for (name, promised) in &ledger.handoffs {
        match states.get(name) {
            None => findings.lost.push(name.clone()),
            Some(state) if state != promised => {
                findings.lost.push(format!("{name} was {promised:?} and is {state:?}"));
            }
            Some(_) => {}
        }
    }
    if states.len() != log.qualified.len() {
        let (listed, qualified) = (states.len(), log.qualified.len());
        findings.broken.push(format!("{tenant} lists {listed} handoffs and its log has {qualified}"));
    }
    Ok(())
}

/// Sla has heard of every hand-over, and has one clock of a kind for it.
async fn check_clocks(
    endpoints: &Endpoints,
    tenant: &str,
    log: &Log,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let mut client = endpoints.sla(&marketing(tenant))?;
    let clocks = until("sla has a clock for every handoff", async || {
        let mut clocks: BTreeMap<String, BTreeMap<i32, u64>> = BTreeMap::new();
        let mut request = ListClocksRequest { page_size: 1_000, ..ListClocksRequest::default() };
        loop {
            let page = client.list_clocks(request.clone()).await?.into_inner();
            for clock in page.clocks {
                *clocks.entry(clock.handoff).or_default().entry(clock.kind).or_default() += 1;
            }
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        Ok((clocks.len() >= log.qualified.len()).then_some(clocks))
    })
    .await
    .with_context(|| format!("{tenant} has {} handoffs", log.qualified.len()))?;
    for (handoff, kinds) in clocks {
        if !log.qualified.contains_key(&handoff) {
            findings.broken.push(format!("a clock of {handoff}, which is not in the log"));
        }
        let twice = kinds.values().filter(|count| **count > 1);
        findings.twice.extend(twice.map(|count| format!("{count} clocks of a kind of {handoff}")));
    }
    Ok(())
}

/// Reports count what the log has.
async fn check_report(
    endpoints: &Endpoints,
    tenant: &str,
    log: &Log,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    endpoints.reports_catch_up(&Caller::user(tenant, "tests", Side::System)).await?;
    let today = handoff_runtime::clock::now().date_naive();
    let query = ReportQuery {
        start_date: (today - chrono::TimeDelta::days(100)).to_string(),
        end_date: (today + chrono::TimeDelta::days(2)).to_string(),
        ..ReportQuery::default()
    };
    let request = GetMqlReportRequest { query: Some(query) };
    let report = endpoints.reporting(&marketing(tenant))?.get_mql_report(request).await?.into_inner();
    let counted = report.total.context("a report has a total")?.mql_count;
    if usize::try_from(counted)? != log.qualified.len() {
        let qualified = log.qualified.len();
        findings.broken.push(format!("{tenant}: the report has {counted} MQLs and the log {qualified}"));
    }
    Ok(())
}

/// No connection holds a transaction, and with it a tenant: whatever began before everybody was quiet is over.
async fn check_sessions(url: &str, quiet: Instant, findings: &mut Findings) -> anyhow::Result<()> {
    let since = i64::try_from(quiet.elapsed().as_millis())?;
    let held = open_transactions(url).await?.into_iter().filter(|open| open.age_millis > since);
    findings.broken.extend(held.map(|open| format!("{} holds a transaction: {open:?}", open.role)));
    Ok(())
}
