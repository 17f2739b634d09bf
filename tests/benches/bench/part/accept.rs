//! AcceptHandoff through the service, against the same change as one statement on as many connections as the service
//! has for its calls. One tenant, 64 in flight on both sides, and each handoff is accepted once.

use std::sync::Arc;

use anyhow::ensure;
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_runtime::client::Peer;
use handoff_store::batch::Limits;

use super::Setting;
use crate::floor::accept::Direct;
use crate::floor::database::Database;
use crate::ids::request_id;
use crate::load::{Call, End, Load};
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::series::Series;
use crate::services::{Connections, Services, Tenant, waiting_lead};
use crate::supply::Supply;

/// Acceptances of each side in a round.
const CALLS: usize = 4_000;
const LOAD: Load = Load { in_flight: 64, end: End::Calls(CALLS) };

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let rounds = setting.rounds(5);
    let mut database = Database::create(setting.postgres, "accept").await?;
    let services = Services::qualification(database.url(), Limits::default()).await?;
    let tenant = Connections::open(&services.qualification).await?.found("accept", Side::Sales).await?;
    tenant.put_bob().await?;
    // A round of each side before the first that counts.
    let wanted = 2 * CALLS * (rounds + 1);
    setting.say(&format!("importing {wanted} leads that wait to be accepted"));
    tenant.import((0..wanted).map(waiting_lead)).await?;
    let supply = Arc::new(Supply::new(database.open_handoffs(tenant.id).await?));
    database.settle().await?;

    LOAD.drive(|task| Accepter::new(&tenant, task, &supply)).await?;
    let direct = Direct::connect(&mut database, tenant.id).await?;
    LOAD.drive(|_| direct.caller(&supply)).await?;

    let (mut through_service, mut by_hand) = (Series::default(), Series::default());
    for round in 1..=rounds {
        setting.say(&format!("round {round} of {rounds}"));
        let start = setting.reading(&mut database).await?;
        let sample = LOAD.drive(|_| direct.caller(&supply)).await?;
        let between = setting.reading(&mut database).await?;
        by_hand.add(&sample, start, between);
        let sample = LOAD.drive(|task| Accepter::new(&tenant, task, &supply)).await?;
        let end = setting.reading(&mut database).await?;
        through_service.add(&sample, between, end);
    }
    services.stop().await;
    check(&mut database, wanted).await?;
    database.drop().await?;
    Ok(outcome(&through_service, &by_hand))
}

/// Both sides wrote every row that an acceptance consists of, once.
async fn check(database: &mut Database, accepted: usize) -> anyhow::Result<()> {
    for statement in [
        "select count(*) from qualification.handoff where state = 'ACCEPTED' and decided_by = 'users/bob'",
        "select count(*) from qualification.track where stage = 'SQL' and open_handoff_id is null",
        "select count(*) from qualification.lead where stage = 'SQL'",
        "select count(*) from qualification.stage_change where from_stage = 'MQL' and to_stage = 'SQL'",
        "select count(*) from qualification.event where type = 'HandoffAccepted'",
        "select count(*) from qualification.request where method = 'AcceptHandoff' and outcome = 'DONE'",
        // Handoff, track, lead, history and event of one acceptance stand at one position.
        "select count(*) from qualification.event as e \
         join qualification.handoff as h using (tenant_id) join qualification.track as t using (tenant_id, lead_id) \
         join qualification.lead as l using (tenant_id, lead_id) \
         join qualification.stage_change as s using (tenant_id, lead_id, position) \
         where e.type = 'HandoffAccepted' and h.version = e.position and t.version = e.position \
             and l.version = e.position and s.handoff_id = h.handoff_id",
    ] {
        database.check(accepted, statement).await?;
    }
    let gaps = "select max(position) - count(*) from qualification.event";
    ensure!(database.count(gaps).await? == 0, "the log has a gap");
    Ok(())
}

fn outcome(through_service: &Series, by_hand: &Series) -> Outcome {
    let mut table = Table::new(
        "AcceptHandoff, one tenant, 64 in flight",
        &["way", "accepted/s", "p50 ms", "p99 ms", "processors here", "in Postgres", "log B/call"],
    );
    for (way, series) in [("the service, over gRPC", through_service), ("one statement, by hand", by_hand)] {
        let mut cells = vec![Cell::word(way)];
        cells.extend(series.speed());
        cells.extend(series.cost());
        table.row(cells);
    }
    let claim = Claim {
        figure: "AcceptHandoff at 64 in flight ÷ direct statement".into(),
        value: through_service.calls_per_second.against(&by_hand.calls_per_second),
        decimals: 2,
        goal: 1.5,
        floor: 1.0,
        better: Better::Higher,
    };
    Outcome { tables: vec![table], claims: vec![claim], remarks: Vec::new() }
}

/// A client that accepts one handoff of the supply after the other.
pub(super) struct Accepter {
    client: QualificationServiceClient<Peer>,
    supply: Arc<Supply>,
}

impl Accepter {
    pub(super) fn new(tenant: &Tenant, task: usize, supply: &Arc<Supply>) -> Self {
        Self { client: tenant.client(task), supply: Arc::clone(supply) }
    }

    /// Accepts the next one.
    pub(super) async fn accept(&mut self) -> anyhow::Result<pb::Handoff> {
        let request = pb::AcceptHandoffRequest {
            request_id: request_id(),
            name: format!("handoffs/{}", self.supply.next()?),
            ..pb::AcceptHandoffRequest::default()
        };
        let handoff = self.client.accept_handoff(request).await?.into_inner().handoff.unwrap_or_default();
        ensure!(handoff.state() == pb::HandoffState::Accepted, "{handoff:?}");
        Ok(handoff)
    }
}

impl Call for Accepter {
    async fn make(&mut self) -> anyhow::Result<()> {
        self.accept().await.map(drop)
    }
}
