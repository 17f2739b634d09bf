//! Handoffs that find their owners by a plan, wait, are given back, and go on to somebody else.

use anyhow::Context;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::routing_rule::To;
use handoff_proto::sla::v1 as sla;
use prost_types::Timestamp;

use super::{Life, external};
use crate::waiting::until;

impl Life {
    /// Routes by a plan: Bob of the north is always at work, and Ann is away, so that what she has open goes to him; one waits
    /// for her, and one that he gives back for somebody else.
    ///
    /// # Errors
    /// When a request is refused.
    pub async fn route(&self) -> anyhow::Result<()> {
        self.staff().await?;
        let pool = |teams: &[&str], users: &[&str]| pb::RoutingPool {
            teams: teams.iter().map(|team| (*team).to_owned()).collect(),
            users: users.iter().map(|user| (*user).to_owned()).collect(),
            method: pb::RoutingMethod::WeightedRoundRobin.into(),
        };
        let rule = |key: &str, lines: &[&str], to| pb::RoutingRule {
            key: key.to_owned(),
            label: key.to_owned(),
            when: Some(pb::RoutingCondition {
                product_lines: lines.iter().map(|line| (*line).to_owned()).collect(),
                ..pb::RoutingCondition::default()
            }),
            to: Some(to),
        };
        let rules = vec![
            rule("spares", &["spares"], To::Pool(pool(&[], &["users/ann"]))),
            rule("keep", &["care"], To::KeepOwner(pb::KeepOwner::default())),
        ];
        let plan = Some(pb::RoutingPlan { rules, otherwise: Some(pool(&["teams/north"], &[])) });
        let request = pb::PutRoutingPlanRequest { request_id: self.id("routing plan"), plan };
        self.endpoints.routing(&self.operator())?.put_routing_plan(request).await?;

        let mut handoffs = Vec::new();
        for (name, product_line) in [("R-0", ""), ("R-1", "spares"), ("R-2", "")] {
            let email = format!("{name}@example.org");
            self.capture(name, &email, pb::Suppression::Unspecified, "capture").await?;
            let request = pb::QualifyLeadRequest {
                request_id: self.id(&format!("{name}/qualify")),
                lead: external(name),
                product_line: product_line.to_owned(),
                ..pb::QualifyLeadRequest::default()
            };
            let answer = self.endpoints.qualification(&self.marketing())?.qualify_lead(request).await?;
            handoffs.push(answer.into_inner().handoff.context("a handoff")?.name);
        }
        let request = pb::RejectHandoffRequest {
            request_id: self.id("R-2/give back"),
            name: handoffs.pop().context("three handoffs")?,
            reason: "WRONG_OWNER".to_owned(),
            ..pb::RejectHandoffRequest::default()
        };
        self.endpoints.qualification(&self.sales())?.reject_handoff(request).await?;
        Ok(())
    }

    /// Says when Bob and Ann take handoffs, as soon as qualification knows the calendar.
    async fn staff(&self) -> anyhow::Result<()> {
        let hours = |weekday: i32| sla::WeeklyHours {
            weekday,
            hours: Some(sla::LocalInterval { open: "00:00".to_owned(), close: "24:00".to_owned() }),
        };
        let calendar = sla::Calendar {
            name: "calendars/always".to_owned(),
            display_name: "Always".to_owned(),
            time_zone: "Europe/Rome".to_owned(),
            weekly_hours: (1..=7).map(hours).collect(),
            ..sla::Calendar::default()
        };
        let request = sla::PutCalendarRequest { request_id: self.id("always"), calendar: Some(calendar) };
        self.endpoints.sla(&self.operator())?.put_calendar(request).await?;
        let mut service = self.endpoints.routing(&self.operator())?;
        let mut tries = 0;
        until("qualification has heard of the calendar", async || {
            tries += 1;
            // Each is a request of its own: one that was refused stays so.
            let request = pb::SetAvailabilityRequest {
                request_id: self.id(&format!("bob/availability/{tries}")),
                user: "users/bob".to_owned(),
                availability: Some(pb::Availability {
                    calendar: "calendars/always".to_owned(),
                    capacity: 10_000,
                    weight: 20,
                    ..pb::Availability::default()
                }),
            };
            Ok(service.set_availability(request).await.ok())
        })
        .await?;
        let time = |seconds| Some(Timestamp { seconds, nanos: 0 });
        let away = pb::Absence { start_time: time(1_577_836_800), end_time: time(4_102_444_800) };
        let availability = Some(pb::Availability { absences: vec![away], ..pb::Availability::default() });
        let (request_id, user) = (self.id("ann/availability"), "users/ann".to_owned());
        service.set_availability(pb::SetAvailabilityRequest { request_id, user, availability }).await?;
        Ok(())
    }
}
