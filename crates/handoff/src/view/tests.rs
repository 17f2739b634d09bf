//! The reports and lists as people see them.

use chrono_tz::Tz;
use handoff_proto::common::v1::{Money, Ratio, Target, TimeUnit, target::Amount};
use handoff_proto::qualification::v1::{
    GetLeadResponse, Handoff, HandoffState, Lead, LeadKind, ListHandoffsResponse, Origin, OriginChannel,
    Person, Stage, StageChange,
};
use handoff_proto::reporting::v1::{
    Basis, Change, CountUnit, Dimension, FunnelPlan, GetMqlReportResponse, GetSqlReportResponse,
    GetVelocityReportResponse, LogPosition, MetricDefinition, Milestone, MixOutcome, MqlRow, PeriodKind,
    PlanGoalResponse, PlanStep, RejectionCount, ReportBasis, ReportQuery, RowKey, SkipPolicy, SlaVerdict,
    Source, SqlRow, VelocityRow, Verdict, VerdictStatistic,
};
use handoff_proto::sla::v1::{Clock, ClockKind, ClockState, ListBreachesResponse, SignatureState};
use prost_types::{Duration, Timestamp};

use super::View;

fn shown(answer: &impl View) -> String {
    let zone = Tz::Europe__Rome;
    format!("{}\n\n{}", answer.grid(zone).to_table(), answer.notes(zone).join("\n"))
}

fn csv(answer: &impl View) -> String {
    let mut csv = Vec::new();
    answer.grid(Tz::UTC).write_csv(&mut csv).unwrap();
    String::from_utf8(csv).unwrap()
}

/// 2026-03-30 10:00 in Rome, and so many seconds.
fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds: 1_774_857_600 + seconds, nanos: 0 })
}

fn span(seconds: i64) -> Option<Duration> {
    Some(Duration { seconds, nanos: 0 })
}

fn ratio(numerator: i64, denominator: i64, value: &str) -> Option<Ratio> {
    Some(Ratio { numerator, denominator, value: Some(value.to_owned()), ..Ratio::default() })
}

fn key(period: &str, value: Option<&str>) -> Option<RowKey> {
    Some(RowKey {
        period: period.to_owned(),
        start_date: "2026-03-01".to_owned(),
        end_date: "2026-04-01".to_owned(),
        value: value.map(str::to_owned),
        basis: Basis::Period.into(),
        running: false,
    })
}

fn basis(breakdown: Dimension) -> Option<ReportBasis> {
    let query = ReportQuery {
        period_kind: PeriodKind::Month.into(),
        start_date: "2026-03-01".to_owned(),
        end_date: "2026-04-01".to_owned(),
        time_zone: "Europe/Rome".to_owned(),
        basis: Basis::Period.into(),
        unit: CountUnit::Handoff.into(),
        skip_policy: SkipPolicy::ImplyPassed.into(),
        as_of_time: at(0),
        known_at_time: at(0),
        breakdown: breakdown.into(),
        filters: Vec::new(),
        calendar: "calendars/default".to_owned(),
        compare_previous: false,
    };
    let position = |log: &str, position| LogPosition { log: log.to_owned(), position, record_time: at(-60) };
    Some(ReportBasis {
        query: Some(query),
        source: Source::Facts.into(),
        positions: vec![position("qualification", 85_421), position("sla", 9_000)],
        definitions: vec![MetricDefinition {
            metric: "M3".to_owned(),
            display_name: "mql_efficiency, cohort".to_owned(),
            formula: "accepted ÷ MQLs of the cohort".to_owned(),
        }],
        contract_unsigned: true,
        percentile_error: None,
    })
}

#[test]
fn the_mql_report() {
    let row = |period: &str, growth: Option<&str>| MqlRow {
        key: key(period, None),
        mql_count: 100,
        first_time_mql_count: 100,
        implied_mql_count: 0,
        cohort_efficiency: ratio(40, 100, "0.4"),
        matured_cohort_efficiency: ratio(38, 90, "0.422222222222"),
        period_efficiency: ratio(110, 100, "1.1"),
        business_days: 20,
        mql_per_business_day: ratio(100, 20, "5"),
        growth_to_hold: growth.map(str::to_owned),
        changes: Vec::new(),
    };
    let answer = GetMqlReportResponse {
        basis: basis(Dimension::Unspecified),
        rows: vec![row("2026-02", None), row("2026-03", Some("0.15"))],
        total: Some(row("total", None)),
    };
    insta::assert_snapshot!("mql_table", shown(&answer));
    insta::assert_snapshot!("mql_csv", csv(&answer));
}

