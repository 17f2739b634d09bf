//! What a version changes, line by line, so that both departments can read what they sign.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

use super::document::Document;

/// One line of a difference. At least one of `before` and `after` is there, and they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub path: String,
    /// What it said; none if the line is new.
    pub before: Option<String>,
    /// What it will say; none if the line is removed.
    pub after: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path)?;
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "{} becomes {}", Shown(before), Shown(after)),
            (None, Some(after)) => write!(f, "new, {}", Shown(after)),
            (Some(before), None) => write!(f, "removed, was {}", Shown(before)),
            (None, None) => f.write_str("unchanged"),
        }
    }
}

/// A value in a sentence: an empty one must not look like a slip.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "(empty)" } else { self.0 })
    }
}

/// What `new` says otherwise than `old`, by path, where numbers count as numbers: `rule 2` comes before `rule 10`.
pub fn diff(old: &Document, new: &Document) -> Vec<Change> {
    let paths: BTreeSet<&String> = old.lines().keys().chain(new.lines().keys()).collect();
    let mut changes: Vec<Change> = paths
        .into_iter()
        .map(|path| Change {
            path: path.clone(),
            before: old.lines().get(path).cloned(),
            after: new.lines().get(path).cloned(),
        })
        .filter(|change| change.before != change.after)
        .collect();
    changes.sort_by(|a, b| reading_order(&a.path, &b.path));
    changes
}

/// Texts as people sort them: runs of digits by their value, everything else by its characters.
fn reading_order(a: &str, b: &str) -> Ordering {
    let (mut rest_a, mut rest_b) = (a, b);
    loop {
        let (run_a, run_b) = (first_run(rest_a), first_run(rest_b));
        let order = match (is_number(run_a), is_number(run_b)) {
            (true, true) => by_value(run_a, run_b),
            _ => run_a.cmp(run_b),
        };
        if order != Ordering::Equal || run_a.is_empty() {
            // Texts that read the same, `a1` and `a01`, still need one order.
            return order.then_with(|| a.cmp(b));
        }
        (rest_a, rest_b) = (&rest_a[run_a.len()..], &rest_b[run_b.len()..]);
    }
}

/// The digits that `text` begins with, or else its characters up to the first digit.
fn first_run(text: &str) -> &str {
    let numeric = is_number(text);
    let end = text.find(|c: char| c.is_ascii_digit() != numeric).unwrap_or(text.len());
    &text[..end]
}

fn is_number(run: &str) -> bool {
    run.starts_with(|c: char| c.is_ascii_digit())
}

/// Digits by their value, however many: without leading zeros the longer is the greater.
fn by_value(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<String> {
        let document = |lines: &[(&str, &str)]| Document::from_iter(lines.iter().copied());
        diff(&document(old), &document(new)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_change_reads_as_a_sentence() {
        assert_eq!(
            texts(
                &[("demo.decay", "none"), ("demo.points", "30"), ("visit.points", "1"), ("note", "")],
                &[("demo.cap", "60"), ("demo.points", "40"), ("visit.points", "1"), ("note", "ask")],
            ),
            [
                "demo.cap: new, 60",
                "demo.decay: removed, was none",
                "demo.points: 30 becomes 40",
                "note: (empty) becomes ask",
            ]
        );
    }

    #[test]
    fn paths_are_in_the_order_in_which_people_count() {
        let paths =
            ["", "rule", "rule 2", "rule 02", "rule 10", "rule 10.1", "rule b", "rules", "2", "10", "é1"];
        let lines: Vec<(&str, &str)> = paths.iter().map(|path| (*path, "x")).collect();
        let order: Vec<String> = texts(&[], &lines);
        let order: Vec<&str> = order.iter().filter_map(|text| text.strip_suffix(": new, x")).collect();
        let expected =
            ["", "2", "10", "rule", "rule 02", "rule 2", "rule 10", "rule 10.1", "rule b", "rules", "é1"];
        assert_eq!(order, expected);
    }
}
