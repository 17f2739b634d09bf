//! Handoffs that find their owners: at once, when somebody is free, and again when they come back.

mod fortnight;
mod office;

use chrono::TimeDelta;
use handoff_domain::actor::Side;
use handoff_domain::error::{Error, Reason};
use handoff_domain::qualification::command::*;
use handoff_domain::qualification::event::{Event, OwnerLost, Returned};
use handoff_domain::qualification::record::*;
use handoff_domain::qualification::rejection::RejectionReason;
use handoff_domain::routing::{Absence, Availability, Method};

use super::world::{accept, ada, assign, at, capture, importer, mia, reject};
use office::{Office, calendar, plan_of, pool};

pub(super) use office::page;

fn capacity(most: u32) -> Availability {
    Availability { capacity: Some(most), ..Availability::default() }
}

#[test]
fn without_a_plan_a_handoff_waits_until_somebody_assigns_it() {
    let mut office = Office::new();
    let handoff = office.qualified("lea");
    assert_eq!(office.world.handoff(handoff).state, HandoffState::PendingRoute);
    assert_eq!(office.world.state.changes().routes.len(), 0);
}

#[test]
fn a_lead_that_qualifies_is_routed_in_the_same_decision_and_says_why() {
    let mut office = Office::new();
    office.put(pool(&["ada", "sam"], Method::WeightedRoundRobin));
    let count = office.world.log.len();
    let handoff = office.qualified("lea");
    assert_eq!(office.world.events_since(count), ["LeadCaptured", "LeadQualified", "HandoffRouted"]);
    let route = office.kept(handoff).route.clone().expect("the plan was asked");
    assert_eq!((route.plan, route.rule.as_str(), route.method), (1, "default", Method::WeightedRoundRobin));
    let first = office.owner(handoff);
    let second = office.qualified("leo");
    assert_ne!(office.owner(second), first, "in turn");
}

#[test]
fn what_an_import_brings_waits_for_a_person() {
    let mut office = Office::new();
    office.put(pool(&["ada"], Method::WeightedRoundRobin));
    let digest = |byte: u8| Digest([byte; 32]);
    let source = |kind, byte| Source { key: SourceKey { kind, key: digest(byte) }, content: digest(byte) };
    let entry = Entry {
        source: source(SourceKind::Transition, 2),
        line: ProductLine::default(),
        past: Past::Qualified,
        occurred_at: at("2026-03-01T09:00:00Z"),
    };
    let import = Import {
        subject: Subject::Capture {
            source: source(SourceKind::Lead, 1),
            lead: Box::new(capture("old@example.org")),
        },
        entries: vec![entry],
    };
    let count = office.world.log.len();
    office.world.ok(&importer(), Command::Import(import));
    assert_eq!(office.world.events_since(count), ["LeadCaptured", "LeadQualified"]);
    office.settle();
    assert_eq!(
        office.world.events_since(count),
        ["LeadCaptured", "LeadQualified"],
        "nor does a worker take it"
    );
}

#[test]
fn nobody_free_is_told_with_the_reason_and_the_next_who_is_gets_it() {
    let mut office = Office::new();
    office.calendar("york", chrono_tz::America::New_York);
    office.available("ada", Availability { calendar: Some("york".to_owned()), ..Availability::default() });
    office.put(pool(&["ada"], Method::WeightedRoundRobin));
    let handoff = office.qualified("lea");
    let route = office.kept(handoff).route.clone().expect("the plan was asked");
    // It is nine in the morning of UTC, on a Monday, and four in New York.
    assert_eq!((route.left_out.off_hours, route.free_at), (1, Some(at("2026-03-02T14:00:00Z"))));
    office.until(at("2026-03-02T13:59:59Z"));
    assert_eq!(office.owner(handoff), None);
    office.until(at("2026-03-02T14:00:00Z"));
    assert_eq!(office.owner(handoff), Some(office.world.user("ada")));
    assert_eq!(office.world.handoff(handoff).assigned_at, Some(at("2026-03-02T14:00:00Z")));
}

#[test]
fn room_that_is_made_goes_to_whoever_waits_longest() {
    let mut office = Office::new();
    office.available("ada", capacity(1));
    office.put(pool(&["ada"], Method::LeastOpenWork));
    let [first, second, third] = ["lea", "leo", "lia"].map(|name| office.qualified(name));
    assert_eq!([second, third].map(|handoff| office.owner(handoff)), [None; 2]);
    assert_eq!(office.kept(second).route.as_ref().expect("asked").left_out.full, 1);
    office.run(&ada(), accept(first));
    office.settle();
    assert_eq!(office.owner(second), Some(office.world.user("ada")));
    assert_eq!(office.owner(third), None);
    office.run(&ada(), reject(second, RejectionReason::NoBudgetNow));
    office.settle();
    assert_eq!(office.owner(third), Some(office.world.user("ada")));
}

