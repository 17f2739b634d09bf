//! What is only ever appended beside the fold: how many rows each lead has, and what they are together.

use std::collections::HashMap;
use std::time::Instant;

use handoff_store::error::StoreError;
use handoff_store::verify::{Snapshot, history};
use uuid::Uuid;

use crate::docket::Docket;
use crate::law::Law;
use crate::state::{Lead, State};
use crate::word::{Tally, print};

/// Activities and contacts.
pub(super) async fn appended_rows(
    snapshot: &mut Snapshot,
    state: &State,
    docket: &mut Docket,
) -> Result<(), StoreError> {
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let mut tallies: HashMap<Uuid, Tally> = HashMap::new();
    history::each_activity(snapshot.tx(), tenant, |row| tallies.entry(row.lead_id).or_default().add(&row))
        .await?;
    judge(Law::StateActivities, "activities", state, &tallies, |lead| lead.activities, docket);
    docket.took(Law::StateActivities, start);

    let start = Instant::now();
    tallies.clear();
    history::each_contact(snapshot.tx(), tenant, |row| tallies.entry(row.lead_id).or_default().add(&row))
        .await?;
    judge(Law::StateContacts, "contacts", state, &tallies, |lead| lead.contacts, docket);
    docket.took(Law::StateContacts, start);
    Ok(())
}

/// Compares how many rows each lead has, and what they are together.
pub(super) fn judge(
    law: Law,
    what: &str,
    state: &State,
    found: &HashMap<Uuid, Tally>,
    of: impl Fn(&Lead) -> Tally,
    docket: &mut Docket,
) {
    let unknown = found.keys().filter(|lead| !state.leads.contains_key(lead));
    for lead in unknown {
        docket.violated(law, format_args!("lead {lead}"), "no row, the log knows no such lead", "rows");
    }
    for (lead_id, lead) in &state.leads {
        let (expected, found) = (of(lead), found.get(lead_id).copied().unwrap_or_default());
        docket.checked(law, u64::from(expected.count.max(found.count)));
        if expected.count != found.count {
            docket.equal(law, format_args!("lead {lead_id}, {what}"), &expected.count, &found.count);
        } else if expected != found {
            docket.violated(
                law,
                format_args!("lead {lead_id}, {what}"),
                "as the events tell them",
                "one differs",
            );
        }
    }
}

/// Imported items.
pub(super) async fn source_rows(
    snapshot: &mut Snapshot,
    state: &State,
    docket: &mut Docket,
) -> Result<(), StoreError> {
    const LAW: Law = Law::StateSources;
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let mut tallies: HashMap<Uuid, Tally> = HashMap::new();
    let mut leads = 0_usize;
    history::each_source(snapshot.tx(), tenant, |row| {
        if row.kind != "LEAD" {
            tallies.entry(row.lead_id).or_default().add(&row);
            return;
        }
        leads += 1;
        docket.checked(LAW, 1);
        match state.lead_sources.get(&print(&row.key)) {
            Some(expected) if *expected == print(&row) => {}
            Some(_) => {
                let place = format!("the item of lead {}", row.lead_id);
                docket.violated(LAW, place, "what the last event under its key says", "another row");
            }
            None => {
                let place = format!("the item of lead {}", row.lead_id);
                docket.violated(LAW, place, "no row, no event has its key", "a row");
            }
        }
    })
    .await?;
    docket.equal(LAW, "imported leads, rows", &state.lead_sources.len(), &leads);
    judge(LAW, "imported items", state, &tallies, |lead| lead.sources, docket);
    docket.took(LAW, start);
    Ok(())
}
