//! The services' side of a simulated life: three processes on a database whose clock is the simulation's, asked over
//! gRPC, stopped, killed and started again.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::actor::Side;
use handoff_domain::qualification::record::ContactKind;
use handoff_proto::event::v1::GetLogHeadRequest;
use handoff_proto::event::v1::event_log_service_client::EventLogServiceClient;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::history_entry::Entry;
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_proto::reporting::v1 as reporting;
use handoff_proto::sla::v1::ListClocksRequest;
use handoff_runtime::client::{Caller, Peer, connect_lazy};
use handoff_runtime::convert::to_timestamp;
use handoff_store::scratch::{ScratchClock, ScratchDatabase};
use tonic::{Code, Status};
use uuid::Uuid;

use super::model::{TENANT, address, beginning};
use super::operation::{Consumer, Deal, LEADS, OWNERS, Operation, Service, Story};
use super::picture::{ClockPicture, LeadPicture, Picture};
use super::told::{Told, item_refused, refused};
use crate::apart::{Apart, Name};
use crate::waiting::until;

type Client = QualificationServiceClient<Peer>;

/// The services.
pub struct World {
    services: Apart,
    now: DateTime<Utc>,
    clock: ScratchClock,
    requests: u128,
    running: [bool; 2],
    last: Option<Asked>,
    /// As [`super::model::Model`] has it.
    forgets: bool,
    // Dropped last: the services work on it.
    _database: ScratchDatabase,
}

/// A request that can be sent again.
#[derive(Clone)]
enum Asked {
    Capture(pb::CaptureLeadRequest),
    Activity(pb::RecordActivityRequest),
    Qualify(pb::QualifyLeadRequest),
    Assign(pb::AssignHandoffRequest),
    Accept(usize, pb::AcceptHandoffRequest),
    Reject(usize, pb::RejectHandoffRequest),
    Contact(pb::RecordContactRequest),
    Outcome(pb::RecordOutcomeRequest),
    Import(pb::ImportRequest),
}

impl World {
    /// Starts the services and founds the tenant, as [`super::model::Model::found`] does.
    ///
    /// # Errors
    /// When a process does not start.
    pub async fn found() -> anyhow::Result<Self> {
        let database = ScratchDatabase::new().await?;
        let now = beginning();
        let clock = database.take_clock(now).await?;
        let services = Apart::on(&database.url(), &[]).await?;
        let mut world = Self {
            services,
            now,
            clock,
            requests: 0,
            running: [true; 2],
            last: None,
            forgets: false,
            _database: database,
        };
        let mut system = world.services.endpoints.qualification(&Caller::service("simulation"))?;
        let tenant = pb::Tenant {
            name: format!("tenants/{TENANT}"),
            time_zone: "Europe/Rome".into(),
            currency_code: "EUR".into(),
            ..pb::Tenant::default()
        };
        let request_id = world.request_id();
        system.create_tenant(pb::CreateTenantRequest { request_id, tenant: Some(tenant) }).await?;
        for owner in OWNERS {
            let user = pb::User {
                name: format!("users/{owner}"),
                display_name: owner.into(),
                side: handoff_proto::common::v1::Side::Sales.into(),
                active: true,
                ..pb::User::default()
            };
            let request_id = world.request_id();
            let request = pb::PutUserRequest { request_id, user: Some(user) };
            world.marketing()?.put_user(request).await?;
        }
        Ok(world)
    }

    /// Does what is to be done; `None` for what nobody is told about, or what there is nothing for.
    ///
    /// # Errors
    /// When a process does not do as it is told, or cannot be reached.
    pub async fn perform(&mut self, operation: &Operation) -> anyhow::Result<Option<Told>> {
        match operation {
            Operation::Wait { time } => {
                self.now += *time;
                self.clock.set(self.now).await?;
                return Ok(None);
            }
            Operation::Stop(consumer) => self.stop_consumer(*consumer).await?,
            Operation::Start(consumer) => self.start_consumer(*consumer).await?,
            Operation::Crash(service) => {
                self.forgets |= *service == Service::Qualification;
                self.crash(*service).await?;
            }
            Operation::Repeat if self.forgets => {}
            Operation::Repeat => {
                let Some(asked) = self.last.clone() else { return Ok(None) };
                return self.ask(asked).await.map(Some);
            }
            other => {
                let Some(asked) = self.asked(other).await? else { return Ok(None) };
                self.last = Some(asked.clone());
                return self.ask(asked).await.map(Some);
            }
        }
        Ok(None)
    }

