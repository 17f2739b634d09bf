//! What leads did, as the model of their score counts it: a row for each rule and local date. An activity is one count
//! more on a row for each rule, whatever came before.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::score::{Engagement, Row, RuleIndex};

use super::count;
use crate::error::StoreError;
use crate::tx::Tx;

/// The rows of these leads.
pub async fn load(
    tx: &mut Tx,
    tenant: TenantId,
    leads: &[LeadId],
) -> Result<BTreeMap<LeadId, Vec<Row>>, StoreError> {
    let leads: Vec<_> = leads.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"-- engagement::load
        select e.lead_id as "lead_id!", e.rule as "rule!", e.local_date as "local_date!", e.count as "count!"
        from unnest($2::uuid[]) as wanted(lead_id)
        cross join lateral (
            select lead_id, rule, local_date, count
            from qualification.engagement
            where tenant_id = $1 and lead_id = wanted.lead_id
            offset 0
        ) as e"#,
        tenant.0,
        &leads,
    )
    .fetch_all(tx.connection())
    .await?;
    let mut found: BTreeMap<LeadId, Vec<Row>> = BTreeMap::new();
    for row in rows {
        let rule = u16::try_from(row.rule).map_err(|_| StoreError::defect("engagement.rule is negative"))?;
        let row_of = Row::new(RuleIndex(rule), row.local_date, count("engagement.count", row.count)?);
        found.entry(LeadId(row.lead_id)).or_default().push(row_of);
    }
    Ok(found)
}

/// Counts so many more.
pub async fn add(
    tx: &mut Tx,
    tenant: TenantId,
    counts: &BTreeMap<(LeadId, RuleIndex, NaiveDate), u32>,
) -> Result<(), StoreError> {
    let mut columns = Columns::default();
    for ((lead, rule, date), count) in counts {
        columns.push(*lead, Row::new(*rule, *date, *count))?;
    }
    columns.write(tx, tenant).await
}

/// Puts these in place of all that was counted of the leads.
pub async fn replace(
    tx: &mut Tx,
    tenant: TenantId,
    engagements: &BTreeMap<LeadId, &Engagement>,
) -> Result<(), StoreError> {
    let leads: Vec<_> = engagements.keys().map(|id| id.0).collect();
    sqlx::query!(
        r#"-- engagement::replace
        delete from qualification.engagement
        where tenant_id = $1 and lead_id = any($2)"#,
        tenant.0,
        &leads,
    )
    .execute(tx.connection())
    .await?;
    let mut columns = Columns::default();
    for (lead, engagement) in engagements {
        for row in engagement.rows() {
            columns.push(*lead, *row)?;
        }
    }
    columns.write(tx, tenant).await
}

/// Rows as columns.
#[derive(Default)]
struct Columns {
    leads: Vec<uuid::Uuid>,
    rules: Vec<i16>,
    dates: Vec<NaiveDate>,
    counts: Vec<i32>,
}

impl Columns {
    fn push(&mut self, lead: LeadId, row: Row) -> Result<(), StoreError> {
        let rule = i16::try_from(row.rule().0);
        self.leads.push(lead.0);
        self.rules.push(rule.map_err(|_| StoreError::defect("a model has too many rules"))?);
        self.dates.push(row.date());
        self.counts.push(i32::try_from(row.count()).unwrap_or(i32::MAX));
        Ok(())
    }

    async fn write(&self, tx: &mut Tx, tenant: TenantId) -> Result<(), StoreError> {
        if self.leads.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            r#"-- engagement::write
            insert into qualification.engagement as old (tenant_id, lead_id, rule, local_date, count)
            select $1, n.lead_id, n.rule, n.local_date, n.count
            from unnest($2::uuid[], $3::smallint[], $4::date[], $5::integer[]) as n(lead_id, rule, local_date, count)
            on conflict (tenant_id, lead_id, local_date, rule) do update
            set count = old.count + excluded.count"#,
            tenant.0,
            &self.leads,
            &self.rules,
            &self.dates,
            &self.counts,
        )
        .execute(tx.connection())
        .await?;
        Ok(())
    }
}
