//! Clients that say nothing. The clock stands still where the five seconds are waited for, so nobody sleeps.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::wire::{World, check_serves};
use crate::server::tls::HANDSHAKES;

#[tokio::test]
async fn a_silent_client_holds_up_nobody_and_is_dropped() {
    let world = World::start();
    let mut silent = TcpStream::connect(world.served.address).await.unwrap();
    let mut halting = TcpStream::connect(world.served.address).await.unwrap();
    // The beginning of a handshake record.
    halting.write_all(&[22, 3, 1]).await.unwrap();
    let (_, mut health) = world.client().health(world.served.address).await;
    check_serves(&mut health).await;
    assert_eq!(world.tls.refused(), 0);

    tokio::time::pause();
    let began = Instant::now();
    for stream in [&mut silent, &mut halting] {
        let end = stream.read(&mut [0; 1]).await;
        assert!(!matches!(end, Ok(1..)), "{end:?}");
    }
    // It was some way into its time already when the clock stopped.
    assert!(began.elapsed() <= Duration::from_millis(5_010), "{:?}", began.elapsed());
    assert!(began.elapsed() > Duration::from_secs(1), "{:?}", began.elapsed());
    tokio::time::resume();
    while world.tls.refused() < 2 {
        tokio::task::yield_now().await;
    }
    check_serves(&mut health).await;
}

#[tokio::test]
async fn more_than_the_most_handshakes_wait_for_their_turn() {
    let world = World::start();
    let mut silent = Vec::new();
    for _ in 0..HANDSHAKES {
        silent.push(TcpStream::connect(world.served.address).await.unwrap());
    }
    let (client, address) = (world.client(), world.served.address);
    let late = tokio::spawn(async move { client.is_refused(address).await });
    // Often enough for a handshake to be over, had it begun.
    for _ in 0..20_000 {
        tokio::task::yield_now().await;
    }
    assert!(!late.is_finished(), "it should wait");
    drop(silent.pop());
    assert!(!late.await.unwrap(), "it is let in as soon as there is room");
}
