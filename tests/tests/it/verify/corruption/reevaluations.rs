//! What breaks re-evaluations, and the places of a day.

use handoff_verify::Law;

use super::Corruption;

pub(super) const CORRUPTIONS: &[Corruption] = &[
    (
        "somebody took a place of a day that is long over",
        "update qualification.tenant set published_on = '2020-01-06', published = 1",
        Law::StateDirectory,
    ),
    (
        "a lead took a place that no model had",
        r"create temporary table hit as
              select tenant_id, position, payload from qualification.event
              where type = 'LeadQualified' and position('\x40044a'::bytea in payload) > 0 order by position limit 1;
          update qualification.event e
          set payload = set_byte(e.payload, position('\x40044a'::bytea in e.payload), 6)
          from hit
          where e.tenant_id = hit.tenant_id and e.position = hit.position;
          update qualification.stage_change s set reason = 'PUBLISHED'
          from hit
          where s.tenant_id = hit.tenant_id and s.position = hit.position;
          update qualification.handoff h set trigger = 'PUBLISHED'
          from hit
          where h.tenant_id = hit.tenant_id and position(convert_to(h.handoff_id::text, 'UTF8') in hit.payload) > 0;
          update qualification.tenant t
          set published = coalesce(published, 0) + 1,
              published_on = coalesce(published_on, (
                  select (s.occurred_at at time zone t.time_zone)::date
                  from qualification.stage_change s, hit
                  where s.tenant_id = hit.tenant_id and s.position = hit.position))",
        Law::Reevaluations,
    ),
    (
        "a version that never was has one",
        "insert into qualification.reevaluation (tenant_id, subject, number, mode, state, effective_from, begun_at, ended_at,
             leads_evaluated)
         select tenant_id, subject, 77, mode, state, effective_from, begun_at, ended_at, 0
         from qualification.reevaluation where mode = 'SHADOW'",
        Law::Reevaluations,
    ),
    (
        "a version has none that is published with places",
        "delete from qualification.reevaluation_finding where subject = 'scoring-model' and number = 4;
         delete from qualification.reevaluation where subject = 'scoring-model' and number = 4",
        Law::Reevaluations,
    ),
    (
        "criteria have none under such a model",
        "delete from qualification.reevaluation_finding where subject = 'criteria-sets/b2c';
         delete from qualification.reevaluation where subject = 'criteria-sets/b2c'",
        Law::Reevaluations,
    ),
    (
        "a report has places",
        "update qualification.reevaluation set mode = 'CAPPED', state = 'SUPERSEDED' where mode = 'SHADOW'",
        Law::Reevaluations,
    ),
    (
        "a version took effect a second earlier",
        "update qualification.reevaluation set effective_from = effective_from - interval '1 second' where mode = 'SHADOW'",
        Law::Reevaluations,
    ),
    (
        "one began a moment earlier",
        "update qualification.reevaluation set begun_at = begun_at - interval '1 microsecond' where mode = 'SHADOW'",
        Law::Reevaluations,
    ),
    (
        "one ended before it began",
        "update qualification.reevaluation set ended_at = begun_at - interval '1 microsecond' where mode = 'SHADOW'",
        Law::Reevaluations,
    ),
    (
        "a lead was not looked at",
        "update qualification.reevaluation set leads_evaluated = leads_evaluated - 1 where mode = 'SHADOW'",
        Law::Reevaluations,
    ),
    (
        "a lead was looked at twice",
        "update qualification.reevaluation set leads_evaluated = leads_evaluated + 1 where mode = 'SHADOW'",
        Law::Reevaluations,
    ),
    (
        "leads were counted that nobody knows",
        "update qualification.reevaluation set leads_total = leads_total + 1000, state = 'SUPERSEDED' where mode = 'SHADOW'",
        Law::Reevaluations,
    ),
    (
        "leads were looked at before they were counted",
        "update qualification.reevaluation set leads_total = null where mode = 'SHADOW'",
        Law::Reevaluations,
    ),
    (
        "it has come to a lead that nobody knows",
        "update qualification.reevaluation set last_lead_id = '01900000-0000-7000-8000-000000000000' where mode = 'SHADOW'",
        Law::Reevaluations,
    ),
    (
        "a lead changes that nobody knows",
        "insert into qualification.reevaluation_finding (tenant_id, subject, number, lead_id, change, points_milli, is_applied)
         select tenant_id, subject, number, '01900000-0000-7000-8000-000000000000', 'LATER', 0, false
         from qualification.reevaluation where mode = 'SHADOW'",
        Law::Reevaluations,
    ),
    (
        "a lead that changes was never judged",
        concat!(
            "update qualification.reevaluation_finding set is_applied = false where ",
            one!("qualification.reevaluation_finding", "is_applied")
        ),
        Law::Reevaluations,
    ),
    (
        "a lead was judged for a report",
        concat!(
            "update qualification.reevaluation_finding set is_applied = true where ",
            one!("qualification.reevaluation_finding", "subject = 'scoring-model' and number = 3")
        ),
        Law::Reevaluations,
    ),
    (
        "two are under way",
        "drop index qualification.reevaluation_under_way;
         update qualification.reevaluation_finding set is_applied = false;
         update qualification.reevaluation set state = 'EVALUATING', ended_at = null where subject = 'scoring-model';
         update qualification.reevaluation_finding set is_applied = true where subject <> 'scoring-model';
         update qualification.due_time set reevaluates = true",
        Law::Reevaluations,
    ),
    (
        "one is under way, and nobody goes on",
        "update qualification.reevaluation set state = 'EVALUATING', ended_at = null where mode = 'SHADOW'",
        Law::ScoresDue,
    ),
    (
        "somebody goes on with one, and none is under way",
        "update qualification.due_time set reevaluates = true",
        Law::ScoresDue,
    ),
];
