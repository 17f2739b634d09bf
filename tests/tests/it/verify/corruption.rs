//! What `handoff verify` has to find: each row breaks one thing behind the back of everybody, on a copy of a database
//! that is clean, and exactly the law that forbids it must say so.

use anyhow::Context;
use handoff_store::scratch::ScratchDatabase;
use handoff_verify::{Law, Options};

use super::{broken, lived, proved};

/// One row of a table of one tenant, whichever the condition finds first.
macro_rules! one {
    ($table:literal, $condition:literal) => {
        concat!("ctid = (select min(ctid) from ", $table, " where ", $condition, ")")
    };
}

/// What is done, by a name; the statements that do it; the law that must find it.
type Corruption = (&'static str, &'static str, Law);

mod record_ids;
mod reevaluations;
mod routing;
mod scores;

const CORRUPTIONS: &[Corruption] = &[
    (
        "an event is gone",
        "delete from qualification.event
         where position = (select max(position) from qualification.event where type = 'ActivityRecorded'
             and request_id is null)",
        Law::LogSequence,
    ),
    (
        "the head promises an event that there is not",
        "update sla.log_head set position = position + 1",
        Law::LogSequence,
    ),
    (
        "recorded time goes backwards",
        "update qualification.event set recorded_at = recorded_at - interval '1 hour'
         where position = (select max(position) from qualification.event where request_id is null)",
        Law::LogTime,
    ),
    (
        "two events have one id",
        "update sla.event set event_id = (select event_id from sla.event where position = 1) where position = 2",
        Law::LogIds,
    ),
    (
        "an event is of another type than its payload",
        "update qualification.event set type = 'LeadNurtured' where type = 'LeadDisqualified'",
        Law::LogPayloads,
    ),
    (
        "a payload is no payload",
        r"update sla.event set payload = '\xff'::bytea
          where position = (select max(position) from sla.event where type = 'ClockCancelled')",
        Law::LogPayloads,
    ),
    (
        "an event is about a handoff that never began",
        "update qualification.event e
         set payload = overlay(e.payload placing convert_to('01900000-0000-7000-8000-000000000000', 'UTF8')
             from position(convert_to(h.handoff_id::text, 'UTF8') in e.payload) for 36)
         from qualification.handoff h
         where e.type = 'HandoffReassigned' and position(convert_to(h.handoff_id::text, 'UTF8') in e.payload) > 0",
        Law::LogCoherence,
    ),
    (
        "a move in the history leads elsewhere",
        concat!(
            "update qualification.stage_change set to_stage = 'CUSTOMER' where ",
            one!("qualification.stage_change", "to_stage = 'SQL'")
        ),
        Law::History,
    ),
    (
        "a move is missing in the history",
        concat!(
            "delete from qualification.stage_change where ",
            one!("qualification.stage_change", "to_stage = 'MQL'")
        ),
        Law::History,
    ),
    (
        "a lead in nurture is in another segment",
        concat!("update qualification.track set segment = 'elsewhere' where ", one!("qualification.track", "segment is not null")),
        Law::StateTracks,
    ),
    (
        "a change of segment came from elsewhere",
        concat!(
            "update qualification.stage_change set from_segment = 'elsewhere' where ",
            one!("qualification.stage_change", "from_segment is not null")
        ),
        Law::History,
    ),
    (
        "the tenant has another word for a stage",
        "update qualification.tenant set labels = jsonb_set(labels, '{stages,MQL}', '\"Sold\"')",
        Law::StateDirectory,
    ),
    (
        "a user is not active any more and nobody said so",
        "update qualification.user_account set active = false where slug = 'ann'",
        Law::StateDirectory,
    ),
    (
        "an attribute holds something else",
        "update qualification.attribute set value_type = 'TEXT' where key = 'shops'",
        Law::StateCatalogue,
    ),
    (
        "a type of activity lost a property",
        "update qualification.activity_type set properties = properties - 'minutes'",
        Law::StateCatalogue,
    ),
    (
        "a rate is a billionth higher",
        "update qualification.currency_rate set rate = rate + 0.000000001 where day = '2026-01-01'",
        Law::StateCatalogue,
    ),
    (
        "a rate is missing",
        "delete from qualification.currency_rate where day = '2026-02-01'",
        Law::StateCatalogue,
    ),
    (
        "a version says something else than its draft",
        "update qualification.version set content = '' where state = 'EFFECTIVE'",
        Law::StateVersions,
    ),
    (
        "a version ended an hour earlier",
        "update qualification.version
         set effective_from = effective_from - interval '1 hour', effective_until = effective_until - interval '1 hour'
         where state = 'RETIRED'",
        Law::StateVersions,
    ),
    (
        "somebody signed another content",
        r"update qualification.event e
          set payload = overlay(e.payload placing decode(repeat('00', 32), 'hex')
              from position(v.content_hash in e.payload) for 32)
          from qualification.version v
          where v.state = 'EFFECTIVE' and e.type = 'VersionSigned' and position(v.content_hash in e.payload) > 0
              and e.actor = v.sales_signed_by",
        Law::Agreements,
    ),
    (
        "a lead is of another kind",
        concat!("update qualification.lead set kind = 'B2C' where ", one!("qualification.lead", "stage = 'SQL'")),
        Law::StateLeads,
    ),
    (
        "a lead that was merged counts for itself",
        "update qualification.lead set merged_into = null where merged_into is not null",
        Law::StateLeads,
    ),
    (
        "a lead was taken out of another than it was merged into",
        r"update qualification.event
          set payload = overlay(payload placing convert_to('01900000-0000-7000-8000-000000000000', 'UTF8')
              from position('\x1224'::bytea in payload) + 2 for 36)
          where type = 'LeadUnmerged'",
        Law::Merges,
    ),
    (
        "a telephone number is compared as another",
        concat!(
            "update qualification.person set phone_number = '+390669812345' where ",
            one!("qualification.person", "phone_number is null")
        ),
        Law::PersonState,
    ),
    (
        "a lead that was merged counts in reports",
        "update reporting.lead_fact set merged_into = null where merged_into is not null and known_to is null",
        Law::FactsLeads,
    ),
    (
        "a hand-over of a lead that was merged is not the survivor's",
        "update reporting.handoff_fact set merged_into = null where merged_into is not null and known_to is null",
        Law::FactsHandoffs,
    ),
    (
        "a track is in another cycle",
        concat!("update qualification.track set cycle = 7 where ", one!("qualification.track", "stage = 'LEAD'")),
        Law::StateTracks,
    ),
    (
        "somebody else has resolved a dispute",
        "update qualification.handoff set resolved_by = 'users/nobody' where resolved_by is not null",
        Law::StateHandoffs,
    ),
    (
        "a handoff is missing",
        concat!("delete from qualification.handoff where ", one!("qualification.handoff", "state = 'REJECTED'")),
        Law::StateHandoffs,
    ),
    (
        "a handoff was decided a second earlier",
        concat!(
            "update qualification.handoff set decided_at = decided_at - interval '1 second' where ",
            one!("qualification.handoff", "state = 'ACCEPTED'")
        ),
        Law::StateHandoffs,
    ),
    (
        "a deal brought a cent more",
        concat!(
            "update qualification.opportunity set amount = amount + 0.01 where ",
            one!("qualification.opportunity", "state = 'WON' and amount is not null")
        ),
        Law::StateOpportunities,
    ),
    (
        "an activity is missing",
        concat!("delete from qualification.activity where ", one!("qualification.activity", "true")),
        Law::StateActivities,
    ),
    (
        "a contact was made by a machine",
        concat!("update qualification.contact set human = false where ", one!("qualification.contact", "true")),
        Law::StateContacts,
    ),
    (
        "an imported lead had other content",
        concat!(
            "update qualification.source_key set content = key where ",
            one!("qualification.source_key", "kind = 'LEAD'")
        ),
        Law::StateSources,
    ),
    (
        "an imported contact was never remembered",
        concat!(
            "delete from qualification.source_key where ",
            one!("qualification.source_key", "kind = 'CONTACT'")
        ),
        Law::StateSources,
    ),
    (
        "a personal value belongs to nobody",
        "insert into qualification.person_value (tenant_id, lead_id, position, field, value)
         select tenant_id, '01900000-0000-7000-8000-000000000000', 1, 'email', 'x@example.com'
         from qualification.tenant",
        Law::PersonReferences,
    ),
    (
        "the values that a lead was captured with are gone, and the person is not",
        "delete from qualification.person_value
         where (lead_id, position) in (
             select lead_id, min(position) from qualification.stage_change where from_stage is null
             group by lead_id order by 1 limit 1)",
        Law::PersonReferences,
    ),
    (
        "somebody has another telephone number",
        concat!("update qualification.person set phone = '+39 02 1' where ", one!("qualification.person", "true")),
        Law::PersonState,
    ),
    (
        "a value counts as verified and nobody said so",
        r#"update qualification.person set verified = verified || '{"shops": "2026-01-01T00:00:00.000000Z"}'
           where external_id = 'V-2'"#,
        Law::PersonState,
    ),
    (
        "a person is gone, and the values are not",
        concat!("delete from qualification.person where ", one!("qualification.person", "true")),
        Law::PersonState,
    ),
    (
        "a calendar opens at another hour",
        "update sla.calendar set definition = jsonb_set(definition, '{weekly_hours,0,0,0}', '\"08:00\"')",
        Law::SlaCalendars,
    ),
    ("a contract was signed by nobody", "update sla.contract set is_signed = true", Law::SlaContracts),
    (
        "a clock started a second earlier",
        concat!(
            "update sla.clock set started_at = started_at - interval '1 second' where ",
            one!("sla.clock", "state = 'MET'")
        ),
        Law::SlaClocks,
    ),
    ("a clock is missing", concat!("delete from sla.clock where ", one!("sla.clock", "state = 'MET'")), Law::SlaClocks),
    ("a timer is missing", concat!("delete from sla.timer where ", one!("sla.timer", "true")), Law::SlaTimers),
    ("nobody wakes for the next timer", "update sla.due_time set next_at = null", Law::SlaTimers),
    (
        "a hand-over has two clocks",
        "alter table sla.clock drop constraint clock_one_per_round;
         create temporary table old as
             select e.tenant_id, e.payload, c.clock_id, c.due_at
             from sla.clock c join sla.event e on e.tenant_id = c.tenant_id and e.type = 'ClockStarted'
                 and position(convert_to(c.clock_id::text, 'UTF8') in e.payload) > 0
             where c.state = 'MET' and c.carried_until is null
             order by c.clock_id desc limit 1;
         insert into sla.event
             select e.tenant_id, h.position + 1, '01900000-0000-7000-8000-000000000001', e.type, e.version,
                 e.occurred_at, h.recorded_at, e.actor, e.actor_side, null,
                 overlay(e.payload placing convert_to('01900000-0000-7000-8000-000000000002', 'UTF8')
                     from position(convert_to(old.clock_id::text, 'UTF8') in e.payload) for 36)
             from sla.event e join old on old.tenant_id = e.tenant_id and old.payload = e.payload
             join sla.log_head h on h.tenant_id = e.tenant_id;
         update sla.log_head set position = position + 1;
         insert into sla.clock (tenant_id, clock_id, kind, handoff_id, lead_id, contract_id, contract_version,
                 calendar_id, calendar_version, target_unit, target_amount, started_at, recorded_at, due_at, imported,
                 round, state)
             select c.tenant_id, '01900000-0000-7000-8000-000000000002', kind, handoff_id, lead_id, contract_id,
                 contract_version, calendar_id, calendar_version, target_unit, target_amount, started_at, recorded_at,
                 c.due_at, imported, round, 'RUNNING'
             from sla.clock c join old using (tenant_id, clock_id);
         insert into sla.timer (tenant_id, fire_at, clock_id, kind)
             select tenant_id, due_at, '01900000-0000-7000-8000-000000000002', 'DEADLINE' from old;
         update sla.due_time set next_at = (select min(fire_at) from sla.timer)",
        Law::ClocksHandoffs,
    ),
    (
        "a clock breached a second after its deadline",
        "update sla.event set occurred_at = occurred_at + interval '1 second' where type = 'ClockBreached';
         update sla.clock set breached_at = breached_at + interval '1 second';
         update reporting.clock_fact set breached_at = breached_at + interval '1 second'",
        Law::ClocksBreaches,
    ),
    (
        "reports think in another zone",
        "update reporting.tenant_setting set time_zone = 'Europe/Paris'",
        Law::FactsSettings,
    ),
    (
        "a lead became a customer a day later",
        "update reporting.lead_fact set customer_at = customer_at + interval '1 day'
         where known_to is null and customer_at is not null",
        Law::FactsLeads,
    ),
    (
        "a hand-over has another owner in the reports",
        concat!(
            "update reporting.handoff_fact set owner = 'users/nobody' where ",
            one!("reporting.handoff_fact", "known_to is null and handoff_id is not null")
        ),
        Law::FactsHandoffs,
    ),
    (
        "a clock is due a second later in the reports",
        concat!(
            "update reporting.clock_fact set due_at = due_at + interval '1 second' where ",
            one!("reporting.clock_fact", "known_to is null and until_at is null")
        ),
        Law::FactsClocks,
    ),
    (
        "a version of a fact ends before the next one begins",
        concat!(
            "update reporting.handoff_fact set known_to = known_to - interval '1 microsecond' where ",
            one!("reporting.handoff_fact", "known_to is not null")
        ),
        Law::FactsVersions,
    ),
    (
        "a version that ended never was",
        concat!("delete from reporting.handoff_fact where ", one!("reporting.handoff_fact", "known_to is not null")),
        Law::FactsVersions,
    ),
    (
        "a counter of the rollups is one too many",
        concat!(
            "update reporting.rollup_cell set counts[1] = counts[1] + 1 where ",
            one!("reporting.rollup_cell", "part = 'COUNTS' and dimension = 'SOURCE' and cardinality(counts) > 0")
        ),
        Law::Rollups,
    ),
    (
        "a cell of the rollups is gone",
        concat!(
            "delete from reporting.rollup_cell where ",
            one!("reporting.rollup_cell", "part = 'MQL>DECIDED BY END' and grain = 'DAY' and cardinality(keys) > 0")
        ),
        Law::Rollups,
    ),
    (
        "rollups say that nothing happened lately",
        "update reporting.rollup_state set latest_at = latest_at - interval '1 day'",
        Law::Rollups,
    ),
    (
        "rollups are of another zone",
        "update reporting.rollup_state set time_zone = 'Pacific/Auckland'",
        Law::Rollups,
    ),
    (
        "a cursor lies beyond the head",
        "update sla.consumer_cursor set position = position + 1000",
        Law::Cursors,
    ),
    (
        "reports have seen less than they say",
        "update reporting.log_seen set position = position - 1 where source = 'sla'",
        Law::Cursors,
    ),
    (
        "two requests did the same thing",
        "insert into qualification.request
         select tenant_id, request_id, principal, 'RecordContact', body_hash, recorded_at, position, outcome, reason,
             resource, facts
         from qualification.request where method = 'AcceptHandoff' limit 1",
        Law::Requests,
    ),
    (
        "a request that was done has no effect",
        "insert into qualification.request
         select tenant_id, '01900000-0000-4000-8000-000000000000', principal, method, body_hash, recorded_at, position,
             outcome, reason, resource, facts
         from qualification.request where method = 'AcceptHandoff' limit 1",
        Law::Requests,
    ),
    (
        "an effect has no request",
        "delete from qualification.request where method = 'QualifyLead'",
        Law::Requests,
    ),
    (
        "a refused request has an effect",
        concat!(
            "update qualification.request set outcome = 'DENIED' where ",
            one!("qualification.request", "method = 'RejectHandoff' and outcome = 'DONE'")
        ),
        Law::Requests,
    ),
];

/// What was found instead, if it was anything else.
async fn check(
    clean: &ScratchDatabase,
    what: &str,
    statements: &str,
    expected: Law,
) -> anyhow::Result<Option<String>> {
    let copy = clean.copy().await?;
    copy.run(statements).await.with_context(|| what.to_owned())?;
    let report = proved(&copy, &Options::default()).await?;
    let found = broken(&report);
    let laws: Vec<Law> = found.iter().map(|(law, _)| *law).collect();
    Ok((laws != [expected]).then(|| format!("{what}: {found:#?}")))
}

#[tokio::test]
async fn every_corruption_is_found_by_the_law_that_forbids_it_and_by_no_other() -> anyhow::Result<()> {
    let clean = lived("acme", 20, 20).await?;
    assert_eq!(broken(&proved(&clean, &Options::default()).await?), []);
    let mut wrong = Vec::new();
    let all = [
        CORRUPTIONS,
        record_ids::CORRUPTIONS,
        scores::CORRUPTIONS,
        reevaluations::CORRUPTIONS,
        routing::CORRUPTIONS,
    ];
    for (what, statements, expected) in all.into_iter().flatten() {
        wrong.extend(check(&clean, what, statements, *expected).await?);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
