//! A fortnight with real calendars: two users of two teams in two zones, for a tenant in a third; times away, room for a few, and
//! leads at every hour. Nobody is left behind, and shares keep the bound.

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::actor::Side;
use handoff_domain::id::{HandoffId, UserId};
use handoff_domain::qualification::command::*;
use handoff_domain::qualification::event::Event;
use handoff_domain::qualification::record::HandoffState;
use handoff_domain::qualification::rejection::RejectionReason;
use handoff_domain::routing::{Absence, Availability, LeftOut, Method, Plan, Pool};

use super::office::Office;
use crate::qualification::world::{accept, actor, at, mia, reject};

const WEIGHTS: [(&str, u32); 2] = [("ada", 10), ("sam", 5)];
const END: &str = "2026-03-16T09:00:00Z";

fn staffed() -> Office {
    let mut office = Office::new();
    for (team, zone, user) in
        [("north", chrono_tz::Europe::Rome, "ada"), ("west", chrono_tz::America::New_York, "sam")]
    {
        office.calendar(team, zone);
        office.run(&mia(), Command::PutTeam(PutTeam { slug: team.to_owned(), side: Side::Sales }));
        let (team, calendar) = (team.to_owned(), Some(team.to_owned()));
        office.run(&mia(), Command::SetTeamCalendar(SetTeamCalendar { team: team.clone(), calendar }));
        let (slug, side, team) = (user.to_owned(), Side::Sales, Some(team));
        let put = PutUser { slug, side, team, active: true, display_name: None, email: None };
        office.run(&mia(), Command::PutUser(put));
    }
    // The tenant's own hours are those of a third zone; nobody works by them.
    office.calendar("default", chrono_tz::Asia::Tokyo);
    let days = |from: &str, until: &str| Absence { from: at(from), until: at(until) };
    let of_ada = Availability {
        capacity: Some(30),
        weight: WEIGHTS[0].1,
        absences: vec![days("2026-03-05T10:00:00Z", "2026-03-09T00:00:00Z")],
        ..Availability::default()
    };
    let of_sam = Availability {
        capacity: Some(12),
        weight: WEIGHTS[1].1,
        absences: vec![days("2026-03-11T00:00:00Z", "2026-03-12T00:00:00Z")],
        ..Availability::default()
    };
    office.available("ada", of_ada);
    office.available("sam", of_sam);
    let teams = vec!["north".to_owned(), "west".to_owned()];
    let otherwise = Pool { teams, users: Vec::new(), method: Method::WeightedRoundRobin };
    let plan = Plan { rules: Vec::new(), otherwise };
    office.run(&mia(), Command::PutRoutingPlan(PutRoutingPlan { plan }));
    office
}

/// The owners decide on what they have had for three hours: mostly they take it, sometimes it is somebody else's.
fn decide(office: &mut Office, count: &mut usize) {
    let now = office.world.now;
    let of = |dossier: &handoff_domain::qualification::state::Dossier| {
        let old = |at: Option<DateTime<Utc>>| at.is_some_and(|at| now - at >= TimeDelta::hours(3));
        let assigned =
            |it: &&handoff_domain::qualification::record::Handoff| it.state == HandoffState::Assigned;
        let waits = dossier.handoffs.values().filter(assigned).filter(|it| old(it.assigned_at));
        waits.map(|it| (it.id, it.owner)).collect::<Vec<_>>()
    };
    let due: Vec<(HandoffId, Option<UserId>)> =
        office.world.state.records().dossiers.values().flat_map(of).collect();
    for (handoff, owner) in due {
        let [(ada, _), (sam, _)] = WEIGHTS;
        let slug = if owner == Some(office.world.user(ada)) { ada } else { sam };
        let who = actor(&format!("users/{slug}"), Side::Sales);
        *count += 1;
        let command = if count.is_multiple_of(9) {
            reject(handoff, RejectionReason::WrongOwner)
        } else {
            accept(handoff)
        };
        office.run(&who, command);
        office.settle();
    }
}

/// To whom handoffs went while both were free, in a row.
fn runs(office: &Office) -> Vec<Vec<UserId>> {
    let mut runs = vec![Vec::new()];
    for logged in &office.world.log {
        let Event::HandoffRouted(event) = &logged.event else { continue };
        let Some((route, _)) = &event.routing else { continue };
        match runs.last_mut() {
            Some(run) if route.left_out == LeftOut::default() => run.push(event.owner),
            _ => runs.push(Vec::new()),
        }
    }
    runs
}

#[test]
fn in_a_fortnight_no_lead_is_left_behind_and_shares_are_fair() {
    let mut office = staffed();
    let mut handoffs: Vec<HandoffId> = Vec::new();
    let mut decided = 0;
    while office.world.now < at(END) {
        let next = office.world.now + TimeDelta::minutes(47);
        office.until(next);
        decide(&mut office, &mut decided);
        assert_eq!(office.left_behind(), Vec::new(), "at {}", office.world.now);
        let handoff = office.qualified(&format!("lead{}", handoffs.len()));
        handoffs.push(handoff);
        office.settle();
        assert_eq!(office.left_behind(), Vec::new(), "at {}", office.world.now);
    }
    // What still waits is taken once people have time.
    let end = at(END) + TimeDelta::days(14);
    while office.world.now < end {
        office.until(office.world.now + TimeDelta::hours(1));
        decide(&mut office, &mut decided);
        assert_eq!(office.left_behind(), Vec::new(), "at {}", office.world.now);
    }
    let states = handoffs.iter().map(|handoff| office.world.handoff(*handoff).state);
    let is_done = |state: HandoffState| matches!(state, HandoffState::Accepted);
    let open: Vec<_> = states.filter(|state| !is_done(*state)).collect();
    assert!(open.is_empty(), "{} of {} are left: {open:?}", open.len(), handoffs.len());
    assert!(handoffs.len() > 400, "{} leads came", handoffs.len());

    let runs = runs(&office);
    let shared: usize = runs.iter().map(Vec::len).sum();
    assert!(shared > 10, "only {shared} were routed while both were free");
    for run in &runs {
        for begin in 0..run.len() {
            let (mut of_ada, mut of_sam) = (0_i64, 0_i64);
            for owner in &run[begin..] {
                of_ada += i64::from(*owner == office.world.user("ada"));
                of_sam += i64::from(*owner == office.world.user("sam"));
                let [(_, ada), (_, sam)] = WEIGHTS.map(|(name, weight)| (name, i64::from(weight)));
                assert!((of_ada * sam - of_sam * ada).abs() <= ada + sam, "{of_ada} and {of_sam} of a run");
            }
        }
    }
}
