-- Roles, schemas and the tenant logs: what every later table stands on.
--
-- One database, one schema per service, one role per service. A service connects with `role=handoff_<service>` in its
-- start message. The role owns nothing and may only touch its own schema, so row-level security binds it and no
-- service can read another's tables.
--
-- The rules for every table (a test reads the catalogue and holds us to them):
--   * tenant_id comes first in every primary key, unique constraint and foreign key: the tenant is the unit of
--     sharding, and the distribution column of each table;
--   * row-level security is enabled and forced, with one policy; directories stand outside (see log_head);
--   * no triggers, no sequences, no session locks: nothing that exists once per server;
--   * constraints have names, enums are text with a CHECK, instants are timestamptz.

-- Never wait long for a lock: a migration that queues behind a reader makes every writer queue behind it.
set local lock_timeout = '5s';

-- Roles belong to the cluster, not to the database: several databases of one cluster may be migrated at the same time,
-- and the loser of that race sees one of these two errors. A login role of each service must be a member of its role
-- (`grant handoff_sla to …`); that is the deployment's to say.
do $$ begin
    create role handoff_qualification nologin;
exception when duplicate_object or unique_violation then null;
end $$;
do $$ begin
    create role handoff_sla nologin;
exception when duplicate_object or unique_violation then null;
end $$;
do $$ begin
    create role handoff_reporting nologin;
exception when duplicate_object or unique_violation then null;
end $$;

create schema qualification;
create schema sla;
create schema reporting;

-- Usage only: a role can create nothing, in no schema.
grant usage on schema qualification to handoff_qualification;
grant usage on schema sla to handoff_sla;
grant usage on schema reporting to handoff_reporting;

-- Services check the schema's version at their start.
grant select on public._sqlx_migrations to handoff_qualification, handoff_sla, handoff_reporting;

-- Qualification's log.
--
-- One row per tenant: the end of its log. Every transaction that writes for the tenant takes this row first, so within
-- a tenant there is one writer at a time, positions have no gaps and time never goes backwards. Half of each page is
-- left free and no column that changes is indexed, so that an update stays on its page.
--
-- A directory: ids, positions and times of all tenants, which the polls read in one statement. It therefore stands
-- outside row-level security, and nothing else may ever be added to it.
create table qualification.log_head (
    tenant_id uuid not null,
    position bigint not null,
    recorded_at timestamptz not null,
    constraint log_head_pkey primary key (tenant_id),
    constraint log_head_position_counts check (position >= 0)
) with (fillfactor = 50);

-- The log. Positions are 1, 2, 3 … per tenant, given out under the head's lock. `occurred_at` is when it happened in the
-- world, `recorded_at` database time after the lock was obtained. The payload is opaque to the database and holds
-- nothing personal. No index but the key: a log is read in order. Append-only, and the grants below say so.
create table qualification.event (
    tenant_id uuid not null,
    position bigint not null,
    event_id uuid not null,
    type text not null,
    version smallint not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    actor text not null,
    actor_side text not null,
    request_id uuid,
    payload bytea not null,
    constraint event_pkey primary key (tenant_id, position),
    constraint event_position_counts check (position >= 1),
    constraint event_version_counts check (version >= 1),
    constraint event_actor_side_known check (actor_side in ('MARKETING', 'SALES', 'SYSTEM'))
);

-- Personal values, apart from the log that refers to them: erasing a lead deletes its rows and leaves the log whole.
-- The key starts with the lead because that is how they are read and erased. It does not refer to `event`: the batch
-- writes both in one statement, and a check per row would cost what the batch saves.
create table qualification.person_value (
    tenant_id uuid not null,
    lead_id uuid not null,
    position bigint not null,
    field text not null,
    value text not null,
    constraint person_value_pkey primary key (tenant_id, lead_id, position, field)
);

