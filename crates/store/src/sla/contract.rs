//! Versions of contracts that are or were in effect.

use handoff_domain::id::{CalendarId, ContractId, TenantId};
use handoff_domain::sla::Contract;

use crate::column::{count, stored_count, stored_target, target, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// All of a tenant's, in the order in which they took effect. They are few: each was signed by two people.
pub async fn load_all(tx: &mut Tx, tenant: TenantId) -> Result<Vec<Contract>, StoreError> {
    let rows = sqlx::query!(
        r#"-- sla::contract::load_all
        select contract_id, version, is_signed, effective_from, effective_to, decide_unit, decide_amount, calendar_id
        from sla.contract
        where tenant_id = $1
        order by effective_from, version"#,
        tenant.0,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Contract {
                id: ContractId(row.contract_id),
                version: count("contract.version", row.version)?,
                is_signed: row.is_signed,
                effective_from: row.effective_from,
                effective_to: row.effective_to,
                decide: target("contract.decide", &row.decide_unit, row.decide_amount)?,
                calendar: CalendarId(row.calendar_id),
            })
        })
        .collect()
}

/// Writes contracts. Of one that is there only its end changes; the one that ends comes before the one that follows.
pub async fn save(tx: &mut Tx, tenant: TenantId, contracts: &[&Contract]) -> Result<(), StoreError> {
    let mut contracts = contracts.to_vec();
    contracts.sort_by_key(|contract| (contract.effective_from, contract.version));
    let ids: Vec<_> = contracts.iter().map(|contract| contract.id.0).collect();
    let versions = contracts
        .iter()
        .map(|contract| stored_count("contract.version", contract.version))
        .collect::<Result<Vec<_>, _>>()?;
    let signed: Vec<_> = contracts.iter().map(|contract| contract.is_signed).collect();
    let effective_from: Vec<_> = contracts.iter().map(|contract| contract.effective_from).collect();
    let effective_to: Vec<_> = contracts.iter().map(|contract| contract.effective_to).collect();
    let (units, amounts): (Vec<_>, Vec<_>) = contracts
        .iter()
        .map(|contract| stored_target("contract.decide", contract.decide))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .unzip();
    let calendars: Vec<_> = contracts.iter().map(|contract| contract.calendar.0).collect();
    let done = sqlx::query!(
        r#"-- sla::contract::save
        insert into sla.contract as old (tenant_id, contract_id, version, is_signed, effective_from, effective_to,
            decide_unit, decide_amount, calendar_id)
        select $1, n.contract_id, n.version, n.is_signed, n.effective_from, n.effective_to, n.decide_unit,
            n.decide_amount, n.calendar_id
        from unnest($2::uuid[], $3::integer[], $4::boolean[], $5::timestamptz[], $6::timestamptz[], $7::text[],
            $8::bigint[], $9::uuid[])
            as n(contract_id, version, is_signed, effective_from, effective_to, decide_unit, decide_amount,
                calendar_id)
        on conflict (tenant_id, contract_id, version) do update
        set effective_to = excluded.effective_to
        where old.effective_to is null"#,
        tenant.0,
        &ids,
        &versions,
        &signed,
        &effective_from,
        &effective_to as &[Option<chrono::DateTime<chrono::Utc>>],
        &units as &[&str],
        &amounts,
        &calendars,
    )
    .execute(tx.connection())
    .await?;
    wrote("sla.contract", done.rows_affected(), contracts.len())
}
