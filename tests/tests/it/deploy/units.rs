//! The units of systemd and the configuration beside them.

use anyhow::{Context, ensure};
use handoff_runtime::limits;

use super::{PROGRAMS, Program, file};

/// What every unit says. `systemd-analyze security` knows what each is worth.
const HARDENED: [&str; 14] = [
    "DynamicUser=yes",
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectKernelTunables=yes",
    "ProtectControlGroups=yes",
    "RestrictNamespaces=yes",
    "RestrictSUIDSGID=yes",
    "MemoryDenyWriteExecute=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
];

fn setting<'a>(unit: &'a str, name: &str) -> anyhow::Result<&'a str> {
    let found = unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    found.with_context(|| format!("no {name}"))
}

#[tokio::test]
async fn every_unit_runs_its_program_with_variables_that_it_reads() -> anyhow::Result<()> {
    for name in &PROGRAMS[1..] {
        let unit = file(&format!("systemd/{name}.service"))?;
        assert_eq!(setting(&unit, "ExecStart")?, format!("/usr/local/bin/{name}"));
        assert_eq!(setting(&unit, "EnvironmentFile")?, format!("/etc/handoff/{name}.env"));
        let program = Program::ask(&[name]).await?;
        let configuration = file(&format!("systemd/{name}.env"))?;
        let mut seen = 0;
        // What is commented out is an offer, and must be true too.
        for line in configuration.lines() {
            let Some((variable, value)) = line.trim_start_matches('#').split_once('=') else { continue };
            if !variable.starts_with("HANDOFF_") {
                continue;
            }
            ensure!(program.reads(variable), "{name}.env: {name} does not read {variable}");
            let flag = match variable {
                "HANDOFF_LISTEN" => "--listen",
                "HANDOFF_HEALTH_LISTEN" => "--health-listen",
                _ => "",
            };
            if !flag.is_empty() {
                assert_eq!(value.parse(), Ok(program.listens(flag)?), "{name}.env: {variable}");
            }
            seen += 1;
        }
        assert!(seen > 5, "{name}.env says {seen} things");
    }
    Ok(())
}

#[test]
fn every_unit_is_hardened_and_waits_for_the_drain() -> anyhow::Result<()> {
    for name in &PROGRAMS[1..] {
        let unit = file(&format!("systemd/{name}.service"))?;
        for line in HARDENED {
            ensure!(unit.lines().any(|said| said == line), "{name}.service does not say {line}");
        }
        let stop: u64 = setting(&unit, "TimeoutStopSec")?.parse()?;
        ensure!(stop > (limits::DRAIN + 3 * limits::CLOSE).as_secs(), "{name} is killed while it drains");
        // Started again and again, a wrong configuration only fills the log.
        assert_eq!(setting(&unit, "RestartPreventExitStatus")?, "2");
    }
    Ok(())
}
