//! Operations as requests.

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::actor::Side;
use handoff_domain::calendar::WEEKDAYS;
use handoff_domain::qualification::command::LeadRef;
use handoff_domain::qualification::record::{ContactKind, Direction, Person, Suppression};
use handoff_proto::name::Collection;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::history_entry::Entry;
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_proto::qualification::v1::stage_service_client::StageServiceClient;
use handoff_proto::sla::v1 as sla;
use handoff_runtime::client::{Caller, Peer};
use handoff_runtime::convert::{to_money, to_timestamp};
use prost_types::Timestamp;
use tonic::Status;

use super::{World, is_failure};
use crate::simulation::office;
use crate::simulation::operation::{Deal, Hours, LINES, OWNERS, Operation, PERSONAS, SEGMENTS, Story, Track};
use crate::simulation::told::{Told, item_refused, refused};
use crate::simulation::twin::routing::{PLANS, plan, to_proto};
use crate::simulation::twin::{self, BILLING, TENANT, price};

/// A client of qualification.
pub(super) type Client = QualificationServiceClient<Peer>;

/// A request that can be sent again.
#[derive(Debug, Clone)]
pub(super) enum Asked {
    Capture(pb::CaptureLeadRequest),
    Merge(pb::MergeLeadsRequest),
    Unmerge(pb::UnmergeLeadRequest),
    Activity(pb::RecordActivityRequest),
    Qualify(pb::QualifyLeadRequest),
    Assign(pb::AssignHandoffRequest),
    Accept(usize, pb::AcceptHandoffRequest),
    Reject(usize, pb::RejectHandoffRequest),
    Nurture(pb::NurtureLeadRequest),
    SetStage(pb::SetStageRequest),
    Withdraw(pb::WithdrawHandoffRequest),
    Dispute(pb::DisputeHandoffRequest),
    Resolve(usize, pb::ResolveDisputeRequest),
    Plan(pb::PutRoutingPlanRequest),
    Staff(pb::SetAvailabilityRequest),
    Contact(pb::RecordContactRequest),
    Outcome(pb::RecordOutcomeRequest),
    Import(pb::ImportRequest),
}

