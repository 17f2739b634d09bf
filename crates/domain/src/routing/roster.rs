//! Whom there is to choose from: users with their hours, and the plan, laid out so that a decision looks at one small row for
//! each of a pool. Decides nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::desk::stride;
use super::plan::{Action, Plan, Pool};
use super::{Absence, Desk, OTHERWISE, Turn};
use crate::actor::Side;
use crate::calendar::Calendar;
use crate::id::{TeamId, TenantId, UserId};
use crate::qualification::record::{Team, User};

/// The calendar of whoever has none, unless the tenant has no such calendar either: then always.
const DEFAULT_CALENDAR: &str = "default";

/// A tenant's users, teams, calendars and plan.
#[derive(Debug, Clone)]
pub struct Roster {
    tenant: TenantId,
    number: u32,
    plan: Option<Arc<Plan>>,
    /// In the order in which they came: a user keeps its place.
    users: Vec<User>,
    places: BTreeMap<UserId, usize>,
    teams: BTreeMap<TeamId, Team>,
    calendars: BTreeMap<String, Arc<Calendar>>,
    /// What is derived of all that.
    pub(super) seats: Vec<Seat>,
    pub(super) hours: Vec<Arc<Calendar>>,
    /// The places of each rule's pool, and at the end of the other one.
    pub(super) pools: Vec<Vec<usize>>,
}

/// What a decision asks of a user.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) id: UserId,
    pub(super) is_active: bool,
    /// Which of the roster's hours; none: always.
    pub(super) hours: Option<usize>,
    pub(super) capacity: u32,
    pub(super) stride: i64,
    pub(super) absences: Box<[Absence]>,
}

impl Roster {
    /// Nobody, of a tenant without a plan.
    pub fn empty(tenant: TenantId) -> Self {
        Self::new(tenant, [], [], BTreeMap::new(), None)
    }

    /// All of it at once.
    pub fn new(
        tenant: TenantId,
        users: impl IntoIterator<Item = User>,
        teams: impl IntoIterator<Item = Team>,
        calendars: BTreeMap<String, Arc<Calendar>>,
        plan: Option<(u32, Plan)>,
    ) -> Self {
        let users: Vec<User> = users.into_iter().collect();
        let places = users.iter().enumerate().map(|(place, user)| (user.id, place)).collect();
        let teams = teams.into_iter().map(|team| (team.id, team)).collect();
        let (number, plan) = plan.map_or((0, None), |(number, plan)| (number, Some(Arc::new(plan))));
        let (seats, hours, pools) = Default::default();
        let mut roster = Self { tenant, number, plan, users, places, teams, calendars, seats, hours, pools };
        roster.lay_out();
        roster
    }

    /// The plan and its number, if there is one.
    pub fn plan(&self) -> Option<(u32, &Plan)> {
        Some((self.number, self.plan.as_deref()?))
    }

