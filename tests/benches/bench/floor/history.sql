-- Activities of the leads of a tenant, as RecordActivity would have written them: NUMBER for each, of the last three hundred
-- days in equal steps, with ids of their time. TENANT and NUMBER are put in by floor/history.rs. No event tells of them, so
-- their position is 0.
insert into qualification.activity (tenant_id, lead_id, activity_id, type, occurred_at, local_date, recorded_at, imported,
    version)
select l.tenant_id, l.lead_id,
    (lpad(to_hex((extract(epoch from a.occurred_at) * 1000)::bigint), 12, '0') || '7' || substr(r.hex, 1, 3) || '8'
        || substr(r.hex, 4, 15))::uuid,
    'EBOOK_DOWNLOADED', a.occurred_at, (a.occurred_at at time zone 'Europe/Rome')::date, a.occurred_at, false, 0
from qualification.lead as l
cross join generate_series(1, NUMBER) as n
cross join lateral (select now() - (NUMBER - n) * (interval '300 days' / NUMBER) as occurred_at) as a
cross join lateral (select md5(l.lead_id::text || n) as hex) as r
where l.tenant_id = 'TENANT';

-- Only of a tenant with a model: the first of its rules counts them.
insert into qualification.engagement (tenant_id, lead_id, rule, local_date, count)
select a.tenant_id, a.lead_id, 0, a.local_date, count(*)
from qualification.activity as a
join qualification.score as s using (tenant_id, lead_id)
where a.tenant_id = 'TENANT'
group by a.tenant_id, a.lead_id, a.local_date;

update qualification.score set due_at = now() where tenant_id = 'TENANT';

insert into qualification.due_time (tenant_id, next_at)
select 'TENANT', now()
where exists (select from qualification.score where tenant_id = 'TENANT')
on conflict (tenant_id) do update set next_at = excluded.next_at;
