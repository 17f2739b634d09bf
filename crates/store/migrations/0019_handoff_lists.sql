-- What people work on is short beside what there was: the lists of open hand-overs have indexes of their own, which a decision
-- leaves without writing to them.

set local lock_timeout = '5s';

-- Without a scoring model nobody has points: below all others.
create index handoff_open_by_score on qualification.handoff
    (tenant_id, coalesce(behaviour_milli, -9223372036854775808) desc, handoff_id desc)
    where state in ('PENDING_ROUTE', 'ASSIGNED');
create index handoff_open_by_team on qualification.handoff (tenant_id, team_id, mql_at desc, handoff_id desc)
    where state in ('PENDING_ROUTE', 'ASSIGNED') and team_id is not null;
create index handoff_open_by_persona on qualification.handoff (tenant_id, persona, mql_at desc, handoff_id desc)
    where state in ('PENDING_ROUTE', 'ASSIGNED') and persona is not null;
