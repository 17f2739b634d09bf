//! The services' side of a simulated life: three processes on a database whose clock is the simulation's, asked over
//! gRPC, stopped, killed and started again, each with a second process beside it at times.

mod publish;
mod report;
mod request;

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, Utc};
use handoff_domain::actor::Side;
use handoff_proto::common::v1::Side as WireSide;
use handoff_proto::event::v1::GetLogHeadRequest;
use handoff_proto::event::v1::event_log_service_client::EventLogServiceClient;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::decision_service_client::DecisionServiceClient;
use handoff_proto::qualification::v1::routing_service_client::RoutingServiceClient;
use handoff_proto::sla::v1::ListClocksRequest;
use handoff_runtime::client::{Caller, Peer, connect_lazy};
use handoff_runtime::convert::{to_duration, to_target};
use handoff_store::scratch::{ScratchClock, ScratchDatabase};
use tonic::{Code, Status};
use uuid::Uuid;

use super::generate::{Life, ZONE};
use super::operation::{Consumer, LEADS, OWNERS, Operation, Service};
use super::picture::{ClockPicture, LeadPicture, Picture};
use super::told::Told;
use super::twin::{Model, TENANT, defaults};
use crate::apart::{self, Apart, Name};
use crate::endpoints::Endpoints;
use crate::fault::audit::broken_laws;
use crate::waiting::until;
use request::{Asked, Client, named};

/// The services.
#[derive(Debug)]
pub struct World {
    services: Apart,
    /// In the order of [`Name::ALL`].
    seconds: [Option<apart::Service>; 3],
    begins: DateTime<Utc>,
    now: DateTime<Utc>,
    clock: ScratchClock,
    requests: u128,
    /// How many models were signed.
    models: u32,
    running: [bool; 2],
    asked: Vec<Asked>,
    // Dropped last: the services work on it.
    database: ScratchDatabase,
}

impl World {
    /// Starts the services and founds the tenant, as [`Model::found`] does.
    ///
    /// # Errors
    /// When a process does not start.
    pub async fn found(life: &Life) -> anyhow::Result<Self> {
        let database = ScratchDatabase::new().await?;
        let clock = database.take_clock(life.begins).await?;
        let services = Apart::on(&database.url(), &[]).await?;
        let mut world = Self {
            services,
            seconds: [const { None }; 3],
            begins: life.begins,
            now: life.begins,
            clock,
            requests: 0,
            models: 0,
            running: [true; 2],
            asked: Vec::new(),
            database,
        };
        let mut system = world.services.endpoints.qualification(&Caller::service("simulation"))?;
        let tenant = pb::Tenant {
            name: format!("tenants/{TENANT}"),
            time_zone: ZONE.name().into(),
            currency_code: "EUR".into(),
            starter_target: Some(to_target(life.target)),
            defaults: Some(pb::Defaults {
                cooldown: Some(to_duration(defaults().cooldown)),
                ..pb::Defaults::default()
            }),
            ..pb::Tenant::default()
        };
        let request_id = world.request_id();
        system.create_tenant(pb::CreateTenantRequest { request_id, tenant: Some(tenant) }).await?;
        let sales = OWNERS.map(|owner| (owner, WireSide::Sales));
        for (slug, side) in sales.into_iter().chain([("mia", WireSide::Marketing)]) {
            let user = pb::User {
                name: format!("users/{slug}"),
                display_name: slug.into(),
                side: side.into(),
                active: true,
                ..pb::User::default()
            };
            let request_id = world.request_id();
            let request = pb::PutUserRequest { request_id, user: Some(user) };
            world.marketing()?.put_user(request).await?;
        }
        world.has_routed().await?;
        Ok(world)
    }

    /// Does what is to be done, before the model does; `None` for what nobody is told about, or what there is nothing
    /// for.
    ///
    /// # Errors
    /// When a process does not do as it is told or cannot be reached, and where a look at everything shows a difference.
    pub async fn perform(&mut self, operation: &Operation, model: &Model) -> anyhow::Result<Option<Told>> {
        let told = self.done(operation, model).await?;
        self.has_routed().await?;
        Ok(told)
    }

    /// Waits until nothing follows by itself any more.
    async fn has_routed(&mut self) -> anyhow::Result<()> {
        let clock = &mut self.clock;
        until("whoever waits is routed", async || Ok(clock.has_routed().await?.then_some(()))).await
    }

