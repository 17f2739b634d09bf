//! Leads, without anything personal. Loaded with all that hangs on them, by `dossier`.

use handoff_domain::id::TenantId;
use handoff_domain::qualification::record::Lead;

use super::wrote;
use crate::error::StoreError;
use crate::tx::Tx;

/// Writes leads. The origin is the first touch: a row that is there keeps its own, whatever the record says.
pub async fn save(tx: &mut Tx, tenant: TenantId, leads: &[&Lead]) -> Result<(), StoreError> {
    let ids: Vec<_> = leads.iter().map(|lead| lead.id.0).collect();
    let kinds: Vec<_> = leads.iter().map(|lead| lead.kind.as_str()).collect();
    let channels: Vec<_> = leads.iter().map(|lead| lead.origin.channel.as_str()).collect();
    let sources: Vec<_> = leads.iter().map(|lead| lead.origin.source.as_deref()).collect();
    let media: Vec<_> = leads.iter().map(|lead| lead.origin.medium.as_deref()).collect();
    let campaigns: Vec<_> = leads.iter().map(|lead| lead.origin.campaign.as_deref()).collect();
    let personas: Vec<_> = leads.iter().map(|lead| lead.persona.as_deref()).collect();
    let stages: Vec<_> = leads.iter().map(|lead| lead.stage.as_str()).collect();
    let stage_since: Vec<_> = leads.iter().map(|lead| lead.stage_since).collect();
    let captured_at: Vec<_> = leads.iter().map(|lead| lead.captured_at).collect();
    let customer_since: Vec<_> = leads.iter().map(|lead| lead.customer_since).collect();
    let cooldown_until: Vec<_> = leads.iter().map(|lead| lead.cooldown_until).collect();
    let suppressions: Vec<_> = leads.iter().map(|lead| lead.suppression.as_str()).collect();
    let merged_into: Vec<_> = leads.iter().map(|lead| lead.merged_into.map(|id| id.0)).collect();
    let imported: Vec<_> = leads.iter().map(|lead| lead.imported).collect();
    let versions: Vec<_> = leads.iter().map(|lead| lead.version).collect();
    let done = sqlx::query!(
        r#"-- lead::save
        insert into qualification.lead as old (tenant_id, lead_id, kind, origin_channel, origin_source, origin_medium,
            origin_campaign, persona, stage, stage_since, captured_at, customer_since, cooldown_until, suppression,
            merged_into, imported, version)
        select $1, n.lead_id, n.kind, n.origin_channel, n.origin_source, n.origin_medium, n.origin_campaign, n.persona,
            n.stage, n.stage_since, n.captured_at, n.customer_since, n.cooldown_until, n.suppression, n.merged_into,
            n.imported, n.version
        from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::text[], $15::uuid[],
            $16::boolean[], $17::bigint[])
            as n(lead_id, kind, origin_channel, origin_source, origin_medium, origin_campaign, persona, stage,
                stage_since, captured_at, customer_since, cooldown_until, suppression, merged_into, imported, version)
        on conflict (tenant_id, lead_id) do update
        set kind = excluded.kind, persona = excluded.persona, stage = excluded.stage,
            stage_since = excluded.stage_since, customer_since = excluded.customer_since,
            cooldown_until = excluded.cooldown_until, suppression = excluded.suppression,
            merged_into = excluded.merged_into, version = excluded.version
        where old.version < excluded.version"#,
        tenant.0,
        &ids,
        &kinds as &[&str],
        &channels as &[&str],
        &sources as &[Option<&str>],
        &media as &[Option<&str>],
        &campaigns as &[Option<&str>],
        &personas as &[Option<&str>],
        &stages as &[&str],
        &stage_since,
        &captured_at,
        &customer_since as &[Option<chrono::DateTime<chrono::Utc>>],
        &cooldown_until as &[Option<chrono::DateTime<chrono::Utc>>],
        &suppressions as &[&str],
        &merged_into as &[Option<uuid::Uuid>],
        &imported,
        &versions,
    )
    .execute(tx.connection())
    .await?;
    wrote("lead", done.rows_affected(), leads.len())
}
