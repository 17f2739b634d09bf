//! What the logs tell, in short: leads and clocks that things happen to. Also used by the crate's own tests, which
//! replay the same stories without a server.
#![allow(dead_code, reason = "not every test tells everything")]

use chrono::{DateTime, TimeDelta, Utc};
use handoff_proto::common::v1 as common;
use handoff_proto::event::v1 as pb;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::qualification::v1 as q;
use handoff_proto::sla::v1 as sla;
use prost_types::{Duration, Timestamp};
use uuid::Uuid;

/// Something that happened, and when.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) at: DateTime<Utc>,
    pub(crate) fact: Fact,
}

impl Told {
    /// Whether it is sla that tells of it.
    pub(crate) fn is_of_clock(&self) -> bool {
        matches!(
            self.fact,
            Fact::ClockStarted(_)
                | Fact::ClockMet(_)
                | Fact::ClockCancelled(_)
                | Fact::ClockBreached(_)
                | Fact::ClockBreachRetracted(_)
                | Fact::ClockDeadlineMoved(_)
        )
    }
}

/// An instant: `2026-03-27T17:00:00Z`, or the midnight of a date in UTC.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    let full = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    full.parse().expect("an instant")
}

pub(crate) fn timestamp(at: DateTime<Utc>) -> Timestamp {
    let nanos = i32::try_from(at.timestamp_subsec_nanos()).expect("under a second");
    Timestamp { seconds: at.timestamp(), nanos }
}

pub(crate) fn tenant(slug: &str, zone: &str, at: DateTime<Utc>) -> Told {
    let tenant = q::Tenant {
        name: format!("tenants/{slug}"),
        time_zone: zone.to_owned(),
        currency_code: "EUR".to_owned(),
        fiscal_year_start_month: 1,
        ..q::Tenant::default()
    };
    let changed = pb::TenantChanged { tenant: Some(tenant), contract_effective_time: Some(timestamp(at)) };
    Told { at, fact: Fact::TenantChanged(changed) }
}

/// A lead on its way through a product line, `main` unless another is said.
#[derive(Debug, Clone)]
pub(crate) struct Lead {
    id: u128,
    pub(crate) line: String,
    pub(crate) cycle: i32,
    pub(crate) source: String,
    stage: q::Stage,
}

impl Lead {
    pub(crate) fn new(id: u128) -> Self {
        let (line, source) = ("main".to_owned(), String::new());
        Self { id, line, cycle: 1, source, stage: q::Stage::Unspecified }
    }

    /// With the source of its first touch.
    pub(crate) fn from(id: u128, source: &str) -> Self {
        Self { source: source.to_owned(), ..Self::new(id) }
    }

    pub(crate) fn lead_id(&self) -> String {
        Uuid::from_u128((1 << 100) + self.id).to_string()
    }

    /// The same lead on its way through another product line.
    pub(crate) fn beside(&self, line: &str) -> Self {
        Self { line: line.to_owned(), cycle: 1, ..self.clone() }
    }

    /// The id of the handoff of the present cycle.
    pub(crate) fn handoff_id(&self) -> String {
        Uuid::from_u128((2 << 100) + self.of_cycle()).to_string()
    }

    fn clock_id(&self) -> String {
        Uuid::from_u128((3 << 100) + self.of_cycle()).to_string()
    }

    fn of_cycle(&self) -> u128 {
        let cycle = u128::try_from(self.cycle).expect("from 1");
        let line = if self.line == "main" { 0 } else { 1 };
        (line << 80) + (cycle << 64) + self.id
    }

    fn origin(&self) -> q::Origin {
        let channel = q::OriginChannel::Marketing.into();
        q::Origin { channel, source: self.source.clone(), ..q::Origin::default() }
    }

    fn step(&mut self, to: q::Stage) -> Option<pb::TrackMove> {
        let from = std::mem::replace(&mut self.stage, to);
        Some(pb::TrackMove {
            lead_id: self.lead_id(),
            product_line: self.line.clone(),
            cycle: self.cycle,
            from_stage: from.into(),
            to_stage: to.into(),
        })
    }

