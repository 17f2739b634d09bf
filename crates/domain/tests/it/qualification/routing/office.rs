//! A tenant with a routing plan, and the worker that the store and the service are: it keeps when queues and users are due, and
//! routes then.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use handoff_domain::actor::{Actor, Side};
use handoff_domain::calendar::Definition;
use handoff_domain::id::{HandoffId, UserId};
use handoff_domain::qualification::Answer;
use handoff_domain::qualification::command::*;
use handoff_domain::qualification::decide::explain_routing;
use handoff_domain::qualification::record::*;
use handoff_domain::qualification::state::{Page, Settled, State};
use handoff_domain::routing::{Availability, Method, Outcome, Plan, Pool};

use crate::qualification::world::{World, actor, capture, mia};

pub(super) struct Office {
    pub(super) world: World,
    queues: BTreeMap<String, Option<DateTime<Utc>>>,
    away: BTreeMap<UserId, Option<DateTime<Utc>>>,
    heard: i64,
}

pub(super) fn pool(users: &[&str], method: Method) -> Pool {
    Pool { teams: Vec::new(), users: users.iter().map(|user| (*user).to_owned()).collect(), method }
}

pub(super) fn plan_of(otherwise: Pool) -> Plan {
    Plan { rules: Vec::new(), otherwise }
}

pub(super) fn calendar(zone: Tz) -> Definition {
    Definition::office_hours(zone)
}

/// What the store finds: those who wait, the oldest first, and those that somebody has open.
pub(in crate::qualification) fn page(full: &State, page: &Page) -> Vec<HandoffId> {
    let all = full.records().dossiers.values().flat_map(|dossier| {
        dossier.handoffs.values().map(|handoff| (handoff, dossier.routes.get(&handoff.id)))
    });
    let is_meant = |handoff: &Handoff, kept: Option<&HandoffRoute>| match page {
        Page::Owned(user) => handoff.state == HandoffState::Assigned && handoff.owner == Some(*user),
        Page::Waiting(rule, _) if rule.is_empty() => {
            let is_seen = kept.is_some_and(|kept| kept.is_waiting);
            handoff.state == HandoffState::PendingRoute && !handoff.imported && !is_seen
        }
        Page::Waiting(rule, _) => {
            kept.is_some_and(|kept| kept.is_waiting && kept.route.as_ref().is_some_and(|it| it.rule == *rule))
        }
    };
    let after = match page {
        Page::Waiting(_, after) => *after,
        Page::Owned(_) => None,
    };
    let is_unseen = matches!(page, Page::Waiting(rule, _) if rule.is_empty());
    let place = |handoff: &Handoff, kept: Option<&HandoffRoute>| {
        let kept = kept.filter(|_| !is_unseen);
        (handoff.mql_at, kept.map_or(handoff.version, |kept| kept.begun))
    };
    let mut found: Vec<(Waiting, HandoffId)> = all
        .filter(|(handoff, kept)| is_meant(handoff, *kept))
        .map(|(handoff, kept)| (place(handoff, kept), handoff.id))
        .filter(|(place, _)| after.is_none_or(|after| *place > after))
        .collect();
    found.sort_unstable();
    found.into_iter().take(Page::SIZE).map(|(_, id)| id).collect()
}

impl Office {
    pub(super) fn new() -> Self {
        Self { world: World::new(), queues: BTreeMap::new(), away: BTreeMap::new(), heard: 0 }
    }

    /// Does it, and notes what is due when.
    pub(super) fn run(&mut self, actor: &Actor, command: Command) -> Answer {
        let answer = self.world.ok(actor, command);
        self.note();
        answer
    }

    fn note(&mut self) {
        let looks = self.world.state.take_looks();
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
        self.away.extend(looks.away);
    }

    pub(super) fn put(&mut self, otherwise: Pool) {
        self.run(&mia(), Command::PutRoutingPlan(PutRoutingPlan { plan: plan_of(otherwise) }));
    }

    pub(super) fn available(&mut self, user: &str, availability: Availability) {
        let command = SetAvailability { user: user.to_owned(), availability };
        self.run(&mia(), Command::SetAvailability(command));
    }

    pub(super) fn active(&mut self, user: &str, active: bool) {
        let (slug, side) = (user.to_owned(), Side::Sales);
        let put = PutUser { slug, side, team: None, active, display_name: None, email: None };
        self.run(&mia(), Command::PutUser(put));
    }

