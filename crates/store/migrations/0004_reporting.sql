-- Reporting's facts: what became of every lead, every hand-over and every clock, as the logs of the other two services
-- tell it.
--
-- Facts are bitemporal. What happened in the world stands in columns (`mql_at`, `won_at`), and a report for an earlier
-- instant leaves out what lies after it. What was known stands in rows: a row is a version of a fact, known from the time
-- at which the event was recorded until the next change of the same fact was (`known_to` is null for the version that
-- holds now). Changes that were recorded at the same instant make one version, so the versions do not depend on how a log
-- was cut into batches.
--
-- Every row is written by the batch that moves the cursor of the log on, under the tenant's log row. Nothing here is
-- personal: leads are ids, owners are slugs.
--
-- The partial indexes are over the versions that hold now: a report over a range reads that range and no history. What
-- a report of an earlier knowledge needs besides is found by `known_to`: the versions that were superseded since.
--
-- No index but those of the leads and clocks may serve a look-up by lead or clock. On a table that was never analysed
-- they all cost about the same, the smallest wins, and a plan that scans it per key is kept while the table grows. So an
-- index by an instant that may be missing is only over the rows that have it, which such a look-up does not ask for, and
-- one by an instant that is always there is made larger than that of the look-up.

set local lock_timeout = '5s';

-- What a report needs to know of the tenant.
create table reporting.tenant_setting (
    tenant_id uuid not null,
    slug text not null,
    time_zone text not null,
    currency_code text not null,
    fiscal_year_start_month smallint not null,
    constraint tenant_setting_pkey primary key (tenant_id),
    constraint tenant_setting_fiscal_year_has_twelve_months check (fiscal_year_start_month between 1 and 12)
);

-- How far each log has been read, with the time of that event: what an answer says it rests on. The cursor beside it is
-- the consumer's and stands outside row-level security; this is the tenant's.
create table reporting.log_seen (
    tenant_id uuid not null,
    source text not null,
    position bigint not null,
    recorded_at timestamptz not null,
    constraint log_seen_pkey primary key (tenant_id, source),
    constraint log_seen_source_known check (source in ('qualification', 'sla')),
    constraint log_seen_position_counts check (position >= 1)
) with (fillfactor = 50);

-- Versions of calendars, as sla's log tells them; the definition is the bytes of a handoff.sla.v1.Calendar.
create table reporting.calendar_version (
    tenant_id uuid not null,
    calendar_id uuid not null,
    version integer not null,
    known_from timestamptz not null,
    definition bytea not null,
    constraint calendar_version_pkey primary key (tenant_id, calendar_id, version)
);

-- Versions of the contract, as sla's log tells them: whether the one in effect was signed by both sides.
create table reporting.contract_version (
    tenant_id uuid not null,
    contract_id uuid not null,
    version integer not null,
    known_from timestamptz not null,
    effective_from timestamptz not null,
    is_signed boolean not null,
    constraint contract_version_pkey primary key (tenant_id, contract_id, version)
);

-- Leads. One that was found to be a test stays, marked, so that later events of it count for nothing either.
create table reporting.lead_fact (
    tenant_id uuid not null,
    lead_id uuid not null,
    known_from timestamptz not null,
    known_to timestamptz,
    is_test boolean not null,
    imported boolean not null,
    captured_at timestamptz not null,
    customer_at timestamptz,
    origin text,
    source text,
    medium text,
    campaign text,
    kind text,
    persona text,
    constraint lead_fact_pkey primary key (tenant_id, lead_id, known_from),
    constraint lead_fact_versions_in_order check (known_to > known_from)
);
create unique index lead_fact_current on reporting.lead_fact (tenant_id, lead_id) where known_to is null;
create index lead_fact_by_captured on reporting.lead_fact (tenant_id, captured_at, lead_id) where known_to is null;
create index lead_fact_by_customer on reporting.lead_fact (tenant_id, customer_at)
    where known_to is null and customer_at is not null;
create index lead_fact_past on reporting.lead_fact (tenant_id, known_to) where known_to is not null;

-- Passages through the MQL stage. A cycle of a track usually has one: its hand-over. It has another when the source
-- skipped the stage once more in the same cycle, as when a rejected lead turns up with a deal. `began_at` and `until_at`
-- bound the instants of a passage; one that may still go on has no end.
create table reporting.handoff_fact (
    tenant_id uuid not null,
    lead_id uuid not null,
    product_line text not null,
    cycle integer not null,
    passage integer not null,
    known_from timestamptz not null,
    known_to timestamptz,
    is_test boolean not null,
    imported boolean not null,
    handoff_id uuid,
    captured_at timestamptz,
    mql_at timestamptz,
    mql_implied boolean not null,
    assigned_at timestamptz,
    ended_at timestamptz,
    decision text,
    reason text,
    attribution text,
    first_attempt_at timestamptz,
    first_connect_at timestamptz,
    first_meeting_at timestamptz,
    opportunity_at timestamptz,
    won_at timestamptz,
    won_amount numeric,
    won_currency text,
    lost_at timestamptz,
    origin text,
    source text,
    medium text,
    campaign text,
    kind text,
    persona text,
    owner text,
    team text,
    began_at timestamptz not null,
    until_at timestamptz,
    constraint handoff_fact_pkey primary key (tenant_id, lead_id, product_line, cycle, passage, known_from),
    constraint handoff_fact_versions_in_order check (known_to > known_from),
    constraint handoff_fact_counts check (cycle >= 1 and passage >= 1),
    constraint handoff_fact_decision_known check (
        decision in ('ACCEPTED', 'ACCEPTED_AUTO', 'ACCEPTED_IMPLIED', 'REJECTED', 'EXPIRED', 'WITHDRAWN',
            'WITHDRAWN_MERGED', 'WITHDRAWN_TEST')
    ),
    constraint handoff_fact_end_is_decided check ((ended_at is null) = (decision is null)),
    constraint handoff_fact_rejection_has_reason check (
        (decision is not distinct from 'REJECTED') = (reason is not null)
        and (reason is null) = (attribution is null)
    ),
    constraint handoff_fact_attribution_known check (attribution in ('CRITERIA', 'DATA', 'TIMING', 'ROUTING')),
    constraint handoff_fact_implied_has_instant check (mql_at is not null or not mql_implied),
    constraint handoff_fact_amount_has_currency check ((won_amount is null) = (won_currency is null)),
    constraint handoff_fact_lasts check (began_at <= until_at)
);
create unique index handoff_fact_current
    on reporting.handoff_fact (tenant_id, lead_id, product_line, cycle, passage) where known_to is null;
