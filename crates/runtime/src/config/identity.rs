//! How callers prove who they are: by access tokens, by their own certificates, by the mesh's word, in any combination.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::told;
use crate::identity::forwarded::{Mesh, Network, Proxies};
use crate::identity::token::{Algorithm, KeySource, TokenConfig, Tokens};
use crate::identity::workload::Workloads;
use crate::identity::{ClaimNames, Sources};
use crate::server::tls::{Tls, TlsConfig};

/// Told where a service could tell nobody from anybody else.
pub(super) const NO_IDENTITY: &str = "no source of identity is configured: --oidc-issuer, --tls-certificate or --mesh; on a \
                                      machine of your own, start it with --insecure-dev";

/// The modes of identity. Without any a service does not start.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Identity")]
pub struct IdentityConfig {
    /// Believe the headers handoff-tenant, handoff-user and handoff-side without proof. For development only: whoever
    /// reaches the port can be anybody.
    #[arg(long, env = "HANDOFF_INSECURE_DEV")]
    pub insecure_dev: bool,

    /// Believe access tokens (JWT) of this issuer: what their claim `iss` is, letter by letter.
    #[arg(long, env = "HANDOFF_OIDC_ISSUER", value_name = "URL", requires_all = ["oidc_audience", "oidc_keys"])]
    pub oidc_issuer: Option<String>,

    /// What the tokens' claim `aud` must be or contain.
    #[arg(long, env = "HANDOFF_OIDC_AUDIENCE", value_name = "NAME", requires = "oidc_issuer")]
    pub oidc_audience: Option<String>,

    /// The issuer's public keys, as a JSON web key set: a file, or an address that begins with https:// or http://.
    #[arg(long, env = "HANDOFF_OIDC_KEYS", value_name = "FILE or URL", requires = "oidc_issuer")]
    pub oidc_keys: Option<KeySource>,

    /// With what tokens may be signed.
    #[arg(
        long,
        env = "HANDOFF_OIDC_ALGORITHMS",
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "RS256,ES256"
    )]
    pub oidc_algorithms: Vec<Algorithm>,

    /// The claim with the user's name: `ada` of `users/ada`, or `services/billing`.
    #[arg(long, env = "HANDOFF_OIDC_USER_CLAIM", value_name = "CLAIM", default_value = "sub")]
    pub oidc_user_claim: String,

    /// The claim with the tenant's name, or with a list of those that may be acted for.
    #[arg(long, env = "HANDOFF_OIDC_TENANT_CLAIM", value_name = "CLAIM", default_value = "handoff_tenant")]
    pub oidc_tenant_claim: String,

    /// The claim with the side: MARKETING, SALES or SYSTEM.
    #[arg(long, env = "HANDOFF_OIDC_SIDE_CLAIM", value_name = "CLAIM", default_value = "handoff_side")]
    pub oidc_side_claim: String,

    /// The claim with the roles: READER, MEMBER, ADMIN, OPERATOR, SERVICE; dots go into objects (realm_access.roles).
    #[arg(long, env = "HANDOFF_OIDC_ROLES_CLAIM", value_name = "CLAIM", default_value = "handoff_roles")]
    pub oidc_roles_claim: String,

    /// Speak TLS, with this certificate (PEM, followed by those between it and its authority). The files are read again when
    /// they change.
    #[arg(long, env = "HANDOFF_TLS_CERTIFICATE", value_name = "FILE",
        requires_all = ["tls_key", "tls_client_authority"])]
    pub tls_certificate: Option<PathBuf>,

    /// The certificate's private key (PEM).
    #[arg(long, env = "HANDOFF_TLS_KEY", value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,

    /// Whoever connects needs a certificate of one of these authorities (PEM). Its SPIFFE id says which workload it is.
    #[arg(long, env = "HANDOFF_TLS_CLIENT_AUTHORITY", value_name = "FILE", requires = "tls_certificate")]
    pub tls_client_authority: Option<PathBuf>,

    /// Believe what this mesh's proxies say of their callers, from loopback and from --mesh-proxies only: istio
    /// (x-forwarded-client-cert) or linkerd (l5d-client-id).
    #[arg(long, env = "HANDOFF_MESH", value_name = "MESH")]
    pub mesh: Option<Mesh>,

    /// Addresses of the mesh's proxies besides loopback, such as 10.1.0.0/16.
    #[arg(
        long,
        env = "HANDOFF_MESH_PROXIES",
        value_name = "NETWORKS",
        value_delimiter = ',',
        requires = "mesh"
    )]
    pub mesh_proxies: Vec<Network>,

    /// What the workloads may do that certificates and meshes name (TOML; docs/IDENTITY.md). Needed with either.
    #[arg(long, env = "HANDOFF_WORKLOADS", value_name = "FILE")]
    pub workloads: Option<PathBuf>,
}

