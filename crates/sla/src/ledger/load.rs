//! Loading what a batch can look at: what its commands name, and the contracts and calendars that those records run by.

use std::collections::BTreeSet;

use handoff_domain::id::{CalendarId, HandoffId, TenantId};
use handoff_domain::sla::{Clock, State};
use handoff_store::error::StoreError;
use handoff_store::log::cursor;
use handoff_store::sla::{calendar, clock, contract, timer};
use handoff_store::tx::Tx;

use super::Wish;
use crate::follower::SOURCE;

/// At most so many deadlines pass in one batch; what is left is due still, and the worker comes again.
const DUE_AT_ONCE: i64 = 500;

/// What the commands of a batch can look at, and what they changed.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(super) state: State,
    /// How far qualification's log has been taken in; moved on by what is heard.
    pub(super) cursor: i64,
    /// Where it was when it was loaded.
    pub(super) cursor_before: i64,
}

/// Loads everything, in one round.
pub(super) async fn all(
    tx: &mut Tx,
    tenant: TenantId,
    wishes: &[&Wish],
    loaded: &mut Loaded,
) -> Result<(), StoreError> {
    if wishes.iter().any(|wish| matches!(wish, Wish::Hear(_))) {
        loaded.cursor_before = cursor::load(tx, tenant, SOURCE).await?;
        loaded.cursor = loaded.cursor_before;
    }
    let contracts = contract::load_all(tx, tenant).await?;
    let put: Vec<CalendarId> = wishes.iter().filter_map(|wish| calendar_of(tenant, wish)).collect();
    let clocks = clocks(tx, tenant, wishes, &put).await?;
    let calendars: BTreeSet<CalendarId> = contracts
        .iter()
        .map(|contract| contract.calendar)
        .chain(clocks.iter().map(|clock| clock.calendar))
        .chain(put)
        .collect();
    let calendars: Vec<_> = calendars.into_iter().collect();
    if !calendars.is_empty() {
        for version in calendar::load(tx, tenant, &calendars).await? {
            loaded.state.load_calendar(version);
        }
    }
    contracts.into_iter().for_each(|contract| loaded.state.load_contract(contract));
    clocks.into_iter().for_each(|clock| loaded.state.load_clock(clock));
    Ok(())
}

/// The calendar that a command changes.
fn calendar_of(tenant: TenantId, wish: &Wish) -> Option<CalendarId> {
    match wish {
        Wish::PutCalendar { slug, .. } | Wish::ImportHolidays { slug, .. } => {
            Some(CalendarId::from_slug(tenant, slug))
        }
        _ => None,
    }
}

/// The clocks that the commands are about: those of the handoffs that were heard of, those that are due, and those
/// that run in a calendar that changes. Some may come twice; they are the same.
async fn clocks(
    tx: &mut Tx,
    tenant: TenantId,
    wishes: &[&Wish],
    put: &[CalendarId],
) -> Result<Vec<Clock>, StoreError> {
    let mut clocks = Vec::new();
    let heard: BTreeSet<HandoffId> = wishes
        .iter()
        .filter_map(|wish| match wish {
            Wish::Hear(heard) => Some(heard),
            _ => None,
        })
        .flat_map(|heard| heard.commands.iter().filter_map(|(_, command)| command.handoff()))
        .collect();
    if !heard.is_empty() {
        let handoffs: Vec<_> = heard.into_iter().collect();
        clocks.extend(clock::load_of_handoffs(tx, tenant, &handoffs).await?);
    }
    let until = wishes.iter().filter_map(|wish| match wish {
        Wish::FireDue { until } => Some(*until),
        _ => None,
    });
    if let Some(until) = until.max() {
        let due = timer::load_due(tx, tenant, until, DUE_AT_ONCE).await?;
        clocks.extend(clock::load(tx, tenant, &due).await?);
    }
    if !put.is_empty() {
        clocks.extend(clock::load_running_in(tx, tenant, put).await?);
    }
    Ok(clocks)
}
