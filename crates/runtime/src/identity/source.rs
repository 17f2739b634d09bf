//! Where identities come from, in the order in which they are looked for: a bearer token, the mesh, the caller's own
//! certificate, development headers. The first that is there decides: who brings a bad token is not asked who else it
//! might be.

use handoff_domain::id::is_slug;
use http::HeaderMap;
use tonic::Status;

use super::bearer::{self, ClaimNames};
use super::development::{self, TENANT_HEADER};
use super::forwarded::{self, Forwarded, Mesh, Proxies};
use super::token::{TokenError, Tokens};
use super::workload::{Tenants, Workload, Workloads};
use super::{Identity, TenantRef};
use crate::server::tls::Remote;
use crate::status;

/// What a server believes.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Access tokens.
    pub tokens: Option<(Tokens, ClaimNames)>,
    /// The mesh, and the addresses of its proxies.
    pub mesh: Option<(Mesh, Proxies)>,
    /// Whether callers come with certificates of their own.
    pub certificates: bool,
    /// What the workloads are that meshes and certificates name.
    pub workloads: Workloads,
    /// Development headers, without proof.
    pub development: bool,
}

impl Sources {
    /// Whether anybody could be identified at all.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_none() && self.mesh.is_none() && !self.certificates && !self.development
    }

    /// Who makes a call with these headers over that connection.
    ///
    /// # Errors
    /// UNAUTHENTICATED with what is missing or wrong; UNAVAILABLE while an issuer's keys cannot be had;
    /// PERMISSION_DENIED for a tenant that the caller may not act for.
    pub(super) async fn identify(&self, headers: &HeaderMap, remote: &Remote) -> Result<Identity, Status> {
        if let Some((tokens, names)) = &self.tokens
            && let Some(token) = bearer::token(headers)?
        {
            let claims = tokens.verify(token).await.map_err(|error| match error {
                TokenError::NoKeys => status::keys_unavailable(),
                other => status::unauthenticated(other.to_string()),
            })?;
            return act(bearer::caller(&claims, names)?, headers);
        }
        if let Some((mesh, proxies)) = &self.mesh
            && proxies.is_trusted(remote.address)
        {
            let named = forwarded::forwarded(*mesh, headers)
                .map_err(|error| status::unauthenticated(error.to_string()))?;
            if let Some(named) = named {
                let id = match named {
                    Forwarded::Spiffe(id) => id.to_string(),
                    Forwarded::Linkerd(name) => name,
                };
                return act(self.listed(&id)?, headers);
            }
        }
        if self.certificates
            && let Some(id) = &remote.workload
        {
            return act(self.listed(&id.to_string())?, headers);
        }
        if self.development {
            return development::identify(headers);
        }
        Err(status::unauthenticated(self.missing()))
    }

    fn listed(&self, id: &str) -> Result<Workload, Status> {
        self.workloads.find(id).cloned().ok_or_else(|| {
            // Its own name: the caller knows it, and whoever configures the list needs it.
            status::unauthenticated(format!("the workload {id} is not on this service's list"))
        })
    }

    fn missing(&self) -> String {
        let mut ways = Vec::new();
        if self.tokens.is_some() {
            ways.push("an access token in the header authorization");
        }
        if self.mesh.is_some() {
            ways.push("the mesh's word for it");
        }
        if self.certificates {
            ways.push("a certificate with one SPIFFE id");
        }
        format!("the call says nothing of who makes it; it needs {}", ways.join(" or "))
    }
}

/// The identity of somebody who acts for one tenant of those that it may act for: the only one, or the one that the
/// header names. Whoever may act for all may act for none in particular.
fn act(caller: Workload, headers: &HeaderMap) -> Result<Identity, Status> {
    let asked = development::get(headers, TENANT_HEADER)?;
    let slug = match (asked, &caller.tenants) {
        (Some(slug), Tenants::All) if is_slug(slug) => Some(slug),
        (Some(slug), Tenants::Listed(slugs)) if slugs.contains(slug) => Some(slug),
        // Whether there is such a tenant is not told.
        (Some(_), _) => return Err(status::denied("the caller may not act for the tenant that it names")),
        (None, Tenants::All) => None,
        (None, Tenants::Listed(slugs)) => match slugs.first() {
            Some(only) if slugs.len() == 1 => Some(only.as_str()),
            _ => {
                return Err(status::unauthenticated(format!(
                    "the caller may act for several tenants: name one in the header {TENANT_HEADER}"
                )));
            }
        },
    };
    Ok(Identity { tenant: slug.map(TenantRef::from_slug), actor: caller.actor, roles: caller.roles })
}
