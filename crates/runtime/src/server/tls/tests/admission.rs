//! Who is let in, and who they are then.

use rcgen::ExtendedKeyUsagePurpose;
use tokio_rustls::rustls::HandshakeKind;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tonic::transport::Endpoint;

use super::authority::{Authority, Leaf, WEB};
use super::wire::{Client, Health, Served, World, check_serves};
use crate::server::tls::plain;

#[tokio::test]
async fn a_client_of_the_authority_is_let_in_and_its_workload_seen() {
    let world = World::start();
    for version in [&TLS13, &TLS12] {
        let pair = world.authority.client(Leaf::default());
        let client = Client::of(&world.authority.certificate, Some(&pair), &[version]);
        let (_, mut health) = client.health(world.served.address).await;
        check_serves(&mut health).await;
        check_serves(&mut health).await;
        let seen = world.served.seen();
        assert_eq!(seen.len(), 2);
        for remote in seen {
            assert_eq!(remote.workload, Some(WEB.parse().unwrap()), "{version:?}");
            assert!(remote.address.is_some_and(|address| address.ip().is_loopback()));
        }
    }
    assert_eq!(world.tls.refused(), 0);
}

#[tokio::test]
async fn only_one_uri_that_is_a_spiffe_id_names_a_workload() {
    let world = World::start();
    for uris in [
        &[][..],
        &["https://example.org/web"],
        &["spiffe://example.org/web", "spiffe://example.org/admin"],
        &["spiffe://example.org/web", "spiffe://example.org/web"],
        &["spiffe://example.org/web", "https://example.org/web"],
        &["spiffe://Example.org/web"],
        &["spiffe://example.org/web/../admin"],
        &["spiffe://example.org/web?a=b"],
    ] {
        let pair = world.authority.client(Leaf { uris, ..Leaf::default() });
        let client = Client::new(&world.authority.certificate, Some(&pair));
        let (_, mut health) = client.health(world.served.address).await;
        check_serves(&mut health).await;
        let seen = world.served.seen();
        assert_eq!((seen.len(), &seen[0].workload), (1, &None), "{uris:?}");
    }
}

#[tokio::test]
async fn a_client_without_a_good_certificate_is_refused() {
    let world = World::start();
    let (own, other) = (&world.authority, Authority::new());
    let refused = [
        ("none", None),
        ("of another authority by the same name", Some(other.client(Leaf::default()))),
        ("expired", Some(own.client(Leaf { years: (2020, 2021), ..Leaf::default() }))),
        ("not valid yet", Some(own.client(Leaf { years: (2048, 2049), ..Leaf::default() }))),
        (
            "for servers only",
            Some(own.client(Leaf { usage: ExtendedKeyUsagePurpose::ServerAuth, ..Leaf::default() })),
        ),
    ];
    for (why, pair) in &refused {
        for version in [&TLS13, &TLS12] {
            let client = Client::of(&own.certificate, pair.as_ref(), &[version]);
            world.check_refused(&client, why).await;
        }
    }
    assert!(!world.client().is_refused(world.served.address).await, "a good one, to compare with");
}

#[tokio::test]
async fn a_client_that_does_not_offer_http2_is_refused() {
    let world = World::start();
    for protocols in [&["http/1.1"][..], &[]] {
        world.check_refused(&world.client().offering(protocols), &format!("{protocols:?}")).await;
    }
    assert!(!world.client().offering(&["http/1.1", "h2"]).is_refused(world.served.address).await);
}

#[tokio::test]
async fn plain_text_is_refused() {
    let world = World::start();
    let endpoint = Endpoint::from_shared(format!("http://{}", world.served.address)).unwrap();
    let mut health = Health::new(endpoint.connect_lazy());
    assert!(health.check(tonic_health::pb::HealthCheckRequest::default()).await.is_err());
    assert!(world.tls.refused() > 0 && world.served.seen().is_empty());
}

#[tokio::test]
async fn a_session_is_never_resumed() {
    let world = World::start();
    for version in [&TLS13, &TLS12] {
        let pair = world.authority.client(Leaf::default());
        let client = Client::of(&world.authority.certificate, Some(&pair), &[version]);
        for _ in 0..2 {
            assert!(!client.is_refused(world.served.address).await);
            let stream = client.connect(world.served.address).await.unwrap();
            assert_eq!(stream.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
        }
    }
}

#[tokio::test]
async fn in_plain_text_there_is_an_address_and_no_workload() {
    let served = Served::start(plain);
    let endpoint = Endpoint::from_shared(format!("http://{}", served.address)).unwrap();
    let mut health = Health::new(endpoint.connect().await.unwrap());
    check_serves(&mut health).await;
    let [remote] = served.seen().try_into().unwrap();
    assert!(remote.address.is_some_and(|address| address.ip().is_loopback()));
    assert_eq!(remote.workload, None);
}
