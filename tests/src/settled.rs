//! Waiting until a tenant's services have heard all of each other, and no timer is due: from then on nothing changes but
//! by a call, or by the time of a timer that is still to come.

use std::collections::BTreeMap;

use handoff_domain::id::TenantId;
use handoff_runtime::clock;
use handoff_store::database::Service;
use handoff_store::log::load_head;
use handoff_store::verify::{Reader, Snapshot, log, sla};

use crate::waiting::until_through;

/// Who reads whose log.
const READ: [(Service, Service); 3] = [
    (Service::Sla, Service::Qualification),
    (Service::Reporting, Service::Qualification),
    (Service::Reporting, Service::Sla),
];

/// Waits for the tenant `slug` in the database at `url`, which is read as the owner of its tables.
///
/// # Errors
/// When it stands still before it is through, or the database fails.
pub async fn settled(url: &str, slug: &str) -> anyhow::Result<()> {
    let (reader, tenant) = (Reader::connect(url).await?, TenantId::from_slug(slug));
    until_through("everything was heard and nothing is due", async || {
        let mut snapshot = reader.snapshot(tenant).await?;
        let read = positions(&mut snapshot).await?;
        let next = sla::due_time(snapshot.tx(), tenant).await?.flatten();
        snapshot.end().await?;
        let is_through = read.iter().all(|(read, head)| read == head);
        let is_due = next.is_some_and(|next| next <= clock::now());
        Ok((is_through && !is_due, (read, next)))
    })
    .await
}

/// How far each log was read, and how far it goes.
async fn positions(snapshot: &mut Snapshot) -> anyhow::Result<Vec<(i64, i64)>> {
    let tenant = snapshot.tenant();
    let (mut heads, mut cursors) = (BTreeMap::new(), BTreeMap::new());
    for service in Service::ALL {
        let tx = snapshot.log_of(service).await?;
        heads.insert(service.schema(), load_head(tx, tenant).await?.map_or(0, |head| head.position));
        let of_service = log::cursors(tx, tenant).await?.into_iter();
        cursors.extend(of_service.map(|(source, position)| ((service.schema(), source), position)));
    }
    let read = READ.map(|(service, source)| {
        let cursor = cursors.get(&(service.schema(), source.schema().to_owned()));
        (cursor.copied().unwrap_or(0), heads[source.schema()])
    });
    Ok(read.to_vec())
}
