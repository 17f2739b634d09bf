//! A service under a flood of HTTP/2 frames that no good client would send, while others make ordinary calls.
//!
//! The flood comes from threads of this process, each with a connection of its own that it opens again as soon as it is
//! cut, and is as fast as the service takes it. What it costs by itself, on a machine that both share, is seen by sending
//! the same bytes at the same pace to a [`Sink`](flood::Sink), which reads and forgets them.

pub mod callers;
pub mod flood;
pub mod script;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::history_entry::Entry;
use handoff_proto::qualification::v1::import_response::Result as Answer;
use handoff_runtime::client::Caller;
use handoff_runtime::{clock, convert};
use tokio::sync::watch;
use tokio_stream::iter;

use crate::alone::Alone;
use crate::fault::journey::{Guide, found};
use crate::fault::random::Random;
use crate::memory::{forget_highest, resident};

use callers::{Callers, Calls};
use flood::{Flood, Tally};
use script::Attack;

/// The tenant of the ordinary calls.
const TENANT: &str = "acme";
/// The tenant of what a flood asks for: its share of the database is not theirs.
const FLOODER: &str = "flooder";

/// A lead of each, by the id of the tenant's own system.
const LEAD: &str = "ordinary";
/// Handoffs of the flooder: a page full, so that an answer is of some size.
const HANDOFFS: u32 = 1_000;

/// What was seen while something went on.
#[derive(Debug)]
pub struct Seen {
    /// Of the flood; nothing where there was none.
    pub flood: Option<Tally>,
    /// Of the ordinary calls.
    pub calls: Calls,
    /// What the service held before.
    pub before: u64,
    /// What it held at most meanwhile, in bytes.
    pub highest: u64,
}

/// A service with two tenants, and callers of one.
#[derive(Debug)]
pub struct Target {
    service: Alone,
    callers: Callers,
}

impl Target {
    /// Starts qualification on the database at `url` and fills two tenants.
    ///
    /// # Errors
    /// When it does not start, or refuses something.
    pub async fn start(url: &str) -> anyhow::Result<Self> {
        // A client that is told to go away may lose the call that it sends at that very moment.
        let service = Alone::start(url, &["--insecure-dev", "--connection-age", "1h"]).await?;
        let endpoints = service.endpoints();
        let mut random = Random::new(1, 0);
        found(&endpoints, FLOODER, &mut random).await?;
        found(&endpoints, TENANT, &mut random).await?;
        let answers = watch::Sender::new(0);
        let known = std::slice::from_ref(&endpoints);
        Guide::new(known, FLOODER, Random::new(1, 1), 1, &answers)?.capture(LEAD).await?;
        let lead = Guide::new(known, TENANT, random, 1, &answers)?.capture(LEAD).await?;
        let mut import = endpoints.qualification(&Caller::user(FLOODER, "import", Side::System))?;
        let mut answers = import.import(iter((0..HANDOFFS).map(handed_over))).await?.into_inner();
        while let Some(answer) = answers.message().await? {
            let Some(Answer::Imported(_)) = answer.result else { anyhow::bail!("{answer:?}") };
        }
        let callers = Callers::new(&endpoints, &lead)?;
        Ok(Self { service, callers })
    }

    /// Where the service is.
    pub fn address(&self) -> SocketAddr {
        self.service.address
    }

    /// Makes ordinary calls for a time, alone.
    ///
    /// # Errors
    /// When what the service holds cannot be read.
    pub async fn alone(&mut self, time: Duration) -> anyhow::Result<Seen> {
        self.meanwhile(time, None).await
    }

    /// Makes ordinary calls for a time, while a flood goes on elsewhere or here: `at` says where.
    ///
    /// # Errors
    /// When a thread of the flood failed, or what the service holds cannot be read.
    pub async fn beside(
        &mut self,
        attack: Attack,
        connections: usize,
        at: SocketAddr,
        frames_per_second: Option<f64>,
        time: Duration,
    ) -> anyhow::Result<Seen> {
        let flood = Flood::start(attack, connections, at, frames_per_second);
        self.meanwhile(time, Some(flood)).await
    }

    async fn meanwhile(&mut self, time: Duration, flood: Option<Flood>) -> anyhow::Result<Seen> {
        let process = self.service.pid()?;
        forget_highest(process)?;
        let before = resident(process)?.now;
        let calls = self.callers.call_for(time).await;
        let flood = flood.map(Flood::stop).transpose()?;
        let highest = resident(self.service.pid().context("the service is gone")?)?.highest;
        Ok(Seen { flood, calls, before, highest })
    }

    /// Stops the service.
    ///
    /// # Errors
    /// When it does not end well.
    pub async fn stop(self) -> anyhow::Result<()> {
        drop(self.callers);
        self.service.stop().await
    }
}

/// An item of an import: a lead that was handed over last month.
fn handed_over(number: u32) -> pb::ImportRequest {
    let then = Some(convert::to_timestamp(clock::now() - TimeDelta::days(30)));
    let person = pb::Person { external_id: format!("H-{number}"), ..pb::Person::default() };
    let qualified = pb::HistoryEntry {
        occur_time: then,
        entry: Some(Entry::Qualified(pb::ImportedQualification {})),
        ..pb::HistoryEntry::default()
    };
    pb::ImportRequest {
        source_key: format!("abuse/{number}"),
        subject: Some(pb::import_request::Subject::Lead(pb::Lead {
            person: Some(person),
            ..pb::Lead::default()
        })),
        capture_time: then,
        history: vec![qualified],
    }
}
