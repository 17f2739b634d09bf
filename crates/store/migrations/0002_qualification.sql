-- Qualification's state: what folding its log gives, kept as tables so that a decision loads a few rows.
--
-- Every row is written by the batch that appends its event, under the tenant's log row: one writer at a time. `version`
-- is the position of the last event that changed the row; it is the record's etag, and an upsert only ever moves it on.
--
-- CHECKs bind a state to the fields it needs. None orders times: a deal can be won before its lead became an MQL,
-- because the world's clocks and CRMs say so.
--
-- Foreign keys stand where a row without its parent would be a lie and few rows are written; the append-only tables
-- have none, because a check per row would cost what the batch saves.

set local lock_timeout = '5s';

-- The tenant. Durations are microseconds, so that no interval arithmetic ever happens in the database.
create table qualification.tenant (
    tenant_id uuid not null,
    slug text not null,
    time_zone text not null,
    currency_code text not null,
    fiscal_year_start_month smallint not null,
    starter_target_unit text not null,
    starter_target_amount bigint not null,
    contract_effective_from timestamptz,
    cooldown_us bigint not null,
    correction_grace_us bigint not null,
    dispute_window_us bigint not null,
    settlement_delay_us bigint not null,
    created_at timestamptz not null,
    version bigint not null,
    constraint tenant_pkey primary key (tenant_id),
    constraint tenant_fiscal_year_has_twelve_months check (fiscal_year_start_month between 1 and 12),
    constraint tenant_starter_target_unit_known check (
        starter_target_unit in ('BUSINESS', 'CALENDAR', 'BUSINESS_DAYS')
    ),
    constraint tenant_starter_target_positive check (starter_target_amount > 0)
);

-- Teams. The key is made from tenant and slug, so the slug is unique without an index of its own.
create table qualification.team (
    tenant_id uuid not null,
    team_id uuid not null,
    slug text not null,
    side text not null,
    version bigint not null,
    constraint team_pkey primary key (tenant_id, team_id),
    constraint team_side_known check (side in ('MARKETING', 'SALES'))
);

-- People who work for the tenant. `display_name` and `email` are personal; they are here and in person_value, under
-- the user's key, and nowhere else.
create table qualification.user_account (
    tenant_id uuid not null,
    user_id uuid not null,
    slug text not null,
    side text not null,
    team_id uuid,
    active boolean not null,
    display_name text,
    email text,
    version bigint not null,
    constraint user_account_pkey primary key (tenant_id, user_id),
    -- For the list, which is in the order of slugs.
    constraint user_account_slug_unique unique (tenant_id, slug),
    constraint user_account_team_exists foreign key (tenant_id, team_id)
        references qualification.team (tenant_id, team_id),
    constraint user_account_side_known check (side in ('MARKETING', 'SALES'))
);

-- Leads, without anything personal. No column that changes is indexed and a fifth of each page is left free, so that
-- an update stays on its page.
create table qualification.lead (
    tenant_id uuid not null,
    lead_id uuid not null,
    kind text not null,
    origin_channel text not null,
    origin_source text,
    origin_medium text,
    origin_campaign text,
    persona text,
    stage text not null,
    stage_since timestamptz not null,
    captured_at timestamptz not null,
    customer_since timestamptz,
    cooldown_until timestamptz,
    suppression text not null,
    merged_into uuid,
    imported boolean not null,
    version bigint not null,
    constraint lead_pkey primary key (tenant_id, lead_id),
    constraint lead_kind_known check (kind in ('B2B', 'B2C', 'UNKNOWN')),
    constraint lead_origin_channel_known check (
        origin_channel in ('MARKETING', 'SALES_DEVELOPMENT', 'SALES', 'PARTNER', 'REFERRAL', 'UNKNOWN')
    ),
    constraint lead_stage_known check (
        stage in ('LEAD', 'NURTURE', 'DISQUALIFIED', 'MQL', 'SQL', 'OPPORTUNITY', 'CUSTOMER')
    ),
    constraint lead_suppression_known check (suppression in ('NONE', 'CONSENT', 'COMPETITOR', 'CUSTOMER', 'TEST'))
) with (fillfactor = 80);

-- Who a lead is: its personal values as they are now, apart from the lead, so that erasing is deleting this row and
-- those of person_value. The two uniques are checked when the statement ends and not row by row: in one batch a lead
-- may give up the address that another one takes. They are exclusions, because only those can be both deferrable and
-- partial, and partial, because an index that holds every row is one that a plan made on an empty table may take to
-- find a lead by its key, reading the tenant's whole part of it.
create table qualification.person (
    tenant_id uuid not null,
    lead_id uuid not null,
    external_id text,
    email text,
    phone text,
    given_name text,
    family_name text,
    organisation text,
    attributes jsonb not null,
    constraint person_pkey primary key (tenant_id, lead_id),
    constraint person_external_id_unique exclude using btree (tenant_id with =, external_id with =)
        where (external_id is not null) deferrable initially immediate,
    constraint person_email_unique exclude using btree (tenant_id with =, email with =)
        where (email is not null) deferrable initially immediate,
    constraint person_lead_exists foreign key (tenant_id, lead_id) references qualification.lead (tenant_id, lead_id),
    -- R7: a cookie does not make a lead.
    constraint person_known check (external_id is not null or email is not null or phone is not null)
);

