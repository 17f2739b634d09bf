-- A tenant's vocabulary (R8, R9, R13, R14): what it added to the standard attributes and types of activity, which are in no
-- table, or changed of them; and its rates between currencies. What folding qualification's log gives; `position` is that
-- of the last event about the row.
--
-- And when somebody made sure of a value of a person: times by the name of the value, personal as the values are.

set local lock_timeout = '5s';

create table qualification.attribute (
    tenant_id uuid not null,
    key text not null,
    subject text not null,
    value_type text not null,
    sensitive boolean not null,
    label text not null,
    position bigint not null,
    constraint attribute_pkey primary key (tenant_id, key),
    constraint attribute_key_is_snake_case check (key ~ '^[a-z][a-z0-9_]{0,63}$'),
    constraint attribute_subject_known check (subject in ('PERSON', 'ORGANISATION')),
    constraint attribute_value_type_known check (
        value_type in ('TEXT', 'NUMBER', 'MONEY', 'DATE', 'BOOLEAN', 'LIST')
    )
);

-- Properties are an object of types by name.
create table qualification.activity_type (
    tenant_id uuid not null,
    kind text not null,
    label text not null,
    properties jsonb not null,
    position bigint not null,
    constraint activity_type_pkey primary key (tenant_id, kind),
    constraint activity_type_kind_is_upper_snake_case check (kind ~ '^[A-Z0-9_]{1,64}$'),
    constraint activity_type_properties_by_name check (jsonb_typeof(properties) = 'object')
);

-- From `day` on, one unit of `from_currency` is worth `rate` units of `to_currency`.
create table qualification.currency_rate (
    tenant_id uuid not null,
    from_currency text not null,
    to_currency text not null,
    day date not null,
    rate numeric(24, 12) not null,
    position bigint not null,
    constraint currency_rate_pkey primary key (tenant_id, from_currency, to_currency, day),
    constraint currency_rate_is_of_two check (from_currency <> to_currency),
    constraint currency_rate_is_positive check (rate > 0)
);

alter table qualification.person add column verified jsonb;

alter table qualification.attribute enable row level security;
alter table qualification.attribute force row level security;
create policy tenant on qualification.attribute
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);

alter table qualification.activity_type enable row level security;
alter table qualification.activity_type force row level security;
create policy tenant on qualification.activity_type
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);

alter table qualification.currency_rate enable row level security;
alter table qualification.currency_rate force row level security;
create policy tenant on qualification.currency_rate
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);

grant select, insert, update
    on qualification.attribute, qualification.activity_type, qualification.currency_rate to handoff_qualification;
