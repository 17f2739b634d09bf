//! People who work for the tenant. Name and address are personal; they are not needed to decide anything and are
//! loaded only where somebody wants to see them.

use handoff_domain::id::{TeamId, TenantId, UserId};
use handoff_domain::qualification::record::User;
use uuid::Uuid;

use super::{side, wrote};
use crate::error::StoreError;
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
            u.active as "active!", u.display_name as "display_name?", u.email as "email?", u.version as "version!",
            u.team_slug as "team_slug?"
        from unnest($2::uuid[]) as wanted(user_id)
        cross join lateral (
            select a.user_id, a.slug, a.side, a.team_id, a.active, a.display_name, a.email, a.version,
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
        select a.user_id, a.slug, a.side, a.team_id, a.active, a.display_name, a.email, a.version,
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
                version: row.version,
            };
            card(user, row.team_slug, row.display_name, row.email)
        })
        .collect()
}

/// Writes users.
pub async fn save(tx: &mut Tx, tenant: TenantId, users: &[UserChange<'_>]) -> Result<(), StoreError> {
    let ids: Vec<_> = users.iter().map(|change| change.user.id.0).collect();
    let slugs: Vec<_> = users.iter().map(|change| change.user.slug.as_str()).collect();
    let sides: Vec<_> = users.iter().map(|change| change.user.side.as_str()).collect();
    let teams: Vec<_> = users.iter().map(|change| change.user.team.map(|id| id.0)).collect();
    let active: Vec<_> = users.iter().map(|change| change.user.active).collect();
    let names: Vec<_> = users.iter().map(|change| change.display_name).collect();
    let emails: Vec<_> = users.iter().map(|change| change.email).collect();
    let versions: Vec<_> = users.iter().map(|change| change.user.version).collect();
    let done = sqlx::query!(
        r#"-- user_account::save
        insert into qualification.user_account as old (tenant_id, user_id, slug, side, team_id, active, display_name,
            email, version)
        select $1, n.user_id, n.slug, n.side, n.team_id, n.active, n.display_name, n.email, n.version
        from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::boolean[], $7::text[], $8::text[], $9::bigint[])
            as n(user_id, slug, side, team_id, active, display_name, email, version)
        on conflict (tenant_id, user_id) do update
        set side = excluded.side, team_id = excluded.team_id, active = excluded.active,
            display_name = coalesce(excluded.display_name, old.display_name),
            email = coalesce(excluded.email, old.email), version = excluded.version
        where old.version < excluded.version"#,
        tenant.0,
        &ids,
        &slugs as &[&str],
        &sides as &[&str],
        &teams as &[Option<Uuid>],
        &active,
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
    version: i64,
}

fn card(
    columns: Columns,
    team: Option<String>,
    display_name: Option<String>,
    email: Option<String>,
) -> Result<UserCard, StoreError> {
    let user = User {
        id: UserId(columns.id),
        slug: columns.slug,
        side: side("user_account.side", &columns.side)?,
        team: columns.team_id.map(TeamId),
        active: columns.active,
        version: columns.version,
    };
    Ok(UserCard { row: UserRow { user, team }, display_name, email })
}
