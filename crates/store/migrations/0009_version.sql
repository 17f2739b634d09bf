-- Versions of criteria sets and scoring models on their way to effect (R16): what folding qualification's log gives.
--
-- What a version says is bytes here: a protobuf message that no statement ever looks into. `content_hash` is the SHA-256
-- of the lines that people read, which is what they sign; `position` is that of the last event that changed the row.
--
-- The two keys are columns and not rows of another table: there are exactly two, a signature is always on the content
-- that stands beside it, and so the law itself, that nothing takes effect without one person of each side, is a CHECK.

set local lock_timeout = '5s';

create table qualification.version (
    tenant_id uuid not null,
    subject text not null,
    number integer not null,
    state text not null,
    content bytea not null,
    content_hash bytea not null,
    drafted_by text not null,
    drafted_at timestamptz not null,
    marketing_signed_by text,
    marketing_signed_at timestamptz,
    sales_signed_by text,
    sales_signed_at timestamptz,
    effective_from timestamptz,
    effective_until timestamptz,
    position bigint not null,
    constraint version_pkey primary key (tenant_id, subject, number),
    constraint version_subject_known check (subject in ('criteria-sets/b2b', 'criteria-sets/b2c', 'scoring-model')),
    constraint version_number_counts check (number >= 1),
    constraint version_state_known check (
        state in ('DRAFT', 'IN_REVIEW', 'APPROVED', 'SCHEDULED', 'EFFECTIVE', 'RETIRED')
    ),
    constraint version_hash_is_sha256 check (octet_length(content_hash) = 32),
    constraint version_signatures_have_their_times check (
        (marketing_signed_by is null) = (marketing_signed_at is null)
        and (sales_signed_by is null) = (sales_signed_at is null)
    ),
    constraint version_nobody_signs_for_both check (marketing_signed_by <> sales_signed_by),
    constraint version_draft_is_unsigned check (
        state <> 'DRAFT' or (marketing_signed_by is null and sales_signed_by is null)
    ),
    constraint version_in_review_lacks_a_signature check (
        state <> 'IN_REVIEW' or marketing_signed_by is null or sales_signed_by is null
    ),
    constraint version_agreed_is_signed_by_both check (
        state in ('DRAFT', 'IN_REVIEW') or (marketing_signed_by is not null and sales_signed_by is not null)
    ),
    constraint version_start_is_settled check (
        (effective_from is not null) = (state in ('SCHEDULED', 'EFFECTIVE', 'RETIRED'))
    ),
    constraint version_end_is_known check ((effective_until is not null) = (state = 'RETIRED')),
    -- Both are times of ours. An agreement that nothing holds any more ends as it begins.
    constraint version_ends_after_its_start check (effective_until >= effective_from)
);
-- A subject has at most one version under way and one in effect. The fold says so too; this says so to everybody.
create unique index version_open_per_subject on qualification.version (tenant_id, subject)
    where state in ('DRAFT', 'IN_REVIEW', 'APPROVED', 'SCHEDULED');
create unique index version_effective_per_subject on qualification.version (tenant_id, subject)
    where state = 'EFFECTIVE';

alter table qualification.version enable row level security;
alter table qualification.version force row level security;
create policy tenant on qualification.version
    using (tenant_id = current_setting('handoff.tenant')::uuid)
    with check (tenant_id = current_setting('handoff.tenant')::uuid);

grant select, insert, update on qualification.version to handoff_qualification;
