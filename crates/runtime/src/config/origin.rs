//! Where a page in a browser comes from, as the browser itself writes it into `Origin` (RFC 6454): a scheme, a host and,
//! unless it is the usual one, a port. It is compared letter by letter, so what a browser would write differently is
//! refused: it would never match.
//!
//! There is no `*`. Where callers prove who they are, those who run the pages know their addresses; and under
//! `--insecure-dev`, where nobody proves anything, it would let every page that is open in a developer's browser call in
//! anybody's name.

use std::str::FromStr;

use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};

/// An origin whose pages may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(HeaderValue);

impl Origin {
    /// As it stands in the header.
    pub(crate) fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "*" {
            return Err("every page there is could call: name the origins, such as https://app.example.com");
        }
        let Some((_, rest)) = text.split_once("://") else {
            return Err("an origin begins with its scheme: https://app.example.com");
        };
        if rest.contains(['/', '?', '#']) {
            return Err(
                "an origin ends with its host or its port, without a slash or a path: https://app.example.com",
            );
        }
        if text.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii_graphic()) {
            return Err("browsers write an origin in small letters, and other alphabets as xn--");
        }
        let uri: Uri = text.parse().map_err(|_| "it is no origin; one looks like https://app.example.com")?;
        let usual = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => 443,
            Some(scheme) if *scheme == Scheme::HTTP => 80,
            _ => return Err("the scheme of an origin is https or http"),
        };
        let authority = uri.authority().map(Authority::as_str).unwrap_or_default();
        if authority.contains(['@', '*']) {
            return Err("an origin is one host, without a name before it and without *");
        }
        let port = uri.port_u16();
        if authority.len() > uri.host().unwrap_or_default().len() && port.is_none_or(|port| port == 0) {
            return Err("the port of an origin is a number up to 65535");
        }
        if port == Some(usual) {
            return Err("browsers leave out the usual port, :443 of https and :80 of http");
        }
        HeaderValue::from_str(text).map(Self).map_err(|_| "it is no origin")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_writes_is_an_origin() {
        for text in [
            "https://app.example.com",
            "https://app.example.com:8443",
            "http://localhost:3000",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
            "https://xn--bcher-kva.example",
        ] {
            let origin: Origin = text.parse().expect(text);
            assert_eq!(origin.header(), text);
        }
    }

    #[test]
    fn what_no_browser_writes_is_refused_and_why() {
        for (text, why) in [
            ("*", "every page"),
            ("null", "scheme"),
            ("", "scheme"),
            ("app.example.com", "scheme"),
            ("//app.example.com", "scheme"),
            ("https:app.example.com", "scheme"),
            ("https://", "no origin"),
            ("https://app.example.com/", "slash"),
            ("https://app.example.com/app", "path"),
            ("https://app.example.com?x", "path"),
            ("https://app.example.com#x", "path"),
            ("https://App.example.com", "small letters"),
            ("HTTPS://app.example.com", "small letters"),
            ("https://bücher.example", "xn--"),
            ("https://app.example.com ", "small letters"),
            ("https://*.example.com", "without *"),
            ("https://ada@app.example.com", "name before"),
            ("https://app.example.com:443", "usual port"),
            ("http://localhost:80", "usual port"),
            ("https://app.example.com:", "port"),
            ("https://app.example.com:0", "port"),
            ("https://app.example.com:65536", "port"),
            ("ftp://app.example.com", "https or http"),
            ("chrome-extension://abc", "https or http"),
        ] {
            let refusal = text.parse::<Origin>().expect_err(text);
            assert!(refusal.contains(why), "{text}: {refusal}");
        }
    }
}
