//! Grouping by dimension and by time.

use handoff_domain::metric::dimension::{Dimension, Dimensions, by_span, group_by};
use handoff_domain::metric::fact::HandoffFact;

use super::given::{at, mql, span};

fn from(number: u128, source: &str) -> HandoffFact {
    let dimensions = Dimensions::default().with(Dimension::Source, source).with(Dimension::Kind, "B2B");
    HandoffFact { dimensions, ..mql(number, "2026-01-05 09:00") }
}

#[test]
fn a_source_never_given_is_a_row_of_its_own_beside_unknown() {
    let facts =
        [from(1, "paid"), from(2, ""), from(3, "unknown"), from(4, "paid"), mql(5, "2026-01-05 09:00")];
    let rows = group_by(&facts, |fact| fact.dimensions.get(Dimension::Source).map(str::to_owned));
    let sizes: Vec<_> = rows.iter().map(|(source, facts)| (source.as_deref(), facts.len())).collect();
    assert_eq!(sizes, [(None, 2), (Some("paid"), 2), (Some("unknown"), 1)]);
}

#[test]
fn several_dimensions_make_a_row_for_each_combination() {
    let facts = [from(1, "paid"), from(2, "paid"), mql(3, "2026-01-05 09:00")];
    let rows = group_by(&facts, |fact| fact.dimensions.row(&[Dimension::Kind, Dimension::Source]));
    let text = |value: &str| Some(value.to_owned());
    assert_eq!(rows[&vec![text("B2B"), text("paid")]].len(), 2);
    assert_eq!(rows[&vec![None, None]].len(), 1);
}

#[test]
fn every_dimension_has_its_place_and_name() {
    let all = Dimension::ALL;
    let full = all.into_iter().fold(Dimensions::default(), |it, (dimension, name)| it.with(dimension, name));
    for (dimension, name) in all {
        assert_eq!(full.get(dimension), Some(name));
        assert_eq!((dimension.as_str(), Dimension::from_name(name)), (name, Some(dimension)));
    }
}

#[test]
fn each_fact_falls_into_the_span_that_holds_its_instant() {
    let facts = [
        mql(1, "2025-12-31 23:59"),
        mql(2, "2026-01-01 00:00"),
        mql(3, "2026-01-31 23:59"),
        mql(4, "2026-02-01 00:00"),
        mql(5, "2026-03-01 00:00"),
        mql(6, "2026-01-05 09:00").as_of(at("2026-01-01 00:00")),
    ];
    let spans = [
        span("2026-01-01", "2026-02-01"),
        span("2026-02-01", "2026-02-15"),
        span("2026-03-01", "2026-04-01"),
    ];
    let groups = by_span(&facts, &spans, |fact| fact.mql.map(|stamp| stamp.at));
    let sizes: Vec<_> = groups.iter().map(Vec::len).collect();
    assert_eq!(sizes, [2, 1, 1], "the last fact had not become an MQL");
}