    /// Starts what was stopped, lets everything be taken in and everything due fire, and compares.
    ///
    /// # Errors
    /// Where the services do not come to say what the model says.
    pub async fn settle(&mut self, meant: &Picture) -> anyhow::Result<()> {
        self.start_consumer(Consumer::Sla).await?;
        self.start_consumer(Consumer::Reporting).await?;
        let picture = self.picture().await?;
        ensure!(
            picture.position == meant.position,
            "the log ends at {}, not {}",
            picture.position,
            meant.position
        );
        for (lead, meant) in &meant.leads {
            let seen = picture.leads.get(lead).with_context(|| format!("lead {lead} is not there"))?;
            ensure!(seen == meant, "lead {lead} is\n{seen:#?}\nand not\n{meant:#?}");
        }
        ensure!(picture.leads.len() == meant.leads.len(), "there are leads that nobody captured");
        until("sla has heard of every handoff", async || {
            Ok((self.clocks().await?.len() == meant.clocks.len()).then_some(()))
        })
        .await?;
        // It rests until what was due next by the clock that it saw; one that starts now sees what is due now.
        self.crash(Service::Consumer(Consumer::Sla)).await?;
        let mut seen = Vec::new();
        let agreed = until("the clocks agree", async || {
            seen = self.clocks().await?;
            Ok((seen == meant.clocks).then_some(()))
        });
        if agreed.await.is_err() {
            bail!("the clocks are\n{seen:#?}\nand not\n{:#?}", meant.clocks);
        }
        self.services.endpoints.reports_catch_up(&self.caller()).await?;
        let counts = self.counts().await?;
        let meant = (meant.mqls, meant.sqls, meant.rejections);
        ensure!(counts == meant, "the reports count {counts:?} (MQLs, SQLs, rejections) and not {meant:?}");
        Ok(())
    }

