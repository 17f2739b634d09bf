//! Edge case 11: an activity that came late changes no decision, and what it would have changed is told.

use handoff_proto::qualification::v1 as pb;

use super::world::{NOW, agree_on_both, asking, does, explain, lead};
use crate::harness::{World, request_id};
use crate::promotion::heard;

const SOON: &str = "2026-04-06T10:00:00Z";
const THEN: Option<&str> = Some("2026-03-28T12:00:00Z");
const FITS: &[(&str, &str)] = &[("employees", "120"), ("industry", "retail")];

/// The day on which it would have become an MQL, as told of a day.
async fn would_have(world: &World, lead: &str, day: &str) -> String {
    let (explanation, _) = explain(world, asking(lead, day)).await;
    explanation.would_have_qualified_date
}

#[tokio::test]
async fn edge_case_11_what_came_late_is_told_of_an_mql_and_of_a_lead_that_is_none() {
    let (world, mut clock) = World::at(NOW).await;
    agree_on_both(&world).await;
    let mut leads = Vec::new();
    for name in ["ada", "bob", "cyd"] {
        leads.push(lead(&world, name, pb::LeadKind::B2b, FITS).await);
    }
    let [ada, bob, cyd] = &leads[..] else { panic!("three") };
    clock.set("2026-04-02T10:00:00Z".parse().expect("an instant")).await.expect("it is ours");
    does(&world, bob, "COMPLAINT", &[], None).await;
    clock.set(SOON.parse().expect("an instant")).await.expect("it is ours");
    assert_eq!(would_have(&world, ada, "").await, "", "nothing came late");

    // 30 points are enough for ada. Bob has complained since, and has 27 by now. A demo needs no points.
    does(&world, ada, "WEBINAR", &[], THEN).await;
    does(&world, bob, "WEBINAR", &[], THEN).await;
    does(&world, cyd, "DEMO", &[], THEN).await;
    // Another one of the fast track, in time: the first is what counts.
    does(&world, cyd, "DEMO", &[], None).await;
    for late in [ada, cyd] {
        let qualified = heard(&world, "LeadQualified", late, 1).await;
        assert_eq!(qualified.occur_time, Some(super::at(SOON)), "no decision is made in the past");
        assert_eq!(would_have(&world, late, "").await, "2026-03-28");
    }
    assert_eq!(would_have(&world, bob, "").await, "2026-03-28");
    // As told of a day on which it was no MQL yet, and of the day itself.
    assert_eq!(would_have(&world, ada, "2026-03-30").await, "2026-03-28");
    assert_eq!(would_have(&world, ada, "2026-03-28").await, "");
    let (that_day, _) = explain(&world, asking(ada, "2026-03-28")).await;
    assert_eq!(super::days::verdict(&that_day), pb::VerdictKind::Promote, "they agree");
    world.stop().await;
}

#[tokio::test]
async fn edge_case_11_what_only_something_else_kept_from_qualifying_was_not_late() {
    let (world, mut clock) = World::at(NOW).await;
    agree_on_both(&world).await;
    let ada = lead(&world, "ada", pb::LeadKind::B2b, &[]).await;
    let bob = lead(&world, "bob", pb::LeadKind::B2b, &[]).await;
    let cyd = lead(&world, "cyd", pb::LeadKind::B2b, FITS).await;
    does(&world, &ada, "WEBINAR", &[], None).await;
    clock.set(SOON.parse().expect("an instant")).await.expect("it is ours");
    // Nobody knew enough of ada, and all that it did was known. Of bob nobody knows enough yet.
    let attributes = FITS.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let email = "ada@lead.example".to_owned();
    let person = pb::Person { email, attributes: attributes.collect(), ..pb::Person::default() };
    let request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(pb::Lead { person: Some(person), ..pb::Lead::default() }),
        ..pb::CaptureLeadRequest::default()
    };
    world.marketing().capture_lead(request).await.expect("captured");
    heard(&world, "LeadQualified", &ada, 1).await;
    assert_eq!(would_have(&world, &ada, "").await, "");
    does(&world, &bob, "WEBINAR", &[], THEN).await;
    assert_eq!(would_have(&world, &bob, "").await, "");
    // Before there was a model there was nothing to reach.
    does(&world, &cyd, "WEBINAR", &[], Some("2026-03-20T12:00:00Z")).await;
    heard(&world, "LeadQualified", &cyd, 1).await;
    assert_eq!(would_have(&world, &cyd, "").await, "2026-03-27");
    world.stop().await;
}
