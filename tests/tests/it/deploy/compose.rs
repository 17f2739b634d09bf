//! The compose files: every variable is read by the program that it is given to, every address leads to somebody who
//! listens there, every name is defined, and nobody runs with more rights than it needs.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, ensure};
use handoff_runtime::limits;
use yaml_rust2::{Yaml, YamlLoader};

use super::{PROGRAMS, Program, file};

/// What the image is called; who runs it runs one of our programs.
const IMAGE: &str = "${HANDOFF_IMAGE:-handoff:latest}";

/// A file with its merge keys (`<<`) done.
fn load(path: &str) -> anyhow::Result<Yaml> {
    let documents = YamlLoader::load_from_str(&file(path)?).with_context(|| path.to_owned())?;
    Ok(merged(documents.first().context("a document")?))
}

fn merged(yaml: &Yaml) -> Yaml {
    match yaml {
        Yaml::Array(items) => Yaml::Array(items.iter().map(merged).collect()),
        Yaml::Hash(entries) => {
            let key = Yaml::String("<<".into());
            let mut whole = match entries.get(&key).map(merged) {
                Some(Yaml::Hash(base)) => base,
                _ => yaml_rust2::yaml::Hash::new(),
            };
            for (name, value) in entries.iter().filter(|(name, _)| **name != key) {
                whole.insert(name.clone(), merged(value));
            }
            Yaml::Hash(whole)
        }
        other => other.clone(),
    }
}

/// The entries of a mapping; none where there is no mapping.
fn entries(yaml: &Yaml) -> Vec<(&str, &Yaml)> {
    let entries = yaml.as_hash().into_iter().flatten();
    entries.filter_map(|(name, value)| Some((name.as_str()?, value))).collect()
}

/// The strings of a sequence, or the keys of a mapping.
fn names(yaml: &Yaml) -> Vec<&str> {
    match yaml.as_vec() {
        Some(items) => items.iter().filter_map(Yaml::as_str).collect(),
        None => entries(yaml).into_iter().map(|(name, _)| name).collect(),
    }
}

/// The port of `LISTEN` or `HEALTH_LISTEN`.
fn port(service: &Yaml, variable: &str) -> anyhow::Result<u16> {
    let address = service["environment"][variable].as_str().with_context(|| variable.to_owned())?;
    address.strip_prefix("0.0.0.0:").context("everybody in the network may come")?.parse().context("a port")
}

/// The services that run our image, with their command.
fn ours(file: &Yaml) -> Vec<(&str, &Yaml, Vec<&str>)> {
    let services = entries(&file["services"]);
    let ours = services.into_iter().filter(|(_, service)| service["image"].as_str() == Some(IMAGE));
    ours.map(|(name, service)| (name, service, names(&service["command"]))).collect()
}

