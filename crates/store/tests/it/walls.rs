//! The second wall, tried on every table: each service's login, as a deployment makes it, with a row of two tenants in every
//! table of every schema. What the catalogue says of policies and grants is tested in `catalogue`; here somebody pushes.

use handoff_domain::id::TenantId;
use handoff_store::database::Service;
use handoff_store::scratch::ScratchDatabase;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::catalogue::DIRECTORIES;

/// A database with a row of each tenant in every table, and its superuser.
struct World {
    scratch: ScratchDatabase,
    owner: PgConnection,
    tenants: [TenantId; 2],
    /// Schema and name of every table.
    tables: Vec<(String, String)>,
}

impl World {
    async fn new() -> Self {
        let scratch = ScratchDatabase::new().await.unwrap();
        let mut owner = PgConnection::connect(&scratch.url()).await.unwrap();
        let tables: Vec<(String, String)> = sqlx::query_as(
            "select n.nspname::text, c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind = 'r' and n.nspname in ('qualification', 'sla', 'reporting') order by 1, 2",
        )
        .fetch_all(&mut owner)
        .await
        .unwrap();
        let tenants = [TenantId::from_slug("acme"), TenantId::from_slug("globex")];
        let mut world = Self { scratch, owner, tenants, tables };
        world.fill().await;
        world
    }

    /// Rows of no meaning: only whose they are counts, so checks and foreign keys are out of the way.
    async fn fill(&mut self) {
        let drops: Vec<String> = sqlx::query_scalar(
            "select format('alter table %s drop constraint %I', conrelid::regclass, conname)
             from pg_constraint c join pg_namespace n on n.oid = c.connamespace
             where contype in ('c', 'f') and n.nspname in ('qualification', 'sla', 'reporting')",
        )
        .fetch_all(&mut self.owner)
        .await
        .unwrap();
        for drop in drops {
            sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut self.owner).await.unwrap();
        }
        for (schema, table) in self.tables.clone() {
            let columns: Vec<(String, String)> = sqlx::query_as(
                "select attname::text, format_type(atttypid, null) from pg_attribute
                 where attrelid = format('%I.%I', $1, $2)::regclass and attnum > 0 and attnotnull
                     and attgenerated = ''",
            )
            .bind(&schema)
            .bind(&table)
            .fetch_all(&mut self.owner)
            .await
            .unwrap();
            let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
            for tenant in self.tenants {
                let values: Vec<String> = columns.iter().map(|(_, kind)| some(kind, tenant)).collect();
                let insert = format!(
                    "insert into {schema}.{table} ({}) values ({})",
                    names.join(", "),
                    values.join(", ")
                );
                sqlx::raw_sql(AssertSqlSafe(insert)).execute(&mut self.owner).await.unwrap();
            }
        }
    }

    /// Connects as a login of the service, in its role from the start message on, as the store does.
    async fn login(&mut self, service: Service) -> Session {
        // Roles belong to the cluster and outlive the database.
        let database: String =
            sqlx::query_scalar("select current_database()").fetch_one(&mut self.owner).await.unwrap();
        let login = format!("{}_{database}", service.role());
        let create = format!("create role {login} login; grant {} to {login}", service.role());
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut self.owner).await.unwrap();
        let options: PgConnectOptions = self.scratch.url().parse().unwrap();
        let options = options.username(&login).options([("role", service.role())]);
        Session { connection: PgConnection::connect_with(&options).await.unwrap(), login }
    }

    async fn end(mut self, logins: Vec<Session>) {
        for session in logins {
            session.connection.close().await.unwrap();
            let drop = format!("drop role {}", session.login);
            sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut self.owner).await.unwrap();
        }
    }
}

/// A value of a type.
fn some(kind: &str, tenant: TenantId) -> String {
    match kind {
        "uuid" => format!("'{tenant}'"),
        "text" => "'x'".to_owned(),
        "smallint" | "integer" | "bigint" | "numeric" => "1".to_owned(),
        "boolean" => "true".to_owned(),
        "date" => "'2026-01-01'".to_owned(),
        "timestamp with time zone" => "'2026-01-01T00:00:00Z'".to_owned(),
        "bytea" => "''".to_owned(),
        "json" | "jsonb" => "'{}'".to_owned(),
        array if array.ends_with("[]") => "'{}'".to_owned(),
        other => panic!("a column of type {other}: say what a value of it looks like"),
    }
}

struct Session {
    connection: PgConnection,
    login: String,
}

impl Session {
    /// The rows that a statement counts, or what the database says against it. Nothing of it stays.
    async fn rows(&mut self, settings: &str, statement: &str) -> Result<i64, String> {
        let mut tx = self.connection.begin().await.unwrap();
        let counted = async {
            sqlx::raw_sql(AssertSqlSafe(settings.to_owned())).execute(&mut *tx).await?;
            sqlx::query_scalar(AssertSqlSafe(statement.to_owned())).fetch_one(&mut *tx).await
        };
        let counted: Result<i64, sqlx::Error> = counted.await;
        tx.rollback().await.unwrap();
        counted.map_err(|error| error.to_string())
    }