-- The request ids of the last 72 hours with what their callers were told, so that a repeat gets the same answer. The
-- scope is (tenant, principal, method); the id stands before the other two because it tells rows apart soonest. What
-- is kept is a reference, never the answer's content: `resource` and `facts` hold names and codes, nothing personal.
create table qualification.request (
    tenant_id uuid not null,
    request_id uuid not null,
    principal text not null,
    method text not null,
    body_hash bytea not null,
    recorded_at timestamptz not null,
    position bigint not null,
    outcome text not null,
    reason text,
    resource text not null,
    facts jsonb not null,
    constraint request_pkey primary key (tenant_id, request_id, principal, method),
    constraint request_hash_is_sha256 check (octet_length(body_hash) = 32),
    constraint request_outcome_known check (
        outcome in ('DONE', 'INVALID', 'NOT_FOUND', 'ALREADY_EXISTS', 'REFUSED', 'STALE', 'DENIED')
    ),
    constraint request_reason_explains check (
        (reason is not null) = (outcome in ('ALREADY_EXISTS', 'REFUSED'))
    )
);
create index request_by_age on qualification.request (tenant_id, recorded_at);

-- How far this service has read another's log, written in the transaction that holds the effects. A directory as
-- log_head is, outside row-level security: a consumer that starts asks for the cursors of all its tenants, page by
-- page, and a row holds an id and a position only.
create table qualification.consumer_cursor (
    tenant_id uuid not null,
    source text not null,
    position bigint not null,
    constraint consumer_cursor_pkey primary key (tenant_id, source),
    constraint consumer_cursor_position_counts check (position >= 0)
) with (fillfactor = 50);

-- Row-level security. `current_setting` without its second argument: a session without a tenant gets an error, not an
-- empty answer. Forced, so that it binds the owner too. No subquery, no function of ours: the planner folds it into the
-- index condition.
alter table qualification.event enable row level security;
alter table qualification.event force row level security;
create policy tenant on qualification.event
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.person_value enable row level security;
alter table qualification.person_value force row level security;
create policy tenant on qualification.person_value
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.request enable row level security;
alter table qualification.request force row level security;
create policy tenant on qualification.request
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);

-- Rights, no wider than the statements: a log cannot be rewritten, not even by a service with a defect.
grant select, insert, update on qualification.log_head to handoff_qualification;
grant select, insert on qualification.event to handoff_qualification;
grant select, insert, delete on qualification.person_value to handoff_qualification;
grant select, insert, delete on qualification.request to handoff_qualification;
grant select, insert, update on qualification.consumer_cursor to handoff_qualification;

-- Sla's log: the same tables for the same reasons, in a schema of its own. `person_value` stays empty here; one shape
-- of log means one set of statements for all services.
create table sla.log_head (
    tenant_id uuid not null,
    position bigint not null,
    recorded_at timestamptz not null,
    constraint log_head_pkey primary key (tenant_id),
    constraint log_head_position_counts check (position >= 0)
) with (fillfactor = 50);

create table sla.event (
    tenant_id uuid not null,
    position bigint not null,
    event_id uuid not null,
    type text not null,
    version smallint not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    actor text not null,
    actor_side text not null,
    request_id uuid,
    payload bytea not null,
    constraint event_pkey primary key (tenant_id, position),
    constraint event_position_counts check (position >= 1),
    constraint event_version_counts check (version >= 1),
    constraint event_actor_side_known check (actor_side in ('MARKETING', 'SALES', 'SYSTEM'))
);

create table sla.person_value (
    tenant_id uuid not null,
    lead_id uuid not null,
    position bigint not null,
    field text not null,
    value text not null,
    constraint person_value_pkey primary key (tenant_id, lead_id, position, field)
);

create table sla.request (
    tenant_id uuid not null,
    request_id uuid not null,
    principal text not null,
    method text not null,
    body_hash bytea not null,
    recorded_at timestamptz not null,
    position bigint not null,
    outcome text not null,
    reason text,
    resource text not null,
    facts jsonb not null,
    constraint request_pkey primary key (tenant_id, request_id, principal, method),
    constraint request_hash_is_sha256 check (octet_length(body_hash) = 32),
    constraint request_outcome_known check (
        outcome in ('DONE', 'INVALID', 'NOT_FOUND', 'ALREADY_EXISTS', 'REFUSED', 'STALE', 'DENIED')
    ),
    constraint request_reason_explains check (
        (reason is not null) = (outcome in ('ALREADY_EXISTS', 'REFUSED'))
    )
);
create index request_by_age on sla.request (tenant_id, recorded_at);

