//! Imported items: which keys of a source came before, with what content, about whom.

use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::qualification::record::{Digest, SourceKey, SourceKind};
use handoff_domain::qualification::state::SourceEntry;
use uuid::Uuid;

use super::{word, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// Those of the items that came before.
pub async fn load(
    tx: &mut Tx,
    tenant: TenantId,
    keys: &[SourceKey],
) -> Result<Vec<(SourceKey, SourceEntry)>, StoreError> {
    let kinds: Vec<_> = keys.iter().map(|key| key.kind.as_str()).collect();
    let digests: Vec<_> = keys.iter().map(|key| key.key.0.to_vec()).collect();
    let rows = sqlx::query!(
        r#"-- source_key::load
        select s.kind as "kind!", s.key as "key!", s.content as "content!", s.lead_id as "lead_id!"
        from unnest($2::text[], $3::bytea[]) as wanted(kind, key)
        cross join lateral (
            select kind, key, content, lead_id
            from qualification.source_key
            where tenant_id = $1 and kind = wanted.kind and key = wanted.key
            limit 1
        ) as s"#,
        tenant.0,
        &kinds as &[&str],
        &digests,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = word("source_key.kind", &row.kind, SourceKind::from_name)?;
            let key = SourceKey { kind, key: digest(&row.key)? };
            Ok((key, SourceEntry { content: digest(&row.content)?, lead: LeadId(row.lead_id) }))
        })
        .collect()
}

/// Items as columns.
struct Columns {
    kinds: Vec<&'static str>,
    keys: Vec<Vec<u8>>,
    contents: Vec<Vec<u8>>,
    leads: Vec<Uuid>,
}

impl Columns {
    fn of(items: &[(SourceKey, SourceEntry)]) -> Self {
        Self {
            kinds: items.iter().map(|(key, _)| key.kind.as_str()).collect(),
            keys: items.iter().map(|(key, _)| key.key.0.to_vec()).collect(),
            contents: items.iter().map(|(_, entry)| entry.content.0.to_vec()).collect(),
            leads: items.iter().map(|(_, entry)| entry.lead.0).collect(),
        }
    }
}

/// Adds items that came for the first time. Without the upsert of [`save`], which looks every key up once more and writes
/// a row in two steps: an import has more of these rows than of any other.
pub async fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    items: &[(SourceKey, SourceEntry)],
) -> Result<(), StoreError> {
    let columns = Columns::of(items);
    sqlx::query!(
        r#"-- source_key::insert
        insert into qualification.source_key (tenant_id, kind, key, content, lead_id)
        select $1, n.kind, n.key, n.content, n.lead_id
        from unnest($2::text[], $3::bytea[], $4::bytea[], $5::uuid[]) as n(kind, key, content, lead_id)"#,
        tenant.0,
        &columns.kinds as &[&str],
        &columns.keys,
        &columns.contents,
        &columns.leads,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Writes items that came before; a lead's may come again with other content.
pub async fn save(
    tx: &mut Tx,
    tenant: TenantId,
    items: &[(SourceKey, SourceEntry)],
) -> Result<(), StoreError> {
    let columns = Columns::of(items);
    let done = sqlx::query!(
        r#"-- source_key::save
        insert into qualification.source_key (tenant_id, kind, key, content, lead_id)
        select $1, n.kind, n.key, n.content, n.lead_id
        from unnest($2::text[], $3::bytea[], $4::bytea[], $5::uuid[]) as n(kind, key, content, lead_id)
        on conflict (tenant_id, kind, key) do update
        set content = excluded.content, lead_id = excluded.lead_id"#,
        tenant.0,
        &columns.kinds as &[&str],
        &columns.keys,
        &columns.contents,
        &columns.leads,
    )
    .execute(tx.connection())
    .await?;
    wrote("source_key", done.rows_affected(), items.len())
}

fn digest(bytes: &[u8]) -> Result<Digest, StoreError> {
    bytes.try_into().map(Digest).map_err(|_| StoreError::defect("a digest of source_key is not a SHA-256"))
}
