-- Hand-overs that wait for a decision, as the service would have written them, without the log: NUMBER of TENANT, put in by
-- floor/queue.rs. A hundred owners of ten teams, a thousand personas, scores from 0 to 999.
insert into qualification.lead (tenant_id, lead_id, kind, origin_channel, stage, stage_since, captured_at, suppression, imported,
    version)
select 'TENANT', (lpad(to_hex(1767225600000 + n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid, 'B2B',
    'MARKETING', 'MQL', t.at, t.at, 'NONE', false, n
from generate_series(1, NUMBER) as n
cross join lateral (select now() - (NUMBER - n) * interval '10 seconds' as at) as t;

insert into qualification.team (tenant_id, team_id, slug, side, version)
select 'TENANT', team_id, 'team-' || n, 'SALES', 1
from unnest(TEAMS) with ordinality as t(team_id, n);

insert into qualification.handoff (tenant_id, handoff_id, lead_id, product_line, cycle, state, trigger, kind, origin_channel,
    persona, mql_at, owner_id, team_id, assigned_at, implied, implied_assignment, auto, model_version, behaviour_milli,
    merit_digest, round, imported, version)
select l.tenant_id, overlay(l.lead_id::text placing '9' from 20 for 1)::uuid, l.lead_id, 'default', 1, 'ASSIGNED', 'SCORE', 'B2B',
    'MARKETING', 'persona-' || l.version % 1000, l.stage_since, (OWNERS)[l.version % 100 + 1],
    (TEAMS)[l.version % 10 + 1], l.stage_since, false, false, false, 1, (l.version * 7919) % 1000 * 1000,
    decode(repeat('00', 32), 'hex'), 1, false, l.version
from qualification.lead as l
where l.tenant_id = 'TENANT';

insert into qualification.track (tenant_id, lead_id, product_line, stage, stage_since, cycle, cycle_has_handoff, open_handoff_id,
    version)
select tenant_id, lead_id, 'default', 'MQL', mql_at, 1, true, handoff_id, version
from qualification.handoff
where tenant_id = 'TENANT';
