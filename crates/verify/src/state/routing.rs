//! Routing: the plan, turns, and what is kept of handoffs that it has looked at. Its arithmetic is its own: a member's turn
//! starts where its last one ended or where the pool is, whichever is later, and is as long as its weight says.

use std::collections::HashMap;
use std::time::Instant;

use chrono::{DateTime, Utc};
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{
    HandoffReturned, HandoffRouted, HandoffUnroutable, OwnerLost, RoutingPlanChanged,
};
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::RoutingMethod;
use handoff_store::error::StoreError;
use handoff_store::verify::Snapshot;
use handoff_store::verify::routing::{self, PlanRow, RouteRow, TurnRow};
use prost::Message;
use serde_json::Value;
use uuid::Uuid;

use super::State;
use super::compare::Seen;
use crate::docket::{Docket, compare};
use crate::event::Event;
use crate::law::Law;
use crate::word::{id, instant};

/// How long a turn of weight 1 is; that of another is so many times shorter.
const LONGEST_TURN: i64 = 232_792_560;
/// The rule of what no rule is about.
const OTHERWISE: &str = "default";

/// What routing has come to.
#[derive(Debug, Default)]
pub(crate) struct Routing {
    plan: Option<(PlanRow, Vec<String>)>,
    turns: HashMap<(String, Uuid), TurnRow>,
    routes: HashMap<Uuid, RouteRow>,
    /// How many handoffs each user has open.
    open: HashMap<Uuid, i32>,
}

/// What a plan said of a handoff, as columns.
struct Said {
    plan: i32,
    rule: String,
    method: &'static str,
    counts: [i32; 5],
    free_at: Option<DateTime<Utc>>,
}

impl Said {
    /// None if it lacks what it must say.
    fn read(told: &pb::Routing) -> Option<Self> {
        let out = told.left_out?;
        Some(Self {
            plan: (told.plan > 0).then_some(told.plan)?,
            rule: (!told.rule.is_empty()).then(|| told.rule.clone())?,
            method: match told.method() {
                RoutingMethod::KeepOwner => "KEEP_OWNER",
                RoutingMethod::WeightedRoundRobin => "WEIGHTED_ROUND_ROBIN",
                RoutingMethod::LeastOpenWork => "LEAST_OPEN_WORK",
                RoutingMethod::Unspecified => return None,
            },
            counts: [out.inactive, out.returned, out.absent, out.off_hours, out.full],
            free_at: instant(told.free_time.as_ref()),
        })
    }

    fn write(self, row: &mut RouteRow) {
        let [inactive, returned, absent, off_hours, occupied] = self.counts.map(Some);
        (row.plan, row.rule, row.method) = (Some(self.plan), Some(self.rule), Some(self.method.to_owned()));
        (row.inactive, row.returned, row.absent) = (inactive, returned, absent);
        (row.off_hours, row.occupied, row.free_at) = (off_hours, occupied, self.free_at);
    }
}

impl State {
    pub(super) fn plan_changed(&mut self, event: &Event, fact: &RoutingPlanChanged) -> Option<()> {
        let plan = fact.plan.as_ref()?;
        let before = self.routing.plan.as_ref().map_or(0, |(row, _)| row.number);
        if fact.number != before + 1 {
            return None;
        }
        let rules: Vec<String> =
            plan.rules.iter().map(|rule| rule.key.clone()).chain([OTHERWISE.to_owned()]).collect();
        self.routing.turns.retain(|(rule, _), _| rules.contains(rule));
        let row = PlanRow { number: fact.number, content: plan.encode_to_vec(), position: event.position };
        self.routing.plan = Some((row, rules));
        Some(())
    }

    pub(super) fn unroutable(&mut self, event: &Event, fact: &HandoffUnroutable) -> Option<Uuid> {
        let said = self.said(fact.routing.as_ref())?;
        let handoff = self.handoff(event, &fact.lead_id, &fact.handoff_id)?;
        if handoff.state != "PENDING_ROUTE" {
            return None;
        }
        let lead = handoff.lead;
        let row = self.kept(event, id(&fact.handoff_id)?)?;
        said.write(row);
        row.is_waiting = true;
        Some(lead)
    }

