//! Ordinary callers, on a connection of their own: each waits for its answer and asks again.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use handoff_proto::qualification::v1 as pb;
use tonic::Request;

use crate::endpoints::Endpoints;
use crate::fault::journey::{Client, by_name, marketing};
use crate::fault::random::Random;

use super::TENANT;

/// Callers at the same time.
const CALLERS: u64 = 4;
/// How long a call may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// What ordinary calls came to.
#[derive(Debug, Default)]
pub struct Calls {
    /// How long each took that was answered, the fastest first.
    pub latencies: Vec<Duration>,
    /// How many of them recorded an activity.
    pub recorded: usize,
    /// What those heard that were not.
    pub failures: Vec<String>,
}

impl Calls {
    /// How long a call took that was slower than so many in a hundred.
    pub fn percentile(&self, percent: usize) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get(last * percent / 100).copied().unwrap_or_default()
    }
}

/// They.
#[derive(Debug)]
pub struct Callers {
    client: Client,
    lead: String,
    random: Random,
}

impl Callers {
    /// Callers who record activities of a lead, and ask how it is.
    ///
    /// # Errors
    /// For an address that is none.
    pub fn new(endpoints: &Endpoints, lead: &str) -> anyhow::Result<Self> {
        let client = endpoints.qualification(&marketing(TENANT))?;
        Ok(Self { client, lead: lead.to_owned(), random: Random::new(2, 0) })
    }

    /// Calls until the time is over.
    pub async fn call_for(&mut self, time: Duration) -> Calls {
        let end = Instant::now() + time;
        let seed = self.random.draw();
        let callers = (0..CALLERS).map(|caller| {
            let (mut client, lead) = (self.client.clone(), self.lead.clone());
            let mut random = Random::new(seed, caller);
            async move {
                let mut calls = Calls::default();
                while Instant::now() < end {
                    let started = Instant::now();
                    match call(&mut client, &lead, &mut random).await {
                        Ok(recorded) => {
                            calls.latencies.push(started.elapsed());
                            calls.recorded += usize::from(recorded);
                        }
                        Err(status) => calls.failures.push(format!("{status:?}")),
                    }
                }
                calls
            }
        });
        let mut all = Calls::default();
        for calls in join_all(callers).await {
            all.latencies.extend(calls.latencies);
            all.recorded += calls.recorded;
            all.failures.extend(calls.failures);
        }
        all.latencies.sort_unstable();
        all
    }
}

/// Writes or reads, as chance has it; whether it wrote.
async fn call(client: &mut Client, lead: &str, random: &mut Random) -> Result<bool, tonic::Status> {
    let lead = by_name(lead);
    if random.below(2) == 0 {
        let mut request = Request::new(pb::GetLeadRequest { lead });
        request.set_timeout(DEADLINE);
        return client.get_lead(request).await.map(|_| false);
    }
    let mut request = Request::new(pb::RecordActivityRequest {
        request_id: random.uuid().to_string(),
        lead,
        r#type: "PAGE_VISITED".into(),
        ..pb::RecordActivityRequest::default()
    });
    request.set_timeout(DEADLINE);
    client.record_activity(request).await.map(|_| true)
}
