//! The rules of the house that a program can check, on every file that somebody wrote. Each says what to do instead.

use handoff_tests::sources::{self, Source};

/// A file has one subject; past this many lines it has two.
const LINES_MAX: usize = 500;

/// Runs `find` over the sources that `about` picks. It returns what is wrong with one, with a line number where there
/// is one; all findings are reported together.
fn check(about: fn(&Source) -> bool, find: impl Fn(&Source) -> Vec<String>) {
    let sources = sources::all().expect("the workspace can be read");
    let picked: Vec<&Source> = sources.iter().filter(|source| about(source)).collect();
    assert!(!picked.is_empty(), "no file was looked at");
    let found: Vec<String> = picked
        .iter()
        .flat_map(|source| find(source).into_iter().map(|what| format!("{}:{what}", source.path)))
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// The numbers of the lines that `is_bad`, each with `advice`.
fn lines(source: &Source, advice: &str, is_bad: impl Fn(&str) -> bool) -> Vec<String> {
    let numbered = source.text.lines().enumerate().filter(|(_, line)| is_bad(line));
    numbered.map(|(index, _)| format!("{}: {advice}", index + 1)).collect()
}

#[test]
fn a_file_has_at_most_500_lines() {
    let about =
        |s: &Source| s.is_rust() || s.path.ends_with(".sql") || s.path.ends_with(".sh") || s.path == "x";
    check(about, |source| {
        let count = source.text.lines().count();
        if count > LINES_MAX { vec![format!("{count}: split it by subject")] } else { Vec::new() }
    });
}

#[test]
fn a_rust_file_opens_with_what_it_is_for() {
    check(Source::is_rust, |source| {
        let opens = source.text.starts_with("//! ");
        if opens {
            Vec::new()
        } else {
            vec!["1: open it with `//!`: what it is for, what it refuses".to_owned()]
        }
    });
}

#[test]
fn a_module_lies_beside_its_folder() {
    check(Source::is_rust, |source| {
        let is_mod = source.path.ends_with("/mod.rs");
        if is_mod { vec!["1: call it foo.rs, beside foo/".to_owned()] } else { Vec::new() }
    });
}

#[test]
fn nothing_is_left_for_later() {
    // In halves, so that this file does not contain what it forbids.
    let marks =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!("), concat!("unimplemented", "!(")];
    check(
        |s| !s.is_generated(),
        |source| {
            lines(source, "do it, or file an issue", |line| marks.iter().any(|mark| line.contains(mark)))
        },
    );
}

#[test]
fn a_test_that_does_not_run_says_why() {
    let bare = concat!("#[ign", "ore]");
    check(Source::is_rust, |source| lines(source, "give the reason", |line| line.contains(bare)));
}

#[test]
fn no_path_of_somebodys_machine_is_in_the_sources() {
    let places =
        [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];
    check(
        |s| !s.is_generated(),
        |source| {
            lines(source, "a path of one machine", |line| places.iter().any(|place| line.contains(place)))
        },
    );
}

/// The script `x` alone may know where a checkout's neighbours lie; the tests are told by HANDOFF_TEST_DATA.
#[test]
fn test_data_are_found_through_the_environment() {
    let neighbour = concat!("../sha", "red");
    check(
        |s| !s.is_generated() && s.path != "x",
        |source| lines(source, "read HANDOFF_TEST_DATA", |line| line.contains(neighbour)),
    );
}
