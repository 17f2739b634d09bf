//! Routing in a state: whom there is to route to, what they have open and whose turn it is, kept up with every event; and, beside
//! the log, who is to be looked at again and when.
//!
//! The roster is there where somebody asked for it, or where it was at hand. Without it events change the records only, and
//! whoever keeps a roster elsewhere learns by [`Changes::routing`] that it is out of date.
//!
//! [`Changes::routing`]: super::Changes::routing

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::calendar::Calendar;
use crate::id::{HandoffId, UserId};
use crate::qualification::command::{CalendarCopy, Waiting};
use crate::qualification::event::{Event, RoutingPlanChanged};
use crate::qualification::record::{HandoffRoute, HandoffState, User};
use crate::qualification::state::{Keys, Stamp, State};
use crate::routing::{Desk, Roster};

/// What is noted of a decision beside the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Sla's log was read from one position to another, and told of these calendars.
    Calendars {
        /// From.
        from: i64,
        /// To.
        to: i64,
        /// As they are in force.
        calendars: Vec<CalendarCopy>,
    },
    /// Those who wait by a rule are routed next then, or as soon as something else happens.
    Queue {
        /// The rule's key.
        rule: String,
        /// For what time they were due: if they are due for another one meanwhile, that stays. None: whatever it was.
        seen: Option<DateTime<Utc>>,
        /// When.
        due_at: Option<DateTime<Utc>>,
    },
    /// A user is looked at next then, when its next absence begins.
    Away {
        /// Who.
        user: UserId,
        /// When.
        at: Option<DateTime<Utc>>,
    },
}

/// Handoffs that a command is about without naming them: at most [`Page::SIZE`], which are looked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Page {
    /// Those that wait by a rule, behind one of them, the oldest first. An empty rule: those that no plan has looked at yet.
    Waiting(String, Option<Waiting>),
    /// Those that a user has open.
    Owned(UserId),
}

impl Page {
    /// The most handoffs of a page.
    pub const SIZE: usize = 64;
}

/// What a look at those who wait by a rule came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// For what time they were due: for another one meanwhile, that stays. None: whatever it was.
    pub seen: Option<DateTime<Utc>>,
    /// When they are to be looked at again by time alone.
    pub due_at: Option<DateTime<Utc>>,
}

/// When those who wait by a rule are to be routed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueChange {
    /// First, what a look at them came to.
    pub settled: Option<Settled>,
    /// Then: no later than that.
    pub no_later: Option<DateTime<Utc>>,
    /// In the end: then.
    pub at: Option<DateTime<Utc>>,
}

/// Who is looked at when, beside the log: it follows from the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looks {
    /// Those who wait by a rule.
    pub queues: BTreeMap<String, QueueChange>,
    /// All who wait, by whichever rule.
    pub all_queues: Option<DateTime<Utc>>,
    /// Users who may not be there.
    pub away: BTreeMap<UserId, Option<DateTime<Utc>>>,
}

/// The parts of a state that are about routing.
#[derive(Debug, Clone, Default)]
pub(super) struct Routing {
    roster: Option<Arc<Roster>>,
    desk: Arc<Desk>,
    /// Whether the tenant has a plan, though its roster may not be here.
    has_plan: bool,
    cursor: i64,
    pages: BTreeMap<Page, Vec<HandoffId>>,
}

impl Routing {
    /// The part that a command with these keys can see. Nothing big is copied.
    pub(super) fn part(&self, keys: &Keys) -> Self {
        let page = |page: &Page| Some((page.clone(), self.pages.get(page)?.clone()));
        Self { pages: keys.pages.iter().filter_map(page).collect(), ..self.without_pages() }
    }

    fn without_pages(&self) -> Self {
        let Self { roster, desk, has_plan, cursor, pages: _ } = self;
        let (roster, desk) = (roster.clone(), Arc::clone(desk));
        Self { roster, desk, has_plan: *has_plan, cursor: *cursor, pages: BTreeMap::new() }
    }

    pub(super) fn has_plan(&self) -> bool {
        self.has_plan
    }

    pub(super) fn paged<'a>(&'a self, keys: &'a Keys) -> impl Iterator<Item = HandoffId> + 'a {
        keys.pages.iter().filter_map(|page| self.pages.get(page)).flatten().copied()
    }
}

impl State {
    /// Whom there is to route to, if it was loaded.
    pub fn roster(&self) -> Option<&Arc<Roster>> {
        self.routing.roster.as_ref()
    }

    /// What they have open, and whose turn it is.
    pub fn desk(&self) -> &Arc<Desk> {
        &self.routing.desk
    }

