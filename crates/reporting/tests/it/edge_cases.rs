//! The edge cases of the domain that a report has to bear, by their numbers, told as events.

use handoff_proto::common::v1::TimeUnit;
use handoff_proto::qualification::v1::{RejectionAttribution, Stage, Suppression};
use handoff_proto::reporting::v1 as pb;

use crate::story::{Lead, at};
use crate::world::{World, months, parts};

const LEFT_OUT: [Stage; 3] = [Stage::Mql, Stage::Sql, Stage::Opportunity];

fn year() -> pb::ReportQuery {
    pb::ReportQuery { period_kind: pb::PeriodKind::Year.into(), ..months("2026-01-01", "2027-01-01") }
}

fn from_to(from: pb::Milestone, to: pb::Milestone) -> pb::GetVelocityReportRequest {
    pb::GetVelocityReportRequest {
        query: Some(year()),
        start_milestone: from.into(),
        end_milestone: to.into(),
        time_unit: TimeUnit::CalendarDays.into(),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_1_nothing_divided_by_nothing_is_no_value_and_a_reason() {
    let world = World::start().await;
    let mql = world.mql(months("2026-01-01", "2026-02-01")).await;
    let sql = world.sql(months("2026-01-01", "2026-02-01")).await;
    for ratio in [
        mql.rows[0].cohort_efficiency.clone(),
        mql.rows[0].period_efficiency.clone(),
        mql.total.unwrap().cohort_efficiency,
        sql.rows[0].acceptance_rate.clone(),
        sql.total.unwrap().lead_to_customer,
    ] {
        let ratio = ratio.unwrap();
        assert_eq!((ratio.value, ratio.reason.as_str()), (None, "ZERO_DENOMINATOR"));
    }
    let velocity = world.velocity(from_to(pb::Milestone::Mql, pb::Milestone::Decided)).await.total.unwrap();
    assert_eq!((velocity.sample_count, velocity.mean, velocity.open_oldest), (0, None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_3_the_efficiency_of_a_period_may_exceed_one() {
    let mut world = World::start().await;
    let (mut early, mut late) = (Lead::new(1), Lead::new(2));
    world
        .tell([
            early.captured(at("2026-01-01")),
            early.qualified(at("2026-01-31")),
            late.captured(at("2026-01-01")),
            late.qualified(at("2026-02-02")),
            early.accepted(at("2026-02-03"), "ada"),
            late.accepted(at("2026-02-04"), "ada"),
        ])
        .await;
    let february =
        world.mql(months("2026-02-01", "2026-03-01")).await.total.unwrap().period_efficiency.unwrap();
    assert_eq!((february.numerator, february.denominator, february.value.as_deref()), (2, 1, Some("2")));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_4_who_is_too_young_to_judge_is_counted_as_such() {
    let mut world = World::start().await;
    let (mut old, mut young) = (Lead::new(1), Lead::new(2));
    world
        .tell([
            old.captured(at("2026-01-01")),
            old.qualified(at("2026-01-02")),
            old.accepted(at("2026-01-12"), "ada"),
            young.captured(at("2026-01-01")),
            young.qualified(at("2026-01-15")),
        ])
        .await;
    let as_of_time = Some(crate::story::timestamp(at("2026-01-20")));
    let total = world.mql(pb::ReportQuery { as_of_time, ..year() }).await.total.unwrap();
    let all = total.cohort_efficiency.unwrap();
    assert_eq!((all.numerator, all.denominator, all.immature_count), (1, 2, 1));
    assert_eq!(parts(total.matured_cohort_efficiency.as_ref()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_5_a_skipped_stage_counts_as_passed_and_is_no_sample() {
    let mut world = World::start().await;
    let mut lead = Lead::new(1);
    let won = at("2026-01-20");
    world
        .tell([
            lead.captured(at("2026-01-10")),
            lead.skipped(won, Stage::Customer, &LEFT_OUT),
            lead.won(won, 500, true),
        ])
        .await;
    let implied = world.mql(year()).await.total.unwrap();
    assert_eq!((implied.mql_count, implied.implied_mql_count), (1, 1));
    assert_eq!(parts(implied.cohort_efficiency.as_ref()), (1, 1));
    let strict = pb::ReportQuery { skip_policy: pb::SkipPolicy::Strict.into(), ..year() };
    let strict = world.mql(strict).await.total.unwrap();
    assert_eq!((strict.mql_count, strict.implied_mql_count), (0, 0));
    let sql = world.sql(year()).await.total.unwrap();
    assert_eq!((sql.sql_count, sql.won_count, parts(sql.acceptance_rate.as_ref())), (1, 1, (0, 0)));
    let stage = world.velocity(from_to(pb::Milestone::Mql, pb::Milestone::Decided)).await.total.unwrap();
    assert_eq!(stage.sample_count, 0);
    let whole = world.velocity(from_to(pb::Milestone::Captured, pb::Milestone::Won)).await.total.unwrap();
    assert_eq!((whole.sample_count, whole.mean.as_deref()), (1, Some("10")));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_5_a_skip_out_of_mql_accepts_by_implication() {
    let mut world = World::start().await;
    let mut lead = Lead::new(1);
    let won = at("2026-01-20");
    world
        .tell([
            lead.captured(at("2026-01-10")),
            lead.qualified(at("2026-01-12")),
            lead.implied(won),
            lead.skipped(won, Stage::Customer, &LEFT_OUT[1..]),
            lead.won(won, 500, true),
        ])
        .await;
    let total = world.mql(year()).await.total.unwrap();
    assert_eq!((total.mql_count, total.implied_mql_count), (1, 0));
    assert_eq!(parts(total.cohort_efficiency.as_ref()), (1, 1));
    let stage = world.velocity(from_to(pb::Milestone::Mql, pb::Milestone::Decided)).await.total.unwrap();
    assert_eq!((stage.sample_count, stage.open_count), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_5_a_rejected_lead_that_turns_up_with_a_deal_passes_once_more() {
    let mut world = World::start().await;
    let mut lead = Lead::new(1);
    let won = at("2026-02-20");
    world
        .tell([
            lead.captured(at("2026-01-10")),
            lead.qualified(at("2026-01-12")),
            lead.rejected(at("2026-01-13"), "NO_NEED_NOW", RejectionAttribution::Timing),
            lead.skipped(won, Stage::Customer, &LEFT_OUT),
            lead.won(won, 500, true),
        ])
        .await;
    let total = world.mql(year()).await.total.unwrap();
    assert_eq!((total.mql_count, total.implied_mql_count), (2, 1));
    assert_eq!(parts(total.cohort_efficiency.as_ref()), (1, 2));
    let sql = world.sql(year()).await.total.unwrap();
    assert_eq!((sql.won_count, parts(sql.acceptance_rate.as_ref())), (1, (0, 1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_7_a_lead_that_comes_again_counts_again_and_once_as_a_lead() {
    let mut world = World::start().await;
    let mut lead = Lead::new(1);
    world
        .tell([
            lead.captured(at("2026-01-01")),
            lead.qualified(at("2026-01-02")),
            lead.rejected(at("2026-01-03"), "NO_NEED_NOW", RejectionAttribution::Timing),
            lead.qualified_again(at("2026-03-02")),
            lead.accepted(at("2026-03-03"), "ada"),
        ])
        .await;
    let total = world.mql(year()).await.total.unwrap();
    assert_eq!((total.mql_count, total.first_time_mql_count), (2, 1));
    let by_lead = pb::ReportQuery { unit: pb::CountUnit::Lead.into(), ..year() };
    assert_eq!(world.mql(by_lead).await.total.unwrap().mql_count, 1);
    let stage = world.velocity(from_to(pb::Milestone::Mql, pb::Milestone::Decided)).await.total.unwrap();
    assert_eq!((stage.sample_count, stage.mean.as_deref()), (2, Some("1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_7_a_customers_next_interest_is_timed_from_itself_and_is_no_new_customer() {
    let mut world = World::start().await;
    let mut lead = Lead::new(1);
    world
        .tell([
            lead.captured(at("2026-01-01")),
            lead.skipped(at("2026-01-05"), Stage::Customer, &LEFT_OUT),
            lead.won(at("2026-01-05"), 100, true),
            lead.comes_again(at("2026-06-01")),
            lead.qualified(at("2026-06-03")),
            lead.accepted(at("2026-06-04"), "ada"),
            lead.opened(at("2026-06-05")),
            lead.won(at("2026-06-11"), 100, false),
        ])
        .await;
    let whole = world.velocity(from_to(pb::Milestone::Captured, pb::Milestone::Won)).await.total.unwrap();
    assert_eq!((whole.sample_count, whole.max.as_deref()), (2, Some("10")));
    let sql = world.sql(year()).await.total.unwrap();
    assert_eq!((sql.won_count, parts(sql.lead_to_customer.as_ref())), (2, (1, 1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_13_an_assignment_that_an_acceptance_implies_is_no_milestone() {
    let mut world = World::start().await;
    let (mut routed, mut taken) = (Lead::new(1), Lead::new(2));
    world
        .tell([
            routed.captured(at("2026-01-01")),
            routed.qualified(at("2026-01-02")),
            routed.routed(at("2026-01-04"), "ada", "north"),
            routed.accepted(at("2026-01-05"), "ada"),
            taken.captured(at("2026-01-01")),
            taken.qualified(at("2026-01-02")),
            taken.accepted(at("2026-01-05"), "ada"),
        ])
        .await;
    let assigned = world.velocity(from_to(pb::Milestone::Mql, pb::Milestone::Assigned)).await.total.unwrap();
    assert_eq!((assigned.sample_count, assigned.mean.as_deref(), assigned.open_count), (1, Some("2"), 0));
    let decided = world.velocity(from_to(pb::Milestone::Mql, pb::Milestone::Decided)).await.total.unwrap();
    assert_eq!(decided.sample_count, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_15_what_ends_before_it_starts_is_left_out_and_counted() {
    let mut world = World::start().await;
    let mut lead = Lead::new(1);
    world
        .tell([
            lead.captured(at("2026-03-01")),
            lead.skipped(at("2026-02-20"), Stage::Customer, &LEFT_OUT),
            lead.won(at("2026-02-20"), 100, true),
        ])
        .await;
    let whole = world.velocity(from_to(pb::Milestone::Captured, pb::Milestone::Won)).await.total.unwrap();
    assert_eq!((whole.sample_count, whole.invalid_count, whole.mean), (0, 1, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_41_a_test_is_in_no_report_from_the_moment_it_is_known() {
    let mut world = World::start().await;
    let (mut lead, mut test) = (Lead::new(1), Lead::new(2));
    world
        .tell([
            lead.captured(at("2026-01-01")),
            lead.qualified(at("2026-01-02")),
            test.captured(at("2026-01-01")),
            test.qualified(at("2026-01-02")),
            test.accepted(at("2026-01-03"), "ada"),
        ])
        .await;
    let before = world.mql(year()).await;
    assert_eq!(before.total.as_ref().unwrap().mql_count, 2);
    world.tell([test.suppressed(at("2026-02-01"), Suppression::Test)]).await;
    world.tell([test.contacted(at("2026-02-02"))]).await;
    assert_eq!(world.mql(year()).await.total.unwrap().mql_count, 1);
    assert_eq!(world.sql(year()).await.total.unwrap().sql_count, 0);
    let then = world.mql(before.basis.unwrap().query.unwrap()).await;
    assert_eq!(then.total, before.total);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_9_and_10_merged_leads_are_one_person_of_the_earliest_first_touch_until_they_are_two_again() {
    let mut world = World::start().await;
    let (mut first, mut survivor) = (Lead::from(1, "ads"), Lead::from(2, "fair"));
    let (january, march) = (at("2026-01-10"), at("2026-03-10"));
    world
        .tell([
            first.captured(january),
            first.qualified(at("2026-01-12")),
            first.accepted(at("2026-01-13"), "ada"),
            survivor.captured(march),
            survivor.qualified(at("2026-03-12")),
        ])
        .await;
    let captured = async |world: &World| {
        let query = pb::ReportQuery { breakdown: pb::Dimension::Source.into(), ..year() };
        let rows = world.sql(query).await.rows;
        let of = |row: &pb::SqlRow| Some((row.key.clone()?.value?, parts(row.lead_to_customer.as_ref()).1));
        rows.iter().filter_map(of).filter(|(_, count)| *count > 0).collect::<Vec<_>>()
    };
    let people = async |world: &World| {
        let query = pb::ReportQuery { unit: pb::CountUnit::Lead.into(), ..year() };
        let total = world.mql(query).await.total.unwrap();
        (world.mql(year()).await.total.unwrap().mql_count, total.mql_count)
    };
    let two = [("ads".to_owned(), 1), ("fair".to_owned(), 1)];
    assert_eq!((captured(&world).await, people(&world).await), (two.to_vec(), (2, 2)));
    let before = world.sql(year()).await;

    // The first lead, which was captured and accepted before, is merged into the second, of which nothing is accepted.
    let standing = first.standing(january);
    world.tell([first.merged(at("2026-04-01"), &survivor, standing.clone())]).await;
    assert_eq!(captured(&world).await, [("ads".to_owned(), 1)], "one lead, of the earliest first touch");
    assert_eq!(people(&world).await, (2, 1), "hand-overs stay what they were, and are one person's");
    assert_eq!(world.sql(year()).await.total.unwrap().sql_count, 1);
    let then = world.sql(before.basis.clone().unwrap().query.unwrap()).await;
    assert_eq!(then.total, before.total, "what was known before is as it was");

    // What comes of a merged lead is the survivor's: the person is a customer.
    world.tell([first.opened(at("2026-04-02")), first.won(at("2026-04-03"), 5, true)]).await;
    assert_eq!(parts(world.sql(year()).await.total.unwrap().lead_to_customer.as_ref()), (1, 1));

    let own = handoff_proto::event::v1::LeadStanding {
        customer_time: Some(crate::story::timestamp(at("2026-04-03"))),
        ..standing
    };
    let standings = [own, survivor.standing(march)];
    world.tell([first.unmerged(at("2026-05-01"), &survivor, standings)]).await;
    assert_eq!((captured(&world).await, people(&world).await), (two.to_vec(), (2, 2)));
    assert_eq!(parts(world.sql(year()).await.total.unwrap().lead_to_customer.as_ref()), (1, 2));
}
