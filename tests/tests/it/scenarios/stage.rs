//! Where a story is told: the three services as processes of their own, on a database whose clock is the story's. At its
//! end `handoff verify` must find nothing.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use handoff_domain::actor::Side;
use handoff_proto::common::v1::Side as WireSide;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::client::Caller;
use handoff_store::scratch::{ScratchClock, ScratchDatabase};
use handoff_tests::apart::Apart;
use handoff_tests::fault::audit::broken_laws;
use tonic::Status;
use tonic_types::StatusExt;
use uuid::Uuid;

use super::step::{Step, What};
use super::story::Story;
use super::{act, expect};

const TENANT: &str = "acme";

/// The services, and what people know by now.
pub(super) struct Stage<'a> {
    pub(super) story: &'a Story,
    pub(super) services: Apart,
    /// The hash of each version as each person read it last.
    pub(super) read: BTreeMap<(String, String), String>,
    clock: ScratchClock,
    // Dropped last: the services work on it.
    database: ScratchDatabase,
}

/// Tells a story.
///
/// # Errors
/// When anything in it does not come true.
pub(super) async fn tell(story: &Story) -> anyhow::Result<()> {
    let mut stage = Stage::of(story).await?;
    for step in &story.steps {
        stage.step(step).await.with_context(|| format!("the step at {}", step.place))?;
    }
    let (laws, broken) = broken_laws(&stage.database.url()).await?;
    ensure!(laws > 0 && broken.is_empty(), "{}", broken.join("\n"));
    Ok(())
}

impl<'a> Stage<'a> {
    async fn of(story: &'a Story) -> anyhow::Result<Self> {
        let begins = story.steps.first().and_then(|step| step.at).context("it begins at some time")?;
        let database = ScratchDatabase::new().await?;
        let clock = database.take_clock(begins).await?;
        let services = Apart::on(&database.url(), &[]).await?;
        let stage = Self { story, services, read: BTreeMap::new(), clock, database };
        stage.found().await?;
        Ok(stage)
    }

    async fn found(&self) -> anyhow::Result<()> {
        let operator = Caller::user(TENANT, "operator", Side::System);
        let mut service = self.services.endpoints.qualification(&operator)?;
        let tenant = pb::Tenant {
            name: format!("tenants/{TENANT}"),
            time_zone: self.story.zone.name().to_owned(),
            currency_code: "EUR".to_owned(),
            ..pb::Tenant::default()
        };
        let request = pb::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant) };
        service.create_tenant(request).await?;
        for (name, side) in &self.story.people {
            let user = pb::User {
                name: format!("users/{name}"),
                display_name: name.clone(),
                side: (*side).into(),
                active: true,
                ..pb::User::default()
            };
            let request = pb::PutUserRequest { request_id: request_id(), user: Some(user) };
            service.put_user(request).await?;
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> anyhow::Result<()> {
        if let Some(at) = step.at {
            self.clock.set(at).await?;
        }
        match &step.what {
            What::Act { by, act, refused } => {
                let told = act::act(self, by, act).await?;
                match (told, refused) {
                    (Ok(()), None) => Ok(()),
                    (Ok(()), Some(reason)) => bail!("it was not refused for {reason}"),
                    (Err(refusal), Some(reason)) if reason_of(&refusal) == *reason => Ok(()),
                    (Err(refusal), _) => Err(refusal.into()),
                }
            }
            What::Version(expected) => expect::version(self, expected).await,
            What::Lead(expected) => expect::lead(self, expected).await,
        }
    }

    /// A person of the story, on its side.
    pub(super) fn caller(&self, name: &str) -> Caller {
        let side = match self.story.people.get(name) {
            Some(WireSide::Sales) => Side::Sales,
            Some(WireSide::Marketing) => Side::Marketing,
            _ => Side::System,
        };
        Caller::user(TENANT, name, side)
    }

    /// Whoever looks whether it is so.
    pub(super) fn reader(&self) -> Caller {
        Caller::user(TENANT, "reader", Side::System)
    }
}

pub(super) fn request_id() -> String {
    Uuid::now_v7().to_string()
}

pub(super) fn by_email(email: &str) -> Option<pb::LeadRef> {
    Some(pb::LeadRef { lead: Some(pb::lead_ref::Lead::Email(email.to_owned())) })
}

fn reason_of(refusal: &Status) -> String {
    refusal.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}
