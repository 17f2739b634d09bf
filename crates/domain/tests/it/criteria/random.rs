//! Random sets of criteria without a violation, and profiles that they have something to say of.

use chrono::{DateTime, Days, NaiveDate, Utc};
use handoff_domain::criteria::{CriteriaSet, Criterion, OnUnknown, Role};
use handoff_domain::points::Points;
use handoff_domain::profile::{Attribute, AttributeDefinition, Catalogue, Profile};
use handoff_domain::qualification::record::LeadKind;
use handoff_domain::rates::{Rate, Rates};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::world::day;
use crate::predicate::random::{currency, predicate, value};

fn attribute() -> impl Strategy<Value = AttributeDefinition> {
    let used =
        ["employees", "annual_revenue", "industry", "email", "interests", "decision_maker", "birth_date"];
    let all = Catalogue::default();
    let used = all.iter().filter(|attribute| used.contains(&attribute.key.as_str())).cloned();
    proptest::sample::select(used.collect::<Vec<_>>())
}

pub(crate) fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0..1_000_u64).prop_map(|days| day("2024-01-01") + Days::new(days))
}

fn role() -> impl Strategy<Value = Role> {
    let milli = (-20_000..20_000_i64).prop_filter("not 0", |milli| *milli != 0);
    let weighted = milli.prop_map(|milli| Role::Weighted { points: Points::from_milli(milli) });
    prop_oneof![Just(Role::Gate), weighted]
}

fn on_unknown() -> impl Strategy<Value = OnUnknown> {
    let penalty = (-5_000..0_i64).prop_map(|milli| OnUnknown::Penalise { points: Points::from_milli(milli) });
    prop_oneof![Just(OnUnknown::Neutral), Just(OnUnknown::Block), penalty]
}

fn criterion() -> impl Strategy<Value = Criterion> {
    let asked = attribute().prop_flat_map(|attribute| {
        let predicate = predicate(attribute.value_type);
        (Just(attribute), predicate)
    });
    let max_age = proptest::option::of(1..24_u16);
    (asked, "[a-c]{1,2}", "[ab]{1,2}", role(), on_unknown(), max_age, any::<bool>()).prop_map(
        |((attribute, predicate), key, label, role, on_unknown, max_age_months, sensitive)| Criterion {
            key,
            label,
            attribute: attribute.key,
            predicate,
            role,
            on_unknown,
            max_age_months,
            sensitive: sensitive || attribute.sensitive,
        },
    )
}

pub(crate) fn set() -> impl Strategy<Value = CriteriaSet> {
    let kind = prop_oneof![Just(LeadKind::B2b), Just(LeadKind::B2c)];
    (kind, proptest::collection::vec(criterion(), 1..8)).prop_map(|(kind, mut criteria)| {
        let mut keys = std::collections::HashSet::new();
        criteria.retain(|criterion| keys.insert(criterion.key.clone()));
        CriteriaSet { kind, criteria }
    })
}

/// Two sets, often the same but for one thing.
pub(crate) fn two_sets() -> impl Strategy<Value = (CriteriaSet, CriteriaSet)> {
    let changed =
        (set(), set(), any::<prop::sample::Index>(), 0..9_u8).prop_map(|(one, source, at, what)| {
            let mut other = one.clone();
            let at = at.index(other.criteria.len());
            let (criterion, donor) = (&mut other.criteria[at], &source.criteria[0]);
            match what {
                0 => criterion.label.clone_from(&donor.label),
                1 => {
                    criterion.attribute.clone_from(&donor.attribute);
                    criterion.predicate.clone_from(&donor.predicate);
                }
                2 => criterion.role = donor.role,
                3 => criterion.on_unknown = donor.on_unknown,
                4 => criterion.max_age_months = donor.max_age_months,
                5 => criterion.sensitive = donor.sensitive,
                6 => other.kind = source.kind,
                7 => other.criteria.reverse(),
                _ => criterion.predicate.clone_from(&donor.predicate),
            }
            (one, other)
        });
    prop_oneof![4 => changed, 1 => (set(), set())]
}

pub(crate) fn profile() -> impl Strategy<Value = Profile> {
    let verified = proptest::option::of(any_day());
    let known = attribute().prop_flat_map(|attribute| {
        let value = value(attribute.value_type);
        (Just(attribute.key), value)
    });
    let known = (known, verified).prop_map(|((key, value), verified)| {
        let noon = |day: NaiveDate| -> DateTime<Utc> { day.and_hms_opt(12, 0, 0).expect("noon").and_utc() };
        (key, Attribute { value, verified_at: verified.map(noon) })
    });
    proptest::collection::vec(known, 0..8).prop_map(|known| known.into_iter().collect())
}

pub(crate) fn rates() -> impl Strategy<Value = Rates> {
    let rate = (currency(), currency(), any_day(), 1..50_000_i64);
    proptest::collection::vec(rate, 0..4).prop_map(|all| {
        let mut rates = Rates::default();
        for (from, to, day, rate) in all.into_iter().filter(|(from, to, ..)| from != to) {
            rates.set(Rate { from, to, day, rate: Decimal::new(rate, 4) }).expect("a rate");
        }
        rates
    })
}