#[test]
fn the_sql_report_by_source() {
    let reason = |reason: &str, count| RejectionCount {
        reason: reason.to_owned(),
        attribution: "CRITERIA".to_owned(),
        count,
    };
    let row = |value: Option<&str>| SqlRow {
        key: key("2026-03", value),
        sql_count: 4,
        cohort_efficiency: ratio(4, 10, "0.4"),
        period_efficiency: Some(Ratio { reason: "ZERO_DENOMINATOR".to_owned(), ..Ratio::default() }),
        acceptance_rate: ratio(4, 9, "0.444444444444"),
        acceptance_rate_with_expired: ratio(4, 9, "0.444444444444"),
        acceptance_rate_without_routing: ratio(4, 9, "0.444444444444"),
        acceptance_rate_with_overturned: ratio(4, 9, "0.444444444444"),
        rejections: vec![
            reason("WRONG_ROLE", 1),
            reason("WRONG_SIZE", 2),
            reason("COMPETITOR", 1),
            reason("OTHER", 1),
        ],
        lead_to_customer: ratio(1, 40, "0.025"),
        won_count: 1,
        won_amounts: vec![Money { currency_code: "EUR".to_owned(), units: 12_500, nanos: 0 }],
        changes: Vec::new(),
    };
    let answer = GetSqlReportResponse {
        basis: basis(Dimension::Source),
        rows: vec![row(None), row(Some("google")), row(Some(""))],
        total: None,
        cohort_total: None,
    };
    insta::assert_snapshot!("sql_table", shown(&answer));
    insta::assert_snapshot!("sql_csv", csv(&answer));
}

#[test]
fn the_velocity_report_says_who_drops_the_ball() {
    let verdict = |verdict: Verdict, value: &str, overshoot: &str| SlaVerdict {
        target: Some(Target { amount: Some(Amount::BusinessDays(2)) }),
        time_unit: TimeUnit::BusinessDays.into(),
        statistic: VerdictStatistic::Mean.into(),
        statistic_value: Some(value.to_owned()),
        target_value: "2".to_owned(),
        sample_count: 7,
        verdict: verdict.into(),
        overshoot: Some(overshoot.to_owned()),
    };
    let row = |value: Option<&str>, verdict: SlaVerdict| VelocityRow {
        key: key("2026-03", value),
        sample_count: 7,
        invalid_count: 0,
        mean: Some("97200".to_owned()),
        median: Some("3600".to_owned()),
        p75: Some("5400".to_owned()),
        p90: Some("12345.6".to_owned()),
        max: Some("100800".to_owned()),
        within_counts: Vec::new(),
        open_count: 2,
        open_oldest: Some("90".to_owned()),
        median_with_waiting: None,
        sla_attainment: ratio(5, 8, "0.625"),
        verdicts: vec![verdict],
        changes: Vec::new(),
    };
    let answer = GetVelocityReportResponse {
        basis: basis(Dimension::Team),
        start_milestone: Milestone::Mql.into(),
        end_milestone: Milestone::Decided.into(),
        time_unit: TimeUnit::Business.into(),
        rows: vec![
            row(Some("north"), verdict(Verdict::NotAdhering, "3", "0.5")),
            row(Some("south"), verdict(Verdict::Adhering, "1", "-0.5")),
        ],
        total: None,
        cohort_total: None,
    };
    insta::assert_snapshot!("velocity_table", shown(&answer));
    insta::assert_snapshot!("velocity_csv", csv(&answer));
}

#[test]
fn a_report_by_both_bases_against_the_period_before() {
    let change = |figure: &str, previous: &str, change: Option<&str>| Change {
        figure: figure.to_owned(),
        previous: Some(previous.to_owned()),
        current: Some("4".to_owned()),
        change: change.map(str::to_owned),
    };
    let row = |basis: Basis, running: bool| SqlRow {
        key: key("2026-03", None).map(|key| RowKey { basis: basis.into(), running, ..key }),
        sql_count: 4,
        cohort_efficiency: ratio(4, 10, "0.4"),
        won_count: 1,
        changes: vec![
            change("sql_count", "5", Some("-0.2")),
            change("cohort_efficiency", "0.5", Some("-0.2")),
            change("won_count", "0", None),
        ],
        ..SqlRow::default()
    };
    let mut rests_on = basis(Dimension::Unspecified);
    if let Some(query) = rests_on.as_mut().and_then(|basis| basis.query.as_mut()) {
        query.basis = Basis::CohortAndPeriod.into();
        query.compare_previous = true;
    }
    let answer = GetSqlReportResponse {
        basis: rests_on,
        rows: vec![row(Basis::Period, true), row(Basis::Cohort, true)],
        total: Some(row(Basis::Period, false)),
        cohort_total: Some(row(Basis::Cohort, false)),
    };
    insta::assert_snapshot!("compared_table", shown(&answer));
    insta::assert_snapshot!("compared_csv", csv(&answer));
}

