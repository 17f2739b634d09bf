//! The tables of qualification beside the fold: each row must be as the log says, and none may be missing.

mod appended;
mod score;

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Instant;

use handoff_store::error::StoreError;
use handoff_store::verify::history::MoveRow;
use handoff_store::verify::{Snapshot, directory, history, lead, version};
use uuid::Uuid;

use super::{Lead, State, catalogue, reevaluation};
use crate::docket::{Docket, compare};
use crate::law::Law;
use crate::word::print;

/// Compares everything that `state` is the fold of.
pub(crate) async fn compare(
    snapshot: &mut Snapshot,
    state: &State,
    docket: &mut Docket,
) -> Result<(), StoreError> {
    directory_rows(snapshot, state, docket).await?;
    catalogue::rows(snapshot, state, docket).await?;
    version_rows(snapshot, state, docket).await?;
    lead_rows(snapshot, state, docket).await?;
    handoff_rows(snapshot, state, docket).await?;
    super::routing::rows(snapshot, state, docket).await?;
    history_rows(snapshot, state, docket).await?;
    appended::appended_rows(snapshot, state, docket).await?;
    score::by_hand_rows(snapshot, state, docket).await?;
    let reevaluates = reevaluation::rows(snapshot, state, docket).await?;
    score::score_rows(snapshot, state, reevaluates, docket).await?;
    appended::source_rows(snapshot, state, docket).await
}

/// Counts what was found, so that what is missing shows.
pub(super) struct Seen<'a, K> {
    law: Law,
    what: &'static str,
    left: HashMap<&'a K, ()>,
}

impl<'a, K: Hash + Eq + std::fmt::Display> Seen<'a, K> {
    pub(super) fn new(law: Law, what: &'static str, keys: impl Iterator<Item = &'a K>) -> Self {
        Self { law, what, left: keys.map(|key| (key, ())).collect() }
    }

    /// Notes that there is a row; whether the log knows of it.
    pub(super) fn is_known(&mut self, key: &K, docket: &mut Docket) -> bool {
        docket.checked(self.law, 1);
        let known = self.left.remove(key).is_some();
        if !known {
            docket.violated(
                self.law,
                format_args!("{} {key}", self.what),
                "no row, the log knows none",
                "a row",
            );
        }
        known
    }

    pub(super) fn end(self, docket: &mut Docket) {
        let mut missing: Vec<String> = self.left.keys().map(ToString::to_string).collect();
        missing.sort_unstable();
        for key in missing {
            docket.checked(self.law, 1);
            docket.violated(self.law, format_args!("{} {key}", self.what), "a row", "none");
        }
    }
}

/// Where the rules of a tenant changed that has agreed on nothing since there was the column.
const UNKNOWN_POSITION: i64 = -1;

async fn directory_rows(
    snapshot: &mut Snapshot,
    state: &State,
    docket: &mut Docket,
) -> Result<(), StoreError> {
    const LAW: Law = Law::StateDirectory;
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let mut rows = Vec::new();
    directory::each_tenant(snapshot.tx(), tenant, |row| rows.push(row)).await?;
    docket.checked(LAW, 1);
    match (&state.tenant, rows.as_slice()) {
        (Some(expected), [found]) => {
            if found.rules_position != UNKNOWN_POSITION {
                docket.equal(LAW, "tenant, rules_position", &expected.rules_position, &found.rules_position);
            }
            compare!(docket, LAW, "tenant", expected, found; slug, time_zone, currency_code, fiscal_year_start_month,
                starter_target_unit, starter_target_amount, contract_effective_from, cooldown_us, correction_grace_us,
                dispute_window_us, settlement_delay_us, created_at, labels, published_on, published, version);
        }
        (expected, found) => {
            docket.equal(LAW, "tenant, rows", &usize::from(expected.is_some()), &found.len());
        }
    }
    let mut seen = Seen::new(LAW, "team", state.teams.keys());
    directory::each_team(snapshot.tx(), tenant, |found| {
        if seen.is_known(&found.team_id, docket) {
            let place = format!("team {}", found.team_id);
            compare!(docket, LAW, place, state.teams[&found.team_id], found; slug, side, calendar, version);
        }
    })
    .await?;
    seen.end(docket);
    let mut seen = Seen::new(LAW, "user", state.users.keys());
    directory::each_user(snapshot.tx(), tenant, |found| {
        if seen.is_known(&found.user_id, docket) {
            let place = format!("user {}", found.user_id);
            compare!(docket, LAW, place, state.users[&found.user_id], found; slug, side, team_id, active, calendar,
                capacity, routing_weight, absences, version);
        }
    })
    .await?;
    seen.end(docket);
    docket.took(LAW, start);
    Ok(())
}

