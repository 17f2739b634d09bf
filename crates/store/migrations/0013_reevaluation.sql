-- What follows for the leads of today when a criteria set or a scoring model takes effect.
--
-- A re-evaluation looks at one lead after the other and keeps which of them change; what it comes to stands in the log, as
-- events of those leads. `last_lead_id` is how far it has come: whoever goes on goes on from there.

set local lock_timeout = '5s';

create table qualification.reevaluation (
    tenant_id uuid not null,
    subject text not null,
    number integer not null,
    mode text not null,
    state text not null,
    effective_from timestamptz not null,
    begun_at timestamptz not null,
    ended_at timestamptz,
    last_lead_id uuid,
    leads_total bigint,
    leads_evaluated bigint not null,
    constraint reevaluation_pkey primary key (tenant_id, subject, number),
    constraint reevaluation_mode_known check (mode in ('SHADOW', 'CAPPED')),
    constraint reevaluation_state_known check (state in ('EVALUATING', 'APPLYING', 'DONE', 'SUPERSEDED')),
    constraint reevaluation_of_a_report_applies_nothing check (mode = 'CAPPED' or state <> 'APPLYING'),
    constraint reevaluation_ends_once check ((ended_at is not null) = (state in ('DONE', 'SUPERSEDED'))),
    constraint reevaluation_counts check (leads_evaluated >= 0)
);
create unique index reevaluation_under_way on qualification.reevaluation (tenant_id)
    where state in ('EVALUATING', 'APPLYING');
create index reevaluation_by_time on qualification.reevaluation (tenant_id, effective_from, subject, number);

-- A lead that changes by it, and what its behaviour came to then, in thousandths of a point.
create table qualification.reevaluation_finding (
    tenant_id uuid not null,
    subject text not null,
    number integer not null,
    lead_id uuid not null,
    change text not null,
    points_milli bigint not null,
    is_applied boolean not null,
    constraint reevaluation_finding_pkey primary key (tenant_id, subject, number, lead_id),
    constraint reevaluation_finding_of_one foreign key (tenant_id, subject, number)
        references qualification.reevaluation (tenant_id, subject, number),
    constraint reevaluation_finding_change_known check (change in ('QUALIFIES', 'WAITS', 'LEAVES', 'LATER'))
);
create index reevaluation_finding_best on qualification.reevaluation_finding
    (tenant_id, subject, number, points_milli desc, lead_id);
create index reevaluation_finding_open on qualification.reevaluation_finding
    (tenant_id, subject, number, points_milli desc, lead_id) where not is_applied;

-- The tenants of which one is under way, and the first time at which a scheduled version takes effect, for whoever works on
-- them: see 0011. Null: none.
alter table qualification.due_time add column reevaluates boolean;
create index due_time_reevaluates on qualification.due_time (tenant_id) where reevaluates;

alter table qualification.version no force row level security;
insert into qualification.due_time as old (tenant_id, next_at)
select tenant_id, min(effective_from)
from qualification.version
where state = 'SCHEDULED'
group by tenant_id
on conflict (tenant_id) do update set next_at = least(old.next_at, excluded.next_at);
alter table qualification.version force row level security;

-- Candidates, for whom the end of a guard is looked for.
create index score_of_candidates on qualification.score (tenant_id, lead_id) where is_candidate;

-- The places that leads of a published model took on the last business date on which one did.
alter table qualification.tenant add column published_on date;
alter table qualification.tenant add column published integer;
alter table qualification.tenant add constraint tenant_published_on_a_date
    check ((published_on is null) = (published is null) and published >= 1) not valid;

alter table qualification.handoff drop constraint handoff_trigger_known;
alter table qualification.handoff add constraint handoff_trigger_known
    check (trigger in ('MANUAL', 'SALES_READY', 'IMPORTED', 'SCORE', 'FAST_TRACK', 'PUBLISHED')) not valid;

alter table qualification.reevaluation enable row level security;
alter table qualification.reevaluation force row level security;
create policy tenant on qualification.reevaluation
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);
alter table qualification.reevaluation_finding enable row level security;
alter table qualification.reevaluation_finding force row level security;
create policy tenant on qualification.reevaluation_finding
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);

grant select, insert, update on qualification.reevaluation, qualification.reevaluation_finding to handoff_qualification;
