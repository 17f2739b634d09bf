//! A tenant and its people on the wire.

use handoff_domain::qualification::record::{Defaults, Team, Tenant};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::convert;
use handoff_store::qualification::user_account::UserCard;

use crate::convert::directory::{team_name, user_name};
use crate::convert::text;

/// A tenant.
pub(crate) fn tenant(tenant: &Tenant) -> pb::Tenant {
    pb::Tenant {
        name: format!("tenants/{}", tenant.slug),
        time_zone: tenant.zone.name().to_owned(),
        currency_code: tenant.currency.to_string(),
        // 1 to 12.
        fiscal_year_start_month: i32::try_from(tenant.fiscal_year_start_month).unwrap_or_default(),
        starter_target: Some(convert::to_target(tenant.starter_target)),
        defaults: Some(defaults(&tenant.defaults)),
        create_time: Some(convert::to_timestamp(tenant.created_at)),
    }
}

fn defaults(defaults: &Defaults) -> pb::Defaults {
    pb::Defaults {
        cooldown: Some(convert::to_duration(defaults.cooldown)),
        correction_grace: Some(convert::to_duration(defaults.correction_grace)),
        dispute_window: Some(convert::to_duration(defaults.dispute_window)),
        settlement_delay: Some(convert::to_duration(defaults.settlement_delay)),
    }
}

/// A team.
pub(crate) fn team(team: &Team) -> pb::Team {
    pb::Team { name: team_name(Some(&team.slug)), side: convert::to_side(team.side).into() }
}

/// A user, with the personal values.
pub(crate) fn user(card: &UserCard) -> pb::User {
    let user = &card.row.user;
    pb::User {
        name: user_name(Some(&user.slug)),
        display_name: text(card.display_name.as_deref()),
        email: text(card.email.as_deref()),
        side: convert::to_side(user.side).into(),
        team: team_name(card.row.team.as_deref()),
        active: user.active,
    }
}
