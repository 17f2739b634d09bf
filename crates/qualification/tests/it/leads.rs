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
            record_ids: [("billing".to_owned(), " B-1 ".to_owned())].into(),
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
    assert_eq!(person.record_ids["billing"], "B-1");
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
    for reference in [
        Lead::Name(name.clone()),
        Lead::ExternalId("CRM-1".into()),
        Lead::RecordId(pb::RecordId { system: "billing".into(), id: "B-1 ".into() }),
        Lead::Email("ADA@lead.example".into()),
    ] {
        let request = pb::GetLeadRequest { lead: Some(pb::LeadRef { lead: Some(reference) }) };
        let found = client.get_lead(request).await.expect("found").into_inner();
        assert_eq!(found.lead.expect("the lead").name, name);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_lead_has_an_id_in_each_of_several_systems_of_record() {
    let world = World::new().await;
    let mut client = world.marketing();
    let with = |ids: &[(&str, &str)]| {
        let record_ids = ids.iter().map(|(system, id)| (system.to_string(), id.to_string())).collect();
        let person = pb::Person { record_ids, ..pb::Person::default() };
        capture_of(pb::Lead { person: Some(person), ..pb::Lead::default() })
    };
    // One is enough to be known by (R7).
    let first = client.capture_lead(with(&[("billing", "1")])).await.expect("captured").into_inner();
    let name = first.lead.expect("the lead").name;
    let second = with(&[("billing", "1"), ("warehouse", "W-1"), ("automation", " ")]);
    let second = client.capture_lead(second).await.expect("captured").into_inner();
    assert!(!second.created);
    let third = client.capture_lead(with(&[("warehouse", "1")])).await.expect("captured").into_inner();
    assert!(third.created, "the same id in another system is another's");
    let by = |system: &str, id: &str| {
        let id = pb::RecordId { system: system.into(), id: id.into() };
        Some(pb::LeadRef { lead: Some(pb::lead_ref::Lead::RecordId(id)) })
    };
    let request = pb::GetLeadRequest { lead: by("warehouse", "W-1") };
    let lead = client.get_lead(request).await.expect("found").into_inner().lead.expect("the lead");
    assert_eq!(lead.name, name);
    let ids: Vec<_> = lead.person.expect("who it is").record_ids.into_iter().collect();
    assert_eq!(ids, [("billing".into(), "1".into()), ("warehouse".into(), "W-1".into())]);
    let qualified = pb::QualifyLeadRequest {
        request_id: request_id(),
        lead: by("billing", "1"),
        ..pb::QualifyLeadRequest::default()
    };
    let handoff = client.qualify_lead(qualified).await.expect("qualified").into_inner().handoff;
    assert_eq!(handoff.expect("a handoff").lead, name);

    // Merged, both go on finding the person, which shows its own id first and what it lacked of the other's.
    let merged = pb::MergeLeadsRequest {
        request_id: request_id(),
        survivor: by("billing", "1"),
        duplicate: by("warehouse", "1"),
        ..pb::MergeLeadsRequest::default()
    };
    client.merge_leads(merged).await.expect("merged");
    let request = pb::GetLeadRequest { lead: by("warehouse", "1") };
    let lead = client.get_lead(request).await.expect("found").into_inner().lead.expect("the lead");
    assert_eq!((lead.name, lead.person.expect("who it is").record_ids["warehouse"].as_str()), (name, "W-1"));
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
async fn a_lead_takes_the_address_and_the_record_id_that_another_gave_up() {
    let world = World::new().await;
    let mut client = world.marketing();
    let with = |external_id: &str, email: &str, record_id: &str| {
        let person = pb::Person {
            external_id: external_id.into(),
            email: email.into(),
            record_ids: [("billing".into(), record_id.into())].into(),
            ..pb::Person::default()
        };
        capture_of(pb::Lead { person: Some(person), ..pb::Lead::default() })
    };
    client.capture_lead(with("one", "x@lead.example", "X")).await.expect("captured");
    client.capture_lead(with("one", "y@lead.example", "Y")).await.expect("moved");
    let other = client.capture_lead(with("two", "x@lead.example", "X")).await.expect("captured").into_inner();
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
