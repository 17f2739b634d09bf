//! What breaks the ids of leads in systems of record.

use handoff_verify::Law;

use super::Corruption;

pub(super) const CORRUPTIONS: &[Corruption] = &[
    (
        "somebody has another id in a system of record",
        concat!(
            "update qualification.record_id set id = 'X' where ",
            one!("qualification.record_id", "true")
        ),
        Law::PersonState,
    ),
    (
        "an id is in another system",
        "update qualification.record_id set system = 'elsewhere' where id = 'B-1'",
        Law::PersonState,
    ),
    (
        "the one id by which somebody is known is gone (R7)",
        "delete from qualification.record_id where id = 'B-1'",
        Law::PersonState,
    ),
    (
        "somebody has an id more than was said",
        "insert into qualification.record_id (tenant_id, lead_id, system, id)
         select tenant_id, lead_id, 'elsewhere', 'E-1' from qualification.record_id where id = 'B-1'",
        Law::PersonState,
    ),
    (
        "somebody of whom no id was said has one",
        "insert into qualification.record_id (tenant_id, lead_id, system, id)
         select tenant_id, lead_id, 'elsewhere', 'E-1' from qualification.person where external_id = 'V-2'",
        Law::PersonState,
    ),
    (
        "a person was erased, and an id was not",
        "with gone as (
             delete from qualification.person p using qualification.record_id r
             where r.tenant_id = p.tenant_id and r.lead_id = p.lead_id and r.id = 'B-1'
             returning p.lead_id
         )
         delete from qualification.person_value where lead_id in (select lead_id from gone)",
        Law::PersonState,
    ),
];
