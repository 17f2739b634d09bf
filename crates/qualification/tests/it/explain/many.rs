//! A lead that did very much.

use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::history_entry::Entry;
use handoff_proto::qualification::v1::import_request::Subject;

use super::check_sums;
use super::world::{NOW, agree_on_both, asking, at, explain, lead};
use crate::harness::{World, by_name};

const ITEMS: usize = 50;
const OF_AN_ITEM: usize = 200;

/// 10,000 activities of a hundred days in March to June 2025, each with a property that is looked at.
fn history() -> impl Iterator<Item = pb::ImportRequest> {
    (0..ITEMS).map(|item| {
        let entry = |number: usize| {
            let day = (item * OF_AN_ITEM + number) % 100;
            let mut occur_time = at("2025-03-01T12:00:00Z");
            occur_time.seconds += i64::try_from(day).unwrap_or_default() * 86_400;
            // Every second one is long enough to count.
            let seconds = if number.is_multiple_of(2) { "61" } else { "59" };
            let activity = pb::ImportedActivity {
                r#type: "VISIT".into(),
                properties: [("seconds".to_owned(), seconds.to_owned())].into(),
            };
            let entry = Some(Entry::Activity(activity));
            pb::HistoryEntry { occur_time: Some(occur_time), entry, ..pb::HistoryEntry::default() }
        };
        pb::ImportRequest {
            source_key: format!("visits {item}"),
            history: (0..OF_AN_ITEM).map(entry).collect(),
            ..pb::ImportRequest::default()
        }
    })
}

#[tokio::test]
async fn ten_thousand_activities_are_explained_one_by_one() {
    let (world, _clock) = World::at(NOW).await;
    agree_on_both(&world).await;
    let lead = lead(&world, "ada", pb::LeadKind::B2b, &[]).await;
    let subject = by_name(&lead).map(Subject::LeadRef);
    let items: Vec<_> =
        history().map(|item| pb::ImportRequest { subject: subject.clone(), ..item }).collect();
    let mut answers =
        world.marketing().import(tokio_stream::iter(items)).await.expect("a stream").into_inner();
    let mut done = 0;
    while let Some(answer) = answers.message().await.expect("an answer") {
        let imported = matches!(answer.result, Some(pb::import_response::Result::Imported(_)));
        assert!(imported, "{answer:?}");
        done += 1;
    }
    assert_eq!(done, ITEMS);

    let (explanation, _) = explain(&world, asking(&lead, "")).await;
    check_sums(&explanation);
    let behaviour = explanation.behaviour.expect("a behaviour");
    let visit = behaviour.lines.iter().find(|line| line.key == "visit").expect("the rule");
    assert_eq!(visit.points, "15000", "5,000 of them count 3 points each");
    assert_eq!(visit.days.len(), 50, "those of every second day");
    assert_eq!(visit.days.iter().map(|day| day.counted).sum::<i64>(), 5_000);
    assert_eq!(behaviour.points, "5", "and the rule gives no more than 5");
    world.stop().await;
}