impl IdentityConfig {
    /// Development headers and nothing else.
    pub fn insecure() -> Self {
        Self {
            insecure_dev: true,
            oidc_issuer: None,
            oidc_audience: None,
            oidc_keys: None,
            oidc_algorithms: Vec::new(),
            oidc_user_claim: String::new(),
            oidc_tenant_claim: String::new(),
            oidc_side_claim: String::new(),
            oidc_roles_claim: String::new(),
            tls_certificate: None,
            tls_key: None,
            tls_client_authority: None,
            mesh: None,
            mesh_proxies: Vec::new(),
            workloads: None,
        }
    }

    /// Reads all files that it names. What is wrong is told in `faults`, and so is that nobody could be told from anybody
    /// else.
    pub(super) async fn open(&self, faults: &mut Vec<String>) -> (Sources, Option<Tls>) {
        let before = faults.len();
        let tls = self.tls(faults);
        let sources = Sources {
            tokens: self.tokens(faults).await,
            mesh: self.mesh.map(|mesh| (mesh, Proxies::new(self.mesh_proxies.iter().copied()))),
            certificates: tls.is_some(),
            workloads: self.workload_list(faults),
            development: self.insecure_dev,
        };
        if sources.is_empty() && faults.len() == before {
            faults.push(NO_IDENTITY.to_owned());
        }
        (sources, tls)
    }

    fn tls(&self, faults: &mut Vec<String>) -> Option<Tls> {
        let config = TlsConfig {
            certificate: self.tls_certificate.clone()?,
            key: self.tls_key.clone()?,
            client_authority: self.tls_client_authority.clone()?,
        };
        Tls::load(config).map_err(|error| faults.push(told(&error))).ok()
    }

    async fn tokens(&self, faults: &mut Vec<String>) -> Option<(Tokens, ClaimNames)> {
        let config = TokenConfig {
            issuer: self.oidc_issuer.clone()?,
            audience: self.oidc_audience.clone()?,
            algorithms: self.oidc_algorithms.clone(),
            keys: self.oidc_keys.clone()?,
        };
        let names = ClaimNames {
            user: self.oidc_user_claim.clone(),
            tenant: self.oidc_tenant_claim.clone(),
            side: self.oidc_side_claim.clone(),
            roles: self.oidc_roles_claim.clone(),
        };
        let tokens = Tokens::new(config).await.map_err(|error| faults.push(told(&error))).ok()?;
        Some((tokens, names))
    }

    fn workload_list(&self, faults: &mut Vec<String>) -> Workloads {
        let needs_it = self.mesh.is_some() || self.tls_certificate.is_some();
        let Some(path) = &self.workloads else {
            // With tokens beside it a mesh or a certificate may stand for the connection only.
            if needs_it && self.oidc_issuer.is_none() && !self.insecure_dev {
                faults.push("--workloads is missing: without it no workload is known to anybody".to_owned());
            }
            return Workloads::default();
        };
        let named = |fault: String| format!("--workloads {}: {fault}", path.display());
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                faults.push(named(error.to_string()));
                return Workloads::default();
            }
        };
        Workloads::parse(&text).unwrap_or_else(|found| {
            faults.extend(found.into_iter().map(named));
            Workloads::default()
        })
    }
}
