//! Tenants, teams and users.

use handoff_domain::actor::Side;
use handoff_domain::error::{Error, Reason};
use handoff_domain::qualification::command::{Command, PutTeam, PutUser};

use super::world::{World, add_user, at, capture, found, mia};

fn team(slug: &str, side: Side) -> Command {
    Command::PutTeam(PutTeam { slug: slug.to_owned(), side })
}

fn plain(slug: &str, side: Side) -> PutUser {
    PutUser { slug: slug.to_owned(), side, team: None, active: true, display_name: None, email: None }
}

fn member(slug: &str, side: Side, team: &str) -> Command {
    Command::PutUser(PutUser { team: Some(team.to_owned()), ..plain(slug, side) })
}

#[test]
fn a_tenant_starts_with_a_contract_in_effect_and_the_default_waiting_times() {
    let world = World::new();
    let tenant = world.state.tenant().expect("founded");
    assert_eq!(tenant.contract_effective_from, Some(at("2026-03-02T09:00:00Z")));
    assert_eq!(tenant.defaults.cooldown.num_days(), 30);
    assert_eq!(tenant.version, 1);
}

#[test]
fn a_tenant_is_founded_once() {
    let mut world = World::new();
    world.refused(&mia(), found("acme"), Reason::NameTaken);
}

#[test]
fn a_tenant_is_founded_only_under_the_name_that_the_request_is_for() {
    let mut world = World::empty();
    world.invalid(&mia(), found("other"), "slug");
    world.invalid(&mia(), found("Acme"), "slug");
}

#[test]
fn nothing_can_be_done_before_the_tenant_is_founded() {
    let mut world = World::empty();
    for command in [add_user("ada", Side::Sales), Command::CaptureLead(Box::new(capture("a@example.org")))] {
        assert!(matches!(world.run(&mia(), command), Err(Error::NotFound { .. })));
    }
}

#[test]
fn a_user_joins_a_team_of_its_own_side() {
    let mut world = World::new();
    world.ok(&mia(), team("north", Side::Sales));
    world.ok(&mia(), member("nora", Side::Sales, "north"));
    let north = world.state.team("north").expect("founded").id;
    assert_eq!(world.state.user("nora").expect("added").team, Some(north));
    world.invalid(&mia(), member("max", Side::Marketing, "north"), "team");
    let nowhere = world.run(&mia(), member("nils", Side::Sales, "south"));
    assert_eq!(nowhere, Err(Error::not_found("teams/south")));
}

#[test]
fn a_user_is_as_it_was_said_last() {
    let mut world = World::new();
    let version = world.state.user("ada").expect("added").version;
    let gone = PutUser { active: false, ..plain("ada", Side::Sales) };
    world.ok(&mia(), Command::PutUser(gone.clone()));
    let ada = world.state.user("ada").expect("still there").clone();
    assert!(!ada.active && ada.version > version);
    let logged = world.log.len();
    world.ok(&mia(), Command::PutUser(gone));
    assert_eq!(world.log.len(), logged, "the same again says nothing new");
}

#[test]
fn a_team_keeps_its_side_and_system_is_no_side_for_people() {
    let mut world = World::new();
    world.ok(&mia(), team("north", Side::Sales));
    let logged = world.log.len();
    world.ok(&mia(), team("north", Side::Sales));
    assert_eq!(world.log.len(), logged, "the same again says nothing new");
    world.refused(&mia(), team("north", Side::Marketing), Reason::NameTaken);
    world.invalid(&mia(), add_user("bot", Side::System), "side");
    world.invalid(&mia(), team("No Slug", Side::Sales), "slug");
}

#[test]
fn names_and_addresses_of_users_are_in_the_personal_part_only() {
    let world = World::new();
    let logged = &world.log[1].event;
    let person = logged.person().expect("a person");
    assert_eq!(person.email.as_deref(), Some("ada@acme.example"));
    let mut erased = logged.clone();
    *erased.person_mut().expect("a person") = Default::default();
    assert!(!format!("{erased:?}").contains("acme.example"));
}
