//! Saving what the fold changed: a statement per table that has changes, parents before children, and the cursor.

use handoff_domain::id::TenantId;
use handoff_store::error::StoreError;
use handoff_store::log::cursor;
use handoff_store::sla::{calendar, clock, contract, due_time, timer};
use handoff_store::tx::Tx;

use super::Loaded;
use crate::follower::SOURCE;

/// Writes the changes and forgets them.
pub(super) async fn changes(tx: &mut Tx, tenant: TenantId, loaded: &mut Loaded) -> Result<(), StoreError> {
    let changes = loaded.state.take_changes();
    let state = &loaded.state;
    let calendars: Vec<_> = changes.calendars.iter().filter_map(|id| state.calendar(*id)).collect();
    if !calendars.is_empty() {
        calendar::save(tx, tenant, &calendars).await?;
    }
    let contracts: Vec<_> =
        changes.contracts.iter().filter_map(|(id, version)| state.contract(*id, *version)).collect();
    if !contracts.is_empty() {
        contract::save(tx, tenant, &contracts).await?;
    }
    let clocks: Vec<_> = changes.clocks.iter().filter_map(|id| state.clock(*id)).collect();
    if !clocks.is_empty() {
        clock::save(tx, tenant, &clocks).await?;
        timer::save(tx, tenant, &clocks).await?;
        let next_at = timer::next_at(tx, tenant).await?;
        due_time::save(tx, tenant, next_at).await?;
    }
    if loaded.cursor > loaded.cursor_before {
        cursor::advance(tx, tenant, SOURCE, loaded.cursor_before, loaded.cursor).await?;
        loaded.cursor_before = loaded.cursor;
    }
    Ok(())
}
