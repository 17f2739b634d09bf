//! Tenants, teams and users.

use chrono_tz::Tz;
use handoff_proto::common::v1::Side;
use handoff_proto::qualification::v1::{
    CreateTenantResponse, GetTenantResponse, ListUsersResponse, PutTeamResponse, PutUserResponse, Stage,
    StageLabel, Tenant, UpdateTenantResponse, User,
};

use super::{Cell, Column, Grid, View, quantity};
use crate::word;

impl View for CreateTenantResponse {
    fn grid(&self, zone: Tz) -> Grid {
        tenant(self.tenant.clone().unwrap_or_default(), zone)
    }
}

impl View for GetTenantResponse {
    fn grid(&self, zone: Tz) -> Grid {
        tenant(self.tenant.clone().unwrap_or_default(), zone)
    }
}

impl View for UpdateTenantResponse {
    fn grid(&self, zone: Tz) -> Grid {
        tenant(self.tenant.clone().unwrap_or_default(), zone)
    }
}

impl View for PutTeamResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        let team = self.team.clone().unwrap_or_default();
        Grid::record(vec![
            (Column::text("Team", "name"), Cell::text(team.name)),
            (Column::text("Side", "side"), Cell::side(team.side)),
        ])
    }
}

impl View for PutUserResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        users(self.user.as_slice())
    }
}

impl View for ListUsersResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        users(&self.users)
    }
}

/// `MQL=Qualified, SQL=Accepted`.
fn stage_words(labels: &[StageLabel]) -> String {
    let words = labels.iter().map(|it| format!("{}={}", word::show::<Stage>(it.stage), it.label));
    words.collect::<Vec<_>>().join(", ")
}

fn tenant(tenant: Tenant, zone: Tz) -> Grid {
    let field = tenant.crm_field.unwrap_or_default();
    let sides = tenant.side_labels.iter().map(|it| format!("{}={}", word::show::<Side>(it.side), it.label));
    let sides = sides.collect::<Vec<_>>().join(", ");
    let defaults = tenant.defaults.unwrap_or_default();
    let target = quantity::show_target(tenant.starter_target.as_ref());
    Grid::record(vec![
        (Column::text("Tenant", "name"), Cell::text(tenant.name)),
        (Column::text("Time zone", "time_zone"), Cell::text(tenant.time_zone)),
        (Column::text("Currency", "currency_code"), Cell::text(tenant.currency_code)),
        (
            Column::text("Fiscal year starts in month", "fiscal_year_start_month"),
            Cell::text(tenant.fiscal_year_start_month.to_string()),
        ),
        (Column::text("Sales decides within", "starter_target"), Cell::text(target)),
        (
            Column::text("Cool-down", "cooldown"),
            quantity::span(defaults.cooldown.as_ref(), quantity::show_calendar_time),
        ),
        (
            Column::text("Corrected within", "correction_grace"),
            quantity::span(defaults.correction_grace.as_ref(), quantity::show_calendar_time),
        ),
        (
            Column::text("Disputed within", "dispute_window"),
            quantity::span(defaults.dispute_window.as_ref(), quantity::show_calendar_time),
        ),
        (Column::text("Words for stages", "stage_labels"), Cell::text(stage_words(&tenant.stage_labels))),
        (Column::text("Words for sides", "side_labels"), Cell::text(sides)),
        (Column::text("Field of the CRM", "crm_field"), Cell::text(field.name)),
        (Column::text("Its values", "crm_values"), Cell::text(stage_words(&field.values))),
        (Column::text("Created", "create_time"), quantity::time(tenant.create_time.as_ref(), zone)),
    ])
}

fn users(users: &[User]) -> Grid {
    let mut grid = Grid::new(vec![
        Column::text("User", "name"),
        Column::text("Called", "display_name"),
        Column::text("E-mail", "email"),
        Column::text("Side", "side"),
        Column::text("Team", "team"),
        Column::text("Active", "active"),
    ]);
    for user in users {
        grid.push(vec![
            Cell::text(&user.name),
            Cell::text(&user.display_name),
            Cell::text(&user.email),
            Cell::side(user.side),
            Cell::text(&user.team),
            Cell::new(if user.active { "yes" } else { "no" }, user.active.to_string()),
        ]);
    }
    grid
}
