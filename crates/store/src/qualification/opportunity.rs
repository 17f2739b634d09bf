//! Deals in the making, or made.

use handoff_domain::id::{HandoffId, LeadId, OpportunityId, TenantId};
use handoff_domain::money::Money;
use handoff_domain::qualification::record::{Opportunity, OpportunityState};
use rust_decimal::Decimal;

use super::{count, line, stored_count, word, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// All opportunities of the leads.
pub async fn load_of_leads(
    tx: &mut Tx,
    tenant: TenantId,
    leads: &[LeadId],
) -> Result<Vec<Opportunity>, StoreError> {
    let leads: Vec<_> = leads.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"-- opportunity::load_of_leads
        select o.opportunity_id as "opportunity_id!", o.lead_id as "lead_id!", o.product_line as "product_line!",
            o.cycle as "cycle!", o.handoff_id as "handoff_id?", o.state as "state!", o.opened_at as "opened_at?",
            o.closed_at as "closed_at?", o.amount as "amount?", o.currency_code as "currency_code?",
            o.lost_reason as "lost_reason?", o.new_customer as "new_customer!", o.imported as "imported!",
            o.version as "version!"
        from unnest($2::uuid[]) as wanted(lead_id)
        cross join lateral (
            select opportunity_id, lead_id, product_line, cycle, handoff_id, state, opened_at, closed_at, amount,
                currency_code, lost_reason, new_customer, imported, version
            from qualification.opportunity
            where tenant_id = $1 and lead_id between wanted.lead_id and wanted.lead_id
            order by lead_id
            offset 0
        ) as o"#,
        tenant.0,
        &leads,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Opportunity {
                id: OpportunityId(row.opportunity_id),
                lead: LeadId(row.lead_id),
                line: line("opportunity.product_line", &row.product_line)?,
                cycle: count("opportunity.cycle", row.cycle)?,
                handoff: row.handoff_id.map(HandoffId),
                state: word("opportunity.state", &row.state, OpportunityState::from_name)?,
                opened_at: row.opened_at,
                closed_at: row.closed_at,
                amount: money(row.amount, row.currency_code.as_deref())?,
                lost_reason: row.lost_reason,
                new_customer: row.new_customer,
                imported: row.imported,
                version: row.version,
            })
        })
        .collect()
}

/// Writes opportunities. Closed ones go first: an open one may take the place that a closed one gave up.
pub async fn save(tx: &mut Tx, tenant: TenantId, opportunities: &[&Opportunity]) -> Result<(), StoreError> {
    let mut opportunities = opportunities.to_vec();
    opportunities.sort_by_key(|opportunity| opportunity.state == OpportunityState::Open);
    let ids: Vec<_> = opportunities.iter().map(|deal| deal.id.0).collect();
    let leads: Vec<_> = opportunities.iter().map(|deal| deal.lead.0).collect();
    let lines: Vec<_> = opportunities.iter().map(|deal| deal.line.as_str()).collect();
    let cycles = opportunities
        .iter()
        .map(|deal| stored_count("opportunity.cycle", deal.cycle))
        .collect::<Result<Vec<_>, _>>()?;
    let handoffs: Vec<_> = opportunities.iter().map(|deal| deal.handoff.map(|id| id.0)).collect();
    let states: Vec<_> = opportunities.iter().map(|deal| deal.state.as_str()).collect();
    let opened_at: Vec<_> = opportunities.iter().map(|deal| deal.opened_at).collect();
    let closed_at: Vec<_> = opportunities.iter().map(|deal| deal.closed_at).collect();
    let amounts: Vec<_> = opportunities.iter().map(|deal| deal.amount.map(|money| money.amount())).collect();
    let currencies: Vec<_> =
        opportunities.iter().map(|deal| deal.amount.map(|money| money.currency().to_string())).collect();
    let lost_reasons: Vec<_> = opportunities.iter().map(|deal| deal.lost_reason.as_deref()).collect();
    let new_customers: Vec<_> = opportunities.iter().map(|deal| deal.new_customer).collect();
    let imported: Vec<_> = opportunities.iter().map(|deal| deal.imported).collect();
    let versions: Vec<_> = opportunities.iter().map(|deal| deal.version).collect();
    let done = sqlx::query!(
        r#"-- opportunity::save
        insert into qualification.opportunity as old (tenant_id, lead_id, opportunity_id, product_line, cycle,
            handoff_id, state, opened_at, closed_at, amount, currency_code, lost_reason, new_customer, imported,
            version)
        select $1, n.lead_id, n.opportunity_id, n.product_line, n.cycle, n.handoff_id, n.state, n.opened_at,
            n.closed_at, n.amount, n.currency_code, n.lost_reason, n.new_customer, n.imported, n.version
        from unnest($2::uuid[], $3::uuid[], $4::text[], $5::integer[], $6::uuid[], $7::text[], $8::timestamptz[],
            $9::timestamptz[], $10::numeric[], $11::text[], $12::text[], $13::boolean[], $14::boolean[], $15::bigint[])
            as n(opportunity_id, lead_id, product_line, cycle, handoff_id, state, opened_at, closed_at, amount,
                currency_code, lost_reason, new_customer, imported, version)
        on conflict (tenant_id, lead_id, opportunity_id) do update
        set handoff_id = excluded.handoff_id, state = excluded.state, opened_at = excluded.opened_at,
            closed_at = excluded.closed_at, amount = excluded.amount, currency_code = excluded.currency_code,
            lost_reason = excluded.lost_reason, new_customer = excluded.new_customer, version = excluded.version
        where old.version < excluded.version"#,
        tenant.0,
        &ids,
        &leads,
        &lines as &[&str],
        &cycles,
        &handoffs as &[Option<uuid::Uuid>],
        &states as &[&str],
        &opened_at as &[Option<chrono::DateTime<chrono::Utc>>],
        &closed_at as &[Option<chrono::DateTime<chrono::Utc>>],
        &amounts as &[Option<Decimal>],
        &currencies as &[Option<String>],
        &lost_reasons as &[Option<&str>],
        &new_customers,
        &imported,
        &versions,
    )
    .execute(tx.connection())
    .await?;
    wrote("opportunity", done.rows_affected(), opportunities.len())
}

fn money(amount: Option<Decimal>, currency: Option<&str>) -> Result<Option<Money>, StoreError> {
    let (Some(amount), Some(currency)) = (amount, currency) else { return Ok(None) };
    let currency = word("opportunity.currency_code", currency, |text| text.parse().ok())?;
    Money::new(amount, currency)
        .map(Some)
        .map_err(|_| StoreError::defect("opportunity.amount cannot be carried exactly"))
}
