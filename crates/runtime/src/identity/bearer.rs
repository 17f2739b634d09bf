//! From a genuine token to an identity: which claims say who somebody is, for which tenants, on which side, with which
//! roles. Every issuer has its own names for them, so they are configured.

use handoff_domain::actor::{Actor, Side};
use handoff_domain::id::is_slug;
use http::{HeaderMap, header};
use tonic::Status;

use super::roles::{self, Roles};
use super::token::Claims;
use super::workload::{Tenants, Workload};
use crate::status;

/// Which claims are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimNames {
    /// The user's name: `ada` of `users/ada`; `services/…` for a service account.
    pub user: String,
    /// The tenant's name, or a list of those that may be acted for; `*` for all.
    pub tenant: String,
    /// MARKETING, SALES or SYSTEM.
    pub side: String,
    /// Roles, as a list or between spaces or commas. Words that are no roles of ours are passed over.
    pub roles: String,
}

/// The token of a call, if it has one.
///
/// # Errors
/// UNAUTHENTICATED where there is more than one, or something that is no bearer token.
pub(super) fn token(headers: &HeaderMap) -> Result<Option<&str>, Status> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(status::unauthenticated("the header authorization comes twice"));
    }
    let text = value.to_str().unwrap_or_default();
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() => {
            Ok(Some(token))
        }
        _ => Err(status::unauthenticated("the header authorization is not: Bearer, a space and a token")),
    }
}

/// What the claims say, in the words that a list of workloads would.
///
/// # Errors
/// UNAUTHENTICATED, naming the claim that is missing or wrong, without its content.
pub(super) fn caller(claims: &Claims, names: &ClaimNames) -> Result<Workload, Status> {
    let user = claims.text(&names.user).ok_or_else(|| wrong(&names.user, "there"))?;
    let principal = match user.strip_prefix("services/").or_else(|| user.strip_prefix("users/")) {
        Some(slug) if is_slug(slug) => user.to_owned(),
        None if is_slug(user) => format!("users/{user}"),
        _ => return Err(wrong(&names.user, "a name of 2 to 63 of a-z, 0-9 and -, starting with a letter")),
    };
    let side: Side = claims
        .text(&names.side)
        .and_then(|side| side.parse().ok())
        .ok_or_else(|| wrong(&names.side, "MARKETING, SALES or SYSTEM"))?;
    let tenants = claims.texts(&names.tenant).unwrap_or_default();
    let is_all = tenants == ["*"];
    if !is_all && (tenants.is_empty() || !tenants.iter().all(|slug| is_slug(slug))) {
        return Err(wrong(&names.tenant, "a tenant's name such as acme, a list of them, or *"));
    }
    // An issuer has roles for other programs too, so unknown ones are none of our business.
    let held = claims.texts(&names.roles).unwrap_or_default();
    let roles: Roles = held.into_iter().filter_map(|role| roles::parse(role).ok()).collect();
    let tenants = match is_all {
        true => Tenants::All,
        false => Tenants::Listed(tenants.into_iter().map(str::to_owned).collect()),
    };
    Ok(Workload { actor: Actor { principal, side }, roles, tenants })
}

fn wrong(claim: &str, expected: &str) -> Status {
    status::unauthenticated(format!("the token's claim {claim} is not {expected}"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_token_comes_alone_and_after_bearer() {
        let with = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            headers
        };
        assert_eq!(token(&with(&[])).expect("none"), None);
        assert_eq!(token(&with(&["Bearer abc"])).expect("one"), Some("abc"));
        assert_eq!(token(&with(&["bearer abc"])).expect("one"), Some("abc"));
        for bad in [&["Bearer "][..], &["abc"], &["Basic abc"], &[""], &["Bearer abc", "Bearer abc"]] {
            assert!(token(&with(bad)).is_err(), "{bad:?}");
        }
    }
}
