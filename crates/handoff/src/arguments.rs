//! What can be said on the command line. Names are those of the API: `--time-zone` is the field `time_zone`.

use clap::{Args, Parser, Subcommand, ValueEnum};
use handoff_proto::common::v1::Side;
use handoff_runtime::client::address;
use handoff_runtime::config::PeerConfig;

use crate::{command, word};

/// Runs the hand-over of leads from marketing to sales.
///
/// Data goes to stdout, everything else to stderr. Exits with 0 when all went well, 1 when something failed, 2 when the
/// arguments make no sense, 3 when an import refused rows; `verify` says what its own mean.
#[derive(Debug, Parser)]
#[command(name = "handoff", version, max_term_width = 110)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command that talks to a service takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options for all commands")]
pub(crate) struct Global {
    /// How answers are written.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,

    /// The tenant, as `acme`.
    #[arg(long, global = true, env = "HANDOFF_TENANT", value_name = "SLUG")]
    pub(crate) tenant: Option<String>,

    /// Who you are, as `ada`.
    #[arg(long, global = true, env = "HANDOFF_USER", value_name = "SLUG", default_value = "operator")]
    pub(crate) user: String,

    /// The side you speak for; unless it is given, the one that the command belongs to.
    #[arg(long, global = true, env = "HANDOFF_SIDE", value_parser = word::flag::<Side>())]
    pub(crate) side: Option<Side>,

    /// Where qualification listens.
    #[arg(
        long,
        global = true,
        env = "HANDOFF_QUALIFICATION",
        value_name = "URL",
        value_parser = address,
        default_value = "http://127.0.0.1:7431"
    )]
    pub(crate) qualification: String,

    /// Where sla listens.
    #[arg(
        long,
        global = true,
        env = "HANDOFF_SLA",
        value_name = "URL",
        value_parser = address,
        default_value = "http://127.0.0.1:7432"
    )]
    pub(crate) sla: String,

    /// Where reporting listens.
    #[arg(
        long,
        global = true,
        env = "HANDOFF_REPORTING",
        value_name = "URL",
        value_parser = address,
        default_value = "http://127.0.0.1:7433"
    )]
    pub(crate) reporting: String,

    /// What calls are proved with. With a token, of the options above only the tenant still counts.
    #[command(flatten)]
    pub(crate) peer: PeerConfig,
}

/// How answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs: protobuf's JSON of the whole answer.
    Json,
    /// For spreadsheets.
    Csv,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start all services on this machine, on a private Postgres unless told otherwise.
    Up(command::up::Arguments),
    /// Start everything, import a sample, watch clocks breach, and report.
    Demo(command::demo::Arguments),
    /// Create a tenant; change or show the one that is chosen.
    #[command(subcommand)]
    Tenant(command::tenant::Command),
    /// Create or change a team.
    #[command(subcommand)]
    Team(command::directory::TeamCommand),
    /// Create, change and list users.
    #[command(subcommand)]
    User(command::directory::UserCommand),
    /// Calendars, when people are at work: make, show and list them, and import public holidays.
    #[command(subcommand)]
    Calendar(command::calendar::Command),
    /// Import a CRM's export by a mapping file.
    Import(command::import::Arguments),
    /// Show a lead and its way, explain its score, or hand it over.
    #[command(subcommand)]
    Lead(command::lead::Command),
    /// Stages as a CRM keeps them: follow every change, and take over what was set there.
    #[command(subcommand)]
    Stage(command::stages::StageCommand),
    /// Nurture: send leads there, and list who is in which segment.
    #[command(subcommand)]
    Nurture(command::stages::NurtureCommand),
    /// The attributes that criteria ask about: define and list them.
    #[command(subcommand)]
    Attribute(command::catalogue::AttributeCommand),
    /// The types of activity that score: declare and list them.
    #[command(subcommand)]
    ActivityType(command::catalogue::ActivityTypeCommand),
    /// Rates between currencies: set and list them.
    #[command(subcommand)]
    Rate(command::catalogue::RateCommand),
    /// The criteria of a good fit: show them, or draft them from a file.
    #[command(subcommand)]
    Criteria(command::criteria::Command),
    /// The scoring model: show it, or draft it from a file.
    #[command(subcommand)]
    Model(command::scoring_model::Command),
    /// Versions of criteria and scoring models: read them, sign them, put them in effect.
    #[command(subcommand)]
    Version(command::version::Command),
    /// Re-evaluations, what follows for the leads of today when a version takes effect: follow them.
    #[command(subcommand)]
    Reevaluation(command::reevaluation::Command),
    /// Routing, to whom hand-overs go: the plan, when users and teams take them, and why one went where it did.
    #[command(subcommand)]
    Routing(command::routing::Command),
    /// List hand-overs: a queue of work, or what there was.
    List(command::handoffs::List),
    /// Watch hand-overs change.
    Watch(command::handoffs::Watch),
    /// Give a hand-over to a sales user.
    Assign(command::handoffs::Assign),
    /// Accept a hand-over: the MQL becomes an SQL.
    Accept(command::handoffs::Accept),
    /// Reject a hand-over, with a reason.
    Reject(command::handoffs::Reject),
    /// Take a hand-over back that sales has not decided on.
    Withdraw(command::handoffs::Withdraw),
    /// Object to a rejection.
    Dispute(command::disputes::Dispute),
    /// Say whether a disputed rejection stands.
    ResolveDispute(command::disputes::Resolve),
    /// Reports: MQLs, SQLs and velocity.
    #[command(subcommand)]
    Report(command::report::Command),
    /// Clocks of the SLA, breaches and deadlines.
    #[command(subcommand)]
    Sla(command::sla::Command),
    /// Look at the configuration of services without starting anything.
    #[command(subcommand)]
    Config(command::config::Command),
    /// Ask a service's health port whether it takes calls.
    Health(command::health::Arguments),
    /// Bring a database's schema up to this build.
    Migrate(command::migrate::Arguments),
    /// Prove on a live database that state, clocks and facts are what the logs say.
    Verify(command::verify::Arguments),
    /// Write a script that completes commands and options in a shell: `handoff completions bash >> ~/.bashrc`.
    Completions(command::completions::Arguments),
    /// Make anew what is computed from other things.
    #[command(subcommand)]
    Rebuild(command::rebuild::Command),
    /// Run a command beside a throw-away Postgres, named to it by HANDOFF_TEST_DATABASE_URL.
    WithPostgres(command::with_postgres::Arguments),
}