    pub(crate) fn captured(&mut self, at: DateTime<Utc>) -> Told {
        let captured = pb::LeadCaptured {
            lead_id: self.lead_id(),
            kind: q::LeadKind::B2b.into(),
            origin: Some(self.origin()),
            r#move: self.step(q::Stage::Lead),
            ..pb::LeadCaptured::default()
        };
        Told { at, fact: Fact::LeadCaptured(captured) }
    }

    pub(crate) fn suppressed(&self, at: DateTime<Utc>, to: q::Suppression) -> Told {
        let changed = pb::SuppressionChanged {
            lead_id: self.lead_id(),
            to: to.into(),
            ..pb::SuppressionChanged::default()
        };
        Told { at, fact: Fact::SuppressionChanged(changed) }
    }

    /// It is one person with another lead from now on, the one that goes on; `standing` is what they are together.
    pub(crate) fn merged(&self, at: DateTime<Utc>, survivor: &Self, standing: pb::LeadStanding) -> Told {
        let merged = pb::LeadMerged {
            lead_id: self.lead_id(),
            survivor_lead_id: survivor.lead_id(),
            counting_lead_ids: vec![self.lead_id()],
            standing: Some(standing),
        };
        Told { at, fact: Fact::LeadMerged(merged) }
    }

    /// They are two again, each as it stands by itself.
    pub(crate) fn unmerged(
        &self,
        at: DateTime<Utc>,
        survivor: &Self,
        [standing, survivor_standing]: [pb::LeadStanding; 2],
    ) -> Told {
        let unmerged = pb::LeadUnmerged {
            lead_id: self.lead_id(),
            from_lead_id: survivor.lead_id(),
            survivor_lead_id: survivor.lead_id(),
            counting_lead_ids: vec![self.lead_id()],
            standing: Some(standing),
            survivor_standing: Some(survivor_standing),
        };
        Told { at, fact: Fact::LeadUnmerged(unmerged) }
    }

    /// A lead that was captured at an instant and is no customer.
    pub(crate) fn standing(&self, captured_at: DateTime<Utc>) -> pb::LeadStanding {
        let (capture_time, origin) = (Some(timestamp(captured_at)), Some(self.origin()));
        pb::LeadStanding { capture_time, origin, customer_time: None }
    }

    /// Taken back because its lead is another one that waits already.
    pub(crate) fn withdrawn(&mut self, at: DateTime<Utc>, reason: &str) -> Told {
        let withdrawn = pb::HandoffWithdrawn {
            r#move: self.step(q::Stage::Nurture),
            handoff_id: self.handoff_id(),
            reason: reason.to_owned(),
            ..pb::HandoffWithdrawn::default()
        };
        Told { at, fact: Fact::HandoffWithdrawn(withdrawn) }
    }

    pub(crate) fn has_persona(&self, at: DateTime<Utc>, persona: &str) -> Told {
        let changed = pb::LeadAttributesChanged {
            lead_id: self.lead_id(),
            persona: persona.to_owned(),
            ..pb::LeadAttributesChanged::default()
        };
        Told { at, fact: Fact::LeadAttributesChanged(changed) }
    }

    pub(crate) fn qualified(&mut self, at: DateTime<Utc>) -> Told {
        let qualified = pb::LeadQualified {
            r#move: self.step(q::Stage::Mql),
            handoff_id: self.handoff_id(),
            origin: Some(self.origin()),
            kind: q::LeadKind::B2b.into(),
            ..pb::LeadQualified::default()
        };
        Told { at, fact: Fact::LeadQualified(qualified) }
    }

    /// As [`Lead::qualified`], in the next cycle.
    pub(crate) fn qualified_again(&mut self, at: DateTime<Utc>) -> Told {
        self.cycle += 1;
        self.qualified(at)
    }

    pub(crate) fn routed(&self, at: DateTime<Utc>, owner: &str, team: &str) -> Told {
        let routed = pb::HandoffRouted {
            handoff_id: self.handoff_id(),
            lead_id: self.lead_id(),
            owner: format!("users/{owner}"),
            team: format!("teams/{team}"),
            product_line: self.line.clone(),
            cycle: self.cycle,
            ..pb::HandoffRouted::default()
        };
        Told { at, fact: Fact::HandoffRouted(routed) }
    }

