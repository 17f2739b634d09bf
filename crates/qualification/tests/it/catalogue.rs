//! CatalogueService: a tenant's attributes, types of activity and rates (R8, R9, R13, R14), and what they mean for the leads
//! that are captured and the criteria that are drafted.

mod refused;

use handoff_domain::actor::Side;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::catalogue_service_client::CatalogueServiceClient;
use handoff_runtime::client::{Caller, Peer};
use prost_types::Timestamp;
use tonic::Status;

use crate::events::events;
use crate::harness::{World, lead, read, request_id};

type Client = CatalogueServiceClient<Peer>;

fn mia(world: &World) -> Client {
    world.catalogue(Caller::user("acme", "mia", Side::Marketing))
}

/// How many shops an organisation has.
fn shops() -> pb::Attribute {
    pb::Attribute {
        key: "shops".into(),
        subject: pb::AttributeSubject::Organisation.into(),
        value_type: pb::ValueType::Number.into(),
        sensitive: false,
        label: "Number of shops".into(),
    }
}

fn visited(properties: &[(&str, pb::ValueType)]) -> pb::ActivityType {
    let properties = properties.iter().map(|(name, of)| ((*name).to_owned(), (*of).into())).collect();
    pb::ActivityType { r#type: "SHOP_VISITED".into(), label: "Shop visited".into(), properties }
}

fn dollars(date: &str, rate: &str) -> pb::CurrencyRate {
    pb::CurrencyRate {
        from_currency_code: "USD".into(),
        to_currency_code: "EUR".into(),
        effective_date: date.into(),
        rate: rate.into(),
    }
}

async fn put_attribute(client: &mut Client, attribute: pb::Attribute) -> Result<pb::Attribute, Status> {
    let request = pb::PutAttributeRequest { request_id: request_id(), attribute: Some(attribute) };
    client.put_attribute(request).await.map(|answer| answer.into_inner().attribute.expect("the attribute"))
}

async fn put_type(client: &mut Client, declared: pb::ActivityType) -> Result<pb::ActivityType, Status> {
    let request = pb::PutActivityTypeRequest { request_id: request_id(), activity_type: Some(declared) };
    client.put_activity_type(request).await.map(|answer| answer.into_inner().activity_type.expect("the type"))
}

async fn put_rate(client: &mut Client, rate: pb::CurrencyRate) -> Result<pb::CurrencyRate, Status> {
    let request = pb::PutCurrencyRateRequest { request_id: request_id(), currency_rate: Some(rate) };
    client.put_currency_rate(request).await.map(|answer| answer.into_inner().currency_rate.expect("the rate"))
}

async fn attributes(client: &mut Client, page_size: i32) -> Vec<pb::Attribute> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListAttributesRequest { page_size, page_token };
        let page = client.list_attributes(request).await.expect("a page").into_inner();
        all.extend(page.attributes);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

async fn types(client: &mut Client, page_size: i32) -> Vec<pb::ActivityType> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListActivityTypesRequest { page_size, page_token };
        let page = client.list_activity_types(request).await.expect("a page").into_inner();
        all.extend(page.activity_types);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

async fn rates(client: &mut Client, page_size: i32) -> Vec<pb::CurrencyRate> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListCurrencyRatesRequest { page_size, page_token };
        let page = client.list_currency_rates(request).await.expect("a page").into_inner();
        all.extend(page.currency_rates);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

/// Captures a lead with attributes, as far as that is possible.
async fn capture(
    world: &World,
    attributes: &[(&str, &str)],
    verified: &[(&str, i64)],
) -> Result<pb::Person, Status> {
    let mut described = lead("lea");
    if let Some(person) = &mut described.person {
        person.attributes =
            attributes.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let time = |seconds| Timestamp { seconds, nanos: 0 };
        person.verify_times =
            verified.iter().map(|(name, seconds)| ((*name).to_owned(), time(*seconds))).collect();
    }
    let request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(described),
        ..pb::CaptureLeadRequest::default()
    };
    let mut client = world.marketing();
    let captured = client.capture_lead(request).await?.into_inner().lead.expect("the lead");
    // What is answered from the batch is what is kept.
    assert_eq!(read(&mut client, &captured.name).await.lead.as_ref(), Some(&captured));
    Ok(captured.person.expect("who it is"))
}