create index handoff_fact_by_mql on reporting.handoff_fact (tenant_id, mql_at)
    where known_to is null and mql_at is not null;
create index handoff_fact_by_end on reporting.handoff_fact (tenant_id, ended_at)
    where known_to is null and ended_at is not null;
create index handoff_fact_by_won on reporting.handoff_fact (tenant_id, won_at)
    where known_to is null and won_at is not null;
create index handoff_fact_by_until on reporting.handoff_fact (tenant_id, until_at, began_at)
    where known_to is null and until_at is not null;
create index handoff_fact_open on reporting.handoff_fact (tenant_id, began_at)
    where known_to is null and until_at is null;
create index handoff_fact_past on reporting.handoff_fact (tenant_id, known_to) where known_to is not null;

-- Clocks. The target's amount is microseconds, or days for business days; what had elapsed at the stop is what sla
-- logged. `until_at` is the last of start, deadline and stop; there is none while the clock runs.
create table reporting.clock_fact (
    tenant_id uuid not null,
    clock_id uuid not null,
    known_from timestamptz not null,
    known_to timestamptz,
    handoff_id uuid not null,
    kind text not null,
    target_unit text not null,
    target_amount bigint not null,
    started_at timestamptz not null,
    due_at timestamptz not null,
    stopped_at timestamptz,
    stop text,
    elapsed_business_us bigint,
    elapsed_calendar_us bigint,
    elapsed_business_days integer,
    breached_at timestamptz,
    until_at timestamptz,
    constraint clock_fact_pkey primary key (tenant_id, clock_id, known_from),
    constraint clock_fact_versions_in_order check (known_to > known_from),
    constraint clock_fact_kind_known check (kind in ('ROUTE', 'DECIDE', 'CONTACT', 'CONNECT', 'MEETING')),
    constraint clock_fact_target_unit_known check (target_unit in ('BUSINESS', 'CALENDAR', 'BUSINESS_DAYS')),
    constraint clock_fact_target_positive check (target_amount > 0),
    constraint clock_fact_stop_known check (stop in ('MET', 'MET_LATE', 'CANCELLED')),
    constraint clock_fact_stop_is_whole check (
        (stopped_at is null) = (stop is null)
        and (stop is null) = (elapsed_business_us is null)
        and (stop is null) = (elapsed_calendar_us is null)
        and (stop is null) = (elapsed_business_days is null)
    )
);
create unique index clock_fact_current on reporting.clock_fact (tenant_id, clock_id) where known_to is null;
create index clock_fact_by_until on reporting.clock_fact (tenant_id, until_at, started_at)
    where known_to is null and until_at is not null;
create index clock_fact_open on reporting.clock_fact (tenant_id, started_at)
    where known_to is null and until_at is null;
create index clock_fact_past on reporting.clock_fact (tenant_id, known_to) where known_to is not null;

alter table reporting.tenant_setting enable row level security;
alter table reporting.tenant_setting force row level security;
create policy tenant on reporting.tenant_setting
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table reporting.log_seen enable row level security;
alter table reporting.log_seen force row level security;
create policy tenant on reporting.log_seen
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table reporting.calendar_version enable row level security;
alter table reporting.calendar_version force row level security;
create policy tenant on reporting.calendar_version
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table reporting.contract_version enable row level security;
alter table reporting.contract_version force row level security;
create policy tenant on reporting.contract_version
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table reporting.lead_fact enable row level security;
alter table reporting.lead_fact force row level security;
create policy tenant on reporting.lead_fact
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table reporting.handoff_fact enable row level security;
alter table reporting.handoff_fact force row level security;
create policy tenant on reporting.handoff_fact
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table reporting.clock_fact enable row level security;
alter table reporting.clock_fact force row level security;
create policy tenant on reporting.clock_fact
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);

-- Facts are changed and never deleted; versions of calendars and contracts are not even changed.
grant select, insert, update on reporting.tenant_setting to handoff_reporting;
grant select, insert, update on reporting.log_seen to handoff_reporting;
grant select, insert on reporting.calendar_version to handoff_reporting;
grant select, insert on reporting.contract_version to handoff_reporting;
grant select, insert, update on reporting.lead_fact to handoff_reporting;
grant select, insert, update on reporting.handoff_fact to handoff_reporting;
grant select, insert, update on reporting.clock_fact to handoff_reporting;
