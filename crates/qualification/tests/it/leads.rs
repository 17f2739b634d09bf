//! CaptureLead and GetLead.

use handoff_proto::qualification::v1 as pb;

use crate::harness::{World, by_name, capture, lead, qualify, read, request_id};

fn capture_of(lead: pb::Lead) -> pb::CaptureLeadRequest {
    pb::CaptureLeadRequest { request_id: request_id(), lead: Some(lead), ..pb::CaptureLeadRequest::default() }
}

fn full() -> pb::Lead {
    pb::Lead {
        kind: pb::LeadKind::B2b.into(),
        person: Some(pb::Person {
            external_id: "CRM-1".into(),
            email: "  Ada@Lead.Example ".into(),
            phone: "+39 06 1234".into(),
            given_name: "Ada".into(),
            family_name: "Rossi".into(),
            organisation: "Rossi SpA".into(),
            attributes: [("employees".to_owned(), "120".to_owned())].into(),
            verify_times: [(
                "employees".to_owned(),
                prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 },
            )]
            .into(),
        }),
        origin: Some(pb::Origin {
            channel: pb::OriginChannel::Marketing.into(),
            source: "google".into(),
            medium: "cpc".into(),
            campaign: "spring".into(),
        }),
        persona: "cto".into(),
        ..pb::Lead::default()
    }
}

#[tokio::test]
async fn a_captured_lead_reads_as_it_was_given() {
    let world = World::new().await;
    let mut client = world.marketing();
    let answer = client.capture_lead(capture_of(full())).await.expect("captured").into_inner();
    assert!(answer.created);
    let captured = answer.lead.expect("the lead");
    let read = read(&mut client, &captured.name).await;
    assert_eq!(read.lead.as_ref(), Some(&captured));

    let person = captured.person.clone().expect("who it is");
    assert_eq!((person.email.as_str(), person.phone.as_str()), ("ada@lead.example", "+39 06 1234"));
    assert_eq!(person.attributes["employees"], "120");
    assert_eq!(person.verify_times["employees"].seconds, 1_700_000_000);
    assert_eq!(captured.origin, full().origin);
    assert_eq!(captured.stage(), pb::Stage::Lead);
    assert_eq!(captured.suppression(), pb::Suppression::None);
    let [track] = captured.tracks.as_slice() else { panic!("one track: {:?}", captured.tracks) };
    assert_eq!((track.product_line.as_str(), track.cycle, track.stage()), ("default", 1, pb::Stage::Lead));

    let [first] = read.stage_history.as_slice() else { panic!("one row: {:?}", read.stage_history) };
    assert_eq!((first.from_stage(), first.to_stage()), (pb::Stage::Unspecified, pb::Stage::Lead));
    assert_eq!(first.actor, "users/mia");
    world.stop().await;
}

#[tokio::test]
async fn a_lead_is_found_by_any_of_its_names() {
    let world = World::new().await;
    let mut client = world.marketing();
    let answer = client.capture_lead(capture_of(full())).await.expect("captured").into_inner();
    let name = answer.lead.expect("the lead").name;
    use pb::lead_ref::Lead;
    for reference in
        [Lead::Name(name.clone()), Lead::ExternalId("CRM-1".into()), Lead::Email("ADA@lead.example".into())]
    {
        let request = pb::GetLeadRequest { lead: Some(pb::LeadRef { lead: Some(reference) }) };
        let found = client.get_lead(request).await.expect("found").into_inner();
        assert_eq!(found.lead.expect("the lead").name, name);
    }
    world.stop().await;
}

