//! The bound on shares: while two members of a pool are both free, what they get, each divided by its weight, differs by at most
//! one turn of each.

use std::collections::BTreeMap;

use handoff_domain::id::UserId;
use handoff_domain::routing::{Absence, Availability, Method};
use proptest::prelude::*;

use super::desk::{Office, at, id, user, weighing};

const NAMES: [&str; 5] = ["ada", "ben", "cleo", "dan", "eva"];

/// Whether the counts of two keep the bound, in whole numbers: |n₁·w₂ − n₂·w₁| ≤ w₁ + w₂.
fn is_fair((count, weight): (i64, u32), (other, of_other): (i64, u32)) -> bool {
    let (weight, of_other) = (i64::from(weight), i64::from(of_other));
    (count * of_other - other * weight).abs() <= weight + of_other
}

#[test]
fn weights_are_shares() {
    let mut office = Office::new(
        vec![weighing("ada", 20), weighing("ben", 10), weighing("cleo", 1)],
        Method::WeightedRoundRobin,
    );
    let mut counts: BTreeMap<UserId, i64> = BTreeMap::new();
    for _ in 0..3_100 {
        *counts.entry(office.route().expect("somebody is free")).or_default() += 1;
    }
    assert_eq!([id("ada"), id("ben"), id("cleo")].map(|user| counts[&user]), [2_000, 1_000, 100]);
}

#[test]
fn whoever_comes_back_owes_nothing_and_is_owed_nothing() {
    let (from, until) = (at("2026-03-30T10:00:00Z"), at("2026-03-31T10:00:00Z"));
    let away = Availability { absences: vec![Absence { from, until }], ..Availability::default() };
    let mut office = Office::new(vec![user("ada", away), weighing("ben", 10)], Method::WeightedRoundRobin);
    let alone: Vec<_> = (0..50).map(|_| office.route()).collect();
    assert!(alone.iter().all(|owner| *owner == Some(id("ben"))));
    office.now = until;
    let both: Vec<_> = (0..10).map(|_| office.route()).collect();
    // Half of them, but for the one turn of each that the bound allows.
    let of_ada = both.iter().filter(|owner| **owner == Some(id("ada"))).count();
    assert!((4..=6).contains(&of_ada), "{both:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Members come and go at random; over every stretch in which two are both there the bound holds between them.
    #[test]
    fn shares_keep_the_bound_over_any_stretch_in_which_both_are_free(
        weights in prop::collection::vec(1..=20_u32, NAMES.len()),
        steps in prop::collection::vec(prop::collection::vec(any::<bool>(), NAMES.len()), 1..40),
        length in 1..8_usize,
    ) {
        let users = NAMES.iter().zip(&weights).map(|(name, weight)| weighing(name, *weight)).collect();
        let mut office = Office::new(users, Method::WeightedRoundRobin);
        // Who is there at each decision, and who got it.
        let mut decisions: Vec<(Vec<bool>, usize)> = Vec::new();
        for there in &steps {
            for ((name, weight), is_there) in NAMES.iter().zip(&weights).zip(there) {
                let mut known = weighing(name, *weight);
                known.active = *is_there;
                office.roster.put_user(known);
            }
            for _ in 0..length {
                let Some(owner) = office.route() else { continue };
                let index = NAMES.iter().position(|name| id(name) == owner).expect("one of them");
                prop_assert!(there[index]);
                decisions.push((there.clone(), index));
            }
        }
        for (first, second) in (0..NAMES.len()).flat_map(|a| (a + 1..NAMES.len()).map(move |b| (a, b))) {
            for begin in 0..decisions.len() {
                let mut counts = [0, 0];
                let stretch = decisions[begin..].iter().take_while(|(there, _)| there[first] && there[second]);
                for (_, owner) in stretch {
                    counts[0] += i64::from(*owner == first);
                    counts[1] += i64::from(*owner == second);
                    let fair = is_fair((counts[0], weights[first]), (counts[1], weights[second]));
                    prop_assert!(fair, "{first} and {second} of {weights:?} got {counts:?}");
                }
            }
        }
    }
}