    async fn done(&mut self, operation: &Operation, model: &Model) -> anyhow::Result<Option<Told>> {
        match operation {
            Operation::Wait { time } => {
                self.now += *time;
                self.clock.set(self.now).await?;
                Ok(None)
            }
            Operation::Stop(consumer) => self.stop(*consumer).await.map(|()| None),
            Operation::Start(consumer) => self.start(*consumer).await.map(|()| None),
            Operation::Crash(service) => self.crash(*service).await.map(|()| None),
            Operation::Second(service) => self.second(*service).await.map(|()| None),
            Operation::Check => self.check(model).await.map(|()| None),
            Operation::Calendar { .. } if !model.sla_runs() => Ok(None),
            Operation::Calendar { hours } => {
                // What sla has not heard yet would meet other hours than in the model.
                self.clocks_agree(model).await?;
                self.put_calendar(*hours).await.map(Some)
            }
            Operation::Publish { publishing } => self.publish(*publishing).await.map(Some),
            Operation::Repeat { back } => match self.asked.iter().rev().nth(*back).cloned() {
                Some(asked) => self.ask(asked).await.map(Some),
                None => Ok(None),
            },
            Operation::Reuse { back } => {
                match self.asked.iter().rev().nth(*back).cloned().and_then(Asked::with_another_body) {
                    Some(asked) => self.ask(asked).await.map(Some),
                    None => Ok(None),
                }
            }
            other => {
                let Some(asked) = self.asked(other).await? else { return Ok(None) };
                self.asked.push(asked.clone());
                self.ask(asked).await.map(Some)
            }
        }
    }

    /// Starts what was stopped, lets everything be taken in and everything due fire, and compares all there is.
    ///
    /// # Errors
    /// Where the services do not come to say what the model says, and for laws that `handoff verify` finds broken.
    pub async fn check(&mut self, model: &Model) -> anyhow::Result<()> {
        self.start(Consumer::Sla).await?;
        self.start(Consumer::Reporting).await?;
        self.leads_agree(&model.picture()).await?;
        self.clocks_agree(model).await?;
        self.services.endpoints.reports_catch_up(&self.caller()).await?;
        self.reports_agree(model).await?;
        let broken = broken_laws(&self.database.url()).await?.1;
        ensure!(broken.is_empty(), "handoff verify finds\n{}", broken.join("\n"));
        Ok(())
    }

    /// Stops all services.
    ///
    /// # Errors
    /// When one does not end well.
    pub async fn end(self) -> anyhow::Result<()> {
        for second in self.seconds.into_iter().flatten() {
            second.stop().await?;
        }
        self.services.stop().await
    }

    fn caller(&self) -> Caller {
        Caller::user(TENANT, "mia", Side::Marketing)
    }

    fn marketing(&self) -> anyhow::Result<Client> {
        self.client(&self.caller())
    }

    fn routing(&self) -> anyhow::Result<RoutingServiceClient<Peer>> {
        let endpoint = self.qualification().qualification;
        Ok(RoutingServiceClient::new(connect_lazy(&endpoint, &self.caller())?))
    }

    fn client(&self, caller: &Caller) -> anyhow::Result<Client> {
        self.qualification().qualification(caller)
    }

    fn decisions(&self, caller: &Caller) -> anyhow::Result<DecisionServiceClient<Peer>> {
        self.qualification().decisions(caller)
    }

    /// Qualification; of its two processes by turns, where there are two.
    fn qualification(&self) -> Endpoints {
        let endpoints = self.services.endpoints.clone();
        match &self.seconds[Name::Qualification as usize] {
            Some(second) if self.requests % 2 == 1 => {
                Endpoints { qualification: second.endpoint(), ..endpoints }
            }
            _ => endpoints,
        }
    }