#[test]
fn somebody_who_changes_and_another_plan_route_whoever_waits() {
    let mut office = Office::new();
    office.available("ada", capacity(1));
    let waited = office.qualified("old");
    office.put(pool(&["ada"], Method::LeastOpenWork));
    office.settle();
    assert_eq!(
        office.owner(waited),
        Some(office.world.user("ada")),
        "what came before the plan is routed too"
    );
    let [second, third] = ["lea", "leo"].map(|name| office.qualified(name));
    office.available("ada", capacity(2));
    office.settle();
    assert_eq!([second, third].map(|it| office.owner(it).is_some()), [true, false]);
    office.put(pool(&["sam"], Method::LeastOpenWork));
    office.settle();
    assert_eq!(office.owner(third), Some(office.world.user("sam")));
    assert_eq!(office.kept(third).route.as_ref().expect("asked").plan, 2);
}

#[test]
fn the_same_plan_again_changes_nothing() {
    let mut office = Office::new();
    office.put(pool(&["ada"], Method::LeastOpenWork));
    let count = office.world.log.len();
    office.put(pool(&["ada"], Method::LeastOpenWork));
    assert_eq!(office.world.log.len(), count);
}

#[test]
fn whoever_gives_a_handoff_back_does_not_get_it_again() {
    let mut office = Office::new();
    office.put(pool(&["ada"], Method::WeightedRoundRobin));
    let handoff = office.qualified("lea");
    let count = office.world.log.len();
    office.run(&ada(), reject(handoff, RejectionReason::WrongOwner));
    assert_eq!(office.world.events_since(count), ["HandoffReturned", "HandoffUnroutable"]);
    assert_eq!(office.kept(handoff).route.as_ref().expect("asked").left_out.returned, 1);
    office.put(pool(&["ada", "sam"], Method::WeightedRoundRobin));
    office.settle();
    assert_eq!(office.owner(handoff), Some(office.world.user("sam")));
    // Somebody who says who is to have it knows better.
    office.run(&mia(), assign(handoff, "ada"));
    assert_eq!(
        (office.owner(handoff), office.kept(handoff).route.clone()),
        (Some(office.world.user("ada")), None)
    );
}

#[test]
fn edge_case_13_one_that_waits_can_be_accepted_and_is_not_routed_any_more() {
    let mut office = Office::new();
    office.available("ada", capacity(0));
    office.put(pool(&["ada"], Method::WeightedRoundRobin));
    let handoff = office.qualified("lea");
    office.run(&ada(), accept(handoff));
    assert!(office.world.handoff(handoff).implied_assignment);
    office.available("ada", capacity(5));
    office.settle();
    assert_eq!(office.world.handoff(handoff).state, HandoffState::Accepted);
    assert!(!office.kept(handoff).is_waiting);
}

#[test]
fn edge_case_19_what_an_owner_has_open_who_is_deactivated_goes_to_somebody_else() {
    let mut office = Office::new();
    office.put(pool(&["ada", "sam"], Method::WeightedRoundRobin));
    let handoffs = ["lea", "leo", "lia", "liv"].map(|name| office.qualified(name));
    let of_ada = |office: &Office| handoffs.map(|it| office.owner(it) == Some(office.world.user("ada")));
    assert_eq!(of_ada(&office).iter().filter(|it| **it).count(), 2);
    office.active("ada", false);
    office.settle();
    assert_eq!(of_ada(&office), [false; 4]);
    let lost = office.world.log.iter().filter_map(|logged| match &logged.event {
        Event::HandoffReturned(event) => Some(event.why),
        _ => None,
    });
    assert_eq!(lost.collect::<Vec<_>>(), [Returned::Lost(OwnerLost::Inactive); 2]);
}

