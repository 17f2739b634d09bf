//! The image and the archive: they hold every program of a release, nothing runs as root, and the ports are those that the
//! programs listen on.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use handoff_tests::sources;

use super::{PROGRAMS, Program, file};

/// The arguments of an instruction that occurs once.
fn instruction<'a>(dockerfile: &'a str, name: &str) -> anyhow::Result<&'a str> {
    let mut found = dockerfile.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let first = found.next().with_context(|| format!("no {name}"))?;
    ensure!(found.next().is_none(), "{name} occurs again");
    Ok(first)
}

#[test]
fn every_program_of_the_workspace_is_in_the_image_and_in_the_archive() -> anyhow::Result<()> {
    let sources = sources::all()?;
    let mains = sources.iter().filter(|s| s.path.starts_with("crates/") && s.path.ends_with("/src/main.rs"));
    assert_eq!(mains.count(), PROGRAMS.len(), "a program is missing in this test");
    let dockerfile = file("Dockerfile")?;
    let installed: BTreeSet<&str> =
        dockerfile.split_whitespace().filter_map(|word| word.strip_prefix("target/release/")).collect();
    assert_eq!(installed, PROGRAMS.into_iter().collect());
    let script = file("package.sh")?;
    let names = script.lines().find_map(|line| line.strip_prefix("names='")?.strip_suffix('\''));
    assert_eq!(names.context("it names them")?.split(' ').collect::<Vec<_>>(), PROGRAMS);
    Ok(())
}

#[tokio::test]
async fn the_image_exposes_the_ports_that_the_programs_listen_on() -> anyhow::Result<()> {
    let mut ports = BTreeSet::new();
    for name in &PROGRAMS[1..] {
        let program = Program::ask(&[name]).await?;
        ports.insert(program.listens("--listen")?.port());
        ports.insert(program.listens("--health-listen")?.port());
    }
    let dockerfile = file("Dockerfile")?;
    let exposed: Result<BTreeSet<u16>, _> =
        instruction(&dockerfile, "EXPOSE")?.split(' ').map(str::parse).collect();
    assert_eq!(exposed?, ports);
    Ok(())
}

#[test]
fn the_image_has_a_user_by_number_and_no_shell() -> anyhow::Result<()> {
    let dockerfile = file("Dockerfile")?;
    let (user, group) = instruction(&dockerfile, "USER")?.split_once(':').context("user and group")?;
    ensure!(user.parse::<u32>()? > 0 && group.parse::<u32>()? > 0, "by number, and not root");
    assert_eq!(instruction(&dockerfile, "STOPSIGNAL")?, "SIGTERM");
    ensure!(instruction(&dockerfile, "CMD")?.starts_with('['), "a shell would have to run it");
    // The last stage begins with nothing and takes what files.sh gathered; no command could run in it.
    let (_, last) = dockerfile.rsplit_once("FROM ").context("a stage")?;
    ensure!(last.starts_with("scratch AS "), "{last}");
    ensure!(!last.lines().any(|line| line.starts_with("RUN")), "{last}");
    ensure!(dockerfile.contains("cargo build --locked --release"), "built from the lock file");
    // Both bases can be pinned or replaced.
    for line in dockerfile.lines().filter_map(|line| line.strip_prefix("FROM ")) {
        ensure!(line.starts_with("${") || line.starts_with("scratch"), "{line}");
    }
    Ok(())
}

/// A service waits for the sources that the build needs; what nobody excluded (data, secrets) must not get in.
#[test]
fn the_build_takes_nothing_that_is_not_named() -> anyhow::Result<()> {
    let ignore = std::fs::read_to_string(sources::root().join(".dockerignore"))?;
    let rules: Vec<&str> = ignore.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(rules.first(), Some(&"*"), "everything is out");
    for rule in &rules[1..] {
        let path = rule.strip_prefix('!').with_context(|| format!("{rule}: only what is in is named"))?;
        let made = path.starts_with("target/");
        ensure!(made || sources::root().join(path).exists(), "{path} is not there");
    }
    ensure!(!rules.iter().any(|rule| rule.contains("secrets") || *rule == "!deploy"), "{rules:?}");
    Ok(())
}
