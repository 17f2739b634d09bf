//! Time runs out: the server says so itself, with the status that means it.

use std::time::Duration;

use tonic::{Code, Request};
use tonic_types::StatusExt;

use crate::raw::{self, HEAD, IDENTITY, SUBSCRIBE};
use crate::stub::{World, head, subscription};

fn within(timeout: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut headers = IDENTITY.to_vec();
    headers.push(("grpc-timeout", timeout));
    headers
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_answered_deadline_exceeded_by_the_server() {
    let world = World::start().await;
    let status = raw::call(world.running.address, HEAD, &within("50m"), raw::head_of("never")).await;
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    assert_eq!(status.get_details_error_info().unwrap().reason, "DEADLINE_EXCEEDED");
    assert!(status.get_details_request_info().is_some());
}

#[tokio::test]
async fn a_hundred_calls_never_hear_cancelled() {
    let world = World::start().await;
    for _ in 0..100 {
        let status = raw::call(world.running.address, HEAD, &within("1m"), raw::head_of("never")).await;
        assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    }
}

#[tokio::test]
async fn a_stream_ends_at_its_callers_deadline() {
    let world = World::start().await;
    let status = raw::call(world.running.address, SUBSCRIBE, &within("50m"), raw::no_cursors()).await;
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
}

#[tokio::test]
async fn a_timeout_that_cannot_be_read_is_refused() {
    let world = World::start().await;
    let status = raw::call(world.running.address, HEAD, &within("5 minutes"), raw::head_of("")).await;
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, "grpc-timeout");
}

#[tokio::test]
async fn our_client_hears_deadline_exceeded_too() {
    let world = World::start().await;
    let mut client = world.client().await;
    let mut request =
        Request::new(handoff_proto::event::v1::GetLogHeadRequest { tenant_uid: "never".into() });
    request.set_timeout(Duration::from_millis(50));
    let status = client.get_log_head(request).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    assert_eq!(head(&mut client, "").await.unwrap(), 7, "the connection is as good as before");
}

#[tokio::test]
async fn a_stream_without_a_deadline_goes_on() {
    let world = World::start().await;
    world.stub.scripts.lock().unwrap().push_back(vec![]);
    let mut client = world.client().await;
    let mut stream = client.subscribe_events(subscription("x")).await.unwrap().into_inner();
    let waited = tokio::time::timeout(Duration::from_millis(100), stream.message()).await;
    assert!(waited.is_err(), "{waited:?}");
}
