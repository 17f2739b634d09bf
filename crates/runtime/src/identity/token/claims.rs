//! What a token says, once its signature is known to be right: whether that is meant for us and now, and the look-up of
//! claims by names that are configured. A claim of another type than the asked one is not there.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::error::TokenError;
use super::signed;

/// By how many seconds the issuer's clock may differ from ours, either way.
const LEEWAY: f64 = 60.0;

/// The claims of a verified token.
pub struct Claims(Map<String, Value>);

/// Seconds since 1970, as JWTs count, possibly with a fraction. Exact to the microsecond for a century and more.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Seconds(f64);

impl Seconds {
    pub(super) fn of(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_micros() as f64 / 1e6)
    }
}

impl Claims {
    /// The text of the claim `name`: the claim of exactly this name or, if there is none, the one that its dots lead
    /// to: `realm_access.roles` is `roles` inside of `realm_access`.
    pub fn text(&self, name: &str) -> Option<&str> {
        find(&self.0, name)?.as_str()
    }

    /// The texts of the claim `name`, found as [`Self::text`] finds it: an array of nothing but strings, or one string
    /// cut at spaces and commas, as `scope` is.
    pub fn texts(&self, name: &str) -> Option<Vec<&str>> {
        match find(&self.0, name)? {
            Value::Array(items) => items.iter().map(Value::as_str).collect(),
            Value::String(text) => Some(text.split([' ', ',']).filter(|part| !part.is_empty()).collect()),
            _ => None,
        }
    }

    /// Reads the payload of a token.
    pub(super) fn parse(payload: &str) -> Result<Self, TokenError> {
        let payload = signed::decode(payload)?;
        serde_json::from_slice(&payload).map(Self).map_err(|_| TokenError::Malformed)
    }

    /// Whether the token is for us and for `now`; if so, when that ends.
    pub(super) fn check(
        &self,
        issuer: &str,
        audience: &str,
        now: DateTime<Utc>,
    ) -> Result<Seconds, TokenError> {
        let Seconds(now) = Seconds::of(now);
        if self.required("iss")?.as_str() != Some(issuer) {
            return Err(TokenError::Issuer);
        }
        let for_us = match self.required("aud")? {
            Value::String(one) => one == audience,
            Value::Array(several) => several.iter().any(|one| one.as_str() == Some(audience)),
            _ => false,
        };
        if !for_us {
            return Err(TokenError::Audience);
        }
        let end = self.seconds("exp")?.ok_or(TokenError::MissingClaim("exp"))? + LEEWAY;
        if now >= end {
            return Err(TokenError::Expired);
        }
        for name in ["nbf", "iat"] {
            if self.seconds(name)?.is_some_and(|begin| now < begin - LEEWAY) {
                return Err(TokenError::NotYetValid);
            }
        }
        Ok(Seconds(end))
    }

    fn required(&self, name: &'static str) -> Result<&Value, TokenError> {
        self.0.get(name).ok_or(TokenError::MissingClaim(name))
    }

    fn seconds(&self, name: &str) -> Result<Option<f64>, TokenError> {
        self.0.get(name).map(|value| value.as_f64().ok_or(TokenError::Malformed)).transpose()
    }
}

/// What claims say is about people.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").finish_non_exhaustive()
    }
}

/// The whole name comes first, on every level: names with dots of their own (`https://example.com/roles`) are usual.
fn find<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    claims.get(name).or_else(|| {
        name.match_indices('.').find_map(|(dot, _)| {
            let inner = claims.get(&name[..dot])?.as_object()?;
            find(inner, &name[dot + 1..])
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Claims {
        Claims(value.as_object().expect("an object").clone())
    }

    #[test]
    fn a_claim_is_found_by_its_name_or_by_a_path() {
        let claims = claims(json!({
            "sub": "ada",
            "realm_access": { "roles": ["sales", "lead"] },
            "https://example.com/tenant": "acme",
            "https://example.com/app": { "side": "SALES" },
            "resource_access": { "handoff.example.com": { "roles": ["marketing"] } },
        }));
        assert_eq!(claims.text("sub"), Some("ada"));
        assert_eq!(claims.texts("realm_access.roles"), Some(vec!["sales", "lead"]));
        assert_eq!(claims.text("https://example.com/tenant"), Some("acme"));
        assert_eq!(claims.text("https://example.com/app.side"), Some("SALES"));
        assert_eq!(claims.texts("resource_access.handoff.example.com.roles"), Some(vec!["marketing"]));
        for absent in
            ["", ".", "sub.", ".sub", "sub.x", "realm_access.", "realm_access.groups", "realm_access..roles"]
        {
            assert_eq!(claims.text(absent), None, "{absent}");
            assert_eq!(claims.texts(absent), None, "{absent}");
        }
    }

    #[test]
    fn a_claim_whose_own_name_has_the_dots_comes_first() {
        let claims = claims(json!({ "a.b": "whole", "a": { "b": "inner" } }));
        assert_eq!(claims.text("a.b"), Some("whole"));
    }

    #[test]
    fn several_texts_come_as_an_array_or_as_one_string() {
        let claims = claims(json!({
            "scope": "openid  leads.read",
            "groups": "north,south, east",
            "names": ["with space"],
            "none": [],
            "mixed": ["a", 1],
            "number": 7,
        }));
        assert_eq!(claims.texts("scope"), Some(vec!["openid", "leads.read"]));
        assert_eq!(claims.texts("groups"), Some(vec!["north", "south", "east"]));
        assert_eq!(claims.texts("names"), Some(vec!["with space"]));
        assert_eq!(claims.texts("none"), Some(vec![]));
        assert_eq!(claims.texts("mixed"), None);
        assert_eq!((claims.texts("number"), claims.text("number")), (None, None));
    }

    #[test]
    fn what_a_token_says_is_not_debug_output() {
        assert_eq!(format!("{:?}", claims(json!({ "email": "ada@example.com" }))), "Claims { .. }");
    }
}
