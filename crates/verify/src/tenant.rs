//! One tenant, from its logs to the last of its tables, in one snapshot.

use std::time::Instant;

use handoff_domain::id::TenantId;
use handoff_store::database::Service;
use handoff_store::error::StoreError;
use handoff_store::log::load_head;
use handoff_store::verify::{Reader, Snapshot, directory, log, session};

use crate::agreement::Heard;
use crate::cursor::Cursors;
use crate::docket::Docket;
use crate::event::Event;
use crate::facts::{self, Facts};
use crate::law::Law;
use crate::log::{LAWS, Passing};
use crate::request::Requests;
use crate::sla::{self, Sla};
use crate::state::{self, Copies, State};
use crate::{Progress, person};

/// How often progress is told.
const TELL_EVERY: u64 = 50_000;

/// What rests on qualification's log.
const ON_QUALIFICATION: [Law; 19] = [
    Law::History,
    Law::StateDirectory,
    Law::StateVersions,
    Law::Agreements,
    Law::StateLeads,
    Law::StateTracks,
    Law::StateHandoffs,
    Law::StateRouting,
    Law::Routing,
    Law::StateOpportunities,
    Law::StateActivities,
    Law::StateContacts,
    Law::StateSources,
    Law::StateScores,
    Law::ScoresEngagement,
    Law::ScoresDue,
    Law::Reevaluations,
    Law::PersonReferences,
    Law::PersonState,
];

/// What rests on sla's log.
const ON_SLA: [Law; 7] = [
    Law::StateCalendars,
    Law::SlaCalendars,
    Law::SlaContracts,
    Law::SlaClocks,
    Law::SlaTimers,
    Law::ClocksDeadlines,
    Law::ClocksBreaches,
];

/// What rests on both.
const ON_BOTH: [Law; 6] = [
    Law::ClocksHandoffs,
    Law::FactsSettings,
    Law::FactsLeads,
    Law::FactsHandoffs,
    Law::FactsClocks,
    Law::FactsVersions,
];

/// Judges a tenant; says how many events its logs hold.
pub(crate) async fn judge(
    reader: &Reader,
    tenant: TenantId,
    docket: &mut Docket,
    told: &mut impl FnMut(Progress),
) -> Result<u64, StoreError> {
    let mut snapshot = reader.snapshot(tenant).await?;
    directory::each_tenant(snapshot.tx(), tenant, |row| docket.turn_to(row.slug)).await?;
    let mut cursors = Cursors::load(&mut snapshot, docket).await?;
    let of = |service, source| cursors.of((service, source));
    let mut heard = Heard::new(of(Service::Sla, Service::Qualification));
    let (of_qualification, of_sla) =
        (of(Service::Reporting, Service::Qualification), of(Service::Reporting, Service::Sla));
    let mut facts = Facts::new(of_qualification, of_sla);

    let mut copies = Copies::new(of(Service::Qualification, Service::Sla));
    let mut state = State::new(tenant);
    let qualification = pass(&mut snapshot, Service::Qualification, docket, told, |event, docket| {
        if event.fact.is_some() && state.fold(event, docket).is_none() {
            incoherent("qualification", event, docket);
        }
        heard.fold(event);
        facts.qualification(event);
        cursors.pass(Service::Qualification, event.position, event.recorded);
    })
    .await?;
    if qualification.is_whole {
        state.behind_rejection(None, docket);
        state::compare(&mut snapshot, &state, docket).await?;
        person::compare(&mut snapshot, &state, docket).await?;
    } else {
        docket.cannot_judge(&ON_QUALIFICATION);
    }
    drop(state);

    let mut sla_state = Sla::default();
    let sla = pass(&mut snapshot, Service::Sla, docket, told, |event, docket| {
        if event.fact.is_some() && sla_state.fold(event, docket).is_none() {
            incoherent("sla", event, docket);
        }
        facts.sla(event);
        copies.fold(event);
        cursors.pass(Service::Sla, event.position, event.recorded);
    })
    .await?;
    if sla.is_whole {
        sla::compare(&mut snapshot, &sla_state, docket).await?;
        copies.compare(&mut snapshot, docket).await?;
    } else {
        docket.cannot_judge(&ON_SLA);
    }
    if qualification.is_whole && sla.is_whole {
        heard.compare(&sla_state, docket);
        facts::compare(&mut snapshot, &facts, docket).await?;
    } else {
        docket.cannot_judge(&ON_BOTH);
    }
    cursors.compare_seen(&mut snapshot, docket).await?;
    let reporting = pass(&mut snapshot, Service::Reporting, docket, told, |_, _| ()).await?;
    snapshot.end().await?;
    Ok(qualification.events + sla.events + reporting.events)
}

fn incoherent(log: &str, event: &Event, docket: &mut Docket) {
    let place = format!("{log} position {}", event.position);
    docket.violated(Law::LogCoherence, place, "what fits the events before it", "what does not");
}

/// A log that has passed.
struct Passed {
    events: u64,
    /// Whether it can be folded.
    is_whole: bool,
}

/// Reads a log from its beginning to its head; `fold` gets every event.
async fn pass(
    snapshot: &mut Snapshot,
    service: Service,
    docket: &mut Docket,
    told: &mut impl FnMut(Progress),
    mut fold: impl FnMut(&Event, &mut Docket),
) -> Result<Passed, StoreError> {
    let (name, tenant, start) = (service.schema(), snapshot.tenant(), Instant::now());
    let before = docket.count(&LAWS);
    let tx = snapshot.log_of(service).await?;
    let head = load_head(tx, tenant).await?;
    let mut requests = Requests::new(name, session::now(tx).await?);
    log::each_request(tx, tenant, |row| requests.remember(row)).await?;

    let (mut passing, mut read) = (Passing::new(name), 0_u64);
    log::each_event(tx, tenant, |row| {
        read += 1;
        if read.is_multiple_of(TELL_EVERY) {
            told(Progress::Events { log: name, read });
        }
        if let Some(event) = passing.next(row, docket) {
            requests.next(&event, docket);
            docket.checked(Law::LogCoherence, 1);
            fold(&event, docket);
        }
    })
    .await?;
    passing.end(head, docket);
    requests.end(head.map_or(0, |head| head.position), docket);
    docket.took(Law::LogSequence, start);

    let start = Instant::now();
    log::each_repeated_id(tx, tenant, |id, count| {
        docket.violated(
            Law::LogIds,
            format_args!("{name} event {id}"),
            "once",
            format_args!("{count} times"),
        );
    })
    .await?;
    docket.checked(Law::LogIds, read);
    docket.took(Law::LogIds, start);
    Ok(Passed { events: read, is_whole: docket.count(&LAWS) == before })
}
