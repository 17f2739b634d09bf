//! People who work for the tenant. Name and address are personal; they are not needed to decide anything and are
//! loaded only where somebody wants to see them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use handoff_domain::id::{TeamId, TenantId, UserId};
use handoff_domain::qualification::record::User;
use handoff_domain::routing::{Absence, Availability};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{count, side, stored_count, wrote};
use crate::error::StoreError;
use crate::log::time_text;
use crate::tx::Tx;

/// A user with the slug of its team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// The user.
    pub user: User,
    /// The slug of its team.
    pub team: Option<String>,
}

/// A user as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCard {
    /// The user with its team.
    pub row: UserRow,
    /// The name people read; personal.
    pub display_name: Option<String>,
    /// The address; personal.
    pub email: Option<String>,
}

/// What is to be written of a user.
#[derive(Debug, Clone, Copy)]
pub struct UserChange<'a> {
    /// The user.
    pub user: &'a User,
    /// The name people read; the one that is there stays where this is `None`.
    pub display_name: Option<&'a str>,
    /// The address; the one that is there stays where this is `None`.
    pub email: Option<&'a str>,
}

/// Those of the users that are there.
pub async fn load(tx: &mut Tx, tenant: TenantId, ids: &[UserId]) -> Result<Vec<UserCard>, StoreError> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"-- user_account::load
        select u.user_id as "user_id!", u.slug as "slug!", u.side as "side!", u.team_id as "team_id?",
            u.active as "active!", u.calendar, u.capacity, u.routing_weight as "routing_weight!", u.absences as "absences!",
            u.display_name as "display_name?", u.email as "email?", u.version as "version!",
            u.team_slug as "team_slug?"
        from unnest($2::uuid[]) as wanted(user_id)
        cross join lateral (
            select a.user_id, a.slug, a.side, a.team_id, a.active, a.calendar, a.capacity,
                coalesce(a.routing_weight, 10) as routing_weight, coalesce(a.absences, '[]') as absences, a.display_name, a.email, a.version,
                (select t.slug from qualification.team as t
                 where t.tenant_id = $1 and t.team_id = a.team_id) as team_slug
            from qualification.user_account as a
            where a.tenant_id = $1 and a.user_id between wanted.user_id and wanted.user_id
            order by a.user_id
            limit 1
        ) as u"#,
        tenant.0,
        &ids,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            let user = Columns {
                id: row.user_id,
                slug: row.slug,
                side: row.side,
                team_id: row.team_id,
                active: row.active,
                calendar: row.calendar,
                capacity: row.capacity,
                routing_weight: row.routing_weight,
                absences: row.absences,
                version: row.version,
            };
            card(user, row.team_slug, row.display_name, row.email)
        })
        .collect()
}

/// At most `limit` users after the slug `after`, in the order of slugs.
pub async fn list(
    tx: &mut Tx,
    tenant: TenantId,
    after: &str,
    limit: i64,
) -> Result<Vec<UserCard>, StoreError> {
    let rows = sqlx::query!(
        r#"-- user_account::list
        select a.user_id, a.slug, a.side, a.team_id, a.active, a.calendar, a.capacity, coalesce(a.routing_weight, 10) as "routing_weight!", coalesce(a.absences, '[]') as "absences!",
            a.display_name, a.email, a.version,
            (select t.slug from qualification.team as t where t.tenant_id = $1 and t.team_id = a.team_id) as team_slug
        from qualification.user_account as a
        where a.tenant_id = $1 and a.slug > $2
        order by a.slug
        limit $3"#,
        tenant.0,
        after,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            let user = Columns {
                id: row.user_id,
                slug: row.slug,
                side: row.side,
                team_id: row.team_id,
                active: row.active,
                calendar: row.calendar,
                capacity: row.capacity,
                routing_weight: row.routing_weight,
                absences: row.absences,
                version: row.version,
            };
            card(user, row.team_slug, row.display_name, row.email)
        })
        .collect()
}

