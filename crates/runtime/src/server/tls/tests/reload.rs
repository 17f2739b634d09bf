//! Files that change under a running server.

use std::time::Duration;

use tokio::time::Instant;
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::authority::{Authority, Leaf};
use super::wire::{Client, World, certificate, check_serves};
use crate::clock;
use crate::server::tls::{LOOK, TlsError};

/// The certificate that the server shows to a new connection.
async fn shown(world: &World) -> CertificateDer<'static> {
    world.client().health(world.served.address).await.0
}

#[tokio::test]
async fn new_connections_get_the_new_certificate_and_old_ones_go_on() {
    let mut world = World::start();
    let (old, mut health) = world.client().health(world.served.address).await;
    check_serves(&mut health).await;
    assert!(!world.tls.reload().unwrap(), "nothing has changed");

    let new = world.authority.server();
    world.directory.swap(&new.certificate, &new.key, &world.authority.certificate);
    assert_eq!(shown(&world).await, old, "not looked at yet");
    assert!(world.tls.reload().unwrap());
    assert!(!world.tls.reload().unwrap(), "once is enough");
    assert_eq!(shown(&world).await, certificate(&new.certificate));
    assert_ne!(shown(&world).await, old);
    check_serves(&mut health).await;
}

#[tokio::test]
async fn a_new_authority_lets_in_its_clients_and_no_others() {
    let mut world = World::start();
    let (old, mut standing) = (world.client(), world.client().health(world.served.address).await.1);
    assert!(!old.is_refused(world.served.address).await);
    let (server, next) = (world.authority.server(), Authority::new());
    let new = Client::new(&world.authority.certificate, Some(&next.client(Leaf::default())));
    world.check_refused(&new, "not of our authority yet").await;

    // Both, as it is done while clients change over.
    let both = format!("{}{}", world.authority.certificate, next.certificate);
    world.directory.swap(&server.certificate, &server.key, &both);
    assert!(world.tls.reload().unwrap());
    for client in [&old, &new] {
        assert!(!client.is_refused(world.served.address).await);
    }

    world.directory.swap(&server.certificate, &server.key, &next.certificate);
    assert!(world.tls.reload().unwrap());
    world.check_refused(&old, "no longer of our authority").await;
    assert!(!new.is_refused(world.served.address).await);
    check_serves(&mut standing).await;
}

#[tokio::test]
async fn a_half_written_set_leaves_the_old_one() {
    let mut world = World::start();
    let old = shown(&world).await;
    let (new, authority) = (world.authority.server(), world.authority.certificate.clone());
    let other = world.authority.server();
    let half = |text: &str| text[..text.len() / 2].to_owned();
    for (what, certificate, key, client_authority) in [
        ("the key is not there yet", new.certificate.clone(), other.key.clone(), authority.clone()),
        ("the certificate is not there yet", other.certificate.clone(), new.key.clone(), authority.clone()),
        ("half a certificate", half(&new.certificate), new.key.clone(), authority.clone()),
        ("half a key", new.certificate.clone(), half(&new.key), authority.clone()),
        ("half an authority", new.certificate.clone(), new.key.clone(), half(&authority)),
        ("an empty key", new.certificate.clone(), String::new(), authority.clone()),
        ("an empty authority", new.certificate.clone(), new.key.clone(), String::new()),
    ] {
        world.directory.swap(&certificate, &key, &client_authority);
        for _ in 0..2 {
            assert!(world.tls.reload().is_err(), "{what}");
        }
        assert_eq!(shown(&world).await, old, "{what}");
    }
    std::fs::remove_file(world.directory.path("tls.key")).unwrap();
    assert!(matches!(world.tls.reload(), Err(TlsError::Unreadable { .. })));
    assert_eq!(shown(&world).await, old);
    std::os::unix::fs::symlink("..data/tls.key", world.directory.path("tls.key")).unwrap();

    world.directory.swap(&new.certificate, &new.key, &authority);
    assert!(world.tls.reload().unwrap());
    assert_eq!(shown(&world).await, certificate(&new.certificate));
}

#[tokio::test]
async fn a_server_looks_every_ten_seconds_and_gets_over_what_it_refuses() {
    let mut world = World::start();
    let (new, root) = (world.authority.server(), world.authority.certificate.clone());
    let newer = world.authority.server();
    let taken = |world: &World| *world.tls.0.taken.lock().unwrap();
    let first = taken(&world);
    // No connection is made while the clock stands still: it leaps to the next look as soon as nobody works.
    tokio::time::pause();
    let began = Instant::now();
    let watch = tokio::spawn(world.tls.clone().watch(LOOK));
    let until = |seconds: u64| clock::sleep_until(began + Duration::from_secs(seconds));

    world.directory.swap(&new.certificate, &new.key, &root);
    until(9).await;
    assert_eq!(taken(&world), first, "it is not time yet");
    until(11).await;
    let second = taken(&world);
    assert_ne!(second, first);
    world.directory.swap(&newer.certificate, "", &root);
    until(31).await;
    assert_eq!(taken(&world), second, "it does not fit together");
    world.directory.swap(&newer.certificate, &newer.key, &root);
    until(41).await;
    assert_ne!(taken(&world), second);

    tokio::time::resume();
    assert_eq!(shown(&world).await, certificate(&newer.certificate));
    watch.abort();
}
