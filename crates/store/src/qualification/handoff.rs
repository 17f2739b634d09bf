//! Hand-overs. The note of a rejection lies with its event, in the log's person_value: a handoff that was loaded has
//! none.

mod row;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::id::{HandoffId, LeadId, TenantId};
use handoff_domain::qualification::record::Handoff;

use super::{stored_count, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

pub use row::HandoffRow;

/// All handoffs of the leads, with the slugs of their owners and teams.
pub async fn load_of_leads(
    tx: &mut Tx,
    tenant: TenantId,
    leads: &[LeadId],
) -> Result<Vec<HandoffRow>, StoreError> {
    let leads: Vec<_> = leads.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        row::Columns,
        r#"-- handoff::load_of_leads
        select h.handoff_id as "handoff_id!", h.lead_id as "lead_id!", h.product_line as "product_line!",
            h.cycle as "cycle!", h.state as "state!", h.trigger as "trigger!", h.kind as "kind!",
            h.origin_channel as "origin_channel!", h.origin_source, h.origin_medium, h.origin_campaign, h.persona,
            h.mql_at as "mql_at!", h.owner_id, h.team_id, h.assigned_at, h.decided_at, h.decided_by, h.reason,
            h.disposition, h.attribution, h.round as "round!", h.disputed_at, h.disputed_by, h.ruling, h.resolved_at,
            h.resolved_by, h.withdrawal, h.superseded_by, h.implied as "implied!",
            h.implied_assignment as "implied_assignment!", h.auto as "auto!", h.first_attempt_at, h.first_connect_at,
            h.first_meeting_at, h.criteria_version, h.fit_milli, h.model_version, h.behaviour_milli, h.merit_digest,
            h.imported as "imported!", h.version as "version!",
            (select u.slug from qualification.user_account as u
             where u.tenant_id = $1 and u.user_id = h.owner_id) as owner_slug,
            (select t.slug from qualification.team as t
             where t.tenant_id = $1 and t.team_id = h.team_id) as team_slug
        from unnest($2::uuid[]) as wanted(lead_id)
        cross join lateral (
            select handoff_id, lead_id, product_line, cycle, state, trigger, kind, origin_channel, origin_source,
                origin_medium, origin_campaign, persona, mql_at, owner_id, team_id, assigned_at, decided_at,
                decided_by, reason, disposition, attribution, round, disputed_at, disputed_by, ruling, resolved_at,
                resolved_by, withdrawal, superseded_by, implied, implied_assignment, auto, first_attempt_at, first_connect_at, first_meeting_at, criteria_version, fit_milli, model_version,
                behaviour_milli, merit_digest, imported, version
            from qualification.handoff
            where tenant_id = $1 and lead_id between wanted.lead_id and wanted.lead_id
            order by lead_id
            offset 0
        ) as h"#,
        tenant.0,
        &leads,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(HandoffRow::try_from).collect()
}

/// Those of the handoffs that are there, newest first.
pub async fn load(tx: &mut Tx, tenant: TenantId, ids: &[HandoffId]) -> Result<Vec<HandoffRow>, StoreError> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        row::Columns,
        r#"-- handoff::load
        select h.handoff_id as "handoff_id!", h.lead_id as "lead_id!", h.product_line as "product_line!",
            h.cycle as "cycle!", h.state as "state!", h.trigger as "trigger!", h.kind as "kind!",
            h.origin_channel as "origin_channel!", h.origin_source, h.origin_medium, h.origin_campaign, h.persona,
            h.mql_at as "mql_at!", h.owner_id, h.team_id, h.assigned_at, h.decided_at, h.decided_by, h.reason,
            h.disposition, h.attribution, h.round as "round!", h.disputed_at, h.disputed_by, h.ruling, h.resolved_at,
            h.resolved_by, h.withdrawal, h.superseded_by, h.implied as "implied!",
            h.implied_assignment as "implied_assignment!", h.auto as "auto!", h.first_attempt_at, h.first_connect_at,
            h.first_meeting_at, h.criteria_version, h.fit_milli, h.model_version, h.behaviour_milli, h.merit_digest,
            h.imported as "imported!", h.version as "version!",
            (select u.slug from qualification.user_account as u
             where u.tenant_id = $1 and u.user_id = h.owner_id) as owner_slug,
            (select t.slug from qualification.team as t
             where t.tenant_id = $1 and t.team_id = h.team_id) as team_slug
        from unnest($2::uuid[]) as wanted(handoff_id)
        cross join lateral (
            select handoff_id, lead_id, product_line, cycle, state, trigger, kind, origin_channel, origin_source,
                origin_medium, origin_campaign, persona, mql_at, owner_id, team_id, assigned_at, decided_at,
                decided_by, reason, disposition, attribution, round, disputed_at, disputed_by, ruling, resolved_at,
                resolved_by, withdrawal, superseded_by, implied, implied_assignment, auto, first_attempt_at, first_connect_at, first_meeting_at, criteria_version, fit_milli, model_version,
                behaviour_milli, merit_digest, imported, version
            from qualification.handoff
            where tenant_id = $1 and handoff_id between wanted.handoff_id and wanted.handoff_id
            order by handoff_id
            limit 1
        ) as h
        order by h.mql_at desc, h.handoff_id desc"#,
        tenant.0,
        &ids,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(HandoffRow::try_from).collect()
}