#[test]
fn edge_case_19_an_owner_who_goes_away_gives_back_what_is_open_and_may_have_it_again() {
    let mut office = Office::new();
    let away = Absence { from: at("2026-03-02T12:00:00Z"), until: at("2026-03-04T12:00:00Z") };
    office.available("ada", Availability { absences: vec![away], ..Availability::default() });
    office.put(pool(&["ada"], Method::WeightedRoundRobin));
    let handoff = office.qualified("lea");
    assert_eq!(office.owner(handoff), Some(office.world.user("ada")));
    office.until(away.from);
    let route = office.kept(handoff).route.clone().expect("asked");
    assert_eq!((office.owner(handoff), route.left_out.absent, route.free_at), (None, 1, Some(away.until)));
    office.until(away.until);
    assert_eq!(office.owner(handoff), Some(office.world.user("ada")), "nobody gave it back");
}

#[test]
fn edge_case_19_without_a_plan_an_owner_who_is_gone_keeps_what_is_open() {
    let mut office = Office::new();
    let handoff = office.qualified("lea");
    office.run(&mia(), assign(handoff, "ada"));
    office.active("ada", false);
    office.settle();
    assert_eq!(office.owner(handoff), Some(office.world.user("ada")));
    // The first plan finds that she is not there.
    office.put(pool(&["sam"], Method::WeightedRoundRobin));
    office.settle();
    assert_eq!(office.owner(handoff), Some(office.world.user("sam")));
}

#[test]
fn edge_case_21_who_waits_for_a_calendar_that_never_opens_is_routed_when_it_does() {
    let mut office = Office::new();
    let mut closed = calendar(chrono_tz::Europe::Rome);
    closed.weekly_hours = Default::default();
    office.define("shifts", closed.clone());
    office.available("ada", Availability { calendar: Some("shifts".to_owned()), ..Availability::default() });
    office.put(pool(&["ada"], Method::WeightedRoundRobin));
    let handoff = office.qualified("lea");
    assert_eq!(office.kept(handoff).route.as_ref().expect("asked").free_at, None);
    office.until(at("2026-06-01T00:00:00Z"));
    assert_eq!(office.owner(handoff), None);
    office.define("shifts", calendar(chrono_tz::Europe::Rome));
    office.until(at("2026-06-01T08:00:00Z"));
    assert_eq!(office.owner(handoff), Some(office.world.user("ada")));
}

#[test]
fn a_user_and_a_team_work_by_calendars_that_are_known() {
    let mut office = Office::new();
    let unknown = Availability { calendar: Some("rome".to_owned()), ..Availability::default() };
    let set =
        Command::SetAvailability(SetAvailability { user: "ada".to_owned(), availability: unknown.clone() });
    office.world.refused(&mia(), set.clone(), Reason::CalendarUnknown);
    office.world.ok(&mia(), Command::PutTeam(PutTeam { slug: "north".to_owned(), side: Side::Sales }));
    let team = |calendar: &str| {
        let (team, calendar) = ("north".to_owned(), Some(calendar.to_owned()));
        Command::SetTeamCalendar(SetTeamCalendar { team, calendar })
    };
    office.world.refused(&mia(), team("rome"), Reason::CalendarUnknown);
    office.calendar("rome", chrono_tz::Europe::Rome);
    office.world.ok(&mia(), set);
    office.world.ok(&mia(), team("rome"));
    let nobody = SetAvailability { user: "zoe".to_owned(), availability: Availability::default() };
    assert!(matches!(
        office.world.run(&mia(), Command::SetAvailability(nobody)),
        Err(Error::NotFound { .. })
    ));
    // Saying who somebody is says nothing of what it takes.
    office.world.ok(&mia(), super::world::add_user("ada", Side::Sales));
    assert_eq!(office.world.state.user("ada").expect("a user").availability, unknown);
    office.world.ok(&mia(), Command::PutTeam(PutTeam { slug: "north".to_owned(), side: Side::Sales }));
    assert_eq!(office.world.state.team("north").expect("a team").calendar.as_deref(), Some("rome"));
}

#[test]
fn a_stretch_of_slas_log_counts_once_and_in_order() {
    let mut office = Office::new();
    let hear = |after, last| HearCalendars { after, last, calendars: Vec::new() };
    let sla = super::world::actor("services/qualification", Side::System);
    office.world.ok(&sla, Command::HearCalendars(hear(0, 3)));
    office.world.ok(&sla, Command::HearCalendars(hear(0, 2)));
    assert_eq!(office.world.state.cursor(), 3);
    let gap = office.world.run(&sla, Command::HearCalendars(hear(4, 5)));
    assert!(matches!(gap, Err(Error::Stale { .. })), "{gap:?}");
    assert_eq!(plan_of(pool(&["ada"], Method::LeastOpenWork)).rules.len(), 0);
    office.world.wait(TimeDelta::hours(1));
}