    /// Hands over who is looked at when, and starts to note it anew.
    pub fn take_looks(&mut self) -> Looks {
        std::mem::take(&mut self.changes.looks)
    }

    /// Whether the tenant has a plan.
    pub fn has_plan(&self) -> bool {
        self.routing.has_plan
    }

    /// Puts in what routing keeps of a handoff whose lead is here.
    pub fn put_route(&mut self, kept: HandoffRoute) {
        if let Some(dossier) = self.records.dossiers.get_mut(&kept.lead) {
            dossier.routes.insert(kept.handoff, kept);
        }
    }

    /// Says that the tenant has a plan, whether or not its roster is put in.
    pub fn put_has_plan(&mut self) {
        self.routing.has_plan = true;
    }

    /// Puts in whom there is to route to.
    pub fn put_roster(&mut self, roster: Arc<Roster>, desk: Arc<Desk>) {
        self.routing.has_plan |= roster.plan().is_some();
        (self.routing.roster, self.routing.desk) = (Some(roster), desk);
    }

    /// How far sla's log was read.
    pub fn cursor(&self) -> i64 {
        self.routing.cursor
    }

    /// Puts in how far sla's log was read.
    pub fn put_cursor(&mut self, position: i64) {
        self.routing.cursor = position;
    }

    /// The handoffs of a page.
    pub(in crate::qualification) fn page(&self, page: &Page) -> &[HandoffId] {
        self.routing.pages.get(page).map_or(&[], Vec::as_slice)
    }

    /// Puts in the handoffs of a page; they themselves are missing from then on.
    pub fn put_page(&mut self, page: Page, handoffs: Vec<HandoffId>) {
        self.routing.pages.insert(page, handoffs);
    }

    /// Notes what a decision says beside the log.
    pub fn note(&mut self, note: &Note, now: DateTime<Utc>) {
        match note {
            Note::Calendars { from, to, calendars } => {
                let before = self.changes.cursor.map_or(*from, |(before, _)| before);
                (self.routing.cursor, self.changes.cursor) = (*to, Some((before, *to)));
                for copy in calendars {
                    self.changes.calendars.insert(copy.slug.clone(), copy.clone());
                    if let Some(roster) = &mut self.routing.roster {
                        let calendar = Arc::new(Calendar::new(copy.definition.clone()));
                        Arc::make_mut(roster).put_calendar(&copy.slug, calendar);
                    }
                }
                if !calendars.is_empty() {
                    self.roster_changed(now);
                }
            }
            Note::Queue { rule, seen, due_at } => {
                let queue = self.changes.looks.queues.entry(rule.clone()).or_default();
                let settled = Settled { seen: *seen, due_at: *due_at };
                let is_new = queue.no_later.is_some() || queue.at.is_some();
                if seen.is_none() || !is_new {
                    *queue = QueueChange { settled: Some(settled), ..QueueChange::default() };
                }
            }
            Note::Away { user, at } => {
                self.changes.looks.away.insert(*user, *at);
            }
        }
    }

    /// Who has the handoff open that an event is about.
    pub(super) fn at_work(&self, event: &Event) -> Option<UserId> {
        let handoff = match event {
            Event::HandoffRouted(event) => event.handoff,
            Event::HandoffReassigned(event) => event.handoff,
            Event::HandoffReturned(event) => event.handoff,
            Event::HandoffAccepted(event) => event.handoff,
            Event::HandoffRejected(event) => event.handoff,
            Event::HandoffWithdrawn(event) => event.handoff,
            Event::DisputeResolved(event) => event.handoff,
            _ => return None,
        };
        let handoff = self.handoff(handoff)?;
        (handoff.state == HandoffState::Assigned).then_some(handoff.owner)?
    }

    /// What an event that was folded means for routing; its handoff was open with `before` until then.
    pub(super) fn routed(&mut self, event: &Event, before: Option<UserId>, stamp: &Stamp<'_>) {
        let now = stamp.recorded_at;
        match event {
            Event::TeamChanged(event) => {
                let team = self.records.teams.get(&event.team.id).cloned();
                self.with_roster(|roster, _| team.into_iter().for_each(|team| roster.put_team(team)));
                self.roster_changed(now);
            }
            Event::UserChanged(event) => self.user_put(event.user.id, now),
            Event::RoutingPlanChanged(event) => self.plan_put(event, stamp),
            Event::HandoffRouted(event) => {
                if let Some((route, Some(turn))) = &event.routing {
                    let (rule, owner) = (route.rule.clone(), event.owner);
                    self.with_desk(|roster, desk| roster.took(desk, &rule, owner, *turn));
                    self.changes.turns.insert((rule, owner), (*turn, stamp.position));
                }
            }
            Event::HandoffReturned(event) if self.routing.has_plan => {
                self.fold(event.lead, stamp).given_back(event);
            }
            Event::HandoffUnroutable(event) => {
                let queue = self.changes.looks.queues.entry(event.route.rule.clone()).or_default();
                queue.no_later = queue.no_later.into_iter().chain(event.route.free_at).min();
            }
            _ => {}
        }
        let after = self.at_work(event);
        if before != after {
            before.into_iter().for_each(|user| self.closed(user, now));
            after.into_iter().for_each(|user| self.opened(user));
            self.changes.routing |= self.routing.has_plan;
        }
    }

