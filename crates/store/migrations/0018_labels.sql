-- A tenant's own words (R5) and the field of its CRM (R23). Null: it has none.

set local lock_timeout = '5s';

alter table qualification.tenant add column labels jsonb;
