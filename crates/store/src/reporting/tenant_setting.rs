//! What a report needs to know of the tenant, as qualification's log told it last.

use chrono_tz::Tz;

use handoff_domain::id::TenantId;
use handoff_domain::money::Currency;

use crate::column::{count, word, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// The settings of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantSetting {
    /// The slug of its name.
    pub slug: String,
    /// Its zone: that of a report that names none.
    pub zone: Tz,
    /// Its currency.
    pub currency: Currency,
    /// The month in which its fiscal year starts, 1 to 12.
    pub fiscal_year_start_month: u32,
}

/// The settings; none as long as the log was not read that far.
pub async fn load(tx: &mut Tx, tenant: TenantId) -> Result<Option<TenantSetting>, StoreError> {
    let row = sqlx::query!(
        r#"-- tenant_setting::load
        select slug, time_zone, currency_code, fiscal_year_start_month
        from reporting.tenant_setting
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| {
        Ok(TenantSetting {
            slug: row.slug,
            zone: word("tenant_setting.time_zone", &row.time_zone, |text| text.parse().ok())?,
            currency: word("tenant_setting.currency_code", &row.currency_code, |text| text.parse().ok())?,
            fiscal_year_start_month: count(
                "tenant_setting.fiscal_year_start_month",
                i32::from(row.fiscal_year_start_month),
            )?,
        })
    })
    .transpose()
}

/// Writes the settings.
pub async fn save(tx: &mut Tx, tenant: TenantId, setting: &TenantSetting) -> Result<(), StoreError> {
    let month = i16::try_from(setting.fiscal_year_start_month)
        .map_err(|_| StoreError::defect("a fiscal year starts in no such month"))?;
    let done = sqlx::query!(
        r#"-- tenant_setting::save
        insert into reporting.tenant_setting (tenant_id, slug, time_zone, currency_code, fiscal_year_start_month)
        values ($1, $2, $3, $4, $5)
        on conflict (tenant_id) do update
        set slug = excluded.slug, time_zone = excluded.time_zone, currency_code = excluded.currency_code,
            fiscal_year_start_month = excluded.fiscal_year_start_month"#,
        tenant.0,
        setting.slug,
        setting.zone.name(),
        setting.currency.as_str(),
        month,
    )
    .execute(tx.connection())
    .await?;
    wrote("tenant_setting", done.rows_affected(), 1)
}
