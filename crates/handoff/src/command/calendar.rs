//! `handoff calendar apply|show|list|import-holidays`: when people are at work.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use handoff_proto::sla::v1::{
    Calendar, GetCalendarRequest, ImportHolidaysRequest, ListCalendarsRequest, ListCalendarsResponse,
    PutCalendarRequest,
};

use super::paging::{Page, Paging};
use super::yaml_file::YamlFile;
use crate::session::{Session, full_name, request_id};
use crate::yaml;

/// What is to be done with calendars.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a calendar as a YAML file says, or give the one of that name a new version. Saying the same again changes
    /// nothing.
    Apply(YamlFile),
    /// Show a calendar.
    Show(Look),
    /// List calendars by name.
    List(Paging),
    /// Close a calendar on the public holidays of an iCalendar file. Dates that it has exceptions for stay as they are.
    ImportHolidays(Holidays),
}

/// Which calendar, and how.
#[derive(Debug, Args)]
pub(crate) struct Look {
    /// The calendar, as `default`.
    #[arg(default_value = "default")]
    calendar: String,
    /// As the YAML that `apply` takes.
    #[arg(long)]
    yaml: bool,
}

/// Holidays of a calendar.
#[derive(Debug, Args)]
pub(crate) struct Holidays {
    /// The calendar, as `default`.
    calendar: String,
    /// The iCalendar file, `.ics`.
    file: PathBuf,
    /// The first year whose holidays are taken; this year unless given.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    first_year: i32,
    /// The last one; two years after the first unless given.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    last_year: i32,
    /// Change nothing, and show what would be.
    #[arg(long)]
    validate_only: bool,
}

/// Does it.
pub(crate) async fn run(command: Command, session: &mut Session<'_>) -> anyhow::Result<()> {
    let mut service = session.sla().await?;
    match command {
        Command::Apply(file) => {
            let document = file.read::<Calendar>()?;
            let calendar = Some(document.message.clone());
            let request = PutCalendarRequest { request_id: request_id(), calendar };
            let put = service.put_calendar(request).await;
            let answer = put.map_err(|refusal| file.with_places(refusal.into(), &document, "calendar."))?;
            session.show(&answer.into_inner()).await
        }
        Command::Show(look) => {
            let name = full_name("calendars", &look.calendar);
            let answer = service.get_calendar(GetCalendarRequest { name }).await?.into_inner();
            if look.yaml {
                let calendar = answer.calendar.unwrap_or_default();
                let heading = format!("# {}, version {}\n", calendar.name, calendar.version);
                // It is the service that counts versions.
                let body = yaml::to_yaml(&Calendar { version: 0, ..calendar })?;
                session.output.text(&(heading + &body))?;
                return Ok(());
            }
            session.show(&answer).await
        }
        Command::List(paging) => {
            let (calendars, next_page_token) = paging
                .collect(async |page_size, page_token| {
                    let request = ListCalendarsRequest { page_size, page_token };
                    let answer = service.clone().list_calendars(request).await?.into_inner();
                    Ok(Page { items: answer.calendars, next: answer.next_page_token })
                })
                .await?;
            paging.tell(&next_page_token, &mut session.output);
            session.show(&ListCalendarsResponse { calendars, next_page_token }).await
        }
        Command::ImportHolidays(holidays) => {
            let place = holidays.file.display();
            let icalendar =
                fs::read_to_string(&holidays.file).with_context(|| format!("cannot read {place}"))?;
            let request = ImportHolidaysRequest {
                request_id: request_id(),
                calendar: full_name("calendars", &holidays.calendar),
                icalendar,
                first_year: holidays.first_year,
                last_year: holidays.last_year,
                validate_only: holidays.validate_only,
            };
            let answer = service.import_holidays(request).await?.into_inner();
            if holidays.validate_only {
                session.output.say("VALIDATE_ONLY: nothing was changed");
            }
            session.show(&answer).await
        }
    }
}
