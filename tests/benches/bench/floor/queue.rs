//! A queue of open hand-overs laid in bulk, and pages of it by raw SQL.

use chrono::{DateTime, Utc};
use handoff_domain::id::{TeamId, TenantId, UserId};
use sqlx::Row;
use uuid::Uuid;

use super::database::{Database, run};

const OWNERS: usize = 100;
const TEAMS: usize = 10;

/// Ids as an array of the database's.
fn array(ids: impl Iterator<Item = Uuid>) -> String {
    let ids: Vec<_> = ids.map(|id| format!("'{id}'")).collect();
    format!("array[{}]::uuid[]", ids.join(","))
}

impl Database {
    /// Lays open hand-overs of a tenant, of `users/user-1` to `user-100` in `teams/team-1` to `team-10`.
    pub(crate) async fn make_queue(&mut self, tenant: TenantId, handoffs: usize) -> anyhow::Result<()> {
        let owners = (1..=OWNERS).map(|number| UserId::from_slug(tenant, &format!("user-{number}")).0);
        let teams = (1..=TEAMS).map(|number| TeamId::from_slug(tenant, &format!("team-{number}")).0);
        let script = include_str!("queue.sql").replace("TENANT", &tenant.to_string());
        let script = script.replace("OWNERS", &array(owners)).replace("TEAMS", &array(teams));
        run(&mut self.owner, script.replace("NUMBER", &handoffs.to_string())).await
    }

    /// A page of whole rows behind a place, the latest MQL first; how many it has.
    pub(crate) async fn queue_page(
        &mut self,
        tenant: TenantId,
        (mql_at, handoff): (DateTime<Utc>, Uuid),
        size: i64,
    ) -> anyhow::Result<usize> {
        let statement = "select * from qualification.handoff where tenant_id = $1 and (mql_at, handoff_id) < ($2, $3) \
             order by mql_at desc, handoff_id desc limit $4";
        let page = sqlx::query(statement).bind(tenant.0).bind(mql_at).bind(handoff).bind(size);
        let rows = page.fetch_all(&mut self.owner).await?;
        Ok(rows.iter().filter(|row| row.try_get::<Uuid, _>("handoff_id").is_ok()).count())
    }
}
