//! The rates between currencies that a tenant set. Whoever compares amounts reads them all; whoever looks at them, by the
//! page.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use handoff_domain::id::TenantId;
use handoff_domain::money::Currency;
use handoff_domain::rates::Rate;

use super::{word, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// All of them.
pub async fn load(tx: &mut Tx, tenant: TenantId) -> Result<Vec<Rate>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"-- currency_rate::load
        select from_currency, to_currency, day, rate
        from qualification.currency_rate
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(Row::rate).collect()
}

/// At most `limit` of them, by currencies and day, after the given ones.
pub async fn list(
    tx: &mut Tx,
    tenant: TenantId,
    (from, to, day): (&str, &str, NaiveDate),
    limit: i64,
) -> Result<Vec<Rate>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"-- currency_rate::list
        select from_currency, to_currency, day, rate
        from qualification.currency_rate
        where tenant_id = $1 and (from_currency, to_currency, day) > ($2, $3, $4)
        order by from_currency, to_currency, day
        limit $5"#,
        tenant.0,
        from,
        to,
        day,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(Row::rate).collect()
}

/// Writes rates, each with the position of its last event.
pub async fn save(tx: &mut Tx, tenant: TenantId, rates: &[(Rate, i64)]) -> Result<(), StoreError> {
    let from: Vec<_> = rates.iter().map(|(rate, _)| rate.from.as_str()).collect();
    let to: Vec<_> = rates.iter().map(|(rate, _)| rate.to.as_str()).collect();
    let days: Vec<_> = rates.iter().map(|(rate, _)| rate.day).collect();
    let values: Vec<_> = rates.iter().map(|(rate, _)| rate.rate).collect();
    let positions: Vec<_> = rates.iter().map(|(_, position)| *position).collect();
    let done = sqlx::query!(
        r#"-- currency_rate::save
        insert into qualification.currency_rate as old (tenant_id, from_currency, to_currency, day, rate, position)
        select $1, n.from_currency, n.to_currency, n.day, n.rate, n.position
        from unnest($2::text[], $3::text[], $4::date[], $5::numeric[], $6::bigint[])
            as n(from_currency, to_currency, day, rate, position)
        on conflict (tenant_id, from_currency, to_currency, day) do update
        set rate = excluded.rate, position = excluded.position
        where old.position < excluded.position"#,
        tenant.0,
        &from as &[&str],
        &to as &[&str],
        &days,
        &values,
        &positions,
    )
    .execute(tx.connection())
    .await?;
    wrote("currency_rate", done.rows_affected(), rates.len())
}

struct Row {
    from_currency: String,
    to_currency: String,
    day: NaiveDate,
    rate: Decimal,
}

impl Row {
    fn rate(self) -> Result<Rate, StoreError> {
        let currency = |column, text: &str| word::<Currency>(column, text, |text| text.parse().ok());
        Ok(Rate {
            from: currency("currency_rate.from_currency", &self.from_currency)?,
            to: currency("currency_rate.to_currency", &self.to_currency)?,
            day: self.day,
            rate: self.rate.normalize(),
        })
    }
}
