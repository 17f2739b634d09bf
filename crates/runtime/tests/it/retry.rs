//! Calls of one service to another that are made again: only where nobody was reached, and only as far as the budget goes.

use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_proto::event::v1::Event;
use handoff_runtime::consumer::{Consumer, Follower};
use handoff_runtime::retry::RetryBudget;
use tonic::{Code, Status};

use crate::stub::World;

/// It is never handed anything.
struct Nobody;

impl Follower for Nobody {
    async fn cursors(&self) -> Result<Vec<(TenantId, i64)>, Error> {
        Ok(Vec::new())
    }

    async fn apply(&self, _: TenantId, _: Vec<Event>) -> Result<(), Error> {
        Err(Error::Internal)
    }
}

#[tokio::test]
async fn a_head_is_asked_for_again_where_nobody_was_reached_and_only_there() {
    let world = World::start().await;
    let log = Consumer::new("stub", world.peer().await, Nobody).log();
    let acme = TenantId::from_slug("acme");
    let refuse = |codes: &[Code]| {
        let refusals = codes.iter().map(|code| Status::new(*code, "scripted"));
        world.stub.refusals.lock().unwrap().extend(refusals);
    };
    let left = || std::mem::take(&mut *world.stub.refusals.lock().unwrap()).len();

    refuse(&[Code::Unavailable, Code::Unavailable]);
    // The stub's own answer has no time: it was reached.
    let reached = log.head(acme).await.unwrap_err();
    assert!(reached.message().contains("without its time"), "{reached:?}");
    assert_eq!(left(), 0);

    refuse(&[Code::ResourceExhausted, Code::Unavailable]);
    assert_eq!(log.head(acme).await.unwrap_err().code(), Code::ResourceExhausted);
    assert_eq!(left(), 1, "who is overloaded is not asked twice");
    refuse(&[Code::NotFound]);
    assert_eq!(log.head(acme).await.unwrap(), None);
}

#[tokio::test]
async fn a_log_that_fails_is_asked_no_more_than_its_budget_allows() {
    let world = World::start().await;
    let log = Consumer::new("stub", world.peer().await, Nobody).log();
    let refusals = || std::iter::repeat_with(|| Status::unavailable("scripted")).take(200);
    world.stub.refusals.lock().unwrap().extend(refusals());
    let asked = || 200 - world.stub.refusals.lock().unwrap().len();
    // Whoever shares the log shares the budget: twenty at once, as the worker's tenants are.
    let calls = (0..20).map(|number| {
        let (log, tenant) = (log.clone(), TenantId::from_slug(&format!("tenant-{number}")));
        tokio::spawn(async move { log.head(tenant).await.unwrap_err().code() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), Code::Unavailable);
    }
    let budget = (20 / RetryBudget::CALLS_PER_RETRY + RetryBudget::RESERVE) as usize;
    assert!(asked() <= 20 + budget && asked() > 20, "{}", asked());
}