    fn request_id(&mut self) -> String {
        self.requests += 1;
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | self.requests).to_string()
    }

    async fn stop(&mut self, consumer: Consumer) -> anyhow::Result<()> {
        if std::mem::replace(&mut self.running[consumer as usize], false) {
            self.services.stop_one(name(Service::Consumer(consumer))).await?;
        }
        Ok(())
    }

    async fn start(&mut self, consumer: Consumer) -> anyhow::Result<()> {
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

    /// Dropping a process kills it.
    async fn second(&mut self, service: Service) -> anyhow::Result<()> {
        let name = name(service);
        self.seconds[name as usize] = match self.seconds[name as usize].take() {
            Some(_) => None,
            None => Some(self.services.another(name).await?),
        };
        Ok(())
    }

    async fn leads_agree(&self, meant: &Picture) -> anyhow::Result<()> {
        let picture = self.picture().await?;
        for (lead, meant) in &meant.leads {
            let seen = picture.leads.get(lead).with_context(|| format!("lead {lead} is not there"))?;
            ensure!(seen == meant, "lead {lead} is\n{seen:#?}\nand not\n{meant:#?}");
        }
        ensure!(picture.leads.len() == meant.leads.len(), "there are leads that nobody captured");
        let (seen, meant) = (picture.position, meant.position);
        ensure!(seen == meant, "qualification's log ends at {seen}, not {meant}");
        Ok(())
    }

    /// Waits until sla has heard of everything and let pass what is due.
    async fn clocks_agree(&mut self, model: &Model) -> anyhow::Result<()> {
        let meant = model.clocks();
        let mut seen = Vec::new();
        let agreed = until("the clocks agree", async || {
            seen = self.clocks().await?;
            Ok((seen == meant).then_some(()))
        });
        if agreed.await.is_err() {
            let only = |of: &[ClockPicture], other: &[ClockPicture]| {
                let only = of.iter().filter(|clock| !other.contains(clock));
                only.map(|clock| format!("\n    {clock:?}")).collect::<String>()
            };
            bail!("sla has these clocks:{}\nand not these:{}", only(&seen, &meant), only(&meant, &seen));
        }
        Ok(())
    }

    /// A lead and its latest handoff on each line.
    async fn lead(
        &self,
        number: usize,
    ) -> anyhow::Result<Option<(pb::GetLeadResponse, Vec<(String, pb::Handoff)>)>> {
        let mut client = self.marketing()?;
        let answer = match client.get_lead(pb::GetLeadRequest { lead: named(number) }).await {
            Ok(answer) => answer.into_inner(),
            Err(status) if status.code() == Code::NotFound => return Ok(None),
            Err(status) => return Err(status.into()),
        };
        let tracks = answer.lead.as_ref().map(|lead| lead.tracks.as_slice()).unwrap_or_default();
        let mut handoffs = Vec::new();
        for track in tracks.iter().filter(|track| !track.latest_handoff.is_empty()) {
            let request = pb::GetHandoffRequest { name: track.latest_handoff.clone() };
            let handoff = client.get_handoff(request).await?.into_inner().handoff.context("a handoff")?;
            handoffs.push((track.product_line.clone(), handoff));
        }
        Ok(Some((answer, handoffs)))
    }

    /// What there is to see in qualification.
    async fn picture(&self) -> anyhow::Result<Picture> {
        let endpoint = &self.services.endpoints.qualification;
        let mut log = EventLogServiceClient::new(connect_lazy(endpoint, &self.caller())?);
        let position = log.get_log_head(GetLogHeadRequest::default()).await?.into_inner().position;
        let mut picture = Picture { position, ..Picture::default() };
        for number in 0..LEADS {
            if let Some((answer, handoffs)) = self.lead(number).await? {
                picture.leads.insert(number, LeadPicture::of_answers(&answer, &handoffs));
            }
        }
        Ok(picture)
    }

    async fn clocks(&self) -> anyhow::Result<Vec<ClockPicture>> {
        let mut numbers = BTreeMap::new();
        for number in 0..LEADS {
            if let Some((answer, _)) = self.lead(number).await? {
                // Who is one person goes by the first of its numbers.
                let lead = answer.lead.context("a lead")?;
                for name in [lead.name].into_iter().chain(lead.merged_leads) {
                    numbers.entry(name).or_insert(number);
                }
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
}

fn name(service: Service) -> Name {
    match service {
        Service::Qualification => Name::Qualification,
        Service::Consumer(Consumer::Sla) => Name::Sla,
        Service::Consumer(Consumer::Reporting) => Name::Reporting,
    }
}

/// Whether a call failed, rather than being refused.
fn is_failure(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Internal | Code::Unknown | Code::DeadlineExceeded)
}