    /// A handoff found its owner by the plan, or by somebody who said so.
    pub(super) fn routed_by_plan(
        &mut self,
        event: &Event,
        fact: &HandoffRouted,
        docket: &mut Docket,
    ) -> Option<()> {
        let handoff = id(&fact.handoff_id)?;
        if fact.routing.is_none() {
            self.by_hand(event, handoff);
            return Some(());
        }
        let said = self.said(fact.routing.as_ref())?;
        let owner = self.user_id(&fact.owner)??;
        self.free(event, owner, said.method == "KEEP_OWNER", docket)?;
        let gave_back = self.routing.routes.get(&handoff).and_then(|kept| kept.returned_by) == Some(owner);
        let place = format!("qualification position {}", event.position);
        docket.equal(Law::Routing, format_args!("{place}, goes to whoever gave it back"), &false, &gave_back);
        match fact.turn {
            Some(turn) => self.turn(event, &said.rule, owner, (turn.start, turn.pass), docket)?,
            None => (said.method == "KEEP_OWNER").then_some(())?,
        }
        let row = self.kept(event, handoff)?;
        said.write(row);
        (row.is_waiting, row.returned_by) = (false, None);
        Some(())
    }

    /// Whether an owner that was found takes handoffs, is not away and has room.
    fn free(&self, event: &Event, owner: Uuid, is_kept: bool, docket: &mut Docket) -> Option<()> {
        let user = self.users.get(&owner)?;
        let open = self.open_of(owner);
        let is_there = user.active && user.side == "SALES" && !is_away(&user.absences, event.occurred)?;
        let has_room = is_kept || user.capacity.is_none_or(|most| open < most);
        docket.checked(Law::Routing, 1);
        if !is_there || !has_room {
            let place = format!("qualification position {}", event.position);
            docket.violated(
                Law::Routing,
                place,
                "an owner who is there and has room",
                format_args!("user {owner}"),
            );
        }
        Some(())
    }

    /// How many handoffs a user has open.
    fn open_of(&self, user: Uuid) -> i32 {
        self.routing.open.get(&user).copied().unwrap_or(0)
    }

    /// Counts what users have open; `before` is who had the handoff until the event.
    pub(super) fn count_open(&mut self, before: Option<Uuid>, after: Option<Uuid>) {
        if let Some(user) = before {
            *self.routing.open.entry(user).or_default() -= 1;
        }
        if let Some(user) = after {
            *self.routing.open.entry(user).or_default() += 1;
        }
    }

    /// Who has a handoff open.
    pub(super) fn open_with(&self, handoff: Option<Uuid>) -> Option<Uuid> {
        let handoff = self.handoffs.get(&handoff?)?;
        (handoff.state == "ASSIGNED").then_some(handoff.owner)?
    }

    fn turn(
        &mut self,
        event: &Event,
        rule: &str,
        owner: Uuid,
        (start, pass): (i64, i64),
        docket: &mut Docket,
    ) -> Option<()> {
        let weight = i64::from(self.users.get(&owner)?.routing_weight);
        let of_rule = self.routing.turns.values().filter(|turn| turn.rule == rule);
        let time = of_rule.map(|turn| turn.start).max().unwrap_or(0);
        let key = (rule.to_owned(), owner);
        let begins = self.routing.turns.get(&key).map_or(0, |turn| turn.pass).max(time);
        let place = format!("qualification position {}, turn", event.position);
        docket.checked(Law::Routing, 1);
        docket.equal(Law::Routing, &place, &(begins, begins + LONGEST_TURN / weight), &(start, pass));
        let row = TurnRow { rule: rule.to_owned(), user_id: owner, start, pass, position: event.position };
        self.routing.turns.insert(key, row);
        Some(())
    }

