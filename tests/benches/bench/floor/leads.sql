-- Leads with ten activities each, as the service would have written them, without the log: NUMBER of TENANT, put in by
-- floor/leads.rs. Nine of the ten say nothing of their properties, the last is of a page; of one lead in a hundred two are
-- webinars. All were judged by version 1 of the model, which none of them reaches, and are counted anew when they are judged.
insert into qualification.lead (tenant_id, lead_id, kind, origin_channel, stage, stage_since, captured_at, suppression, imported,
    version)
select 'TENANT', id.lead_id, 'B2B', 'MARKETING', 'LEAD', t.at, t.at, 'NONE', false, 1
from generate_series(1, NUMBER) as n
cross join lateral (
    select (lpad(to_hex(1767225600000 + n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid as lead_id
) as id
cross join (select now() - interval '300 days' as at) as t;

insert into qualification.person (tenant_id, lead_id, email, attributes)
select tenant_id, lead_id, 'lead-' || lead_id || '@example.com', '{"employees": "120", "country": "IT"}'
from qualification.lead
where tenant_id = 'TENANT';

insert into qualification.track (tenant_id, lead_id, product_line, stage, stage_since, cycle, cycle_has_handoff, version)
select tenant_id, lead_id, 'default', 'LEAD', stage_since, 1, false, 1
from qualification.lead
where tenant_id = 'TENANT';

insert into qualification.score (tenant_id, lead_id, model_version, is_counted, ceiling_milli, is_candidate)
select tenant_id, lead_id, 1, false, 49000, false
from qualification.lead
where tenant_id = 'TENANT';

-- In the order in which they would have happened: an activity of every lead, then the next of every lead.
insert into qualification.activity (tenant_id, lead_id, activity_id, type, occurred_at, local_date, recorded_at, imported, version)
select l.tenant_id, l.lead_id,
    (lpad(to_hex((extract(epoch from t.at) * 1000)::bigint), 12, '0') || '70008000' || right(l.lead_id::text, 12))::uuid,
    case
        when n = 10 then 'WEBSITE_VISIT'
        when n >= 8 and l.ordinal % 100 = 0 then 'WEBINAR_ATTENDED'
        else 'EBOOK_DOWNLOADED'
    end,
    t.at, (t.at at time zone 'Europe/Rome')::date, t.at, false, n
from generate_series(1, 10) as n
cross join (
    select tenant_id, lead_id, ('x' || right(lead_id::text, 8))::bit(32)::int as ordinal
    from qualification.lead
    where tenant_id = 'TENANT'
) as l
cross join lateral (select now() - (11 - n) * interval '7 days' as at) as t;

insert into qualification.person_value (tenant_id, lead_id, position, field, value)
select tenant_id, lead_id, version, 'attributes.page', '/pricing'
from qualification.activity
where tenant_id = 'TENANT' and type = 'WEBSITE_VISIT';
