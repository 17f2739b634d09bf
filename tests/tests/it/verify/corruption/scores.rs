//! What breaks candidates, how leads were judged, and what their scores are made of.

use handoff_verify::Law;

use super::Corruption;

pub(super) const CORRUPTIONS: &[Corruption] = &[
    (
        "the rules of a tenant changed earlier",
        "update qualification.tenant set rules_position = rules_position - 1",
        Law::StateDirectory,
    ),
    (
        "a lead is a candidate and nobody said so",
        concat!(
            "update qualification.track set candidate = 'THRESHOLDS' where ",
            one!("qualification.track", "candidate is null")
        ),
        Law::StateTracks,
    ),
    (
        "a candidate is none any more and nobody said so",
        "update qualification.track set candidate = null where candidate is not null",
        Law::StateTracks,
    ),
    (
        "a lead asked for a demonstration, and has reached the thresholds",
        concat!(
            "update qualification.handoff set trigger = 'SCORE' where ",
            one!("qualification.handoff", "trigger = 'FAST_TRACK'")
        ),
        Law::StateHandoffs,
    ),
    (
        "a lead was judged by other criteria",
        concat!(
            "update qualification.handoff set criteria_version = criteria_version + 1 where ",
            one!("qualification.handoff", "criteria_version is not null")
        ),
        Law::StateHandoffs,
    ),
    (
        "a lead fitted by a thousandth of a point more",
        concat!(
            "update qualification.handoff set fit_milli = fit_milli + 1 where ",
            one!("qualification.handoff", "fit_milli is not null")
        ),
        Law::StateHandoffs,
    ),
    (
        "a lead was judged by another model",
        concat!(
            "update qualification.handoff set model_version = model_version + 1 where ",
            one!("qualification.handoff", "model_version is not null")
        ),
        Law::StateHandoffs,
    ),
    (
        "a lead did a thousandth of a point less",
        concat!(
            "update qualification.handoff set behaviour_milli = behaviour_milli - 1 where ",
            one!("qualification.handoff", "behaviour_milli is not null")
        ),
        Law::StateHandoffs,
    ),
    (
        "other things gave a lead its points",
        concat!(
            "update qualification.handoff
             set merit_digest = set_byte(merit_digest, 0, 255 - get_byte(merit_digest, 0)) where ",
            one!("qualification.handoff", "merit_digest is not null")
        ),
        Law::StateHandoffs,
    ),
    (
        "points were given by nobody",
        "insert into qualification.score_adjustment (tenant_id, lead_id, position, occurred_at, local_date, points_milli,
             decay)
         select tenant_id, lead_id, 1, captured_at, '2026-01-01', 1, 'NONE' from qualification.lead limit 1",
        Law::StateScores,
    ),
    (
        "a baseline is missing",
        concat!("delete from qualification.score_baseline where ", one!("qualification.score_baseline", "true")),
        Law::StateScores,
    ),
    (
        "a baseline was set on another date",
        concat!(
            "update qualification.score_baseline set local_date = local_date - 1 where ",
            one!("qualification.score_baseline", "true")
        ),
        Law::StateScores,
    ),
    (
        "a lead was recycled, and another's behaviour is counted anew",
        "update qualification.score set is_counted = false;
         create temporary table swapped as
             select b.tenant_id, b.position, b.lead_id, (select lead_id from qualification.lead order by lead_id limit 1) as other
             from qualification.score_baseline b
             order by b.position desc
             limit 1;
         update qualification.event e
         set payload = overlay(e.payload placing convert_to(s.other::text, 'UTF8')
             from position(convert_to(s.lead_id::text, 'UTF8') in e.payload) for 36)
         from swapped s
         where e.tenant_id = s.tenant_id and e.position = s.position;
         update qualification.score_baseline b set lead_id = s.other
         from swapped s
         where b.tenant_id = s.tenant_id and b.position = s.position",
        Law::StateScores,
    ),
    (
        "an activity was counted twice",
        concat!(
            "update qualification.engagement set count = count + 1 where ",
            one!(
                "qualification.engagement",
                "rule = 0 and lead_id in (select lead_id from qualification.score where is_counted)"
            )
        ),
        Law::ScoresEngagement,
    ),
    (
        "an activity was never counted",
        concat!(
            "delete from qualification.engagement where ",
            one!(
                "qualification.engagement",
                "rule = 0 and lead_id in (select lead_id from qualification.score where is_counted)"
            )
        ),
        Law::ScoresEngagement,
    ),
    (
        "a rule with a filter counted what did not happen",
        "insert into qualification.engagement (tenant_id, lead_id, rule, local_date, count)
         select tenant_id, lead_id, 3, '2020-01-01', 1 from qualification.score where is_counted limit 1",
        Law::ScoresEngagement,
    ),
    (
        "something was counted of a lead that nobody judged",
        "insert into qualification.engagement (tenant_id, lead_id, rule, local_date, count)
         select tenant_id, lead_id, 0, '2020-01-01', 1 from qualification.lead
         where lead_id not in (select lead_id from qualification.score) limit 1",
        Law::ScoresEngagement,
    ),
    (
        "behaviour counts since a moment earlier",
        "update qualification.score set since = since - interval '1 microsecond' where is_counted",
        Law::ScoresEngagement,
    ),
    (
        "a lead was on the fast track a moment later",
        "update qualification.score set fast_track_at = fast_track_at + interval '1 microsecond' where is_counted",
        Law::ScoresEngagement,
    ),
    (
        "a lead is counted by a model that never was",
        concat!(
            "update qualification.score set model_version = 7 where ",
            one!("qualification.score", "is_counted")
        ),
        Law::ScoresEngagement,
    ),
    (
        "a score is nobody's",
        "insert into qualification.score (tenant_id, lead_id, model_version, is_counted, is_candidate)
         select tenant_id, '01900000-0000-7000-8000-000000000000', 1, true, false from qualification.tenant",
        Law::ScoresEngagement,
    ),
    (
        "leads wait to be judged, and nobody wakes",
        "update qualification.due_time set next_at = null",
        Law::ScoresDue,
    ),
    (
        "somebody wakes a second too late",
        "update qualification.due_time set next_at = next_at + interval '1 second'",
        Law::ScoresDue,
    ),
];
