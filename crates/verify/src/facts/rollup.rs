//! Rollups: what the independent fold of the facts adds to the cells, from the table that says what they hold, compared
//! with every counter of every cell of every generation.
//!
//! Local dates and midnights are the domain's zone arithmetic; everything else is written anew.

mod sum;

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use handoff_store::error::StoreError;
use handoff_store::verify::Snapshot;
use handoff_store::verify::rollup::{self, CellRow, RollupRow, UnmeasuredRow};
use uuid::Uuid;

use super::Facts;
use super::clock::ClockFact;
use super::passage::Passage;
use crate::docket::Docket;
use crate::law::Law;
use sum::{Name, Sum};

const LAW: Law = Law::Rollups;

/// The clocks of a hand-over, by their ids.
type Clocks<'a> = HashMap<Uuid, Vec<(Uuid, &'a ClockFact)>>;

/// Compares the rollups of a tenant with the sum over `facts`.
pub(super) async fn compare(
    snapshot: &mut Snapshot,
    facts: &Facts,
    docket: &mut Docket,
) -> Result<(), StoreError> {
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let Some(state) = rollup::load(snapshot.tx(), tenant).await? else { return Ok(()) };
    docket.checked(LAW, 1);
    let zone = facts.settings.tenant.as_ref().map(|tenant| tenant.time_zone.clone());
    docket.equal(LAW, "rollups, time_zone", &zone, &Some(state.time_zone.clone()));
    let Ok(zone) = state.time_zone.parse::<Tz>() else { return Ok(()) };
    let mut clocks: Clocks<'_> = HashMap::new();
    for (id, (known, _)) in &facts.clocks {
        clocks.entry(known.holds.handoff).or_default().push((*id, &known.holds));
    }
    for (generation, up_to) in generations(&state) {
        let mut sum = Sum::new(zone);
        let leads = facts.leads.iter().filter(|(lead, _)| up_to.is_none_or(|up_to| **lead <= up_to));
        for (lead, known) in leads.filter(|(_, known)| !known.lead.holds.is_test) {
            if known.lead.holds.merged_into.is_none() {
                sum.lead(&known.lead.holds);
            }
            // Of a lead that was merged only what was handed over counts: the survivor waits, once.
            let counts = |it: &&Passage| !it.is_test && (it.merged_into.is_none() || it.mql_at.is_some());
            for passage in known.passages.iter().map(|known| &known.holds).filter(counts) {
                let of_passage =
                    passage.handoff.and_then(|id| clocks.get(&id)).map_or(&[][..], Vec::as_slice);
                sum.passage(*lead, passage, of_passage);
            }
        }
        if let Some(latest) = sum.latest.filter(|latest| *latest > state.latest_at) {
            docket.violated(LAW, "rollups, latest_at", format_args!("{latest:?} or later"), state.latest_at);
        }
        cells(snapshot, generation, &mut sum, docket).await?;
        unmeasured(snapshot, generation, sum, docket).await?;
    }
    docket.took(LAW, start);
    Ok(())
}

/// The generations, each with the last lead that is in it; none where all are. One whose building has not begun is empty.
fn generations(state: &RollupRow) -> Vec<(i32, Option<Uuid>)> {
    let serving = state.serving.map(|generation| (generation, None));
    let building = state.building.map(|generation| (generation, Some(state.built_to.unwrap_or(Uuid::nil()))));
    serving.into_iter().chain(building).collect()
}

async fn cells(
    snapshot: &mut Snapshot,
    generation: i32,
    sum: &mut Sum,
    docket: &mut Docket,
) -> Result<(), StoreError> {
    let tenant = snapshot.tenant();
    let expected = &mut sum.cells;
    rollup::each_cell(snapshot.tx(), tenant, generation, |row| {
        docket.checked(LAW, row.keys.len() as u64);
        let CellRow { dimension, part, grain, start_day, value, detail, keys, counts } = row;
        let place = format!("cell {dimension} {part} {grain} {start_day} of generation {generation}");
        let name = Name { dimension, part, grain, start_day, value, detail };
        let mut expected = expected.remove(&name).unwrap_or_default();
        for (key, found) in keys.into_iter().zip(counts) {
            let expected = expected.remove(&key).unwrap_or_default();
            docket.equal(LAW, format_args!("{place}, counter {key}"), &expected, &found);
        }
        for (key, expected) in expected.into_iter().filter(|(_, count)| *count != 0) {
            docket.equal(LAW, format_args!("{place}, counter {key}"), &expected, &0);
        }
    })
    .await?;
    for (name, counters) in expected.iter().filter(|(_, counters)| counters.values().any(|it| *it != 0)) {
        let Name { dimension, part, grain, start_day, .. } = name;
        let place = format!("cell {dimension} {part} {grain} {start_day} of generation {generation}");
        docket.violated(LAW, place, format_args!("{} counters", counters.len()), "no cell");
    }
    Ok(())
}

async fn unmeasured(
    snapshot: &mut Snapshot,
    generation: i32,
    sum: Sum,
    docket: &mut Docket,
) -> Result<(), StoreError> {
    let tenant = snapshot.tenant();
    let key = |row: &UnmeasuredRow| (row.lead_id, row.product_line.clone(), row.cycle, row.passage);
    let mut missing: HashSet<_> = sum.unmeasured.iter().map(key).collect();
    let expected: HashMap<_, UnmeasuredRow> =
        sum.unmeasured.into_iter().map(|row| (key(&row), row)).collect();
    rollup::each_unmeasured(snapshot.tx(), tenant, generation, |row| {
        docket.checked(LAW, 1);
        missing.remove(&key(&row));
        let place = format!("unmeasured passage {} of lead {}", row.passage, row.lead_id);
        docket.equal(LAW, place, &expected.get(&key(&row)), &Some(&row));
    })
    .await?;
    for (lead, _, _, passage) in missing {
        docket.violated(LAW, format_args!("unmeasured passage {passage} of lead {lead}"), "a row", "none");
    }
    Ok(())
}

/// The later of two instants.
fn later(a: Option<DateTime<Utc>>, b: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    a.into_iter().chain(b).max()
}
