//! What the RPCs of the catalogue share: reading it, and a page of what was read whole.

use handoff_domain::profile::Catalogue;
use handoff_store::qualification::attribute;
use tonic::Status;

use crate::app::{App, Call};

/// How many entries a page has unless the caller says.
pub(super) const PAGE: i64 = 100;
/// The most.
pub(super) const PAGE_MAX: i64 = 1_000;

/// The attributes of the call's tenant, standard and own.
pub(super) async fn attributes(app: &App, call: &Call) -> Result<Catalogue, Status> {
    app.read(call, |tx, tenant| {
        Box::pin(async move { Ok(Catalogue::with(attribute::load(tx, tenant).await?)) })
    })
    .await
}

/// The first entries of `rest`, and the last of them if more follow.
pub(super) fn page<T>(mut rest: impl Iterator<Item = T>, size: i64) -> (Vec<T>, bool) {
    let page: Vec<T> = rest.by_ref().take(usize::try_from(size).unwrap_or(usize::MAX)).collect();
    (page, rest.next().is_some())
}
