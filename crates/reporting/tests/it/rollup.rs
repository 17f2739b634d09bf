//! Rollups answer what the facts answer: under random histories told through real logs in random batches, for every
//! report, breakdown, basis and kind of period, and again after a rebuild. A report of now is answered from rollups; asked
//! again with the instants that it names, it is computed from facts.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use handoff_proto::common::v1::TimeUnit;
use handoff_proto::reporting::v1 as pb;
use handoff_runtime::clock;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::story::{Lead, Told, at, tenant};
use crate::way::Way;
use crate::world::{TENANT, World};

/// Days of a history; it ends today.
const DAYS: i64 = 70;

/// What a random history is made of.
#[derive(Debug, Clone)]
struct History {
    zone: &'static str,
    /// Who, what, how many minutes after the step before, and whether it is told with that.
    steps: Vec<(u8, u8, i64, bool)>,
    /// How far before its telling a step happened, in hours.
    late: Vec<i64>,
    choices: Vec<Index>,
}

fn history() -> impl Strategy<Value = History> {
    let zone = proptest::sample::select(vec!["UTC", "Europe/Rome", "America/New_York"]);
    let step = (0_u8..9, any::<u8>(), 1_i64..2_000, proptest::bool::weighted(0.8));
    let steps = proptest::collection::vec(step, 40..120);
    let late = proptest::collection::vec(prop_oneof![4 => Just(0_i64), 1 => 1_i64..200], 120);
    let choices = proptest::collection::vec(any::<Index>(), 12);
    (zone, steps, late, choices).prop_map(|(zone, steps, late, choices)| History {
        zone,
        steps,
        late,
        choices,
    })
}

impl History {
    /// The batches of both logs, what sla tells apart.
    fn batches(&self, now: DateTime<Utc>) -> Vec<(Vec<Told>, Vec<Told>)> {
        let sources = ["ads", "fair", ""];
        let mut ways: Vec<Way> =
            (0_u8..6).map(|id| Way::new(Lead::from(id.into(), sources[usize::from(id) % 3]))).collect();
        let mut merged = [false; 6];
        let mut beside: Vec<Option<Way>> = vec![None; 3];
        let mut batches = vec![(Vec::new(), Vec::new())];
        let total: i64 = self.steps.iter().map(|(_, _, minutes, _)| minutes).sum();
        // The last steps come close to now, so that some clocks are due today and some are too young.
        let scale = DAYS * 24 * 60 * 1_000 / total.max(1);
        let mut since = 0;
        for ((who, choice, minutes, together), late) in self.steps.iter().zip(&self.late) {
            since += minutes * scale / 1_000;
            let told_at = now - TimeDelta::days(DAYS) + TimeDelta::minutes(since);
            let happened = (told_at - TimeDelta::hours(*late)).min(now);
            let who = usize::from(*who);
            let told = match ways.get(who) {
                // Now and then it turns out to be another one, or not to be after all.
                Some(_) if *choice >= 230 => {
                    let (way, other) = (&ways[who], &ways[(who + 1) % 6]);
                    let told = if merged[who] {
                        way.part_from(other, happened)
                    } else if merged[(who + 1) % 6] || merged[(who + 5) % 6] {
                        None
                    } else {
                        way.merge_into(other, happened)
                    };
                    merged[who] ^= told.is_some();
                    told.into_iter().collect()
                }
                Some(_) => ways[who].go(*choice, happened),
                None if ways[who - 6].is_known() => {
                    let way = ways[who - 6].beside("services");
                    beside[who - 6].get_or_insert(way).go(*choice, happened)
                }
                None => continue,
            };
            if !together {
                batches.push((Vec::new(), Vec::new()));
            }
            let (of_sales, of_clocks) = batches.last_mut().unwrap();
            for told in told {
                if told.is_of_clock() { of_clocks.push(told) } else { of_sales.push(told) }
            }
        }
        batches
    }
}

