//! To whom one handoff goes, with a thousand users in the pool: microseconds per decision, against the same written by hand over one
//! row of plain numbers for each user. Both must choose the same users, one after the other. The users are of four offices, some are
//! away, some are full, and whoever is chosen has one more open and takes its turn.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::actor::Side;
use handoff_domain::calendar::local;
use handoff_domain::calendar::{Calendar, Definition};
use handoff_domain::id::{TenantId, UserId};
use handoff_domain::profile::Profile;
use handoff_domain::qualification::record::{Channel, LeadKind, ProductLine, User};
use handoff_domain::rates::Rates;
use handoff_domain::routing::{
    Absence, Ask, Availability, Desk, Method, Outcome as Routed, Plan, Pool, Roster, route,
};

use super::Setting;
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::rounds::Rounds;

const USERS: usize = 1_000;
/// Offices that are open at the moment of the decision, and one that is not.
const ZONES: [&str; 4] = ["Europe/Rome", "Europe/London", "Africa/Cairo", "America/Los_Angeles"];
const DECISIONS: usize = 4_096;
const STRIDE: i64 = 232_792_560;

pub(crate) fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let rounds = setting.rounds(5);
    let now: DateTime<Utc> = "2026-03-30T10:00:00Z".parse()?;
    let mut table = Table::new(
        "a decision with 1,000 users in the pool, of four offices, 1 in 7 away, 1 in 5 with little room",
        &["method", "µs", "by hand, µs", "times as long", "as in a batch, µs", "nobody free, µs"],
    );
    let mut slowest = Rounds::default();
    for method in [Method::WeightedRoundRobin, Method::LeastOpenWork] {
        let office = Office::new(method, now)?;
        office.agree()?;
        let [mut domain, mut by_hand, mut shared, mut nobody]: [Rounds; 4] = Default::default();
        for _ in 0..rounds {
            domain.push(office.by_domain(false));
            by_hand.push(office.by_hand());
            shared.push(office.by_domain(true));
            nobody.push(office.in_vain());
        }
        table.row([
            Cell::word(method.as_str()),
            Cell::spread(&domain, 2),
            Cell::spread(&by_hand, 2),
            Cell::spread(&domain.against(&by_hand), 1),
            Cell::spread(&shared, 2),
            Cell::spread(&nobody, 1),
        ]);
        if slowest.count() == 0 || shared.median() > slowest.median() {
            slowest = shared;
        }
    }
    let figure = "a routing decision with 1,000 users as a batch makes it, the slower method, µs".to_owned();
    let claim = Claim { figure, value: slowest, decimals: 2, goal: 10.0, floor: 20.0, better: Better::Lower };
    let remark = "As in a batch: what is open and whose turn it is are shared with the batch, and copied before they are changed.";
    Ok(Outcome { tables: vec![table], claims: vec![claim], remarks: vec![remark.to_owned()] })
}

/// The users, as the domain has them and as rows of numbers.
struct Office {
    roster: Roster,
    desk: Desk,
    rows: Vec<Row>,
    is_open: [bool; ZONES.len()],
    method: Method,
    now: DateTime<Utc>,
    line: ProductLine,
    profile: Profile,
    rates: Rates,
}

/// A user by hand.
#[derive(Debug, Clone)]
struct Row {
    id: UserId,
    zone: usize,
    away: Option<(i64, i64)>,
    capacity: u32,
    open: u32,
    stride: i64,
    pass: i64,
}

impl Office {
    fn new(method: Method, now: DateTime<Utc>) -> anyhow::Result<Self> {
        let tenant = TenantId::from_slug("bench");
        let calendar = |zone: &str| -> anyhow::Result<_> {
            let zone = zone.parse().map_err(anyhow::Error::msg)?;
            Ok(Arc::new(Calendar::new(Definition::office_hours(zone))))
        };
        let calendars: BTreeMap<String, Arc<Calendar>> = ZONES
            .iter()
            .map(|zone| Ok(((*zone).to_owned(), calendar(zone)?)))
            .collect::<anyhow::Result<_>>()?;
        let (mut users, mut rows) = (Vec::new(), Vec::new());
        for number in 0..USERS {
            let slug = format!("u{number}");
            let id = UserId::from_slug(tenant, &slug);
            let (zone, weight) = (number % ZONES.len(), 1 + u32::try_from(number % 20)?);
            let away = number.is_multiple_of(7).then(|| (now - TimeDelta::days(1), now + TimeDelta::days(1)));
            let capacity = if number.is_multiple_of(5) { 4 } else { 10_000 };
            let absences = away.map(|(from, until)| Absence { from, until }).into_iter().collect();
            let calendar = Some(ZONES[zone].to_owned());
            let availability = Availability { calendar, capacity: Some(capacity), weight, absences };
            let (side, active, version) = (Side::Sales, true, 1);
            users.push(User { id, slug, side, team: None, active, availability, version });
            let away = away.map(|(from, until)| (from.timestamp_micros(), until.timestamp_micros()));
            rows.push(Row { id, zone, away, capacity, open: 0, stride: STRIDE / i64::from(weight), pass: 0 });
        }
        let names = users.iter().map(|user: &User| user.slug.clone()).collect();
        let plan = Plan { rules: Vec::new(), otherwise: Pool { teams: Vec::new(), users: names, method } };
        let is_open = ZONES.map(|zone| calendars[zone].open(now));
        ensure!(is_open == [true, true, true, false], "three offices of four are open: {is_open:?}");
        let roster = Roster::new(tenant, users, [], calendars, Some((1, plan)));
        let (desk, line, profile, rates) = Default::default();
        Ok(Self { roster, desk, rows, is_open, method, now, line, profile, rates })
    }

