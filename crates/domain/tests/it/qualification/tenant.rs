//! What a tenant may change of itself (R5, R23).

use chrono::TimeDelta;
use handoff_domain::actor::Side;
use handoff_domain::error::Error;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::command::{Command, UpdateTenant};
use handoff_domain::qualification::record::Defaults;

use super::world::{World, mia};

fn update(update: UpdateTenant) -> Command {
    Command::UpdateTenant(Box::new(update))
}

#[test]
fn r5_a_tenant_has_its_own_words_and_what_is_not_said_stays() {
    let mut world = World::new();
    let words = [(Stage::Mql, "Qualified".to_owned())].into();
    world.ok(&mia(), update(UpdateTenant { stage_labels: Some(words), ..UpdateTenant::default() }));
    let sides = [(Side::Sales, "Account management".to_owned())].into();
    world.ok(&mia(), update(UpdateTenant { side_labels: Some(sides), ..UpdateTenant::default() }));
    let labels = &world.state.tenant().expect("a tenant").labels;
    assert_eq!(labels.stages[&Stage::Mql], "Qualified");
    assert_eq!(labels.sides[&Side::Sales], "Account management");
    assert_eq!(labels.crm_value(Stage::Mql), "Qualified", "the CRM's field has the tenant's word");
}

#[test]
fn what_is_so_already_is_no_change() {
    let mut world = World::new();
    let count = world.log.len();
    let defaults = Some(world.state.tenant().expect("a tenant").defaults);
    world.ok(&mia(), update(UpdateTenant { defaults, ..UpdateTenant::default() }));
    assert_eq!(world.log.len(), count);
    let defaults = Some(Defaults { cooldown: TimeDelta::days(7), ..Defaults::default() });
    world.ok(&mia(), update(UpdateTenant { defaults, ..UpdateTenant::default() }));
    assert_eq!(world.log.len(), count + 1);
}

#[test]
fn r23_two_stages_cannot_have_one_value_in_the_crm() {
    let mut world = World::new();
    let values = [(Stage::Mql, "Open".to_owned()), (Stage::Sql, "open ".to_owned())].into();
    let command = update(UpdateTenant { crm_field: Some((None, values)), ..UpdateTenant::default() });
    world.invalid(&mia(), command, "crm_field.values");
}

#[test]
fn who_read_an_older_tenant_changes_nothing() {
    let mut world = World::new();
    let command = update(UpdateTenant { version: Some(0), ..UpdateTenant::default() });
    let stale = Error::Stale { resource: "tenants/acme".to_owned() };
    assert_eq!(world.run(&mia(), command), Err(stale));
}
