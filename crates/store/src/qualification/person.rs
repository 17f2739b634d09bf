//! Who leads are: personal values as they are now. Loaded with their leads, by `dossier`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::qualification::record::Person;

use super::{record_id, wrote};
use crate::error::StoreError;
use crate::log::{time, time_text};
use crate::tx::Tx;

/// Writes what is known of leads, with their ids in systems of record.
pub async fn save(tx: &mut Tx, tenant: TenantId, people: &[(LeadId, &Person)]) -> Result<(), StoreError> {
    let leads: Vec<_> = people.iter().map(|(lead, _)| lead.0).collect();
    let external_ids: Vec<_> = people.iter().map(|(_, person)| person.external_id.as_deref()).collect();
    let emails: Vec<_> = people.iter().map(|(_, person)| person.email.as_deref()).collect();
    let phones: Vec<_> = people.iter().map(|(_, person)| person.phone.as_deref()).collect();
    let phone_numbers: Vec<_> = people.iter().map(|(_, person)| person.number()).collect();
    let given_names: Vec<_> = people.iter().map(|(_, person)| person.given_name.as_deref()).collect();
    let family_names: Vec<_> = people.iter().map(|(_, person)| person.family_name.as_deref()).collect();
    let organisations: Vec<_> = people.iter().map(|(_, person)| person.organisation.as_deref()).collect();
    let attributes: Vec<_> = people.iter().map(|(_, person)| serde_json::json!(person.attributes)).collect();
    let verified: Vec<_> = people.iter().map(|(_, person)| to_json(&person.verified)).collect();
    let done = sqlx::query!(
        r#"-- person::save
        insert into qualification.person (tenant_id, lead_id, external_id, email, phone, given_name, family_name,
            organisation, attributes, verified, phone_number)
        select $1, n.lead_id, n.external_id, n.email, n.phone, n.given_name, n.family_name, n.organisation,
            n.attributes, n.verified, n.phone_number
        from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::jsonb[],
            $10::jsonb[], $11::text[])
            as n(lead_id, external_id, email, phone, given_name, family_name, organisation, attributes, verified,
                phone_number)
        on conflict (tenant_id, lead_id) do update
        set external_id = excluded.external_id, email = excluded.email, phone = excluded.phone,
            given_name = excluded.given_name, family_name = excluded.family_name,
            organisation = excluded.organisation, attributes = excluded.attributes, verified = excluded.verified,
            phone_number = excluded.phone_number"#,
        tenant.0,
        &leads,
        &external_ids as &[Option<&str>],
        &emails as &[Option<&str>],
        &phones as &[Option<&str>],
        &given_names as &[Option<&str>],
        &family_names as &[Option<&str>],
        &organisations as &[Option<&str>],
        &attributes,
        &verified,
        &phone_numbers as &[Option<String>],
    )
    .execute(tx.connection())
    .await?;
    wrote("person", done.rows_affected(), people.len())?;
    record_id::save(tx, tenant, people).await
}

/// The ids in the tenant's system of record of those of the leads that have one.
pub async fn load_external_ids(
    tx: &mut Tx,
    tenant: TenantId,
    leads: &[LeadId],
) -> Result<Vec<(LeadId, String)>, StoreError> {
    let leads: Vec<_> = leads.iter().map(|lead| lead.0).collect();
    let rows = sqlx::query!(
        r#"-- person::load_external_ids
        select p.lead_id as "lead_id!", p.external_id as "external_id!"
        from unnest($2::uuid[]) as wanted(lead_id)
        cross join lateral (
            select lead_id, external_id from qualification.person
            where tenant_id = $1 and lead_id between wanted.lead_id and wanted.lead_id
            order by lead_id
            limit 1
        ) as p
        where p.external_id is not null"#,
        tenant.0,
        &leads,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (LeadId(row.lead_id), row.external_id)).collect())
}

/// Times by name as they are kept.
fn to_json(times: &BTreeMap<String, DateTime<Utc>>) -> Value {
    times.iter().map(|(name, at)| (name.clone(), Value::from(time_text(*at)))).collect()
}

/// Times by name, read again.
pub(super) fn from_json(times: Value) -> Result<BTreeMap<String, DateTime<Utc>>, StoreError> {
    let unreadable = || StoreError::defect("person.verified is not an object of times");
    let texts: BTreeMap<String, String> = serde_json::from_value(times).map_err(|_| unreadable())?;
    texts.into_iter().map(|(name, at)| Ok((name, time(&at).ok_or_else(unreadable)?))).collect()
}
