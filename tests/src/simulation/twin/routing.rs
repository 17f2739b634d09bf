//! The model's side of routing: plans, and the worker that routes whoever waits as soon as somebody is free.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use handoff_domain::calendar::Definition;
use handoff_domain::id::HandoffId;
use handoff_domain::qualification::command::{CalendarCopy, Command, HearCalendars, RouteWaiting, Waiting};
use handoff_domain::qualification::decide;
use handoff_domain::qualification::record::{Handoff, HandoffRoute, HandoffState};
use handoff_domain::qualification::state::{Page, Settled, State};
use handoff_domain::routing::{Action, Condition, Keep, Method, Plan, Pool, Rule};
use handoff_domain::sla;
use handoff_proto::qualification::v1 as pb;

use super::Model;
use crate::simulation::operation::OWNERS;

/// How many plans there are.
pub const PLANS: usize = 3;

/// A plan: whoever was accepted last keeps the person, and of the others everybody in turn, whoever has the least, or one.
pub fn plan(number: usize) -> Plan {
    let pool = |owners: &[&str], method| {
        let users = owners.iter().map(|owner| (*owner).to_owned()).collect();
        Pool { teams: Vec::new(), users, method }
    };
    let keep = Rule {
        key: "keep".to_owned(),
        label: "Keep".to_owned(),
        when: Condition::default(),
        then: Action::Keep(Keep::LastAccepted),
    };
    let (rules, otherwise) = match number {
        0 => (vec![keep], pool(&OWNERS, Method::WeightedRoundRobin)),
        1 => (Vec::new(), pool(&OWNERS, Method::LeastOpenWork)),
        _ => (Vec::new(), pool(&OWNERS[..1], Method::WeightedRoundRobin)),
    };
    Plan { rules, otherwise }
}

/// The same on the wire.
pub fn to_proto(plan: &Plan) -> pb::RoutingPlan {
    use pb::routing_rule::To;
    let rule = |rule: &Rule| pb::RoutingRule {
        key: rule.key.clone(),
        label: rule.label.clone(),
        when: None,
        to: Some(To::KeepOwner(pb::KeepOwner::default())),
    };
    let method = match plan.otherwise.method {
        Method::KeepOwner => pb::RoutingMethod::KeepOwner,
        Method::WeightedRoundRobin => pb::RoutingMethod::WeightedRoundRobin,
        Method::LeastOpenWork => pb::RoutingMethod::LeastOpenWork,
    };
    let users = plan.otherwise.users.iter().map(|user| format!("users/{user}")).collect();
    pb::RoutingPlan {
        rules: plan.rules.iter().map(rule).collect(),
        otherwise: Some(pb::RoutingPool { teams: Vec::new(), users, method: method.into() }),
    }
}

/// When those who wait are looked at, by rule.
pub(super) type Queues = BTreeMap<String, Option<DateTime<Utc>>>;

impl Model {
    /// Qualification hears of the office hours.
    pub(super) fn copy_calendar(&mut self, definition: Definition) {
        let after = self.state.cursor();
        let last = after + 1;
        let version = u32::try_from(last).unwrap_or(u32::MAX);
        let copy = CalendarCopy { slug: sla::DEFAULT_CALENDAR.to_owned(), version, definition };
        let hear = HearCalendars { after, last, calendars: vec![(last, copy)] };
        self.must(Command::HearCalendars(hear));
    }

    /// Whoever waits is routed, as far as somebody is free.
    pub(super) fn work(&mut self) {
        loop {
            let looks = self.state.take_looks();
            if let Some(now) = looks.all_queues {
                self.queues.values_mut().for_each(|due| *due = Some(now));
            }
            for (rule, change) in looks.queues {
                let due = self.queues.entry(rule).or_default();
                if let Some(Settled { seen, due_at }) = change.settled
                    && (seen.is_none() || seen == *due)
                {
                    *due = due_at;
                }
                *due = due.iter().copied().chain(change.no_later).min();
                *due = change.at.or(*due);
            }
            let due =
                self.queues.iter().filter_map(|(rule, due)| Some((due.filter(|at| *at <= self.now)?, rule)));
            let Some((due_at, rule)) = due.min().map(|(at, rule)| (at, rule.clone())) else { return };
            let page = Page::Waiting(rule.clone(), None);
            let handoffs = waiting(&self.state, &rule);
            assert!(handoffs.len() < Page::SIZE, "a life has few leads");
            self.state.put_page(page, handoffs);
            self.must(Command::RouteWaiting(RouteWaiting { rule, after: None, free_at: None, due_at }));
        }
    }
}

/// Who waits by a rule, the oldest first.
fn waiting(state: &State, rule: &str) -> Vec<HandoffId> {
    let all = state.records().dossiers.values().flat_map(|dossier| {
        dossier.handoffs.values().map(|handoff| (handoff, dossier.routes.get(&handoff.id)))
    });
    let place = |(handoff, kept): (&Handoff, Option<&HandoffRoute>)| -> Option<(Waiting, HandoffId)> {
        let kept = kept.filter(|kept| kept.is_waiting);
        let begun = match kept {
            Some(kept) => {
                kept.route.as_ref().is_some_and(|route| route.rule == rule).then_some(kept.begun)?
            }
            None => {
                let is_unseen = handoff.state == HandoffState::PendingRoute && !handoff.imported;
                (rule.is_empty() && is_unseen).then_some(handoff.version)?
            }
        };
        Some(((handoff.mql_at, begun), handoff.id))
    };
    let mut found: Vec<_> = all.filter_map(place).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, id)| id).collect()
}

/// Notes what a decision says beside the log.
pub(super) fn note(state: &mut State, decision: &decide::Decision, now: DateTime<Utc>) {
    decision.notes.iter().for_each(|note| state.note(note, now));
}
