//! Calling a service that speaks TLS: by a certificate alone, and what is told where it does not come about. Every caller is
//! one that connects with its first call, as services do.

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use handoff_runtime::client::Caller;
use handoff_runtime::config::{IdentityConfig, PeerConfig, ServiceConfig};
use rcgen::SanType;
use tempfile::TempDir;
use tonic::{Code, Status};

use crate::sources::{Authority, LIST};
use crate::stub::{Client, NOWHERE, World, head};

struct Mesh {
    authority: Authority,
    folder: TempDir,
}

impl Mesh {
    fn new() -> Self {
        Self { authority: Authority::new(), folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, text: &str) -> Option<PathBuf> {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        Some(path)
    }

    /// A service whose certificate is for `name`.
    async fn serve(&self, name: SanType) -> World {
        let (certificate, key) = self.authority.certify(name);
        let identity = IdentityConfig {
            insecure_dev: false,
            tls_certificate: self.file("tls.crt", &certificate),
            tls_key: self.file("tls.key", &key),
            tls_client_authority: self.file("ca.crt", &self.authority.pem),
            workloads: self.file("workloads.toml", LIST),
            ..IdentityConfig::insecure()
        };
        World::with(ServiceConfig { identity, ..ServiceConfig::on_loopback(NOWHERE) }).await
    }

    /// A caller that believes this authority and has a certificate of it.
    fn sla(&self) -> PeerConfig {
        let uri = SanType::URI("spiffe://mesh/ns/handoff/sa/sla".try_into().unwrap());
        let (certificate, key) = self.authority.certify(uri);
        PeerConfig {
            token_file: None,
            peer_authority: self.file("peers.crt", &self.authority.pem),
            peer_certificate: self.file("sla.crt", &certificate),
            peer_key: self.file("sla.key", &key),
        }
    }
}

fn here() -> SanType {
    SanType::IpAddress(Ipv4Addr::LOCALHOST.into())
}

async fn who(endpoint: &str, config: &PeerConfig) -> Status {
    // What the caller says of itself counts for nothing.
    let caller = Caller::service("somebody");
    let peer = config.open().unwrap().connect_lazy(endpoint, &caller).unwrap();
    head(&mut Client::new(peer), "who").await.unwrap_err()
}

fn refused(status: &Status, told: &str) {
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(status.message().contains(told), "{told}: {status:?}");
}

#[tokio::test]
async fn a_service_proves_itself_by_its_certificate_alone() {
    let mesh = Mesh::new();
    let world = mesh.serve(here()).await;
    let endpoint = world.running.endpoint();
    assert!(endpoint.starts_with("https://"), "{endpoint}");
    let answer = who(&endpoint, &mesh.sla()).await;
    assert_eq!(answer.code(), Code::Unknown, "{answer:?}");
    assert!(answer.message().contains("services/sla"), "{answer:?}");
}

#[tokio::test]
async fn without_a_certificate_nobody_gets_in_and_is_told_why() {
    let mesh = Mesh::new();
    let world = mesh.serve(here()).await;
    let bare = PeerConfig { peer_certificate: None, peer_key: None, ..mesh.sla() };
    refused(&who(&world.running.endpoint(), &bare).await, "--peer-certificate");
    // One of somebody else's is none.
    let (certificate, key) = Authority::new().certify(here());
    let foreign = PeerConfig {
        peer_certificate: mesh.file("foreign.crt", &certificate),
        peer_key: mesh.file("foreign.key", &key),
        ..mesh.sla()
    };
    assert_eq!(who(&world.running.endpoint(), &foreign).await.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_service_that_is_not_who_it_should_be_is_not_called() {
    let mesh = Mesh::new();
    let world = mesh.serve(here()).await;
    let other = PeerConfig { peer_authority: mesh.file("others.crt", &Authority::new().pem), ..mesh.sla() };
    refused(&who(&world.running.endpoint(), &other).await, "certificate");
    // The right authority, and a certificate for another name.
    let elsewhere = mesh.serve(SanType::DnsName("elsewhere".try_into().unwrap())).await;
    refused(&who(&elsewhere.running.endpoint(), &mesh.sla()).await, "certificate");
}

#[tokio::test]
async fn where_one_side_speaks_tls_and_the_other_does_not_it_is_said() {
    let mesh = Mesh::new();
    let secure = mesh.serve(here()).await;
    let address = secure.running.address;
    refused(&who(&format!("http://{address}"), &PeerConfig::default()).await, "begins with https://");
    let plain = World::start().await;
    let address = plain.running.address;
    refused(&who(&format!("https://{address}"), &mesh.sla()).await, "begins with http://");
}