#[tokio::test]
async fn capturing_again_adds_and_keeps_what_is_not_said_and_the_first_touch() {
    let world = World::new().await;
    let mut client = world.marketing();
    let first = client.capture_lead(capture_of(full())).await.expect("captured").into_inner();
    let first = first.lead.expect("the lead");
    let again = pb::Lead {
        person: Some(pb::Person {
            email: "ada@lead.example".into(),
            organisation: "Rossi Group".into(),
            attributes: [("revenue".to_owned(), "9".to_owned())].into(),
            ..pb::Person::default()
        }),
        origin: Some(pb::Origin { source: "bing".into(), ..pb::Origin::default() }),
        ..pb::Lead::default()
    };
    let second = client.capture_lead(capture_of(again)).await.expect("captured").into_inner();
    assert!(!second.created);
    let second = second.lead.expect("the lead");
    assert_eq!(second.name, first.name);
    assert_ne!(second.etag, first.etag);
    assert_eq!(second.origin, first.origin);
    let person = second.person.expect("who it is");
    assert_eq!((person.organisation.as_str(), person.given_name.as_str()), ("Rossi Group", "Ada"));
    assert_eq!(person.attributes.len(), 2);
    world.stop().await;
}

#[tokio::test]
async fn a_capture_that_says_nothing_new_changes_nothing() {
    let world = World::new().await;
    let mut client = world.marketing();
    let first = client.capture_lead(capture_of(full())).await.expect("captured").into_inner().lead;
    let second = client.capture_lead(capture_of(full())).await.expect("captured").into_inner().lead;
    assert_eq!(first, second);
    world.stop().await;
}

#[tokio::test]
async fn a_lead_takes_the_address_that_another_gave_up() {
    let world = World::new().await;
    let mut client = world.marketing();
    let with = |external_id: &str, email: &str| {
        let person =
            pb::Person { external_id: external_id.into(), email: email.into(), ..pb::Person::default() };
        capture_of(pb::Lead { person: Some(person), ..pb::Lead::default() })
    };
    client.capture_lead(with("one", "x@lead.example")).await.expect("captured");
    client.capture_lead(with("one", "y@lead.example")).await.expect("moved");
    let other = client.capture_lead(with("two", "x@lead.example")).await.expect("captured").into_inner();
    assert!(other.created);
    world.stop().await;
}

#[tokio::test]
async fn a_suppression_takes_back_the_open_handoff() {
    let world = World::new().await;
    let mut client = world.marketing();
    let name = capture(&mut client, "gone").await;
    let handoff = qualify(&mut client, &name).await.expect("qualified");
    let suppressed = pb::Lead { suppression: pb::Suppression::Consent.into(), ..lead("gone") };
    let answer = client.capture_lead(capture_of(suppressed)).await.expect("captured").into_inner();
    assert_eq!(answer.lead.expect("the lead").stage(), pb::Stage::Nurture);
    let request = pb::GetHandoffRequest { name: handoff.name };
    let handoff = client.get_handoff(request).await.expect("the handoff").into_inner().handoff;
    let handoff = handoff.expect("the handoff");
    assert_eq!(handoff.state(), pb::HandoffState::Withdrawn);
    assert_eq!(handoff.withdrawal_reason, "CONSENT");
    assert!(handoff.decided_by.is_empty());
    world.stop().await;
}

#[tokio::test]
async fn two_product_lines_are_two_tracks() {
    let world = World::new().await;
    let mut client = world.marketing();
    let name = capture(&mut client, "two-lines").await;
    for line in ["", "services"] {
        let request = pb::QualifyLeadRequest {
            request_id: request_id(),
            lead: by_name(&name),
            product_line: line.into(),
            sales_ready: true,
        };
        client.qualify_lead(request).await.expect("qualified");
    }
    let found = read(&mut client, &name).await.lead.expect("the lead");
    let tracks: Vec<_> =
        found.tracks.iter().map(|track| (track.product_line.as_str(), track.stage())).collect();
    assert_eq!(tracks, [("default", pb::Stage::Mql), ("services", pb::Stage::Mql)]);
    assert_ne!(found.tracks[0].latest_handoff, found.tracks[1].latest_handoff);
    world.stop().await;
}
