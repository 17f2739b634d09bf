-- Decisions and back: disputes about rejections, with a clock for each round of decision.
--
-- Columns with a constant default, which they then lose, and CHECKs look at no row under row-level security; the index
-- of clocks takes all of them, as it did before.

set local lock_timeout = '5s';

-- The latest dispute. A rejection that was overturned leaves nothing of it on the handoff, which waits once more: what
-- sales had said is in the log.
alter table qualification.handoff
    add column round integer not null default 1,
    add column disputed_at timestamptz,
    add column disputed_by text,
    add column ruling text,
    add column resolved_at timestamptz,
    add column resolved_by text,
    drop constraint handoff_state_known,
    drop constraint handoff_end_has_its_time,
    drop constraint handoff_decision_has_its_author,
    drop constraint handoff_rejection_has_its_reason,
    add constraint handoff_state_known check (
        state in ('PENDING_ROUTE', 'ASSIGNED', 'ACCEPTED', 'REJECTED', 'DISPUTED', 'WITHDRAWN')
    ),
    add constraint handoff_end_has_its_time check (
        (decided_at is not null) = (state in ('ACCEPTED', 'REJECTED', 'DISPUTED', 'WITHDRAWN'))
    ),
    add constraint handoff_decision_has_its_author check (
        (decided_by is not null) = (state in ('ACCEPTED', 'REJECTED', 'DISPUTED'))
    ),
    add constraint handoff_rejection_has_its_reason check (
        (state in ('REJECTED', 'DISPUTED')) = (reason is not null)
        and (state in ('REJECTED', 'DISPUTED')) = (disposition is not null)
        and (state in ('REJECTED', 'DISPUTED')) = (attribution is not null)
    ),
    add constraint handoff_round_counts check (round >= 1),
    add constraint handoff_ruling_known check (ruling in ('UPHELD', 'OVERTURNED')),
    add constraint handoff_dispute_is_whole check (
        (disputed_at is null) = (disputed_by is null)
        and (ruling is null) = (resolved_at is null)
        and (ruling is null) = (resolved_by is null)
        and (ruling is null or disputed_at is not null)
    ),
    add constraint handoff_disputed_is_open check (
        (state = 'DISPUTED') = (disputed_at is not null and ruling is null)
    ),
    add constraint handoff_upheld_is_rejected check (ruling is distinct from 'UPHELD' or state = 'REJECTED'),
    add constraint handoff_further_round_was_overturned check (
        round = 1 or disputed_at is not null
    );
alter table qualification.handoff alter column round drop default;

-- One clock for each round: what was stopped stays as it was stopped.
alter table sla.clock
    add column round integer not null default 1,
    drop constraint clock_one_per_handoff,
    add constraint clock_one_per_round unique (tenant_id, handoff_id, kind, round),
    add constraint clock_round_counts check (round >= 1);
alter table sla.clock alter column round drop default;

-- When a rejection was first overturned: until sales has decided anew nothing else tells that it was.
alter table reporting.handoff_fact add column overturned_at timestamptz;
create index handoff_fact_by_overturned on reporting.handoff_fact (tenant_id, overturned_at)
    where known_to is null and overturned_at is not null;
