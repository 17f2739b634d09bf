//! A tenant's log as anybody may read it: what happened, in the order in which it did.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use handoff_domain::actor::Side;
use handoff_proto::event::v1::event_log_service_client::EventLogServiceClient;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{Event, GetLogHeadRequest, SubscribeEventsRequest};
use handoff_runtime::client::{Caller, connect_lazy};
use handoff_runtime::limits;

/// What counts about a log.
#[derive(Debug, Default)]
pub struct Log {
    /// Events by request and name.
    pub by_request: BTreeMap<(String, String), u64>,
    /// Captures by lead, as `leads/{uuid}`.
    pub captured: BTreeMap<String, u64>,
    /// Qualifications by handoff, as `handoffs/{uuid}`.
    pub qualified: BTreeMap<String, u64>,
    /// Decisions by handoff.
    pub decided: BTreeMap<String, u64>,
    last: i64,
    recorded: Option<(i64, i32)>,
}

impl Log {
    /// Reads the log of `tenant` that is served at `endpoint`, from its beginning to its present end.
    ///
    /// # Errors
    /// When it cannot be read, has a gap, or its time runs backwards.
    pub async fn read(endpoint: &str, tenant: &str) -> anyhow::Result<Self> {
        let caller = Caller::user(tenant, "tests", Side::System);
        let peer = connect_lazy(endpoint, &caller)?;
        let mut client = EventLogServiceClient::new(peer).max_decoding_message_size(limits::ANSWER_BYTES);
        let head = client.get_log_head(GetLogHeadRequest::default()).await?.into_inner().position;
        let mut stream = client.subscribe_events(SubscribeEventsRequest::default()).await?.into_inner();
        let mut log = Self::default();
        while log.last < head {
            let message = stream.message().await?.context("the stream goes on to the head")?;
            for event in message.events {
                log.take(event)?;
            }
        }
        Ok(log)
    }

    fn take(&mut self, event: Event) -> anyhow::Result<()> {
        ensure!(event.position == self.last + 1, "position {} comes after {}", event.position, self.last);
        self.last = event.position;
        let recorded = event.record_time.map(|time| (time.seconds, time.nanos));
        ensure!(recorded >= self.recorded, "time runs backwards at {}", event.position);
        self.recorded = recorded;
        if !event.request_id.is_empty() {
            *self.by_request.entry((event.request_id, event.r#type)).or_default() += 1;
        }
        match event.payload.and_then(|payload| payload.fact) {
            Some(Fact::LeadCaptured(fact)) => add(&mut self.captured, "leads", &fact.lead_id),
            Some(Fact::LeadQualified(fact)) => add(&mut self.qualified, "handoffs", &fact.handoff_id),
            Some(Fact::HandoffAccepted(fact)) => add(&mut self.decided, "handoffs", &fact.handoff_id),
            Some(Fact::HandoffRejected(fact)) => add(&mut self.decided, "handoffs", &fact.handoff_id),
            _ => {}
        }
        Ok(())
    }
}

fn add(counts: &mut BTreeMap<String, u64>, collection: &str, id: &str) {
    *counts.entry(format!("{collection}/{id}")).or_default() += 1;
}
