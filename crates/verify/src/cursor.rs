//! Cursors: how far each service has read another's log, which is never further than that log goes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use handoff_store::database::Service;
use handoff_store::error::StoreError;
use handoff_store::log::load_head;
use handoff_store::verify::{Snapshot, log, reporting};

use crate::docket::Docket;
use crate::law::Law;

const LAW: Law = Law::Cursors;

/// Whose cursor, in whose log.
type Reading = (Service, Service);

/// The cursors of a tenant.
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    at: BTreeMap<(&'static str, &'static str), i64>,
    /// When the event was recorded that reporting's cursor is at, by log.
    seen: BTreeMap<&'static str, DateTime<Utc>>,
}

impl Cursors {
    /// Reads all of them, and judges them against the heads.
    pub(crate) async fn load(snapshot: &mut Snapshot, docket: &mut Docket) -> Result<Self, StoreError> {
        let tenant = snapshot.tenant();
        let mut heads = BTreeMap::new();
        let mut rows = Vec::new();
        for service in Service::ALL {
            let tx = snapshot.log_of(service).await?;
            let head = load_head(tx, tenant).await?;
            heads.insert(service.schema(), head.map_or(0, |head| head.position));
            rows.extend(log::cursors(tx, tenant).await?.into_iter().map(|row| (service.schema(), row)));
        }
        let mut cursors = Self::default();
        for (service, (source, position)) in rows {
            docket.checked(LAW, 1);
            let place = format!("{service}'s cursor in {source}'s log");
            match heads.get_key_value(source.as_str()) {
                Some((source, head)) => {
                    if position > *head {
                        let expected = format!("at most its head, {head}");
                        docket.violated(LAW, place, expected, position);
                    }
                    cursors.at.insert((service, *source), position);
                }
                None => docket.violated(LAW, place, "a log that there is", "none"),
            }
        }
        Ok(cursors)
    }

    /// How far a service has read.
    pub(crate) fn of(&self, (service, source): Reading) -> i64 {
        self.at.get(&(service.schema(), source.schema())).copied().unwrap_or(0)
    }

    /// An event of a log has passed.
    pub(crate) fn pass(&mut self, source: Service, position: i64, recorded: DateTime<Utc>) {
        if self.of((Service::Reporting, source)) == position {
            self.seen.insert(source.schema(), recorded);
        }
    }

    /// What reports say they have seen must be where the cursors are.
    pub(crate) async fn compare_seen(
        &self,
        snapshot: &mut Snapshot,
        docket: &mut Docket,
    ) -> Result<(), StoreError> {
        let tenant = snapshot.tenant();
        let mut seen = BTreeMap::new();
        reporting::each_seen(snapshot.tx(), tenant, |row| {
            seen.insert(row.source, (row.position, row.recorded_at));
        })
        .await?;
        for source in [Service::Qualification, Service::Sla] {
            docket.checked(LAW, 1);
            let cursor = self.of((Service::Reporting, source));
            let found = seen.remove(source.schema());
            let place = format!("what reports have seen of {}'s log", source.schema());
            docket.equal(LAW, format_args!("{place}, position"), &cursor, &found.map_or(0, |it| it.0));
            // A cursor beyond the head is a violation already, and there is no event to compare with.
            if let (Some(recorded), Some((_, found))) = (self.seen.get(source.schema()), found) {
                docket.equal(LAW, format_args!("{place}, recorded_at"), recorded, &found);
            }
        }
        Ok(())
    }
}
