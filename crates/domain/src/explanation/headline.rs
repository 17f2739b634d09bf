//! What becomes of a lead as a sentence, and what it misses.

use std::fmt;

use super::{Change, Missing, Outlook, Subject};
use crate::promotion::{Ground, Lack, Verdict};
use crate::score::Crossing;

pub(super) fn headline(subject: &Subject<'_>) -> String {
    match subject.verdict {
        // A lead is never demoted while sales has it.
        Verdict::NotACandidate { lacks } if subject.handoff_open => {
            format!("With sales already, whose decision is open. As of today: {}.", join(lacks))
        }
        Verdict::NotACandidate { lacks } => format!("No candidate: {}.", join(lacks)),
        Verdict::Candidate { ground, held_by } => {
            format!("A candidate, as {}. Held back: {}.", reason(*ground), join(held_by))
        }
        Verdict::Promote { ground } => format!("Becomes an MQL, as {}.", reason(*ground)),
    }
}

fn join(parts: &[impl fmt::Display]) -> String {
    parts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn reason(ground: Ground) -> &'static str {
    match ground {
        Ground::Thresholds => "it reached the thresholds",
        Ground::Published => "it reached the thresholds of the model that was published",
        Ground::FastTrack => "it did something that needs the gates only",
    }
}

/// What the verdict misses, then what nobody knows, each once.
pub(super) fn missing(subject: &Subject<'_>) -> Vec<Missing> {
    let mut missing = Vec::new();
    let lacks = if let Verdict::NotACandidate { lacks } = subject.verdict { lacks.as_slice() } else { &[] };
    for lack in lacks {
        match *lack {
            Lack::Gates => {
                let lines = subject.fit.iter().flat_map(|fit| &fit.lines);
                missing.extend(lines.filter(|line| line.blocks).map(|line| Missing::Gate {
                    criterion: line.criterion.clone(),
                    label: line.label.clone(),
                }));
            }
            Lack::Fit(points) => missing.push(Missing::Fit(points)),
            Lack::Behaviour(points) => missing.push(Missing::Behaviour(points)),
            // The headline says it, and there is nothing to find out or to earn.
            Lack::Stage(_) | Lack::Model => {}
        }
    }
    for key in subject.fit.iter().flat_map(|fit| &fit.missing) {
        let label = subject.catalogue.get(key).map_or_else(|| key.to_string(), |known| known.label.clone());
        missing.push(Missing::Attribute { key: key.clone(), label });
    }
    missing
}

/// `12 points more of behaviour`, `the criterion “Company size”`, `Employees`.
impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gate { label, .. } => write!(f, "the criterion “{label}”"),
            Self::Fit(points) => write!(f, "{points} points more of fit"),
            Self::Behaviour(points) => write!(f, "{points} points more of behaviour"),
            Self::Attribute { label, .. } => f.write_str(label),
        }
    }
}

/// `2026-04-11: the behaviour falls under 40 points`.
impl fmt::Display for Outlook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { day, change } = self;
        match change {
            Change::Behaviour(Crossing::Reaches(points)) => {
                write!(f, "{day}: the behaviour reaches {points} points")
            }
            Change::Behaviour(Crossing::FallsUnder(points)) => {
                write!(f, "{day}: the behaviour falls under {points} points")
            }
            Change::Fit => {
                write!(f, "{day}: the fit may change, as a value is no longer fresh or a rate begins")
            }
        }
    }
}
