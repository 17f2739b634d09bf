//! The roles that compose makes in a new database are enough to migrate and to serve, and no more.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use handoff_store::embedded::{self, Embedded, Options};
use handoff_tests::apart::Name;
use handoff_tests::process::{Ended, Process, command};
use handoff_tests::sources;
use handoff_tests::together::DataFolder;
use tokio::process::Command;
use tokio::task::spawn_blocking;

/// A new Postgres with the roles of `compose/roles.sh`.
struct Database {
    url: String,
    socket: String,
    server: Embedded,
    // Dropped last: the server works in it.
    _folder: DataFolder,
}

impl Database {
    async fn start() -> anyhow::Result<Self> {
        let folder = DataFolder::new()?;
        let options = Options::new(folder.path());
        let server = spawn_blocking(move || Embedded::start(&options)).await??;
        let url = server.url("postgres");
        let (_, host) = url.split_once("host=").context("it listens on a socket")?;
        let socket = host.split('&').next().unwrap_or(host).replace("%2F", "/").replace("%2f", "/");
        let database = Self { url, socket, server, _folder: folder };

        let secrets = tempfile::tempdir()?;
        for name in ["postgres", "owner", "qualification", "sla", "reporting"] {
            fs::write(secrets.path().join(format!("{name}-password")), format!("secret of {name}'s"))?;
        }
        let mut roles = Command::new("sh");
        roles.arg(sources::root().join("deploy/compose/roles.sh")).env("SECRETS", secrets.path());
        roles.env("POSTGRES_USER", database.superuser()?).env("POSTGRES_DB", "postgres");
        database.with_client(&mut roles)?;
        Process::start(roles)?.ended().await?.well().context("roles.sh")?;
        Ok(database)
    }

    /// Who made it.
    fn superuser(&self) -> anyhow::Result<&str> {
        let user = self.url.strip_prefix("postgres://").and_then(|rest| rest.split('@').next());
        user.context("the URL has a user")
    }

    /// The URL for another role.
    fn url_of(&self, role: &str) -> anyhow::Result<String> {
        let (_, rest) = self.url.split_once('@').context("the URL has a user")?;
        Ok(format!("postgres://{role}@{rest}"))
    }

    /// psql is found beside the server's programs, and asks this server.
    fn with_client(&self, command: &mut Command) -> anyhow::Result<()> {
        let usual = std::env::var_os("PATH").unwrap_or_default();
        let ours = std::env::var_os(embedded::BIN_FOLDER_VARIABLE).unwrap_or_default();
        let path: OsString = std::env::join_paths(
            [Path::new(&ours).to_owned()].into_iter().chain(std::env::split_paths(&usual)),
        )?;
        command.env("PATH", path).env("PGHOST", &self.socket);
        Ok(())
    }

    /// Runs a statement as a login; how psql ended.
    async fn ask(&self, login: &str, statement: &str) -> anyhow::Result<Ended> {
        let mut psql = Command::new("psql");
        psql.args([
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
            "--set",
            "ON_ERROR_STOP=1",
            "--username",
            login,
        ]);
        psql.args(["--dbname", "postgres", "--command", statement]);
        self.with_client(&mut psql)?;
        Process::start(psql)?.ended().await
    }

    async fn refuses(&self, login: &str, statement: &str, reason: &str) -> anyhow::Result<()> {
        let ended = self.ask(login, statement).await?;
        ensure!(!ended.status.success(), "{login} may: {statement}");
        // Versions of PostgreSQL differ in capitals.
        let said = ended.stderr.to_lowercase();
        ensure!(said.contains(reason), "{login}, {statement}: {said}");
        Ok(())
    }
}

#[tokio::test]
async fn the_roles_of_a_new_database_are_enough_and_no_more() -> anyhow::Result<()> {
    let database = Database::start().await?;
    let mut migrate = command("handoff")?;
    migrate.args(["migrate", "--database-url", &database.url_of("handoff_owner")?]);
    Process::start(migrate)?.ended().await?.well().context("the owner migrates")?;

    // Each service starts with its login, and is ready.
    for name in Name::ALL {
        let (program, login) = match name {
            Name::Qualification => ("handoff-qualification", "qualification"),
            Name::Sla => ("handoff-sla", "sla"),
            Name::Reporting => ("handoff-reporting", "reporting"),
        };
        let mut service = command(program)?;
        service.args(["--insecure-dev", "--listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0"]);
        service.args(["--database-url", &database.url_of(login)?]);
        let mut service = Process::start(service)?;
        service.logs("that it is ready", |line| line.contains("readiness changed").then_some(())).await?;
        service.stop().await?.well()?;
    }

    // By itself a login may do nothing; as its role it needs a tenant, and never reaches another service's tables.
    database.refuses("sla", "select * from sla.event", "permission denied").await?;
    let unset = "set role handoff_sla; select * from sla.event";
    database.refuses("sla", unset, "handoff.tenant").await?;
    let superuser = database.superuser()?;
    for foreign in ["handoff_qualification", "handoff_owner", superuser] {
        database.refuses("sla", &format!("set role {foreign}"), "permission denied").await?;
    }
    let other = "set role handoff_sla; select * from qualification.event";
    database.refuses("sla", other, "permission denied").await?;
    let rewritten = "set role handoff_sla; select set_config('handoff.tenant', gen_random_uuid()::text, false); \
                     update sla.event set position = 1";
    database.refuses("sla", rewritten, "permission denied").await?;
    database.refuses("handoff_owner", "alter role handoff_owner superuser", "superuser").await?;
    database.refuses("handoff_owner", "alter role handoff_owner bypassrls", "bypassrls").await?;
    let owned = "select count(*) from pg_class join pg_roles r on r.oid = relowner where r.rolname in \
                 ('handoff_qualification', 'handoff_sla', 'handoff_reporting', 'qualification', 'sla', 'reporting')";
    assert_eq!(database.ask(superuser, owned).await?.well()?.trim(), "0");
    let above = "select count(*) from pg_roles where (rolsuper or rolbypassrls) and rolname <> session_user";
    assert_eq!(database.ask(superuser, above).await?.well()?.trim(), "0");
    let server = database.server;
    spawn_blocking(move || server.stop()).await??;
    Ok(())
}
