//! Many accept and reject the same handoff at the same moment. One of them decides, all others are told how it stands,
//! and whoever asks again hears the same again.

use anyhow::{Context, ensure};
use futures_util::future::try_join_all;
use handoff_proto::qualification::v1 as pb;
use handoff_store::scratch::ScratchDatabase;
use tokio::sync::watch;
use tokio::time::Instant;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::apart::Apart;
use crate::fault::Toll;
use crate::fault::audit::audit;
use crate::fault::journey::{Client, Guide, found, sales};
use crate::fault::patience::answered;
use crate::fault::random::Random;

const TENANT: &str = "acme";
/// Callers per handoff.
const CALLERS: u64 = 64;

/// A decision as somebody wants it.
#[derive(Debug, Clone)]
enum Wish {
    Accept(pb::AcceptHandoffRequest),
    Reject(pb::RejectHandoffRequest),
}

type Told = Result<pb::Handoff, Status>;

/// Lets callers race for that many handoffs, one after the other.
///
/// # Errors
/// When something does not start, or more or less than one wins.
pub async fn of_decisions(seed: u64, handoffs: u64) -> anyhow::Result<Toll> {
    let database = ScratchDatabase::new().await?;
    let services = Apart::on(&database.url(), &[]).await?;
    let mut random = Random::new(seed, 0);
    found(&services.endpoints, TENANT, &mut random).await?;
    let answers = watch::Sender::new(0);
    let endpoints = std::slice::from_ref(&services.endpoints);
    let mut guide = Guide::new(endpoints, TENANT, Random::new(seed, 1), 1, &answers)?;
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(services.endpoints.qualification(&sales(TENANT))?);
    }
    for number in 0..handoffs {
        let lead = guide.capture(&format!("R-{number}")).await?;
        let handoff = guide.qualify(&lead).await?;
        guide.assign(&handoff).await?;
        let wishes: Vec<Wish> = (0..CALLERS).map(|_| wish(&handoff, &mut random)).collect();
        let decided = race(&clients, &wishes).await.with_context(|| handoff.clone())?;
        let state = decided.state();
        guide.ledger.handoffs.insert(handoff, state);
    }
    let acknowledged = *answers.borrow() + handoffs * CALLERS;
    let ledgers = [(TENANT, guide.ledger)].into();
    let findings = audit(&services.endpoints, &database.url(), &ledgers, Instant::now()).await?;
    services.stop().await?;
    Ok(Toll {
        scenario: "64 callers decide at once",
        faults: (handoffs, "races"),
        acknowledged,
        findings,
        recoveries: Vec::new(),
    })
}

fn wish(handoff: &str, random: &mut Random) -> Wish {
    let (request_id, name) = (random.uuid().to_string(), handoff.to_owned());
    if random.below(2) == 0 {
        Wish::Accept(pb::AcceptHandoffRequest { request_id, name, ..pb::AcceptHandoffRequest::default() })
    } else {
        let reason = "WRONG_SIZE".into();
        Wish::Reject(pb::RejectHandoffRequest {
            request_id,
            name,
            reason,
            ..pb::RejectHandoffRequest::default()
        })
    }
}

/// All wishes at once, and then once more; the handoff as it was decided.
async fn race(clients: &[Client], wishes: &[Wish]) -> anyhow::Result<pb::Handoff> {
    let all =
        || try_join_all(wishes.iter().zip(clients.iter().cycle()).map(|(wish, client)| tell(client, wish)));
    let first = all().await?;
    let winners: Vec<&pb::Handoff> = first.iter().filter_map(|told| told.as_ref().ok()).collect();
    let [winner] = winners.as_slice() else {
        anyhow::bail!("{} of {} were told that they had decided", winners.len(), wishes.len())
    };
    let state = winner.state().as_str_name().trim_start_matches("HANDOFF_STATE_").to_owned();
    for refusal in first.iter().filter_map(|told| told.as_ref().err()) {
        let details = refusal.get_error_details();
        let facts = details.error_info().map(|info| &info.metadata);
        let told = facts.and_then(|facts| facts.get("state"));
        ensure!(
            refusal.code() == Code::FailedPrecondition && told == Some(&state),
            "decided as {state}, and somebody hears {refusal:?}"
        );
    }
    for (first, again) in first.iter().zip(all().await?) {
        let same = match (first, &again) {
            (Ok(first), Ok(again)) => first == again,
            (Err(first), Err(again)) => (first.code(), first.message()) == (again.code(), again.message()),
            _ => false,
        };
        ensure!(same, "first {first:?}, and then {again:?}");
    }
    Ok((*winner).clone())
}

async fn tell(client: &Client, wish: &Wish) -> anyhow::Result<Told> {
    answered(client, wish, |mut client, wish| async move {
        let handoff = match wish {
            Wish::Accept(request) => client.accept_handoff(request).await?.into_inner().handoff,
            Wish::Reject(request) => client.reject_handoff(request).await?.into_inner().handoff,
        };
        handoff.map(tonic::Response::new).ok_or_else(|| Status::data_loss("an answer without its handoff"))
    })
    .await
}
