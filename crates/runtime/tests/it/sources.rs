//! The ways to prove who one is, each through a whole server: tokens, the mesh's word, certificates. What each believes
//! in detail is tested beside its code; here it is what a caller is answered.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use handoff_runtime::clock;
use handoff_runtime::config::{IdentityConfig, ServiceConfig};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, SanType};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use tonic::Code;

use crate::raw::{self, HEAD, IDENTITY, head_of};
use crate::stub::{NOWHERE, World};

pub(crate) const LIST: &str = r#"
[[workload]]
id = "spiffe://mesh/ns/handoff/sa/sla"
principal = "services/sla"
side = "SYSTEM"
roles = ["SERVICE"]
tenants = "all"

[[workload]]
id = "web.shop.serviceaccount.identity.linkerd.cluster.local"
principal = "services/web"
side = "MARKETING"
roles = ["MEMBER", "READER"]
tenants = ["acme", "globex"]
"#;

/// An issuer with one key, and the folder where it publishes that.
struct TokenIssuer {
    key: Ed25519KeyPair,
    folder: TempDir,
}

impl TokenIssuer {
    fn new() -> Self {
        let (key, folder) = (Ed25519KeyPair::generate().unwrap(), tempfile::tempdir().unwrap());
        let x = URL_SAFE_NO_PAD.encode(key.public_key().as_ref());
        let keys = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "one", "x": x}]});
        fs::write(folder.path().join("keys.json"), keys.to_string()).unwrap();
        Self { key, folder }
    }

    fn config(&self) -> ServiceConfig {
        service(IdentityConfig {
            oidc_issuer: Some("https://issuer".into()),
            oidc_audience: Some("handoff".into()),
            oidc_keys: Some(self.folder.path().join("keys.json").to_string_lossy().parse().unwrap()),
            oidc_algorithms: vec!["EdDSA".parse().unwrap()],
            oidc_user_claim: "sub".into(),
            oidc_tenant_claim: "handoff_tenant".into(),
            oidc_side_claim: "handoff_side".into(),
            oidc_roles_claim: "realm_access.roles".into(),
            ..nobody()
        })
    }

    /// A token of Ada's with other claims where `changed` has them.
    fn bearer(&self, changed: Value) -> String {
        let mut claims = json!({
            "iss": "https://issuer", "aud": "handoff", "exp": clock::now().timestamp() + 600, "sub": "ada",
            "handoff_tenant": "acme", "handoff_side": "SALES", "realm_access": {"roles": ["READER", "offline_access"]},
        });
        claims.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let text = format!("{}.{}", encode(&json!({"alg": "EdDSA", "kid": "one"})), encode(&claims));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(text.as_bytes()).as_ref());
        format!("Bearer {text}.{signature}")
    }
}

fn nobody() -> IdentityConfig {
    IdentityConfig { insecure_dev: false, ..IdentityConfig::insecure() }
}

fn service(identity: IdentityConfig) -> ServiceConfig {
    ServiceConfig { identity, ..ServiceConfig::on_loopback(NOWHERE) }
}

/// Asks the server who it takes the caller for. What it says of the identity stands in the message of UNKNOWN.
async fn check(address: SocketAddr, headers: &[(&str, &str)], code: Code, told: &[&str]) {
    let status = raw::call(address, HEAD, headers, head_of("who")).await;
    assert_eq!(status.code(), code, "{headers:?}: {status:?}");
    for part in told {
        assert!(status.message().contains(part), "{headers:?}: {status:?}");
    }
}