/// The reports to compare: a few of all combinations, chosen anew for each history.
fn queries(history: &History, today: NaiveDate) -> Vec<pb::ReportQuery> {
    let kinds = [
        pb::PeriodKind::Month,
        pb::PeriodKind::Day,
        pb::PeriodKind::IsoWeek,
        pb::PeriodKind::Custom,
        pb::PeriodKind::Quarter,
    ];
    let bases = [pb::Basis::Period, pb::Basis::Cohort, pb::Basis::CohortAndPeriod];
    let dimensions = [
        pb::Dimension::Unspecified,
        pb::Dimension::Source,
        pb::Dimension::Owner,
        pb::Dimension::Unspecified,
        pb::Dimension::Persona,
        pb::Dimension::Team,
    ];
    let query = |index: &Index| {
        let choice = index.index(1 << 20);
        let kind = kinds[choice % 5];
        let breakdown = dimensions[choice / 5 % 6];
        let filter = pb::DimensionFilter { dimension: breakdown.into(), value: "ads".to_owned() };
        let is_filtered = breakdown == pb::Dimension::Source && choice / 30 % 2 == 1;
        let start = today - TimeDelta::days(40 + i64::try_from(choice / 60 % 25).unwrap());
        pb::ReportQuery {
            period_kind: kind.into(),
            start_date: start.to_string(),
            end_date: (today + TimeDelta::days(2)).to_string(),
            basis: bases[choice / 1_500 % 3].into(),
            skip_policy: (1 + i32::try_from(choice / 4_500 % 2).unwrap()),
            breakdown: breakdown.into(),
            filters: is_filtered.then_some(filter).into_iter().collect(),
            compare_previous: (choice / 9_000).is_multiple_of(3),
            ..pb::ReportQuery::default()
        }
    };
    history.choices.iter().map(query).collect()
}

/// The same query about the instants that an answer names: of the past, and so of facts.
fn of_facts(query: &pb::ReportQuery, basis: Option<&pb::ReportBasis>) -> pb::ReportQuery {
    let echo = basis.unwrap().query.as_ref().unwrap();
    pb::ReportQuery { as_of_time: echo.as_of_time, known_at_time: echo.known_at_time, ..query.clone() }
}

fn source(basis: Option<&pb::ReportBasis>) -> pb::Source {
    basis.unwrap().source()
}

async fn compare(world: &World, queries: &[pb::ReportQuery]) {
    let mut from_rollups = 0;
    for query in queries {
        let rollup = world.try_mql(query.clone()).await.unwrap();
        assert_eq!(source(rollup.basis.as_ref()), pb::Source::Rollup, "{query:?}");
        let facts = world.try_mql(of_facts(query, rollup.basis.as_ref())).await.unwrap();
        assert_eq!(source(facts.basis.as_ref()), pb::Source::Facts);
        assert_eq!((&rollup.rows, &rollup.total), (&facts.rows, &facts.total), "MQLs of {query:?}");

        let rollup = world.try_sql(query.clone()).await.unwrap();
        assert_eq!(source(rollup.basis.as_ref()), pb::Source::Rollup, "{query:?}");
        let facts = world.try_sql(of_facts(query, rollup.basis.as_ref())).await.unwrap();
        assert_eq!((&rollup.rows, &rollup.total), (&facts.rows, &facts.total), "SQLs of {query:?}");
        assert_eq!(&rollup.cohort_total, &facts.cohort_total, "SQLs of {query:?}");

        let pairs = [
            (pb::Milestone::Mql, pb::Milestone::Decided, TimeUnit::Business),
            (pb::Milestone::Mql, pb::Milestone::Decided, TimeUnit::BusinessDays),
            (pb::Milestone::Mql, pb::Milestone::Decided, TimeUnit::Calendar),
            (pb::Milestone::Mql, pb::Milestone::Accepted, TimeUnit::Calendar),
            (pb::Milestone::Captured, pb::Milestone::Mql, TimeUnit::CalendarDays),
            (pb::Milestone::Captured, pb::Milestone::Won, TimeUnit::CalendarDays),
            (pb::Milestone::Accepted, pb::Milestone::Won, TimeUnit::Calendar),
            (pb::Milestone::Mql, pb::Milestone::FirstAttempt, TimeUnit::Calendar),
        ];
        for (from, to, unit) in pairs {
            let request = |query| pb::GetVelocityReportRequest {
                query: Some(query),
                start_milestone: from.into(),
                end_milestone: to.into(),
                time_unit: unit.into(),
                limits: vec![1, 2, 5],
                ..pb::GetVelocityReportRequest::default()
            };
            let rollup = world.try_velocity(request(query.clone())).await.unwrap();
            from_rollups += u32::from(source(rollup.basis.as_ref()) == pb::Source::Rollup);
            let facts = of_facts(query, rollup.basis.as_ref());
            let facts = world.try_velocity(request(facts)).await.unwrap();
            let all = |answer: &pb::GetVelocityReportResponse| {
                let totals = answer.total.iter().chain(&answer.cohort_total).cloned();
                answer.rows.iter().cloned().chain(totals).collect::<Vec<_>>()
            };
            let (rollup, facts) = (all(&rollup), all(&facts));
            let keys = |rows: &[pb::VelocityRow]| rows.iter().map(|row| row.key.clone()).collect::<Vec<_>>();
            assert_eq!(keys(&rollup), keys(&facts), "{from:?} to {to:?} in {unit:?} of {query:?}");
            for (rollup, facts) in rollup.iter().zip(&facts) {
                same(rollup, facts, unit);
            }
        }
    }
    assert!(from_rollups > 0, "velocities too are answered from rollups");
}

