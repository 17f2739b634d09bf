//! People to route to, and a question with nothing special in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use handoff_domain::actor::Side;
use handoff_domain::calendar::{Calendar, Definition};
use handoff_domain::id::{TeamId, TenantId, UserId};
use handoff_domain::profile::Profile;
use handoff_domain::qualification::record::{Channel, LeadKind, ProductLine, Team, User};
use handoff_domain::rates::Rates;
use handoff_domain::routing::{
    Action, Ask, Availability, Condition, Desk, Method, Outcome, Plan, Pool, Roster, Rule, route,
};

/// Everybody in one pool, the tenant always open.
pub(super) struct Office {
    pub(super) roster: Roster,
    pub(super) desk: Desk,
    pub(super) now: DateTime<Utc>,
    line: ProductLine,
    profile: Profile,
    rates: Rates,
}

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

pub(super) fn tenant() -> TenantId {
    TenantId::from_slug("acme")
}

pub(super) fn id(slug: &str) -> UserId {
    UserId::from_slug(tenant(), slug)
}

pub(super) fn user(slug: &str, availability: Availability) -> User {
    let (id, slug, side) = (id(slug), slug.to_owned(), Side::Sales);
    User { id, slug, side, team: None, active: true, availability, version: 1 }
}

pub(super) fn weighing(slug: &str, weight: u32) -> User {
    user(slug, Availability { weight, ..Availability::default() })
}

pub(super) fn team(slug: &str, calendar: Option<&str>) -> Team {
    let id = TeamId::from_slug(tenant(), slug);
    Team { id, slug: slug.to_owned(), side: Side::Sales, calendar: calendar.map(str::to_owned), version: 1 }
}

pub(super) fn pool(users: &[&str], method: Method) -> Pool {
    Pool { teams: Vec::new(), users: users.iter().map(|user| (*user).to_owned()).collect(), method }
}

pub(super) fn rule(key: &str, when: Condition, then: Action) -> Rule {
    Rule { key: key.to_owned(), label: key.to_owned(), when, then }
}

/// Rome by day and New York by night.
pub(super) fn calendars() -> BTreeMap<String, Arc<Calendar>> {
    let rome = Definition::office_hours(chrono_tz::Europe::Rome);
    let york = Definition::office_hours(chrono_tz::America::New_York);
    let ready = |definition| Arc::new(Calendar::new(definition));
    BTreeMap::from([("rome".to_owned(), ready(rome)), ("york".to_owned(), ready(york))])
}

impl Office {
    pub(super) fn new(users: Vec<User>, method: Method) -> Self {
        let names: Vec<String> = users.iter().map(|user| user.slug.clone()).collect();
        let otherwise = Pool { teams: Vec::new(), users: names, method };
        Self::with(users, Plan { rules: Vec::new(), otherwise })
    }

    pub(super) fn with(users: Vec<User>, plan: Plan) -> Self {
        Self {
            roster: Roster::new(tenant(), users, [], calendars(), Some((1, plan))),
            desk: Desk::default(),
            now: at("2026-03-30T10:00:00Z"),
            line: ProductLine::default(),
            profile: Profile::default(),
            rates: Rates::default(),
        }
    }

    pub(super) fn ask(&self) -> Ask<'_> {
        Ask {
            now: self.now,
            day: NaiveDate::from_ymd_opt(2026, 3, 30).expect("a date"),
            line: &self.line,
            kind: LeadKind::B2b,
            channel: Channel::Marketing,
            profile: &self.profile,
            rates: &self.rates,
            accepted_by: None,
            returned_by: None,
        }
    }

    pub(super) fn ask_of(&self, change: impl FnOnce(&mut Ask<'_>)) -> Outcome {
        let mut ask = self.ask();
        change(&mut ask);
        route(&self.roster, &self.desk, &ask).expect("a plan")
    }

    /// Routes one more, and notes it.
    pub(super) fn route(&mut self) -> Option<UserId> {
        match self.ask_of(|_| ()) {
            Outcome::Routed { owner, turn, route, .. } => {
                let open = self.roster.open(&self.desk, owner);
                self.roster.set_open(&mut self.desk, owner, open + 1);
                if let Some(turn) = turn {
                    self.roster.took(&mut self.desk, &route.rule, owner, turn);
                }
                Some(owner)
            }
            Outcome::Waiting(_) => None,
        }
    }
}
