-- Reporting's rollups: sums of what the facts that hold now add to cells by local day, so that a report reads days and
-- months and no history. What each part, key and day means is written down in the domain's module `rollup`; a cell can
-- be computed from the facts by it alone.
--
-- Every cell is written by the batch that changes the facts, under the tenant's log row: it adds what the changed records
-- contribute now and takes away what they contributed before. A generation is a complete set of cells. One is served,
-- and another may be building beside it, lead by lead in the order of their ids: until then a batch keeps up the part of
-- it that is built. The switch is one update of the state.

set local lock_timeout = '5s';

-- Which generation is served. There is none until the first is complete; reports are then computed from facts.
create table reporting.rollup_state (
    tenant_id uuid not null,
    -- The zone of the days. A tenant's zone does not change today; should it, all generations are void.
    time_zone text not null,
    -- The last number that was given to a generation.
    last_generation integer not null,
    serving integer,
    building integer,
    -- Leads up to this one are in the generation that is building; none yet.
    built_to uuid,
    -- The last instant that any fact says something happened at. It may lie minutes ahead of the clock; a report of an
    -- earlier instant must not see all that is in the cells.
    latest_at timestamptz not null,
    constraint rollup_state_pkey primary key (tenant_id),
    constraint rollup_state_generations_count check (
        serving between 1 and last_generation and building between 1 and last_generation
    ),
    constraint rollup_state_one_is_built check (building is not null or built_to is null)
) with (fillfactor = 50);

-- The cells. `keys` and `counts` are the counters of the cell, by ascending key; a counter of zero is not there, and a
-- cell without counters is as good as none. In SQL: select key, count from …, unnest(keys, counts) as c(key, count).
create table reporting.rollup_cell (
    tenant_id uuid not null,
    generation integer not null,
    dimension text not null,
    part text not null,
    grain text not null,
    start_day date not null,
    value text not null,
    detail text not null,
    keys integer[] not null,
    counts bigint[] not null,
    constraint rollup_cell_pkey primary key (tenant_id, generation, dimension, part, grain, start_day, value, detail),
    constraint rollup_cell_dimension_known check (
        dimension in ('TOTAL', 'ORIGIN', 'SOURCE', 'MEDIUM', 'CAMPAIGN', 'KIND', 'PERSONA', 'OWNER', 'TEAM')
    ),
    constraint rollup_cell_grain_known check (grain in ('DAY', 'MONTH')),
    constraint rollup_cell_total_has_no_value check (dimension <> 'TOTAL' or value = ''),
    constraint rollup_cell_month_starts_on_its_first check (grain <> 'MONTH' or extract(day from start_day) = 1),
    constraint rollup_cell_counters_pair_up check (cardinality(keys) = cardinality(counts))
) with (fillfactor = 70);
comment on table reporting.rollup_cell is
    'Counters by key, of one part, dimension, value, day or month, and detail: see the domain''s module rollup. '
    'At any position of the logs the sum of the contributions of the facts that hold now.';

-- Hand-overs whose MQL stage is over and whose business time is in no cell, because no clock logged it: a report in
-- business units measures them by the calendar that it names. `target` is that of the DECIDE clock that was set last, in
-- words, empty without one.
create table reporting.rollup_unmeasured (
    tenant_id uuid not null,
    generation integer not null,
    lead_id uuid not null,
    product_line text not null,
    cycle integer not null,
    passage integer not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    gave_up boolean not null,
    target text not null,
    constraint rollup_unmeasured_pkey primary key (tenant_id, generation, lead_id, product_line, cycle, passage),
    constraint rollup_unmeasured_lasts check (started_at <= ended_at)
);
create index rollup_unmeasured_by_end on reporting.rollup_unmeasured (tenant_id, generation, ended_at);
create index rollup_unmeasured_by_start on reporting.rollup_unmeasured (tenant_id, generation, started_at);
comment on table reporting.rollup_unmeasured is
    'Hand-overs from MQL to their decision, or to where they gave up on one, whose business time no clock logged.';

-- A hand-over's contribution is made with its clocks, so each finds the other. The first serves no look-up by lead, which
-- does not ask for a handoff; the second is larger than that of the look-up by clock.
create index handoff_fact_by_handoff on reporting.handoff_fact (tenant_id, handoff_id)
    where known_to is null and handoff_id is not null;
create index clock_fact_by_handoff on reporting.clock_fact (tenant_id, handoff_id, clock_id) where known_to is null;
-- The deadlines of today: the day on which those of the morning count and those of the evening do not yet.
create index clock_fact_by_due on reporting.clock_fact (tenant_id, due_at) where known_to is null and kind = 'DECIDE';

alter table reporting.rollup_state enable row level security;
alter table reporting.rollup_state force row level security;
create policy tenant on reporting.rollup_state
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table reporting.rollup_cell enable row level security;
alter table reporting.rollup_cell force row level security;
create policy tenant on reporting.rollup_cell
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table reporting.rollup_unmeasured enable row level security;
alter table reporting.rollup_unmeasured force row level security;
create policy tenant on reporting.rollup_unmeasured
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);

grant select, insert, update on reporting.rollup_state to handoff_reporting;
grant select, insert, update, delete on reporting.rollup_cell to handoff_reporting;
grant select, insert, update, delete on reporting.rollup_unmeasured to handoff_reporting;