    /// A user.
    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(*self.places.get(&id)?)
    }

    /// All users.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.iter()
    }

    /// A team.
    pub fn team(&self, id: TeamId) -> Option<&Team> {
        self.teams.get(&id)
    }

    /// Whether there is a calendar of that name.
    pub fn has_calendar(&self, slug: &str) -> bool {
        self.calendars.contains_key(slug)
    }

    /// Has a user as it is now.
    pub fn put_user(&mut self, user: User) {
        match self.places.get(&user.id) {
            Some(place) => self.users[*place] = user,
            None => {
                self.places.insert(user.id, self.users.len());
                self.users.push(user);
            }
        }
        self.lay_out();
    }

    /// Has a team as it is now.
    pub fn put_team(&mut self, team: Team) {
        self.teams.insert(team.id, team);
        self.lay_out();
    }

    /// Has a calendar as it is now.
    pub fn put_calendar(&mut self, slug: &str, calendar: Arc<Calendar>) {
        self.calendars.insert(slug.to_owned(), calendar);
        self.lay_out();
    }

    /// Has another plan. Rules that keep their keys keep the turns of their pools.
    pub fn put_plan(&mut self, number: u32, plan: Plan, desk: &mut Desk) {
        let before = self.keys();
        (self.number, self.plan) = (number, Some(Arc::new(plan)));
        desk.rearrange(self.keys().iter().map(|key| before.iter().position(|old| old == key)));
        self.lay_out();
    }

    /// The keys of the rules, and at the end that of the rest.
    pub fn keys(&self) -> Vec<String> {
        let Some(plan) = &self.plan else { return Vec::new() };
        plan.rules.iter().map(|rule| rule.key.clone()).chain([OTHERWISE.to_owned()]).collect()
    }

    /// The keys of the rules whose pools a user belongs to.
    pub fn keys_of(&self, user: UserId) -> Vec<String> {
        let Some(place) = self.places.get(&user) else { return Vec::new() };
        let keys = self.keys().into_iter().zip(&self.pools);
        keys.filter(|(_, pool)| pool.contains(place)).map(|(key, _)| key).collect()
    }

    /// How many handoffs a user has open.
    pub fn open(&self, desk: &Desk, user: UserId) -> u32 {
        self.places.get(&user).map_or(0, |place| desk.open(*place))
    }

    /// Whether a user has as many open as it takes.
    pub fn is_full(&self, desk: &Desk, user: UserId) -> bool {
        self.places.get(&user).is_some_and(|place| desk.open(*place) >= self.seats[*place].capacity)
    }

    /// Says how many handoffs a user has open.
    pub fn set_open(&self, desk: &mut Desk, user: UserId, count: u32) {
        if let Some(place) = self.places.get(&user) {
            desk.set_open(*place, count);
        }
    }

    /// Notes a turn that a user took by a rule; of one that is no rule any more nothing is kept.
    pub fn took(&self, desk: &mut Desk, rule: &str, user: UserId, turn: Turn) {
        let Some(plan) = &self.plan else { return };
        let rule = match rule {
            OTHERWISE => Some(plan.rules.len()),
            key => plan.rules.iter().position(|rule| rule.key == key),
        };
        if let (Some(rule), Some(place)) = (rule, self.places.get(&user)) {
            desk.took(rule, *place, turn);
        }
    }

    /// Whether somebody takes handoffs and is not away, whatever the hour.
    pub fn is_there(&self, user: UserId, now: DateTime<Utc>) -> bool {
        let seat = self.places.get(&user).map(|place| &self.seats[*place]);
        seat.is_some_and(|seat| seat.is_active && !seat.absences.iter().any(|absence| absence.covers(now)))
    }

    fn lay_out(&mut self) {
        let slugs: Vec<&String> = self.calendars.keys().collect();
        let place_of = |slug: &str| slugs.iter().position(|known| *known == slug);
        let otherwise = place_of(DEFAULT_CALENDAR);
        let teams: BTreeMap<TeamId, Option<usize>> = self
            .teams
            .iter()
            .map(|(id, team)| (*id, team.calendar.as_deref().and_then(place_of).or(otherwise)))
            .collect();
        let seat = |user: &User| {
            let availability = &user.availability;
            let of_team =
                || user.team.map_or(otherwise, |team| teams.get(&team).copied().unwrap_or(otherwise));
            Seat {
                id: user.id,
                is_active: user.active && user.side == Side::Sales,
                hours: availability.calendar.as_deref().and_then(place_of).or_else(of_team),
                capacity: availability.capacity.unwrap_or(u32::MAX),
                stride: stride(availability.weight),
                absences: availability.absences.clone().into(),
            }
        };
        let seats = self.users.iter().map(seat).collect();
        let pools = self.plan.iter().flat_map(|plan| {
            let of_rule = plan.rules.iter().map(|rule| match &rule.then {
                Action::Pool(pool) => self.members(pool),
                Action::Keep(_) => Vec::new(),
            });
            of_rule.chain([self.members(&plan.otherwise)])
        });
        let pools = pools.collect();
        self.hours = self.calendars.values().cloned().collect();
        (self.seats, self.pools) = (seats, pools);
    }

    /// The places of all that belong to a pool.
    fn members(&self, pool: &Pool) -> Vec<usize> {
        let teams: Vec<_> = pool.teams.iter().map(|slug| TeamId::from_slug(self.tenant, slug)).collect();
        let named = pool.users.iter().map(|slug| UserId::from_slug(self.tenant, slug));
        let mut members: Vec<usize> = named.filter_map(|user| self.places.get(&user).copied()).collect();
        let of_teams = self.users.iter().enumerate();
        members.extend(
            of_teams
                .filter(|(_, user)| user.team.is_some_and(|team| teams.contains(&team)))
                .map(|(place, _)| place),
        );
        members.sort_unstable();
        members.dedup();
        members
    }

    /// Whose it is.
    pub(super) fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The key of the user that people call `slug`.
    pub(super) fn named(&self, slug: &str) -> UserId {
        UserId::from_slug(self.tenant, slug)
    }
}