    fn ask(&self, now: DateTime<Utc>) -> Ask<'_> {
        Ask {
            now,
            day: local::date(chrono_tz::UTC, now),
            line: &self.line,
            kind: LeadKind::B2b,
            channel: Channel::Marketing,
            profile: &self.profile,
            rates: &self.rates,
            accepted_by: None,
            returned_by: None,
        }
    }

    /// One decision of the domain, noted.
    fn decide(&self, desk: &mut Arc<Desk>) -> Option<UserId> {
        let Some(Routed::Routed { owner, turn: Some(turn), route, .. }) =
            route(&self.roster, desk, &self.ask(black_box(self.now)))
        else {
            return None;
        };
        let open = self.roster.open(desk, owner) + 1;
        let desk = Arc::make_mut(desk);
        self.roster.set_open(desk, owner, open);
        self.roster.took(desk, &route.rule, owner, turn);
        Some(owner)
    }

    /// Microseconds per decision of the domain; `is_shared`: somebody else has the desk too, as a batch has while one of its
    /// commands is decided.
    fn by_domain(&self, is_shared: bool) -> f64 {
        let mut desk = Arc::new(self.desk.clone());
        let started = Instant::now();
        for _ in 0..DECISIONS {
            let other = is_shared.then(|| Arc::clone(&desk));
            black_box(self.decide(&mut desk));
            drop(other);
        }
        micros(started)
    }

    /// One decision by hand, noted; `time` is the pool's.
    fn decide_by_hand(&self, rows: &mut [Row], time: &mut i64) -> Option<UserId> {
        let now = black_box(self.now).timestamp_micros();
        let mut best: Option<((i64, i64, UserId), usize)> = None;
        for (place, row) in rows.iter().enumerate() {
            let is_away = row.away.is_some_and(|(from, until)| from <= now && now < until);
            if is_away || !self.is_open[row.zone] || row.open >= row.capacity {
                continue;
            }
            let work = match self.method {
                Method::LeastOpenWork => i64::from(row.open) * row.stride,
                _ => 0,
            };
            let rank = (work, row.pass.max(*time), row.id);
            if best.is_none_or(|(least, _)| rank < least) {
                best = Some((rank, place));
            }
        }
        let ((_, start, id), place) = best?;
        let row = &mut rows[place];
        (*time, row.pass, row.open) = (start, start + row.stride, row.open + 1);
        Some(id)
    }

    fn by_hand(&self) -> f64 {
        let (mut rows, mut time) = (self.rows.clone(), 0);
        let started = Instant::now();
        for _ in 0..DECISIONS {
            black_box(self.decide_by_hand(&mut rows, &mut time));
        }
        micros(started)
    }

    /// Microseconds to find that nobody is free, and when somebody is.
    fn in_vain(&self) -> f64 {
        let night = self.now + TimeDelta::hours(18);
        let started = Instant::now();
        for _ in 0..DECISIONS / 16 {
            black_box(route(&self.roster, &self.desk, &self.ask(black_box(night))));
        }
        micros(started) * 16.0
    }

    /// Both ways choose the same users.
    fn agree(&self) -> anyhow::Result<()> {
        let (mut desk, mut rows, mut time) = (Arc::new(self.desk.clone()), self.rows.clone(), 0);
        for number in 0..DECISIONS {
            let chosen = self.decide(&mut desk).context("somebody is free")?;
            let by_hand = self.decide_by_hand(&mut rows, &mut time);
            ensure!(by_hand == Some(chosen), "decision {number}: {chosen:?}, by hand {by_hand:?}");
        }
        let night = self.now + TimeDelta::hours(18);
        let waits = route(&self.roster, &self.desk, &self.ask(night));
        ensure!(matches!(waits, Some(Routed::Waiting(_))), "at night nobody is free: {waits:?}");
        Ok(())
    }
}

fn micros(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e6 / DECISIONS as f64
}
