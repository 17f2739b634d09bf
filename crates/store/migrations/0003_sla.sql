-- Sla's state: what folding its log gives, kept as tables so that a decision loads a few rows.
--
-- Every row is written by the batch that appends its event, under the tenant's log row: one writer at a time. Targets
-- and measured times are microseconds or days, so that no interval arithmetic ever happens in the database.
--
-- CHECKs bind a state to the fields it needs. None orders times: a decision can be recorded long after it was made, and
-- imported ones can lie before the MQL.

set local lock_timeout = '5s';

-- Calendars, each in the version that is in force. Earlier versions are in the log and nobody asks for them: a running
-- clock carries along what it had behind it when its calendar changed. The definition holds nothing but text (zone,
-- times of day, dates, names), so nothing of it is rounded. The key is made from tenant and slug.
create table sla.calendar (
    tenant_id uuid not null,
    calendar_id uuid not null,
    slug text not null,
    version integer not null,
    display_name text not null,
    definition jsonb not null,
    effective_from timestamptz not null,
    constraint calendar_pkey primary key (tenant_id, calendar_id),
    -- For the list, which is in the order of slugs.
    constraint calendar_slug_unique unique (tenant_id, slug),
    constraint calendar_version_counts check (version >= 1)
);

-- Versions of contracts that are or were in effect.
create table sla.contract (
    tenant_id uuid not null,
    contract_id uuid not null,
    version integer not null,
    is_signed boolean not null,
    effective_from timestamptz not null,
    effective_to timestamptz,
    decide_unit text not null,
    decide_amount bigint not null,
    calendar_id uuid not null,
    constraint contract_pkey primary key (tenant_id, contract_id, version),
    constraint contract_calendar_exists foreign key (tenant_id, calendar_id)
        references sla.calendar (tenant_id, calendar_id),
    constraint contract_version_counts check (version >= 1),
    constraint contract_decide_unit_known check (decide_unit in ('BUSINESS', 'CALENDAR', 'BUSINESS_DAYS')),
    constraint contract_decide_positive check (decide_amount > 0)
);
-- Effective ranges never overlap, so at most one has no end.
create unique index contract_one_without_end on sla.contract (tenant_id) where effective_to is null;

-- Clocks. The state and whether the deadline was ever missed are two things: `breached_at` stays when a clock is met
-- late, and a clock that was cancelled may have breached before. A fifth of each page is left free: a clock is written
-- when it starts and when it ends.
create table sla.clock (
    tenant_id uuid not null,
    clock_id uuid not null,
    kind text not null,
    handoff_id uuid not null,
    lead_id uuid not null,
    contract_id uuid not null,
    contract_version integer not null,
    calendar_id uuid not null,
    calendar_version integer not null,
    target_unit text not null,
    target_amount bigint not null,
    started_at timestamptz not null,
    recorded_at timestamptz not null,
    due_at timestamptz not null,
    imported boolean not null,
    carried_until timestamptz,
    carried_business_us bigint,
    carried_business_days integer,
    carried_counted_to date,
    state text not null,
    breached_at timestamptz,
    ended_at timestamptz,
    elapsed_business_us bigint,
    elapsed_calendar_us bigint,
    elapsed_business_days integer,
    constraint clock_pkey primary key (tenant_id, clock_id),
    constraint clock_one_per_handoff unique (tenant_id, handoff_id, kind),
    constraint clock_kind_known check (kind in ('DECIDE')),
    constraint clock_state_known check (state in ('RUNNING', 'MET', 'MET_LATE', 'CANCELLED')),
    constraint clock_target_unit_known check (target_unit in ('BUSINESS', 'CALENDAR', 'BUSINESS_DAYS')),
    constraint clock_target_positive check (target_amount > 0),
    constraint clock_end_has_its_time check ((ended_at is null) = (state = 'RUNNING')),
    constraint clock_met_never_breached check (state <> 'MET' or breached_at is null),
    constraint clock_met_late_has_breached check (state <> 'MET_LATE' or breached_at is not null),
    constraint clock_decision_is_measured check (
        (state in ('MET', 'MET_LATE')) = (elapsed_business_us is not null)
        and (state in ('MET', 'MET_LATE')) = (elapsed_calendar_us is not null)
        and (state in ('MET', 'MET_LATE')) = (elapsed_business_days is not null)
    ),
    constraint clock_carries_all_or_nothing check (
        num_nulls(carried_until, carried_business_us, carried_business_days, carried_counted_to) in (0, 4)
    )
) with (fillfactor = 80);
-- The lists: by deadline and by breach, latest first.
create index clock_by_due on sla.clock (tenant_id, due_at desc, clock_id desc);
create index clock_by_state on sla.clock (tenant_id, state, due_at desc, clock_id desc);
create index clock_by_breach on sla.clock (tenant_id, breached_at desc, clock_id desc) where breached_at is not null;
create index clock_overdue on sla.clock (tenant_id, breached_at desc, clock_id desc)
    where breached_at is not null and state = 'RUNNING';
-- A new version of a calendar moves the deadlines of the clocks that run in it.
create index clock_running_by_calendar on sla.clock (tenant_id, calendar_id, clock_id) where state = 'RUNNING';

-- What has to happen at a time: the deadline of every running clock that has not breached. Written with the clock.
create table sla.timer (
    tenant_id uuid not null,
    fire_at timestamptz not null,
    clock_id uuid not null,
    kind text not null,
    constraint timer_pkey primary key (tenant_id, clock_id, kind),
    constraint timer_kind_known check (kind in ('DEADLINE'))
);
create index timer_by_time on sla.timer (tenant_id, fire_at, clock_id);

-- When a tenant's next timer fires, or nothing where none waits: what the workers sleep by. A directory of ids and
-- times outside row-level security, because a worker asks for the due tenants of all. Indexed by time, although that
-- changes: it changes only when a tenant's earliest deadline does, and without it every look would cost as much as
-- there are tenants.
create table sla.due_time (
    tenant_id uuid not null,
    next_at timestamptz,
    constraint due_time_pkey primary key (tenant_id)
) with (fillfactor = 50);
create index due_time_by_time on sla.due_time (next_at, tenant_id) where next_at is not null;

-- Row-level security and rights, as for the log.
alter table sla.calendar enable row level security;
alter table sla.calendar force row level security;
create policy tenant on sla.calendar
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table sla.contract enable row level security;
alter table sla.contract force row level security;
create policy tenant on sla.contract
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table sla.clock enable row level security;
alter table sla.clock force row level security;
create policy tenant on sla.clock
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table sla.timer enable row level security;
alter table sla.timer force row level security;
create policy tenant on sla.timer
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);

grant select, insert, update on sla.calendar, sla.contract, sla.clock, sla.due_time to handoff_sla;
grant select, insert, update, delete on sla.timer to handoff_sla;
