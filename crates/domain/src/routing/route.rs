//! The decision, and its explanation: which rule applies, and who of its pool it is.

use chrono::{DateTime, NaiveDate, Utc};

use super::plan::{Action, Condition, Keep, Method, Plan, Pool};
use super::roster::{Roster, Seat};
use super::{Desk, OTHERWISE, Turn};
use crate::id::{TeamId, UserId};
use crate::predicate::Answer;
use crate::profile::Profile;
use crate::qualification::record::{Channel, LeadKind, ProductLine};
use crate::rates::Rates;
use crate::value::Value;
use crate::word::words;

words! {
    /// Why somebody can be given no handoff.
    pub enum Reason {
        /// Takes none at all.
        Inactive = "INACTIVE",
        /// Gave this very one back.
        Returned = "RETURNED",
        /// Is away.
        Absent = "ABSENT",
        /// Is not at work.
        OffHours = "OFF_HOURS",
        /// Has as many open as it takes.
        Full = "FULL",
    }
}

/// How many of a pool are left out, each by the first reason that holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// By INACTIVE.
    pub inactive: u32,
    /// By RETURNED.
    pub returned: u32,
    /// By ABSENT.
    pub absent: u32,
    /// By OFF_HOURS.
    pub off_hours: u32,
    /// By FULL.
    pub full: u32,
}

impl LeftOut {
    fn count(&mut self, reason: Reason) {
        let count = match reason {
            Reason::Inactive => &mut self.inactive,
            Reason::Returned => &mut self.returned,
            Reason::Absent => &mut self.absent,
            Reason::OffHours => &mut self.off_hours,
            Reason::Full => &mut self.full,
        };
        *count += 1;
    }
}

/// A handoff that looks for its owner.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// When.
    pub now: DateTime<Utc>,
    /// The date of that in the tenant's zone, for rates.
    pub day: NaiveDate,
    /// On which line.
    pub line: &'a ProductLine,
    /// The lead's kind.
    pub kind: LeadKind,
    /// The channel of its first touch.
    pub channel: Channel,
    /// What is known of the person.
    pub profile: &'a Profile,
    /// What amounts are converted at.
    pub rates: &'a Rates,
    /// Who owned the person's handoff that sales accepted last.
    pub accepted_by: Option<UserId>,
    /// Who gave this handoff back, and does not get it again.
    pub returned_by: Option<UserId>,
}

/// What the plan said of a handoff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The number of the plan.
    pub plan: u32,
    /// The key of the rule.
    pub rule: String,
    /// How its owner was found, or is looked for.
    pub method: Method,
    /// Who of the pool was left out.
    pub left_out: LeftOut,
    /// While nobody is free: when somebody will be, by time alone.
    pub free_at: Option<DateTime<Utc>>,
}

/// Who gets a handoff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This one.
    Routed {
        /// Who.
        owner: UserId,
        /// Its team.
        team: Option<TeamId>,
        /// The turn that it took; none where the owner was kept.
        turn: Option<Turn>,
        /// Why.
        route: Route,
    },
    /// Nobody for now.
    Waiting(Route),
}

impl Outcome {
    /// Why.
    pub fn route(&self) -> &Route {
        match self {
            Self::Routed { route, .. } | Self::Waiting(route) => route,
        }
    }
}

/// Who gets a handoff by the roster's plan; none without a plan.
pub fn route(roster: &Roster, desk: &Desk, ask: &Ask<'_>) -> Option<Outcome> {
    let (number, plan) = roster.plan()?;
    Some(match first(roster, plan, ask, |_, _| ()) {
        Applies::Keep { rule, owner } => kept(roster, number, &plan.rules[rule].key, owner),
        Applies::Pool(rule) => of_pool(roster, desk, number, (rule, plan), ask),
    })
}

/// The rule that applies.
enum Applies {
    Keep { rule: usize, owner: UserId },
    Pool(usize),
}