/// Equal but for what is rounded, and that within its error.
fn same(rollup: &pb::VelocityRow, facts: &pb::VelocityRow, unit: TimeUnit) {
    let exact = |row: &pb::VelocityRow| pb::VelocityRow {
        median: None,
        p75: None,
        p90: None,
        max: None,
        open_oldest: None,
        median_with_waiting: None,
        changes: Vec::new(),
        ..row.clone()
    };
    assert_eq!(exact(rollup), exact(facts));
    let lengths =
        |row: &pb::VelocityRow| [row.median.clone(), row.p75.clone(), row.p90.clone(), row.max.clone()];
    for (rollup, facts) in lengths(rollup).into_iter().zip(lengths(facts)) {
        let read = |text: Option<String>| text.map(|text| text.parse::<f64>().unwrap());
        let (rollup, facts) = (read(rollup), read(facts));
        let (Some(rollup), Some(facts)) = (rollup, facts) else {
            assert_eq!(rollup, facts);
            continue;
        };
        let allowed = if unit == TimeUnit::Calendar || unit == TimeUnit::Business { 1.0 } else { 0.0 };
        assert!(facts <= rollup && rollup <= facts + allowed + facts / 60.0, "{rollup} for {facts}");
    }
    let oldest = |row: &pb::VelocityRow| row.open_oldest.clone().map(|text| text.parse::<f64>().unwrap());
    let (rollup, facts) = (oldest(rollup), oldest(facts));
    assert_eq!(rollup.is_some(), facts.is_some());
    // In business units an hour may weigh a day.
    let hour = match unit {
        TimeUnit::Calendar | TimeUnit::Business => 3_600.0,
        TimeUnit::CalendarDays => 0.0,
        TimeUnit::BusinessDays | TimeUnit::Unspecified => 1.0,
    };
    assert!(rollup.zip(facts).is_none_or(|(rollup, facts)| facts <= rollup && rollup <= facts + hour));
}

async fn tell(world: &mut World, history: &History, now: DateTime<Utc>) {
    for (of_sales, of_clocks) in history.batches(now) {
        if !of_sales.is_empty() {
            world.tell(of_sales).await;
        }
        if !of_clocks.is_empty() {
            world.tell_sla(of_clocks).await;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, max_shrink_iters: 8, ..ProptestConfig::default() })]

    #[test]
    fn rollups_answer_what_the_facts_answer(history in history()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let now = clock::now();
            let mut world = World::unread().await;
            world.tell([tenant(TENANT, history.zone, at("2025-01-01"))]).await;
            world.start_reporting().await;
            tell(&mut world, &history, now).await;
            world.catch_up().await;
            world.served_from_rollups().await;
            let queries = queries(&history, now.date_naive());
            compare(&world, &queries).await;
        });
    }
}
