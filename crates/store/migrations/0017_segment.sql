-- Segments of nurture (R12): where a track in NURTURE is, and by which change it came there, so that who enters and leaves a
-- segment can be followed; and the stage history in the order of the log, for whoever keeps stages elsewhere (R23).

set local lock_timeout = '5s';

alter table qualification.track add column segment text;
alter table qualification.track add constraint track_segment_is_of_nurture
    check (segment is null or stage = 'NURTURE') not valid;
alter table qualification.stage_change add column from_segment text;
alter table qualification.stage_change add column to_segment text;
alter table qualification.stage_change drop constraint stage_change_moves;

-- What the log says of the past. Events are protobuf, of which this reads one field: text, a message, or (as digits) a number.
create function pg_temp.field(message bytea, wanted integer) returns bytea language plpgsql immutable as $$
declare
    at integer := 0;
    size integer := coalesce(length(message), 0);
    read bigint;
    shift integer;
    byte integer;
    number bigint;
    wire integer;
    found bytea;
begin
    while at < size loop
        wire := -1;
        -- The key, and then a number or a length.
        for part in 1..2 loop
            read := 0;
            shift := 0;
            loop
                byte := get_byte(message, at);
                at := at + 1;
                read := read | ((byte & 127)::bigint << shift);
                shift := shift + 7;
                exit when byte < 128;
            end loop;
            if part = 1 then
                number := read >> 3;
                wire := (read & 7)::integer;
                exit when wire not in (0, 2);
            end if;
        end loop;
        case wire
            when 0 then
                if number = wanted then found := convert_to(read::text, 'UTF8'); end if;
            when 1 then at := at + 8;
            when 2 then
                if number = wanted then found := substring(message from at + 1 for read::integer); end if;
                at := at + read::integer;
            when 5 then at := at + 4;
            else raise exception 'an event that cannot be read';
        end case;
    end loop;
    return found;
end $$;

alter table qualification.event no force row level security;
alter table qualification.stage_change no force row level security;
alter table qualification.track no force row level security;

-- LeadNurtured is field 7 of a payload, its move 1 and its segment 2; HandoffRejected is 13, its segment 6. Of a move, the lead
-- is 1, the line 2, the cycle 3.
create temporary table told on commit drop as
select e.tenant_id, e.position, convert_from(e.segment, 'UTF8') as segment,
    convert_from(pg_temp.field(e.step, 1), 'UTF8')::uuid as lead_id,
    coalesce(convert_from(pg_temp.field(e.step, 2), 'UTF8'), '') as product_line,
    convert_from(pg_temp.field(e.step, 3), 'UTF8')::integer as cycle,
    e.imported, e.occurred_at, e.recorded_at, e.actor, e.actor_side
from (
    select tenant_id, position, occurred_at, recorded_at, actor, actor_side, pg_temp.field(fact, 1) as step,
        pg_temp.field(fact, case when type = 'LeadNurtured' then 2 else 6 end) as segment,
        coalesce(pg_temp.field(fact, 3) = '1', false) as imported
    from (
        select *, pg_temp.field(payload, case when type = 'LeadNurtured' then 7 else 13 end) as fact
        from qualification.event
        where type in ('LeadNurtured', 'HandoffRejected')
    ) as of_payload
) as e
where length(e.segment) > 0;

update qualification.stage_change as c
set to_segment = t.segment
from told as t
where c.tenant_id = t.tenant_id and c.lead_id = t.lead_id and c.position = t.position and c.to_stage = 'NURTURE';

-- What only changed the segment has no row yet.
insert into qualification.stage_change (tenant_id, lead_id, position, product_line, cycle, from_stage, to_stage,
    skipped_stages, occurred_at, recorded_at, actor, actor_side, reason, imported, to_segment)
select tenant_id, lead_id, position, product_line, cycle, 'NURTURE', 'NURTURE', '{}', occurred_at, recorded_at, actor,
    actor_side, segment, imported, segment
from (
    select of_both.*, lag(segment) over (partition by tenant_id, lead_id, product_line order by position) as before
    from (
        select tenant_id, lead_id, position, product_line, cycle, occurred_at, recorded_at, actor, actor_side, imported, segment,
            true as is_new
        from told as t
        where not exists (
            select from qualification.stage_change as c
            where c.tenant_id = t.tenant_id and c.lead_id = t.lead_id and c.position = t.position
        )
        union all
        select tenant_id, lead_id, position, product_line, cycle, occurred_at, recorded_at, actor, actor_side, imported,
            to_segment, false
        from qualification.stage_change
        where (tenant_id, lead_id) in (select tenant_id, lead_id from told)
    ) as of_both
) as told_anew
where is_new and segment is distinct from before;

update qualification.stage_change as c
set from_segment = of_track.before
from (
    select tenant_id, lead_id, position,
        lag(to_segment) over (partition by tenant_id, lead_id, product_line order by position) as before
    from qualification.stage_change
    where (tenant_id, lead_id) in (select tenant_id, lead_id from told)
) as of_track
where c.tenant_id = of_track.tenant_id and c.lead_id = of_track.lead_id and c.position = of_track.position
    and of_track.before is not null;

update qualification.track as t
set segment = latest.to_segment
from (
    select distinct on (tenant_id, lead_id, product_line) tenant_id, lead_id, product_line, to_segment
    from qualification.stage_change
    where (tenant_id, lead_id) in (select tenant_id, lead_id from told)
    order by tenant_id, lead_id, product_line, position desc
) as latest
where t.tenant_id = latest.tenant_id and t.lead_id = latest.lead_id and t.product_line = latest.product_line
    and t.stage = 'NURTURE' and latest.to_segment is not null;

alter table qualification.event force row level security;
alter table qualification.stage_change force row level security;
alter table qualification.track force row level security;
drop function pg_temp.field(bytea, integer);

alter table qualification.stage_change add constraint stage_change_moves check (
    from_stage is distinct from to_stage or cardinality(skipped_stages) > 0 or from_segment is distinct from to_segment
) not valid;
alter table qualification.stage_change add constraint stage_change_segments_are_of_nurture check (
    (from_segment is null or from_stage = 'NURTURE') and (to_segment is null or to_stage = 'NURTURE')
) not valid;

create index stage_change_by_position on qualification.stage_change (tenant_id, position);
create index track_in_nurture on qualification.track (tenant_id, lead_id, product_line) where stage = 'NURTURE';
create index track_by_segment on qualification.track (tenant_id, segment, lead_id, product_line) where stage = 'NURTURE';
