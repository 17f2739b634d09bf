//! Who calls: told by headers, before anything else is looked at.

use std::net::SocketAddr;

use handoff_runtime::config::ServiceConfig;
use tonic::Code;

use crate::raw::{self, HEAD, IDENTITY};
use crate::stub::{NOWHERE, World, head};

async fn check_unauthenticated(address: SocketAddr, headers: &[(&str, &str)], named: &str) {
    // A body that cannot be decoded: the refusal must come first.
    let status = raw::call(address, HEAD, headers, vec![0xff; 8]).await;
    assert_eq!(status.code(), Code::Unauthenticated, "{status:?}");
    assert!(status.message().contains(named), "{}", status.message());
}

#[tokio::test]
async fn a_missing_or_invalid_header_is_named() {
    let world = World::start().await;
    let [tenant, user, side] = IDENTITY;
    let address = world.running.address;
    check_unauthenticated(address, &[], "handoff-user").await;
    check_unauthenticated(address, &[user, side], "handoff-tenant").await;
    check_unauthenticated(address, &[tenant, side], "handoff-user").await;
    check_unauthenticated(address, &[tenant, user], "handoff-side").await;
    check_unauthenticated(address, &[tenant, user, ("handoff-side", "BOTH")], "handoff-side").await;
}

#[tokio::test]
async fn an_rpc_hears_who_called() {
    let world = World::start().await;
    let answer = head(&mut world.client().await, "who").await.unwrap_err();
    assert!(answer.message().contains("users/ada") && answer.message().contains("Sales"), "{answer:?}");
}

#[tokio::test]
async fn health_and_reflection_ask_for_no_identity() {
    const HEALTH: &str = "/grpc.health.v1.Health/Check";
    const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let mut config = ServiceConfig::on_loopback(NOWHERE);
    config.server.reflection = true;
    let open = World::with(config).await;
    assert_eq!(raw::call(open.running.address, HEALTH, &[], vec![]).await.code(), Code::Ok);
    // Field 7, list_services, with any text.
    let list = || vec![0x3a, 1, b'*'];
    assert_eq!(raw::call(open.running.address, REFLECTION, &[], list()).await.code(), Code::Ok);
    let closed = World::start().await;
    assert_eq!(raw::call(closed.running.address, REFLECTION, &[], list()).await.code(), Code::Unimplemented);
}
