//! `handoff routing apply|show|explain|user|team`: to whom handoffs go, and when people take them.

use clap::{Args, Subcommand};
use handoff_proto::common::v1::Side;
use handoff_proto::qualification::v1::{
    Absence, Availability, ExplainRoutingRequest, GetRoutingPlanRequest, PutRoutingPlanRequest, RoutingPlan,
    SetAvailabilityRequest, SetTeamCalendarRequest,
};

use super::target::parse_time;
use super::yaml_file::YamlFile;
use crate::session::{Session, full_name, request_id};
use crate::yaml;

/// What is to be done with routing.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Have the plan that a YAML file says, from now on. Saying the same again changes nothing.
    Apply(YamlFile),
    /// Show the plan.
    Show(Look),
    /// Say what the plan says of a hand-over now, and who could be given it; changes nothing.
    Explain(Explain),
    /// Say when and how much a user takes, in place of all that was said before.
    User(User),
    /// Say by which calendar a team works.
    Team(Team),
}

/// How to show it.
#[derive(Debug, Args)]
pub(crate) struct Look {
    /// As the YAML that `apply` takes.
    #[arg(long)]
    yaml: bool,
}

/// Which hand-over.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The hand-over, by its id or its name.
    handoff: String,
}

/// When and how much a user takes.
#[derive(Debug, Args)]
pub(crate) struct User {
    /// The user, as `ada`.
    user: String,
    /// The calendar of its own hours, as `rome`; those of its team unless given.
    #[arg(long)]
    calendar: Option<String>,
    /// The most open hand-overs at a time; no bound unless given.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    capacity: i32,
    /// Its share of a pool's hand-overs against those of others, 1 to 20; 10 unless given.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    weight: i32,
    /// A time away, as often as there are some: 2026-08-10T00:00:00+02:00/2026-08-17T00:00:00+02:00.
    #[arg(long = "absence", value_name = "FROM/UNTIL", value_parser = parse_absence)]
    absences: Vec<Absence>,
}

/// By which calendar a team works.
#[derive(Debug, Args)]
pub(crate) struct Team {
    /// The team, as `north`.
    team: String,
    /// The calendar, as `rome`; the tenant's unless given.
    #[arg(long)]
    calendar: Option<String>,
}

fn parse_absence(text: &str) -> Result<Absence, String> {
    let (from, until) = text.split_once('/').ok_or("give two times with a / between them")?;
    Ok(Absence { start_time: Some(parse_time(from)?), end_time: Some(parse_time(until)?) })
}

/// Does it.
pub(crate) async fn run(command: Command, session: &mut Session<'_>) -> anyhow::Result<()> {
    let mut service = session.routing(Side::System).await?;
    let calendar = |name: Option<String>| name.map(|name| full_name("calendars", &name)).unwrap_or_default();
    match command {
        Command::Apply(file) => {
            let document = file.read::<RoutingPlan>()?;
            let plan = Some(document.message.clone());
            let request = PutRoutingPlanRequest { request_id: request_id(), plan };
            let put = service.put_routing_plan(request).await;
            let answer = put.map_err(|refusal| file.with_places(refusal.into(), &document, "plan."))?;
            session.show(&answer.into_inner()).await
        }
        Command::Show(look) => {
            let answer = service.get_routing_plan(GetRoutingPlanRequest {}).await?.into_inner();
            if look.yaml {
                let heading = format!("# routing plan {}\n", answer.number);
                let body = yaml::to_yaml(&answer.plan.unwrap_or_default())?;
                session.output.text(&(heading + &body))?;
                return Ok(());
            }
            session.show(&answer).await
        }
        Command::Explain(explain) => {
            let name = full_name("handoffs", &explain.handoff);
            let answer = service.explain_routing(ExplainRoutingRequest { name }).await?.into_inner();
            session.show(&answer).await
        }
        Command::User(user) => {
            let availability = Availability {
                calendar: calendar(user.calendar),
                capacity: user.capacity,
                weight: user.weight,
                absences: user.absences,
            };
            let user = full_name("users", &user.user);
            let request =
                SetAvailabilityRequest { request_id: request_id(), user, availability: Some(availability) };
            session.show(&service.set_availability(request).await?.into_inner()).await
        }
        Command::Team(team) => {
            let (calendar, team) = (calendar(team.calendar), full_name("teams", &team.team));
            let request = SetTeamCalendarRequest { request_id: request_id(), team, calendar };
            session.show(&service.set_team_calendar(request).await?.into_inner()).await
        }
    }
}