-- A lead's way through one product line.
create table qualification.track (
    tenant_id uuid not null,
    lead_id uuid not null,
    product_line text not null,
    stage text not null,
    stage_since timestamptz not null,
    cycle integer not null,
    cycle_has_handoff boolean not null,
    open_handoff_id uuid,
    open_opportunity_id uuid,
    version bigint not null,
    constraint track_pkey primary key (tenant_id, lead_id, product_line),
    constraint track_lead_exists foreign key (tenant_id, lead_id) references qualification.lead (tenant_id, lead_id),
    constraint track_stage_known check (
        stage in ('LEAD', 'NURTURE', 'DISQUALIFIED', 'MQL', 'SQL', 'OPPORTUNITY', 'CUSTOMER')
    ),
    constraint track_cycle_counts check (cycle >= 1),
    -- MQL is where a lead waits for a decision: there, and only there, a handoff is open.
    constraint track_mql_has_open_handoff check ((open_handoff_id is not null) = (stage = 'MQL'))
) with (fillfactor = 80);

-- Hand-overs, one per cycle of a track. The note of a rejection is personal and lies in person_value, with its event.
create table qualification.handoff (
    tenant_id uuid not null,
    handoff_id uuid not null,
    lead_id uuid not null,
    product_line text not null,
    cycle integer not null,
    state text not null,
    trigger text not null,
    kind text not null,
    origin_channel text not null,
    origin_source text,
    origin_medium text,
    origin_campaign text,
    persona text,
    mql_at timestamptz not null,
    owner_id uuid,
    team_id uuid,
    assigned_at timestamptz,
    decided_at timestamptz,
    decided_by text,
    reason text,
    disposition text,
    attribution text,
    withdrawal text,
    implied boolean not null,
    implied_assignment boolean not null,
    auto boolean not null,
    first_attempt_at timestamptz,
    first_connect_at timestamptz,
    first_meeting_at timestamptz,
    imported boolean not null,
    version bigint not null,
    constraint handoff_pkey primary key (tenant_id, handoff_id),
    constraint handoff_one_per_cycle unique (tenant_id, lead_id, product_line, cycle),
    constraint handoff_lead_exists foreign key (tenant_id, lead_id) references qualification.lead (tenant_id, lead_id),
    constraint handoff_state_known check (
        state in ('PENDING_ROUTE', 'ASSIGNED', 'ACCEPTED', 'REJECTED', 'WITHDRAWN')
    ),
    constraint handoff_trigger_known check (trigger in ('MANUAL', 'SALES_READY', 'IMPORTED')),
    constraint handoff_cycle_counts check (cycle >= 1),
    constraint handoff_pending_has_no_owner check (
        state <> 'PENDING_ROUTE' or (owner_id is null and team_id is null and assigned_at is null)
    ),
    constraint handoff_assigned_has_owner check (
        state <> 'ASSIGNED' or (owner_id is not null and assigned_at is not null)
    ),
    constraint handoff_end_has_its_time check (
        (decided_at is not null) = (state in ('ACCEPTED', 'REJECTED', 'WITHDRAWN'))
    ),
    constraint handoff_decision_has_its_author check (
        (decided_by is not null) = (state in ('ACCEPTED', 'REJECTED'))
    ),
    constraint handoff_rejection_has_its_reason check (
        (state = 'REJECTED') = (reason is not null)
        and (state = 'REJECTED') = (disposition is not null)
        and (state = 'REJECTED') = (attribution is not null)
    ),
    constraint handoff_withdrawal_has_its_reason check ((state = 'WITHDRAWN') = (withdrawal is not null)),
    constraint handoff_implied_is_accepted check (
        state = 'ACCEPTED' or not (implied or implied_assignment or auto)
    )
);
-- A track waits for one decision at a time. The fold says so too; this says so to everybody.
create unique index handoff_open_per_track on qualification.handoff (tenant_id, lead_id, product_line)
    where state in ('PENDING_ROUTE', 'ASSIGNED');
-- The lists, newest first (R25).
create index handoff_by_date on qualification.handoff (tenant_id, mql_at desc, handoff_id desc);
create index handoff_by_state on qualification.handoff (tenant_id, state, mql_at desc, handoff_id desc);
create index handoff_by_owner on qualification.handoff (tenant_id, owner_id, mql_at desc, handoff_id desc)
    where owner_id is not null;

-- The stage history: a row per move, by the position of its event. Append-only.
create table qualification.stage_change (
    tenant_id uuid not null,
    lead_id uuid not null,
    position bigint not null,
    product_line text not null,
    cycle integer not null,
    from_stage text,
    to_stage text not null,
    skipped_stages text[] not null,
    handoff_id uuid,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    actor text not null,
    actor_side text not null,
    reason text,
    imported boolean not null,
    constraint stage_change_pkey primary key (tenant_id, lead_id, position),
    constraint stage_change_moves check (from_stage is distinct from to_stage)
);

