//! What both lists of clocks share: a page of clocks with what is shown beside them.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use handoff_domain::id::{CalendarId, ClockId, ContractId, HandoffId, TenantId};
use handoff_domain::sla::{CalendarVersion, Clock, ClockState, Contract};
use handoff_proto::sla::v1 as pb;
use handoff_store::error::StoreError;
use handoff_store::sla::{calendar, clock, contract};
use handoff_store::tx::Tx;

use crate::convert;

/// Clocks in the order of a list, with the contracts that they measure and the calendars in which they run.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    clocks: Vec<Clock>,
    contracts: HashMap<(ContractId, u32), Contract>,
    calendars: HashMap<CalendarId, CalendarVersion>,
}

/// The first `size` of the clocks, in this order, and whether there are more.
pub(super) async fn page(
    tx: &mut Tx,
    tenant: TenantId,
    mut ids: Vec<ClockId>,
    size: i64,
) -> Result<(Clocks, bool), StoreError> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = ids.len() > size;
    ids.truncate(size);
    let loaded = clock::load(tx, tenant, &ids).await?;
    let mut by_id: HashMap<ClockId, Clock> = loaded.into_iter().map(|clock| (clock.id, clock)).collect();
    let clocks = ids.iter().filter_map(|id| by_id.remove(id)).collect();
    Ok((with_surroundings(tx, tenant, clocks).await?, more))
}

/// The clock of a handoff, if it is in that state.
pub(super) async fn of_handoff(
    tx: &mut Tx,
    tenant: TenantId,
    handoff: HandoffId,
    state: Option<ClockState>,
) -> Result<Clocks, StoreError> {
    let mut clocks = clock::load_of_handoffs(tx, tenant, &[handoff]).await?;
    clocks.retain(|clock| state.is_none_or(|state| clock.state == state));
    with_surroundings(tx, tenant, clocks).await
}

async fn with_surroundings(tx: &mut Tx, tenant: TenantId, clocks: Vec<Clock>) -> Result<Clocks, StoreError> {
    if clocks.is_empty() {
        return Ok(Clocks::default());
    }
    let calendars: BTreeSet<_> = clocks.iter().map(|clock| clock.calendar).collect();
    let calendars: Vec<_> = calendars.into_iter().collect();
    let calendars = calendar::load(tx, tenant, &calendars).await?;
    let contracts = contract::load_all(tx, tenant).await?;
    Ok(Clocks {
        clocks,
        contracts: contracts
            .into_iter()
            .map(|contract| ((contract.id, contract.version), contract))
            .collect(),
        calendars: calendars.into_iter().map(|calendar| (calendar.id, calendar)).collect(),
    })
}

impl Clocks {
    /// The last one of the list.
    pub(super) fn last(&self) -> Option<&Clock> {
        self.clocks.last()
    }

    /// As they are at `now`; `None` where a contract or a calendar is missing, which is a defect.
    pub(super) fn to_wire(&self, now: DateTime<Utc>) -> Option<Vec<pb::Clock>> {
        let wire = |clock: &Clock| {
            let contract = self.contracts.get(&(clock.contract, clock.contract_version))?;
            Some(convert::clock::clock(clock, contract, self.calendars.get(&clock.calendar)?, now))
        };
        self.clocks.iter().map(wire).collect()
    }
}
