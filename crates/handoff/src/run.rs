//! From arguments to an exit status.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::command::{self, Outcome};
use crate::failure;
use crate::output::Output;
use crate::session::Session;

/// Something failed.
const FAILED: u8 = 1;
/// What was said makes no sense.
const UNUSABLE: u8 = 2;
/// An import refused rows.
const ROWS_REFUSED: u8 = 3;

/// The program: arguments and streams of the process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // `up` starts it with its telemetry.
    if !matches!(arguments.command, Command::Up(_)) {
        handoff_runtime::logging::init_quiet();
    }
    let (mut out, mut err, mut person) = (io::stdout(), io::stderr(), io::BufReader::new(io::stdin()));
    let mut output = Output::new(&mut out, &mut err);
    if io::stdin().is_terminal() {
        output = output.with_person(&mut person);
    }
    ExitCode::from(execute(arguments, &mut output))
}

/// The program on given streams, for tests: `arguments` begin with the program's name. Gives the exit status.
pub fn run(
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => execute(arguments, &mut Output::new(out, err)),
        Err(usage) => {
            // A reader that has gone away does not change what was wrong.
            let _ = if usage.use_stderr() { write!(err, "{usage}") } else { write!(out, "{usage}") };
            u8::try_from(usage.exit_code()).unwrap_or(FAILED)
        }
    }
}

fn execute(arguments: Arguments, output: &mut Output<'_>) -> u8 {
    match dispatch(arguments, output) {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::RowsRefused) => ROWS_REFUSED,
        Ok(Outcome::Exit(status)) => status,
        Err(failure) if is_closed_pipe(&failure) => 0,
        Err(failure) => {
            output.say(&failure::explain(&failure));
            if failure::is_configuration(&failure) { UNUSABLE } else { FAILED }
        }
    }
}

