-- Routing: users with hours, room and times away, the plan by which handoffs find their owners, and who waits for one.

set local lock_timeout = '5s';

-- Calendars are named, as their names never change. A capacity of null is no bound. Absences are pairs of texts,
-- [["2026-08-10T00:00:00Z", "2026-08-17T00:00:00Z"]], in their order. Of users who came before there was routing a weight of null is
-- the usual one, 10, and there are no absences.
alter table qualification.team add column calendar text;
alter table qualification.user_account add column calendar text;
alter table qualification.user_account add column capacity integer;
alter table qualification.user_account add column routing_weight integer;
alter table qualification.user_account add column absences jsonb;
-- When somebody is to look whether what the user has open must go back to routing. Follows from the rest, and no event says it.
alter table qualification.user_account add column away_at timestamptz;
alter table qualification.user_account add constraint user_account_weight_known
    check (routing_weight between 1 and 20) not valid;
create index user_account_away on qualification.user_account (tenant_id, away_at) where away_at is not null;

-- Changes with everything that a roster in memory is made of: whoever keeps one knows by it whether it is the present one. Null:
-- the tenant has no plan.
alter table qualification.tenant add column routing_mark uuid;

-- What users have open.
create index handoff_assigned on qualification.handoff (tenant_id, owner_id, mql_at, handoff_id) where state = 'ASSIGNED';

-- Sla's calendars as they are in force: a copy, as far as sla's log was read.
create table qualification.calendar_copy (
    tenant_id uuid not null,
    slug text not null,
    version integer not null,
    definition jsonb not null,
    constraint calendar_copy_pkey primary key (tenant_id, slug),
    constraint calendar_copy_version_counts check (version >= 1)
);

-- The plan: a protobuf message, as versions are. Those before it are in the log.
create table qualification.routing_plan (
    tenant_id uuid not null,
    number integer not null,
    content bytea not null,
    position bigint not null,
    constraint routing_plan_pkey primary key (tenant_id),
    constraint routing_plan_number_counts check (number >= 1)
);

-- The last turn of each member of a rule's pool. The pool's time is the last start of all.
create table qualification.routing_turn (
    tenant_id uuid not null,
    rule text not null,
    user_id uuid not null,
    start bigint not null,
    pass bigint not null,
    position bigint not null,
    constraint routing_turn_pkey primary key (tenant_id, rule, user_id),
    constraint routing_turn_moves check (start >= 0 and pass > start)
) with (fillfactor = 70);

-- What routing keeps of a handoff: what the plan said of it last, and who gave it back. `begun` is the position of the first
-- event that is kept here.
create table qualification.handoff_route (
    tenant_id uuid not null,
    handoff_id uuid not null,
    lead_id uuid not null,
    mql_at timestamptz not null,
    begun bigint not null,
    plan integer,
    rule text,
    method text,
    inactive integer,
    returned integer,
    absent integer,
    off_hours integer,
    occupied integer,
    free_at timestamptz,
    is_waiting boolean not null,
    returned_by uuid,
    version bigint not null,
    constraint handoff_route_pkey primary key (tenant_id, handoff_id),
    constraint handoff_route_handoff_exists foreign key (tenant_id, handoff_id)
        references qualification.handoff (tenant_id, handoff_id),
    constraint handoff_route_method_known
        check (method in ('KEEP_OWNER', 'WEIGHTED_ROUND_ROBIN', 'LEAST_OPEN_WORK')),
    constraint handoff_route_is_whole check (
        (plan is null) = (rule is null) and (plan is null) = (method is null) and (plan is null) = (inactive is null)
        and (plan is null) = (returned is null) and (plan is null) = (absent is null)
        and (plan is null) = (off_hours is null) and (plan is null) = (occupied is null)
    ),
    constraint handoff_route_waits_by_a_rule check (rule is not null or not is_waiting)
);
-- Those who wait by a rule, the oldest first.
create index handoff_route_waiting on qualification.handoff_route (tenant_id, rule, mql_at, begun) where is_waiting;

-- When those who wait by a rule are to be routed. Follows from the rest, and no event says it.
create table qualification.routing_queue (
    tenant_id uuid not null,
    rule text not null,
    due_at timestamptz,
    constraint routing_queue_pkey primary key (tenant_id, rule)
) with (fillfactor = 50);

alter table qualification.calendar_copy enable row level security;
alter table qualification.calendar_copy force row level security;
create policy tenant on qualification.calendar_copy
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.routing_plan enable row level security;
alter table qualification.routing_plan force row level security;
create policy tenant on qualification.routing_plan
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.routing_turn enable row level security;
alter table qualification.routing_turn force row level security;
create policy tenant on qualification.routing_turn
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.handoff_route enable row level security;
alter table qualification.handoff_route force row level security;
create policy tenant on qualification.handoff_route
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.routing_queue enable row level security;
alter table qualification.routing_queue force row level security;
create policy tenant on qualification.routing_queue
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);

grant select, insert, update on qualification.calendar_copy, qualification.routing_plan, qualification.handoff_route,
    qualification.routing_queue to handoff_qualification;
grant select, insert, update, delete on qualification.routing_turn to handoff_qualification;
