//! What CatalogueService refuses, and a lead whose values are none: code, message and fields with the way out, as snapshots.

use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::import_request::Subject;
use handoff_proto::qualification::v1::import_response::Result as Outcome;
use handoff_runtime::client::Caller;
use tonic::{Code, Status};

use super::{attributes, capture, dollars, mia, put_attribute, put_rate, put_type, shops, types, visited};
use crate::harness::{World, lead, told};

fn check<T: std::fmt::Debug>(name: &str, answer: Result<T, Status>) {
    insta::assert_snapshot!(name.to_owned(), told(&answer.expect_err(name)));
}

#[tokio::test]
async fn every_broken_rule_of_a_request_is_told_at_once() {
    let world = World::new().await;
    let mut client = mia(&world);
    check("invalid_put_nothing", client.put_attribute(pb::PutAttributeRequest::default()).await);
    let wrong = pb::Attribute { key: "Shoe size".into(), ..pb::Attribute::default() };
    check("invalid_put_attribute", put_attribute(&mut client, wrong).await);
    let wrong = pb::ActivityType {
        r#type: "visit".into(),
        label: String::new(),
        properties: [("A name".to_owned(), 1), ("minutes".to_owned(), 99)].into(),
    };
    check("invalid_put_activity_type", put_type(&mut client, wrong).await);
    let wrong = pb::CurrencyRate { to_currency_code: "euro".into(), ..dollars("27.03.2026", "1,1") };
    check("invalid_put_currency_rate", put_rate(&mut client, wrong).await);
    let list = pb::ListCurrencyRatesRequest { page_size: -1, page_token: "x".into() };
    check("invalid_list_currency_rates", client.list_currency_rates(list).await);
    world.stop().await;
}

#[tokio::test]
async fn what_was_signed_on_the_strength_of_a_type_keeps_it() {
    let world = World::new().await;
    let mut client = mia(&world);
    put_attribute(&mut client, pb::Attribute { sensitive: true, ..shops() }).await.expect("defined");
    let other = pb::Attribute {
        subject: pb::AttributeSubject::Person.into(),
        value_type: pb::ValueType::Text.into(),
        label: String::new(),
        ..shops()
    };
    check("attribute_that_becomes_another", put_attribute(&mut client, other).await);
    put_type(&mut client, visited(&[("minutes", pb::ValueType::Number)])).await.expect("declared");
    let other = visited(&[("shop", pb::ValueType::Text)]);
    check("activity_type_without_its_property", put_type(&mut client, other).await);
    let itself = pb::CurrencyRate { to_currency_code: "USD".into(), ..dollars("2026-03-01", "0") };
    check("rate_of_one_currency", put_rate(&mut client, itself).await);
    world.stop().await;
}

#[tokio::test]
async fn values_that_are_none_are_told_by_their_fields_and_never_repeated() {
    let world = World::new().await;
    let wrong = [("employees", "about CANARY"), ("annual_revenue", "CANARY"), ("nickname", "CANARY")];
    let refused = capture(&world, &wrong, &[]).await;
    let status = refused.as_ref().expect_err("no values");
    assert!(!told(status).contains("CANARY"), "{status:?}");
    check("capture_with_values_of_another_type", refused);
    let verified = capture(&world, &[("employees", "7")], &[("CANARY", 0)]).await;
    assert!(!told(verified.as_ref().expect_err("nothing of that name")).contains("CANARY"));
    check("capture_with_what_was_not_said_verified", verified);
    world.stop().await;
}

#[tokio::test]
async fn an_imported_lead_whose_values_are_none_is_refused_and_stops_no_other() {
    let world = World::new().await;
    let item = |name: &str, employees: &str| {
        let mut lead = lead(name);
        if let Some(person) = &mut lead.person {
            person.attributes = [("employees".to_owned(), employees.to_owned())].into();
        }
        pb::ImportRequest {
            source_key: name.to_owned(),
            subject: Some(Subject::Lead(lead)),
            ..pb::ImportRequest::default()
        }
    };
    let items = [item("ada", "many"), item("bob", "12")];
    let answers = world.marketing().import(tokio_stream::iter(items)).await.expect("a stream").into_inner();
    let mut answers = answers;
    let Some(Outcome::Refused(refused)) = answers.message().await.expect("an answer").expect("one").result
    else {
        panic!("the first has no number of employees")
    };
    let field = &refused.violations[0].field;
    assert_eq!(field, "lead.person.attributes.employees", "{refused:?}");
    let second = answers.message().await.expect("an answer").expect("another").result;
    assert!(matches!(second, Some(Outcome::Imported(_))), "{second:?}");
    world.stop().await;
}

#[tokio::test]
async fn a_tenant_does_not_see_what_another_calls_its_own() {
    let world = World::new().await;
    put_attribute(&mut mia(&world), shops()).await.expect("defined");
    put_type(&mut mia(&world), visited(&[])).await.expect("declared");
    put_rate(&mut mia(&world), dollars("2026-03-01", "0.9")).await.expect("set");
    world.create_tenant("other").await;
    let mut other = world.catalogue(Caller::user("other", "eve", Side::Marketing));
    assert_eq!((attributes(&mut other, 0).await.len(), types(&mut other, 0).await.len()), (26, 23));
    assert_eq!(super::rates(&mut other, 0).await, []);
    let mut nobody = world.catalogue(Caller::user("nowhere", "eve", Side::Marketing));
    let unknown = put_attribute(&mut nobody, shops()).await.expect_err("no such tenant");
    assert_eq!(unknown.code(), Code::NotFound);
    world.stop().await;
}
