-- The trace in which an event was made, in the form of the header `traceparent` (W3C Trace Context), so that whoever reads
-- the log can link what it does to it. Most events have none: only traces that are sampled are worth a link.
--
-- It says nothing about the tenant and takes part in no decision: neither a fold nor `handoff verify` looks at it. A build
-- that does not know the column goes on writing and reading beside it.
--
-- The rule holds for what is written from now on and is not proved of what is there, where the column is null: the proof
-- would read every log under a lock that keeps all writers waiting.

set local lock_timeout = '5s';

alter table qualification.event add column traceparent text;
alter table qualification.event
    add constraint event_traceparent_short check (char_length(traceparent) <= 55) not valid;

alter table sla.event add column traceparent text;
alter table sla.event
    add constraint event_traceparent_short check (char_length(traceparent) <= 55) not valid;

alter table reporting.event add column traceparent text;
alter table reporting.event
    add constraint event_traceparent_short check (char_length(traceparent) <= 55) not valid;
