//! A tenant and its people on the wire.

use std::collections::BTreeMap;

use handoff_domain::actor::Side;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::record::{Defaults, Labels, Team, Tenant};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::convert;
use handoff_store::qualification::user_account::UserCard;

use crate::convert::directory::{team_name, user_name};
use crate::convert::{etag, routing, text, word};

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
        stage_labels: stage_labels(&tenant.labels.stages),
        side_labels: side_labels(&tenant.labels.sides),
        crm_field: crm_field(&tenant.labels),
        etag: etag(tenant.version),
    }
}

fn stage_labels(labels: &BTreeMap<Stage, String>) -> Vec<pb::StageLabel> {
    let label = |(stage, label): (&Stage, &String)| pb::StageLabel {
        stage: word::stage(*stage).into(),
        label: label.clone(),
    };
    labels.iter().map(label).collect()
}

fn side_labels(labels: &BTreeMap<Side, String>) -> Vec<pb::SideLabel> {
    let label = |(side, label): (&Side, &String)| pb::SideLabel {
        side: convert::to_side(*side).into(),
        label: label.clone(),
    };
    labels.iter().map(label).collect()
}

/// As it was said; absent where nothing was.
fn crm_field(labels: &Labels) -> Option<pb::CrmField> {
    let field =
        pb::CrmField { name: text(labels.crm_field.as_deref()), values: stage_labels(&labels.crm_values) };
    (field != pb::CrmField::default()).then_some(field)
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
    pb::Team {
        name: team_name(Some(&team.slug)),
        side: convert::to_side(team.side).into(),
        calendar: routing::calendar_name(team.calendar.as_deref()),
    }
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
        availability: Some(routing::to_availability(&user.availability)),
    }
}