/// The first rule that applies; `told` hears of every one that was asked.
fn first(roster: &Roster, plan: &Plan, ask: &Ask<'_>, mut told: impl FnMut(&str, bool)) -> Applies {
    for (index, rule) in plan.rules.iter().enumerate() {
        let applies = rule.when.holds(ask).then(|| match &rule.then {
            Action::Pool(_) => Some(Applies::Pool(index)),
            Action::Keep(keep) => {
                let owner = owner(roster, keep, ask).filter(|owner| roster.is_there(*owner, ask.now))?;
                let is_back = ask.returned_by == Some(owner);
                (!is_back).then_some(Applies::Keep { rule: index, owner })
            }
        });
        let applies = applies.flatten();
        told(&rule.key, applies.is_some());
        if let Some(applies) = applies {
            return applies;
        }
    }
    told(OTHERWISE, true);
    Applies::Pool(plan.rules.len())
}

impl Condition {
    fn holds(&self, ask: &Ask<'_>) -> bool {
        (self.lines.is_empty() || self.lines.contains(ask.line))
            && (self.kinds.is_empty() || self.kinds.contains(&ask.kind))
            && (self.channels.is_empty() || self.channels.contains(&ask.channel))
            && self.attributes.iter().all(|(key, predicate)| {
                let value = ask.profile.get(key).map(|attribute| &attribute.value);
                predicate.test(value, &|from, to| ask.rates.on(from, to, ask.day)) == Answer::Match
            })
    }
}

/// Who owns the person.
fn owner(roster: &Roster, keep: &Keep, ask: &Ask<'_>) -> Option<UserId> {
    let key = match keep {
        Keep::LastAccepted => return ask.accepted_by,
        Keep::Attribute(key) => key,
    };
    match &ask.profile.get(key)?.value {
        Value::Text(name) => Some(roster.named(name.strip_prefix("users/").unwrap_or(name))),
        _ => None,
    }
}

fn kept(roster: &Roster, plan: u32, rule: &str, owner: UserId) -> Outcome {
    let team = roster.user(owner).and_then(|user| user.team);
    let (method, left_out) = (Method::KeepOwner, LeftOut::default());
    let route = Route { plan, rule: rule.to_owned(), method, left_out, free_at: None };
    Outcome::Routed { owner, team, turn: None, route }
}

/// The pool of a rule, with its key.
fn pool(plan: &Plan, rule: usize) -> (&str, Method) {
    match plan.rules.get(rule).map(|rule| (rule.key.as_str(), &rule.then)) {
        Some((key, Action::Pool(Pool { method, .. }))) => (key, *method),
        Some((key, Action::Keep(_))) => (key, Method::KeepOwner),
        None => (OTHERWISE, plan.otherwise.method),
    }
}

fn of_pool(
    roster: &Roster,
    desk: &Desk,
    number: u32,
    (rule, plan): (usize, &Plan),
    ask: &Ask<'_>,
) -> Outcome {
    let (key, method) = pool(plan, rule);
    let open: Vec<bool> = roster.hours.iter().map(|calendar| calendar.open(ask.now)).collect();
    let mut left_out = LeftOut::default();
    let mut chosen: Option<((i64, i64, UserId), usize)> = None;
    for &place in &roster.pools[rule] {
        let seat = &roster.seats[place];
        let is_open = seat.hours.is_none_or(|hours| open[hours]);
        match seat.left_out(desk.open(place), is_open, ask) {
            Some(reason) => left_out.count(reason),
            None => {
                let rank = rank(desk, method, (rule, place), seat);
                if chosen.is_none_or(|(best, _)| rank < best) {
                    chosen = Some((rank, place));
                }
            }
        }
    }
    let mut route = Route { plan: number, rule: key.to_owned(), method, left_out, free_at: None };
    let Some((_, place)) = chosen else {
        let members = roster.pools[rule].iter().map(|place| (&roster.seats[*place], desk.open(*place)));
        route.free_at = members.filter_map(|(seat, open)| seat.free_at(open, roster, ask)).min();
        return Outcome::Waiting(route);
    };
    let seat = &roster.seats[place];
    let start = desk.start(rule, place);
    let turn = Turn { start, pass: start.saturating_add(seat.stride) };
    let team = roster.user(seat.id).and_then(|user| user.team);
    Outcome::Routed { owner: seat.id, team, turn: Some(turn), route }
}

