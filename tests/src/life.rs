//! A small deterministic life of a tenant with something of everything in it: leads that come by import and by hand,
//! activities, contacts, hand-overs accepted, rejected, withdrawn and skipped, deals won and lost, a customer that comes
//! again, clocks that are met, met late, breached and cancelled, a calendar that changes while clocks run, criteria that both
//! sides sign, leads that become candidates and MQLs by what they do, and models that are published in every way.
//!
//! The same life over again is the same requests with the same ids. Only recording times, and ids that services make,
//! differ.

mod agreement;
mod dispute;
mod identity;
mod merge;
mod publish;
mod routing;
mod scores;
mod stages;
mod take_back;
mod vocabulary;

use anyhow::{Context, bail};
use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::actor::Side;
use handoff_proto::common::v1::Money;
use handoff_proto::common::v1::{Side as WireSide, Target, target::Amount};
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::history_entry::Entry;
use handoff_proto::qualification::v1::import_request::Subject;
use handoff_proto::qualification::v1::lead_ref;
use handoff_proto::sla::v1::{ClockState, GetCalendarRequest, ImportHolidaysRequest, ListClocksRequest};
use handoff_runtime::client::Caller;
use handoff_runtime::convert::to_timestamp;
use prost_types::Timestamp;
use uuid::Uuid;

use crate::endpoints::Endpoints;
use crate::waiting::until;

/// A tenant that lives.
#[derive(Debug)]
pub struct Life {
    endpoints: Endpoints,
    tenant: String,
}

/// 2025-10-01 09:00 in Rome, a Wednesday: when everything that is imported begins.
const BEGIN: DateTime<Utc> = match DateTime::from_timestamp(1_759_302_000, 0) {
    Some(begin) => begin,
    None => DateTime::<Utc>::MIN_UTC,
};

/// A cause for a request, and with it its id: the same for the same words.
fn request_id(what: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, what.as_bytes()).to_string()
}

fn after(hours: i64) -> Option<Timestamp> {
    Some(to_timestamp(BEGIN + TimeDelta::hours(hours)))
}

fn external(id: &str) -> Option<pb::LeadRef> {
    Some(pb::LeadRef { lead: Some(lead_ref::Lead::ExternalId(id.to_owned())) })
}

impl Life {
    /// A tenant that was founded before.
    pub fn of(endpoints: &Endpoints, tenant: &str) -> Self {
        Self { endpoints: endpoints.clone(), tenant: tenant.to_owned() }
    }

    /// Founds the tenant `tenant`, with two teams and three users.
    ///
    /// # Errors
    /// When a request is refused.
    pub async fn begin(endpoints: &Endpoints, tenant: &str) -> anyhow::Result<Self> {
        let life = Self::of(endpoints, tenant);
        let mut service = endpoints.qualification(&life.operator())?;
        let founded = pb::Tenant {
            name: format!("tenants/{tenant}"),
            time_zone: "Europe/Rome".to_owned(),
            currency_code: "EUR".to_owned(),
            fiscal_year_start_month: 1,
            starter_target: Some(Target { amount: Some(Amount::BusinessDays(2)) }),
            ..pb::Tenant::default()
        };
        let request = pb::CreateTenantRequest { request_id: life.id("tenant"), tenant: Some(founded) };
        service.create_tenant(request).await?;
        for (team, side) in [("north", WireSide::Sales), ("web", WireSide::Marketing)] {
            let team = pb::Team { name: format!("teams/{team}"), side: side.into(), ..pb::Team::default() };
            let request_id = life.id(&team.name);
            service.put_team(pb::PutTeamRequest { request_id, team: Some(team) }).await?;
        }
        for (user, side, team) in [
            ("bob", WireSide::Sales, "north"),
            ("ann", WireSide::Sales, "north"),
            ("mia", WireSide::Marketing, "web"),
        ] {
            let user = pb::User {
                name: format!("users/{user}"),
                display_name: format!("{user} of {team}"),
                email: format!("{user}@example.com"),
                side: side.into(),
                team: format!("teams/{team}"),
                active: true,
                ..pb::User::default()
            };
            let request_id = life.id(&user.name);
            service.put_user(pb::PutUserRequest { request_id, user: Some(user) }).await?;
        }
        Ok(life)
    }

    /// Whoever runs the system.
    pub fn operator(&self) -> Caller {
        Caller::user(&self.tenant, "operator", Side::System)
    }

    /// A person of marketing.
    pub fn marketing(&self) -> Caller {
        Caller::user(&self.tenant, "mia", Side::Marketing)
    }

    /// A person of sales.
    pub fn sales(&self) -> Caller {
        Caller::user(&self.tenant, "bob", Side::Sales)
    }