/// Writes handoffs. Closed ones go first: an open one may take the place that a closed one gave up. What a handoff
/// was at its beginning (its lead, line, cycle and snapshot) never changes.
pub async fn save(tx: &mut Tx, tenant: TenantId, handoffs: &[&Handoff]) -> Result<(), StoreError> {
    let mut handoffs = handoffs.to_vec();
    handoffs.sort_by_key(|handoff| handoff.state.is_open());
    let ids: Vec<_> = handoffs.iter().map(|handoff| handoff.id.0).collect();
    let leads: Vec<_> = handoffs.iter().map(|handoff| handoff.lead.0).collect();
    let lines: Vec<_> = handoffs.iter().map(|handoff| handoff.line.as_str()).collect();
    let cycles = handoffs
        .iter()
        .map(|handoff| stored_count("handoff.cycle", handoff.cycle))
        .collect::<Result<Vec<_>, _>>()?;
    let states: Vec<_> = handoffs.iter().map(|handoff| handoff.state.as_str()).collect();
    let triggers: Vec<_> = handoffs.iter().map(|handoff| handoff.trigger.as_str()).collect();
    let kinds: Vec<_> = handoffs.iter().map(|handoff| handoff.snapshot.kind.as_str()).collect();
    let channels: Vec<_> = handoffs.iter().map(|handoff| handoff.snapshot.origin.channel.as_str()).collect();
    let sources: Vec<_> = handoffs.iter().map(|handoff| handoff.snapshot.origin.source.as_deref()).collect();
    let media: Vec<_> = handoffs.iter().map(|handoff| handoff.snapshot.origin.medium.as_deref()).collect();
    let campaigns: Vec<_> =
        handoffs.iter().map(|handoff| handoff.snapshot.origin.campaign.as_deref()).collect();
    let personas: Vec<_> = handoffs.iter().map(|handoff| handoff.snapshot.persona.as_deref()).collect();
    let mql_at: Vec<_> = handoffs.iter().map(|handoff| handoff.mql_at).collect();
    let owners: Vec<_> = handoffs.iter().map(|handoff| handoff.owner.map(|id| id.0)).collect();
    let teams: Vec<_> = handoffs.iter().map(|handoff| handoff.team.map(|id| id.0)).collect();
    let assigned_at: Vec<_> = handoffs.iter().map(|handoff| handoff.assigned_at).collect();
    let decided_at: Vec<_> = handoffs.iter().map(|handoff| handoff.decided_at).collect();
    let decided_by: Vec<_> = handoffs.iter().map(|handoff| handoff.decided_by.as_deref()).collect();
    let reasons: Vec<_> = handoffs.iter().map(|handoff| handoff.reason.map(|word| word.as_str())).collect();
    let dispositions: Vec<_> =
        handoffs.iter().map(|handoff| handoff.disposition.map(|word| word.as_str())).collect();
    let attributions: Vec<_> =
        handoffs.iter().map(|handoff| handoff.attribution.map(|word| word.as_str())).collect();
    let withdrawals: Vec<_> =
        handoffs.iter().map(|handoff| handoff.withdrawal.map(|word| word.as_str())).collect();
    let superseded_by: Vec<_> = handoffs.iter().map(|handoff| handoff.superseded_by.map(|id| id.0)).collect();
    let implied: Vec<_> = handoffs.iter().map(|handoff| handoff.implied).collect();
    let implied_assignment: Vec<_> = handoffs.iter().map(|handoff| handoff.implied_assignment).collect();
    let auto: Vec<_> = handoffs.iter().map(|handoff| handoff.auto).collect();
    let first_attempt_at: Vec<_> = handoffs.iter().map(|handoff| handoff.firsts.attempt_at).collect();
    let first_connect_at: Vec<_> = handoffs.iter().map(|handoff| handoff.firsts.connect_at).collect();
    let first_meeting_at: Vec<_> = handoffs.iter().map(|handoff| handoff.firsts.meeting_at).collect();
    let merits = row::Merits::of(&handoffs)?;
    let disputes = row::Disputes::of(&handoffs)?;
    let imported: Vec<_> = handoffs.iter().map(|handoff| handoff.imported).collect();
    let versions: Vec<_> = handoffs.iter().map(|handoff| handoff.version).collect();
    let done = sqlx::query!(
        r#"-- handoff::save
        insert into qualification.handoff as old (tenant_id, handoff_id, lead_id, product_line, cycle, state, trigger,
            kind, origin_channel, origin_source, origin_medium, origin_campaign, persona, mql_at, owner_id, team_id,
            assigned_at, decided_at, decided_by, reason, disposition, attribution, withdrawal, superseded_by, implied,
            implied_assignment, auto, first_attempt_at, first_connect_at, first_meeting_at, criteria_version, fit_milli,
            model_version, behaviour_milli, merit_digest, imported, version, round, disputed_at, disputed_by, ruling,
            resolved_at, resolved_by)
        select $1, n.handoff_id, n.lead_id, n.product_line, n.cycle, n.state, n.trigger, n.kind, n.origin_channel,
            n.origin_source, n.origin_medium, n.origin_campaign, n.persona, n.mql_at, n.owner_id, n.team_id,
            n.assigned_at, n.decided_at, n.decided_by, n.reason, n.disposition, n.attribution, n.withdrawal,
            n.superseded_by, n.implied, n.implied_assignment, n.auto, n.first_attempt_at, n.first_connect_at, n.first_meeting_at,
            n.criteria_version, n.fit_milli, n.model_version, n.behaviour_milli, n.merit_digest, n.imported, n.version,
            n.round, n.disputed_at, n.disputed_by, n.ruling, n.resolved_at, n.resolved_by
        from unnest($2::uuid[], $3::uuid[], $4::text[], $5::integer[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::text[], $13::text[], $14::timestamptz[], $15::uuid[], $16::uuid[],
            $17::timestamptz[], $18::timestamptz[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[],
            $24::uuid[], $25::boolean[], $26::boolean[], $27::boolean[], $28::timestamptz[], $29::timestamptz[],
            $30::timestamptz[], $31::integer[], $32::bigint[], $33::integer[], $34::bigint[], $35::bytea[], $36::boolean[],
            $37::bigint[], $38::integer[], $39::timestamptz[], $40::text[], $41::text[], $42::timestamptz[],
            $43::text[])
            as n(handoff_id, lead_id, product_line, cycle, state, trigger, kind, origin_channel, origin_source,
                origin_medium, origin_campaign, persona, mql_at, owner_id, team_id, assigned_at, decided_at,
                decided_by, reason, disposition, attribution, withdrawal, superseded_by, implied, implied_assignment,
                auto, first_attempt_at, first_connect_at, first_meeting_at, criteria_version, fit_milli, model_version,
                behaviour_milli, merit_digest, imported, version, round, disputed_at, disputed_by, ruling, resolved_at,
                resolved_by)
        on conflict (tenant_id, handoff_id) do update
        set state = excluded.state, owner_id = excluded.owner_id, team_id = excluded.team_id,
            assigned_at = excluded.assigned_at, decided_at = excluded.decided_at, decided_by = excluded.decided_by,
            reason = excluded.reason, disposition = excluded.disposition, attribution = excluded.attribution,
            withdrawal = excluded.withdrawal, superseded_by = excluded.superseded_by, implied = excluded.implied,
            implied_assignment = excluded.implied_assignment, auto = excluded.auto,
            round = excluded.round, disputed_at = excluded.disputed_at, disputed_by = excluded.disputed_by,
            ruling = excluded.ruling, resolved_at = excluded.resolved_at, resolved_by = excluded.resolved_by,
            first_attempt_at = excluded.first_attempt_at, first_connect_at = excluded.first_connect_at,
            first_meeting_at = excluded.first_meeting_at, version = excluded.version
        where old.version < excluded.version"#,
        tenant.0,
        &ids,
        &leads,
        &lines as &[&str],
        &cycles,
        &states as &[&str],
        &triggers as &[&str],
        &kinds as &[&str],
        &channels as &[&str],
        &sources as &[Option<&str>],
        &media as &[Option<&str>],
        &campaigns as &[Option<&str>],
        &personas as &[Option<&str>],
        &mql_at,
        &owners as &[Option<Uuid>],
        &teams as &[Option<Uuid>],
        &assigned_at as &[Option<DateTime<Utc>>],
        &decided_at as &[Option<DateTime<Utc>>],
        &decided_by as &[Option<&str>],
        &reasons as &[Option<&str>],
        &dispositions as &[Option<&str>],
        &attributions as &[Option<&str>],
        &withdrawals as &[Option<&str>],
        &superseded_by as &[Option<Uuid>],
        &implied,
        &implied_assignment,
        &auto,
        &first_attempt_at as &[Option<DateTime<Utc>>],
        &first_connect_at as &[Option<DateTime<Utc>>],
        &first_meeting_at as &[Option<DateTime<Utc>>],
        &merits.criteria_versions as &[Option<i32>],
        &merits.fits as &[Option<i64>],
        &merits.model_versions as &[Option<i32>],
        &merits.behaviours as &[Option<i64>],
        &merits.digests as &[Option<Vec<u8>>],
        &imported,
        &versions,
        &disputes.rounds,
        &disputes.disputed_at as &[Option<DateTime<Utc>>],
        &disputes.disputed_by as &[Option<&str>],
        &disputes.rulings as &[Option<&str>],
        &disputes.resolved_at as &[Option<DateTime<Utc>>],
        &disputes.resolved_by as &[Option<&str>],
    )
    .execute(tx.connection())
    .await?;
    wrote("handoff", done.rows_affected(), handoffs.len())
}
