-- Leads judged by what both sides agreed on: candidates, how a lead was judged when it became an MQL, and what its behaviour
-- score is made of.
--
-- `score` and `engagement` follow the activities by the scoring model in effect, as an index would: the log does not tell of
-- them, and a lead whose row is lost is counted again. `score_adjustment` and `score_baseline` are folds of the log, as all
-- other tables are, and append-only.

set local lock_timeout = '5s';

-- The position of the last event that changed what leads are judged by: whoever keeps a rulebook knows by it whether it is
-- the present one. Null: whatever there is was agreed on before there was this column; a new tenant begins with 0.
alter table qualification.tenant add column rules_position bigint;

-- The ground on which a lead is a candidate on the track.
alter table qualification.track add column candidate text;
alter table qualification.track add constraint track_candidate_known
    check (candidate in ('THRESHOLDS', 'PUBLISHED', 'FAST_TRACK')) not valid;

-- Points are thousandths. Of what came before, or was imported, nobody knows how it was judged.
alter table qualification.handoff add column criteria_version integer;
alter table qualification.handoff add column fit_milli bigint;
alter table qualification.handoff add column model_version integer;
alter table qualification.handoff add column behaviour_milli bigint;
alter table qualification.handoff add column merit_digest bytea;
alter table qualification.handoff add constraint handoff_merit_is_whole check (
    (criteria_version is null) = (fit_milli is null) and (model_version is null) = (behaviour_milli is null)
    and (merit_digest is not null or (criteria_version is null and model_version is null))
) not valid;
alter table qualification.handoff drop constraint handoff_trigger_known;
alter table qualification.handoff add constraint handoff_trigger_known
    check (trigger in ('MANUAL', 'SALES_READY', 'IMPORTED', 'SCORE', 'FAST_TRACK')) not valid;

-- How far a lead's behaviour is from mattering, and when it is judged next. A lead without a row was never judged. Every
-- counted activity rewrites its lead's row, so pages keep room for that.
create table qualification.score (
    tenant_id uuid not null,
    lead_id uuid not null,
    model_version integer,
    is_counted boolean not null,
    ceiling_milli bigint,
    is_candidate boolean not null,
    since timestamptz,
    fast_track_at timestamptz,
    due_at timestamptz,
    constraint score_pkey primary key (tenant_id, lead_id),
    constraint score_counted_by_a_model check (not is_counted or model_version is not null)
) with (fillfactor = 80);
create index score_due on qualification.score (tenant_id, due_at, lead_id) where due_at is not null;

-- What leads did, as the model of their score counts it: so many activities of a rule on a local date. A rule is its place
-- in the model's canonical order.
create table qualification.engagement (
    tenant_id uuid not null,
    lead_id uuid not null,
    rule smallint not null,
    local_date date not null,
    count integer not null,
    constraint engagement_pkey primary key (tenant_id, lead_id, local_date, rule),
    constraint engagement_counts check (count >= 1)
) with (fillfactor = 90);

-- Points given or taken by hand; the reason is personal and lies with the event. A decay has one number, or two.
create table qualification.score_adjustment (
    tenant_id uuid not null,
    lead_id uuid not null,
    position bigint not null,
    occurred_at timestamptz not null,
    local_date date not null,
    points_milli bigint not null,
    decay text not null,
    decay_days integer,
    decay_rate_permille integer,
    constraint score_adjustment_pkey primary key (tenant_id, lead_id, position),
    constraint score_adjustment_decay_known check (decay in ('NONE', 'LINEAR', 'HALF_LIFE', 'WINDOW')),
    constraint score_adjustment_decay_is_whole check (
        (decay = 'NONE') = (decay_days is null) and (decay = 'LINEAR') = (decay_rate_permille is not null)
    )
);

-- Moments from which on a lead's behaviour is counted anew.
create table qualification.score_baseline (
    tenant_id uuid not null,
    lead_id uuid not null,
    position bigint not null,
    occurred_at timestamptz not null,
    local_date date not null,
    constraint score_baseline_pkey primary key (tenant_id, lead_id, position)
);

-- When the next lead of each tenant has to be judged: a directory of ids and times outside row-level security, as sla's.
create table qualification.due_time (
    tenant_id uuid not null,
    next_at timestamptz,
    constraint due_time_pkey primary key (tenant_id)
) with (fillfactor = 50);
create index due_time_by_time on qualification.due_time (next_at, tenant_id) where next_at is not null;

alter table qualification.score enable row level security;
alter table qualification.score force row level security;
create policy tenant on qualification.score
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.engagement enable row level security;
alter table qualification.engagement force row level security;
create policy tenant on qualification.engagement
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.score_adjustment enable row level security;
alter table qualification.score_adjustment force row level security;
create policy tenant on qualification.score_adjustment
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.score_baseline enable row level security;
alter table qualification.score_baseline force row level security;
create policy tenant on qualification.score_baseline
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);

grant select, insert, update, delete on qualification.score, qualification.engagement to handoff_qualification;
grant select, insert on qualification.score_adjustment, qualification.score_baseline to handoff_qualification;
grant select, insert, update on qualification.due_time to handoff_qualification;