    fn id(&self, what: &str) -> String {
        request_id(&format!("{}/{what}", self.tenant))
    }

    /// Imports `count` leads with ten different pasts.
    ///
    /// # Errors
    /// When a lead is refused.
    pub async fn import(&self, count: u32) -> anyhow::Result<()> {
        self.import_and_tell(count, |_| {}).await
    }

    /// The same; `told` hears the name of each lead once it is acknowledged.
    ///
    /// # Errors
    /// When a lead is refused.
    pub async fn import_and_tell(&self, count: u32, mut told: impl FnMut(&str)) -> anyhow::Result<()> {
        let mut service = self.endpoints.qualification(&self.operator())?;
        let items: Vec<_> = (0..count).map(item).collect();
        let mut answers = service.import(tokio_stream::iter(items)).await?.into_inner();
        while let Some(answer) = answers.message().await? {
            match answer.result.context("an answer says what became of the item")? {
                pb::import_response::Result::Imported(imported) => told(&imported.lead),
                pb::import_response::Result::Refused(refused) => {
                    bail!("item {} was refused: {} {:?}", answer.index, refused.message, refused.violations);
                }
            }
        }
        Ok(())
    }

    /// Lives through `count` leads by hand, in ten different ways.
    ///
    /// # Errors
    /// When a request is refused that must not be, or is not that must be.
    pub async fn live(&self, count: u32) -> anyhow::Result<()> {
        for number in 0..count {
            self.one(number).await.with_context(|| format!("live lead {number}"))?;
        }
        Ok(())
    }

    async fn one(&self, number: u32) -> anyhow::Result<()> {
        let name = format!("L-{number:04}");
        self.capture(&name, &format!("{name}@example.org"), pb::Suppression::Unspecified, "capture").await?;
        self.act(&name, "EBOOK_DOWNLOAD").await?;
        let way = number % 10;
        if way == 0 {
            return Ok(());
        }
        let handoff = self.qualify(&name, way.is_multiple_of(2)).await?;
        if way >= 2 {
            self.assign(&handoff, "ann").await?;
            self.contact(&name, pb::ContactOutcome::Attempted).await?;
        }
        match way {
            3 => self.accept(&handoff).await?,
            4 => {
                self.assign(&handoff, "bob").await?;
                self.accept(&handoff).await?;
                self.contact(&name, pb::ContactOutcome::MeetingHeld).await?;
                self.outcome(&name, pb::Outcome::OpportunityOpened, None).await?;
                self.outcome(&name, pb::Outcome::Won, Some(125_050)).await?;
            }
            5 => self.reject(&handoff, "NO_BUDGET_NOW", "").await?,
            6 => self.reject(&handoff, "OTHER", "does not want to be called again").await?,
            7 => {
                self.reject(&handoff, "WRONG_OWNER", "").await?;
                // Nobody has it now: to reject takes an owner.
                let mut service = self.endpoints.qualification(&self.sales())?;
                let request = pb::RejectHandoffRequest {
                    request_id: self.id(&format!("{handoff}/too-soon")),
                    name: handoff.clone(),
                    reason: "WRONG_SIZE".to_owned(),
                    ..pb::RejectHandoffRequest::default()
                };
                if service.reject_handoff(request).await.is_ok() {
                    bail!("a hand-over without an owner was rejected");
                }
            }
            // Consent is withdrawn while it waits.
            8 => {
                self.capture(&name, &format!("{name}@example.org"), pb::Suppression::Consent, "consent")
                    .await?;
            }
            // The deal is made past everybody.
            9 => self.outcome(&name, pb::Outcome::Won, Some(9_900)).await?,
            _ => {}
        }
        Ok(())
    }