async fn version_rows(snapshot: &mut Snapshot, state: &State, docket: &mut Docket) -> Result<(), StoreError> {
    const LAW: Law = Law::StateVersions;
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let mut count = 0_usize;
    version::each_version(snapshot.tx(), tenant, |found| {
        docket.checked(LAW, 1);
        count += 1;
        let place = format!("{}/versions/{}", found.subject, found.number);
        let Some(version) = state.versions.get(&(found.subject.clone(), found.number)) else {
            docket.violated(LAW, place, "no row, the log knows none", "a row");
            return;
        };
        let expected = version.row(&found.subject, found.number);
        // What people wrote is not repeated here.
        if expected.content != found.content {
            docket.violated(LAW, format_args!("{place}, content"), "as its draft says", "another");
        }
        compare!(docket, LAW, place, expected, found; state, content_hash, drafted_by, drafted_at, marketing_signed_by,
            marketing_signed_at, sales_signed_by, sales_signed_at, effective_from, effective_until, position);
    })
    .await?;
    docket.equal(LAW, "versions, rows", &state.versions.len(), &count);
    docket.took(LAW, start);
    Ok(())
}

async fn lead_rows(snapshot: &mut Snapshot, state: &State, docket: &mut Docket) -> Result<(), StoreError> {
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let mut seen = Seen::new(Law::StateLeads, "lead", state.leads.keys());
    lead::each_lead(snapshot.tx(), tenant, |found| {
        if seen.is_known(&found.lead_id, docket) {
            let (place, expected) =
                (format!("lead {}", found.lead_id), state.leads[&found.lead_id].row(found.lead_id));
            compare!(docket, Law::StateLeads, place, expected, found; kind, origin_channel, origin_source,
                origin_medium, origin_campaign, persona, stage, stage_since, captured_at, customer_since,
                cooldown_until, suppression, merged_into, imported, version);
        }
    })
    .await?;
    seen.end(docket);
    docket.took(Law::StateLeads, start);

    let start = Instant::now();
    let mut count = 0_usize;
    lead::each_track(snapshot.tx(), tenant, |found| {
        docket.checked(Law::StateTracks, 1);
        let place = format!("track {} of lead {}", found.product_line, found.lead_id);
        let of =
            |lead: &Lead| lead.tracks.iter().position(|it| it.line.as_ref() == found.product_line.as_str());
        let lead = state.leads.get(&found.lead_id);
        let track = lead.and_then(|lead| of(lead).map(|place| &lead.tracks[place]));
        match track.map(|track| track.row(found.lead_id)) {
            Some(expected) => {
                count += 1;
                compare!(docket, Law::StateTracks, place, expected, found; stage, stage_since, cycle,
                    cycle_has_handoff, open_handoff_id, open_opportunity_id, candidate, segment, version);
            }
            None => docket.violated(Law::StateTracks, place, "no row, the log knows none", "a row"),
        }
    })
    .await?;
    let tracks: usize = state.leads.values().map(|lead| lead.tracks.len()).sum();
    docket.equal(Law::StateTracks, "tracks, rows", &tracks, &count);
    docket.took(Law::StateTracks, start);
    Ok(())
}