    pub(super) fn calendar(&mut self, slug: &str, zone: Tz) {
        self.define(slug, calendar(zone));
    }

    /// Sla tells of a calendar.
    pub(super) fn define(&mut self, slug: &str, definition: Definition) {
        let version = u32::try_from(self.heard + 1).expect("few");
        let copy = CalendarCopy { slug: slug.to_owned(), version, definition };
        let (after, last) = (self.heard, self.heard + 1);
        let hear = HearCalendars { after, last, calendars: vec![(last, copy)] };
        self.heard = last;
        self.run(&service(), Command::HearCalendars(hear));
    }

    /// The handoff of a new lead.
    pub(super) fn qualified(&mut self, name: &str) -> HandoffId {
        let lead = self.world.lead(capture(&format!("{name}@example.org")));
        let handoff = self.world.qualify(lead);
        self.note();
        handoff
    }

    pub(super) fn owner(&self, handoff: HandoffId) -> Option<UserId> {
        self.world.handoff(handoff).owner
    }

    #[track_caller]
    pub(super) fn kept(&self, handoff: HandoffId) -> &HandoffRoute {
        let lead = self.world.handoff(handoff).lead;
        &self.world.state.dossier(lead).expect("a lead").routes[&handoff]
    }

    /// When the worker has something to do next.
    pub(super) fn next_due(&self) -> Option<DateTime<Utc>> {
        let away = self.away.values().filter(|_| self.world.state.has_plan());
        self.queues.values().chain(away).flatten().min().copied()
    }

    /// The worker does everything that is due.
    pub(super) fn settle(&mut self) {
        for _ in 0..1_000 {
            if self.next_due().is_none_or(|due| due > self.world.now) {
                return;
            }
            self.work();
        }
        panic!("the worker never comes to an end: {:?} {:?}", self.queues, self.away);
    }

    fn work(&mut self) {
        let now = self.world.now;
        let is_due = |due: &Option<DateTime<Utc>>| due.is_some_and(|due| due <= now);
        let away: Vec<_> = self.away.iter().filter(|(_, due)| is_due(due)).map(|(user, _)| *user).collect();
        let has_plan = self.world.state.has_plan();
        for user in away.into_iter().filter(|_| has_plan) {
            self.paged(Page::Owned(user), Command::ReleaseOwner(ReleaseOwner { user }));
        }
        let due: Vec<_> = self
            .queues
            .iter()
            .filter(|(_, due)| is_due(due))
            .map(|(rule, due)| (rule.clone(), *due))
            .collect();
        for (rule, due) in due {
            let (mut after, mut free_at) = (None, None);
            loop {
                let command =
                    RouteWaiting { rule: rule.clone(), after, free_at, due_at: due.expect("it is due") };
                let answer = self.paged(Page::Waiting(rule.clone(), after), Command::RouteWaiting(command));
                match answer {
                    Answer::Waiting(Some((last, at))) => (after, free_at) = (Some(last), at),
                    _ => break,
                }
            }
        }
    }

    fn paged(&mut self, which: Page, command: Command) -> Answer {
        let handoffs = page(&self.world.state, &which);
        self.world.state.put_page(which, handoffs);
        self.run(&service(), command)
    }

    /// Time passes, and the worker works whenever something is due.
    pub(super) fn until(&mut self, at: DateTime<Utc>) {
        self.settle();
        while let Some(due) = self.next_due().filter(|due| *due <= at) {
            self.world.now = self.world.now.max(due);
            self.settle();
        }
        self.world.now = at;
    }

    /// Those who wait although somebody could take them.
    pub(super) fn left_behind(&self) -> Vec<HandoffId> {
        let all = self.world.state.records().dossiers.values().flat_map(|dossier| dossier.handoffs.values());
        let waiting = all.filter(|handoff| handoff.state == HandoffState::PendingRoute);
        let could_go = |handoff: &&Handoff| {
            let explained = explain_routing(&self.world.state, handoff.id, self.world.now);
            matches!(explained.expect("a plan").outcome, Outcome::Routed { .. })
        };
        waiting.filter(could_go).map(|handoff| handoff.id).collect()
    }
}

fn service() -> Actor {
    actor("services/qualification", Side::System)
}