    /// Captures a lead, or adds to it.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn capture(
        &self,
        name: &str,
        email: &str,
        suppression: pb::Suppression,
        why: &str,
    ) -> anyhow::Result<()> {
        let mut service = self.endpoints.qualification(&self.marketing())?;
        let request = pb::CaptureLeadRequest {
            request_id: self.id(&format!("{name}/{why}")),
            lead: Some(pb::Lead { suppression: suppression.into(), ..lead(name, email) }),
            ..pb::CaptureLeadRequest::default()
        };
        service.capture_lead(request).await?;
        Ok(())
    }

    async fn act(&self, name: &str, kind: &str) -> anyhow::Result<()> {
        let mut service = self.endpoints.qualification(&self.marketing())?;
        let request = pb::RecordActivityRequest {
            request_id: self.id(&format!("{name}/{kind}")),
            lead: external(name),
            r#type: kind.to_owned(),
            properties: [("title".to_owned(), "Ten ways to lose a lead".to_owned())].into(),
            ..pb::RecordActivityRequest::default()
        };
        service.record_activity(request).await?;
        Ok(())
    }

    /// Hands a lead over; the name of the handoff.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn qualify(&self, name: &str, sales_ready: bool) -> anyhow::Result<String> {
        let mut service = self.endpoints.qualification(&self.marketing())?;
        let request = pb::QualifyLeadRequest {
            request_id: self.id(&format!("{name}/qualify")),
            lead: external(name),
            sales_ready,
            ..pb::QualifyLeadRequest::default()
        };
        let answer = service.qualify_lead(request).await?.into_inner();
        Ok(answer.handoff.context("a handoff")?.name)
    }

    async fn assign(&self, handoff: &str, owner: &str) -> anyhow::Result<()> {
        let mut service = self.endpoints.qualification(&self.sales())?;
        let request = pb::AssignHandoffRequest {
            request_id: self.id(&format!("{handoff}/assign/{owner}")),
            name: handoff.to_owned(),
            owner: format!("users/{owner}"),
            ..pb::AssignHandoffRequest::default()
        };
        service.assign_handoff(request).await?;
        Ok(())
    }

    async fn accept(&self, handoff: &str) -> anyhow::Result<()> {
        let mut service = self.endpoints.qualification(&self.sales())?;
        let request = pb::AcceptHandoffRequest {
            request_id: self.id(&format!("{handoff}/accept")),
            name: handoff.to_owned(),
            ..pb::AcceptHandoffRequest::default()
        };
        service.accept_handoff(request).await?;
        Ok(())
    }

    async fn reject(&self, handoff: &str, reason: &str, note: &str) -> anyhow::Result<()> {
        let mut service = self.endpoints.qualification(&self.sales())?;
        let request = pb::RejectHandoffRequest {
            request_id: self.id(&format!("{handoff}/reject")),
            name: handoff.to_owned(),
            reason: reason.to_owned(),
            note: note.to_owned(),
            ..pb::RejectHandoffRequest::default()
        };
        service.reject_handoff(request).await?;
        Ok(())
    }

    async fn contact(&self, name: &str, outcome: pb::ContactOutcome) -> anyhow::Result<()> {
        let mut service = self.endpoints.qualification(&self.sales())?;
        let request = pb::RecordContactRequest {
            request_id: self.id(&format!("{name}/contact/{}", outcome.as_str_name())),
            lead: external(name),
            outcome: outcome.into(),
            direction: pb::ContactDirection::Outbound.into(),
            human: true,
            medium: "PHONE".to_owned(),
            ..pb::RecordContactRequest::default()
        };
        service.record_contact(request).await?;
        Ok(())
    }

    async fn outcome(&self, name: &str, outcome: pb::Outcome, cents: Option<i64>) -> anyhow::Result<()> {
        let mut service = self.endpoints.qualification(&self.sales())?;
        let request = pb::RecordOutcomeRequest {
            request_id: self.id(&format!("{name}/outcome/{}", outcome.as_str_name())),
            lead: external(name),
            outcome: outcome.into(),
            amount: cents.map(euros),
            ..pb::RecordOutcomeRequest::default()
        };
        service.record_outcome(request).await?;
        Ok(())
    }

    /// Makes 24 December a holiday: the deadlines of the clocks that run move.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn add_holiday(&self) -> anyhow::Result<()> {
        const FILE: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Christmas Eve\r\n\
                            DTSTART;VALUE=DATE:20261224\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let mut service = self.endpoints.sla(&self.operator())?;
        let name = "calendars/default".to_owned();
        until("sla has the starter calendar", async || {
            let answer = service.get_calendar(GetCalendarRequest { name: name.clone() }).await;
            Ok(answer.ok())
        })
        .await?;
        let request = ImportHolidaysRequest {
            request_id: self.id("holiday"),
            calendar: name,
            icalendar: FILE.to_owned(),
            first_year: 2026,
            last_year: 2026,
            validate_only: false,
        };
        service.import_holidays(request).await?;
        Ok(())
    }

    /// Waits until nothing of the past is left to do: every clock that is due has breached, and reports know of it.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn settle(&self) -> anyhow::Result<()> {
        let mut service = self.endpoints.sla(&self.sales())?;
        self.endpoints.reports_catch_up(&self.marketing()).await?;
        until("every clock that is due has breached", async || {
            let mut page_token = String::new();
            loop {
                let request = ListClocksRequest {
                    page_size: 1_000,
                    page_token,
                    state: ClockState::Running.into(),
                    ..ListClocksRequest::default()
                };
                let answer = service.list_clocks(request).await?.into_inner();
                if answer.clocks.iter().any(|clock| clock.overdue && clock.breach_time.is_none()) {
                    return Ok(None);
                }
                page_token = answer.next_page_token;
                if page_token.is_empty() {
                    return Ok(Some(()));
                }
            }
        })
        .await?;
        self.endpoints.reports_catch_up(&self.marketing()).await
    }
}