    pub(crate) fn accepted(&mut self, at: DateTime<Utc>, owner: &str) -> Told {
        let accepted = pb::HandoffAccepted {
            r#move: self.step(q::Stage::Sql),
            handoff_id: self.handoff_id(),
            decided_by: format!("users/{owner}"),
            owner: format!("users/{owner}"),
            ..pb::HandoffAccepted::default()
        };
        Told { at, fact: Fact::HandoffAccepted(accepted) }
    }

    /// Accepted by implication: a StageSkipped follows.
    pub(crate) fn implied(&mut self, at: DateTime<Utc>) -> Told {
        let stage = self.stage;
        let accepted = pb::HandoffAccepted {
            r#move: self.step(stage),
            handoff_id: self.handoff_id(),
            implied: true,
            ..pb::HandoffAccepted::default()
        };
        Told { at, fact: Fact::HandoffAccepted(accepted) }
    }

    pub(crate) fn rejected(
        &mut self,
        at: DateTime<Utc>,
        reason: &str,
        attribution: q::RejectionAttribution,
    ) -> Told {
        let rejected = pb::HandoffRejected {
            r#move: self.step(q::Stage::Nurture),
            handoff_id: self.handoff_id(),
            reason: reason.to_owned(),
            attribution: attribution.into(),
            ..pb::HandoffRejected::default()
        };
        Told { at, fact: Fact::HandoffRejected(rejected) }
    }

    /// Its rejection was none: sales decides anew.
    pub(crate) fn overturned(&mut self, at: DateTime<Utc>, owner: &str) -> Told {
        let resolved = pb::DisputeResolved {
            r#move: self.step(q::Stage::Mql),
            handoff_id: self.handoff_id(),
            lead_id: self.lead_id(),
            ruling: q::DisputeRuling::Overturned.into(),
            owner: format!("users/{owner}"),
            round: 2,
            ..pb::DisputeResolved::default()
        };
        Told { at, fact: Fact::DisputeResolved(resolved) }
    }

    pub(crate) fn skipped(&mut self, at: DateTime<Utc>, to: q::Stage, left_out: &[q::Stage]) -> Told {
        let snapshot = pb::Snapshot {
            kind: q::LeadKind::B2b.into(),
            origin: Some(self.origin()),
            persona: String::new(),
        };
        let skipped = pb::StageSkipped {
            r#move: self.step(to),
            skipped_stages: left_out.iter().map(|stage| (*stage).into()).collect(),
            snapshot: Some(snapshot),
            ..pb::StageSkipped::default()
        };
        Told { at, fact: Fact::StageSkipped(skipped) }
    }

    pub(crate) fn contacted(&self, at: DateTime<Utc>) -> Told {
        let contact = pb::Contact {
            lead_id: self.lead_id(),
            handoff_ids: vec![self.handoff_id()],
            first_attempt_time: Some(timestamp(at)),
            ..pb::Contact::default()
        };
        Told { at, fact: Fact::ContactAttempted(pb::ContactAttempted { contact: Some(contact) }) }
    }

    /// A contact with a lead that has not been handed over.
    pub(crate) fn contacted_early(&self, at: DateTime<Utc>) -> Told {
        let contact = pb::Contact {
            lead_id: self.lead_id(),
            first_attempt_time: Some(timestamp(at)),
            ..pb::Contact::default()
        };
        Told { at, fact: Fact::ContactAttempted(pb::ContactAttempted { contact: Some(contact) }) }
    }