    /// What the plan says must be of the plan that there is, by a rule that it has.
    fn said(&self, told: Option<&pb::Routing>) -> Option<Said> {
        let said = Said::read(told?)?;
        let (plan, rules) = self.routing.plan.as_ref()?;
        (said.plan == plan.number && rules.contains(&said.rule)).then_some(said)
    }

    /// What is kept of a handoff, from now on if not before.
    fn kept(&mut self, event: &Event, handoff_id: Uuid) -> Option<&mut RouteRow> {
        let handoff = self.handoffs.get(&handoff_id)?;
        let row = self.routing.routes.entry(handoff_id).or_insert_with(|| RouteRow {
            handoff_id,
            lead_id: handoff.lead,
            mql_at: handoff.mql_at,
            begun: event.position,
            plan: None,
            rule: None,
            method: None,
            inactive: None,
            returned: None,
            absent: None,
            off_hours: None,
            occupied: None,
            free_at: None,
            is_waiting: false,
            returned_by: None,
            version: 0,
        });
        row.version = event.position;
        Some(row)
    }

    /// Somebody said who owns it: what routing said is of no account.
    pub(super) fn by_hand(&mut self, event: &Event, handoff: Uuid) {
        let Some(row) = self.routing.routes.get_mut(&handoff) else { return };
        let RouteRow { handoff_id, lead_id, mql_at, begun, .. } = *row;
        *row = RouteRow {
            handoff_id,
            lead_id,
            mql_at,
            begun,
            plan: None,
            rule: None,
            method: None,
            inactive: None,
            returned: None,
            absent: None,
            off_hours: None,
            occupied: None,
            free_at: None,
            is_waiting: false,
            returned_by: None,
            version: event.position,
        };
    }

    /// It is decided: it waits for nobody any more.
    pub(super) fn waits_no_more(&mut self, event: &Event, handoff: Uuid) {
        if let Some(row) = self.routing.routes.get_mut(&handoff).filter(|row| row.is_waiting) {
            (row.is_waiting, row.version) = (false, event.position);
        }
    }

    /// Who gave it back does not get it again. An owner who is not there (edge case 19) may.
    pub(super) fn given_back(
        &mut self,
        event: &Event,
        fact: &HandoffReturned,
        docket: &mut Docket,
    ) -> Option<()> {
        let owner = self.user_id(&fact.previous_owner)?;
        let lost = fact.owner_lost();
        if lost == OwnerLost::Unspecified {
            if let (true, Some(owner)) = (self.routing.plan.is_some() && !fact.reason.is_empty(), owner) {
                self.kept(event, id(&fact.handoff_id)?)?.returned_by = Some(owner);
            }
            return Some(());
        }
        let user = self.users.get(&owner?)?;
        let is_so = match lost {
            OwnerLost::Inactive => !user.active,
            OwnerLost::Absent => is_away(&user.absences, event.occurred)?,
            OwnerLost::Unspecified => true,
        };
        let place = format!("qualification position {}, owner lost", event.position);
        docket.checked(Law::Routing, 1);
        docket.equal(Law::Routing, place, &true, &is_so);
        Some(())
    }
}

/// The handoff that an event may open or close, for somebody.
pub(super) fn handoff_of(fact: &Fact) -> Option<Uuid> {
    id(match fact {
        Fact::HandoffRouted(fact) => &fact.handoff_id,
        Fact::HandoffReassigned(fact) => &fact.handoff_id,
        Fact::HandoffReturned(fact) => &fact.handoff_id,
        Fact::HandoffAccepted(fact) => &fact.handoff_id,
        Fact::HandoffRejected(fact) => &fact.handoff_id,
        Fact::HandoffWithdrawn(fact) => &fact.handoff_id,
        _ => return None,
    })
}

