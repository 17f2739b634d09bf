//! The tables of sla beside the fold.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use chrono::{DateTime, Utc};
use handoff_store::error::StoreError;
use handoff_store::verify::{Snapshot, sla};
use uuid::Uuid;

use super::Sla;
use crate::docket::{Docket, compare};
use crate::law::Law;

/// Compares everything that `state` is the fold of.
pub(crate) async fn compare(
    snapshot: &mut Snapshot,
    state: &Sla,
    docket: &mut Docket,
) -> Result<(), StoreError> {
    contract_rows(snapshot, state, docket).await?;
    clock_rows(snapshot, state, docket).await?;
    timer_rows(snapshot, state, docket).await
}

async fn contract_rows(snapshot: &mut Snapshot, state: &Sla, docket: &mut Docket) -> Result<(), StoreError> {
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let mut count = 0_usize;
    sla::each_calendar(snapshot.tx(), tenant, |found| {
        count += 1;
        docket.checked(Law::SlaCalendars, 1);
        let place = format!("calendar {}", found.calendar_id);
        match state.calendars.get(&found.calendar_id) {
            Some(expected) => {
                compare!(docket, Law::SlaCalendars, place, *expected, found; slug, version, display_name, definition,
                    effective_from);
            }
            None => docket.violated(Law::SlaCalendars, place, "no row, the log knows none", "a row"),
        }
    })
    .await?;
    docket.equal(Law::SlaCalendars, "calendars, rows", &state.calendars.len(), &count);
    docket.took(Law::SlaCalendars, start);

    let (start, mut count) = (Instant::now(), 0_usize);
    sla::each_contract(snapshot.tx(), tenant, |found| {
        count += 1;
        docket.checked(Law::SlaContracts, 1);
        let place = format!("contract {} version {}", found.contract_id, found.version);
        match state.contracts.get(&(found.contract_id, found.version)) {
            Some(expected) => {
                compare!(docket, Law::SlaContracts, place, *expected, found; is_signed, effective_from, effective_to,
                    decide_unit, decide_amount, calendar_id);
            }
            None => docket.violated(Law::SlaContracts, place, "no row, the log knows none", "a row"),
        }
    })
    .await?;
    docket.equal(Law::SlaContracts, "versions of contracts, rows", &state.contracts.len(), &count);
    docket.took(Law::SlaContracts, start);
    Ok(())
}

async fn clock_rows(snapshot: &mut Snapshot, state: &Sla, docket: &mut Docket) -> Result<(), StoreError> {
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let mut missing: HashSet<Uuid> = state.clocks.keys().copied().collect();
    sla::each_clock(snapshot.tx(), tenant, |found| {
        docket.checked(Law::SlaClocks, 1);
        missing.remove(&found.clock_id);
        let place = format!("clock {}", found.clock_id);
        match state.clocks.get(&found.clock_id) {
            Some(clock) => {
                let expected = clock.row(found.clock_id);
                compare!(docket, Law::SlaClocks, place, expected, found; kind, handoff_id, lead_id, round, contract_id,
                    contract_version, calendar_id, calendar_version, target_unit, target_amount, started_at, recorded_at,
                    due_at, imported, carried_until, carried_business_us, carried_business_days, carried_counted_to,
                    state, breached_at, ended_at, elapsed_business_us, elapsed_calendar_us, elapsed_business_days);
            }
            None => docket.violated(Law::SlaClocks, place, "no row, the log knows none", "a row"),
        }
    })
    .await?;
    for clock in missing {
        docket.violated(Law::SlaClocks, format_args!("clock {clock}"), "a row", "none");
    }
    docket.took(Law::SlaClocks, start);
    Ok(())
}

/// A timer for the deadline of every clock that runs and has not breached, and for nothing else.
async fn timer_rows(snapshot: &mut Snapshot, state: &Sla, docket: &mut Docket) -> Result<(), StoreError> {
    const LAW: Law = Law::SlaTimers;
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let waiting = state.clocks.iter().filter(|(_, clock)| clock.is_running() && clock.breached.is_none());
    let mut waiting: HashMap<Uuid, DateTime<Utc>> = waiting.map(|(id, clock)| (*id, clock.due)).collect();
    let first = waiting.values().min().copied();
    docket.checked(LAW, 1 + waiting.len() as u64);
    sla::each_timer(snapshot.tx(), tenant, |found| {
        let place = format!("timer of clock {}", found.clock_id);
        match waiting.remove(&found.clock_id).filter(|_| found.kind == "DEADLINE") {
            Some(due) => docket.equal(LAW, format_args!("{place}, fire_at"), &due, &found.fire_at),
            None => docket.violated(LAW, place, "no timer, it does not wait for a deadline", "a timer"),
        }
    })
    .await?;
    for (clock, due) in waiting {
        docket.violated(LAW, format_args!("timer of clock {clock}"), format_args!("{due:?}"), "no timer");
    }
    let next_at = sla::due_time(snapshot.tx(), tenant).await?.flatten();
    docket.equal(LAW, "due_time, next_at", &first, &next_at);
    docket.took(LAW, start);
    Ok(())
}
