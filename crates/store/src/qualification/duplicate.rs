//! Leads that look like others. What is alike is the domain's to say; here are those that it has to look at.

use handoff_domain::id::{LeadId, TenantId};

use crate::error::StoreError;
use crate::tx::Tx;

/// Leads that have a telephone number or a mailbox in common with one of these, or a name together with the organisation
/// or the domain: up to `limit` by each of the three, and none of these themselves. Mailbox and name are written as the
/// indexes of migration 0012 have them, or they would serve for nothing.
pub async fn find(
    tx: &mut Tx,
    tenant: TenantId,
    leads: &[LeadId],
    limit: i64,
) -> Result<Vec<LeadId>, StoreError> {
    let leads: Vec<_> = leads.iter().map(|lead| lead.0).collect();
    let found = sqlx::query_scalar!(
        r#"-- duplicate::find
        with mine as (
            select p.phone_number,
                replace(split_part(split_part(p.email, '@', 1), '+', 1), '.', '') || '@' || split_part(p.email, '@', 2)
                    as mailbox,
                lower(btrim(p.given_name)) || ' ' || lower(btrim(p.family_name)) as full_name,
                lower(btrim(p.organisation)) as organisation, split_part(p.email, '@', 2) as domain
            from unnest($2::uuid[]) as wanted(lead_id)
            cross join lateral (
                select phone_number, email, given_name, family_name, organisation
                from qualification.person
                where tenant_id = $1 and lead_id between wanted.lead_id and wanted.lead_id
                order by lead_id
                limit 1
            ) as p
        )
        select o.lead_id as "lead_id!"
        from mine
        cross join lateral (
            select lead_id from qualification.person
            where tenant_id = $1 and phone_number between mine.phone_number and mine.phone_number
                and lead_id <> all ($2)
            order by phone_number
            limit $3
        ) as o
        union
        select o.lead_id
        from mine
        cross join lateral (
            select lead_id from qualification.person
            where tenant_id = $1 and email is not null and lead_id <> all ($2)
                and replace(split_part(split_part(email, '@', 1), '+', 1), '.', '') || '@' || split_part(email, '@', 2)
                    between mine.mailbox and mine.mailbox
            order by replace(split_part(split_part(email, '@', 1), '+', 1), '.', '') || '@' || split_part(email, '@', 2)
            limit $3
        ) as o
        union
        select o.lead_id
        from mine
        cross join lateral (
            select lead_id from qualification.person
            where tenant_id = $1 and given_name is not null and family_name is not null and lead_id <> all ($2)
                and lower(btrim(given_name)) || ' ' || lower(btrim(family_name))
                    between mine.full_name and mine.full_name
                and (lower(btrim(organisation)) = mine.organisation or split_part(email, '@', 2) = mine.domain)
            order by lower(btrim(given_name)) || ' ' || lower(btrim(family_name))
            limit $3
        ) as o"#,
        tenant.0,
        &leads,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(found.into_iter().map(LeadId).collect())
}
