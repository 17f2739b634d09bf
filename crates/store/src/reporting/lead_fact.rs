//! Facts of leads.

use chrono::{DateTime, Utc};

use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::metric::dimension::Dimension;
use handoff_domain::metric::fact::LeadFact;

use super::{Known, Scope, column, dimensions};
use crate::column::wrote;
use crate::error::StoreError;
use crate::tx::Tx;

/// A lead with what reports do not see of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// It is no lead but somebody's test, and in no report.
    pub is_test: bool,
    /// The lead that it counts for since it was merged: in no report it is one of its own.
    pub merged_into: Option<LeadId>,
    /// What became of it.
    pub fact: LeadFact,
}

/// The versions that hold now, of those of the leads that are there.
pub async fn load_current(
    tx: &mut Tx,
    tenant: TenantId,
    leads: &[LeadId],
) -> Result<Vec<Known<Lead>>, StoreError> {
    let leads: Vec<_> = leads.iter().map(|lead| lead.0).collect();
    let rows = sqlx::query!(
        r#"-- lead_fact::load_current
        select f.lead_id as "lead_id!", f.known_from as "known_from!", f.is_test as "is_test!",
            f.imported as "imported!", f.captured_at as "captured_at!", f.customer_at, f.origin, f.source, f.medium,
            f.campaign, f.kind, f.persona, f.merged_into
        from unnest($2::uuid[]) as wanted(lead_id)
        cross join lateral (
            select lead_id, known_from, is_test, imported, captured_at, customer_at, origin, source, medium, campaign,
                kind, persona, merged_into
            from reporting.lead_fact
            where tenant_id = $1 and lead_id between wanted.lead_id and wanted.lead_id and known_to is null
            order by lead_id
            offset 0
        ) as f"#,
        tenant.0,
        &leads,
    )
    .fetch_all(tx.connection())
    .await?;
    let known = rows.into_iter().map(|row| Known {
        from: row.known_from,
        to: None,
        fact: Lead {
            is_test: row.is_test,
            merged_into: row.merged_into.map(LeadId),
            fact: LeadFact {
                lead: LeadId(row.lead_id),
                captured_at: row.captured_at,
                customer_at: row.customer_at,
                imported: row.imported,
                dimensions: dimensions([
                    (Dimension::Origin, row.origin),
                    (Dimension::Source, row.source),
                    (Dimension::Medium, row.medium),
                    (Dimension::Campaign, row.campaign),
                    (Dimension::Kind, row.kind),
                    (Dimension::Persona, row.persona),
                ]),
            },
        },
    });
    Ok(known.collect())
}

