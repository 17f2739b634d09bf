//! A figure of several rounds. The median stands for it; the lowest and the highest say how much to believe it.

use std::fmt;

use serde_json::{Value, json};

/// One value per round, in the order of the rounds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rounds(Vec<f64>);

impl Rounds {
    /// A figure that was taken once.
    pub(crate) fn once(value: f64) -> Self {
        Self(vec![value])
    }

    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// How many rounds there were.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Of the round that was added last.
    pub(crate) fn last(&self) -> f64 {
        self.0.last().copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn median(&self) -> f64 {
        let sorted = self.sorted();
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => f64::NAN,
            even if even % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
            _ => sorted[middle],
        }
    }

    pub(crate) fn lowest(&self) -> f64 {
        self.sorted().first().copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn highest(&self) -> f64 {
        self.sorted().last().copied().unwrap_or(f64::NAN)
    }

    /// This against the floor, round by round: what disturbs both halves of a round cancels out.
    pub(crate) fn against(&self, floor: &Self) -> Self {
        Self(self.0.iter().zip(&floor.0).map(|(value, floor)| value / floor).collect())
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "median": self.median(), "lowest": self.lowest(), "highest": self.highest(), "rounds": self.0 })
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted
    }
}

impl FromIterator<f64> for Rounds {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

/// `0.33 (0.31 to 0.34)`, with so many decimals as the format says; the value alone where there was one round.
impl fmt::Display for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(2);
        write!(f, "{:.decimals$}", self.median())?;
        if self.0.len() > 1 {
            write!(f, " ({:.decimals$} to {:.decimals$})", self.lowest(), self.highest())?;
        }
        Ok(())
    }
}
