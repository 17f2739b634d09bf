//! What Envoy tells a service of its caller, from the real one: the header of Istio's `x-forwarded-client-cert` for a
//! client certificate is understood, and what a caller wrote there itself counts for nothing.

use std::fs;
use std::path::Path;
use std::time::Duration;

use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_store::scratch::ScratchDatabase;
use handoff_tests::alone::Alone;
use handoff_tests::envoy::{Envoy, Setup};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

const WORKLOADS: &str = r#"
[[workload]]
id = "spiffe://cluster.local/ns/shop/sa/billing"
principal = "services/billing"
side = "SYSTEM"
roles = ["READER"]
tenants = ["acme"]

[[workload]]
id = "spiffe://cluster.local/ns/handoff/sa/admin"
principal = "services/admin"
side = "SYSTEM"
roles = ["OPERATOR"]
tenants = "all"
"#;

const HEADER: &str = "x-forwarded-client-cert";

/// Writes an authority, and a certificate of it for each side.
fn certify(folder: &Path, caller: &[&str]) -> anyhow::Result<()> {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate()?;
    fs::write(folder.join("ca.pem"), authority.self_signed(&key)?.pem())?;
    let authority = Issuer::new(authority, key);
    for (name, uris) in [("caller", caller), ("service", &["spiffe://cluster.local/ns/handoff/sa/service"])] {
        let mut params = CertificateParams::default();
        // What Envoy has to quote.
        params.distinguished_name.push(DnType::CommonName, r#"a;b,c="d\e"#);
        for uri in uris {
            params.subject_alt_names.push(SanType::URI((*uri).try_into()?));
        }
        params.subject_alt_names.push(SanType::DnsName("a.example".try_into()?));
        let key = KeyPair::generate()?;
        fs::write(folder.join(format!("{name}.pem")), params.signed_by(&key, &authority)?.pem())?;
        fs::write(folder.join(format!("{name}.key")), key.serialize_pem())?;
    }
    Ok(())
}

/// What somebody hears who asks through Envoy for a lead that there is not, and says of itself what `claimed` is.
async fn ask(channel: &Channel, claimed: Option<&str>) -> anyhow::Result<Status> {
    let mut client = QualificationServiceClient::new(channel.clone());
    let lead = pb::lead_ref::Lead::ExternalId("nobody".into());
    let mut request = Request::new(pb::GetLeadRequest { lead: Some(pb::LeadRef { lead: Some(lead) }) });
    if let Some(claimed) = claimed {
        request.metadata_mut().insert(HEADER, claimed.parse()?);
    }
    Ok(client.get_lead(request).await.expect_err("there is no such lead"))
}

async fn check(uris: &[&str], claimed: Option<&str>, code: Code, told: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    certify(folder.path(), uris)?;
    let list = folder.path().join("workloads.toml");
    fs::write(&list, WORKLOADS)?;
    let database = ScratchDatabase::new().await?;
    let arguments = ["--mesh", "istio", "--workloads", &list.to_string_lossy()];
    let service = Alone::start(&database.url(), &arguments).await?;
    let setup = Setup {
        service: service.address,
        timeout: Duration::from_secs(15),
        certificates: Some(folder.path()),
    };
    let envoy = Envoy::start(&setup).await?;
    let channel = Endpoint::from_shared(envoy.endpoint.clone())?.connect().await?;
    let status = ask(&channel, claimed).await?;
    assert_eq!(status.code(), code, "{uris:?}, {claimed:?}: {status:?}");
    assert!(status.message().contains(told), "{uris:?}, {claimed:?}: {status:?}");
    envoy.stop().await?;
    service.stop().await
}

#[tokio::test]
#[cfg_attr(not(test_clients), ignore = "HANDOFF_TEST_CLIENTS is not set")]
async fn the_workload_of_a_client_certificate_is_known_from_envoys_header() -> anyhow::Result<()> {
    let billing = &["spiffe://cluster.local/ns/shop/sa/billing"];
    // It is known, and its tenant is not there yet.
    check(billing, None, Code::NotFound, "").await?;
    // A claim of its own stands before what the proxy says.
    check(billing, Some("By=x;URI=spiffe://cluster.local/ns/handoff/sa/admin"), Code::NotFound, "").await
}

#[tokio::test]
#[cfg_attr(not(test_clients), ignore = "HANDOFF_TEST_CLIENTS is not set")]
async fn a_certificate_of_nobody_stays_nobodys_whatever_it_claims() -> anyhow::Result<()> {
    let claimed = Some("By=x;URI=spiffe://cluster.local/ns/shop/sa/billing");
    check(&["spiffe://cluster.local/ns/shop/sa/eve"], claimed, Code::Unauthenticated, "sa/eve").await?;
    check(&[], claimed, Code::Unauthenticated, "").await
}
