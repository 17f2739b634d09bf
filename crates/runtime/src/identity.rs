//! Who calls, and whether it may. One layer finds it out before the body is decoded and puts one [`Identity`] into the
//! request; RPCs never look at headers, and nothing in a body ever says who somebody is.
//!
//! An identity comes from an access token, from the mesh, from the caller's certificate or, on a machine of one's own, from
//! headers without proof ([`Sources`]). Which roles a method asks for stands beside it in its proto; a method that says
//! nothing may be called by nobody.

mod bearer;
mod development;
pub mod forwarded;
mod layer;
pub mod roles;
mod source;
pub mod spiffe;
pub mod token;
pub mod workload;

use handoff_domain::actor::Actor;
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use tonic::{Request, Status};

use crate::status;

pub use bearer::ClaimNames;
pub use development::{ROLES_HEADER, SIDE_HEADER, TENANT_HEADER, USER_HEADER};
pub use roles::Roles;
pub use source::Sources;

/// The caller, as the identity layer verified it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The tenant it acts for; none for a service that listens to all of them.
    pub tenant: Option<TenantRef>,
    /// Who it is and for which side it speaks.
    pub actor: Actor,
    /// What it may do.
    pub roles: Roles,
}

/// A tenant by its key and by the name that people use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantRef {
    /// The key of every record.
    pub id: TenantId,
    /// `acme` of `tenants/acme`.
    pub slug: String,
}

impl TenantRef {
    /// The tenant that people call `slug`, which must be one.
    pub fn from_slug(slug: &str) -> Self {
        Self { id: TenantId::from_slug(slug), slug: slug.to_owned() }
    }
}

impl Identity {
    /// The identity of a request.
    ///
    /// # Errors
    /// UNAUTHENTICATED where the layer did not run: a server that is put together without it lets nobody in.
    pub fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .ok_or_else(|| status::unauthenticated("the call carries no identity"))
    }

    /// The tenant that the call is about.
    ///
    /// # Errors
    /// PERMISSION_DENIED for a principal that acts for no tenant in particular.
    pub fn tenant(&self) -> Result<&TenantRef, Status> {
        self.tenant.as_ref().ok_or_else(|| {
            status::from_error(Error::Denied {
                message: "this call is about one tenant, and the caller acts for none".to_owned(),
            })
        })
    }
}