#[test]
fn the_plan_of_a_goal() {
    let step = |figure: &str, count, figures: [&str; 4]| {
        let [needed, each, reached, reached_by_one_less] = figures.map(str::to_owned);
        PlanStep { figure: figure.to_owned(), count, needed, each, reached, reached_by_one_less }
    };
    let answer = PlanGoalResponse {
        plan: Some(FunnelPlan { deal_count: 200, sql_count: 800, mql_count: 4_000, ..FunnelPlan::default() }),
        steps: vec![
            step("deal_count", 200, ["10000000", "50000", "10000000", "9950000"]),
            step("sql_count", 800, ["200", "0.25", "200", "199.75"]),
            step("mql_count", 4_000, ["800", "0.2", "800", "799.8"]),
        ],
        mix: Some(MixOutcome { expected: "9999999.5".to_owned(), gap: "0.5".to_owned(), closes: false }),
        definition: Some(MetricDefinition {
            metric: "M19".to_owned(),
            display_name: "plan".to_owned(),
            formula: "deals = revenue ÷ deal value, and so on".to_owned(),
        }),
    };
    insta::assert_snapshot!("plan_table", shown(&answer));
    insta::assert_snapshot!("plan_csv", csv(&answer));
}

#[test]
fn hand_overs() {
    let handoff = |state: HandoffState, reason: &str| Handoff {
        name: "handoffs/00000000-0000-0000-0000-000000000007".to_owned(),
        lead: "leads/00000000-0000-0000-0000-000000000008".to_owned(),
        product_line: "default".to_owned(),
        state: state.into(),
        owner: "users/bob".to_owned(),
        origin: Some(Origin { source: "google".to_owned(), ..Origin::default() }),
        mql_time: at(0),
        rejection_reason: reason.to_owned(),
        etag: "7".to_owned(),
        ..Handoff::default()
    };
    let mut answer = ListHandoffsResponse {
        handoffs: vec![handoff(HandoffState::Assigned, "")],
        next_page_token: String::new(),
    };
    insta::assert_snapshot!("handoffs_table", shown(&answer));
    answer.handoffs.push(handoff(HandoffState::Rejected, "WRONG_SIZE"));
    insta::assert_snapshot!("handoffs_with_reasons_table", shown(&answer));
    insta::assert_snapshot!("handoffs_csv", csv(&answer));
}

#[test]
fn breaches() {
    let clock = Clock {
        name: "clocks/00000000-0000-0000-0000-000000000001".to_owned(),
        kind: ClockKind::Decide.into(),
        handoff: "handoffs/00000000-0000-0000-0000-000000000007".to_owned(),
        state: ClockState::MetLate.into(),
        target: Some(Target { amount: Some(Amount::BusinessDays(2)) }),
        contract_signature_state: SignatureState::Unsigned.into(),
        start_time: at(0),
        due_time: at(200_000),
        stop_time: at(300_000),
        breach_time: at(200_000),
        elapsed_business_time: span(97_200),
        elapsed_calendar_time: span(300_000),
        elapsed_business_days: 3,
        ..Clock::default()
    };
    let answer = ListBreachesResponse { clocks: vec![clock], next_page_token: String::new() };
    insta::assert_snapshot!("breaches_table", shown(&answer));
    insta::assert_snapshot!("breaches_csv", csv(&answer));
}

#[test]
fn a_lead_and_the_way_it_came() {
    let change = |from: Stage, to: Stage, skipped: Vec<i32>| StageChange {
        product_line: "default".to_owned(),
        cycle: 1,
        from_stage: from.into(),
        to_stage: to.into(),
        skipped_stages: skipped,
        occur_time: at(0),
        actor: "users/ada".to_owned(),
        ..StageChange::default()
    };
    let lead = Lead {
        name: "leads/00000000-0000-0000-0000-000000000008".to_owned(),
        kind: LeadKind::B2b.into(),
        person: Some(Person {
            given_name: "Ada".to_owned(),
            email: "ada@example.com".to_owned(),
            record_ids: [("billing", "B-1"), ("warehouse", "W-1")]
                .map(|(system, id)| (system.to_owned(), id.to_owned()))
                .into(),
            ..Person::default()
        }),
        origin: Some(Origin {
            channel: OriginChannel::Marketing.into(),
            source: "google".to_owned(),
            ..Origin::default()
        }),
        stage: Stage::Customer.into(),
        stage_time: at(60),
        capture_time: at(0),
        cooldown_until_time: at(86_400),
        ..Lead::default()
    };
    let skipped = vec![Stage::Sql.into(), Stage::Opportunity.into()];
    let stage_history = vec![
        change(Stage::Unspecified, Stage::Lead, Vec::new()),
        change(Stage::Mql, Stage::Customer, skipped),
    ];
    insta::assert_snapshot!("lead_table", shown(&GetLeadResponse { lead: Some(lead), stage_history }));
}