    /// Stops all services.
    ///
    /// # Errors
    /// When one does not end well.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.services.stop().await
    }

    fn caller(&self) -> Caller {
        Caller::user(TENANT, "mia", Side::Marketing)
    }

    fn marketing(&self) -> anyhow::Result<Client> {
        self.services.endpoints.qualification(&self.caller())
    }

    fn sales(&self, owner: usize) -> anyhow::Result<Client> {
        self.services.endpoints.qualification(&Caller::user(TENANT, OWNERS[owner], Side::Sales))
    }

    fn request_id(&mut self) -> String {
        self.requests += 1;
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | self.requests).to_string()
    }

    async fn stop_consumer(&mut self, consumer: Consumer) -> anyhow::Result<()> {
        if std::mem::replace(&mut self.running[consumer as usize], false) {
            self.services.stop_one(name(Service::Consumer(consumer))).await?;
        }
        Ok(())
    }

    async fn start_consumer(&mut self, consumer: Consumer) -> anyhow::Result<()> {
        if !std::mem::replace(&mut self.running[consumer as usize], true) {
            self.services.start_one(name(Service::Consumer(consumer))).await?;
        }
        Ok(())
    }

    async fn crash(&mut self, service: Service) -> anyhow::Result<()> {
        let runs = match service {
            Service::Qualification => true,
            Service::Consumer(consumer) => self.running[consumer as usize],
        };
        if runs {
            self.services.kill_one(name(service)).await?;
            self.services.start_one(name(service)).await?;
        }
        Ok(())
    }

    /// The request that an operation comes to; `None` where there is no handoff to speak of.
    async fn asked(&mut self, operation: &Operation) -> anyhow::Result<Option<Asked>> {
        let request_id = self.request_id();
        let by_address =
            |lead: &usize| Some(pb::LeadRef { lead: Some(pb::lead_ref::Lead::Email(address(*lead))) });
        let handoff = match operation {
            Operation::Assign { lead, .. }
            | Operation::Accept { lead, .. }
            | Operation::Reject { lead, .. } => match self.lead(*lead).await? {
                Some((_, Some(handoff))) => handoff.name,
                _ => return Ok(None),
            },
            _ => String::new(),
        };
        Ok(Some(match operation {
            Operation::Capture { lead } => Asked::Capture(pb::CaptureLeadRequest {
                request_id,
                lead: Some(described(*lead)),
                ..pb::CaptureLeadRequest::default()
            }),
            Operation::Visit { lead } => Asked::Activity(pb::RecordActivityRequest {
                request_id,
                lead: by_address(lead),
                r#type: "VISIT".into(),
                ..pb::RecordActivityRequest::default()
            }),
            Operation::Qualify { lead } => Asked::Qualify(pb::QualifyLeadRequest {
                request_id,
                lead: by_address(lead),
                sales_ready: true,
                ..pb::QualifyLeadRequest::default()
            }),
            Operation::Assign { owner, .. } => Asked::Assign(pb::AssignHandoffRequest {
                request_id,
                name: handoff,
                owner: format!("users/{}", OWNERS[*owner]),
                ..pb::AssignHandoffRequest::default()
            }),
            Operation::Accept { by, .. } => {
                let etag = String::new();
                Asked::Accept(*by, pb::AcceptHandoffRequest { request_id, name: handoff, etag })
            }
            Operation::Reject { by, reason, .. } => Asked::Reject(
                *by,
                pb::RejectHandoffRequest {
                    request_id,
                    name: handoff,
                    reason: reason.to_string(),
                    ..pb::RejectHandoffRequest::default()
                },
            ),
            Operation::Contact { lead, kind } => Asked::Contact(pb::RecordContactRequest {
                request_id,
                lead: by_address(lead),
                outcome: match kind {
                    ContactKind::Attempt => pb::ContactOutcome::Attempted,
                    ContactKind::Connect => pb::ContactOutcome::Connected,
                    ContactKind::Meeting => pb::ContactOutcome::MeetingHeld,
                }
                .into(),
                direction: pb::ContactDirection::Outbound.into(),
                human: true,
                medium: "PHONE".into(),
                ..pb::RecordContactRequest::default()
            }),
            Operation::Deal { lead, outcome } => Asked::Outcome(pb::RecordOutcomeRequest {
                request_id,
                lead: by_address(lead),
                outcome: match outcome {
                    Deal::Opened => pb::Outcome::OpportunityOpened,
                    Deal::Won => pb::Outcome::Won,
                    Deal::Lost => pb::Outcome::Lost,
                }
                .into(),
                reason: if *outcome == Deal::Lost { "PRICE".into() } else { String::new() },
                ..pb::RecordOutcomeRequest::default()
            }),
            Operation::Import { lead, key, days_ago, story } => {
                let begin = self.now - TimeDelta::days(*days_ago);
                Asked::Import(item(*lead, *key, begin, *story))
            }
            _ => return Ok(None),
        }))
    }

    async fn ask(&self, asked: Asked) -> anyhow::Result<Told> {
        let mut marketing = self.marketing()?;
        let answer: Result<(), Status> = match asked {
            Asked::Capture(request) => marketing.capture_lead(request).await.map(drop),
            Asked::Activity(request) => marketing.record_activity(request).await.map(drop),
            Asked::Qualify(request) => marketing.qualify_lead(request).await.map(drop),
            Asked::Assign(request) => marketing.assign_handoff(request).await.map(drop),
            Asked::Accept(by, request) => self.sales(by)?.accept_handoff(request).await.map(drop),
            Asked::Reject(by, request) => self.sales(by)?.reject_handoff(request).await.map(drop),
            Asked::Contact(request) => self.sales(0)?.record_contact(request).await.map(drop),
            Asked::Outcome(request) => self.sales(0)?.record_outcome(request).await.map(drop),
            Asked::Import(item) => {
                let mut answers = marketing.import(tokio_stream::iter([item])).await?.into_inner();
                let answer = answers.message().await?.context("an item is answered")?;
                return Ok(match answer.result.context("an answer says what")? {
                    pb::import_response::Result::Imported(_) => Ok(()),
                    pb::import_response::Result::Refused(item) => Err(item_refused(&item)),
                });
            }
        };
        match answer {
            Ok(()) => Ok(Ok(())),
            Err(status) if matches!(status.code(), Code::Unavailable | Code::Internal | Code::Unknown) => {
                Err(status.into())
            }
            Err(status) => Ok(Err(refused(&status))),
        }
    }

    /// A lead and its current handoff.
    async fn lead(
        &self,
        number: usize,
    ) -> anyhow::Result<Option<(pb::GetLeadResponse, Option<pb::Handoff>)>> {
        let mut client = self.marketing()?;
        let lead = Some(pb::LeadRef { lead: Some(pb::lead_ref::Lead::Email(address(number))) });
        let answer = match client.get_lead(pb::GetLeadRequest { lead }).await {
            Ok(answer) => answer.into_inner(),
            Err(status) if status.code() == Code::NotFound => return Ok(None),
            Err(status) => return Err(status.into()),
        };
        let tracks = answer.lead.as_ref().map(|lead| lead.tracks.as_slice()).unwrap_or_default();
        let handoff = match tracks.first().map(|track| track.latest_handoff.clone()).unwrap_or_default() {
            name if name.is_empty() => None,
            name => client.get_handoff(pb::GetHandoffRequest { name }).await?.into_inner().handoff,
        };
        Ok(Some((answer, handoff)))
    }

    /// What there is to see in qualification.
    async fn picture(&self) -> anyhow::Result<Picture> {
        let endpoint = &self.services.endpoints.qualification;
        let mut log = EventLogServiceClient::new(connect_lazy(endpoint, &self.caller())?);
        let position = log.get_log_head(GetLogHeadRequest::default()).await?.into_inner().position;
        let mut picture = Picture { position, ..Picture::default() };
        for number in 0..LEADS {
            if let Some((answer, handoff)) = self.lead(number).await? {
                picture.leads.insert(number, LeadPicture::of_answer(&answer, handoff.as_ref()));
            }
        }
        Ok(picture)
    }

    async fn clocks(&self) -> anyhow::Result<Vec<ClockPicture>> {
        let mut numbers = BTreeMap::new();
        for number in 0..LEADS {
            if let Some((answer, _)) = self.lead(number).await? {
                numbers.insert(answer.lead.context("a lead")?.name, number);
            }
        }
        let request = ListClocksRequest { page_size: 1_000, ..ListClocksRequest::default() };
        let clocks = match self.services.endpoints.sla(&self.caller())?.list_clocks(request).await {
            Ok(answer) => answer.into_inner().clocks,
            // Sla has not heard of the tenant yet.
            Err(status) if status.code() == Code::NotFound => Vec::new(),
            Err(status) => return Err(status.into()),
        };
        let mut pictures = Vec::new();
        for clock in &clocks {
            let number = numbers.get(&clock.lead).context("a clock of a lead that nobody captured")?;
            pictures.push(ClockPicture::of_answer(*number, clock));
        }
        pictures.sort();
        Ok(pictures)
    }

    /// MQLs, SQLs and rejections, by the reports over all time.
    async fn counts(&self) -> anyhow::Result<(i64, i64, i64)> {
        let day = |at: DateTime<Utc>| at.format("%Y-%m-%d").to_string();
        let query = Some(reporting::ReportQuery {
            period_kind: reporting::PeriodKind::Custom.into(),
            start_date: day(beginning() - TimeDelta::days(60)),
            end_date: day(self.now + TimeDelta::days(2)),
            skip_policy: reporting::SkipPolicy::Strict.into(),
            unit: reporting::CountUnit::Handoff.into(),
            basis: reporting::Basis::Period.into(),
            ..reporting::ReportQuery::default()
        });
        let mut client = self.services.endpoints.reporting(&self.caller())?;
        let request = reporting::GetMqlReportRequest { query: query.clone() };
        let mqls = client.get_mql_report(request).await?.into_inner().total.context("a total")?;
        let request = reporting::GetSqlReportRequest { query };
        let sqls = client.get_sql_report(request).await?.into_inner().total.context("a total")?;
        let rejections = sqls.rejections.iter().map(|rejection| rejection.count).sum();
        Ok((mqls.mql_count, sqls.sql_count, rejections))
    }
}

