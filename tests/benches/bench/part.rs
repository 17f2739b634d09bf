//! The parts of the benchmark, a file each: what they need, what they are called, and what they have in common.

pub(crate) mod abuse;
pub(crate) mod accept;
pub(crate) mod activity;
pub(crate) mod deadline;
pub(crate) mod import;
pub(crate) mod lists;
pub(crate) mod memory;
pub(crate) mod overload;
pub(crate) mod reevaluate;
pub(crate) mod report;
pub(crate) mod routing;
pub(crate) mod telemetry;
pub(crate) mod tenants;
pub(crate) mod visible;
pub(crate) mod walls;
pub(crate) mod write;

use clap::ValueEnum;

use crate::floor::database::Database;
use crate::meter::Reading;
use crate::outcome::Outcome;
use crate::postgres::Postgres;

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// RecordActivity and CaptureLead against a raw echo and against a transaction per command.
    Write,
    /// RecordActivity of leads with 10 to 10,000 activities, against a raw echo.
    Activity,
    /// AcceptHandoff against the same change as one statement.
    Accept,
    /// Import against COPY of the same rows.
    Import,
    /// A deadline on a saved calendar against a walk from day to day.
    Deadline,
    /// To whom a handoff goes among a thousand users, against the same written by hand.
    Routing,
    /// All leads of a tenant looked at anew when a scoring model takes effect, idle and beside callers.
    Reevaluate,
    /// Lists of a million open hand-overs, every page of each, beside raw SQL.
    Lists,
    /// Reports over twelve months at a hundred thousand and a million hand-overs, beside raw SQL.
    Report,
    /// From an AcceptHandoff to a report that counts it.
    Visible,
    /// What each service holds in memory, as a process of its own.
    Memory,
    /// RecordActivity with and without row-level security and verified tokens.
    Walls,
    /// Five times more calls than a service can carry.
    Overload,
    /// A tenant with one caller beside another with 256.
    Tenants,
    /// What floods of HTTP/2 frames cost everybody else.
    Abuse,
    /// RecordActivity of a service that is traced, and of one whose collector is gone or slow, against one without telemetry.
    Telemetry,
}

/// What every part is given.
pub(crate) struct Setting<'a> {
    pub(crate) part: Part,
    pub(crate) postgres: &'a Postgres,
    /// Rounds, where somebody asked for another number than a part's own.
    pub(crate) rounds: Option<usize>,
}

impl Part {
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

impl Setting<'_> {
    /// Measures the part.
    ///
    /// # Errors
    /// When a call fails, or what was answered is not there in the end: then there is no figure.
    pub(crate) async fn measure(&self) -> anyhow::Result<Outcome> {
        match self.part {
            Part::Write => write::measure(self).await,
            Part::Activity => activity::measure(self).await,
            Part::Accept => accept::measure(self).await,
            Part::Import => import::measure(self).await,
            Part::Deadline => deadline::measure(self),
            Part::Routing => routing::measure(self),
            Part::Reevaluate => reevaluate::measure(self).await,
            Part::Lists => lists::measure(self).await,
            Part::Report => report::measure(self).await,
            Part::Visible => visible::measure(self).await,
            Part::Memory => memory::measure(self).await,
            Part::Walls => walls::measure(self).await,
            Part::Overload => overload::measure(self).await,
            Part::Tenants => tenants::measure(self).await,
            Part::Abuse => abuse::measure(self).await,
            Part::Telemetry => telemetry::measure(self).await,
        }
    }

    pub(crate) fn rounds(&self, own: usize) -> usize {
        self.rounds.unwrap_or(own)
    }

    /// Tells whoever watches how far it is.
    pub(crate) fn say(&self, what: &str) {
        eprintln!("{}: {what} …", self.part.name());
    }

    pub(crate) async fn reading(&self, database: &mut Database) -> anyhow::Result<Reading> {
        Reading::take(self.postgres.pid(), database).await
    }
}
