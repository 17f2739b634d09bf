//! The rules that keep the schema fit to be sharded by tenant, read from the database's own catalogue, so that they
//! hold for every table that is ever added.

use handoff_store::database::Service;
use handoff_store::scratch::ScratchDatabase;
use sqlx::{Connection, PgConnection};

/// The tables outside row-level security: ids, positions, times and flags of all tenants, which the polls read. Whoever adds
/// one says why in its migration.
pub(crate) const DIRECTORIES: [&str; 3] = ["log_head", "consumer_cursor", "due_time"];

/// Finds what breaks a rule. `ours` and `directories` are there for every query.
async fn check(rule: &str, query: &'static str) {
    let scratch = ScratchDatabase::new().await.unwrap();
    let mut connection = PgConnection::connect(&scratch.url()).await.unwrap();
    let schemas: Vec<&str> = Service::ALL.iter().map(|service| service.schema()).collect();
    sqlx::query(
        "create temporary view ours as
         select c.oid, n.nspname as schema, c.relname as name, n.nspname || '.' || c.relname as place,
             c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname in ('qualification', 'sla', 'reporting')",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let tables: i64 = sqlx::query_scalar("select count(distinct schema) from ours where relkind = 'r'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(usize::try_from(tables).unwrap(), schemas.len(), "every service has tables");
    let directories: Vec<String> = DIRECTORIES.iter().map(|&name| name.to_owned()).collect();
    let breaches: Vec<String> =
        sqlx::query_scalar(query).bind(directories).fetch_all(&mut connection).await.unwrap();
    assert!(breaches.is_empty(), "{rule}: {breaches:#?}");
}

#[tokio::test]
async fn every_table_belongs_to_tenants() {
    check(
        "tenant_id uuid not null is the first column",
        "select place from ours t
         where relkind in ('r', 'p') and $1::text[] is not null and not exists (
             select from pg_attribute a
             where a.attrelid = t.oid and a.attnum = 1 and a.attname = 'tenant_id' and a.attnotnull
                 and a.atttypid = 'uuid'::regtype)",
    )
    .await;
}

#[tokio::test]
async fn the_tenant_comes_first_in_every_key() {
    check(
        "every table has a primary key, and every primary key, unique index and foreign key starts with tenant_id",
        "select place || ' has no primary key' from ours t
         where relkind = 'r' and $1::text[] is not null
             and not exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary)
         union all
         select place || ': ' || i.indexrelid::regclass
         from ours t join pg_index i on i.indrelid = t.oid and i.indisunique
         left join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
         where a.attname is distinct from 'tenant_id'
         union all
         select t.place || ': ' || f.conname
         from ours t join pg_constraint f on f.conrelid = t.oid and f.contype = 'f'
         join pg_attribute mine on mine.attrelid = f.conrelid and mine.attnum = f.conkey[1]
         join pg_attribute theirs on theirs.attrelid = f.confrelid and theirs.attnum = f.confkey[1]
         where mine.attname <> 'tenant_id' or theirs.attname <> 'tenant_id'",
    )
    .await;
}

#[tokio::test]
async fn no_foreign_key_leaves_its_schema() {
    check(
        "a service's tables refer to its own",
        "select t.place || ': ' || f.conname
         from ours t join pg_constraint f on f.conrelid = t.oid and f.contype = 'f'
         left join ours other on other.oid = f.confrelid and other.schema = t.schema
         where other.oid is null and $1::text[] is not null",
    )
    .await;
}

#[tokio::test]
async fn row_level_security_is_forced_on_all_but_the_directories() {
    check(
        "enabled and forced, with one policy for all commands that compares tenant_id with the session's setting",
        "select place || ' is not forced' from ours t
         where relkind = 'r' and not (name = any($1)) and not (relrowsecurity and relforcerowsecurity)
         union all
         select place || ' has ' || count(p.oid) || ' policies' from ours t left join pg_policy p on p.polrelid = t.oid
         where relkind = 'r' group by place, name
         having count(p.oid) <> case when name = any($1) then 0 else 1 end
         union all
         select place || ': ' || p.polname from ours t join pg_policy p on p.polrelid = t.oid
         where p.polcmd <> '*' or not p.polpermissive or p.polroles <> '{0}'
             or pg_get_expr(p.polqual, t.oid)
                 <> '(tenant_id = (current_setting(''handoff.tenant''::text))::uuid)'
             or pg_get_expr(p.polwithcheck, t.oid) is distinct from pg_get_expr(p.polqual, t.oid)",
    )
    .await;
}

