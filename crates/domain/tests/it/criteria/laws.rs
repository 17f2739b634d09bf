//! Laws of criteria, over random sets and profiles.

use handoff_domain::criteria::{Role, decide, evaluate, next_change};
use handoff_domain::points::Points;
use handoff_domain::predicate::Answer;
use handoff_domain::profile::Catalogue;
use proptest::prelude::*;

use super::random::{any_day, profile, rates, set, two_sets};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_sum_of_the_lines_is_the_fit_and_the_decision(
        (set, profile, rates, day) in (set(), profile(), rates(), any_day()),
    ) {
        prop_assert_eq!(set.check(&Catalogue::default()), Ok(()));
        let fit = evaluate(&set, &profile, &rates, day);
        prop_assert_eq!(fit.lines.iter().map(|line| line.points).sum::<Points>(), fit.points);
        prop_assert_eq!(decide(&set, &profile, &rates, day), (fit.points, fit.gates_hold));
        let keys: Vec<&str> = set.criteria.iter().map(|criterion| criterion.key.as_str()).collect();
        prop_assert_eq!(fit.lines.iter().map(|line| line.criterion.as_str()).collect::<Vec<_>>(), keys);
        let blocking: Vec<&String> =
            fit.lines.iter().filter(|line| line.blocks).map(|line| &line.criterion).collect();
        prop_assert_eq!(blocking, fit.blocked_by.iter().collect::<Vec<_>>());
        prop_assert_eq!(fit.gates_hold, fit.blocked_by.is_empty());
        let missing = |line: &handoff_domain::criteria::Line| fit.missing.contains(&line.attribute);
        prop_assert!(fit.lines.iter().all(|line| line.answer != Answer::Unknown || missing(line)));
    }

    #[test]
    fn a_criterion_gives_nothing_but_what_it_says(
        (set, profile, rates, day) in (set(), profile(), rates(), any_day()),
    ) {
        let fit = evaluate(&set, &profile, &rates, day);
        for (line, criterion) in fit.lines.iter().zip(&set.criteria) {
            match (line.answer, criterion.role) {
                (Answer::Match, Role::Weighted { points }) => prop_assert_eq!(line.points, points),
                (Answer::Match, Role::Gate) | (Answer::NoMatch, _) => prop_assert_eq!(line.points, Points::ZERO),
                (Answer::Unknown, _) => prop_assert!(line.points <= Points::ZERO, "what is unknown earns nothing"),
            }
            prop_assert_eq!(line.sensitive, line.why.ends_with("(a sensitive attribute)"));
        }
    }

    #[test]
    fn until_the_next_change_time_alone_changes_nothing(
        (set, profile, rates, day) in (set(), profile(), rates(), any_day()),
    ) {
        let today = decide(&set, &profile, &rates, day);
        let answers = |on| {
            let fit = evaluate(&set, &profile, &rates, on);
            fit.lines.iter().map(|line| line.answer).collect::<Vec<_>>()
        };
        let next = next_change(&set, &profile, &rates, day);
        prop_assert!(next.is_none_or(|next| next > day));
        let ahead = day.iter_days().take_while(|other| next.is_none_or(|next| *other < next)).take(1_000);
        for other in ahead {
            prop_assert_eq!(decide(&set, &profile, &rates, other), today);
        }
        let last = next.and_then(|next| next.pred_opt()).unwrap_or(day);
        prop_assert_eq!(answers(last), answers(day));
    }

    #[test]
    fn sets_are_equal_exactly_if_their_lines_are((one, other) in two_sets()) {
        prop_assert_eq!(one == other, one.lines() == other.lines());
    }
}

#[test]
fn lines_are_what_people_read_in_a_difference() {
    use super::world::{at_least, b2b, gate};
    use handoff_domain::criteria::{Criterion, OnUnknown};
    use handoff_domain::value::ValueType;

    let set = b2b([Criterion {
        key: "company_size".to_owned(),
        label: "Company size".to_owned(),
        role: Role::Weighted { points: Points::from_milli(12_500) },
        on_unknown: OnUnknown::Penalise { points: Points::whole(-5) },
        max_age_months: Some(12),
        sensitive: true,
        ..gate("employees", at_least(ValueType::Number, "50"))
    }]);
    let lines: Vec<String> =
        set.lines().into_iter().map(|(path, value)| format!("{path}: {value}")).collect();
    assert_eq!(
        lines,
        [
            "criteria: company_size",
            "criteria.company_size.attribute: employees",
            "criteria.company_size.label: Company size",
            "criteria.company_size.max_age: 12 months",
            "criteria.company_size.on_unknown: PENALISE, -5 points",
            "criteria.company_size.predicate: is at least 50",
            "criteria.company_size.role: WEIGHTED, 12.5 points",
            "criteria.company_size.sensitive: yes",
            "kind: B2B",
        ]
    );
}
