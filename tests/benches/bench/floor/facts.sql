-- Facts of a made-up tenant, as reporting would have folded them from the logs: NUMBER hand-overs over the twelve months
-- from November 2025, of a lead each, with the clock of each. Everything is a function of the number of the lead, so
-- every run has the same. One in eighty of the last days is still open; of the others 62 % were accepted, and a fifth of
-- those was won, up to forty days later. TENANT and NUMBER are put in by floor/facts.rs.
create temporary table made as
with numbered as (
    select n,
        timestamptz '2025-11-01 00:00 Europe/Rome' + n * (interval '364 days' / NUMBER) as captured_at,
        abs(hashint8extended(n, 1) % 1000) as luck,
        abs(hashint8extended(n, 2) % 240) as hours_to_mql,
        abs(hashint8extended(n, 3) % 7200) as minutes_to_end,
        abs(hashint8extended(n, 4) % 40) as days_to_won,
        abs(hashint8extended(n, 5) % 840) as choice
    from generate_series(1, NUMBER) as n
), handed_over as (
    select *, captured_at + hours_to_mql * interval '1 hour' as mql_at from numbered
), decided as (
    select *,
        case when mql_at < '2026-10-28' or luck % 2 = 0
            then mql_at + (30 + minutes_to_end) * interval '1 minute' end as ended_at
    from handed_over
), won as (
    select *,
        case when luck < 620 and luck % 5 = 0 and ended_at < '2026-10-08'
            then ended_at + (1 + days_to_won) * interval '1 day' end as won_at
    from decided
)
select n, captured_at, mql_at, ended_at, won_at, luck, choice,
    ('01940000-0001-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as lead_id,
    ('01940000-0002-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as handoff_id,
    ('01940000-0003-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as clock_id,
    (array['MARKETING', 'PARTNER', 'REFERRAL', 'SALES'])[1 + choice % 4] as origin,
    'source-' || choice % 8 as source,
    (array['cpc', 'email', 'organic'])[1 + choice % 3] as medium,
    'campaign-' || choice % 12 as campaign,
    (array['B2B', 'B2C'])[1 + choice % 2] as kind,
    'persona-' || choice % 5 as persona,
    'seller-' || choice % 12 as owner,
    (array['north', 'centre', 'south'])[1 + choice % 3] as team
from won;

insert into reporting.lead_fact (tenant_id, lead_id, known_from, known_to, is_test, imported, captured_at, customer_at,
    origin, source, medium, campaign, kind, persona)
select 'TENANT', lead_id, captured_at, null, false, false, captured_at, won_at, origin, source, medium, campaign, kind,
    persona
from made;

insert into reporting.handoff_fact (tenant_id, lead_id, product_line, cycle, passage, known_from, known_to, is_test,
    imported, handoff_id, captured_at, mql_at, mql_implied, assigned_at, ended_at, decision, reason, attribution,
    first_attempt_at, first_connect_at, opportunity_at, won_at, won_amount, won_currency, origin, source, medium,
    campaign, kind, persona, owner, team, began_at, until_at)
select 'TENANT', lead_id, 'default', 1, 1, coalesce(won_at, ended_at, mql_at), null, false,
    false, handoff_id, captured_at, mql_at, false, mql_at, ended_at,
    case when ended_at is null then null when luck < 620 then 'ACCEPTED' else 'REJECTED' end,
    case when ended_at is not null and luck >= 620
        then (array['NO_BUDGET_NOW', 'WRONG_SIZE', 'NO_VERIFIED_CONTACT'])[1 + choice % 3] end,
    case when ended_at is not null and luck >= 620
        then (array['TIMING', 'CRITERIA', 'DATA'])[1 + choice % 3] end,
    ended_at, ended_at, case when won_at is not null then ended_at end, won_at,
    case when won_at is not null then 1000 + choice end, case when won_at is not null then 'EUR' end,
    origin, source, medium, campaign, kind, persona, owner, team, captured_at,
    -- One that may still go on has no end: accepted and not won, or not decided.
    case when won_at is not null then won_at when luck >= 620 then ended_at end
from made;

-- Business time is a third of the time on the clock: a function of the same two instants that SQL can repeat.
insert into reporting.clock_fact (tenant_id, clock_id, known_from, known_to, handoff_id, kind, target_unit, target_amount,
    started_at, due_at, stopped_at, stop, elapsed_business_us, elapsed_calendar_us, elapsed_business_days, breached_at,
    until_at)
select 'TENANT', clock_id, coalesce(ended_at, mql_at), null, handoff_id, 'DECIDE', 'BUSINESS_DAYS', 2,
    mql_at, due_at, ended_at, case when ended_at <= due_at then 'MET' when ended_at > due_at then 'MET_LATE' end,
    (extract(epoch from ended_at - mql_at) * 1000000)::bigint / 3,
    (extract(epoch from ended_at - mql_at) * 1000000)::bigint,
    (extract(epoch from ended_at - mql_at) / 86400)::integer,
    case when coalesce(ended_at, '2026-11-20') > due_at then due_at end,
    case when ended_at is not null then greatest(ended_at, due_at) end
from (select *, mql_at + interval '2 days' as due_at from made) as clocked;

drop table made;