#[tokio::test]
async fn every_variable_is_read_by_the_program_that_it_is_given_to() -> anyhow::Result<()> {
    let base = load("compose.yaml")?;
    let services = ours(&base);
    let started: BTreeSet<&str> = services.iter().map(|(_, _, command)| command[0]).collect();
    assert_eq!(started, PROGRAMS.into_iter().collect(), "each program has its service");
    let mut seen = 0;
    for path in ["compose.yaml", "compose.tokens.yaml", "compose.dev.yaml"] {
        let over = load(path)?;
        for (name, service) in entries(&over["services"]) {
            let Some((_, _, command)) = services.iter().find(|(ours, _, _)| *ours == name) else {
                ensure!(path == "compose.yaml", "{path}: {name} is no service of ours");
                continue;
            };
            let program = Program::ask(command).await?;
            for variable in names(&service["environment"]) {
                // A file of passwords, as all clients of PostgreSQL read it.
                let known = variable == "PGPASSFILE" || program.reads(variable);
                ensure!(known, "{path}: {command:?} does not read {variable}");
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "{seen}");
    Ok(())
}

#[tokio::test]
async fn every_port_is_the_programs_own_and_every_address_leads_to_one() -> anyhow::Result<()> {
    let base = load("compose.yaml")?;
    let services = ours(&base);
    let long_running = services.iter().filter(|(_, service, _)| !service["healthcheck"].is_badvalue());
    let mut checked = 0;
    for (name, service, command) in long_running {
        let program = Program::ask(command).await?;
        let (grpc, health) = (port(service, "HANDOFF_LISTEN")?, port(service, "HANDOFF_HEALTH_LISTEN")?);
        assert_eq!(grpc, program.listens("--listen")?.port(), "{name}");
        assert_eq!(health, program.listens("--health-listen")?.port(), "{name}");
        // Published on loopback only: who wants more says so.
        assert_eq!(names(&service["ports"]), [format!("127.0.0.1:{grpc}:{grpc}")], "{name}");
        let probe = names(&service["healthcheck"]["test"]);
        let url = format!("http://127.0.0.1:{health}");
        assert_eq!(probe, ["CMD", "handoff", "health", &url], "{name}");
        for (variable, value) in entries(&service["environment"]) {
            let Some(peer) = value.as_str().and_then(|value| value.strip_prefix("http://")) else { continue };
            let (host, at) = peer.split_once(':').context("a peer has a port")?;
            let at: u16 = at.parse()?;
            let (_, peer, _) = services.iter().find(|(name, _, _)| *name == host).context("it is there")?;
            assert_eq!(port(peer, "HANDOFF_LISTEN")?, at, "{name}: {variable}");
            checked += 1;
        }
    }
    assert_eq!(checked, 4, "qualification and sla ask each other, reporting both");
    Ok(())
}

#[test]
fn every_name_is_defined() -> anyhow::Result<()> {
    let base = load("compose.yaml")?;
    for path in ["compose.yaml", "compose.tokens.yaml", "compose.dev.yaml"] {
        let over = load(path)?;
        for (name, service) in entries(&over["services"]) {
            ensure!(!base["services"][name].is_badvalue(), "{path}: {name} is no service");
            for (kind, within) in
                [("secrets", "secrets"), ("networks", "networks"), ("depends_on", "services")]
            {
                for used in names(&service[kind]) {
                    let defined = [&base, &over].into_iter().any(|file| !file[within][used].is_badvalue());
                    ensure!(defined, "{path}: {name} uses {used}, which is none of {within}");
                }
            }
            let paths = entries(&service["environment"]).into_iter().filter_map(|(_, value)| value.as_str());
            for secret in paths.filter_map(|value| value.strip_prefix("/run/secrets/")) {
                ensure!(names(&service["secrets"]).contains(&secret), "{path}: {name} is not given {secret}");
            }
        }
        let made = file("compose/secrets.sh")?;
        for (name, secret) in entries(&over["secrets"]) {
            assert_eq!(secret["file"].as_str(), Some(&*format!("./secrets/{name}")), "{path}");
            let suffix = name.rsplit('-').next().unwrap_or(name);
            ensure!(made.contains(&format!("-{suffix}")), "compose/secrets.sh does not make {name}");
        }
    }
    Ok(())
}

#[test]
fn nobody_has_more_rights_than_it_needs() -> anyhow::Result<()> {
    let base = load("compose.yaml")?;
    let services = entries(&base["services"]);
    assert_eq!(services.len(), 5, "database, migration and three services");
    for (name, service) in services {
        assert_eq!(service["read_only"].as_bool(), Some(true), "{name}");
        assert_eq!(names(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(names(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        let user = service["user"].as_str().and_then(|user| user.split_once(':')).context("a user")?;
        ensure!(user.0.parse::<u32>()? > 0 && user.1.parse::<u32>()? > 0, "{name} is root");
        for limit in ["cpus", "memory", "pids"] {
            ensure!(!service["deploy"]["resources"]["limits"][limit].is_badvalue(), "{name} has no {limit}");
        }
        ensure!(service["privileged"].is_badvalue(), "{name}");
    }
    for (name, service, _) in ours(&base) {
        let grace = service["stop_grace_period"].as_str().and_then(|grace| grace.strip_suffix('s'));
        let grace = Duration::from_secs(grace.context("a time to stop")?.parse()?);
        ensure!(grace > limits::DRAIN + 3 * limits::CLOSE, "{name} is killed while it drains");
    }
    Ok(())
}

/// Without one of the other two files nobody is believed, and the services refuse to start.
#[test]
fn development_is_another_file() -> anyhow::Result<()> {
    for (path, is_development) in
        [("compose.yaml", false), ("compose.tokens.yaml", false), ("compose.dev.yaml", true)]
    {
        let loaded = load(path)?;
        let insecure = entries(&loaded["services"])
            .into_iter()
            .filter(|(_, service)| names(&service["environment"]).contains(&"HANDOFF_INSECURE_DEV"));
        assert_eq!(insecure.count(), if is_development { 3 } else { 0 }, "{path}");
    }
    // No password is in a URL: they come from files.
    let base = load("compose.yaml")?;
    for (name, service, _) in ours(&base) {
        let url = service["environment"]["HANDOFF_DATABASE_URL"].as_str().context("a database")?;
        let user =
            url.strip_prefix("postgres://").and_then(|rest| rest.split('@').next()).context("a user")?;
        ensure!(!user.contains(':'), "{name} has a password in its environment");
    }
    Ok(())
}