    pub(crate) fn opened(&mut self, at: DateTime<Utc>) -> Told {
        let opened = pb::OpportunityOpened { r#move: self.step(q::Stage::Opportunity), ..Default::default() };
        Told { at, fact: Fact::OpportunityOpened(opened) }
    }

    pub(crate) fn won(&mut self, at: DateTime<Utc>, euros: i64, new_customer: bool) -> Told {
        let money = common::Money { currency_code: "EUR".to_owned(), units: euros, nanos: 0 };
        let won = pb::OpportunityWon {
            r#move: self.step(q::Stage::Customer),
            amount: Some(money),
            new_customer,
            ..pb::OpportunityWon::default()
        };
        Told { at, fact: Fact::OpportunityWon(won) }
    }

    pub(crate) fn lost(&mut self, at: DateTime<Utc>) -> Told {
        let lost = pb::OpportunityLost { r#move: self.step(q::Stage::Nurture), ..Default::default() };
        Told { at, fact: Fact::OpportunityLost(lost) }
    }

    pub(crate) fn sql_returned(&mut self, at: DateTime<Utc>) -> Told {
        let returned = pb::SqlReturned { r#move: self.step(q::Stage::Disqualified), ..Default::default() };
        Told { at, fact: Fact::SqlReturned(returned) }
    }

    pub(crate) fn comes_again(&mut self, at: DateTime<Utc>) -> Told {
        self.cycle += 1;
        let again = pb::NewInterest { r#move: self.step(q::Stage::Lead), imported: false };
        Told { at, fact: Fact::NewInterest(again) }
    }

    /// The DECIDE clock of the present handoff starts, with a target in business days.
    pub(crate) fn clock_started(&self, at: DateTime<Utc>, due: DateTime<Utc>, days: i32) -> Told {
        let amount = Some(common::target::Amount::BusinessDays(days));
        let started = pb::ClockStarted {
            clock_id: self.clock_id(),
            handoff_id: self.handoff_id(),
            lead_id: self.lead_id(),
            kind: "DECIDE".to_owned(),
            target: Some(common::Target { amount }),
            start_time: Some(timestamp(at)),
            due_time: Some(timestamp(due)),
            ..pb::ClockStarted::default()
        };
        Told { at, fact: Fact::ClockStarted(started) }
    }

    pub(crate) fn clock_met(&self, at: DateTime<Utc>, late: bool, days: i32) -> Told {
        let time = |hours| {
            let time = TimeDelta::hours(hours);
            Some(Duration { seconds: time.num_seconds(), nanos: 0 })
        };
        let met = pb::ClockMet {
            clock_id: self.clock_id(),
            handoff_id: self.handoff_id(),
            late,
            elapsed_business_time: time(i64::from(days) * 9),
            elapsed_calendar_time: time(i64::from(days) * 24),
            elapsed_business_days: days,
        };
        Told { at, fact: Fact::ClockMet(met) }
    }

    pub(crate) fn clock_breached(&self, at: DateTime<Utc>) -> Told {
        let (clock_id, handoff_id) = (self.clock_id(), self.handoff_id());
        let breached = pb::ClockBreached { clock_id, handoff_id, notify: true };
        Told { at, fact: Fact::ClockBreached(breached) }
    }

    /// The stop was only recorded late.
    pub(crate) fn clock_breach_retracted(&self, at: DateTime<Utc>) -> Told {
        let (clock_id, handoff_id) = (self.clock_id(), self.handoff_id());
        let retracted = pb::ClockBreachRetracted { clock_id, handoff_id };
        Told { at, fact: Fact::ClockBreachRetracted(retracted) }
    }
}

/// A contract takes effect.
pub(crate) fn contract(at: DateTime<Utc>, version: i32, signed: bool) -> Told {
    let effective = pb::ContractEffective {
        contract_id: Uuid::from_u128(9).to_string(),
        version,
        signed,
        effective_time: Some(timestamp(at)),
        ..pb::ContractEffective::default()
    };
    Told { at, fact: Fact::ContractEffective(effective) }
}

/// A calendar of the tenant in a version: open around the clock on these days of the week, from Monday, 1.
pub(crate) fn calendar(tenant: Uuid, slug: &str, version: i32, days: &[i32], at: DateTime<Utc>) -> Told {
    let all_day = sla::LocalInterval { open: "00:00".to_owned(), close: "24:00".to_owned() };
    let hours = |weekday: &i32| sla::WeeklyHours { weekday: *weekday, hours: Some(all_day.clone()) };
    let calendar = sla::Calendar {
        name: format!("calendars/{slug}"),
        time_zone: "UTC".to_owned(),
        weekly_hours: days.iter().map(hours).collect(),
        version,
        ..sla::Calendar::default()
    };
    let calendar_id = Uuid::new_v5(&tenant, format!("calendars/{slug}").as_bytes()).to_string();
    let versioned = pb::CalendarVersioned { calendar_id, calendar: Some(calendar) };
    Told { at, fact: Fact::CalendarVersioned(versioned) }
}