create table sla.consumer_cursor (
    tenant_id uuid not null,
    source text not null,
    position bigint not null,
    constraint consumer_cursor_pkey primary key (tenant_id, source),
    constraint consumer_cursor_position_counts check (position >= 0)
) with (fillfactor = 50);

alter table sla.event enable row level security;
alter table sla.event force row level security;
create policy tenant on sla.event
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table sla.person_value enable row level security;
alter table sla.person_value force row level security;
create policy tenant on sla.person_value
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table sla.request enable row level security;
alter table sla.request force row level security;
create policy tenant on sla.request
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);

grant select, insert, update on sla.log_head to handoff_sla;
grant select, insert on sla.event to handoff_sla;
grant select, insert, delete on sla.person_value to handoff_sla;
grant select, insert, delete on sla.request to handoff_sla;
grant select, insert, update on sla.consumer_cursor to handoff_sla;

-- Reporting's log: as above.
create table reporting.log_head (
    tenant_id uuid not null,
    position bigint not null,
    recorded_at timestamptz not null,
    constraint log_head_pkey primary key (tenant_id),
    constraint log_head_position_counts check (position >= 0)
) with (fillfactor = 50);

create table reporting.event (
    tenant_id uuid not null,
    position bigint not null,
    event_id uuid not null,
    type text not null,
    version smallint not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    actor text not null,
    actor_side text not null,
    request_id uuid,
    payload bytea not null,
    constraint event_pkey primary key (tenant_id, position),
    constraint event_position_counts check (position >= 1),
    constraint event_version_counts check (version >= 1),
    constraint event_actor_side_known check (actor_side in ('MARKETING', 'SALES', 'SYSTEM'))
);

create table reporting.person_value (
    tenant_id uuid not null,
    lead_id uuid not null,
    position bigint not null,
    field text not null,
    value text not null,
    constraint person_value_pkey primary key (tenant_id, lead_id, position, field)
);

create table reporting.request (
    tenant_id uuid not null,
    request_id uuid not null,
    principal text not null,
    method text not null,
    body_hash bytea not null,
    recorded_at timestamptz not null,
    position bigint not null,
    outcome text not null,
    reason text,
    resource text not null,
    facts jsonb not null,
    constraint request_pkey primary key (tenant_id, request_id, principal, method),
    constraint request_hash_is_sha256 check (octet_length(body_hash) = 32),
    constraint request_outcome_known check (
        outcome in ('DONE', 'INVALID', 'NOT_FOUND', 'ALREADY_EXISTS', 'REFUSED', 'STALE', 'DENIED')
    ),
    constraint request_reason_explains check (
        (reason is not null) = (outcome in ('ALREADY_EXISTS', 'REFUSED'))
    )
);
create index request_by_age on reporting.request (tenant_id, recorded_at);

create table reporting.consumer_cursor (
    tenant_id uuid not null,
    source text not null,
    position bigint not null,
    constraint consumer_cursor_pkey primary key (tenant_id, source),
    constraint consumer_cursor_position_counts check (position >= 0)
) with (fillfactor = 50);

alter table reporting.event enable row level security;
alter table reporting.event force row level security;
create policy tenant on reporting.event
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table reporting.person_value enable row level security;
alter table reporting.person_value force row level security;
create policy tenant on reporting.person_value
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table reporting.request enable row level security;
alter table reporting.request force row level security;
create policy tenant on reporting.request
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);

grant select, insert, update on reporting.log_head to handoff_reporting;
grant select, insert on reporting.event to handoff_reporting;
grant select, insert, delete on reporting.person_value to handoff_reporting;
grant select, insert, delete on reporting.request to handoff_reporting;
grant select, insert, update on reporting.consumer_cursor to handoff_reporting;

