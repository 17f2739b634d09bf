-- Leads that are one person, and how they are found.
--
-- A merge moves no row: a lead points to the one that it was merged into, and whoever reads that one reads both. So a
-- merge that was wrong is undone by taking the pointer away.

set local lock_timeout = '5s';

-- Foreign key and CHECK cost nothing where nobody is merged. A foreign key is proved of what is there by a query of the owner,
-- who is under row-level security too, and no tenant is set here. The index holds merged leads and no others, and a change of
-- anything but `merged_into` stays on its page as before.
alter table qualification.lead no force row level security;
alter table qualification.lead
    add constraint lead_merged_into_exists foreign key (tenant_id, merged_into)
        references qualification.lead (tenant_id, lead_id),
    add constraint lead_merged_into_another check (merged_into <> lead_id);
alter table qualification.lead force row level security;
create index lead_merged on qualification.lead (tenant_id, merged_into) where merged_into is not null;

-- Of two handoffs of one person that wait on one line the later is withdrawn, and names the one that goes on.
alter table qualification.handoff
    add column superseded_by uuid,
    add constraint handoff_superseded_by_another check (superseded_by <> handoff_id),
    add constraint handoff_merged_names_the_first check (
        (withdrawal is not distinct from 'MERGED') = (superseded_by is not null)
    );

-- What leads are alike in. `phone_number` is the number as it is compared (the domain's `phone`), of those that can be; the
-- mailbox and the name are folded by the indexes below. Duplicates are looked for by these, and judged by the domain.
alter table qualification.person add column phone_number text;

alter table qualification.person no force row level security;
update qualification.person as p
set phone_number = '+' || n.digits
from (
    select tenant_id, lead_id,
        regexp_replace(
            regexp_replace(
                regexp_replace(regexp_replace(btrim(phone), '^tel:\s*', ''), '^(\+|00)', '+'),
                '\(0\)', ''
            ),
            '[-./()\s\u00a0\u2007\u2009\u200a\u202f\u2010\u2011\u2013]', '', 'g'
        ) as written
    from qualification.person
    where phone is not null
) as w
cross join lateral (select substr(w.written, 2) as digits) as n
where p.tenant_id = w.tenant_id and p.lead_id = w.lead_id and w.written ~ '^\+[1-9][0-9]{6,14}$';
alter table qualification.person force row level security;

create index person_by_phone on qualification.person (tenant_id, phone_number) where phone_number is not null;
create index person_by_mailbox on qualification.person (
    tenant_id, (replace(split_part(split_part(email, '@', 1), '+', 1), '.', '') || '@' || split_part(email, '@', 2))
) where email is not null;
create index person_by_full_name on qualification.person (
    tenant_id, (lower(btrim(given_name)) || ' ' || lower(btrim(family_name)))
) where given_name is not null and family_name is not null;

-- Reporting's facts of a lead that was merged stay, and count for the survivor: leads once, hand-overs as they were.
alter table reporting.lead_fact add column merged_into uuid;
alter table reporting.handoff_fact add column merged_into uuid;
