//! Teams.

use handoff_domain::id::{TeamId, TenantId};
use handoff_domain::qualification::record::Team;
use uuid::Uuid;

use super::{side, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// Those of the teams that are there.
pub async fn load(tx: &mut Tx, tenant: TenantId, ids: &[TeamId]) -> Result<Vec<Team>, StoreError> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"-- team::load
        select t.team_id as "team_id!", t.slug as "slug!", t.side as "side!", t.calendar, t.version as "version!"
        from unnest($2::uuid[]) as wanted(team_id)
        cross join lateral (
            select team_id, slug, side, calendar, version
            from qualification.team
            where tenant_id = $1 and team_id = wanted.team_id
            limit 1
        ) as t"#,
        tenant.0,
        &ids,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(|row| team(row.team_id, row.slug, &row.side, row.calendar, row.version)).collect()
}

/// All of a tenant's.
pub async fn load_all(tx: &mut Tx, tenant: TenantId) -> Result<Vec<Team>, StoreError> {
    let rows = sqlx::query!(
        r#"-- team::load_all
        select team_id, slug, side, calendar, version
        from qualification.team
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(|row| team(row.team_id, row.slug, &row.side, row.calendar, row.version)).collect()
}

fn team(
    id: Uuid,
    slug: String,
    of_side: &str,
    calendar: Option<String>,
    version: i64,
) -> Result<Team, StoreError> {
    Ok(Team { id: TeamId(id), slug, side: side("team.side", of_side)?, calendar, version })
}

/// Writes teams.
pub async fn save(tx: &mut Tx, tenant: TenantId, teams: &[&Team]) -> Result<(), StoreError> {
    let ids: Vec<_> = teams.iter().map(|team| team.id.0).collect();
    let slugs: Vec<_> = teams.iter().map(|team| team.slug.as_str()).collect();
    let sides: Vec<_> = teams.iter().map(|team| team.side.as_str()).collect();
    let calendars: Vec<_> = teams.iter().map(|team| team.calendar.as_deref()).collect();
    let versions: Vec<_> = teams.iter().map(|team| team.version).collect();
    let done = sqlx::query!(
        r#"-- team::save
        insert into qualification.team as old (tenant_id, team_id, slug, side, calendar, version)
        select $1, n.team_id, n.slug, n.side, n.calendar, n.version
        from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[]) as n(team_id, slug, side, calendar, version)
        on conflict (tenant_id, team_id) do update
        set side = excluded.side, calendar = excluded.calendar, version = excluded.version
        where old.version < excluded.version"#,
        tenant.0,
        &ids,
        &slugs as &[&str],
        &sides as &[&str],
        &calendars as &[Option<&str>],
        &versions,
    )
    .execute(tx.connection())
    .await?;
    wrote("team", done.rows_affected(), teams.len())
}