fn lead(name: &str, email: &str) -> pb::Lead {
    pb::Lead {
        kind: pb::LeadKind::B2b.into(),
        person: Some(pb::Person {
            external_id: name.to_owned(),
            email: email.to_lowercase(),
            given_name: "Given".to_owned(),
            family_name: format!("Family {name}"),
            attributes: [("size".to_owned(), "12".to_owned())].into(),
            ..pb::Person::default()
        }),
        origin: Some(pb::Origin {
            channel: pb::OriginChannel::Marketing.into(),
            source: "guide".to_owned(),
            ..pb::Origin::default()
        }),
        persona: "it-lead".to_owned(),
        ..pb::Lead::default()
    }
}

fn euros(cents: i64) -> Money {
    let nanos = i32::try_from(cents % 100).unwrap_or_default() * 10_000_000;
    Money { currency_code: "EUR".to_owned(), units: cents / 100, nanos }
}

/// An imported lead; what became of it is one of ten ways.
fn item(number: u32) -> pb::ImportRequest {
    let name = format!("I-{number:04}");
    let start = i64::from(number) * 3;
    let entry = |hours: i64, entry: Entry| pb::HistoryEntry {
        occur_time: after(start + hours),
        product_line: String::new(),
        entry: Some(entry),
        source_key: format!("life/{name}/{hours}"),
    };
    let owner = || "users/bob".to_owned();
    let qualified = || entry(1, Entry::Qualified(pb::ImportedQualification {}));
    let assigned = || entry(2, Entry::Assigned(pb::ImportedAssignment { owner: owner() }));
    let accepted = |hours| entry(hours, Entry::Accepted(pb::ImportedAcceptance { decided_by: owner() }));
    let deal = |hours, outcome: pb::Outcome, cents: Option<i64>| {
        let outcome =
            pb::ImportedOutcome { outcome: outcome.into(), amount: cents.map(euros), reason: String::new() };
        entry(hours, Entry::Outcome(outcome))
    };
    let call = entry(
        3,
        Entry::Contact(pb::ImportedContact {
            outcome: pb::ContactOutcome::Connected.into(),
            direction: pb::ContactDirection::Outbound.into(),
            human: true,
            medium: "PHONE".to_owned(),
            made_by: owner(),
        }),
    );
    let visit = entry(
        0,
        Entry::Activity(pb::ImportedActivity { r#type: "PAGE_VIEW".to_owned(), properties: [].into() }),
    );
    let reject = |hours, reason: &str| {
        entry(
            hours,
            Entry::Rejected(pb::ImportedRejection {
                reason: reason.to_owned(),
                decided_by: owner(),
                note: "as the old system has it".to_owned(),
                ..pb::ImportedRejection::default()
            }),
        )
    };
    let history = match number % 10 {
        0 => vec![visit],
        1 => vec![visit, entry(5, Entry::Nurtured(pb::ImportedNurture { segment: "small".to_owned() }))],
        2 => {
            vec![entry(5, Entry::Disqualified(pb::ImportedDisqualification { reason: "STUDENT".to_owned() }))]
        }
        // Still open, and long due.
        3 => vec![qualified(), assigned()],
        4 => vec![qualified(), assigned(), call, accepted(4)],
        // Late.
        5 => vec![qualified(), assigned(), call, accepted(300)],
        6 => vec![qualified(), assigned(), reject(5, "WRONG_SIZE")],
        7 => vec![
            qualified(),
            assigned(),
            accepted(4),
            deal(8, pb::Outcome::OpportunityOpened, Some(50_000)),
            deal(100, pb::Outcome::Won, Some(45_025)),
            // It comes again: another cycle.
            deal(900, pb::Outcome::OpportunityOpened, None),
        ],
        // The source never saw sales accept.
        8 => vec![qualified(), deal(200, pb::Outcome::Lost, None)],
        _ => vec![deal(10, pb::Outcome::OpportunityOpened, Some(100_000)), deal(20, pb::Outcome::Lost, None)],
    };
    pb::ImportRequest {
        source_key: format!("life/{name}"),
        subject: Some(Subject::Lead(lead(&name, &format!("{name}@example.net")))),
        capture_time: after(start),
        history,
    }
}