fn dispatch(arguments: Arguments, output: &mut Output<'_>) -> anyhow::Result<Outcome> {
    if let Command::WithPostgres(with) = arguments.command {
        // It brings a runtime of its own, and passes signals on.
        return command::with_postgres::run(with.command).map(Outcome::Exit);
    }
    if let Command::Completions(completions) = arguments.command {
        return command::completions::run(&completions, output).map(|()| Outcome::Done);
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start a runtime")?;
    runtime.block_on(perform(arguments, output))
}

async fn perform(arguments: Arguments, output: &mut Output<'_>) -> anyhow::Result<Outcome> {
    let command = match arguments.command {
        Command::Up(up) => return command::up::run(up, output).await.map(|()| Outcome::Done),
        Command::Demo(demo) => {
            return command::demo::run(demo, arguments.global, output).await.map(|()| Outcome::Done);
        }
        Command::Health(health) => {
            return command::health::run(health, output).await.map(|()| Outcome::Done);
        }
        Command::Migrate(migrate) => {
            return command::migrate::run(migrate, output).await.map(|()| Outcome::Done);
        }
        Command::Config(config) => {
            return command::config::run(config, arguments.global.format, output).await;
        }
        Command::Verify(verify) => return command::verify::run(verify, arguments.global, output).await,
        Command::Rebuild(rebuild) => {
            let tenant = arguments.global.tenant.as_deref();
            return command::rebuild::run(rebuild, tenant, output).await.map(|()| Outcome::Done);
        }
        other => other,
    };
    let output = output.reborrow();
    let mut session = Session { global: arguments.global, output };
    let session = &mut session;
    match command {
        Command::Tenant(tenant) => command::tenant::run(tenant, session).await?,
        Command::Team(team) => command::directory::run_team(team, session).await?,
        Command::User(user) => command::directory::run_user(user, session).await?,
        Command::Calendar(calendar) => command::calendar::run(calendar, session).await?,
        Command::Import(import) => return command::import::run(import, session).await,
        Command::Lead(lead) => command::lead::run(lead, session).await?,
        Command::Stage(stage) => command::stages::stage(stage, session).await?,
        Command::Nurture(nurture) => command::stages::nurture(nurture, session).await?,
        Command::Attribute(attribute) => command::catalogue::run_attribute(attribute, session).await?,
        Command::ActivityType(declared) => command::catalogue::run_activity_type(declared, session).await?,
        Command::Rate(rate) => command::catalogue::run_rate(rate, session).await?,
        Command::Criteria(criteria) => command::criteria::run(criteria, session).await?,
        Command::Model(model) => command::scoring_model::run(model, session).await?,
        Command::Version(version) => command::version::run(version, session).await?,
        Command::Reevaluation(reevaluation) => command::reevaluation::run(reevaluation, session).await?,
        Command::Routing(routing) => command::routing::run(routing, session).await?,
        Command::List(list) => command::handoffs::list(list, session).await?,
        Command::Watch(watch) => command::handoffs::watch(watch, session).await?,
        Command::Assign(assign) => command::handoffs::assign(assign, session).await?,
        Command::Accept(accept) => command::handoffs::accept(accept, session).await?,
        Command::Reject(reject) => command::handoffs::reject(reject, session).await?,
        Command::Withdraw(withdraw) => command::handoffs::withdraw(withdraw, session).await?,
        Command::Dispute(dispute) => command::disputes::dispute(dispute, session).await?,
        Command::ResolveDispute(resolve) => command::disputes::resolve(resolve, session).await?,
        Command::Report(report) => command::report::run(report, session).await?,
        Command::Sla(sla) => command::sla::run(sla, session).await?,
        Command::Up(_)
        | Command::Demo(_)
        | Command::Health(_)
        | Command::Migrate(_)
        | Command::Verify(_)
        | Command::Completions(_)
        | Command::Config(_)
        | Command::Rebuild(_)
        | Command::WithPostgres(_) => {}
    }
    Ok(Outcome::Done)
}

/// `handoff list | head`: whoever reads has seen enough.
fn is_closed_pipe(failure: &anyhow::Error) -> bool {
    let kind = failure.chain().find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    kind == Some(io::ErrorKind::BrokenPipe) && !io::stdout().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exit status, stdout and stderr.
    fn handoff(arguments: &[&str]) -> (u8, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let status = run([&["handoff"], arguments].concat(), &mut out, &mut err);
        (status, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn arguments_that_make_no_sense_exit_with_2() {
        let (status, out, err) = handoff(&["report", "velocity", "--time-unit", "weeks"]);
        assert_eq!((status, out.as_str()), (2, ""));
        assert!(err.contains("BUSINESS_DAYS"), "{err}");
    }

    #[test]
    fn help_is_data() {
        let (status, out, err) = handoff(&["--help"]);
        assert_eq!((status, err.as_str()), (0, ""));
        assert!(out.contains("HANDOFF_TENANT"), "{out}");
    }

    #[test]
    fn a_tenant_must_be_named_before_anybody_is_asked() {
        let (status, out, err) = handoff(&["list", "--tenant", ""]);
        assert_eq!((status, out.as_str()), (1, ""));
        assert_eq!(err, "error: which tenant? Name it with --tenant or HANDOFF_TENANT\n");
    }

    #[test]
    fn nobody_there_is_told_with_the_way_out() {
        // Port 1 is nobody's on a machine without privileged services.
        let (status, _, err) =
            handoff(&["list", "--tenant", "acme", "--qualification", "http://127.0.0.1:1"]);
        assert_eq!(status, 1);
        assert!(err.starts_with("error: no service answers at http://127.0.0.1:1: "), "{err}");
        assert!(err.contains("try: `handoff up`"), "{err}");
    }

    #[test]
    fn an_import_refuses_a_mapping_of_another_kind() {
        let map = concat!(env!("CARGO_MANIFEST_DIR"), "/mappings/olist-deals.toml");
        let (status, _, err) = handoff(&["import", "leads", "none.csv", "--map", map, "--tenant", "acme"]);
        assert_eq!(status, 1);
        assert!(err.contains("is a mapping of history: `handoff import history`"), "{err}");
    }

    #[test]
    fn a_file_that_cannot_be_used_is_told_by_line_and_column_before_anybody_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("criteria.yaml");
        let file = file.to_str().unwrap();
        let apply = |text: &str| {
            std::fs::write(file, text).unwrap();
            let (status, out, err) = handoff(&["criteria", "apply", file, "--tenant", "acme"]);
            assert_eq!((status, out.as_str()), (2, ""));
            err.replace(file, "criteria.yaml")
        };
        let start = "error: the file cannot be used\ncriteria.yaml:";
        assert_eq!(
            apply("kind: UNKNOWN\n"),
            format!("{start}1:1: kind: is B2B or B2C: there are no criteria for leads of kind UNKNOWN\n")
        );
        assert_eq!(apply("criteria: []\n"), format!("{start}1:1: kind: is required: B2B or B2C\n"));
        assert_eq!(
            apply("kind: B2B\ncriterias: []\n"),
            format!("{start}2:1: criterias: is no field here; what is: kind, criteria\n")
        );
    }

    #[test]
    fn every_shell_gets_a_script_that_names_the_commands() {
        use clap::CommandFactory;

        for shell in ["bash", "zsh", "fish"] {
            let (status, out, err) = handoff(&["completions", shell]);
            assert_eq!((status, err.as_str()), (0, ""), "{shell}");
            for command in Arguments::command().get_subcommands() {
                assert!(out.contains(command.get_name()), "{shell} does not know {}", command.get_name());
            }
            assert!(out.contains("patience"), "{shell} does not know the options of a command");
        }
    }

    #[test]
    fn the_arguments_are_sound() {
        use clap::CommandFactory;

        Arguments::command().debug_assert();
    }
}