-- What leads did. Properties are personal and lie in person_value, with their event. Append-only; the key starts with
-- the lead because a score reads one lead's activities.
create table qualification.activity (
    tenant_id uuid not null,
    lead_id uuid not null,
    activity_id uuid not null,
    type text not null,
    occurred_at timestamptz not null,
    local_date date not null,
    recorded_at timestamptz not null,
    imported boolean not null,
    version bigint not null,
    constraint activity_pkey primary key (tenant_id, lead_id, activity_id)
);

-- Contacts with leads. Append-only.
create table qualification.contact (
    tenant_id uuid not null,
    lead_id uuid not null,
    contact_id uuid not null,
    handoff_id uuid,
    kind text not null,
    direction text not null,
    human boolean not null,
    channel text not null,
    made_by text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    imported boolean not null,
    version bigint not null,
    constraint contact_pkey primary key (tenant_id, lead_id, contact_id),
    constraint contact_kind_known check (kind in ('ATTEMPT', 'CONNECT', 'MEETING')),
    constraint contact_direction_known check (direction in ('INBOUND', 'OUTBOUND'))
);

-- Deals in the making, or made. An amount is exact to a billionth of its currency's unit.
create table qualification.opportunity (
    tenant_id uuid not null,
    lead_id uuid not null,
    opportunity_id uuid not null,
    product_line text not null,
    cycle integer not null,
    handoff_id uuid,
    state text not null,
    opened_at timestamptz,
    closed_at timestamptz,
    amount numeric(28, 9),
    currency_code text,
    lost_reason text,
    new_customer boolean not null,
    imported boolean not null,
    version bigint not null,
    constraint opportunity_pkey primary key (tenant_id, lead_id, opportunity_id),
    constraint opportunity_lead_exists foreign key (tenant_id, lead_id)
        references qualification.lead (tenant_id, lead_id),
    constraint opportunity_state_known check (state in ('OPEN', 'WON', 'LOST')),
    constraint opportunity_cycle_counts check (cycle >= 1),
    constraint opportunity_open_was_opened check (state <> 'OPEN' or (opened_at is not null and closed_at is null)),
    constraint opportunity_end_has_its_time check (state = 'OPEN' or closed_at is not null),
    constraint opportunity_amount_has_currency check ((amount is null) = (currency_code is null)),
    constraint opportunity_only_won_makes_customers check (state = 'WON' or not new_customer),
    constraint opportunity_only_lost_has_reason check (state = 'LOST' or lost_reason is null)
);
create unique index opportunity_open_per_track on qualification.opportunity (tenant_id, lead_id, product_line)
    where state = 'OPEN';

-- Imported items: a SHA-256 of the source's key, because the key itself may be a personal id, and one of its content.
create table qualification.source_key (
    tenant_id uuid not null,
    kind text not null,
    key bytea not null,
    content bytea not null,
    lead_id uuid not null,
    constraint source_key_pkey primary key (tenant_id, kind, key),
    constraint source_key_kind_known check (kind in ('LEAD', 'ACTIVITY', 'TRANSITION', 'CONTACT', 'OUTCOME')),
    constraint source_key_is_sha256 check (octet_length(key) = 32 and octet_length(content) = 32)
);

-- Row-level security and rights, as for the log: an unset tenant is an error, and what is append-only has no update.
alter table qualification.tenant enable row level security;
alter table qualification.tenant force row level security;
create policy tenant on qualification.tenant
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.team enable row level security;
alter table qualification.team force row level security;
create policy tenant on qualification.team
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.user_account enable row level security;
alter table qualification.user_account force row level security;
create policy tenant on qualification.user_account
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.lead enable row level security;
alter table qualification.lead force row level security;
create policy tenant on qualification.lead
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.person enable row level security;
alter table qualification.person force row level security;
create policy tenant on qualification.person
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.track enable row level security;
alter table qualification.track force row level security;
create policy tenant on qualification.track
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.handoff enable row level security;
alter table qualification.handoff force row level security;
create policy tenant on qualification.handoff
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.stage_change enable row level security;
alter table qualification.stage_change force row level security;
create policy tenant on qualification.stage_change
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.activity enable row level security;
alter table qualification.activity force row level security;
create policy tenant on qualification.activity
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.contact enable row level security;
alter table qualification.contact force row level security;
create policy tenant on qualification.contact
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.opportunity enable row level security;
alter table qualification.opportunity force row level security;
create policy tenant on qualification.opportunity
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.source_key enable row level security;
alter table qualification.source_key force row level security;
create policy tenant on qualification.source_key
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);

grant select, insert, update on qualification.tenant, qualification.team, qualification.user_account
    to handoff_qualification;
grant select, insert, update on qualification.lead, qualification.track, qualification.handoff,
    qualification.opportunity, qualification.source_key to handoff_qualification;
grant select, insert, update, delete on qualification.person to handoff_qualification;
grant select, insert on qualification.stage_change, qualification.activity, qualification.contact
    to handoff_qualification;