/// Whether absences, as the table keeps them, cover an instant.
fn is_away(absences: &Value, at: DateTime<Utc>) -> Option<bool> {
    let covers = |pair: &Value| {
        let time = |index: usize| pair.get(index)?.as_str()?.parse::<DateTime<Utc>>().ok();
        Some(time(0)? <= at && at < time(1)?)
    };
    let covered: Option<Vec<bool>> = absences.as_array()?.iter().map(covers).collect();
    Some(covered?.contains(&true))
}

/// Compares the tables with the fold.
pub(super) async fn rows(
    snapshot: &mut Snapshot,
    state: &State,
    docket: &mut Docket,
) -> Result<(), StoreError> {
    const LAW: Law = Law::StateRouting;
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let mut plans = Vec::new();
    routing::each_plan(snapshot.tx(), tenant, |row| plans.push(row)).await?;
    docket.checked(LAW, 1);
    let expected = state.routing.plan.as_ref().map(|(row, _)| row);
    // What people wrote is not repeated here.
    if expected != plans.first() {
        docket.violated(LAW, "routing plan", "as its event says", "another");
    }
    let mut count = 0_usize;
    routing::each_turn(snapshot.tx(), tenant, |found| {
        docket.checked(LAW, 1);
        count += 1;
        let place = format!("turn of user {} by rule {}", found.user_id, found.rule);
        match state.routing.turns.get(&(found.rule.clone(), found.user_id)) {
            Some(expected) => compare!(docket, LAW, place, *expected, found; start, pass, position),
            None => docket.violated(LAW, place, "no row, the log knows none", "a row"),
        }
    })
    .await?;
    docket.equal(LAW, "turns, rows", &state.routing.turns.len(), &count);
    let mut seen = Seen::new(LAW, "route of handoff", state.routing.routes.keys());
    routing::each_route(snapshot.tx(), tenant, |found| {
        if seen.is_known(&found.handoff_id, docket) {
            let place = format!("route of handoff {}", found.handoff_id);
            compare!(docket, LAW, place, state.routing.routes[&found.handoff_id], found; lead_id, mql_at, begun, plan, rule,
                method, inactive, returned, absent, off_hours, occupied, free_at, is_waiting, returned_by, version);
        }
    })
    .await?;
    seen.end(docket);
    let mut queues = Vec::new();
    routing::each_queue(snapshot.tx(), tenant, |rule, _| queues.push(rule)).await?;
    for row in state.routing.routes.values().filter(|row| row.is_waiting) {
        docket.checked(LAW, 1);
        if row.rule.as_ref().is_none_or(|rule| !queues.contains(rule)) {
            let place = format!("route of handoff {}", row.handoff_id);
            docket.violated(LAW, place, "a queue that is looked at", "none");
        }
    }
    routing::each_away(snapshot.tx(), tenant, |user, away_at| {
        let Some(known) = state.users.get(&user) else { return };
        docket.checked(LAW, 1);
        let coming = known.absences.as_array().into_iter().flatten().filter_map(|pair| pair.get(0)?.as_str());
        let may_be = !known.active || coming.count() > 0;
        if !may_be && away_at.is_some() {
            docket.violated(
                LAW,
                format_args!("user {user}, away_at"),
                "nothing: it is always there",
                "a time",
            );
        }
    })
    .await?;
    docket.took(LAW, start);
    Ok(())
}

/// When the first of those who wait is looked at, or the first user who may be away: none without a plan.
pub(super) async fn first_due(
    snapshot: &mut Snapshot,
    state: &State,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let tenant = snapshot.tenant();
    let mut first: Option<DateTime<Utc>> = None;
    let mut take = |at: Option<DateTime<Utc>>| first = first.into_iter().chain(at).min();
    routing::each_queue(snapshot.tx(), tenant, |_, due_at| take(due_at)).await?;
    if state.routing.plan.is_some() {
        routing::each_away(snapshot.tx(), tenant, |_, away_at| take(away_at)).await?;
    }
    Ok(first)
}
