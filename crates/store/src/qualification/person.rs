//! Who leads are: personal values as they are now. Loaded with their leads, by `dossier`.

use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::qualification::record::Person;

use super::wrote;
use crate::error::StoreError;
use crate::tx::Tx;

/// Writes what is known of leads.
pub async fn save(tx: &mut Tx, tenant: TenantId, people: &[(LeadId, &Person)]) -> Result<(), StoreError> {
    let leads: Vec<_> = people.iter().map(|(lead, _)| lead.0).collect();
    let external_ids: Vec<_> = people.iter().map(|(_, person)| person.external_id.as_deref()).collect();
    let emails: Vec<_> = people.iter().map(|(_, person)| person.email.as_deref()).collect();
    let phones: Vec<_> = people.iter().map(|(_, person)| person.phone.as_deref()).collect();
    let given_names: Vec<_> = people.iter().map(|(_, person)| person.given_name.as_deref()).collect();
    let family_names: Vec<_> = people.iter().map(|(_, person)| person.family_name.as_deref()).collect();
    let organisations: Vec<_> = people.iter().map(|(_, person)| person.organisation.as_deref()).collect();
    let attributes: Vec<_> = people.iter().map(|(_, person)| serde_json::json!(person.attributes)).collect();
    let done = sqlx::query!(
        r#"-- person::save
        insert into qualification.person (tenant_id, lead_id, external_id, email, phone, given_name, family_name,
            organisation, attributes)
        select $1, n.lead_id, n.external_id, n.email, n.phone, n.given_name, n.family_name, n.organisation,
            n.attributes
        from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::jsonb[])
            as n(lead_id, external_id, email, phone, given_name, family_name, organisation, attributes)
        on conflict (tenant_id, lead_id) do update
        set external_id = excluded.external_id, email = excluded.email, phone = excluded.phone,
            given_name = excluded.given_name, family_name = excluded.family_name,
            organisation = excluded.organisation, attributes = excluded.attributes"#,
        tenant.0,
        &leads,
        &external_ids as &[Option<&str>],
        &emails as &[Option<&str>],
        &phones as &[Option<&str>],
        &given_names as &[Option<&str>],
        &family_names as &[Option<&str>],
        &organisations as &[Option<&str>],
        &attributes,
    )
    .execute(tx.connection())
    .await?;
    wrote("person", done.rows_affected(), people.len())
}
