//! Which generation of a tenant's rollups is served, and how far another one is built.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use handoff_domain::id::{LeadId, TenantId};

use crate::column::{word, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// The state of a tenant's rollups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollupState {
    /// The zone of the days.
    pub zone: Tz,
    /// The last number that was given to a generation.
    pub last_generation: i32,
    /// The generation that reports are read from.
    pub serving: Option<i32>,
    /// The generation that is being built.
    pub building: Option<i32>,
    /// Leads up to this one are in it.
    pub built_to: Option<LeadId>,
    /// The last instant that any fact says something happened at.
    pub latest_at: DateTime<Utc>,
}

/// The state; none where no batch has kept rollups yet.
pub async fn load(tx: &mut Tx, tenant: TenantId) -> Result<Option<RollupState>, StoreError> {
    let row = sqlx::query!(
        r#"-- rollup_state::load
        select time_zone, last_generation, serving, building, built_to, latest_at
        from reporting.rollup_state
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| {
        Ok(RollupState {
            zone: word("rollup_state.time_zone", &row.time_zone, |text| text.parse().ok())?,
            last_generation: row.last_generation,
            serving: row.serving,
            building: row.building,
            built_to: row.built_to.map(LeadId),
            latest_at: row.latest_at,
        })
    })
    .transpose()
}

/// Whether there are any facts of the tenant: its rollups are then more than nothing.
pub async fn has_facts(tx: &mut Tx, tenant: TenantId) -> Result<bool, StoreError> {
    let has_facts = sqlx::query_scalar!(
        r#"-- rollup_state::has_facts
        select exists (select from reporting.lead_fact where tenant_id = $1)
            or exists (select from reporting.clock_fact where tenant_id = $1) as "has_facts!""#,
        tenant.0,
    )
    .fetch_one(tx.connection())
    .await?;
    Ok(has_facts)
}

/// Writes the state.
pub async fn save(tx: &mut Tx, tenant: TenantId, state: &RollupState) -> Result<(), StoreError> {
    let done = sqlx::query!(
        r#"-- rollup_state::save
        insert into reporting.rollup_state (tenant_id, time_zone, last_generation, serving, building, built_to,
            latest_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (tenant_id) do update
        set time_zone = excluded.time_zone, last_generation = excluded.last_generation, serving = excluded.serving,
            building = excluded.building, built_to = excluded.built_to, latest_at = excluded.latest_at"#,
        tenant.0,
        state.zone.name(),
        state.last_generation,
        state.serving,
        state.building,
        state.built_to.map(|lead| lead.0),
        state.latest_at,
    )
    .execute(tx.connection())
    .await?;
    wrote("rollup_state", done.rows_affected(), 1)
}
