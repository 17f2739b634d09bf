//! When and how much a user takes.

use chrono::{DateTime, Utc};

use crate::error::Violation;

/// A time away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Absence {
    /// From then on.
    pub from: DateTime<Utc>,
    /// Until then, exclusive.
    pub until: DateTime<Utc>,
}

impl Absence {
    /// Whether it covers an instant.
    pub fn covers(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.until
    }
}

/// When and how much a user takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Availability {
    /// The slug of the calendar of its own hours.
    pub calendar: Option<String>,
    /// The most open handoffs; none: no bound.
    pub capacity: Option<u32>,
    /// Its share of a pool, against those of the others.
    pub weight: u32,
    /// When it is away, in their order.
    pub absences: Vec<Absence>,
}

impl Default for Availability {
    fn default() -> Self {
        Self { calendar: None, capacity: None, weight: Self::WEIGHT, absences: Vec::new() }
    }
}

impl Availability {
    /// The weight of whoever says none: one of half as much can be said, and one of twice as much.
    pub const WEIGHT: u32 = 10;
    /// The largest weight.
    pub const MAX_WEIGHT: u32 = 20;
    /// The largest capacity.
    pub const MAX_CAPACITY: u32 = 10_000;
    /// The most absences.
    pub const MAX_ABSENCES: usize = 100;

    /// Everything that is wrong with it, as the value of `field`.
    pub fn violations(&self, field: &str) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut that = |holds: bool, name: String, otherwise: String| {
            if !holds {
                violations.push(Violation { field: format!("{field}.{name}"), description: otherwise });
            }
        };
        let weights = 1..=Self::MAX_WEIGHT;
        that(
            weights.contains(&self.weight),
            "weight".to_owned(),
            format!("is 1 to {}, or 0 for {}", Self::MAX_WEIGHT, Self::WEIGHT),
        );
        let most = Self::MAX_CAPACITY;
        that(
            self.capacity.is_none_or(|capacity| capacity <= most),
            "capacity".to_owned(),
            format!("is at most {most}, or 0 for no bound"),
        );
        let most = Self::MAX_ABSENCES;
        that(self.absences.len() <= most, "absences".to_owned(), format!("at most {most}"));
        for (index, absence) in self.absences.iter().enumerate().take(most) {
            let otherwise = "lies behind the start".to_owned();
            that(absence.from < absence.until, format!("absences[{index}].end_time"), otherwise);
        }
        violations
    }

    /// Whether the user is away.
    pub fn is_absent(&self, at: DateTime<Utc>) -> bool {
        self.absences.iter().any(|absence| absence.covers(at))
    }

    /// When the user's next absence begins, after an instant.
    pub fn next_absence(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.absences.iter().map(|absence| absence.from).filter(|from| *from > after).min()
    }
}
