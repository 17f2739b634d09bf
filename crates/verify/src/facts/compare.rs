//! Reporting's tables beside the fold. What holds now is compared column by column; versions that have ended by a number
//! for all of a lead's or a clock's, and by following on from each other.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::time::Instant;

use chrono::{DateTime, Utc};
use handoff_proto::sla::v1::Calendar;
use handoff_store::error::StoreError;
use handoff_store::verify::{Snapshot, reporting};
use prost::Message;
use uuid::Uuid;

use super::{Facts, rollup};
use crate::docket::{Docket, compare};
use crate::law::Law;
use crate::word::Tally;

const VERSIONS: Law = Law::FactsVersions;

/// Compares everything that `facts` is the fold of.
pub(crate) async fn compare(
    snapshot: &mut Snapshot,
    facts: &Facts,
    docket: &mut Docket,
) -> Result<(), StoreError> {
    settings(snapshot, facts, docket).await?;
    leads(snapshot, facts, docket).await?;
    passages(snapshot, facts, docket).await?;
    clocks(snapshot, facts, docket).await?;
    rollup::compare(snapshot, facts, docket).await
}

/// A chain of versions on its way past.
struct Chain<K> {
    of: Option<K>,
    /// Until when the version before held: none for the one that holds now, or before the first.
    to: Option<DateTime<Utc>>,
    has_ended: bool,
}

impl<K: PartialEq + Display> Chain<K> {
    fn new() -> Self {
        Self { of: None, to: None, has_ended: false }
    }

    /// The next version must begin where the one before it ended, and the one that holds now be the last.
    fn next(&mut self, of: K, from: DateTime<Utc>, to: Option<DateTime<Utc>>, docket: &mut Docket) {
        docket.checked(VERSIONS, 1);
        if self.of.as_ref() == Some(&of) {
            match self.to {
                Some(end) => docket.equal(VERSIONS, format_args!("{of}, begins"), &end, &from),
                None => {
                    docket.violated(VERSIONS, &of, "nothing after the version that holds", "another version")
                }
            }
        } else {
            self.end(docket);
        }
        (self.has_ended, self.to) = (to.is_some(), to);
        self.of = Some(of);
    }

    fn end(&mut self, docket: &mut Docket) {
        if let Some(of) = self.of.take().filter(|_| self.has_ended) {
            docket.violated(VERSIONS, of, "a version that holds now", "none");
        }
    }
}

fn past(place: impl Display, expected: Tally, found: Option<&Tally>, docket: &mut Docket) {
    let found = found.copied().unwrap_or_default();
    if expected.count != found.count {
        docket.equal(VERSIONS, format_args!("{place}, versions that ended"), &expected.count, &found.count);
    } else if expected != found {
        let place = format!("{place}, versions that ended");
        docket.violated(
            VERSIONS,
            place,
            "as the events made them, from one recording time to the next",
            "one differs",
        );
    }
}

async fn leads(snapshot: &mut Snapshot, facts: &Facts, docket: &mut Docket) -> Result<(), StoreError> {
    const LAW: Law = Law::FactsLeads;
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let (mut chain, mut tallies) = (Chain::new(), HashMap::<Uuid, Tally>::new());
    let mut missing: HashSet<Uuid> = facts.leads.keys().copied().collect();
    reporting::each_lead(snapshot.tx(), tenant, |found| {
        let place = format!("fact of lead {}", found.lead_id);
        chain.next(place.clone(), found.known_from, found.known_to, docket);
        if found.known_to.is_some() {
            return tallies.entry(found.lead_id).or_default().add(&found);
        }
        docket.checked(LAW, 1);
        missing.remove(&found.lead_id);
        let Some(known) = facts.leads.get(&found.lead_id) else {
            return docket.violated(LAW, place, "no fact, the log knows no such lead", "a fact");
        };
        docket.equal(VERSIONS, format_args!("{place}, known_from"), &known.lead.from, &found.known_from);
        let expected = known.lead.holds.row(found.lead_id, found.known_from, None);
        compare!(docket, LAW, place, expected, found; is_test, merged_into, imported, captured_at, customer_at, origin, source, medium,
            campaign, kind, persona);
    })
    .await?;
    chain.end(docket);
    for lead in missing {
        docket.violated(LAW, format_args!("fact of lead {lead}"), "a fact", "none that holds");
    }
    for (lead, known) in &facts.leads {
        past(format_args!("fact of lead {lead}"), known.past, tallies.get(lead), docket);
    }
    docket.took(LAW, start);
    Ok(())
}

