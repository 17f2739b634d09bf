//! SPIFFE ids: the name of a workload, `spiffe://example.org/ns/shop/sa/web`, as a certificate or a mesh tells it.
//!
//! An id is compared byte by byte with what somebody configured, so there must be one way to write each. What SPIFFE
//! forbids is refused and never repaired: capitals in the trust domain, percent-encoding, empty, `.` and `..` segments,
//! a slash at the end, a user, a port, a query, a fragment.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

const SCHEME: &str = "spiffe://";
/// The longest id, in bytes.
const ID_BYTES: usize = 2048;
/// The longest trust domain, in bytes.
const TRUST_DOMAIN_BYTES: usize = 255;

/// The name of a workload: the trust domain that vouches for it, and its path there. Clones share the text, because
/// every call of a connection gets one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpiffeId {
    text: Arc<str>,
    /// Where the trust domain ends and the path begins.
    path_at: usize,
}

impl SpiffeId {
    /// Who vouches for it: `example.org`.
    pub fn trust_domain(&self) -> &str {
        &self.text[SCHEME.len()..self.path_at]
    }

    /// Its name there, with the slash before it: `/ns/shop/sa/web`. Empty for the trust domain itself.
    pub fn path(&self) -> &str {
        &self.text[self.path_at..]
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpiffeId({})", self.text)
    }
}

impl FromStr for SpiffeId {
    type Err = SpiffeIdError;

    fn from_str(text: &str) -> Result<Self, SpiffeIdError> {
        if text.len() > ID_BYTES {
            return Err(SpiffeIdError::TooLong);
        }
        let rest = text.strip_prefix(SCHEME).ok_or(SpiffeIdError::Scheme)?;
        let (domain, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if domain.is_empty() || domain.len() > TRUST_DOMAIN_BYTES || !domain.bytes().all(is_of_trust_domain) {
            return Err(SpiffeIdError::TrustDomain);
        }
        // What stands before the first slash is nothing; without a path there is nothing at all.
        if !path.split('/').skip(1).all(is_segment) {
            return Err(SpiffeIdError::Path);
        }
        Ok(Self { text: text.into(), path_at: SCHEME.len() + domain.len() })
    }
}

fn is_of_trust_domain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_')
}

fn is_segment(segment: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !matches!(segment, "" | "." | "..") && segment.bytes().all(is_allowed)
}

/// Why a text is not a SPIFFE id. It is not quoted: a peer may have sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpiffeIdError {
    /// More bytes than an id may have.
    #[error("a SPIFFE id has at most {ID_BYTES} bytes")]
    TooLong,
    /// Another scheme, or none.
    #[error("a SPIFFE id begins with spiffe://")]
    Scheme,
    /// No trust domain, or one with a user, a port, capitals or encoded bytes.
    #[error(
        "the trust domain of a SPIFFE id has 1 to {TRUST_DOMAIN_BYTES} lower case letters, digits, dots, hyphens \
         and underscores"
    )]
    TrustDomain,
    /// Segments that are empty, lead elsewhere or hold what they may not; a query and a fragment are such, too.
    #[error(
        "each segment of a SPIFFE id's path has letters, digits, dots, hyphens and underscores only and is not \
         empty, . or .."
    )]
    Path,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_refused(text: &str, expected: SpiffeIdError) {
        assert_eq!(text.parse::<SpiffeId>().expect_err(text), expected, "{text}");
    }

    #[test]
    fn an_id_has_a_trust_domain_and_a_path() {
        let id: SpiffeId = "spiffe://example.org/ns/shop/sa/web-1_A.b".parse().expect("an id");
        assert_eq!((id.trust_domain(), id.path()), ("example.org", "/ns/shop/sa/web-1_A.b"));
        assert_eq!(id.to_string(), "spiffe://example.org/ns/shop/sa/web-1_A.b");
        assert_eq!(id.as_str(), id.to_string());
        assert_eq!(format!("{id:?}"), "SpiffeId(spiffe://example.org/ns/shop/sa/web-1_A.b)");
    }

    #[test]
    fn a_trust_domain_by_itself_is_an_id() {
        let id: SpiffeId = "spiffe://td_1-2.example".parse().expect("an id");
        assert_eq!((id.trust_domain(), id.path()), ("td_1-2.example", ""));
    }

    #[test]
    fn another_scheme_is_refused() {
        for text in ["", "spiffe:", "spiffe:/a/b", "SPIFFE://a/b", "https://a/b", " spiffe://a/b", "a/b"] {
            check_refused(text, SpiffeIdError::Scheme);
        }
    }

    #[test]
    fn a_trust_domain_has_no_user_port_capitals_or_encoding() {
        for domain in
            ["", "Example.org", "user@a", "a:443", "a%2eb", "a b", "a?q", "a#f", "[::1]", "ä", "a,b"]
        {
            check_refused(&format!("spiffe://{domain}/web"), SpiffeIdError::TrustDomain);
        }
        check_refused("spiffe://", SpiffeIdError::TrustDomain);
    }

    #[test]
    fn a_path_has_no_empty_or_leading_elsewhere_segments_and_nothing_behind_it() {
        for path in
            ["/", "/a/", "//a", "/a//b", "/.", "/a/..", "/a/../b", "/a?q=1", "/a#f", "/a%20b", "/a b", "/ä"]
        {
            check_refused(&format!("spiffe://example.org{path}"), SpiffeIdError::Path);
        }
        let dots: SpiffeId = "spiffe://example.org/.../..a".parse().expect("these lead nowhere");
        assert_eq!(dots.path(), "/.../..a");
    }

    #[test]
    fn an_id_and_its_trust_domain_have_a_longest_length() {
        let of_length = |bytes: usize| format!("spiffe://a/{}", "b".repeat(bytes - "spiffe://a/".len()));
        assert!(of_length(2048).parse::<SpiffeId>().is_ok());
        check_refused(&of_length(2049), SpiffeIdError::TooLong);
        assert!(format!("spiffe://{}/a", "d".repeat(255)).parse::<SpiffeId>().is_ok());
        check_refused(&format!("spiffe://{}/a", "d".repeat(256)), SpiffeIdError::TrustDomain);
    }
}
