//! From how many points on a lead is a candidate, and how few it may fall to without ceasing to be one.

use crate::points::Points;

/// The thresholds of a model. There are two for behaviour, so that a score that moves about one of them does not make
/// and unmake a candidate each time (edge case 30).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// The least fit, F.
    pub fit: Points,
    /// The behaviour that makes a candidate, B_up.
    pub up: Points,
    /// Under this behaviour a candidate is none any more, B_down; less than `up`.
    pub down: Points,
}

impl Thresholds {
    /// With the default for B_down: 80 % of B_up, the fraction of a thousandth cut off.
    pub fn new(fit: Points, up: Points) -> Self {
        let down = Points::from_milli(up.milli() / 5 * 4 + up.milli() % 5 * 4 / 5);
        Self { fit, up, down }
    }

    /// Whether behaviour reaches: B_up for a lead that was no candidate, B_down for one that was.
    pub fn holds(&self, was_candidate: bool, behaviour: Points) -> bool {
        behaviour >= if was_candidate { self.down } else { self.up }
    }

    /// How many points are missing to B_up; none at or over it.
    pub fn missing(&self, behaviour: Points) -> Points {
        (self.up - behaviour).max(Points::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_four_fifths_and_under_what_it_is_taken_of() {
        for (up, down) in
            [("100", "80"), ("12.5", "10"), ("0.001", "0"), ("0.006", "0.004"), ("1.234", "0.987")]
        {
            let thresholds = Thresholds::new(Points::ZERO, up.parse().expect("points"));
            assert_eq!(thresholds.down.to_string(), down, "of {up}");
            assert!(thresholds.down < thresholds.up);
        }
    }
}