/// What members are compared by: the least is chosen.
fn rank(desk: &Desk, method: Method, (rule, place): (usize, usize), seat: &Seat) -> (i64, i64, UserId) {
    let work = match method {
        Method::LeastOpenWork => i64::from(desk.open(place)).saturating_mul(seat.stride),
        Method::WeightedRoundRobin | Method::KeepOwner => 0,
    };
    (work, desk.start(rule, place), seat.id)
}

impl Seat {
    fn left_out(&self, open: u32, is_open: bool, ask: &Ask<'_>) -> Option<Reason> {
        if !self.is_active {
            Some(Reason::Inactive)
        } else if ask.returned_by == Some(self.id) {
            Some(Reason::Returned)
        } else if self.absences.iter().any(|absence| absence.covers(ask.now)) {
            Some(Reason::Absent)
        } else if !is_open {
            Some(Reason::OffHours)
        } else if open >= self.capacity {
            Some(Reason::Full)
        } else {
            None
        }
    }

    /// When it will be free by time alone.
    fn free_at(&self, open: u32, roster: &Roster, ask: &Ask<'_>) -> Option<DateTime<Utc>> {
        if !self.is_active || ask.returned_by == Some(self.id) || open >= self.capacity {
            return None;
        }
        let mut at = ask.now;
        loop {
            if let Some(hours) = self.hours {
                at = roster.hours[hours].next_opening(at)?;
            }
            match self.absences.iter().filter(|absence| absence.covers(at)).map(|absence| absence.until).max()
            {
                Some(until) => at = until,
                None => return Some(at),
            }
        }
    }
}

/// Somebody of the pool that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub user: UserId,
    /// Why it is left out, if it is.
    pub left_out: Option<Reason>,
    /// How many handoffs it has open.
    pub open: u32,
    /// When it will be free by time alone, if it is left out.
    pub free_at: Option<DateTime<Utc>>,
}

/// What the plan says of a handoff, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The rules that were asked, in their order, and whether each applies.
    pub rules: Vec<(String, bool)>,
    /// Who gets it.
    pub outcome: Outcome,
    /// The pool of the rule that applies, whose turn it is first; empty where the owner is kept.
    pub candidates: Vec<Candidate>,
}

/// What [`route`] says, with all that it looked at.
pub fn explain(roster: &Roster, desk: &Desk, ask: &Ask<'_>) -> Option<Explained> {
    let outcome = route(roster, desk, ask)?;
    let (_, plan) = roster.plan()?;
    let mut rules = Vec::new();
    let applies = first(roster, plan, ask, |key, applies| rules.push((key.to_owned(), applies)));
    let Applies::Pool(rule) = applies else {
        return Some(Explained { rules, outcome, candidates: Vec::new() });
    };
    let (_, method) = pool(plan, rule);
    let mut members: Vec<_> = roster.pools[rule]
        .iter()
        .map(|&place| {
            let seat = &roster.seats[place];
            let (open, is_open) =
                (desk.open(place), seat.hours.is_none_or(|it| roster.hours[it].open(ask.now)));
            let left_out = seat.left_out(open, is_open, ask);
            let free_at = left_out.and_then(|_| seat.free_at(open, roster, ask));
            let candidate = Candidate { user: seat.id, left_out, open, free_at };
            (left_out.is_some(), rank(desk, method, (rule, place), seat), candidate)
        })
        .collect();
    members.sort_by_key(|(is_out, rank, _)| (*is_out, *rank));
    let candidates = members.into_iter().map(|(_, _, candidate)| candidate).collect();
    Some(Explained { rules, outcome, candidates })
}
