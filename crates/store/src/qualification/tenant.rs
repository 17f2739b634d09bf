//! The tenant's own row.

use chrono::TimeDelta;

use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::qualification::record::{Defaults, Tenant};
use handoff_domain::target::Target;

use super::{count, word, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// The tenant, if it was founded.
pub async fn load(tx: &mut Tx, tenant: TenantId) -> Result<Option<Tenant>, StoreError> {
    Ok(load_with_leads(tx, tenant, &[]).await?.map(|(tenant, _)| tenant))
}

/// The tenant, if it was founded, and which of these leads are there: all that the commonest batch has to know, in one
/// statement.
pub async fn load_with_leads(
    tx: &mut Tx,
    tenant: TenantId,
    leads: &[LeadId],
) -> Result<Option<(Tenant, Vec<LeadId>)>, StoreError> {
    let leads: Vec<_> = leads.iter().map(|lead| lead.0).collect();
    let row = sqlx::query!(
        r#"-- tenant::load_with_leads
        select slug, time_zone, currency_code, fiscal_year_start_month, starter_target_unit, starter_target_amount,
            contract_effective_from, cooldown_us, correction_grace_us, dispute_window_us, settlement_delay_us,
            created_at, version,
            array(
                select l.lead_id
                from unnest($2::uuid[]) as wanted(lead_id)
                cross join lateral (
                    select lead_id from qualification.lead
                    where tenant_id = $1 and lead_id = wanted.lead_id
                    limit 1
                ) as l
            ) as "leads!"
        from qualification.tenant
        where tenant_id = $1"#,
        tenant.0,
        &leads,
    )
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| {
        let tenant = Tenant {
            id: tenant,
            slug: row.slug,
            zone: word("tenant.time_zone", &row.time_zone, |text| text.parse().ok())?,
            currency: word("tenant.currency_code", &row.currency_code, |text| text.parse().ok())?,
            fiscal_year_start_month: count(
                "tenant.fiscal_year_start_month",
                i32::from(row.fiscal_year_start_month),
            )?,
            starter_target: target(&row.starter_target_unit, row.starter_target_amount)?,
            contract_effective_from: row.contract_effective_from,
            defaults: Defaults {
                cooldown: TimeDelta::microseconds(row.cooldown_us),
                correction_grace: TimeDelta::microseconds(row.correction_grace_us),
                dispute_window: TimeDelta::microseconds(row.dispute_window_us),
                settlement_delay: TimeDelta::microseconds(row.settlement_delay_us),
            },
            created_at: row.created_at,
            version: row.version,
        };
        Ok((tenant, row.leads.into_iter().map(LeadId).collect()))
    })
    .transpose()
}

/// Writes the tenant's row.
pub async fn save(tx: &mut Tx, tenant: &Tenant) -> Result<(), StoreError> {
    let (unit, amount) = columns(tenant.starter_target)?;
    let month = i16::try_from(tenant.fiscal_year_start_month)
        .map_err(|_| StoreError::defect("a fiscal year starts in no such month"))?;
    let done = sqlx::query!(
        r#"-- tenant::save
        insert into qualification.tenant as old (tenant_id, slug, time_zone, currency_code, fiscal_year_start_month,
            starter_target_unit, starter_target_amount, contract_effective_from, cooldown_us, correction_grace_us,
            dispute_window_us, settlement_delay_us, created_at, version)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        on conflict (tenant_id) do update
        set time_zone = excluded.time_zone, currency_code = excluded.currency_code,
            fiscal_year_start_month = excluded.fiscal_year_start_month,
            starter_target_unit = excluded.starter_target_unit,
            starter_target_amount = excluded.starter_target_amount,
            contract_effective_from = excluded.contract_effective_from, cooldown_us = excluded.cooldown_us,
            correction_grace_us = excluded.correction_grace_us, dispute_window_us = excluded.dispute_window_us,
            settlement_delay_us = excluded.settlement_delay_us, version = excluded.version
        where old.version < excluded.version"#,
        tenant.id.0,
        tenant.slug,
        tenant.zone.name(),
        tenant.currency.as_str(),
        month,
        unit,
        amount,
        tenant.contract_effective_from,
        micros(tenant.defaults.cooldown)?,
        micros(tenant.defaults.correction_grace)?,
        micros(tenant.defaults.dispute_window)?,
        micros(tenant.defaults.settlement_delay)?,
        tenant.created_at,
        tenant.version,
    )
    .execute(tx.connection())
    .await?;
    wrote("tenant", done.rows_affected(), 1)
}

fn target(unit: &str, amount: i64) -> Result<Target, StoreError> {
    match unit {
        "BUSINESS" => Ok(Target::Business(TimeDelta::microseconds(amount))),
        "CALENDAR" => Ok(Target::Calendar(TimeDelta::microseconds(amount))),
        "BUSINESS_DAYS" => u32::try_from(amount)
            .map(Target::BusinessDays)
            .map_err(|_| StoreError::defect("tenant.starter_target_amount is no number of days")),
        _ => Err(StoreError::defect("tenant.starter_target_unit holds a word that this build does not know")),
    }
}

/// A target as its two columns: days for business days, else microseconds.
fn columns(target: Target) -> Result<(&'static str, i64), StoreError> {
    let amount = match target {
        Target::Business(time) | Target::Calendar(time) => micros(time)?,
        Target::BusinessDays(days) => i64::from(days),
    };
    Ok((target.unit().as_str(), amount))
}

fn micros(time: TimeDelta) -> Result<i64, StoreError> {
    time.num_microseconds()
        .ok_or_else(|| StoreError::defect("a duration does not fit 64 bits of microseconds"))
}
