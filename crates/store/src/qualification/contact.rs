//! Contacts with leads; rows are only ever added.

use handoff_domain::id::TenantId;
use handoff_domain::qualification::record::Contact;

use crate::error::StoreError;
use crate::tx::Tx;

/// Adds contacts.
pub async fn append(tx: &mut Tx, tenant: TenantId, contacts: &[Contact]) -> Result<(), StoreError> {
    let leads: Vec<_> = contacts.iter().map(|contact| contact.lead.0).collect();
    let ids: Vec<_> = contacts.iter().map(|contact| contact.id.0).collect();
    let handoffs: Vec<_> = contacts.iter().map(|contact| contact.handoff.map(|id| id.0)).collect();
    let kinds: Vec<_> = contacts.iter().map(|contact| contact.kind.as_str()).collect();
    let directions: Vec<_> = contacts.iter().map(|contact| contact.direction.as_str()).collect();
    let human: Vec<_> = contacts.iter().map(|contact| contact.human).collect();
    let channels: Vec<_> = contacts.iter().map(|contact| contact.channel.as_str()).collect();
    let made_by: Vec<_> = contacts.iter().map(|contact| contact.by.as_str()).collect();
    let occurred_at: Vec<_> = contacts.iter().map(|contact| contact.occurred_at).collect();
    let recorded_at: Vec<_> = contacts.iter().map(|contact| contact.recorded_at).collect();
    let imported: Vec<_> = contacts.iter().map(|contact| contact.imported).collect();
    let versions: Vec<_> = contacts.iter().map(|contact| contact.version).collect();
    sqlx::query!(
        r#"-- contact::append
        insert into qualification.contact (tenant_id, lead_id, contact_id, handoff_id, kind, direction, human,
            channel, made_by, occurred_at, recorded_at, imported, version)
        select $1, n.lead_id, n.contact_id, n.handoff_id, n.kind, n.direction, n.human, n.channel, n.made_by,
            n.occurred_at, n.recorded_at, n.imported, n.version
        from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::boolean[], $8::text[], $9::text[],
            $10::timestamptz[], $11::timestamptz[], $12::boolean[], $13::bigint[])
            as n(lead_id, contact_id, handoff_id, kind, direction, human, channel, made_by, occurred_at, recorded_at,
                imported, version)"#,
        tenant.0,
        &leads,
        &ids,
        &handoffs as &[Option<uuid::Uuid>],
        &kinds as &[&str],
        &directions as &[&str],
        &human,
        &channels as &[&str],
        &made_by as &[&str],
        &occurred_at,
        &recorded_at,
        &imported,
        &versions,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}
