//! Versions of the contract: whether the one in effect was signed by both sides.

use chrono::{DateTime, Utc};

use handoff_domain::id::{ContractId, TenantId};

use crate::column::stored_count;
use crate::error::StoreError;
use crate::tx::Tx;

/// A version of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractVersion {
    /// The contract.
    pub contract: ContractId,
    /// From 1.
    pub version: u32,
    /// When it was recorded.
    pub known_from: DateTime<Utc>,
    /// In effect from then on.
    pub effective_from: DateTime<Utc>,
    /// Whether both sides have signed it.
    pub is_signed: bool,
}

/// Whether the version in effect at `as_of`, as known at `known_at`, was signed; none if there was none.
pub async fn load_is_signed(
    tx: &mut Tx,
    tenant: TenantId,
    as_of: DateTime<Utc>,
    known_at: DateTime<Utc>,
) -> Result<Option<bool>, StoreError> {
    let is_signed = sqlx::query_scalar!(
        r#"-- contract_version::load_is_signed
        select is_signed
        from reporting.contract_version
        where tenant_id = $1 and effective_from <= $2 and known_from <= $3
        order by effective_from desc, known_from desc, version desc
        limit 1"#,
        tenant.0,
        as_of,
        known_at,
    )
    .fetch_optional(tx.connection())
    .await?;
    Ok(is_signed)
}

/// Adds versions.
pub async fn append(tx: &mut Tx, tenant: TenantId, versions: &[ContractVersion]) -> Result<(), StoreError> {
    let contracts: Vec<_> = versions.iter().map(|version| version.contract.0).collect();
    let numbers = versions
        .iter()
        .map(|version| stored_count("contract_version.version", version.version))
        .collect::<Result<Vec<_>, _>>()?;
    let known_from: Vec<_> = versions.iter().map(|version| version.known_from).collect();
    let effective_from: Vec<_> = versions.iter().map(|version| version.effective_from).collect();
    let signed: Vec<_> = versions.iter().map(|version| version.is_signed).collect();
    sqlx::query!(
        r#"-- contract_version::append
        insert into reporting.contract_version (tenant_id, contract_id, version, known_from, effective_from, is_signed)
        select $1, n.contract_id, n.version, n.known_from, n.effective_from, n.is_signed
        from unnest($2::uuid[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::boolean[])
            as n(contract_id, version, known_from, effective_from, is_signed)"#,
        tenant.0,
        &contracts,
        &numbers,
        &known_from,
        &effective_from,
        &signed,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}
