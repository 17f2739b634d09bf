//! Versions of contracts that are or were in effect.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::id::{CalendarId, ContractId, TenantId};
use handoff_domain::sla::Contract;

use crate::column::{count, stored_count, stored_target, target, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

struct Row {
    contract_id: Uuid,
    version: i32,
    is_signed: bool,
    effective_from: DateTime<Utc>,
    effective_to: Option<DateTime<Utc>>,
    decide_unit: String,
    decide_amount: i64,
    calendar_id: Uuid,
}

impl TryFrom<Row> for Contract {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: ContractId(row.contract_id),
            version: count("contract.version", row.version)?,
            is_signed: row.is_signed,
            effective_from: row.effective_from,
            effective_to: row.effective_to,
            decide: target("contract.decide", &row.decide_unit, row.decide_amount)?,
            calendar: CalendarId(row.calendar_id),
        })
    }
}

/// All of a tenant's, in the order in which they took effect. They are few: each was signed by two people.
pub async fn load_all(tx: &mut Tx, tenant: TenantId) -> Result<Vec<Contract>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"-- sla::contract::load_all
        select contract_id, version, is_signed, effective_from, effective_to, decide_unit, decide_amount, calendar_id
        from sla.contract
        where tenant_id = $1
        order by effective_from, version"#,
        tenant.0,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(Contract::try_from).collect()
}

/// The one that is in effect at `t`, if one is.
pub async fn load_in_effect(
    tx: &mut Tx,
    tenant: TenantId,
    t: DateTime<Utc>,
) -> Result<Option<Contract>, StoreError> {
    let contracts = load_all(tx, tenant).await?;
    let is_in_effect =
        |contract: &Contract| contract.effective_from <= t && contract.effective_to.is_none_or(|end| t < end);
    Ok(contracts.into_iter().rfind(is_in_effect))
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
        &effective_to as &[Option<DateTime<Utc>>],
        &units as &[&str],
        &amounts,
        &calendars,
    )
    .execute(tx.connection())
    .await?;
    wrote("sla.contract", done.rows_affected(), contracts.len())
}
