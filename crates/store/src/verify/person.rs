//! Personal values, each beside the event that it belongs to, and the persons that they make. Whoever reads them here
//! compares and never shows them.

use serde_json::Value;
use uuid::Uuid;

use handoff_domain::id::TenantId;

use super::each;
use crate::error::StoreError;
use crate::tx::Tx;

/// The values of one event about one lead or user, with that event, if there is one.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct ValuesRow {
    pub subject: Uuid,
    pub position: i64,
    pub fields: Vec<String>,
    pub values: Vec<String>,
    pub kind: Option<String>,
    pub payload: Option<Vec<u8>>,
}

/// A row of qualification.person.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct PersonRow {
    pub lead_id: Uuid,
    pub external_id: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub organisation: Option<String>,
    pub attributes: Value,
    pub verified: Value,
    pub phone_number: Option<String>,
}

/// The rows of qualification.record_id of a lead.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct RecordIdsRow {
    pub lead_id: Uuid,
    /// Ids by system.
    pub record_ids: Value,
}

/// What is personal of a user.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct UserPersonRow {
    pub user_id: Uuid,
    pub display_name: Option<String>,
    pub email: Option<String>,
}

/// Every event's values, subject by subject, each subject's in the order of positions.
pub async fn each_values(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(ValuesRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        ValuesRow,
        r#"-- verify::person::each_values
        select said.lead_id as "subject!", said.position as "position!", said.fields as "fields!",
            said.contents as "values!", e.type as "kind?", e.payload as "payload?"
        from (
            select lead_id, position, array_agg(field order by field) as fields,
                array_agg(value order by field) as contents
            from qualification.person_value
            where tenant_id = $1
            group by lead_id, position
            order by lead_id, position
        ) as said
        left join lateral (
            select type, payload
            from qualification.event
            where tenant_id = $1 and position between said.position and said.position
            order by position
            limit 1
        ) as e on true
        order by said.lead_id, said.position"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every person, in the order of leads.
pub async fn each_person(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(PersonRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        PersonRow,
        r#"-- verify::person::each_person
        select lead_id, external_id, email, phone, given_name, family_name, organisation, attributes,
            coalesce(verified, '{}') as "verified!",
            phone_number
        from qualification.person
        where tenant_id = $1
        order by lead_id"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// The ids in systems of record of every lead that has some, in the order of leads.
pub async fn each_record_ids(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(RecordIdsRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        RecordIdsRow,
        r#"-- verify::person::each_record_ids
        select lead_id, jsonb_object_agg(system, id) as "record_ids!"
        from qualification.record_id
        where tenant_id = $1
        group by lead_id
        order by lead_id"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// What is personal of every user.
pub async fn each_user_person(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(UserPersonRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        UserPersonRow,
        r#"-- verify::person::each_user_person
        select user_id, display_name, email
        from qualification.user_account
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}
