//! SECURITY.md says nothing that is not there: every file that it names exists, and so does every test. And what the
//! compiler is told about `unsafe` holds for every crate.

use std::fs;

use anyhow::{Context, ensure};
use handoff_tests::sources;

/// What stands between backquotes and looks like a path of this repository: with a slash, or a file of its root.
fn named_paths(page: &str) -> Vec<&str> {
    let quoted = page.split('`').skip(1).step_by(2);
    let linked = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let is_path = |word: &&str| {
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
        plain
            && (word.contains('/') || word.ends_with(".md") || word.ends_with(".toml"))
            && !word.starts_with('/')
    };
    quoted.chain(linked).filter(is_path).collect()
}

/// `crates/store/tests/it/tenancy.rs::an_unset_tenant_is_an_error`: a test by its file and name.
fn named_tests(page: &str) -> Vec<(&str, &str)> {
    page.split('`').skip(1).step_by(2).filter_map(|quoted| quoted.split_once(".rs::")).collect()
}

#[test]
fn every_file_that_the_page_names_is_there() -> anyhow::Result<()> {
    let page = fs::read_to_string(sources::root().join("SECURITY.md"))?;
    let paths = named_paths(&page);
    ensure!(paths.len() > 20, "the page names its files: {paths:?}");
    let missing: Vec<&&str> = paths.iter().filter(|path| !sources::root().join(path).exists()).collect();
    ensure!(missing.is_empty(), "SECURITY.md names what is not there: {missing:?}");
    Ok(())
}

#[test]
fn every_test_that_the_page_names_is_there() -> anyhow::Result<()> {
    let page = fs::read_to_string(sources::root().join("SECURITY.md"))?;
    let tests = named_tests(&page);
    ensure!(tests.len() > 20, "the page names its tests: {tests:?}");
    for (file, name) in tests {
        let path = format!("{file}.rs");
        let text = fs::read_to_string(sources::root().join(&path)).with_context(|| path.clone())?;
        let is_there = text.contains(&format!("fn {name}()")) || text.contains(&format!("fn {name}("));
        ensure!(is_there && text.contains("test"), "SECURITY.md: {path} has no test {name}");
    }
    Ok(())
}

/// Forbidden, unlike denied, cannot be allowed again further in.
#[test]
fn no_crate_of_ours_may_be_unsafe() -> anyhow::Result<()> {
    let sources = sources::all()?;
    let manifest = |path: &str| -> anyhow::Result<toml::Table> {
        let source = sources.iter().find(|source| source.path == path).context("it is there")?;
        Ok(source.text.parse()?)
    };
    // A benchmark has a workspace of its own.
    for workspace in ["Cargo.toml", "tests/rules/Cargo.toml"] {
        let lints = &manifest(workspace)?["workspace"]["lints"];
        assert_eq!(lints["rust"]["unsafe_code"].as_str(), Some("forbid"), "{workspace}");
    }
    let members: Vec<&str> =
        sources.iter().map(|s| s.path.as_str()).filter(|path| path.ends_with("/Cargo.toml")).collect();
    ensure!(members.len() >= 10, "{members:?}");
    for member in members {
        let table = manifest(member)?;
        let lints = table.get("lints").and_then(|lints| lints.get("workspace"));
        assert_eq!(lints.and_then(|lints| lints.as_bool()), Some(true), "{member}: [lints] workspace = true");
    }
    Ok(())
}
