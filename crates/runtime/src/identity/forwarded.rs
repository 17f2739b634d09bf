//! The workload that a mesh names in a header: `x-forwarded-client-cert` (XFCC) of Istio, `l5d-client-id` of Linkerd.
//!
//! In a mesh it is the proxy beside us that speaks mutual TLS, and we hear it in plain text. It tells who came by a
//! header, and a header can be written by anybody. Three things make it worth something, and all three are needed:
//!
//! - The peer is that proxy: an address of this machine or a configured one ([`Proxies`]). The headers of any other peer
//!   count for nothing. They are no error by themselves; whether such a call is refused is the layer's to decide.
//! - The mesh is named ([`Mesh`]). A proxy replaces or strips its own header and lets that of the other mesh through, as
//!   the caller wrote it. So the other's is never believed, and with it nothing is.
//! - There is one way to read it. What comes on two lines, is too long or does not follow the grammar to the letter is an
//!   error and never "none": a header that two programs could read differently is how a name is stolen.
//!
//! Of XFCC the last element counts. Each proxy on the way appends one about the client that connected to it (Envoy's
//! APPEND_FORWARD; without a certificate it strips the header), so the last is our own proxy's word about our direct
//! client, and those before are what that client told. A workload that was called for somebody is not that somebody.

mod proxies;
#[cfg(test)]
mod tests;
mod xfcc;

use std::str::FromStr;

use http::HeaderMap;

use super::spiffe::{SpiffeId, SpiffeIdError};

pub use proxies::{Network, NetworkError, Proxies};

/// The header of Istio, and of everything else that is made of Envoy.
pub const XFCC_HEADER: &str = "x-forwarded-client-cert";
/// The header of Linkerd.
pub const LINKERD_HEADER: &str = "l5d-client-id";
/// The longest XFCC header, in bytes. With certificates in it (`Cert`, `Chain`) one has some thousands.
const XFCC_BYTES: usize = 16 << 10;
/// The longest DNS name, and the longest label of one, in bytes.
const DNS_NAME_BYTES: usize = 253;
const DNS_LABEL_BYTES: usize = 63;

/// The mesh that the service is part of, and so the one header that its proxies answer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mesh {
    /// Istio, or another mesh of Envoys: XFCC.
    Istio,
    /// Linkerd: `l5d-client-id`.
    Linkerd,
}

impl Mesh {
    /// The header that its proxies write.
    pub fn header(self) -> &'static str {
        match self {
            Self::Istio => XFCC_HEADER,
            Self::Linkerd => LINKERD_HEADER,
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Istio => Self::Linkerd,
            Self::Linkerd => Self::Istio,
        }
    }
}

impl FromStr for Mesh {
    type Err = UnknownMesh;

    fn from_str(text: &str) -> Result<Self, UnknownMesh> {
        match text {
            "istio" => Ok(Self::Istio),
            "linkerd" => Ok(Self::Linkerd),
            _ => Err(UnknownMesh),
        }
    }
}

/// The text names no mesh that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a mesh is istio or linkerd")]
pub struct UnknownMesh;

/// The workload that the mesh says is calling.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Forwarded {
    /// Istio's name for it.
    Spiffe(SpiffeId),
    /// Linkerd's name for it: `web.default.serviceaccount.identity.linkerd.cluster.local`.
    Linkerd(String),
}

/// Why the header of a mesh is not believed. Nothing of it is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForwardedError {
    /// The proxies of the other mesh did not write it, as there are none.
    #[error("the header {header} is not one of the mesh that the service is part of")]
    OtherMesh {
        /// Which.
        header: &'static str,
    },
    /// It comes on several lines, which may be read as either of them.
    #[error("the header {header} does not come once")]
    Repeated {
        /// Which.
        header: &'static str,
    },
    /// More bytes than we read.
    #[error("the header {XFCC_HEADER} has more than {XFCC_BYTES} bytes")]
    TooLong,
    /// More elements than a call has proxies on its way.
    #[error("the header {XFCC_HEADER} has more than {} elements", xfcc::ELEMENTS)]
    TooManyElements,
    /// It does not follow the grammar.
    #[error("the header {XFCC_HEADER} cannot be read: {0}")]
    Malformed(&'static str),
    /// No name or several.
    #[error("the last element of the header {XFCC_HEADER} has not one URI but {0}")]
    Uris(usize),
    /// The one name is no SPIFFE id.
    #[error("the last element of the header {XFCC_HEADER} names no workload: {0}")]
    Spiffe(#[from] SpiffeIdError),
    /// Not the DNS name that Linkerd writes.
    #[error("the header {LINKERD_HEADER} is not a DNS name in lower case")]
    NotDnsName,
}

/// The workload that the headers name, if `mesh` names one. To be asked only where [`Proxies::is_trusted`].
///
/// # Errors
/// Where there is something of a mesh and it must not be believed.
pub fn forwarded(mesh: Mesh, headers: &HeaderMap) -> Result<Option<Forwarded>, ForwardedError> {
    let foreign = mesh.other().header();
    if headers.contains_key(foreign) {
        return Err(ForwardedError::OtherMesh { header: foreign });
    }
    let header = mesh.header();
    let mut values = headers.get_all(header).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.as_bytes(),
        (Some(_), Some(_)) => return Err(ForwardedError::Repeated { header }),
    };
    match mesh {
        Mesh::Istio if value.len() > XFCC_BYTES => Err(ForwardedError::TooLong),
        Mesh::Istio => Ok(Some(Forwarded::Spiffe(xfcc::last_client(value)?))),
        Mesh::Linkerd => Ok(Some(Forwarded::Linkerd(dns_name(value)?.to_owned()))),
    }
}

fn dns_name(value: &[u8]) -> Result<&str, ForwardedError> {
    let is_allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| {
        (1..=DNS_LABEL_BYTES).contains(&label.len())
            && label.bytes().all(is_allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    std::str::from_utf8(value)
        .ok()
        .filter(|name| name.len() <= DNS_NAME_BYTES && name.split('.').all(is_label))
        .ok_or(ForwardedError::NotDnsName)
}
