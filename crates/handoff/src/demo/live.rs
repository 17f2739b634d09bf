//! A few seconds of life: leads become MQLs by what they do, as marketing and sales have signed it; a team accepts some and rejects some, and those that nobody looks at breach
//! while one watches. The tenant's starter contract allows five seconds on the wall, so that nobody has to wait for two
//! business days.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, bail};
use handoff_proto::common::v1::{Side, Target, target::Amount};
use handoff_proto::event::v1::event_log_service_client::EventLogServiceClient;
use handoff_proto::event::v1::{
    Cursor, Event, SubscribeEventsRequest, SubscribeEventsResponse, payload::Fact,
};
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_proto::qualification::v1::{
    AcceptHandoffRequest, AssignHandoffRequest, CaptureLeadRequest, ExplainScoreRequest, GetLeadRequest,
    Lead, LeadKind, LeadRef, Origin, OriginChannel, RecordActivityRequest, RejectHandoffRequest, Team, User,
    lead_ref,
};
use handoff_proto::sla::v1::GetContractRequest;
use handoff_runtime::client::Peer;
use handoff_runtime::clock;
use handoff_runtime::identity::TenantRef;
use handoff_runtime::shutdown::Shutdown;
use tokio::time::{Instant, timeout_at};
use tonic::{Code, Streaming};

use super::agreement::agree;
use super::fill::{log_head, until};
use super::person::person;
use super::random::Random;
use super::setting::set_up;
use crate::arguments::Format;
use crate::command::lead::explain;
use crate::session::{Session, request_id};

/// How long sales may take in this tenant.
const TARGET_SECS: i64 = 5;
/// The pace of new leads.
const PACE: Duration = Duration::from_millis(500);
/// Breaches come at their deadlines; after that time something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);

/// What each lead does: an e-book twice, and a look at the prices. 55 points are enough.
const DEEDS: [(&str, Option<&str>); 3] =
    [("EBOOK_DOWNLOADED", None), ("EBOOK_DOWNLOADED", None), ("PAGE_VISITED", Some("/pricing"))];

/// What sales makes of a lead, and when after its hand-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    Accept(Duration),
    Reject(Duration),
    Forget,
}

/// Who gets which lead, and what becomes of it: five are decided in time, one too late, and two never.
const SCRIPT: [(&str, Plan); 8] = [
    ("nora", Plan::Accept(Duration::from_millis(1_200))),
    ("sven", Plan::Forget),
    ("nora", Plan::Reject(Duration::from_millis(2_200))),
    ("sven", Plan::Accept(Duration::from_millis(1_700))),
    ("nora", Plan::Accept(Duration::from_millis(900))),
    ("sven", Plan::Accept(Duration::from_millis(6_500))),
    ("nora", Plan::Reject(Duration::from_millis(2_900))),
    ("sven", Plan::Forget),
];

/// A step of the show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    HandOver,
    Decide,
}

/// The show, while it runs.
struct Live<'a, 'b> {
    session: &'a mut Session<'b>,
    started: Instant,
    /// The name of each lead's hand-over.
    handoffs: HashMap<usize, String>,
    /// Who is behind a hand-over, for the people who watch.
    people: HashMap<String, String>,
    /// The lead that is explained in the end.
    explained: Option<LeadRef>,
    shutdown: &'a Shutdown,
    breaches: usize,
    closed: usize,
}

/// Plays the script in the session's tenant.
pub(crate) async fn live(session: &mut Session<'_>, shutdown: &Shutdown) -> anyhow::Result<()> {
    let target = Target {
        amount: Some(Amount::CalendarTime(prost_types::Duration { seconds: TARGET_SECS, nanos: 0 })),
    };
    set_up(session, Some(target), vec![team("desk", Side::Sales), team("web", Side::Marketing)], people())
        .await?;
    agree(session).await?;
    let sla = session.sla().await?;
    until("the sla service", shutdown, async || {
        match sla.clone().get_contract(GetContractRequest {}).await {
            Ok(_) => Ok(true),
            Err(status) if matches!(status.code(), Code::NotFound | Code::FailedPrecondition) => Ok(false),
            Err(status) => Err(status.into()),
        }
    })
    .await?;
    let events = watch(session).await?;
    let live = Live {
        session,
        started: Instant::now(),
        handoffs: HashMap::new(),
        people: HashMap::new(),
        explained: None,
        shutdown,
        breaches: 0,
        closed: 0,
    };
    live.play(events, shutdown).await
}

/// The events of sla's log from now on.
async fn watch(session: &Session<'_>) -> anyhow::Result<Streaming<SubscribeEventsResponse>> {
    let peer = session.peer(&session.global.sla, Some(session.tenant()?), Side::System).await?;
    let mut log = EventLogServiceClient::new(peer);
    let position = log_head(session, &session.global.sla).await?;
    let tenant_uid = TenantRef::from_slug(session.tenant()?).id.0.to_string();
    let cursors = vec![Cursor { tenant_uid, position }];
    Ok(log.subscribe_events(SubscribeEventsRequest { cursors }).await?.into_inner())
}

