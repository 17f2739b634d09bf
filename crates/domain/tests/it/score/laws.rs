//! Laws of the score, over random models, histories and days.

use handoff_domain::points::Points;
use handoff_domain::score::{Decay, Engagement, Subject, Thresholds};
use proptest::collection::vec;
use proptest::prelude::*;

use super::day;
use super::random::{case, some_day};
use super::reference::{self, contribution};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_table_gives_what_the_formulas_give(case in case(), days in vec(some_day(), 1..6)) {
        let scorer = case.scorer();
        let engagement = case.engagement(&scorer);
        for on in days {
            prop_assert_eq!(scorer.behaviour(&engagement, day(on)), case.reference(on), "on day {}", on);
        }
    }

    /// Late and out-of-order activities (edge case 11): when something was recorded makes no difference.
    #[test]
    fn the_order_of_recording_makes_no_difference(
        (case, shuffled) in case().prop_flat_map(|case| {
            let shuffled = Just(case.activities.clone()).prop_shuffle();
            (Just(case), shuffled)
        }),
    ) {
        let scorer = case.scorer();
        let engagement = case.engagement(&scorer);
        let mut other = case.clone();
        other.activities = shuffled;
        prop_assert_eq!(&other.engagement(&scorer), &engagement);
        let halves = other.activities.split_at(other.activities.len() / 2);
        let rows = [halves.0, halves.1].map(|half| {
            let half = super::random::Case { activities: half.to_vec(), ..case.clone() };
            half.engagement(&scorer).rows().to_vec()
        });
        let merged = Engagement::new(rows.concat(), reference::by_hand(&case.adjustments));
        prop_assert_eq!(&merged, &engagement);
    }

    #[test]
    fn the_lines_add_up_to_the_score_and_tell_of_every_activity(
        case in case(),
        days in vec(some_day(), 1..6),
    ) {
        let scorer = case.scorer();
        let engagement = case.engagement(&scorer);
        for on in days {
            let lines = scorer.explain(&engagement, day(on));
            let sum: Points = lines.iter().map(|line| line.points).sum();
            prop_assert_eq!(sum, scorer.behaviour(&engagement, day(on)), "on day {}", on);
            let mut told = 0;
            let mut rules = Vec::new();
            for line in &lines {
                match line.subject {
                    Subject::Rule { rule, counted, repeated, not_yet, undecayed } => {
                        told += counted + repeated + not_yet;
                        rules.push(rule.key.as_str());
                        prop_assert_eq!(undecayed.milli(), rule.points.milli() * counted as i64);
                        prop_assert!(line.points.milli().abs() <= undecayed.milli().abs());
                    }
                    Subject::Adjustment { index, not_yet, .. } => {
                        prop_assert_eq!(not_yet, case.adjustments[index].0 > on);
                    }
                    Subject::RuleCap(_) | Subject::GroupCap(_) | Subject::TotalCap => {
                        prop_assert!(line.points < Points::ZERO);
                    }
                    Subject::RuleFloor(_) | Subject::GroupFloor(_) | Subject::TotalFloor => {
                        prop_assert!(line.points > Points::ZERO);
                    }
                }
            }
            let recorded: u64 = engagement.rows().iter().map(|row| u64::from(row.count())).sum();
            prop_assert_eq!(told, recorded);
            rules.sort_unstable();
            let mut all: Vec<&str> = case.model.rules.iter().map(|rule| rule.key.as_str()).collect();
            all.sort_unstable();
            prop_assert_eq!(rules, all, "every rule has one line");
        }
    }

    #[test]
    fn a_half_life_is_rounded_correctly_at_every_length_and_age(
        milli in prop_oneof![1_i64..100, 1_i64..=10_000_000, (1_i64..=10_000).prop_map(|whole| whole * 1_000)],
        days in 1_u32..=400,
        halvings in 0.0..25.0,
        is_negative in any::<bool>(),
    ) {
        let age = (f64::from(days) * halvings) as u32;
        let points = Points::from_milli(if is_negative { -milli } else { milli });
        let decay = Decay::HalfLife { days };
        prop_assert_eq!(decay.left(points, age).milli(), contribution(points, decay, age.into()));
    }

    #[test]
    fn what_is_left_never_grows(
        milli in -10_000_000_i64..=10_000_000,
        decay in super::random::decay(),
        age in 0_u32..2_000,
    ) {
        let points = Points::from_milli(milli);
        let (earlier, later) = (decay.left(points, age).milli(), decay.left(points, age + 1).milli());
        prop_assert!(later.abs() <= earlier.abs() && earlier.abs() <= milli.abs());
        prop_assert!(later.signum() * milli >= 0);
    }

    /// A score that moves between the thresholds changes nothing, whatever it does there.
    #[test]
    fn edge_case_30_between_the_thresholds_a_candidate_stays_what_it_was(
        up in 1_i64..100_000,
        was_candidate in any::<bool>(),
        scores in vec(-1_000_i64..120_000, 1..30),
    ) {
        let thresholds = Thresholds::new(Points::ZERO, Points::from_milli(up));
        let mut candidate = was_candidate;
        for score in scores.into_iter().map(Points::from_milli) {
            let now = thresholds.holds(candidate, score);
            if score >= thresholds.up {
                prop_assert!(now);
            } else if score < thresholds.down {
                prop_assert!(!now);
            } else {
                prop_assert_eq!(now, candidate);
            }
            let missing = thresholds.missing(score);
            prop_assert_eq!(missing == Points::ZERO, score >= thresholds.up);
            prop_assert!(thresholds.holds(false, score + missing));
            candidate = now;
        }
    }
}
