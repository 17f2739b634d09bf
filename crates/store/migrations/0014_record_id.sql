-- What leads are called in further systems of record, beside `external_id`, the id in the tenant's own.

set local lock_timeout = '5s';

-- Personal, and so erased with the person. The index by id is an exclusion for the same reason as person's: in one batch a
-- lead may give up the id that another one takes.
create table qualification.record_id (
    tenant_id uuid not null,
    lead_id uuid not null,
    system text not null,
    id text not null,
    constraint record_id_pkey primary key (tenant_id, lead_id, system),
    constraint record_id_unique exclude using btree (tenant_id with =, system with =, id with =)
        deferrable initially immediate,
    constraint record_id_lead_exists foreign key (tenant_id, lead_id) references qualification.lead (tenant_id, lead_id)
);

-- An id here is enough to be known by (R7), and no CHECK sees two tables: the domain holds it, and `handoff verify` proves
-- that every lead was captured with something that makes it known, and has it still.
alter table qualification.person drop constraint person_known;

alter table qualification.record_id enable row level security;
alter table qualification.record_id force row level security;
create policy tenant on qualification.record_id
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);

grant select, insert, update, delete on qualification.record_id to handoff_qualification;