    fn user_put(&mut self, id: UserId, now: DateTime<Utc>) {
        let Some(user) = self.records.users.get(&id).cloned() else { return };
        self.changes.looks.away.insert(id, looked_at(&user, now));
        self.with_roster(|roster, _| roster.put_user(user));
        self.roster_changed(now);
    }

    fn plan_put(&mut self, event: &RoutingPlanChanged, stamp: &Stamp<'_>) {
        let before = self.routing.roster.as_ref().map(|roster| roster.keys()).unwrap_or_default();
        let (number, plan) = (event.number, event.plan.clone());
        self.with_roster(|roster, desk| roster.put_plan(number, plan, Arc::make_mut(desk)));
        let after = self.routing.roster.as_ref().map(|roster| roster.keys()).unwrap_or_default();
        self.changes.rules_dropped.extend(before.into_iter().filter(|key| !after.contains(key)));
        self.changes.rules_dropped.retain(|key| !after.contains(key));
        self.changes.turns.retain(|(rule, _), _| after.contains(rule));
        // What waited by a rule that is gone is looked at once more, and so is what no plan has looked at.
        for rule in self.changes.rules_dropped.clone().into_iter().chain([String::new()]) {
            self.wake(&rule, stamp.recorded_at);
        }
        if !self.routing.has_plan {
            self.look_at_everybody(stamp.recorded_at);
        }
        self.changes.plan = Some(stamp.position);
        self.routing.has_plan = true;
        self.roster_changed(stamp.recorded_at);
    }

    /// Whoever was not there when there was no plan has kept what it has open.
    fn look_at_everybody(&mut self, now: DateTime<Utc>) {
        let Some(roster) = &self.routing.roster else { return };
        let away = roster.users().filter_map(|user| Some((user.id, Some(looked_at(user, now)?))));
        self.changes.looks.away.extend(away);
    }

    /// Somebody may be free who was not before.
    fn roster_changed(&mut self, now: DateTime<Utc>) {
        if !self.routing.has_plan {
            return;
        }
        self.changes.routing = true;
        match self.routing.roster.as_ref().map(|roster| roster.keys()) {
            Some(keys) => keys.iter().for_each(|rule| self.wake(rule, now)),
            None => self.changes.looks.all_queues = Some(now),
        }
    }

    fn wake(&mut self, rule: &str, now: DateTime<Utc>) {
        self.changes.looks.queues.entry(rule.to_owned()).or_default().at = Some(now);
    }

    fn opened(&mut self, user: UserId) {
        self.with_desk(|roster, desk| roster.set_open(desk, user, roster.open(desk, user) + 1));
    }

    fn closed(&mut self, user: UserId, now: DateTime<Utc>) {
        let Some(roster) = self.routing.roster.clone() else {
            // Nobody knows here whether it was full.
            if self.routing.has_plan {
                self.changes.looks.all_queues = Some(now);
            }
            return;
        };
        let was_full = roster.is_full(&self.routing.desk, user);
        self.with_desk(|roster, desk| {
            roster.set_open(desk, user, roster.open(desk, user).saturating_sub(1));
        });
        if was_full {
            roster.keys_of(user).iter().for_each(|rule| self.wake(rule, now));
        }
    }

    fn with_desk(&mut self, change: impl FnOnce(&Roster, &mut Desk)) {
        let Routing { roster: Some(roster), desk, .. } = &mut self.routing else { return };
        change(roster, Arc::make_mut(desk));
    }

    fn with_roster(&mut self, change: impl FnOnce(&mut Roster, &mut Arc<Desk>)) {
        let Routing { roster: Some(roster), desk, .. } = &mut self.routing else { return };
        change(Arc::make_mut(roster), desk);
    }
}

/// When somebody is to look whether what a user has open must go back to routing: now, if it is not there, else when its next
/// absence begins.
fn looked_at(user: &User, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let is_there = user.active && !user.availability.is_absent(now);
    if is_there { user.availability.next_absence(now) } else { Some(now) }
}