#[tokio::test]
async fn a_token_says_who_calls_and_nothing_else_does() {
    let issuer = TokenIssuer::new();
    let world = World::with(issuer.config()).await;
    let address = world.running.address;
    let ada = issuer.bearer(json!({}));
    check(address, &[("authorization", &ada)], Code::Unknown, &["users/ada", "Sales"]).await;
    // The second time it is remembered, and still only the token's word counts.
    let [_, user, side] = [IDENTITY[0], ("handoff-user", "users/eve"), ("handoff-side", "SYSTEM")];
    check(address, &[("authorization", &ada), user, side], Code::Unknown, &["users/ada", "Sales"]).await;
    check(address, &IDENTITY, Code::Unauthenticated, &["access token"]).await;
    check(address, &[("authorization", &ada), ("authorization", &ada)], Code::Unauthenticated, &["twice"])
        .await;
    check(address, &[("authorization", "Basic YWRh")], Code::Unauthenticated, &["Bearer"]).await;
    let forged = TokenIssuer::new().bearer(json!({}));
    check(address, &[("authorization", &forged)], Code::Unauthenticated, &["signature"]).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_named_and_not_quoted() {
    let issuer = TokenIssuer::new();
    let world = World::with(issuer.config()).await;
    let past = clock::now().timestamp() - 61;
    for (changed, code, told) in [
        (json!({"exp": past}), Code::Unauthenticated, "expired"),
        (json!({"nbf": clock::now().timestamp() + 120}), Code::Unauthenticated, "not valid yet"),
        (json!({"iss": "https://elsewhere"}), Code::Unauthenticated, "issuer"),
        (json!({"aud": ["billing"]}), Code::Unauthenticated, "audience"),
        (json!({"sub": "Ada Lovelace"}), Code::Unauthenticated, "claim sub"),
        (json!({"handoff_side": "BOTH"}), Code::Unauthenticated, "claim handoff_side"),
        (json!({"handoff_tenant": "Acme Inc"}), Code::Unauthenticated, "claim handoff_tenant"),
        (json!({"handoff_tenant": null}), Code::Unauthenticated, "claim handoff_tenant"),
        (json!({"realm_access": {"roles": ["offline_access"]}}), Code::PermissionDenied, "READER"),
        (json!({"realm_access": null}), Code::PermissionDenied, "READER"),
        (json!({"realm_access": {"roles": ["OPERATOR"]}}), Code::PermissionDenied, "READER"),
    ] {
        let token = issuer.bearer(changed.clone());
        let status =
            raw::call(world.running.address, HEAD, &[("authorization", &token)], head_of("who")).await;
        assert_eq!(status.code(), code, "{changed}: {status:?}");
        assert!(status.message().contains(told), "{changed}: {status:?}");
        for content in ["Lovelace", "BOTH", "Acme Inc", "elsewhere", "billing"] {
            assert!(!status.message().contains(content), "{status:?}");
        }
    }
}

#[tokio::test]
async fn who_may_act_for_several_tenants_names_one_of_them() {
    let issuer = TokenIssuer::new();
    let world = World::with(issuer.config()).await;
    let address = world.running.address;
    let token = issuer.bearer(json!({"handoff_tenant": ["acme", "globex"], "sub": "services/billing"}));
    let bearer = ("authorization", token.as_str());
    check(address, &[bearer], Code::Unauthenticated, &["handoff-tenant"]).await;
    check(address, &[bearer, ("handoff-tenant", "globex")], Code::Unknown, &["services/billing"]).await;
    check(address, &[bearer, ("handoff-tenant", "umbrella")], Code::PermissionDenied, &[]).await;
    check(address, &[bearer, ("handoff-tenant", "")], Code::PermissionDenied, &[]).await;
}

#[tokio::test]
async fn a_mesh_is_believed_about_the_workloads_on_the_list() {
    const XFCC: &str = "x-forwarded-client-cert";
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("workloads.toml");
    fs::write(&list, LIST).unwrap();
    let mesh = |mesh: &str| {
        service(IdentityConfig {
            mesh: Some(mesh.parse().unwrap()),
            workloads: Some(list.clone()),
            ..nobody()
        })
    };

    let istio = World::with(mesh("istio")).await;
    let address = istio.running.address;
    let sla = "By=spiffe://mesh/ns/handoff/sa/qualification;Hash=ab;Subject=\"\";URI=spiffe://mesh/ns/handoff/sa/sla";
    check(address, &[(XFCC, sla)], Code::Unknown, &["services/sla", "System"]).await;
    // Those before the last are what the direct client told.
    let through = format!("URI=spiffe://mesh/ns/handoff/sa/sla,{}", sla.replace("sa/sla", "sa/gateway"));
    check(address, &[(XFCC, &through)], Code::Unauthenticated, &["sa/gateway", "list"]).await;
    check(address, &[(XFCC, sla), (XFCC, sla)], Code::Unauthenticated, &[]).await;
    check(address, &[(XFCC, "URI=spiffe://mesh/ns/handoff/sa/sla;URI=x")], Code::Unauthenticated, &[]).await;
    let crowd = format!("{}{sla}", "By=x,".repeat(64));
    check(address, &[(XFCC, &crowd)], Code::Unauthenticated, &[]).await;
    let web = "web.shop.serviceaccount.identity.linkerd.cluster.local";
    check(address, &[("l5d-client-id", web)], Code::Unauthenticated, &[]).await;
    check(address, &[], Code::Unauthenticated, &["mesh"]).await;
    check(address, &IDENTITY, Code::Unauthenticated, &["mesh"]).await;

    let linkerd = World::with(mesh("linkerd")).await;
    let address = linkerd.running.address;
    let acme = ("handoff-tenant", "acme");
    check(address, &[("l5d-client-id", web), acme], Code::Unknown, &["services/web", "Marketing"]).await;
    check(address, &[("l5d-client-id", web)], Code::Unauthenticated, &["handoff-tenant"]).await;
    check(address, &[("l5d-client-id", web), ("handoff-tenant", "umbrella")], Code::PermissionDenied, &[])
        .await;
    check(address, &[(XFCC, sla), acme], Code::Unauthenticated, &[]).await;
}

/// An authority, and files with a server's certificate of it.
pub(crate) struct Authority {
    issuer: Issuer<'static, rcgen::KeyPair>,
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    pub(crate) fn certify(&self, name: SanType) -> (String, String) {
        let mut params = CertificateParams::default();
        params.subject_alt_names.push(name);
        let key = rcgen::KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

#[tokio::test]
async fn a_certificate_says_which_workload_calls() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let (certificate, key) = authority.certify(SanType::DnsName("localhost".try_into().unwrap()));
    let config = service(IdentityConfig {
        tls_certificate: Some(file("tls.crt", &certificate)),
        tls_key: Some(file("tls.key", &key)),
        tls_client_authority: Some(file("ca.crt", &authority.pem)),
        workloads: Some(file("workloads.toml", LIST)),
        ..nobody()
    });
    let world = World::with(config).await;

    for (uri, code, told) in [
        ("spiffe://mesh/ns/handoff/sa/sla", Code::Unknown, "services/sla"),
        ("spiffe://mesh/ns/handoff/sa/eve", Code::Unauthenticated, "sa/eve"),
        ("https://mesh/ns/handoff/sa/sla", Code::Unauthenticated, "SPIFFE"),
    ] {
        let (certificate, key) = authority.certify(SanType::URI(uri.try_into().unwrap()));
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
        let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
        let mut client = ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap())
            .unwrap();
        client.alpn_protocols = vec![b"h2".to_vec()];
        let tcp = tokio::net::TcpStream::connect(world.running.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(client)).connect(name, tcp).await.unwrap();
        let status = raw::call_over(stream, HEAD, &[], head_of("who")).await;
        assert_eq!(status.code(), code, "{uri}: {status:?}");
        assert!(status.message().contains(told), "{uri}: {status:?}");
    }
}