    /// `because` may name several reasons: servers of different versions have different words.
    async fn is_refused(&mut self, settings: &str, statement: &str, because: &str) {
        let said = self.rows(settings, statement).await;
        let as_meant = matches!(&said, Err(text) if because.split('|').any(|because| text.contains(because)));
        assert!(as_meant, "{settings}; {statement}: {said:?}, not {because}");
    }
}

fn tenant_is(tenant: TenantId) -> String {
    format!("set local handoff.tenant = '{tenant}'")
}

#[tokio::test]
async fn every_role_sees_its_own_tables_of_one_tenant_and_nothing_else() {
    let mut world = World::new().await;
    let [mine, theirs] = world.tenants;
    let mut logins = Vec::new();
    let mut tried = 0;
    for service in Service::ALL {
        let mut session = world.login(service).await;
        for (schema, table) in &world.tables {
            let all = format!("select count(*) from {schema}.{table}");
            if schema != service.schema() {
                session.is_refused(&tenant_is(mine), &all, "permission denied for schema").await;
                continue;
            }
            if DIRECTORIES.contains(&table.as_str()) {
                assert_eq!(session.rows("", &all).await, Ok(2), "{table} is for all");
                continue;
            }
            tried += 1;
            assert_eq!(session.rows(&tenant_is(mine), &all).await, Ok(1), "{schema}.{table}");
            let foreign = format!("{all} where tenant_id = '{theirs}'");
            assert_eq!(session.rows(&tenant_is(mine), &foreign).await, Ok(0), "{schema}.{table}");
            // Once it was set for a transaction, the setting stays behind, empty.
            session.is_refused("", &all, "invalid input syntax").await;
            session.is_refused("set local handoff.tenant = ''", &all, "invalid input syntax").await;
            let without = format!("{}; set local row_security = off", tenant_is(mine));
            session.is_refused(&without, &all, "would be affected by row-level security").await;
            for write in [
                format!("delete from {schema}.{table} where tenant_id = '{theirs}' returning 1"),
                format!(
                    "update {schema}.{table} set tenant_id = tenant_id where tenant_id = '{theirs}' returning 1"
                ),
                format!("update {schema}.{table} set tenant_id = '{theirs}' returning 1"),
                format!("insert into {schema}.{table} (tenant_id) select '{theirs}' returning 1"),
            ] {
                let counted = format!("with changed as ({write}) select count(*) from changed");
                match session.rows(&tenant_is(mine), &counted).await {
                    Ok(changed) => assert_eq!(changed, 0, "{write}"),
                    Err(text) => assert!(
                        text.contains("permission denied") || text.contains("row-level security"),
                        "{write}: {text}"
                    ),
                }
            }
        }
        logins.push(session);
    }
    assert!(tried >= 35, "only {tried} tables were tried");
    world.end(logins).await;
}

#[tokio::test]
async fn no_role_gets_out_of_its_role() {
    let mut world = World::new().await;
    let mine = tenant_is(world.tenants[0]);
    let mut logins = Vec::new();
    for service in Service::ALL {
        let mut session = world.login(service).await;
        let schema = service.schema();
        for other in Service::ALL.into_iter().filter(|other| *other != service) {
            let to = format!("set local role {}", other.role());
            session.is_refused(&to, "select 1::bigint", "permission denied to set role").await;
        }
        for (way_out, because) in [
            ("set local role postgres".to_owned(), "role"),
            ("set local session_replication_role = replica".to_owned(), "permission denied"),
            (format!("alter table {schema}.event disable row level security"), "must be owner"),
            (format!("alter table {schema}.event no force row level security"), "must be owner"),
            (format!("create policy open on {schema}.event using (true)"), "must be owner"),
            (format!("truncate {schema}.event"), "permission denied"),
            (format!("create table {schema}.mine (id int)"), "permission denied"),
            (format!("create view public.mine as select * from {schema}.event"), "permission denied"),
            (
                format!(
                    "create function {schema}.mine() returns int language sql security definer as 'select 1'"
                ),
                "permission denied",
            ),
            (format!("alter role {} bypassrls", session.login), "must be superuser|permission denied"),
            ("copy (select 1) to program 'true'".to_owned(), "must be superuser|permission denied"),
        ] {
            session.is_refused(&way_out, "select 1::bigint", because).await;
        }
        // Out of the service's role it is a login that owns nothing either: the policy holds for it as well.
        let all = format!("select count(*) from {schema}.event");
        let login_itself = format!("reset role; {mine}");
        assert_eq!(session.rows(&login_itself, &all).await, Ok(1));
        session.is_refused("reset role", &all, "invalid input syntax").await;
        logins.push(session);
    }
    world.end(logins).await;
}