fn name(service: Service) -> Name {
    match service {
        Service::Qualification => Name::Qualification,
        Service::Consumer(Consumer::Sla) => Name::Sla,
        Service::Consumer(Consumer::Reporting) => Name::Reporting,
    }
}

fn described(lead: usize) -> pb::Lead {
    let person = pb::Person { email: address(lead), ..pb::Person::default() };
    pb::Lead { person: Some(person), ..pb::Lead::default() }
}

fn item(lead: usize, key: usize, begin: DateTime<Utc>, story: Story) -> pb::ImportRequest {
    let by = || format!("users/{}", OWNERS[0]);
    let accepted = Entry::Accepted(pb::ImportedAcceptance { decided_by: by() });
    let rejected = Entry::Rejected(pb::ImportedRejection {
        reason: "NO_NEED_NOW".into(),
        decided_by: by(),
        ..pb::ImportedRejection::default()
    });
    let qualified = Entry::Qualified(pb::ImportedQualification {});
    let told = match story {
        Story::Nothing => vec![],
        Story::Waiting => vec![qualified],
        Story::Accepted => vec![qualified, accepted],
        Story::Rejected => vec![qualified, rejected],
    };
    let history = told.into_iter().enumerate().map(|(index, entry)| pb::HistoryEntry {
        occur_time: Some(to_timestamp(begin + TimeDelta::hours(1 + i64::try_from(index).unwrap_or(0)))),
        entry: Some(entry),
        source_key: format!("item-{key}/{index}"),
        ..pb::HistoryEntry::default()
    });
    pb::ImportRequest {
        source_key: format!("item-{key}"),
        subject: Some(pb::import_request::Subject::Lead(described(lead))),
        capture_time: Some(to_timestamp(begin)),
        history: history.collect(),
    }
}
