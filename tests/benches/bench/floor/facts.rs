//! Facts in bulk, and the main figures of the reports as SQL over them, written as one would who has the tables and
//! nothing else.

use std::time::{Duration, Instant};

use handoff_domain::id::TenantId;
use sqlx::{AssertSqlSafe, FromRow};

use super::database::{Database, run};

/// A month of the MQL report.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub(crate) struct MqlMonth {
    /// Its first date.
    pub(crate) start: String,
    pub(crate) mqls: i64,
    /// Of these, accepted at any time.
    pub(crate) accepted: i64,
}

/// A month of the SQL report.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub(crate) struct SqlMonth {
    pub(crate) start: String,
    pub(crate) accepted: i64,
    pub(crate) rejected: i64,
    pub(crate) won: i64,
}

/// A month of the velocity report, in seconds of business time.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub(crate) struct VelocityMonth {
    pub(crate) start: String,
    pub(crate) samples: i64,
    pub(crate) mean: f64,
    pub(crate) p90: f64,
}

const MQL: &str = r#"-- floor::mql
select to_char(date_trunc('month', mql_at at time zone 'Europe/Rome'), 'YYYY-MM-DD') as start, count(*) as mqls,
    count(*) filter (where decision = 'ACCEPTED') as accepted
from reporting.handoff_fact
where tenant_id = $1 and known_to is null and not is_test
    and mql_at >= timestamptz '2025-11-01 Europe/Rome' and mql_at < timestamptz '2026-11-01 Europe/Rome'
group by 1
order by 1"#;

const SQL: &str = r#"-- floor::sql
with ended as (
    select date_trunc('month', ended_at at time zone 'Europe/Rome') as month,
        count(*) filter (where decision = 'ACCEPTED') as accepted,
        count(*) filter (where decision = 'REJECTED') as rejected
    from reporting.handoff_fact
    where tenant_id = $1 and known_to is null and not is_test
        and ended_at >= timestamptz '2025-11-01 Europe/Rome' and ended_at < timestamptz '2026-11-01 Europe/Rome'
    group by 1
), won as (
    select date_trunc('month', won_at at time zone 'Europe/Rome') as month, count(*) as won
    from reporting.handoff_fact
    where tenant_id = $1 and known_to is null and not is_test
        and won_at >= timestamptz '2025-11-01 Europe/Rome' and won_at < timestamptz '2026-11-01 Europe/Rome'
    group by 1
)
select to_char(month, 'YYYY-MM-DD') as start, accepted, rejected, coalesce(won, 0) as won
from ended left join won using (month)
order by 1"#;

const VELOCITY: &str = r#"-- floor::velocity
select to_char(date_trunc('month', h.ended_at at time zone 'Europe/Rome'), 'YYYY-MM-DD') as start,
    count(*) as samples, (avg(c.elapsed_business_us) / 1000000)::float8 as mean,
    percentile_cont(0.9) within group (order by c.elapsed_business_us) / 1000000 as p90
from reporting.handoff_fact as h
join reporting.clock_fact as c using (tenant_id, handoff_id)
where h.tenant_id = $1 and h.known_to is null and not h.is_test and c.known_to is null and c.kind = 'DECIDE'
    and h.ended_at >= timestamptz '2025-11-01 Europe/Rome' and h.ended_at < timestamptz '2026-11-01 Europe/Rome'
group by 1
order by 1"#;

impl Database {
    /// Gives a tenant so many hand-overs; how long that took.
    pub(crate) async fn make_facts(&mut self, tenant: TenantId, handoffs: usize) -> anyhow::Result<Duration> {
        let script = include_str!("facts.sql");
        let script = script.replace("TENANT", &tenant.to_string()).replace("NUMBER", &handoffs.to_string());
        let started = Instant::now();
        run(&mut self.owner, script).await?;
        Ok(started.elapsed())
    }

    /// The MQL report.
    pub(crate) async fn mql(&mut self, tenant: TenantId) -> anyhow::Result<Vec<MqlMonth>> {
        self.months(tenant, MQL).await
    }

    /// The SQL report.
    pub(crate) async fn sql(&mut self, tenant: TenantId) -> anyhow::Result<Vec<SqlMonth>> {
        self.months(tenant, SQL).await
    }

    /// The velocity report.
    pub(crate) async fn velocity(&mut self, tenant: TenantId) -> anyhow::Result<Vec<VelocityMonth>> {
        self.months(tenant, VELOCITY).await
    }

    async fn months<T>(&mut self, tenant: TenantId, statement: &'static str) -> anyhow::Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
    {
        Ok(sqlx::query_as(statement).bind(tenant.0).fetch_all(&mut self.owner).await?)
    }

    /// Whether this build keeps rollups.
    pub(crate) async fn has_rollups(&mut self) -> anyhow::Result<bool> {
        let statement = "select count(*) from pg_class where oid = to_regclass('reporting.rollup_state')";
        Ok(self.count(statement).await? == 1)
    }

    /// Forgets the rollups of all tenants, as if they had been there before there were any; the service builds them
    /// again.
    pub(crate) async fn forget_rollups(&mut self) -> anyhow::Result<()> {
        for table in ["rollup_state", "rollup_cell", "rollup_unmeasured"] {
            run(&mut self.owner, format!("truncate reporting.{table}")).await?;
        }
        Ok(())
    }

    /// Tenants whose rollups are complete.
    pub(crate) async fn rolled_up(&mut self) -> anyhow::Result<i64> {
        let statement = "select count(*) from reporting.rollup_state where serving is not null";
        Ok(sqlx::query_scalar(AssertSqlSafe(statement.to_owned())).fetch_one(&mut self.owner).await?)
    }
}
