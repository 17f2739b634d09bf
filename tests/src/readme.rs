//! The commands of README.md, as they are written there, so that it cannot drift from what works.

use std::fs;

use anyhow::Context;

use crate::sources;

/// The commands of a section, by its heading: the lines that are indented as code, without the comments at their ends. A
/// command goes on in the next line as in a shell: after a backslash, and within quotes.
///
/// # Errors
/// When there is no such section, or no command in it.
pub fn commands(heading: &str) -> anyhow::Result<Vec<String>> {
    let text = fs::read_to_string(sources::root().join("README.md"))?;
    let (_, rest) = text.split_once(&format!("\n## {heading}\n")).with_context(|| format!("no {heading}"))?;
    let section = rest.split("\n## ").next().unwrap_or(rest);
    let mut commands = Vec::new();
    let mut begun = String::new();
    for line in section.lines().filter_map(|line| line.strip_prefix("    ")) {
        let line = line.split("  #").next().unwrap_or(line).trim();
        begun.push_str(line.trim_end_matches('\\'));
        if !line.ends_with('\\') && begun.matches('\'').count().is_multiple_of(2) {
            commands.push(std::mem::take(&mut begun));
        }
    }
    anyhow::ensure!(!commands.is_empty(), "{heading} has no commands");
    Ok(commands)
}

/// The command with the addresses where services listen by default replaced by those where they do.
pub fn at(command: &str, endpoints: &crate::endpoints::Endpoints) -> String {
    let usual = [
        ("http://127.0.0.1:7431", &endpoints.qualification),
        ("http://127.0.0.1:7432", &endpoints.sla),
        ("http://127.0.0.1:7433", &endpoints.reporting),
    ];
    usual.iter().fold(command.to_owned(), |command, (usual, real)| command.replace(usual, real))
}