#[tokio::test]
async fn a_directory_holds_ids_positions_times_and_flags_only() {
    check(
        "uuid, bigint, timestamptz and boolean, and the name of a source",
        "select place || '.' || a.attname from ours t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0
         where name = any($1) and not a.attisdropped
             and a.atttypid not in ('uuid'::regtype, 'bigint'::regtype, 'timestamptz'::regtype, 'boolean'::regtype)
             and a.attname <> 'source'",
    )
    .await;
}

#[tokio::test]
async fn nothing_exists_once_per_server() {
    check(
        "tables and indexes: no sequence, view, trigger, rule or function",
        "select place || ' is of kind ' || relkind::text from ours where relkind not in ('r', 'i', 't') and $1::text[] is not null
         union all
         select t.place || ': ' || g.tgname from ours t join pg_trigger g on g.tgrelid = t.oid where not g.tgisinternal
         union all
         select t.place || ': ' || r.rulename from ours t join pg_rewrite r on r.ev_class = t.oid
         union all
         select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname in ('qualification', 'sla', 'reporting')",
    )
    .await;
}

#[tokio::test]
async fn columns_are_of_the_types_we_agreed_on() {
    check(
        "instants with a zone, text without a length, exact numbers, no enum types, no generated values",
        "select place || '.' || a.attname || ' is ' || format_type(a.atttypid, a.atttypmod)
         from ours t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
         where relkind = 'r' and $1::text[] is not null and (
             a.attidentity <> '' or a.attgenerated <> '' or a.atthasdef
             or format_type(a.atttypid, null) not in ('uuid', 'text', 'text[]', 'uuid[]', 'bigint', 'bigint[]',
                 'integer', 'integer[]', 'smallint', 'smallint[]', 'boolean', 'timestamp with time zone', 'date',
                 'bytea', 'jsonb', 'numeric'))",
    )
    .await;
}

#[tokio::test]
async fn constraints_have_names_that_we_gave_them() {
    check(
        "not the names that the server makes up",
        "select t.place || ': ' || k.conname from ours t join pg_constraint k on k.conrelid = t.oid
         where $1::text[] is not null and k.conname ~ '_(check|key|fkey|excl)[0-9]*$'",
    )
    .await;
}

#[tokio::test]
async fn a_role_owns_nothing_cannot_log_in_and_reaches_its_own_schema_only() {
    check(
        "rights no wider than its own schema's rows",
        "select r.rolname || ' may log in or more' from pg_roles r
         where r.rolname in ('handoff_qualification', 'handoff_sla', 'handoff_reporting') and $1::text[] is not null
             and (r.rolcanlogin or r.rolsuper or r.rolbypassrls or r.rolcreatedb or r.rolcreaterole)
         union all
         select place || ' belongs to ' || r.rolname from ours t join pg_roles r on r.oid = t.relowner
         where r.rolname like 'handoff\\_%'
         union all
         select r.rolname || ' may do more than it needs in ' || n.nspname
         from pg_namespace n cross join pg_roles r
         where n.nspname in ('qualification', 'sla', 'reporting')
             and r.rolname in ('handoff_qualification', 'handoff_sla', 'handoff_reporting')
             and (has_schema_privilege(r.oid, n.oid, 'create')
                 or has_schema_privilege(r.oid, n.oid, 'usage') <> (r.rolname = 'handoff_' || n.nspname))
         union all
         select r.rolname || ' on ' || place from ours t cross join pg_roles r
         where t.relkind = 'r' and r.rolname in ('handoff_qualification', 'handoff_sla', 'handoff_reporting')
             and (has_table_privilege(r.oid, t.oid, 'truncate, references, trigger')
                 or has_table_privilege(r.oid, t.oid, 'select') <> (r.rolname = 'handoff_' || t.schema))",
    )
    .await;
}

#[tokio::test]
async fn a_head_stays_on_its_page() {
    check(
        "no index on a column that changes",
        "select i.indexrelid::regclass::text from ours t join pg_index i on i.indrelid = t.oid
         where name = 'log_head' and $1::text[] is not null and not i.indisprimary",
    )
    .await;
}

#[tokio::test]
async fn all_services_have_the_same_log() {
    check(
        "columns, constraints, indexes and policies of the log's tables",
        "with shape as (
             select schema, name, a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || a.attnotnull as part
             from ours t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0
             union all
             select schema, name, k.conname || ' ' || pg_get_constraintdef(k.oid)
             from ours t join pg_constraint k on k.conrelid = t.oid
             union all
             select schema, name, replace(pg_get_indexdef(i.indexrelid), schema || '.', '')
             from ours t join pg_index i on i.indrelid = t.oid
         )
         select name || ': ' || part from shape
         where name in ('log_head', 'event', 'request', 'person_value', 'consumer_cursor') and $1::text[] is not null
         group by name, part having count(distinct schema) <> 3",
    )
    .await;
}