impl Asked {
    /// The same id with another body; none for an import, which has no request id.
    pub(super) fn with_another_body(self) -> Option<Self> {
        let another = "another".to_owned();
        Some(match self {
            Self::Capture(it) => Self::Capture(pb::CaptureLeadRequest { product_line: another, ..it }),
            Self::Merge(it) => Self::Merge(pb::MergeLeadsRequest { survivor_etag: "1".to_owned(), ..it }),
            Self::Unmerge(it) => Self::Unmerge(pb::UnmergeLeadRequest { etag: "1".to_owned(), ..it }),
            Self::Activity(it) => {
                Self::Activity(pb::RecordActivityRequest { r#type: "ANOTHER".to_owned(), ..it })
            }
            Self::Qualify(it) => Self::Qualify(pb::QualifyLeadRequest { product_line: another, ..it }),
            Self::Assign(it) => {
                Self::Assign(pb::AssignHandoffRequest { owner: "users/another".into(), ..it })
            }
            Self::Accept(by, it) => Self::Accept(by, pb::AcceptHandoffRequest { etag: "1".to_owned(), ..it }),
            Self::Reject(by, it) => Self::Reject(by, pb::RejectHandoffRequest { note: another, ..it }),
            Self::Nurture(it) => Self::Nurture(pb::NurtureLeadRequest { segment: another, ..it }),
            Self::SetStage(it) => Self::SetStage(pb::SetStageRequest { note: another, ..it }),
            Self::Withdraw(it) => Self::Withdraw(pb::WithdrawHandoffRequest { note: another, ..it }),
            Self::Dispute(it) => Self::Dispute(pb::DisputeHandoffRequest { note: another, ..it }),
            Self::Resolve(by, it) => Self::Resolve(by, pb::ResolveDisputeRequest { note: another, ..it }),
            Self::Plan(it) => {
                let others = (0..PLANS).map(|number| Some(to_proto(&plan(number))));
                let plan = others.into_iter().find(|other| *other != it.plan).flatten();
                Self::Plan(pb::PutRoutingPlanRequest { plan, ..it })
            }
            Self::Staff(it) => Self::Staff(pb::SetAvailabilityRequest { user: "users/another".into(), ..it }),
            Self::Contact(it) => Self::Contact(pb::RecordContactRequest { medium: "ANOTHER".into(), ..it }),
            Self::Outcome(it) => Self::Outcome(pb::RecordOutcomeRequest { product_line: another, ..it }),
            Self::Import(_) => return None,
        })
    }
}

impl World {
    /// The request that an operation comes to; `None` where there is no handoff to speak of.
    pub(super) async fn asked(&mut self, operation: &Operation) -> anyhow::Result<Option<Asked>> {
        let request_id = self.request_id();
        let handoff = match operation {
            Operation::Assign { track, .. }
            | Operation::Accept { track, .. }
            | Operation::Reject { track, .. }
            | Operation::Withdraw { track, .. }
            | Operation::Dispute { track }
            | Operation::Resolve { track, .. } => match self.handoff(*track).await? {
                Some(handoff) => handoff,
                None => return Ok(None),
            },
            _ => String::new(),
        };
        Ok(Some(match operation {
            Operation::Capture { lead, persona, record_id } => {
                let persona = persona.map(|number| PERSONAS[number].to_owned()).unwrap_or_default();
                let mut lead = pb::Lead { persona, ..described(*lead) };
                let person = lead.person.get_or_insert_default();
                person.record_ids.extend(record_id.map(|number| twin::record_id(BILLING, number)));
                Asked::Capture(capture(request_id, lead))
            }
            Operation::Suppress { lead, suppression } => {
                let suppression = to_suppression(*suppression).into();
                Asked::Capture(capture(request_id, pb::Lead { suppression, ..described(*lead) }))
            }
            Operation::Merge { survivor, duplicate } => Asked::Merge(pb::MergeLeadsRequest {
                request_id,
                survivor: named(*survivor),
                duplicate: named(*duplicate),
                ..pb::MergeLeadsRequest::default()
            }),
            Operation::Unmerge { lead } => Asked::Unmerge(pb::UnmergeLeadRequest {
                request_id,
                lead: named(*lead),
                ..pb::UnmergeLeadRequest::default()
            }),
            Operation::Visit { lead, hours_ago } => Asked::Activity(pb::RecordActivityRequest {
                request_id,
                lead: named(*lead),
                r#type: "VISIT".into(),
                occur_time: self.ago(*hours_ago),
                ..pb::RecordActivityRequest::default()
            }),
            Operation::Qualify { track } => Asked::Qualify(pb::QualifyLeadRequest {
                request_id,
                lead: named(track.lead),
                product_line: line(*track),
                sales_ready: true,
            }),
            Operation::Assign { owner, .. } => Asked::Assign(pb::AssignHandoffRequest {
                request_id,
                name: handoff,
                owner: format!("users/{}", OWNERS[*owner]),
                ..pb::AssignHandoffRequest::default()
            }),
            Operation::Accept { by, .. } => {
                let etag = String::new();
                Asked::Accept(*by, pb::AcceptHandoffRequest { request_id, name: handoff, etag })
            }
            Operation::Reject { by, reason, .. } => Asked::Reject(
                *by,
                pb::RejectHandoffRequest {
                    request_id,
                    name: handoff,
                    reason: reason.to_string(),
                    ..pb::RejectHandoffRequest::default()
                },
            ),
            Operation::Nurture { track, segment } => Asked::Nurture(pb::NurtureLeadRequest {
                request_id,
                lead: named(track.lead),
                product_line: line(*track),
                segment: SEGMENTS[*segment].to_owned(),
            }),
            Operation::SetStage { track, stage, by, knows } => Asked::SetStage(pb::SetStageRequest {
                request_id,
                lead: named(track.lead),
                product_line: line(*track),
                value: stage.to_string(),
                last_position: if *knows { i64::MAX } else { 0 },
                user: format!("users/{}", by.map_or("mia", |by| OWNERS[by])),
                reason: "NO_NEED_NOW".into(),
                note: "A mistake".into(),
            }),
            Operation::Withdraw { cools_down, .. } => Asked::Withdraw(pb::WithdrawHandoffRequest {
                request_id,
                name: handoff,
                note: "A mistake".into(),
                cooldown: (!cools_down).then(prost_types::Duration::default),
                ..pb::WithdrawHandoffRequest::default()
            }),
            Operation::Dispute { .. } => Asked::Dispute(pb::DisputeHandoffRequest {
                request_id,
                name: handoff,
                note: "It fits".into(),
                ..pb::DisputeHandoffRequest::default()
            }),
            Operation::Resolve { by, upheld, owner, .. } => Asked::Resolve(
                *by,
                pb::ResolveDisputeRequest {
                    request_id,
                    name: handoff,
                    ruling: match upheld {
                        true => pb::DisputeRuling::Upheld,
                        false => pb::DisputeRuling::Overturned,
                    }
                    .into(),
                    note: "So be it".into(),
                    owner: owner
                        .filter(|_| !upheld)
                        .map(|owner| format!("users/{}", OWNERS[owner]))
                        .unwrap_or_default(),
                    ..pb::ResolveDisputeRequest::default()
                },
            ),
            Operation::Plan { number } => {
                let plan = Some(to_proto(&plan(*number)));
                Asked::Plan(pb::PutRoutingPlanRequest { request_id, plan })
            }
            Operation::Staff { owner, capacity } => {
                let capacity = i32::try_from(*capacity).unwrap_or(i32::MAX);
                let availability = Some(pb::Availability { capacity, ..pb::Availability::default() });
                let user = format!("users/{}", OWNERS[*owner]);
                Asked::Staff(pb::SetAvailabilityRequest { request_id, user, availability })
            }
            Operation::Contact { lead, kind, direction, human, hours_ago } => {
                Asked::Contact(pb::RecordContactRequest {
                    request_id,
                    lead: named(*lead),
                    outcome: to_outcome(*kind).into(),
                    direction: to_direction(*direction).into(),
                    human: *human,
                    medium: "PHONE".into(),
                    occur_time: self.ago(*hours_ago),
                    ..pb::RecordContactRequest::default()
                })
            }
            Operation::Deal { track, outcome, hours_ago } => Asked::Outcome(pb::RecordOutcomeRequest {
                request_id,
                lead: named(track.lead),
                product_line: line(*track),
                outcome: match outcome {
                    Deal::Opened => pb::Outcome::OpportunityOpened,
                    Deal::Won => pb::Outcome::Won,
                    Deal::Lost => pb::Outcome::Lost,
                }
                .into(),
                amount: (*outcome == Deal::Won).then(|| to_money(&price())),
                reason: if *outcome == Deal::Lost { "PRICE".into() } else { String::new() },
                occur_time: self.ago(*hours_ago),
            }),
            Operation::Import { track, key, days_ago, story } => {
                let begin = self.now - TimeDelta::days(*days_ago);
                Asked::Import(item(*track, *key, begin, *story))
            }
            _ => return Ok(None),
        }))
    }

    pub(super) async fn ask(&self, asked: Asked) -> anyhow::Result<Told> {
        let mut marketing = self.marketing()?;
        let sales = |owner: usize| self.client(&Caller::user(TENANT, OWNERS[owner], Side::Sales));
        let answer: Result<(), Status> = match asked {
            Asked::Capture(request) => marketing.capture_lead(request).await.map(drop),
            Asked::Merge(request) => marketing.merge_leads(request).await.map(drop),
            Asked::Unmerge(request) => marketing.unmerge_lead(request).await.map(drop),
            Asked::Activity(request) => marketing.record_activity(request).await.map(drop),
            Asked::Qualify(request) => marketing.qualify_lead(request).await.map(drop),
            Asked::Assign(request) => marketing.assign_handoff(request).await.map(drop),
            Asked::Accept(by, request) => sales(by)?.accept_handoff(request).await.map(drop),
            Asked::Reject(by, request) => sales(by)?.reject_handoff(request).await.map(drop),
            Asked::Nurture(request) => self.stages()?.nurture_lead(request).await.map(drop),
            Asked::SetStage(request) => self.stages()?.set_stage(request).await.map(drop),
            Asked::Withdraw(request) => marketing.withdraw_handoff(request).await.map(drop),
            Asked::Dispute(request) => {
                self.decisions(&self.caller())?.dispute_handoff(request).await.map(drop)
            }
            Asked::Resolve(by, request) => {
                let caller = Caller::user(TENANT, OWNERS[by], Side::Sales);
                self.decisions(&caller)?.resolve_dispute(request).await.map(drop)
            }
            Asked::Plan(request) => self.routing()?.put_routing_plan(request).await.map(drop),
            Asked::Staff(request) => self.routing()?.set_availability(request).await.map(drop),
            Asked::Contact(request) => sales(0)?.record_contact(request).await.map(drop),
            Asked::Outcome(request) => sales(0)?.record_outcome(request).await.map(drop),
            Asked::Import(item) => {
                let mut answers = marketing.import(tokio_stream::iter([item])).await?.into_inner();
                let answer = answers.message().await?.context("an item is answered")?;
                return Ok(match answer.result.context("an answer says what")? {
                    pb::import_response::Result::Imported(_) => Ok(()),
                    pb::import_response::Result::Refused(item) => Err(item_refused(&item)),
                });
            }
        };
        told(answer)
    }

    fn stages(&self) -> anyhow::Result<StageServiceClient<Peer>> {
        self.services.endpoints.stages(&Caller::user(TENANT, "mia", Side::Marketing))
    }

    /// Gives the office other hours.
    pub(super) async fn put_calendar(&mut self, hours: Hours) -> anyhow::Result<Told> {
        let request =
            sla::PutCalendarRequest { request_id: self.request_id(), calendar: Some(calendar(hours)) };
        told(self.services.endpoints.sla(&self.caller())?.put_calendar(request).await.map(drop))
    }

    async fn handoff(&self, track: Track) -> anyhow::Result<Option<String>> {
        let handoffs = self.lead(track.lead).await?.map(|(_, handoffs)| handoffs).unwrap_or_default();
        let of_line = handoffs.into_iter().find(|(line, _)| *line == LINES[track.line]);
        Ok(of_line.map(|(_, handoff)| handoff.name))
    }

    fn ago(&self, hours: i64) -> Option<Timestamp> {
        (hours > 0).then(|| to_timestamp(self.now - TimeDelta::hours(hours)))
    }
}

fn told(answer: Result<(), Status>) -> anyhow::Result<Told> {
    match answer {
        Ok(()) => Ok(Ok(())),
        Err(status) if is_failure(&status) => Err(status.into()),
        Err(status) => Ok(Err(refused(&status))),
    }
}

/// By what a lead is named.
pub(super) fn named(lead: usize) -> Option<pb::LeadRef> {
    use pb::lead_ref::Lead;
    let lead = match twin::named(lead) {
        LeadRef::Email(email) => Lead::Email(email),
        LeadRef::RecordId { system, id } => Lead::RecordId(pb::RecordId { system, id }),
        LeadRef::ExternalId(id) => Lead::ExternalId(id),
        LeadRef::Id(id) => Lead::Name(Collection::Leads.name(id.0)),
    };
    Some(pb::LeadRef { lead: Some(lead) })
}

fn line(track: Track) -> String {
    LINES[track.line].to_owned()
}

fn described(lead: usize) -> pb::Lead {
    let Person { record_ids, email, .. } = twin::person(lead);
    let person = pb::Person { record_ids, email: email.unwrap_or_default(), ..pb::Person::default() };
    pb::Lead { person: Some(person), ..pb::Lead::default() }
}

fn capture(request_id: String, lead: pb::Lead) -> pb::CaptureLeadRequest {
    pb::CaptureLeadRequest { request_id, lead: Some(lead), ..pb::CaptureLeadRequest::default() }
}

fn to_suppression(suppression: Suppression) -> pb::Suppression {
    match suppression {
        Suppression::None => pb::Suppression::None,
        Suppression::Consent => pb::Suppression::Consent,
        Suppression::Competitor => pb::Suppression::Competitor,
        Suppression::Customer => pb::Suppression::Customer,
        Suppression::Test => pb::Suppression::Test,
    }
}

fn to_outcome(kind: ContactKind) -> pb::ContactOutcome {
    match kind {
        ContactKind::Attempt => pb::ContactOutcome::Attempted,
        ContactKind::Connect => pb::ContactOutcome::Connected,
        ContactKind::Meeting => pb::ContactOutcome::MeetingHeld,
    }
}

fn to_direction(direction: Direction) -> pb::ContactDirection {
    match direction {
        Direction::Inbound => pb::ContactDirection::Inbound,
        Direction::Outbound => pb::ContactDirection::Outbound,
    }
}

fn calendar(hours: Hours) -> sla::Calendar {
    let definition = office::definition(hours);
    let weekly = WEEKDAYS.iter().zip(&definition.weekly_hours).flat_map(|(day, intervals)| {
        intervals.iter().map(|interval| sla::WeeklyHours {
            weekday: i32::try_from(day.number_from_monday()).unwrap_or_default(),
            hours: Some(sla::LocalInterval {
                open: interval.open.to_string(),
                close: interval.close.to_string(),
            }),
        })
    });
    let closed = definition.exceptions.keys();
    let closed = closed
        .map(|date| sla::CalendarException { date: date.to_string(), ..sla::CalendarException::default() });
    sla::Calendar {
        name: "calendars/default".into(),
        display_name: office::NAME.into(),
        time_zone: definition.time_zone.name().into(),
        weekly_hours: weekly.collect(),
        exceptions: closed.collect(),
        version: 0,
    }
}

fn item(track: Track, key: usize, begin: DateTime<Utc>, story: Story) -> pb::ImportRequest {
    let history = told_by(story).into_iter().enumerate().map(|(index, entry)| pb::HistoryEntry {
        occur_time: Some(to_timestamp(begin + TimeDelta::hours(1 + i64::try_from(index).unwrap_or(0)))),
        product_line: line(track),
        entry: Some(entry),
        source_key: format!("item-{key}/{index}"),
    });
    pb::ImportRequest {
        source_key: format!("item-{key}"),
        subject: Some(pb::import_request::Subject::Lead(described(track.lead))),
        capture_time: Some(to_timestamp(begin)),
        history: history.collect(),
    }
}

fn told_by(story: Story) -> Vec<Entry> {
    let by = || format!("users/{}", OWNERS[0]);
    let qualified = Entry::Qualified(pb::ImportedQualification {});
    let accepted = Entry::Accepted(pb::ImportedAcceptance { decided_by: by() });
    let outcome = |outcome: pb::Outcome, amount| {
        Entry::Outcome(pb::ImportedOutcome { outcome: outcome.into(), amount, reason: String::new() })
    };
    match story {
        Story::Nothing => vec![],
        Story::Called => vec![Entry::Contact(pb::ImportedContact {
            outcome: pb::ContactOutcome::Attempted.into(),
            direction: pb::ContactDirection::Outbound.into(),
            human: true,
            medium: "PHONE".into(),
            made_by: by(),
        })],
        Story::Waiting => vec![qualified],
        Story::Accepted => vec![qualified, accepted],
        Story::Returned => {
            let reason = "NO_ANSWER".into();
            let returned = Entry::Returned(pb::ImportedReturn { reason, ..pb::ImportedReturn::default() });
            vec![qualified, accepted, returned]
        }
        Story::Rejected => {
            let reason = "NO_NEED_NOW".into();
            let decided_by = by();
            let rejected = pb::ImportedRejection { reason, decided_by, ..pb::ImportedRejection::default() };
            vec![qualified, Entry::Rejected(rejected)]
        }
        Story::Decided => vec![accepted],
        Story::Sold => vec![
            qualified,
            accepted,
            outcome(pb::Outcome::OpportunityOpened, None),
            outcome(pb::Outcome::Won, Some(to_money(&price()))),
        ],
    }
}
