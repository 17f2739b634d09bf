//! Rows by a dimension: they are a partition, so what is counted adds up to the total.

use handoff_proto::reporting::v1 as pb;

use crate::story::{Lead, Told, at};
use crate::world::{World, months, parts};

/// Leads of three sources and of none, in two months, of two owners.
async fn world() -> World {
    let mut world = World::start().await;
    let story = |id: u128| -> Vec<Told> {
        let mut lead = Lead::from(id, ["", "ads", "fair", "web"][usize::try_from(id % 4).unwrap()]);
        let month = if id.is_multiple_of(3) { "02" } else { "01" };
        let on = |day: &str| at(&format!("2026-{month}-{day}"));
        let mut told = vec![lead.captured(on("02")), lead.qualified(on("03"))];
        let owner = if id.is_multiple_of(2) { "ada" } else { "bob" };
        told.push(lead.routed(on("04"), owner, if owner == "ada" { "north" } else { "south" }));
        if !id.is_multiple_of(5) {
            // Some are quick and some are slow, one source more than another.
            told.push(lead.accepted(on(if id.is_multiple_of(4) { "27" } else { "06" }), owner));
            told.push(lead.opened(on("27")));
            told.push(if id.is_multiple_of(7) { lead.won(on("28"), 10, true) } else { lead.lost(on("28")) });
        }
        told
    };
    world.tell((0..60).flat_map(story)).await;
    world
}

fn by(dimension: pb::Dimension) -> pb::ReportQuery {
    pb::ReportQuery { breakdown: dimension.into(), ..months("2026-01-01", "2026-03-01") }
}

fn values<'a>(keys: impl Iterator<Item = &'a Option<pb::RowKey>>) -> Vec<(&'a str, &'a str)> {
    let key = |key: &'a Option<pb::RowKey>| {
        let key = key.as_ref().unwrap();
        (key.period.as_str(), key.value.as_deref().expect("a breakdown has values"))
    };
    keys.map(key).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rows_of_a_breakdown_add_up_to_the_total() {
    let world = world().await;
    for dimension in [pb::Dimension::Source, pb::Dimension::Owner, pb::Dimension::Team, pb::Dimension::Kind] {
        let mql = world.mql(by(dimension)).await;
        let total = mql.total.unwrap();
        assert_eq!(mql.rows.iter().map(|row| row.mql_count).sum::<i64>(), total.mql_count);
        assert_eq!(total.mql_count, 60);
        let accepted: i64 = mql.rows.iter().map(|row| parts(row.cohort_efficiency.as_ref()).0).sum();
        assert_eq!((accepted, 60), parts(total.cohort_efficiency.as_ref()));

        let sql = world.sql(by(dimension)).await;
        let total = sql.total.unwrap();
        let sum = |of: fn(&pb::SqlRow) -> i64| sql.rows.iter().map(of).sum::<i64>();
        assert_eq!(sum(|row| row.sql_count), total.sql_count);
        assert_eq!(sum(|row| row.won_count), total.won_count);

        let query = Some(by(dimension));
        let velocity = world.velocity(pb::GetVelocityReportRequest { query, ..Default::default() }).await;
        let total = velocity.total.unwrap();
        assert_eq!(velocity.rows.iter().map(|row| row.sample_count).sum::<i64>(), total.sample_count);
        assert_eq!((total.sample_count, total.open_count), (48, 12));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_stand_in_the_order_of_period_and_value_and_nothing_is_a_value_too() {
    let world = world().await;
    let mql = world.mql(by(pb::Dimension::Source)).await;
    let sources = ["", "ads", "fair", "web"];
    let january = sources.iter().map(|source| ("2026-01", *source));
    let expected: Vec<_> = january.chain(sources.iter().map(|source| ("2026-02", *source))).collect();
    assert_eq!(values(mql.rows.iter().map(|row| &row.key)), expected);
    assert_eq!(mql.total.unwrap().key.unwrap().value, None);
}

fn figures(row: &pb::MqlRow) -> pb::MqlRow {
    pb::MqlRow { key: None, ..row.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_keeps_what_a_row_of_its_value_holds() {
    let world = world().await;
    let rows = world.mql(by(pb::Dimension::Source)).await.rows;
    for value in ["", "ads", "web"] {
        let filter = pb::DimensionFilter { dimension: pb::Dimension::Source.into(), value: value.to_owned() };
        let query = pb::ReportQuery { filters: vec![filter], ..months("2026-01-01", "2026-03-01") };
        let filtered = world.mql(query).await.rows;
        // All of the row: the age from which a hand-over is judged does not depend on who else is looked at.
        let is_of = |row: &&pb::MqlRow| row.key.as_ref().unwrap().value.as_deref() == Some(value);
        let of: Vec<_> = rows.iter().filter(is_of).map(figures).collect();
        assert_eq!(filtered.iter().map(figures).collect::<Vec<_>>(), of, "{value:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_has_no_leads_to_convert() {
    let world = world().await;
    let by_owner = world.sql(by(pb::Dimension::Owner)).await;
    assert!(by_owner.rows.iter().chain(&by_owner.total).all(|row| row.lead_to_customer.is_none()));
    let by_source = world.sql(by(pb::Dimension::Source)).await;
    assert_eq!(parts(by_source.total.unwrap().lead_to_customer.as_ref()).1, 60);
}