/// All users of a tenant, in an order of their own.
pub async fn load_all(tx: &mut Tx, tenant: TenantId) -> Result<Vec<User>, StoreError> {
    let rows = sqlx::query_as!(
        Columns,
        r#"-- user_account::load_all
        select user_id as id, slug, side, team_id, active, calendar, capacity,
            coalesce(routing_weight, 10) as "routing_weight!", coalesce(absences, '[]') as "absences!", version
        from qualification.user_account
        where tenant_id = $1
        order by user_id"#,
        tenant.0,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(User::try_from).collect()
}

/// The users of whom it is time to look whether they are there, by the database's time, the longest due first; none of a tenant without a plan.
pub async fn load_away(tx: &mut Tx, tenant: TenantId, limit: i64) -> Result<Vec<UserId>, StoreError> {
    let users = sqlx::query_scalar!(
        r#"-- user_account::load_away
        select user_id
        from qualification.user_account
        where tenant_id = $1 and away_at <= clock_timestamp()
            and exists (select from qualification.routing_plan where tenant_id = $1)
        order by away_at, user_id
        limit $2"#,
        tenant.0,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(users.into_iter().map(UserId).collect())
}

/// Says when to look whether users are there.
pub async fn save_away(
    tx: &mut Tx,
    tenant: TenantId,
    away: &BTreeMap<UserId, Option<DateTime<Utc>>>,
) -> Result<(), StoreError> {
    let users: Vec<_> = away.keys().map(|user| user.0).collect();
    let times: Vec<_> = away.values().copied().collect();
    let done = sqlx::query!(
        r#"-- user_account::save_away
        update qualification.user_account as a
        set away_at = n.away_at
        from unnest($2::uuid[], $3::timestamptz[]) as n(user_id, away_at)
        where a.tenant_id = $1 and a.user_id = n.user_id"#,
        tenant.0,
        &users,
        &times as &[Option<DateTime<Utc>>],
    )
    .execute(tx.connection())
    .await?;
    wrote("user_account", done.rows_affected(), away.len())
}

/// Writes users.
pub async fn save(tx: &mut Tx, tenant: TenantId, users: &[UserChange<'_>]) -> Result<(), StoreError> {
    let ids: Vec<_> = users.iter().map(|change| change.user.id.0).collect();
    let slugs: Vec<_> = users.iter().map(|change| change.user.slug.as_str()).collect();
    let sides: Vec<_> = users.iter().map(|change| change.user.side.as_str()).collect();
    let teams: Vec<_> = users.iter().map(|change| change.user.team.map(|id| id.0)).collect();
    let active: Vec<_> = users.iter().map(|change| change.user.active).collect();
    let availability = |change: &UserChange<'_>| change.user.availability.clone();
    let available: Vec<Availability> = users.iter().map(availability).collect();
    let calendars: Vec<_> = available.iter().map(|it| it.calendar.as_deref()).collect();
    let capacities = available
        .iter()
        .map(|it| it.capacity.map(|most| stored_count("user_account.capacity", most)).transpose())
        .collect::<Result<Vec<_>, _>>()?;
    let weights = available
        .iter()
        .map(|it| stored_count("user_account.routing_weight", it.weight))
        .collect::<Result<Vec<_>, _>>()?;
    let absences: Vec<_> = available.iter().map(|it| write_absences(&it.absences)).collect();
    let names: Vec<_> = users.iter().map(|change| change.display_name).collect();
    let emails: Vec<_> = users.iter().map(|change| change.email).collect();
    let versions: Vec<_> = users.iter().map(|change| change.user.version).collect();
    let done = sqlx::query!(
        r#"-- user_account::save
        insert into qualification.user_account as old (tenant_id, user_id, slug, side, team_id, active, calendar,
            capacity, routing_weight, absences, display_name, email, version)
        select $1, n.user_id, n.slug, n.side, n.team_id, n.active, n.calendar, n.capacity, n.routing_weight, n.absences,
            n.display_name, n.email, n.version
        from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::boolean[], $7::text[], $8::integer[], $9::integer[],
            $10::jsonb[], $11::text[], $12::text[], $13::bigint[])
            as n(user_id, slug, side, team_id, active, calendar, capacity, routing_weight, absences, display_name, email,
                version)
        on conflict (tenant_id, user_id) do update
        set side = excluded.side, team_id = excluded.team_id, active = excluded.active,
            calendar = excluded.calendar, capacity = excluded.capacity, routing_weight = excluded.routing_weight,
            absences = excluded.absences,
            display_name = coalesce(excluded.display_name, old.display_name),
            email = coalesce(excluded.email, old.email), version = excluded.version
        where old.version < excluded.version"#,
        tenant.0,
        &ids,
        &slugs as &[&str],
        &sides as &[&str],
        &teams as &[Option<Uuid>],
        &active,
        &calendars as &[Option<&str>],
        &capacities as &[Option<i32>],
        &weights,
        &absences,
        &names as &[Option<&str>],
        &emails as &[Option<&str>],
        &versions,
    )
    .execute(tx.connection())
    .await?;
    wrote("user_account", done.rows_affected(), users.len())
}

struct Columns {
    id: Uuid,
    slug: String,
    side: String,
    team_id: Option<Uuid>,
    active: bool,
    calendar: Option<String>,
    capacity: Option<i32>,
    routing_weight: i32,
    absences: Value,
    version: i64,
}

impl TryFrom<Columns> for User {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        let defect = || StoreError::defect("user_account.absences cannot be read");
        Ok(Self {
            id: UserId(row.id),
            slug: row.slug,
            side: side("user_account.side", &row.side)?,
            team: row.team_id.map(TeamId),
            active: row.active,
            availability: Availability {
                calendar: row.calendar,
                capacity: row.capacity.map(|most| count("user_account.capacity", most)).transpose()?,
                weight: count("user_account.routing_weight", row.routing_weight)?,
                absences: read_absences(&row.absences).ok_or_else(defect)?,
            },
            version: row.version,
        })
    }
}

/// Absences as the database keeps them: pairs of texts.
fn write_absences(absences: &[Absence]) -> Value {
    absences.iter().map(|absence| json!([time_text(absence.from), time_text(absence.until)])).collect()
}

fn read_absences(value: &Value) -> Option<Vec<Absence>> {
    let absence = |value: &Value| {
        let [from, until] = value.as_array()?.as_slice() else { return None };
        Some(Absence { from: from.as_str()?.parse().ok()?, until: until.as_str()?.parse().ok()? })
    };
    value.as_array()?.iter().map(absence).collect()
}

fn card(
    columns: Columns,
    team: Option<String>,
    display_name: Option<String>,
    email: Option<String>,
) -> Result<UserCard, StoreError> {
    Ok(UserCard { row: UserRow { user: columns.try_into()?, team }, display_name, email })
}
