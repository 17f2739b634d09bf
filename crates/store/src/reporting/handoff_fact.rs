//! Facts of passages through the MQL stage: hand-overs, and ways past them. What reports load is in `range`.

mod range;
mod row;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use handoff_domain::id::{HandoffId, LeadId, TenantId};
use handoff_domain::metric::dimension::Dimension;
use handoff_domain::metric::fact::{Decision, HandoffFact};

use super::{Known, column};
use crate::column::{stored_count, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

pub use range::{load_alive_in_span, load_counted_in_span};

/// A passage with what reports do not see of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Which of its cycle's, from 1.
    pub number: u32,
    /// Its lead is somebody's test: it is in no report.
    pub is_test: bool,
    /// The lead that it counts for since its own was merged.
    pub merged_into: Option<LeadId>,
    /// What became of it.
    pub fact: HandoffFact,
}

/// The versions that hold now, of all passages of the leads.
pub async fn load_current(
    tx: &mut Tx,
    tenant: TenantId,
    leads: &[LeadId],
) -> Result<Vec<Known<Passage>>, StoreError> {
    let leads: Vec<_> = leads.iter().map(|lead| lead.0).collect();
    let rows = sqlx::query_as!(
        row::Columns,
        r#"-- handoff_fact::load_current
        select f.known_from as "known_from!", f.lead_id as "lead_id!", f.product_line as "product_line!",
            f.cycle as "cycle!", f.passage as "passage!", f.is_test as "is_test!", f.imported as "imported!",
            f.handoff_id, f.captured_at, f.mql_at, f.mql_implied as "mql_implied!", f.assigned_at, f.ended_at,
            f.overturned_at, f.decision, f.reason, f.attribution, f.first_attempt_at, f.first_connect_at, f.first_meeting_at,
            f.opportunity_at, f.won_at, f.won_amount, f.won_currency, f.lost_at, f.origin, f.source, f.medium,
            f.campaign, f.kind, f.persona, f.owner, f.team, f.merged_into
        from unnest($2::uuid[]) as wanted(lead_id)
        cross join lateral (
            select known_from, lead_id, product_line, cycle, passage, is_test, imported, handoff_id, captured_at,
                mql_at, mql_implied, assigned_at, ended_at, overturned_at, decision, reason, attribution, first_attempt_at,
                first_connect_at, first_meeting_at, opportunity_at, won_at, won_amount, won_currency, lost_at, origin,
                source, medium, campaign, kind, persona, owner, team, merged_into
            from reporting.handoff_fact
            where tenant_id = $1 and lead_id between wanted.lead_id and wanted.lead_id and known_to is null
            order by lead_id
            offset 0
        ) as f"#,
        tenant.0,
        &leads,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(|row| Ok(Known { from: row.known_from, to: None, fact: row.try_into()? })).collect()
}

/// The versions that hold now, of those of the handoffs that are there.
pub async fn load_current_of_handoffs(
    tx: &mut Tx,
    tenant: TenantId,
    handoffs: &[HandoffId],
) -> Result<Vec<Known<Passage>>, StoreError> {
    let handoffs: Vec<_> = handoffs.iter().map(|handoff| handoff.0).collect();
    let rows = sqlx::query_as!(
        row::Columns,
        r#"-- handoff_fact::load_current_of_handoffs
        select f.known_from as "known_from!", f.lead_id as "lead_id!", f.product_line as "product_line!",
            f.cycle as "cycle!", f.passage as "passage!", f.is_test as "is_test!", f.imported as "imported!",
            f.handoff_id, f.captured_at, f.mql_at, f.mql_implied as "mql_implied!", f.assigned_at, f.ended_at,
            f.overturned_at, f.decision, f.reason, f.attribution, f.first_attempt_at, f.first_connect_at, f.first_meeting_at,
            f.opportunity_at, f.won_at, f.won_amount, f.won_currency, f.lost_at, f.origin, f.source, f.medium,
            f.campaign, f.kind, f.persona, f.owner, f.team, f.merged_into
        from unnest($2::uuid[]) as wanted(handoff_id)
        cross join lateral (
            select known_from, lead_id, product_line, cycle, passage, is_test, imported, handoff_id, captured_at,
                mql_at, mql_implied, assigned_at, ended_at, overturned_at, decision, reason, attribution, first_attempt_at,
                first_connect_at, first_meeting_at, opportunity_at, won_at, won_amount, won_currency, lost_at, origin,
                source, medium, campaign, kind, persona, owner, team, merged_into
            from reporting.handoff_fact
            where tenant_id = $1 and handoff_id between wanted.handoff_id and wanted.handoff_id
                and handoff_id is not null and known_to is null
            order by handoff_id
            offset 0
        ) as f"#,
        tenant.0,
        &handoffs,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(|row| Ok(Known { from: row.known_from, to: None, fact: row.try_into()? })).collect()
}

/// Writes versions: new ones, and the end of those that were changed, which stand before those that follow them.
pub async fn save(tx: &mut Tx, tenant: TenantId, versions: &[Known<Passage>]) -> Result<(), StoreError> {
    let facts = || versions.iter().map(|known| &known.fact.fact);
    let leads: Vec<_> = facts().map(|fact| fact.lead.0).collect();
    let lines: Vec<_> = facts().map(|fact| fact.line.as_str()).collect();
    let cycles =
        facts().map(|fact| stored_count("handoff_fact.cycle", fact.cycle)).collect::<Result<Vec<_>, _>>()?;
    let numbers = versions
        .iter()
        .map(|known| stored_count("handoff_fact.passage", known.fact.number))
        .collect::<Result<Vec<_>, _>>()?;
    let known_from: Vec<_> = versions.iter().map(|known| known.from).collect();
    let known_to: Vec<_> = versions.iter().map(|known| known.to).collect();
    let tests: Vec<_> = versions.iter().map(|known| known.fact.is_test).collect();
    let merged_into: Vec<_> = versions.iter().map(|known| known.fact.merged_into.map(|id| id.0)).collect();
    let imported: Vec<_> = facts().map(|fact| fact.imported).collect();
    let handoffs: Vec<_> = facts().map(|fact| fact.handoff.map(|id| id.0)).collect();
    let captured_at: Vec<_> = facts().map(|fact| fact.captured_at).collect();
    let mql_at: Vec<_> = facts().map(|fact| fact.mql.map(|stamp| stamp.at)).collect();
    let mql_implied: Vec<_> = facts().map(|fact| fact.mql.is_some_and(|stamp| stamp.implied)).collect();
    let assigned_at: Vec<_> = facts().map(|fact| fact.assigned_at).collect();
    let ended_at: Vec<_> = facts().map(|fact| fact.end.as_ref().map(|end| end.at)).collect();
    let overturned_at: Vec<_> = facts().map(|fact| fact.overturned_at).collect();
    let ends: Vec<_> = facts().map(row::end_columns).collect();
    let decisions: Vec<_> = ends.iter().map(|end| end.decision).collect();
    let reasons: Vec<_> = ends.iter().map(|end| end.reason).collect();
    let attributions: Vec<_> = ends.iter().map(|end| end.attribution).collect();
    let first_attempt_at: Vec<_> = facts().map(|fact| fact.first_attempt_at).collect();
    let first_connect_at: Vec<_> = facts().map(|fact| fact.first_connect_at).collect();
    let first_meeting_at: Vec<_> = facts().map(|fact| fact.first_meeting_at).collect();
    let opportunity_at: Vec<_> = facts().map(|fact| fact.opportunity_at).collect();
    let won_at: Vec<_> = facts().map(|fact| fact.won_at).collect();
    let won_amounts: Vec<_> = facts().map(|fact| fact.won_amount.map(|money| money.amount())).collect();
    let currencies: Vec<_> =
        facts().map(|fact| fact.won_amount.map(|money| money.currency().to_string())).collect();
    let lost_at: Vec<_> = facts().map(|fact| fact.lost_at).collect();
    let of = |dimension| column(facts().map(|fact| &fact.dimensions), dimension);
    let (began_at, until_at): (Vec<_>, Vec<_>) =
        versions.iter().map(|known| lifetime(&known.fact.fact, known.from)).unzip();
    let done = sqlx::query!(
        r#"-- handoff_fact::save
        insert into reporting.handoff_fact (tenant_id, lead_id, product_line, cycle, passage, known_from, known_to,
            is_test, imported, handoff_id, captured_at, mql_at, mql_implied, assigned_at, ended_at, decision, reason,
            attribution, first_attempt_at, first_connect_at, first_meeting_at, opportunity_at, won_at, won_amount,
            won_currency, lost_at, origin, source, medium, campaign, kind, persona, owner, team, began_at, until_at,
            merged_into, overturned_at)
        select $1, n.lead_id, n.product_line, n.cycle, n.passage, n.known_from, n.known_to, n.is_test, n.imported,
            n.handoff_id, n.captured_at, n.mql_at, n.mql_implied, n.assigned_at, n.ended_at, n.decision, n.reason,
            n.attribution, n.first_attempt_at, n.first_connect_at, n.first_meeting_at, n.opportunity_at, n.won_at,
            n.won_amount, n.won_currency, n.lost_at, n.origin, n.source, n.medium, n.campaign, n.kind, n.persona,
            n.owner, n.team, n.began_at, n.until_at, n.merged_into, n.overturned_at
        from unnest($2::uuid[], $3::text[], $4::integer[], $5::integer[], $6::timestamptz[], $7::timestamptz[],
            $8::boolean[], $9::boolean[], $10::uuid[], $11::timestamptz[], $12::timestamptz[], $13::boolean[],
            $14::timestamptz[], $15::timestamptz[], $16::text[], $17::text[], $18::text[], $19::timestamptz[],
            $20::timestamptz[], $21::timestamptz[], $22::timestamptz[], $23::timestamptz[], $24::numeric[],
            $25::text[], $26::timestamptz[], $27::text[], $28::text[], $29::text[], $30::text[], $31::text[],
            $32::text[], $33::text[], $34::text[], $35::timestamptz[], $36::timestamptz[], $37::uuid[],
            $38::timestamptz[])
            as n(lead_id, product_line, cycle, passage, known_from, known_to, is_test, imported, handoff_id,
                captured_at, mql_at, mql_implied, assigned_at, ended_at, decision, reason, attribution,
                first_attempt_at, first_connect_at, first_meeting_at, opportunity_at, won_at, won_amount,
                won_currency, lost_at, origin, source, medium, campaign, kind, persona, owner, team, began_at,
                until_at, merged_into, overturned_at)
        on conflict (tenant_id, lead_id, product_line, cycle, passage, known_from) do update
        set known_to = excluded.known_to, is_test = excluded.is_test, imported = excluded.imported,
            handoff_id = excluded.handoff_id, captured_at = excluded.captured_at, mql_at = excluded.mql_at,
            mql_implied = excluded.mql_implied, assigned_at = excluded.assigned_at, ended_at = excluded.ended_at,
            decision = excluded.decision, reason = excluded.reason, attribution = excluded.attribution,
            first_attempt_at = excluded.first_attempt_at, first_connect_at = excluded.first_connect_at,
            first_meeting_at = excluded.first_meeting_at, opportunity_at = excluded.opportunity_at,
            won_at = excluded.won_at, won_amount = excluded.won_amount, won_currency = excluded.won_currency,
            lost_at = excluded.lost_at, origin = excluded.origin, source = excluded.source, medium = excluded.medium,
            campaign = excluded.campaign, kind = excluded.kind, persona = excluded.persona, owner = excluded.owner,
            team = excluded.team, began_at = excluded.began_at, until_at = excluded.until_at,
            merged_into = excluded.merged_into, overturned_at = excluded.overturned_at"#,
        tenant.0,
        &leads,
        &lines as &[&str],
        &cycles,
        &numbers,
        &known_from,
        &known_to as &[Option<DateTime<Utc>>],
        &tests,
        &imported,
        &handoffs as &[Option<Uuid>],
        &captured_at as &[Option<DateTime<Utc>>],
        &mql_at as &[Option<DateTime<Utc>>],
        &mql_implied,
        &assigned_at as &[Option<DateTime<Utc>>],
        &ended_at as &[Option<DateTime<Utc>>],
        &decisions as &[Option<&str>],
        &reasons as &[Option<&str>],
        &attributions as &[Option<&str>],
        &first_attempt_at as &[Option<DateTime<Utc>>],
        &first_connect_at as &[Option<DateTime<Utc>>],
        &first_meeting_at as &[Option<DateTime<Utc>>],
        &opportunity_at as &[Option<DateTime<Utc>>],
        &won_at as &[Option<DateTime<Utc>>],
        &won_amounts as &[Option<Decimal>],
        &currencies as &[Option<String>],
        &lost_at as &[Option<DateTime<Utc>>],
        &of(Dimension::Origin) as &[Option<&str>],
        &of(Dimension::Source) as &[Option<&str>],
        &of(Dimension::Medium) as &[Option<&str>],
        &of(Dimension::Campaign) as &[Option<&str>],
        &of(Dimension::Kind) as &[Option<&str>],
        &of(Dimension::Persona) as &[Option<&str>],
        &of(Dimension::Owner) as &[Option<&str>],
        &of(Dimension::Team) as &[Option<&str>],
        &began_at,
        &until_at as &[Option<DateTime<Utc>>],
        &merged_into as &[Option<Uuid>],
        &overturned_at as &[Option<DateTime<Utc>>],
    )
    .execute(tx.connection())
    .await?;
    wrote("handoff_fact", done.rows_affected(), versions.len())
}

/// The first instant of a passage, and the last: none if it may still go on, as an SQL does until its deal is won or
/// lost. One without any instant begins with its recording.
fn lifetime(fact: &HandoffFact, known_from: DateTime<Utc>) -> (DateTime<Utc>, Option<DateTime<Utc>>) {
    let instants = [
        fact.captured_at,
        fact.mql.map(|stamp| stamp.at),
        fact.assigned_at,
        fact.overturned_at,
        fact.end.as_ref().map(|end| end.at),
        fact.first_attempt_at,
        fact.first_connect_at,
        fact.first_meeting_at,
        fact.opportunity_at,
        fact.won_at,
        fact.lost_at,
    ];
    let is_over = fact.won_at.is_some()
        || fact.lost_at.is_some()
        || fact.end.as_ref().is_some_and(|end| !matches!(end.decision, Decision::Accepted(_)));
    let instants = || instants.iter().flatten().copied();
    (instants().min().unwrap_or(known_from), instants().max().filter(|_| is_over))
}
