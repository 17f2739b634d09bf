-- A deal that was lost unseen leads a lead that is in NURTURE past everything and back to where it was. That is a move,
-- with the stages that it left out, although it begins and ends in one stage: the first form of this rule refused it.

set local lock_timeout = '5s';

alter table qualification.stage_change drop constraint stage_change_moves;
alter table qualification.stage_change add constraint stage_change_moves check (
    from_stage is distinct from to_stage or cardinality(skipped_stages) > 0
);
