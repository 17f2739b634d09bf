//! Laws of explanations, over random criteria, profiles, models and histories.

use chrono::NaiveDate;
use handoff_domain::criteria::{Fit, evaluate, next_change};
use handoff_domain::explanation::{Change, Explanation, Missing, Score, Subject};
use handoff_domain::points::Points;
use handoff_domain::profile::Catalogue;
use handoff_domain::promotion::{Behaviour, Case, Fitness, InEffect, Verdict, judge};
use handoff_domain::score::{Crossing, Engagement, Scorer, Thresholds};
use proptest::prelude::*;

use crate::criteria::random::{profile, rates, set};
use crate::promotion::lead;
use crate::score::day;
use crate::score::random::{case, some_day};

/// An explanation, and what it was made of.
#[derive(Debug)]
struct Explained {
    day: NaiveDate,
    fit: Fit,
    scorer: Scorer,
    engagement: Engagement,
    explanation: Explanation,
}

impl Explained {
    fn thresholds(&self) -> Thresholds {
        self.scorer.model().thresholds
    }

    fn score(&self, on: NaiveDate) -> Points {
        self.scorer.behaviour(&self.engagement, on)
    }

    fn told(&self) -> &Score {
        self.explanation.behaviour.as_ref().expect("a behaviour")
    }

    fn has_ground(&self) -> bool {
        !matches!(self.explanation.verdict, Verdict::NotACandidate { .. })
    }
}

fn explained() -> impl Strategy<Value = Explained> {
    (set(), profile(), rates(), case(), some_day()).prop_map(|(set, profile, rates, case, on)| {
        let (day, scorer) = (day(on), case.scorer());
        let engagement = case.engagement(&scorer);
        let fit = evaluate(&set, &profile, &rates, day);
        let behaviour =
            Behaviour { points: scorer.behaviour(&engagement, day), thresholds: scorer.model().thresholds };
        let verdict = judge(&Case {
            criteria: InEffect::Yes(Fitness::from(&fit)),
            model: InEffect::Yes(behaviour),
            ..lead(0)
        });
        let explanation = Explanation::of(&Subject {
            day,
            verdict: &verdict,
            handoff_open: false,
            fit: Some(&fit),
            fit_changes_on: next_change(&set, &profile, &rates, day),
            catalogue: &Catalogue::default(),
            behaviour: Some((&scorer, &engagement)),
        });
        Explained { day, fit, scorer, engagement, explanation }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn lines_add_up_to_the_score_and_the_fit_and_days_to_their_lines(it in explained()) {
        let sum = |told: &Score| told.lines.iter().map(|line| line.points).sum::<Points>();
        prop_assert_eq!(sum(it.told()), it.score(it.day));
        prop_assert_eq!(it.told().points, it.score(it.day));
        for line in it.told().lines.iter().filter(|line| line.kind == "RULE") {
            let days: Points = line.days.iter().map(|day| day.points).sum();
            prop_assert_eq!(days, line.points, "{}", line.key);
        }
        let fit = it.explanation.fit.as_ref().expect("a fit");
        prop_assert_eq!(fit.lines.iter().map(|line| line.points).sum::<Points>(), it.fit.points);
    }

    #[test]
    fn the_lines_are_those_of_the_score_in_the_order_in_which_they_matter(it in explained()) {
        let own = it.scorer.explain(&it.engagement, it.day);
        let mut expected: Vec<_> = own.iter().map(|line| (line.subject.as_str(), line.points)).collect();
        let lines = &it.told().lines;
        let mut told: Vec<_> = lines.iter().map(|line| (line.kind, line.points)).collect();
        told.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(told, expected);

        let rules = lines.iter().filter(|line| line.kind == "RULE");
        let sizes: Vec<u64> = rules.map(|line| line.points.milli().unsigned_abs()).collect();
        prop_assert!(sizes.is_sorted_by(|one, next| one >= next), "{:?}", sizes);
        for pair in lines.windows(2).filter(|pair| pair[1].kind.starts_with("RULE_")) {
            prop_assert_eq!((pair[0].kind, &pair[0].key), ("RULE", &pair[1].key), "right behind its rule");
        }
    }

    #[test]
    fn every_activity_of_every_rule_stands_on_its_day(it in explained()) {
        let mut told = Vec::new();
        for line in &it.told().lines {
            prop_assert!(line.days.is_sorted_by(|one, next| one.date > next.date), "the latest first");
            for day in &line.days {
                let ahead = day.date > it.day;
                prop_assert_eq!(day.age.is_none(), ahead);
                prop_assert!(!ahead || day.points == Points::ZERO);
                told.push((line.key.clone(), day.date, day.counted + day.repeated));
            }
        }
        let key = |row: &handoff_domain::score::Row| it.scorer.rule(row.rule()).map(|rule| rule.key.clone());
        let rows = it.engagement.rows().iter();
        let mut recorded: Vec<_> =
            rows.filter_map(|row| Some((key(row)?, row.date(), row.count()))).collect();
        told.sort_unstable();
        recorded.sort_unstable();
        prop_assert_eq!(told, recorded);
    }

    #[test]
    fn what_is_missing_is_what_the_verdict_lacks_and_nobody_knows(it in explained()) {
        let (mut gates, mut points, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for missing in it.explanation.missing.clone() {
            match missing {
                Missing::Gate { criterion, .. } => gates.push(criterion),
                Missing::Fit(missing) | Missing::Behaviour(missing) => points.push(missing),
                Missing::Attribute { key, .. } => unknown.push(key),
            }
        }
        let short = [it.thresholds().fit - it.fit.points, it.thresholds().up - it.score(it.day)];
        let short: Vec<Points> = short.into_iter().filter(|points| *points > Points::ZERO).collect();
        prop_assert_eq!(it.has_ground(), short.is_empty() && it.fit.gates_hold);
        prop_assert_eq!(&points, &short);
        prop_assert_eq!(&gates, &it.fit.blocked_by);
        prop_assert_eq!(&unknown, &it.fit.missing);
    }

    #[test]
    fn what_lies_ahead_happens_on_its_day_and_not_before(it in explained()) {
        let outlook = &it.explanation.outlook;
        prop_assert!(outlook.is_sorted_by_key(|outlook| outlook.day));
        for ahead in outlook {
            prop_assert!(ahead.day > it.day);
            let before = ahead.day.pred_opt().expect("a day before");
            let Change::Behaviour(crossing) = ahead.change else { continue };
            let (is_there, expected) = match crossing {
                Crossing::Reaches(up) => (it.score(ahead.day) >= up && it.score(before) < up, up),
                Crossing::FallsUnder(least) => {
                    (it.score(ahead.day) < least && it.score(before) >= least, least)
                }
            };
            prop_assert!(is_there, "{:?}", ahead);
            let Thresholds { up, down, .. } = it.thresholds();
            prop_assert_eq!(expected, if it.has_ground() { down } else { up });
        }
    }
}