#[tokio::test]
async fn every_tenant_has_the_standard_vocabulary_and_adds_its_own() {
    let world = World::new().await;
    let mut client = mia(&world);
    let (standard, declared) = (attributes(&mut client, 0).await, types(&mut client, 0).await);
    assert_eq!((standard.len(), declared.len()), (26, 23));
    assert_eq!(rates(&mut client, 0).await, []);

    assert_eq!(put_attribute(&mut client, shops()).await.expect("defined"), shops());
    let visited = visited(&[("minutes", pb::ValueType::Number)]);
    assert_eq!(put_type(&mut client, visited.clone()).await.expect("declared"), visited);
    assert_eq!(put_rate(&mut client, dollars("2026-03-01", "0.90")).await.expect("set").rate, "0.9");
    let renamed = pb::Attribute { label: "Staff".into(), ..standard[12].clone() };
    put_attribute(&mut client, renamed.clone()).await.expect("renamed");

    let mut expected = standard;
    expected[12] = renamed;
    expected.push(shops());
    expected.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(attributes(&mut client, 7).await, expected);
    let mut expected = declared;
    expected.push(visited);
    expected.sort_by(|one, other| one.r#type.cmp(&other.r#type));
    assert_eq!(types(&mut client, 7).await, expected);
    world.stop().await;
}

#[tokio::test]
async fn what_is_so_already_is_no_event_and_a_repeat_gets_the_same_answer() {
    let world = World::new().await;
    let mut client = mia(&world);
    let id = request_id();
    for _ in 0..2 {
        let request = pb::PutAttributeRequest { request_id: id.clone(), attribute: Some(shops()) };
        let answer = client.put_attribute(request).await.expect("defined").into_inner();
        assert_eq!(answer.attribute, Some(shops()));
        let request =
            pb::PutActivityTypeRequest { request_id: id_of(&id, "1"), activity_type: Some(visited(&[])) };
        let answer = client.put_activity_type(request).await.expect("declared").into_inner();
        assert_eq!(answer.activity_type, Some(visited(&[])));
        let rate = dollars("2026-03-01", "0.9");
        let request =
            pb::PutCurrencyRateRequest { request_id: id_of(&id, "2"), currency_rate: Some(rate.clone()) };
        let answer = client.put_currency_rate(request).await.expect("set").into_inner();
        assert_eq!(answer.currency_rate, Some(rate));
    }
    put_attribute(&mut client, shops()).await.expect("so already");
    put_type(&mut client, visited(&[])).await.expect("so already");
    put_rate(&mut client, dollars("2026-03-01", "0.900")).await.expect("so already");
    let facts: Vec<Fact> =
        events(&world).await.into_iter().filter_map(|event| event.payload?.fact).skip(5).collect();
    let [Fact::AttributeChanged(attribute), Fact::ActivityTypeChanged(declared), Fact::RateSet(rate)] =
        facts.as_slice()
    else {
        panic!("{facts:?}")
    };
    assert_eq!(attribute.attribute, Some(shops()));
    assert_eq!(declared.activity_type, Some(visited(&[])));
    assert_eq!(rate.currency_rate, Some(dollars("2026-03-01", "0.9")));
    world.stop().await;
}

/// Another request id.
fn id_of(id: &str, with: &str) -> String {
    format!("{with}{}", &id[1..])
}

#[tokio::test]
async fn rates_are_listed_by_currencies_and_day_and_the_last_word_counts() {
    let world = World::new().await;
    let mut client = mia(&world);
    let pounds = pb::CurrencyRate { from_currency_code: "GBP".into(), ..dollars("2026-01-01", "1.15") };
    let all =
        [pounds, dollars("2025-12-01", "0.91"), dollars("2026-01-01", "0.92"), dollars("2026-02-01", "0.93")];
    for rate in all.iter().rev() {
        put_rate(&mut client, rate.clone()).await.expect("set");
    }
    for page_size in [1, 2, 4, 0] {
        assert_eq!(rates(&mut client, page_size).await, all);
    }
    put_rate(&mut client, dollars("2026-01-01", "0.925")).await.expect("set right");
    assert_eq!(rates(&mut client, 0).await[2].rate, "0.925");
    world.stop().await;
}

#[tokio::test]
async fn a_leads_values_are_kept_as_the_catalogue_says() {
    let world = World::new().await;
    let before = capture(&world, &[("shops", "a few"), ("nickname", "Lea")], &[]).await.expect("captured");
    assert_eq!(before.attributes["shops"], "a few", "free text: nobody has defined it");

    put_attribute(&mut mia(&world), shops()).await.expect("defined");
    let after =
        capture(&world, &[("shops", "7.0")], &[("shops", 1_700_000_000), ("email", 1_700_000_001)]).await;
    let after = after.expect("captured");
    assert_eq!((after.attributes["shops"].as_str(), after.attributes["nickname"].as_str()), ("7", "Lea"));
    assert_eq!(after.verify_times["shops"].seconds, 1_700_000_000);

    let newer = capture(&world, &[("shops", "8")], &[]).await.expect("captured");
    let names: Vec<_> = newer.verify_times.keys().map(String::as_str).collect();
    assert_eq!(names, ["email"], "nobody has made sure of the new number");
    world.stop().await;
}

#[tokio::test]
async fn criteria_about_the_tenants_own_attributes_are_drafted_and_read_again() {
    let world = World::new().await;
    put_attribute(&mut mia(&world), shops()).await.expect("defined");
    let criterion = pb::Criterion {
        key: "enough_shops".into(),
        label: "At least five shops".into(),
        attribute: "shops".into(),
        predicate: Some(pb::Predicate {
            test: Some(pb::predicate::Test::Range(pb::Range { min: "5".into(), ..pb::Range::default() })),
        }),
        on_unknown: pb::UnknownPolicy::Block.into(),
        role: Some(pb::criterion::Role::Gate(pb::Gate {})),
        ..pb::Criterion::default()
    };
    let set = pb::CriteriaSet { kind: pb::LeadKind::B2b.into(), criteria: vec![criterion] };
    let content = Some(pb::VersionContent { content: Some(pb::version_content::Content::CriteriaSet(set)) });
    let mut versions = world.versions(Caller::user("acme", "mia", Side::Marketing));
    let request = pb::DraftVersionRequest {
        request_id: request_id(),
        subject: "criteria-sets/b2b".into(),
        content: content.clone(),
    };
    for _ in 0..2 {
        // The second time it is known by its request id, and read from what is kept.
        let drafted = versions.draft_version(request.clone()).await.expect("drafted").into_inner();
        assert!(!drafted.unchanged);
    }
    let name = "criteria-sets/b2b/versions/1".to_owned();
    let request = pb::GetVersionRequest { name: name.clone() };
    assert_eq!(versions.get_version(request).await.expect("a version").into_inner().content, content);
    // The next command about it reads it in its batch.
    let request = pb::SubmitVersionRequest { request_id: request_id(), name };
    versions.submit_version(request).await.expect("submitted");
    world.stop().await;
}
