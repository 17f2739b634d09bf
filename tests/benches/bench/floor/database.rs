//! A database of the benchmark's server, seen by its owner: made, migrated, counted, dropped. Row-level security does
//! not bind a superuser, so a count is of all tenants.

use std::str::FromStr;

use anyhow::{Context, ensure};
use handoff_domain::id::TenantId;
use handoff_store::migrate::migrate;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use uuid::Uuid;

use crate::postgres::Postgres;

/// A database and a connection of its owner.
pub(crate) struct Database {
    name: String,
    url: String,
    server: String,
    pub(super) owner: PgConnection,
}

/// How to connect as the owner.
pub(super) fn options(url: &str) -> anyhow::Result<PgConnectOptions> {
    Ok(PgConnectOptions::from_str(url)?.disable_statement_logging())
}

impl Database {
    /// Makes it and migrates it.
    pub(crate) async fn create(postgres: &Postgres, name: &str) -> anyhow::Result<Self> {
        let server = postgres.url("postgres");
        let mut connection = options(&server)?.connect().await?;
        run(&mut connection, format!("create database {name}")).await?;
        let url = postgres.url(name);
        migrate(&url).await?;
        Ok(Self { name: name.to_owned(), owner: options(&url)?.connect().await?, url, server })
    }

    /// As the services take it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What a statement that counts says.
    pub(crate) async fn count(&mut self, statement: &'static str) -> anyhow::Result<i64> {
        sqlx::query_scalar(statement).fetch_one(&mut self.owner).await.context(statement)
    }

    /// Holds a count against what was answered.
    pub(crate) async fn check(&mut self, answered: usize, statement: &'static str) -> anyhow::Result<()> {
        let found = self.count(statement).await?;
        ensure!(
            i64::try_from(answered)? == found,
            "{answered} were answered, {found} are there: {statement}"
        );
        Ok(())
    }

    /// The handoffs of a tenant that nobody has decided, in the order in which they were made.
    pub(crate) async fn open_handoffs(&mut self, tenant: TenantId) -> anyhow::Result<Vec<Uuid>> {
        let statement = "select handoff_id from qualification.handoff \
             where tenant_id = $1 and state in ('PENDING_ROUTE', 'ASSIGNED') order by handoff_id";
        Ok(sqlx::query_scalar(statement).bind(tenant.0).fetch_all(&mut self.owner).await?)
    }

    /// The time in microseconds since 1970, and how many bytes of log the server has written so far.
    pub(crate) async fn time_and_wal_bytes(&mut self) -> anyhow::Result<(i64, i64)> {
        let statement = "select (extract(epoch from clock_timestamp()) * 1000000)::bigint, \
             (pg_current_wal_insert_lsn() - '0/0')::bigint";
        Ok(sqlx::query_as(statement).fetch_one(&mut self.owner).await?)
    }

    /// When each batch of qualification was recorded, in microseconds since 1970, ascending: a batch has one time.
    pub(crate) async fn batches(&mut self) -> anyhow::Result<Vec<i64>> {
        let statement = "select (extract(epoch from recorded_at) * 1000000)::bigint \
             from (select distinct tenant_id, recorded_at from qualification.event) as batch order by 1";
        Ok(sqlx::query_scalar(statement).fetch_all(&mut self.owner).await?)
    }

    /// How many events sla and reporting have yet to hear, all together.
    pub(crate) async fn events_unheard(&mut self) -> anyhow::Result<i64> {
        self.count(
            "with behind as ( \
                 select h.position - coalesce(c.position, 0) as events \
                 from qualification.log_head as h left join sla.consumer_cursor as c \
                     on c.tenant_id = h.tenant_id and c.source = 'qualification' \
                 union all \
                 select h.position - coalesce(c.position, 0) \
                 from qualification.log_head as h left join reporting.consumer_cursor as c \
                     on c.tenant_id = h.tenant_id and c.source = 'qualification' \
                 union all \
                 select h.position - coalesce(c.position, 0) \
                 from sla.log_head as h left join reporting.consumer_cursor as c \
                     on c.tenant_id = h.tenant_id and c.source = 'sla' \
             ) \
             select coalesce(sum(events), 0)::bigint from behind",
        )
        .await
    }

    /// Switches row-level security off, to see what it costs. Only here: no role of a service could.
    pub(crate) async fn lift_row_level_security(&mut self) -> anyhow::Result<()> {
        let lift = "do $$ declare walled regclass; begin \
             for walled in select oid::regclass from pg_class where relrowsecurity loop \
                 execute format('alter table %s disable row level security', walled); \
             end loop; end $$";
        run(&mut self.owner, lift.to_owned()).await
    }

    /// Brings statistics and visibility up to date, as autovacuum would have with time, and begins the next slice
    /// with an empty log.
    pub(crate) async fn settle(&mut self) -> anyhow::Result<()> {
        run(&mut self.owner, "vacuum analyze".to_owned()).await?;
        run(&mut self.owner, "checkpoint".to_owned()).await
    }

    /// Drops it; whoever is connected is cut off.
    pub(crate) async fn drop(self) -> anyhow::Result<()> {
        self.owner.close().await?;
        let mut connection = options(&self.server)?.connect().await?;
        run(&mut connection, format!("drop database {} with (force)", self.name)).await
    }
}

/// Runs a statement whose names are all made here.
pub(super) async fn run(connection: &mut PgConnection, statement: String) -> anyhow::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}