async fn passages(snapshot: &mut Snapshot, facts: &Facts, docket: &mut Docket) -> Result<(), StoreError> {
    const LAW: Law = Law::FactsHandoffs;
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let (mut chain, mut tallies) = (Chain::new(), HashMap::<Uuid, Tally>::new());
    let mut count = 0_usize;
    reporting::each_handoff(snapshot.tx(), tenant, |found| {
        let place = format!(
            "passage {} of cycle {} on {}, lead {}",
            found.passage, found.cycle, found.product_line, found.lead_id
        );
        chain.next(place.clone(), found.known_from, found.known_to, docket);
        if found.known_to.is_some() {
            return tallies.entry(found.lead_id).or_default().add(&found);
        }
        docket.checked(LAW, 1);
        let passages = facts.leads.get(&found.lead_id).map_or(&[][..], |known| &known.passages);
        let known = passages.iter().find(|known| {
            let it = &known.holds;
            (it.line.as_ref(), it.cycle, it.number) == (found.product_line.as_str(), found.cycle, found.passage)
        });
        let Some(known) = known else {
            return docket.violated(LAW, place, "no fact, the log knows no such passage", "a fact");
        };
        count += 1;
        docket.equal(VERSIONS, format_args!("{place}, known_from"), &known.from, &found.known_from);
        let expected = known.holds.row(found.lead_id, found.known_from, None);
        compare!(docket, LAW, place, expected, found; is_test, merged_into, imported, handoff_id, captured_at, mql_at, mql_implied,
            assigned_at, ended_at, overturned_at, decision, reason, attribution, first_attempt_at, first_connect_at, first_meeting_at,
            opportunity_at, won_at, won_amount, won_currency, lost_at, origin, source, medium, campaign, kind, persona,
            owner, team, began_at, until_at);
    })
    .await?;
    chain.end(docket);
    let passages: usize = facts.leads.values().map(|known| known.passages.len()).sum();
    docket.equal(LAW, "passages that hold", &passages, &count);
    for (lead, known) in &facts.leads {
        past(format_args!("passages of lead {lead}"), known.past_passages, tallies.get(lead), docket);
    }
    docket.took(LAW, start);
    Ok(())
}

async fn clocks(snapshot: &mut Snapshot, facts: &Facts, docket: &mut Docket) -> Result<(), StoreError> {
    const LAW: Law = Law::FactsClocks;
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let (mut chain, mut tallies) = (Chain::new(), HashMap::<Uuid, Tally>::new());
    let mut missing: HashSet<Uuid> = facts.clocks.keys().copied().collect();
    reporting::each_clock(snapshot.tx(), tenant, |found| {
        let place = format!("fact of clock {}", found.clock_id);
        chain.next(place.clone(), found.known_from, found.known_to, docket);
        if found.known_to.is_some() {
            return tallies.entry(found.clock_id).or_default().add(&found);
        }
        docket.checked(LAW, 1);
        missing.remove(&found.clock_id);
        let Some((known, _)) = facts.clocks.get(&found.clock_id) else {
            return docket.violated(LAW, place, "no fact, the log knows no such clock", "a fact");
        };
        docket.equal(VERSIONS, format_args!("{place}, known_from"), &known.from, &found.known_from);
        let expected = known.holds.row(found.clock_id, found.known_from, None);
        compare!(docket, LAW, place, expected, found; handoff_id, kind, target_unit, target_amount, started_at, due_at,
            stopped_at, stop, elapsed_business_us, elapsed_calendar_us, elapsed_business_days, breached_at, until_at);
    })
    .await?;
    chain.end(docket);
    for clock in missing {
        docket.violated(LAW, format_args!("fact of clock {clock}"), "a fact", "none that holds");
    }
    for (clock, (_, expected)) in &facts.clocks {
        past(format_args!("fact of clock {clock}"), *expected, tallies.get(clock), docket);
    }
    docket.took(LAW, start);
    Ok(())
}

async fn settings(snapshot: &mut Snapshot, facts: &Facts, docket: &mut Docket) -> Result<(), StoreError> {
    const LAW: Law = Law::FactsSettings;
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let settings = &facts.settings;
    let mut rows = Vec::new();
    reporting::each_setting(snapshot.tx(), tenant, |row| rows.push(row)).await?;
    docket.checked(LAW, rows.len() as u64);
    docket.equal(LAW, "tenant", &settings.tenant, &rows.pop());

    let mut count = 0_usize;
    reporting::each_calendar(snapshot.tx(), tenant, |found| {
        count += 1;
        docket.checked(LAW, 1);
        let place = format!("calendar {} version {}", found.calendar_id, found.version);
        match settings.calendars.get(&(found.calendar_id, found.version)) {
            Some((known_from, calendar)) => {
                docket.equal(LAW, format_args!("{place}, known_from"), known_from, &found.known_from);
                let definition = Calendar::decode(found.definition.as_slice()).ok();
                docket.equal(LAW, format_args!("{place}, definition"), &Some(calendar), &definition.as_ref());
            }
            None => docket.violated(LAW, place, "no row, the log knows none", "a row"),
        }
    })
    .await?;
    docket.equal(LAW, "versions of calendars", &settings.calendars.len(), &count);

    let mut count = 0_usize;
    reporting::each_contract(snapshot.tx(), tenant, |found| {
        count += 1;
        docket.checked(LAW, 1);
        let place = format!("contract {} version {}", found.contract_id, found.version);
        docket.equal(LAW, place, &settings.contracts.get(&(found.contract_id, found.version)), &Some(&found));
    })
    .await?;
    docket.equal(LAW, "versions of contracts", &settings.contracts.len(), &count);
    docket.took(LAW, start);
    Ok(())
}