async fn handoff_rows(snapshot: &mut Snapshot, state: &State, docket: &mut Docket) -> Result<(), StoreError> {
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let mut seen = Seen::new(Law::StateHandoffs, "handoff", state.handoffs.keys());
    lead::each_handoff(snapshot.tx(), tenant, |found| {
        if seen.is_known(&found.handoff_id, docket) {
            let place = format!("handoff {}", found.handoff_id);
            let expected = state.handoffs[&found.handoff_id].row(found.handoff_id);
            compare!(docket, Law::StateHandoffs, place, expected, found; lead_id, product_line, cycle, state, trigger,
                kind, origin_channel, origin_source, origin_medium, origin_campaign, persona, criteria_version, fit_milli,
                model_version, behaviour_milli, merit_digest, mql_at, owner_id, team_id, assigned_at, decided_at,
                decided_by, reason, disposition, attribution, round, disputed_at, disputed_by, ruling,
                resolved_at, resolved_by, withdrawal, superseded_by, implied,
                implied_assignment, auto, first_attempt_at, first_connect_at, first_meeting_at, imported, version);
        }
    })
    .await?;
    seen.end(docket);
    docket.took(Law::StateHandoffs, start);

    let start = Instant::now();
    let mut seen = Seen::new(Law::StateOpportunities, "opportunity", state.opportunities.keys());
    lead::each_opportunity(snapshot.tx(), tenant, |found| {
        if seen.is_known(&found.opportunity_id, docket) {
            let place = format!("opportunity {}", found.opportunity_id);
            let expected = state.opportunities[&found.opportunity_id].row(found.opportunity_id);
            // What a customer said about losing is the tenant's own word, and may quote somebody.
            if expected.lost_reason != found.lost_reason {
                docket.violated(Law::StateOpportunities, format_args!("{place}, lost_reason"), "another", "this one");
            }
            compare!(docket, Law::StateOpportunities, place, expected, found; lead_id, product_line, cycle, handoff_id,
                state, opened_at, closed_at, amount, currency_code, new_customer, imported, version);
        }
    })
    .await?;
    seen.end(docket);
    docket.took(Law::StateOpportunities, start);
    Ok(())
}

/// The rows come lead by lead and in order, as the moves were noted.
async fn history_rows(snapshot: &mut Snapshot, state: &State, docket: &mut Docket) -> Result<(), StoreError> {
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let mut lead: Option<Uuid> = None;
    let mut rows: Vec<(i64, u64)> = Vec::new();
    let mut found = 0_usize;
    let mut judge = |lead: Uuid, rows: &[(i64, u64)], docket: &mut Docket| {
        let moves = state.leads.get(&lead).map_or(&[][..], |lead| &lead.moves);
        found += rows.len();
        for (position, row) in rows {
            let place = || format!("lead {lead}, qualification position {position}");
            match moves.binary_search_by_key(position, |(position, _)| *position) {
                Ok(at) if moves[at].1 == *row => {}
                Ok(_) => {
                    docket.violated(Law::History, place(), "the move as the event tells it", "another row")
                }
                Err(_) => docket.violated(Law::History, place(), "no row, no event moved it", "a row"),
            }
        }
        for (position, _) in moves {
            if rows.binary_search_by_key(position, |(position, _)| *position).is_err() {
                let place = format!("lead {lead}, qualification position {position}");
                docket.violated(Law::History, place, "a row for the move", "none");
            }
        }
    };
    let mut leads_with_rows = 0_usize;
    history::each_move(snapshot.tx(), tenant, |row: MoveRow| {
        if lead != Some(row.lead_id) {
            if let Some(lead) = lead {
                judge(lead, &rows, docket);
            }
            leads_with_rows += 1;
            lead = Some(row.lead_id);
            rows.clear();
        }
        rows.push((row.position, print(&row)));
    })
    .await?;
    if let Some(lead) = lead {
        judge(lead, &rows, docket);
    }
    docket.checked(Law::History, found as u64);
    // A lead without any row at all was never looked at above; every lead begins with a move.
    docket.equal(Law::History, "leads with a history", &state.leads.len(), &leads_with_rows);
    docket.took(Law::History, start);
    Ok(())
}
