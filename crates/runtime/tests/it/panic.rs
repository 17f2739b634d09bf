//! A defect in one call is that call's alone.

use tonic::Code;
use tonic_types::StatusExt;

use crate::stub::{World, head, subscription};

#[tokio::test]
async fn a_panic_is_answered_internal_and_hurts_no_other_call() {
    let world = World::start().await;
    let mut client = world.client().await;
    let status = head(&mut client, "panic").await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Internal, "internal error"));
    assert!(!status.get_details_request_info().unwrap().request_id.is_empty());
    assert_eq!(head(&mut client, "").await.unwrap(), 7);
}

#[tokio::test]
async fn a_panic_in_a_stream_ends_it_with_internal() {
    let world = World::start().await;
    let mut client = world.client().await;
    let mut stream = client.subscribe_events(subscription("panic")).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap_err().code(), Code::Internal);
    assert_eq!(head(&mut client, "").await.unwrap(), 7);
}