impl Live<'_, '_> {
    async fn play(
        mut self,
        mut events: Streaming<SubscribeEventsResponse>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<()> {
        let mut steps = timeline();
        steps.reverse();
        loop {
            let next = steps.last().map(|(at, _, _)| self.started + *at);
            if next.is_none() && self.is_over() {
                return self.explain().await;
            }
            let wake = next.unwrap_or(self.started + PATIENCE);
            tokio::select! {
                () = shutdown.requested() => return Err(handoff_runtime::service::StartError::Interrupted.into()),
                heard = timeout_at(wake, events.message()) => match heard {
                    Ok(events) => self.hear(events?.context("sla's log ended")?.events)?,
                    Err(_) => match steps.pop() {
                        Some((_, index, step)) => self.perform(index, step).await?,
                        None => bail!("clocks that should have breached did not within {} s", PATIENCE.as_secs()),
                    },
                },
            }
        }
    }

    /// Every clock has ended or breached.
    fn is_over(&self) -> bool {
        let late = SCRIPT.iter().filter(|(_, plan)| is_late(*plan)).count();
        let decided = SCRIPT.iter().filter(|(_, plan)| *plan != Plan::Forget).count();
        self.breaches >= late && self.closed >= decided
    }

    async fn perform(&mut self, index: usize, step: Step) -> anyhow::Result<()> {
        let (owner, plan) = SCRIPT[index];
        match (step, plan) {
            (Step::HandOver, _) => self.hand_over(index, owner).await,
            (Step::Decide, Plan::Accept(_)) => {
                let name = self.handoff(index)?;
                let request = AcceptHandoffRequest { request_id: request_id(), name, etag: String::new() };
                self.speak_as(owner, Side::Sales).await?.accept_handoff(request).await?;
                self.tell(&format!("{owner} accepts {}: an SQL", self.person(index)))
            }
            (Step::Decide, Plan::Reject(_)) => {
                let request = RejectHandoffRequest {
                    request_id: request_id(),
                    name: self.handoff(index)?,
                    reason: "NO_BUDGET_NOW".to_owned(),
                    segment: "next-year".to_owned(),
                    ..RejectHandoffRequest::default()
                };
                self.speak_as(owner, Side::Sales).await?.reject_handoff(request).await?;
                self.tell(&format!("{owner} rejects {} (NO_BUDGET_NOW): back to nurture", self.person(index)))
            }
            (Step::Decide, Plan::Forget) => Ok(()),
        }
    }

    async fn hand_over(&mut self, index: usize, owner: &str) -> anyhow::Result<()> {
        // Another demo in the same tenant must meet other people.
        let number = clock::now().timestamp_millis().unsigned_abs();
        let mut person = person(number, &mut Random::new(number, index as u64));
        // Who is too small is none that both sides agreed on.
        person.attributes.insert("employees".to_owned(), "340".to_owned());
        let who = format!("{} {} ({})", person.given_name, person.family_name, person.organisation);
        let origin = Origin {
            channel: OriginChannel::Marketing.into(),
            source: "website".to_owned(),
            medium: "demo-request".to_owned(),
            campaign: String::new(),
        };
        let lead = Lead {
            kind: LeadKind::B2b.into(),
            person: Some(person),
            origin: Some(origin),
            ..Lead::default()
        };
        let mut service = self.speak_as("mia", Side::Marketing).await?;
        let request = CaptureLeadRequest {
            request_id: request_id(),
            lead: Some(lead),
            ..CaptureLeadRequest::default()
        };
        let lead = service.capture_lead(request).await?.into_inner().lead.unwrap_or_default().name;
        let which = Some(LeadRef { lead: Some(lead_ref::Lead::Name(lead.clone())) });
        // Nobody says that it is an MQL: it is judged by what it does, as both sides agreed.
        for (kind, page) in DEEDS {
            let properties = page.iter().map(|page| ("page".to_owned(), (*page).to_owned())).collect();
            let request = RecordActivityRequest {
                request_id: request_id(),
                lead: which.clone(),
                r#type: kind.to_owned(),
                properties,
                ..RecordActivityRequest::default()
            };
            service.record_activity(request).await?;
        }
        let handoff = self.judged(&lead, which.clone()).await?;
        if index == 1 {
            self.explained = which;
        }
        let request = AssignHandoffRequest {
            request_id: request_id(),
            name: handoff.clone(),
            owner: format!("users/{owner}"),
            etag: String::new(),
        };
        self.speak_as(owner, Side::Sales).await?.assign_handoff(request).await?;
        self.tell(&format!("{who} is an MQL, for {owner}, who has {TARGET_SECS} s to decide"))?;
        self.people.insert(handoff.clone(), who);
        self.handoffs.insert(index, handoff);
        Ok(())
    }

    /// The lead's hand-over, once it was judged.
    async fn judged(&mut self, lead: &str, which: Option<LeadRef>) -> anyhow::Result<String> {
        let mut service = self.speak_as("mia", Side::Marketing).await?;
        let mut handoff = String::new();
        until("the qualification service", self.shutdown, async || {
            let request = GetLeadRequest { lead: which.clone() };
            let lead = service.get_lead(request).await?.into_inner().lead.unwrap_or_default();
            handoff = lead.tracks.into_iter().map(|track| track.latest_handoff).next().unwrap_or_default();
            Ok(!handoff.is_empty())
        })
        .await
        .with_context(|| format!("{lead} did not become an MQL"))?;
        Ok(handoff)
    }

    /// Shows why a lead was handed over that nobody has called yet.
    async fn explain(&mut self) -> anyhow::Result<()> {
        let Some(lead) = self.explained.take() else { return Ok(()) };
        self.session.output.say("\nWhy one of those who wait was handed over, to whoever calls:\n");
        let request = ExplainScoreRequest { lead: Some(lead), ..ExplainScoreRequest::default() };
        explain(request, self.session).await
    }

    /// Tells what sla found out.
    fn hear(&mut self, events: Vec<Event>) -> anyhow::Result<()> {
        for event in events {
            let Some(fact) = event.payload.and_then(|payload| payload.fact) else { continue };
            let known = |handoff_id: &str| self.people.get(&format!("handoffs/{handoff_id}")).cloned();
            let told = match fact {
                Fact::ClockBreached(breached) => known(&breached.handoff_id).map(|who| {
                    self.breaches += 1;
                    format!("BREACH: nobody decided about {who} within {TARGET_SECS} s")
                }),
                Fact::ClockMet(met) => known(&met.handoff_id).and_then(|who| {
                    self.closed += 1;
                    met.late.then(|| format!("the clock of {who} stops, too late: a breach it stays"))
                }),
                _ => None,
            };
            if let Some(told) = told {
                self.tell(&told)?;
            }
        }
        Ok(())
    }

    fn tell(&mut self, what: &str) -> anyhow::Result<()> {
        let seconds = self.started.elapsed().as_secs_f64();
        let line = format!("{seconds:6.1} s  {what}");
        match self.session.global.format {
            Format::Table => self.session.output.line(&line)?,
            // A program that reads stdout wants the answers alone.
            Format::Json | Format::Csv => self.session.output.say(&line),
        }
        Ok(())
    }

    fn handoff(&self, index: usize) -> anyhow::Result<String> {
        self.handoffs.get(&index).cloned().context("the script decides before it hands over")
    }

    fn person(&self, index: usize) -> String {
        self.handoffs.get(&index).and_then(|name| self.people.get(name)).cloned().unwrap_or_default()
    }

    /// Qualification, as one of the tenant's users.
    async fn speak_as(&mut self, user: &str, side: Side) -> anyhow::Result<QualificationServiceClient<Peer>> {
        user.clone_into(&mut self.session.global.user);
        self.session.qualification(side).await
    }
}

/// All steps by time.
fn timeline() -> Vec<(Duration, usize, Step)> {
    let mut steps = Vec::new();
    for (place, (_, plan)) in SCRIPT.iter().enumerate() {
        let start = PACE * u32::try_from(place).unwrap_or_default();
        steps.push((start, place, Step::HandOver));
        if let Plan::Accept(after) | Plan::Reject(after) = plan {
            steps.push((start + *after, place, Step::Decide));
        }
    }
    steps.sort_by_key(|(at, place, _)| (*at, *place));
    steps
}

fn is_late(plan: Plan) -> bool {
    match plan {
        Plan::Accept(after) | Plan::Reject(after) => after.as_secs() >= TARGET_SECS.unsigned_abs(),
        Plan::Forget => true,
    }
}

fn team(name: &str, side: Side) -> Team {
    Team { name: format!("teams/{name}"), side: side.into(), ..Team::default() }
}

fn people() -> Vec<User> {
    let user = |slug: &str, team: &str, side: Side| User {
        name: format!("users/{slug}"),
        team: format!("teams/{team}"),
        side: side.into(),
        active: true,
        ..User::default()
    };
    vec![
        user("nora", "desk", Side::Sales),
        user("sven", "desk", Side::Sales),
        user("mia", "web", Side::Marketing),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lead_is_handed_over_before_it_is_decided() {
        let steps = timeline();
        assert!(steps.is_sorted_by_key(|(at, _, _)| *at));
        for (place, (_, plan)) in SCRIPT.iter().enumerate() {
            let mine: Vec<Step> = steps.iter().filter(|step| step.1 == place).map(|step| step.2).collect();
            let expected: &[Step] =
                if *plan == Plan::Forget { &[Step::HandOver] } else { &[Step::HandOver, Step::Decide] };
            assert_eq!(mine, expected);
        }
    }

    #[test]
    fn some_are_in_time_some_too_late_and_some_forgotten() {
        let late = SCRIPT.iter().filter(|(_, plan)| is_late(*plan)).count();
        let forgotten = SCRIPT.iter().filter(|(_, plan)| *plan == Plan::Forget).count();
        assert_eq!((SCRIPT.len(), late, forgotten), (8, 3, 2));
    }
}