/// The versions that hold now, of the next `limit` leads after one, in the order of their ids.
pub async fn load_page(
    tx: &mut Tx,
    tenant: TenantId,
    after: Option<LeadId>,
    limit: i64,
) -> Result<Vec<Known<Lead>>, StoreError> {
    let rows = sqlx::query!(
        r#"-- lead_fact::load_page
        select lead_id, known_from, is_test, imported, captured_at, customer_at, origin, source, medium, campaign, kind,
            persona, merged_into
        from reporting.lead_fact
        where tenant_id = $1 and known_to is null and ($2::uuid is null or lead_id > $2)
        order by lead_id
        limit $3"#,
        tenant.0,
        after.map(|lead| lead.0),
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    let known = rows.into_iter().map(|row| Known {
        from: row.known_from,
        to: None,
        fact: Lead {
            is_test: row.is_test,
            merged_into: row.merged_into.map(LeadId),
            fact: LeadFact {
                lead: LeadId(row.lead_id),
                captured_at: row.captured_at,
                customer_at: row.customer_at,
                imported: row.imported,
                dimensions: dimensions([
                    (Dimension::Origin, row.origin),
                    (Dimension::Source, row.source),
                    (Dimension::Medium, row.medium),
                    (Dimension::Campaign, row.campaign),
                    (Dimension::Kind, row.kind),
                    (Dimension::Persona, row.persona),
                ]),
            },
        },
    });
    Ok(known.collect())
}

/// The facts of leads that were captured, or became customers, in the span; tests are left out.
pub async fn load_in_span(tx: &mut Tx, tenant: TenantId, scope: &Scope) -> Result<Vec<LeadFact>, StoreError> {
    let rows = sqlx::query!(
        r#"-- lead_fact::load_in_span
        select lead_id as "lead_id!", imported as "imported!", captured_at as "captured_at!", customer_at, origin,
            source, medium, campaign, kind, persona
        from (
            select now.*
            from reporting.lead_fact as now
            where tenant_id = $1 and known_to is null and known_from <= $4
            union all
            select past.*
            from reporting.lead_fact as past
            where tenant_id = $1 and known_to > $4 and known_from <= $4
        ) as known
        where not is_test and merged_into is null
            and ((captured_at >= $2 and captured_at < $3) or (customer_at >= $2 and customer_at < $3))"#,
        tenant.0,
        scope.span.start,
        scope.span.end,
        scope.known_at,
    )
    .fetch_all(tx.connection())
    .await?;
    let fact = rows.into_iter().map(|row| LeadFact {
        lead: LeadId(row.lead_id),
        captured_at: row.captured_at,
        customer_at: row.customer_at,
        imported: row.imported,
        dimensions: dimensions([
            (Dimension::Origin, row.origin),
            (Dimension::Source, row.source),
            (Dimension::Medium, row.medium),
            (Dimension::Campaign, row.campaign),
            (Dimension::Kind, row.kind),
            (Dimension::Persona, row.persona),
        ]),
    });
    Ok(fact.collect())
}

/// Writes versions: new ones, and the end of those that were changed.
pub async fn save(tx: &mut Tx, tenant: TenantId, versions: &[Known<Lead>]) -> Result<(), StoreError> {
    let leads: Vec<_> = versions.iter().map(|known| known.fact.fact.lead.0).collect();
    let known_from: Vec<_> = versions.iter().map(|known| known.from).collect();
    let known_to: Vec<_> = versions.iter().map(|known| known.to).collect();
    let tests: Vec<_> = versions.iter().map(|known| known.fact.is_test).collect();
    let merged_into: Vec<_> = versions.iter().map(|known| known.fact.merged_into.map(|id| id.0)).collect();
    let imported: Vec<_> = versions.iter().map(|known| known.fact.fact.imported).collect();
    let captured_at: Vec<_> = versions.iter().map(|known| known.fact.fact.captured_at).collect();
    let customer_at: Vec<_> = versions.iter().map(|known| known.fact.fact.customer_at).collect();
    let of = |dimension| column(versions.iter().map(|known| &known.fact.fact.dimensions), dimension);
    let done = sqlx::query!(
        r#"-- lead_fact::save
        insert into reporting.lead_fact (tenant_id, lead_id, known_from, known_to, is_test, imported, captured_at,
            customer_at, origin, source, medium, campaign, kind, persona, merged_into)
        select $1, n.lead_id, n.known_from, n.known_to, n.is_test, n.imported, n.captured_at, n.customer_at, n.origin,
            n.source, n.medium, n.campaign, n.kind, n.persona, n.merged_into
        from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::boolean[], $6::boolean[],
            $7::timestamptz[], $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
            $14::text[], $15::uuid[])
            as n(lead_id, known_from, known_to, is_test, imported, captured_at, customer_at, origin, source, medium,
                campaign, kind, persona, merged_into)
        on conflict (tenant_id, lead_id, known_from) do update
        set known_to = excluded.known_to, is_test = excluded.is_test, imported = excluded.imported,
            captured_at = excluded.captured_at, customer_at = excluded.customer_at, origin = excluded.origin,
            source = excluded.source, medium = excluded.medium, campaign = excluded.campaign, kind = excluded.kind,
            persona = excluded.persona, merged_into = excluded.merged_into"#,
        tenant.0,
        &leads,
        &known_from,
        &known_to as &[Option<DateTime<Utc>>],
        &tests,
        &imported,
        &captured_at,
        &customer_at as &[Option<DateTime<Utc>>],
        &of(Dimension::Origin) as &[Option<&str>],
        &of(Dimension::Source) as &[Option<&str>],
        &of(Dimension::Medium) as &[Option<&str>],
        &of(Dimension::Campaign) as &[Option<&str>],
        &of(Dimension::Kind) as &[Option<&str>],
        &of(Dimension::Persona) as &[Option<&str>],
        &merged_into as &[Option<uuid::Uuid>],
    )
    .execute(tx.connection())
    .await?;
    wrote("lead_fact", done.rows_affected(), versions.len())
}
